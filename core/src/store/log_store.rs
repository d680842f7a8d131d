//! [`LogStore`]: the lines of one run's log in byte arenas with offsets, for millions of lines at raw size + 24 B each or less.
//!
//! Lines are known by their 1-based number in the log and held without holes: lines that come twice are left out, a hole is reported.

use std::collections::VecDeque;

use super::intern::{Interner, Sym};
use super::log_block::{Block, Facts};
use crate::model::{Level, LogLine, LogStream, Timestamp};

/// Bytes of text in a block at most, unless the cap is small. The room that the last block keeps for more is a quarter of this at most.
const BLOCK_BYTES: usize = 1 << 20;
/// What a line takes beside its text, at most.
const LINE_OVERHEAD: usize = 24;

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
pub struct LogStore {
    blocks: VecDeque<Block>,
    cap_bytes: usize,
    /// Bytes of all blocks but the last, which still grows.
    sealed_bytes: usize,
    lines: usize,
    dropped: u64,
    known_total: u64,
    steps: Interner,
    step_counts: Vec<usize>,
    level_counts: [usize; Level::ALL.len()],
    stream_counts: [usize; LogStream::ALL.len()],
    generation: u32,
}

impl LogStore {
    /// `cap_bytes` bounds the memory; beyond it lines are dropped from the front, a block at a time, and counted.
    pub fn new(cap_bytes: usize) -> LogStore {
        LogStore {
            blocks: VecDeque::new(),
            cap_bytes,
            sealed_bytes: 0,
            lines: 0,
            dropped: 0,
            known_total: 0,
            steps: Interner::default(),
            step_counts: Vec::new(),
            level_counts: [0; Level::ALL.len()],
            stream_counts: [0; LogStream::ALL.len()],
            generation: 0,
        }
    }

    /// Takes consecutive lines in at the end; `first` is the number of the first. Into an empty store they may begin anywhere.
    pub fn append(&mut self, first: u64, lines: &[LogLine]) -> Appended {
        let mut batch = self.batch(first);
        for line in lines {
            batch.push_line(line.at, &line.step, line.stream, line.level, &line.text);
        }
        batch.finish()
    }

