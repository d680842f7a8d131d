//! [`LineSet`]: numbers of lines, ascending, over the part of a log that has been looked at. Grows at both ends and loses its front with
//! the log; 4 bytes a line.

use std::collections::VecDeque;
use std::ops::Range;

use super::log_store::LogStore;

#[derive(Debug, Default)]
pub(super) struct LineSet {
    generation: u32,
    /// Lines that have been looked at.
    looked: Range<u64>,
    /// Numbers are kept as their distance from here, so that they fit into 32 bits at both ends.
    origin: u64,
    lines: VecDeque<u32>,
}

impl LineSet {
    /// Drops what the store no longer holds. The rest that has not been looked at: behind, and before.
    pub(super) fn open(&mut self, store: &LogStore) -> (Range<u64>, Range<u64>) {
        let (Some(first), Some(last)) = (store.first(), store.last()) else {
            *self = LineSet {
                generation: store.generation(),
                ..LineSet::default()
            };
            return (0..0, 0..0);
        };
        let end = last.saturating_add(1);
        if self.generation != store.generation()
            || self.looked.is_empty()
            || self.looked.end < first
            || self.looked.start >= end
        {
            *self = LineSet {
                generation: store.generation(),
                looked: first..first,
                origin: first.saturating_sub(1 << 31),
                lines: VecDeque::new(),
            };
        }
        while self.get(0).is_some_and(|number| number < first) {
            self.lines.pop_front();
        }
        self.looked.start = self.looked.start.max(first);
        (self.looked.end..end, first..self.looked.start)
    }

    /// All lines up to `end` have been looked at, and `found` of them belong here; ascending.
    pub(super) fn extend_back(&mut self, end: u64, found: impl IntoIterator<Item = u64>) {
        let origin = self.origin;
        self.lines.extend(
            found
                .into_iter()
                .filter_map(|number| u32::try_from(number.checked_sub(origin)?).ok()),
        );
        self.looked.end = end;
    }

    /// All lines from `start` on have been looked at; `found` ascending.
    pub(super) fn extend_front(&mut self, start: u64, found: &[u64]) {
        for number in found.iter().rev() {
            if let Some(near) = number
                .checked_sub(self.origin)
                .and_then(|near| u32::try_from(near).ok())
            {
                self.lines.push_front(near);
            }
        }
        self.looked.start = start;
    }

    pub(super) fn looked(&self) -> Range<u64> {
        self.looked.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<u64> {
        self.lines
            .get(place)
            .map(|near| self.origin + u64::from(*near))
    }

    /// How many are below `number`.
    pub(super) fn below(&self, number: u64) -> usize {
        self.lines
            .partition_point(|near| self.origin + u64::from(*near) < number)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.lines.capacity() * size_of::<u32>()
    }
}
