//! What is read again from a row's line.

use runboard_core::backend::history::{Line, Summary, decode};
use runboard_core::backend::rows::Facts;
use runboard_core::model::{Run, Step, Timestamp};
use serde_json::Value;

use super::{Lines, Row};
use crate::source::read_at;

impl Lines {
    /// What the columns say of a row, written over `run`: enough for filters that ask for no more.
    pub(crate) fn columns(&self, row: &Row, run: &mut Run) {
        run.id.clear();
        run.id.push_str(self.id(row));
        run.job.clear();
        run.job.push_str(self.words.text(row.job));
        run.raw_status.clear();
        run.raw_status.push_str(self.words.text(row.word));
        run.phase = row.phase;
        run.started_at = (row.at != i64::MIN).then_some(Timestamp(row.at));
    }

    /// The writer's own word for how a row's run ended.
    pub(crate) fn result(&self, number: u32) -> Option<&str> {
        Some(self.words.text(self.row(number)?.word))
    }

    /// The whole run, from its line. When the line cannot be read any more, the columns have to do.
    pub(crate) fn run(&self, row: &Row) -> (Run, Vec<Step>) {
        let id = self.id(row).to_string();
        let (mut run, steps) = match self.summary(row) {
            Some(summary) => (summary.run(id, &self.naming), summary.steps(&self.naming)),
            None => {
                let mut run = Run::new(id, "");
                self.columns(row, &mut run);
                (run, Vec::new())
            }
        };
        // The place in the file is the version: lines are only appended.
        run.version = row.offset + 1;
        (run, steps)
    }

    /// The records that began last, the newest first; of those that began together, the one that stands first in the file.
    pub(crate) fn newest(&self, count: usize) -> Vec<Summary> {
        let mut rows: Vec<&Row> = Vec::new();
        for row in self
            .order
            .iter()
            .rev()
            .filter_map(|number| self.row(*number))
        {
            if rows.len() >= count && rows.last().is_some_and(|last| last.at != row.at) {
                break;
            }
            rows.push(row);
        }
        rows.sort_by_key(|row| (std::cmp::Reverse(row.at), row.offset));
        let newest = rows.into_iter().take(count);
        newest.filter_map(|row| self.summary(row)).collect()
    }

    /// The row's line as JSON, or as text where it is none.
    pub(crate) fn value(&self, row: &Row) -> Option<Value> {
        let bytes = self.bytes(row)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
    }

    pub(super) fn bytes(&self, row: &Row) -> Option<Vec<u8>> {
        let mut bytes = vec![0; row.len as usize];
        let len = read_at(self.file.as_ref()?, &mut bytes, row.offset).ok()?;
        bytes.truncate(len);
        Some(bytes)
    }

    /// What the line of that run tells beside the run.
    pub(crate) fn facts(&self, id: &str) -> Option<Facts> {
        let row = self.row(self.find(id)?)?;
        Some(self.summary(row)?.facts())
    }

    /// What the row's line says, mended.
    pub(crate) fn summary(&self, row: &Row) -> Option<Summary> {
        let line = self.bytes(row)?;
        match decode::line(line.strip_suffix(b"\n").unwrap_or(&line), row.offset == 0) {
            Line::Record { summary, .. } => Some(*summary),
            Line::Blank | Line::Fault(_) => None,
        }
    }
}
