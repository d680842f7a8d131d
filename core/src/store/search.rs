//! [`LogSearch`]: the lines of a log that hold a text, found in slices and kept up to date as the log grows at both ends.

use std::ops::Range;

use super::line_set::LineSet;
use super::log_block::Block;
use super::log_store::LogStore;
use super::needle::Needle;

/// A search over all lines of a log.
#[derive(Debug)]
pub struct LogSearch {
    needle: Needle,
    set: LineSet,
}

impl LogSearch {
    pub fn new(needle: Needle) -> LogSearch {
        LogSearch {
            needle,
            set: LineSet::default(),
        }
    }

    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Searches about `byte_budget` more bytes (4 MB are a few milliseconds); true when all lines of the store have been searched.
    /// To be called after every change of the store, before the results are used.
    pub fn advance(&mut self, store: &LogStore, byte_budget: usize) -> bool {
        let mut budget = (byte_budget / self.needle.cost()).max(1);
        loop {
            let (behind, before) = self.set.open(store);
            if behind.is_empty() && before.is_empty() {
                return true;
            }
            if budget == 0 {
                return false;
            }
            let forward = !behind.is_empty();
            let from = if forward {
                behind.start
            } else {
                before.end - 1
            };
            let Some((block, index)) = store.locate(from) else {
                return true;
            };
            let lines = if forward {
                ahead(block, index, budget)
            } else {
                back(block, index + 1, before.start, budget)
            };
            budget = budget
                .saturating_sub((block.end_of(lines.end - 1) - block.start_of(lines.start)).max(1));
            let found = self.search(block, lines.clone());
            if forward {
                self.set.extend_back(block.first + lines.end as u64, found);
            } else {
                self.set
                    .extend_front(block.first + lines.start as u64, &found);
            }
        }
    }

    /// Lines that hold the text, among those searched.
    pub fn count(&self) -> usize {
        self.set.len()
    }

    /// The first such line behind `number`; beyond the last one, the first of all.
    pub fn next_after(&self, number: u64) -> Option<u64> {
        self.set
            .get(self.set.below(number.saturating_add(1)))
            .or_else(|| self.set.get(0))
    }

    /// The last such line before `number`; before the first one, the last of all.
    pub fn previous_before(&self, number: u64) -> Option<u64> {
        let below = self.set.below(number);
        self.set.get(
            below
                .checked_sub(1)
                .or_else(|| self.set.len().checked_sub(1))?,
        )
    }

    /// The 1-based rank of a line among those found ("2 of 7").
    pub fn rank_of(&self, number: u64) -> Option<usize> {
        let below = self.set.below(number);
        (self.set.get(below) == Some(number)).then_some(below + 1)
    }

    /// The `index`-th line found, from 0: for marks beside the scrollbar.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.set.get(index)
    }

    pub fn memory_bytes(&self) -> usize {
        self.set.memory_bytes()
    }

    /// Numbers of the lines that hold the text. The search runs over the arena and looks up a line only where it found something.
    fn search(&self, block: &Block, lines: Range<usize>) -> Vec<u64> {
        let mut found = Vec::new();
        let end = block.end_of(lines.end - 1);
        let Some(text) = block.arena().get(..end) else {
            return found;
        };
        let mut from = block.start_of(lines.start);
        while let Some(range) = self.needle.find(text, from) {
            let line = block.line_at(range.start);
            // A text with a line feed inside a line could let a match begin in one line and end in the next.
            if range.end <= block.end_of(line) {
                found.push(block.first + line as u64);
            }
            from = block.end_of(line) + 1;
        }
        found
    }
}

/// Lines from `start` on that hold about `budget` bytes, at least one.
fn ahead(block: &Block, start: usize, budget: usize) -> Range<usize> {
    let last = block
        .line_at(block.start_of(start).saturating_add(budget))
        .min(block.len() - 1);
    start..last.max(start) + 1
}

/// Lines before `end` that hold about `budget` bytes, at least one, and none before the line of number `first`.
fn back(block: &Block, end: usize, first: u64, budget: usize) -> Range<usize> {
    let start = block.line_at(block.end_of(end - 1).saturating_sub(budget));
    let lowest = usize::try_from(first.saturating_sub(block.first)).unwrap_or_default();
    start.min(end - 1).max(lowest)..end
}
