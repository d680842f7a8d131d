//! [`Build`]: a new order made in slices: rows are filtered and sorted piece by piece, then the pieces are merged.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::brief::{BRIEF, ByRow};
use super::row_queue::RowQueue;
use super::run_match::RowMatcher;
use super::run_order::Keys;
use super::run_table::{RowId, RunTable};
use crate::model::order::order;

/// Rows that are sorted at once.
const PIECE: usize = 16_384;
/// Rows of a chunk of an order that is new: there is room for some more in it.
const CHUNK: usize = 768;

/// An order that is not finished.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) matcher: RowMatcher,
    pub(super) keys: Keys,
    /// Rows below have been looked at, of each kind.
    next: [usize; 2],
    is_read: bool,
    pieces: VecDeque<Piece>,
    merge: Option<Merge>,
    /// Rows that changed after they were looked at. They are left out, since what they are compared by may be gone, and put in afterwards.
    pub(super) late: RowQueue,
    is_late: ByRow<bool>,
}

/// Sorted rows in chunks, which are given back as they are taken and made as they come: merging takes no more room than what is merged.
#[derive(Debug, Default)]
struct Piece {
    chunks: VecDeque<Vec<u32>>,
    /// How many of the first chunk's rows were taken.
    taken: usize,
}

impl Piece {
    fn of(rows: &[u32]) -> Piece {
        Piece {
            chunks: rows.chunks(CHUNK).map(<[u32]>::to_vec).collect(),
            taken: 0,
        }
    }

    fn first(&self) -> Option<u32> {
        self.chunks.front()?.get(self.taken).copied()
    }

    fn take(&mut self) {
        self.taken += 1;
        if self
            .chunks
            .front()
            .is_some_and(|chunk| self.taken >= chunk.len())
        {
            self.chunks.pop_front();
            self.taken = 0;
        }
    }

    fn push(&mut self, row: u32) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(row),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(row);
                self.chunks.push_back(chunk);
            }
        }
    }
}

#[derive(Debug)]
struct Merge {
    left: Piece,
    right: Piece,
    merged: Piece,
}

impl Build {
    pub(super) fn new(matcher: RowMatcher, keys: Keys) -> Build {
        Build {
            matcher,
            keys,
            next: [0; 2],
            is_read: false,
            pieces: VecDeque::new(),
            merge: None,
            late: RowQueue::default(),
            is_late: ByRow::default(),
        }
    }

    pub(super) fn note_changed(&mut self, rows: &[RowId]) {
        for row in rows {
            let [full, brief] = self.next;
            let is_passed = match row.0 & BRIEF {
                0 => (row.0 as usize) < full,
                _ => ((row.0 & !BRIEF) as usize) < brief,
            };
            if (self.is_read || is_passed) && !self.is_late.get(row.0) {
                self.is_late.set(row.0, true);
                self.late.push(*row);
            }
        }
    }

    /// Works for about `budget` rows; the sorted rows in chunks when there is nothing left to do.
    pub(super) fn slice(&mut self, table: &RunTable, budget: usize) -> Option<Vec<Vec<u32>>> {
        let mut budget = budget.max(1);
        while !self.is_read {
            let mut piece = Vec::new();
            let ends = [table.rows(), table.columns().briefs.rows()];
            for (kind, (next, end)) in self.next.iter_mut().zip(ends).enumerate() {
                let to = next
                    .saturating_add(budget.min(PIECE - piece.len()))
                    .min(end);
                for row in *next..to {
                    let row = row as u32 | if kind == 0 { 0 } else { BRIEF };
                    if self.matcher.takes(table, row as usize) {
                        self.keys.renew(table, row as usize);
                        piece.push(row);
                    }
                }
                budget = budget.saturating_sub(to - *next);
                *next = to;
            }
            if !piece.is_empty() {
                self.pieces
                    .push_back(Piece::of(&self.sorted(table, &piece)));
            }
            self.is_read = self.next.iter().zip(ends).all(|(next, end)| *next >= end);
            if budget == 0 && !self.is_read {
                return None;
            }
        }
        self.merge(table, budget)
    }

    fn sorted(&self, table: &RunTable, piece: &[u32]) -> Vec<u32> {
        // Of brief rows the key is worked out each time that it is asked for.
        let rows = piece.iter();
        let keys: Vec<u64> = rows.map(|row| self.keys.of(table, *row)).collect();
        let row = |place: usize| piece.get(place).copied().unwrap_or_default();
        let places = order(piece.len(), &|a, b| {
            let keys = keys.get(a).cmp(&keys.get(b));
            keys.then_with(|| self.keys.compare(table, row(a), row(b)))
        });
        places.into_iter().map(row).collect()
    }

    /// Merges two pieces at a time; the merged one goes to the end of the queue, so that pieces stay alike in size.
    fn merge(&mut self, table: &RunTable, mut budget: usize) -> Option<Vec<Vec<u32>>> {
        let is_late = |row: u32| self.is_late.get(row);
        loop {
            if self.merge.is_none() {
                if self.pieces.len() < 2 {
                    let mut chunks: Vec<Vec<u32>> =
                        self.pieces.pop_front().unwrap_or_default().chunks.into();
                    if !self.late.is_empty() {
                        for chunk in &mut chunks {
                            chunk.retain(|row| !is_late(*row));
                        }
                        chunks.retain(|chunk| !chunk.is_empty());
                    }
                    return Some(chunks);
                }
                self.merge = Some(Merge {
                    left: self.pieces.pop_front()?,
                    right: self.pieces.pop_front()?,
                    merged: Piece::default(),
                });
            }
            let merge = self.merge.as_mut()?;
            loop {
                let (from_left, row) = match (merge.left.first(), merge.right.first()) {
                    (Some(left), _) if is_late(left) => (true, left),
                    (_, Some(right)) if is_late(right) => (false, right),
                    (Some(left), Some(right))
                        if self.keys.compare(table, left, right) == Ordering::Greater =>
                    {
                        (false, right)
                    }
                    (Some(left), _) => (true, left),
                    (None, Some(right)) => (false, right),
                    (None, None) => break,
                };
                if budget == 0 {
                    return None;
                }
                budget -= 1;
                if from_left {
                    merge.left.take();
                } else {
                    merge.right.take();
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
