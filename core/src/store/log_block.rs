//! [`Block`]: up to 65,536 consecutive lines of a log. Text stands in one arena, a line feed behind every line, so that a search runs over
//! the whole block at once; 4 bytes of offset, 4 of facts and mostly 4 of time a line.

use crate::model::{Level, LogStream, Timestamp};

/// Lines in a block at most.
const MAX_LINES: usize = 65_536;
/// A line longer than this is cut: offsets are 32 bits wide.
const MAX_LINE: usize = 1 << 30;
/// The highest step number that fits beside level and stream.
const MAX_STEP: u32 = (1 << 24) - 1;

/// Step, level and stream of a line in 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts(u32);

impl Facts {
    pub(super) fn new(step: u32, level: Level, stream: LogStream) -> Facts {
        Facts(step.min(MAX_STEP) << 8 | (level as u32) << 4 | stream as u32)
    }

    pub(super) fn step(self) -> u32 {
        self.0 >> 8
    }

    pub(super) fn level(self) -> Level {
        Level::ALL
            .get((self.0 >> 4 & 0xf) as usize)
            .copied()
            .unwrap_or(Level::Unset)
    }

    pub(super) fn stream(self) -> LogStream {
        LogStream::ALL
            .get((self.0 & 0xf) as usize)
            .copied()
            .unwrap_or(LogStream::Unknown)
    }
}

/// The times of a block's lines: microseconds in 32 bits where they lie within an hour, else in 64.
#[derive(Debug)]
enum Times {
    None(usize),
    Near { base: i64, offsets: Vec<u32> },
    Far(Vec<i64>),
}

const NO_OFFSET: u32 = u32::MAX;
const NO_TIME: i64 = i64::MIN;
/// How far before the first time of a block a later line may lie: two streams of a process are not in step.
const BEFORE: i64 = 600_000_000;

impl Times {
    fn push(&mut self, at: Option<Timestamp>) {
        if let (Times::None(count), Some(at)) = (&*self, at) {
            let mut offsets = Vec::new();
            offsets.resize(*count, NO_OFFSET);
            *self = Times::Near {
                base: at.0.saturating_sub(BEFORE),
                offsets,
            };
        }
        if let (Times::Near { base, offsets }, Some(at)) = (&*self, at)
            && !(0..i64::from(NO_OFFSET)).contains(&at.0.saturating_sub(*base))
        {
            let far = |offset: &u32| {
                if *offset == NO_OFFSET {
                    NO_TIME
                } else {
                    base.saturating_add(i64::from(*offset))
                }
            };
            *self = Times::Far(offsets.iter().map(far).collect());
        }
        match self {
            Times::None(count) => *count += 1,
            Times::Near { base, offsets } => {
                grow(offsets);
                offsets.push(at.map_or(NO_OFFSET, |at| at.0.saturating_sub(*base) as u32));
            }
            Times::Far(times) => {
                grow(times);
                times.push(at.map_or(NO_TIME, |at| at.0));
            }
        }
    }

    fn get(&self, index: usize) -> Option<Timestamp> {
        match self {
            Times::None(_) => None,
            Times::Near { base, offsets } => offsets
                .get(index)
                .filter(|offset| **offset != NO_OFFSET)
                .map(|offset| Timestamp(base.saturating_add(i64::from(*offset)))),
            Times::Far(times) => times
                .get(index)
                .filter(|time| **time != NO_TIME)
                .map(|time| Timestamp(*time)),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Times::None(_) => 0,
            Times::Near { offsets, .. } => offsets.capacity() * size_of::<u32>(),
            Times::Far(times) => times.capacity() * size_of::<i64>(),
        }
    }
}

/// Makes room by a quarter, not by doubling: what is held stays near to what is used.
fn grow<T>(values: &mut Vec<T>) {
    if values.len() == values.capacity() {
        values.reserve_exact(values.len() / 4 + 64);
    }
}

/// Consecutive lines.
#[derive(Debug)]
pub(super) struct Block {
    /// Number of the first line.
    pub(super) first: u64,
    text: String,
    /// Where each line's text ends, without its line feed.
    ends: Vec<u32>,
    facts: Vec<Facts>,
    times: Times,
}

impl Block {
    pub(super) fn new(first: u64) -> Block {
        Block {
            first,
            text: String::new(),
            ends: Vec::new(),
            facts: Vec::new(),
            times: Times::None(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Number of the line behind the last one.
    pub(super) fn end(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Whether another line of this length belongs into the next block.
    pub(super) fn is_full_for(&self, line: usize, max_bytes: usize) -> bool {
        self.len() >= MAX_LINES || (self.len() > 0 && self.text.len() + line > max_bytes)
    }

    pub(super) fn push(&mut self, at: Option<Timestamp>, facts: Facts, line: &str) {
        let line = if line.len() > MAX_LINE {
            line.get(..line.floor_char_boundary(MAX_LINE))
                .unwrap_or_default()
        } else {
            line
        };
        let needed = line.len() + 1;
        if self.text.capacity() - self.text.len() < needed {
            self.text
                .reserve_exact((self.text.len() / 4 + 1024).max(needed));
        }
        self.text.push_str(line);
        grow(&mut self.ends);
        self.ends.push(self.text.len() as u32);
        self.text.push('\n');
        grow(&mut self.facts);
        self.facts.push(facts);
        self.times.push(at);
    }

    /// No line will follow: gives back the room that was held for more.
    pub(super) fn seal(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.facts.shrink_to_fit();
        match &mut self.times {
            Times::None(_) => {}
            Times::Near { offsets, .. } => offsets.shrink_to_fit(),
            Times::Far(times) => times.shrink_to_fit(),
        }
    }

    /// Where the text of line `index` begins in [`Block::arena`].
    pub(super) fn start_of(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            None => 0,
            Some(before) => self
                .ends
                .get(before)
                .map_or(self.text.len(), |end| *end as usize + 1),
        }
    }

    pub(super) fn end_of(&self, index: usize) -> usize {
        self.ends
            .get(index)
            .map_or(self.text.len(), |end| *end as usize)
    }

    pub(super) fn text(&self, index: usize) -> &str {
        self.text
            .get(self.start_of(index)..self.end_of(index))
            .unwrap_or_default()
    }

    /// All lines, each with a line feed behind.
    pub(super) fn arena(&self) -> &str {
        &self.text
    }

    /// The line that the byte of the arena belongs to.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        self.ends.partition_point(|end| (*end as usize) < byte)
    }

    pub(super) fn facts(&self, index: usize) -> Option<Facts> {
        self.facts.get(index).copied()
    }

    pub(super) fn all_facts(&self) -> &[Facts] {
        &self.facts
    }

    pub(super) fn at(&self, index: usize) -> Option<Timestamp> {
        self.times.get(index)
    }

    pub(super) fn text_bytes(&self) -> usize {
        self.text.len() - self.ends.len()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Block>()
            + self.text.capacity()
            + self.ends.capacity() * size_of::<u32>()
            + self.facts.capacity() * size_of::<Facts>()
            + self.times.memory_bytes()
    }
}