    /// As [`LogStore::append`], line by line and without owned strings.
    pub fn batch(&mut self, first: u64) -> Batch<'_> {
        Batch {
            next: first.max(1),
            store: self,
            done: Appended::default(),
        }
    }

    /// Takes consecutive lines in before the first one held. Nothing is taken when the cap leaves no room for all of them.
    pub fn prepend(&mut self, first: u64, lines: &[LogLine]) -> Appended {
        let first = first.max(1);
        let Some(held) = self.first() else {
            return self.append(first, lines);
        };
        let behind = first.saturating_add(lines.len() as u64);
        let new = lines
            .get(
                ..lines
                    .len()
                    .min(usize::try_from(held.saturating_sub(first)).unwrap_or(usize::MAX)),
            )
            .unwrap_or_default();
        let mut done = Appended {
            duplicates: lines.len() - new.len(),
            ..Appended::default()
        };
        if behind < held {
            done.gap = Some((behind, held - 1));
            return done;
        }
        let bytes: usize = new.iter().map(|line| line.text.len() + LINE_OVERHEAD).sum();
        if self.memory_bytes() + bytes > self.cap_bytes.saturating_sub(self.block_bytes()) {
            return done;
        }
        let mut blocks = Vec::new();
        let mut block = Block::new(first);
        for line in new {
            if block.is_full_for(line.text.len(), self.block_bytes()) {
                block.seal();
                let next = Block::new(block.end());
                blocks.push(std::mem::replace(&mut block, next));
            }
            let facts = self.count(&line.step, line.level, line.stream);
            block.push(line.at, facts, &line.text);
        }
        block.seal();
        if block.len() > 0 {
            blocks.push(block);
        }
        for block in blocks.into_iter().rev() {
            self.sealed_bytes += block.memory_bytes();
            self.lines += block.len();
            self.blocks.push_front(block);
        }
        done.added = new.len();
        self.dropped = self.dropped.saturating_sub(new.len() as u64);
        done
    }

    /// Forgets all lines, for example when the log was found to be another one.
    pub fn clear(&mut self) {
        *self = LogStore {
            generation: self.generation.wrapping_add(1),
            ..LogStore::new(self.cap_bytes)
        };
    }

    /// Changes when [`LogStore::clear`] is called: what was found before is void.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Number of the first line held; `None` when none is.
    pub fn first(&self) -> Option<u64> {
        self.blocks.front().map(|block| block.first)
    }

    /// Number of the last line held.
    pub fn last(&self) -> Option<u64> {
        self.blocks
            .back()
            .map(|block| block.end().saturating_sub(1))
    }

    /// Lines held.
    pub fn len(&self) -> usize {
        self.lines
    }

    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Lines that the log has in all, as far as is known.
    pub fn known_total(&self) -> u64 {
        self.known_total.max(self.last().unwrap_or_default())
    }

    pub fn set_known_total(&mut self, total: u64) {
        self.known_total = total;
    }

    /// Lines dropped from the front because of the cap, and not taken in again since.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub fn line(&self, number: u64) -> Option<LineView<'_>> {
        let (block, index) = self.locate(number)?;
        let facts = block.facts(index)?;
        Some(LineView {
            number,
            at: block.at(index),
            step: self.steps.get(Sym(facts.step())),
            step_id: facts.step(),
            stream: facts.stream(),
            level: facts.level(),
            text: block.text(index),
        })
    }

    /// The texts of lines by their numbers, each with a line feed behind, exactly as they were received: escapes, carriage returns and characters
    /// that turn text around included. For copying and saving; numbers that are not held are left out.
    pub fn exact(&self, numbers: &mut dyn Iterator<Item = u64>) -> String {
        let mut out = String::new();
        for number in numbers {
            if let Some((block, index)) = self.locate(number) {
                out.push_str(block.text(index));
                out.push('\n');
            }
        }
        out
    }

    /// Names of the steps that printed, in order of appearance; the first is the run itself ("").
    pub fn steps(&self) -> Vec<&str> {
        self.steps.iter().map(|(_, name)| name).collect()
    }

    /// The name of a step by its place in [`LogStore::steps`].
    pub fn step_name(&self, step_id: u32) -> &str {
        self.steps.get(Sym(step_id))
    }

    /// Lines held of a step, by its place in [`LogStore::steps`].
    pub fn step_count(&self, step_id: u32) -> usize {
        self.step_counts
            .get(step_id as usize)
            .copied()
            .unwrap_or_default()
    }

    pub fn level_count(&self, level: Level) -> usize {
        self.level_counts
            .get(level as usize)
            .copied()
            .unwrap_or_default()
    }

    pub fn stream_count(&self, stream: LogStream) -> usize {
        self.stream_counts
            .get(stream as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Bytes held, by accounting: text, offsets, facts and times with the room kept for more.
    pub fn memory_bytes(&self) -> usize {
        let names = self.steps.memory_bytes() + self.step_counts.capacity() * size_of::<usize>();
        let table = self.blocks.capacity().saturating_sub(self.blocks.len()) * size_of::<Block>();
        size_of::<LogStore>()
            + self.sealed_bytes
            + self.blocks.back().map_or(0, Block::memory_bytes)
            + table
            + names
    }

    /// Bytes of text held, without line ends.
    pub fn text_bytes(&self) -> usize {
        self.blocks.iter().map(Block::text_bytes).sum()
    }

    /// The block that holds a line, and the line's place in it.
    pub(super) fn locate(&self, number: u64) -> Option<(&Block, usize)> {
        let after = self.blocks.partition_point(|block| block.first <= number);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        (number < block.end()).then(|| (block, (number - block.first) as usize))
    }

    fn block_bytes(&self) -> usize {
        (self.cap_bytes / 8).clamp(1024, BLOCK_BYTES)
    }

    fn push(
        &mut self,
        number: u64,
        at: Option<Timestamp>,
        step: &str,
        stream: LogStream,
        level: Level,
        text: &str,
    ) {
        let max = self.block_bytes();
        if self
            .blocks
            .back()
            .is_none_or(|block| block.is_full_for(text.len(), max))
        {
            if let Some(full) = self.blocks.back_mut() {
                full.seal();
                self.sealed_bytes += full.memory_bytes();
            }
            self.drop_front();
            self.blocks.push_back(Block::new(number));
        }
        let facts = self.count(step, level, stream);
        if let Some(block) = self.blocks.back_mut() {
            block.push(at, facts, text);
            self.lines += 1;
        }
    }

    fn count(&mut self, step: &str, level: Level, stream: LogStream) -> Facts {
        let facts = Facts::new(self.steps.intern(step).0, level, stream);
        let step = facts.step() as usize;
        if step >= self.step_counts.len() {
            self.step_counts.resize(step + 1, 0);
        }
        add(&mut self.step_counts, step, true);
        add(&mut self.level_counts, level as usize, true);
        add(&mut self.stream_counts, stream as usize, true);
        facts
    }

    /// Makes room for one more block below the cap.
    fn drop_front(&mut self) {
        let room = self.cap_bytes.saturating_sub(self.block_bytes());
        while self.sealed_bytes > room {
            let Some(block) = self.blocks.pop_front() else {
                return;
            };
            self.sealed_bytes = self.sealed_bytes.saturating_sub(block.memory_bytes());
            self.lines -= block.len();
            self.dropped += block.len() as u64;
            for facts in block.all_facts() {
                add(&mut self.step_counts, facts.step() as usize, false);
                add(&mut self.level_counts, facts.level() as usize, false);
                add(&mut self.stream_counts, facts.stream() as usize, false);
            }
        }
    }
}

fn add(counts: &mut [usize], index: usize, more: bool) {
    if let Some(count) = counts.get_mut(index) {
        *count = if more {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
    }
}

/// Consecutive lines on their way into a store.
#[derive(Debug)]
pub struct Batch<'a> {
    store: &'a mut LogStore,
    next: u64,
    done: Appended,
}

impl Batch<'_> {
    /// The next line. `text` has no line end.
    pub fn push_line(
        &mut self,
        at: Option<Timestamp>,
        step: &str,
        stream: LogStream,
        level: Level,
        text: &str,
    ) {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        match self.store.last() {
            Some(last) if number <= last => self.done.duplicates += 1,
            Some(last) if number > last + 1 => {
                self.done.gap = Some((last + 1, self.done.gap.map_or(number - 1, |(_, to)| to)))
            }
            _ => {
                self.store.push(number, at, step, stream, level, text);
                self.done.added += 1;
            }
        }
    }

    pub fn finish(self) -> Appended {
        self.done
    }
}
