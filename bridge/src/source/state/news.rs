//! What happened to the list since a place that a stream stands at.

use std::fs::File;

use super::{Marks, News, RunsPosition, SLACK_NS, State};
use crate::source::now_ns;

impl State {
    pub(crate) fn marks(&self) -> Marks {
        Marks {
            seq: self.seq,
            rows: self.lines.len(),
            epoch: self.lines.epoch,
        }
    }

    pub(crate) fn position(&self) -> RunsPosition {
        let newest = self
            .folders
            .values()
            .map(|folder| folder.run.version)
            .max()
            .unwrap_or(0);
        RunsPosition {
            version: newest.min(now_ns()),
            folders: self.folders.len() as u64,
            lines: self.lines.position(),
        }
    }

    /// What happened to the list since `marks`; `None`: that is no longer known.
    pub(crate) fn since(&self, marks: Marks) -> Option<News> {
        if marks.epoch != self.lines.epoch || marks.seq < self.removed_from {
            return None;
        }
        let mut news = News {
            folders: Vec::new(),
            rows: Vec::new(),
            removed: Vec::new(),
            marks: self.marks(),
        };
        if marks == news.marks {
            return Some(news);
        }
        news.folders = self
            .folders
            .iter()
            .filter(|(_, folder)| folder.changed > marks.seq)
            .map(|(id, _)| id.clone())
            .collect();
        news.rows = self.fresh_rows(marks.rows);
        for (_, id) in self.removed.iter().filter(|(seq, _)| *seq > marks.seq) {
            match self.lines.find(id) {
                _ if self.folders.contains_key(id) => {}
                // Only its folder was cleared away: the run goes on as a line of the history.
                Some(number) => news.rows.push(number),
                // Its folder and its line went one after the other.
                None if news.removed.contains(id) => {}
                None => news.removed.push(id.clone()),
            }
        }
        Some(news)
    }

    /// What happened to the list since a position of earlier, perhaps of another process; `None`: that cannot be told.
    pub(crate) fn since_position(&self, from: &RunsPosition) -> Option<News> {
        let kept = from.lines.offset == 0
            || File::open(self.lines.path()).is_ok_and(|file| from.lines.holds(&file));
        let born = self
            .folders
            .values()
            .filter(|folder| folder.born <= from.version)
            .count() as u64;
        // Fewer folders than there were: some have gone, and nobody knows which.
        if !kept || born < from.folders {
            return None;
        }
        let since = from.version.saturating_sub(SLACK_NS);
        Some(News {
            folders: self
                .folders
                .iter()
                .filter(|(_, folder)| folder.run.version > since)
                .map(|(id, _)| id.clone())
                .collect(),
            rows: self.fresh_rows(self.lines.first_from(from.lines.offset)),
            removed: Vec::new(),
            marks: self.marks(),
        })
    }

    fn fresh_rows(&self, from: usize) -> Vec<u32> {
        (from as u32..self.lines.len() as u32)
            .filter(|number| self.shows_line(*number))
            .collect()
    }
}
