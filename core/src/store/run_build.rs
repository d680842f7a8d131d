//! [`Build`]: a new order made in slices: rows are filtered and sorted piece by piece, then the pieces are merged.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::run_match::RowMatcher;
use super::run_order::Keys;
use super::run_table::{RowId, RunTable};

/// Rows that are sorted at once.
const PIECE: usize = 16_384;

/// An order that is not finished.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) matcher: RowMatcher,
    pub(super) keys: Keys,
    /// Rows below have been looked at.
    next: usize,
    is_read: bool,
    pieces: VecDeque<Vec<u32>>,
    merge: Option<Merge>,
    /// Rows that changed after they were looked at. They are left out, since what they are compared by may be gone, and put in afterwards.
    pub(super) late: Vec<RowId>,
    is_late: Vec<bool>,
}

#[derive(Debug)]
struct Merge {
    left: Vec<u32>,
    right: Vec<u32>,
    taken: (usize, usize),
    merged: Vec<u32>,
}

impl Build {
    pub(super) fn new(matcher: RowMatcher, keys: Keys) -> Build {
        Build {
            matcher,
            keys,
            next: 0,
            is_read: false,
            pieces: VecDeque::new(),
            merge: None,
            late: Vec::new(),
            is_late: Vec::new(),
        }
    }

    pub(super) fn note_changed(&mut self, rows: &[RowId]) {
        for row in rows
            .iter()
            .filter(|row| self.is_read || (row.0 as usize) < self.next)
        {
            let at = row.0 as usize;
            if at >= self.is_late.len() {
                self.is_late.resize(at + 1, false);
            }
            if let Some(is_late) = self.is_late.get_mut(at)
                && !std::mem::replace(is_late, true)
            {
                self.late.push(*row);
            }
        }
    }

    /// Works for about `budget` rows; the sorted rows when there is nothing left to do.
    pub(super) fn slice(&mut self, table: &RunTable, budget: usize) -> Option<Vec<u32>> {
        let mut budget = budget.max(1);
        while !self.is_read {
            let end = self
                .next
                .saturating_add(budget.min(PIECE))
                .min(table.rows());
            let mut piece = Vec::new();
            for row in self.next..end {
                if self.matcher.takes(table, row) {
                    self.keys.renew(table, row);
                    piece.push(row as u32);
                }
            }
            budget = budget.saturating_sub(end - self.next);
            self.next = end;
            piece.sort_unstable_by(|a, b| self.keys.compare(table, *a, *b));
            if !piece.is_empty() {
                self.pieces.push_back(piece);
            }
            self.is_read = self.next >= table.rows();
            if budget == 0 && !self.is_read {
                return None;
            }
        }
        self.merge(table, budget)
    }

    /// Merges two pieces at a time; the merged one goes to the end of the queue, so that pieces stay alike in size.
    fn merge(&mut self, table: &RunTable, mut budget: usize) -> Option<Vec<u32>> {
        let is_late = |row: u32| self.is_late.get(row as usize).copied().unwrap_or_default();
        loop {
            if self.merge.is_none() {
                if self.pieces.len() < 2 {
                    let mut rows = self.pieces.pop_front().unwrap_or_default();
                    rows.retain(|row| !is_late(*row));
                    return Some(rows);
                }
                let (left, right) = (self.pieces.pop_front()?, self.pieces.pop_front()?);
                let merged = Vec::with_capacity(left.len() + right.len());
                self.merge = Some(Merge {
                    left,
                    right,
                    taken: (0, 0),
                    merged,
                });
            }
            let merge = self.merge.as_mut()?;
            loop {
                let (from_left, row) = match (
                    merge.left.get(merge.taken.0),
                    merge.right.get(merge.taken.1),
                ) {
                    (Some(left), _) if is_late(*left) => (true, *left),
                    (_, Some(right)) if is_late(*right) => (false, *right),
                    (Some(left), Some(right))
                        if self.keys.compare(table, *left, *right) == Ordering::Greater =>
                    {
                        (false, *right)
                    }
                    (Some(left), _) => (true, *left),
                    (None, Some(right)) => (false, *right),
                    (None, None) => break,
                };
                if budget == 0 {
                    return None;
                }
                budget -= 1;
                if from_left {
                    merge.taken.0 += 1;
                } else {
                    merge.taken.1 += 1;
                }
                if !is_late(row) {
                    merge.merged.push(row);
                }
            }
            let done = self.merge.take()?;
            self.pieces.push_back(done.merged);
        }
    }
}
