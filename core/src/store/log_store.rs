//! [`LogStore`]: the lines of one run's log in byte arenas with offsets, for millions of lines at raw size + 24 B each or less.
//!
//! Lines are known by their 1-based number in the log and held without holes: lines that come twice are left out, a hole is reported.

use crate::model::{Level, LogLine, LogStream, Timestamp};

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    pub added: usize,
    /// Lines that were here already.
    pub duplicates: usize,
    /// Lines `from..=to` are missing between what is held and the batch; nothing behind them was taken.
    pub gap: Option<(u64, u64)>,
}

/// One line, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineView<'a> {
    pub number: u64,
    pub at: Option<Timestamp>,
    /// Empty: the run itself.
    pub step: &'a str,
    /// Place of the step's name in [`LogStore::steps`].
    pub step_id: u32,
    pub stream: LogStream,
    pub level: Level,
    pub text: &'a str,
}

/// The lines of one log.
#[derive(Debug)]
pub struct LogStore {}

impl LogStore {
    /// `cap_bytes` bounds the memory; beyond it lines are dropped from the front and counted.
    pub fn new(cap_bytes: usize) -> LogStore {
        let _ = cap_bytes;
        todo!()
    }

    /// Takes consecutive lines in at the end; `first` is the number of the first. Into an empty store they may begin anywhere.
    pub fn append(&mut self, first: u64, lines: &[LogLine]) -> Appended {
        let _ = (first, lines);
        todo!()
    }

    /// As [`LogStore::append`], line by line and without owned strings.
    pub fn batch(&mut self, first: u64) -> Batch<'_> {
        let _ = first;
        todo!()
    }

    /// Takes consecutive lines in before the first one held. Nothing is taken when the cap leaves no room.
    pub fn prepend(&mut self, first: u64, lines: &[LogLine]) -> Appended {
        let _ = (first, lines);
        todo!()
    }

    /// Forgets all lines, for example when the log was found to be another one.
    pub fn clear(&mut self) {
        todo!()
    }

    /// Number of the first line held; `None` when none is.
    pub fn first(&self) -> Option<u64> {
        todo!()
    }

    /// Number of the last line held.
    pub fn last(&self) -> Option<u64> {
        todo!()
    }

    /// Lines held.
    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lines that the log has in all, as far as is known.
    pub fn known_total(&self) -> u64 {
        todo!()
    }

    pub fn set_known_total(&mut self, total: u64) {
        let _ = total;
        todo!()
    }

    /// Lines dropped from the front because of the cap.
    pub fn dropped(&self) -> u64 {
        todo!()
    }

    pub fn line(&self, number: u64) -> Option<LineView<'_>> {
        let _ = number;
        todo!()
    }

    /// Names of the steps that printed, in order of appearance; the first is the run itself ("").
    pub fn steps(&self) -> Vec<&str> {
        todo!()
    }

    /// Lines held of a step (by its place in [`LogStore::steps`]).
    pub fn step_count(&self, step_id: u32) -> usize {
        let _ = step_id;
        todo!()
    }

    pub fn level_count(&self, level: Level) -> usize {
        let _ = level;
        todo!()
    }

    pub fn stream_count(&self, stream: LogStream) -> usize {
        let _ = stream;
        todo!()
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        todo!()
    }

    /// Bytes of text held.
    pub fn text_bytes(&self) -> usize {
        todo!()
    }
}

/// Consecutive lines on their way into a store.
#[derive(Debug)]
pub struct Batch<'a> {
    store: &'a mut LogStore,
}

impl Batch<'_> {
    /// The next line. `text` has no line end.
    pub fn push_line(&mut self, at: Option<Timestamp>, step: &str, stream: LogStream, level: Level, text: &str) {
        let _ = (&self.store, at, step, stream, level, text);
        todo!()
    }

    pub fn finish(self) -> Appended {
        todo!()
    }
}
