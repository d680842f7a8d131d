//! [`LogSearch`]: the lines of a log that hold a text, found in slices and kept up to date as the log grows at both ends.

use super::log_store::LogStore;
use super::needle::Needle;

/// A search over all lines of a log.
#[derive(Debug)]
pub struct LogSearch {
    needle: Needle,
}

impl LogSearch {
    pub fn new(needle: Needle) -> LogSearch {
        LogSearch { needle }
    }

    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Searches about `byte_budget` more bytes (4 MB are a few milliseconds); true when all lines of the store have been searched.
    pub fn advance(&mut self, store: &LogStore, byte_budget: usize) -> bool {
        let _ = (store, byte_budget);
        todo!()
    }

    /// Lines that hold the text, among those searched.
    pub fn count(&self) -> usize {
        todo!()
    }

    /// The first such line behind `number`; beyond the last one, the first of all.
    pub fn next_after(&self, number: u64) -> Option<u64> {
        let _ = number;
        todo!()
    }

    /// The last such line before `number`; before the first one, the last of all.
    pub fn previous_before(&self, number: u64) -> Option<u64> {
        let _ = number;
        todo!()
    }

    /// The 1-based rank of a line among those found ("2 of 7").
    pub fn rank_of(&self, number: u64) -> Option<usize> {
        let _ = number;
        todo!()
    }

    /// The `index`-th line found, from 0: for marks beside the scrollbar.
    pub fn get(&self, index: usize) -> Option<u64> {
        let _ = index;
        todo!()
    }
}
