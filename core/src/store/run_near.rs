//! Runs that may have been meant when an id is not known, and the newest ones.

use super::brief::BRIEF;
use super::run_columns::ALIVE;
use super::run_match::RowMatcher;
use super::run_table::{RowId, RunTable};
use crate::model::Timestamp;
use crate::model::filter::Matcher;
use crate::model::near::rank;

impl RunTable {
    /// Runs whose ids are near to `id`, of one source or of all: those that begin the same, the longest common beginning first, then those with
    /// few letters changed; at most `limit`. Goes through all rows once.
    pub fn nearest(&self, source: Option<u16>, id: &str, limit: usize) -> Vec<RowId> {
        self.best(source, limit, &|row| rank(id, self.columns.id(row)))
    }

    /// The newest runs, of one source or of all; at most `limit`. Goes through all rows once.
    pub fn latest(&self, source: Option<u16>, limit: usize) -> Vec<RowId> {
        self.best(source, limit, &|_| Some(0))
    }

    /// The rows with the lowest ranks, newer ones first among equals.
    fn best(
        &self,
        source: Option<u16>,
        limit: usize,
        rank: &dyn Fn(usize) -> Option<u32>,
    ) -> Vec<RowId> {
        let mut best: Vec<((u32, u64), RowId)> = Vec::new();
        let rows = self.columns.heads.iter().zip(&self.columns.times);
        for (row, (head, times)) in rows.enumerate() {
            if head.flags & ALIVE == 0 || source.is_some_and(|source| head.source != source) {
                continue;
            }
            let Some(rank) = rank(row) else { continue };
            let key = (rank, !order(times.ordered()));
            if best.len() >= limit && best.last().is_none_or(|(last, _)| *last <= key) {
                continue;
            }
            let at = best.partition_point(|(other, _)| *other <= key);
            best.insert(at, (key, RowId(row as u32)));
            best.truncate(limit);
        }
        best.into_iter().map(|(_, row)| row).collect()
    }
}

/// i64 in the order of u64.
fn order(at: i64) -> u64 {
    at as u64 ^ 1 << 63
}

/// The newest run that a filter takes, kept up to date row by row: `run=latest`. Of runs of the same moment it is the one that a list shows first.
#[derive(Debug)]
pub struct Newest {
    matcher: RowMatcher,
    found: Option<(RowId, Option<Timestamp>)>,
}

impl Newest {
    /// Goes through all rows of the table once. `sources`: only these; `None`: all.
    pub fn new(table: &RunTable, matcher: Matcher, sources: Option<Vec<u16>>) -> Newest {
        let mut newest = Newest {
            matcher: RowMatcher::new(matcher, sources),
            found: None,
        };
        newest.look(table);
        newest
    }

    /// Takes in rows that [`RunTable::take_changes`] told. Only when the newest run goes, or is no longer asked for, or was moved back in time,
    /// are all rows looked at.
    pub fn changed(&mut self, table: &RunTable, rows: &[RowId]) {
        if let Some((found, at)) = self.found
            && rows.contains(&found)
        {
            let now = table.ordered_at(found);
            if now < at || !self.matcher.takes(table, found.0 as usize) {
                return self.look(table);
            }
            self.found = Some((found, now));
        }
        for row in rows {
            self.offer(table, *row);
        }
    }

    pub fn get(&self) -> Option<RowId> {
        self.found.map(|(row, _)| row)
    }

    fn look(&mut self, table: &RunTable) {
        self.found = None;
        for row in 0..table.rows() {
            self.offer(table, RowId(row as u32));
        }
        for row in 0..table.columns.briefs.rows() {
            self.offer(table, RowId(row as u32 | BRIEF));
        }
    }

    fn offer(&mut self, table: &RunTable, row: RowId) {
        let at = table.ordered_at(row);
        let is_before = self.found.is_none_or(|(found, newest)| {
            at > newest || at == newest && table.id(row) < table.id(found)
        });
        if is_before && self.matcher.takes(table, row.0 as usize) {
            self.found = Some((row, at));
        }
    }
}
