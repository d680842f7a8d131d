//! Runs that may have been meant when an id is not known, and the newest ones.

use super::run_columns::{ALIVE, NEVER};
use super::run_match::RowMatcher;
use super::run_table::{RowId, RunTable};
use crate::model::Timestamp;
use crate::model::filter::Matcher;

/// A common beginning shorter than this says nothing, and a longer one than the other always something.
const PREFIX: std::ops::RangeInclusive<usize> = 3..=6;
/// Letters that may be wrong, missing or too many, at most.
const EDITS: usize = 3;

impl RunTable {
    /// Runs whose ids are near to `id`: those that begin the same, the longest common beginning first, then those with few letters changed; at
    /// most `limit`. Goes through all rows once.
    pub fn nearest(&self, id: &str, limit: usize) -> Vec<RowId> {
        let wanted = id.as_bytes();
        let edits = EDITS.min(wanted.len() / 3);
        let prefix = (wanted.len() / 2).clamp(*PREFIX.start(), *PREFIX.end());
        // Lower is nearer; newer rows come first among equals.
        let mut best = Best::new(limit);
        for (row, head) in self.columns.heads.iter().enumerate() {
            if head.flags & ALIVE == 0 {
                continue;
            }
            let other = self.columns.id_bytes(row);
            let same = wanted.iter().zip(other).take_while(|(a, b)| a == b).count();
            let near = if same >= prefix {
                Some(usize::MAX / 2 - same)
            } else {
                distance(wanted, other, edits).map(|edits| usize::MAX / 2 + edits)
            };
            if let Some(near) = near {
                let at = self
                    .columns
                    .times
                    .get(row)
                    .map_or(NEVER, |times| times.ordered());
                best.take((near as u64, !order(at)), RowId(row as u32));
            }
        }
        best.rows()
    }

    /// The newest runs, of one source or of all; at most `limit`. Goes through all rows once.
    pub fn latest(&self, source: Option<u16>, limit: usize) -> Vec<RowId> {
        let mut best = Best::new(limit);
        for (row, head) in self.columns.heads.iter().enumerate() {
            if head.flags & ALIVE != 0 && source.is_none_or(|source| head.source == source) {
                let at = self
                    .columns
                    .times
                    .get(row)
                    .map_or(NEVER, |times| times.ordered());
                best.take((0, !order(at)), RowId(row as u32));
            }
        }
        best.rows()
    }
}

/// i64 in the order of u64.
fn order(at: i64) -> u64 {
    at as u64 ^ 1 << 63
}

/// The `limit` rows with the lowest keys.
struct Best {
    limit: usize,
    rows: Vec<((u64, u64), RowId)>,
}

impl Best {
    fn new(limit: usize) -> Best {
        Best {
            limit,
            rows: Vec::new(),
        }
    }

    fn take(&mut self, key: (u64, u64), row: RowId) {
        if self.rows.len() >= self.limit && self.rows.last().is_none_or(|(last, _)| *last <= key) {
            return;
        }
        let at = self.rows.partition_point(|(other, _)| *other <= key);
        self.rows.insert(at, (key, row));
        self.rows.truncate(self.limit);
    }

    fn rows(self) -> Vec<RowId> {
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// How many letters must be changed, left out or put in to make one of the other (Levenshtein), if they are no more than `most`; swapped
/// neighbours are two.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut line: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = i;
        let mut before = i + 1;
        let mut least = before;
        if let Some(first) = line.first_mut() {
            *first = before;
        }
        for (cell, right) in line.iter_mut().skip(1).zip(b) {
            let here = (corner + usize::from(left != right))
                .min(before + 1)
                .min(*cell + 1);
            corner = std::mem::replace(cell, here);
            before = here;
            least = least.min(here);
        }
        if least > most {
            return None;
        }
    }
    line.last().copied().filter(|edits| *edits <= most)
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
