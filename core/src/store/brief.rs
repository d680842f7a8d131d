//! [`Briefs`]: rows of runs of which only what lists order and filter by is held, 20 bytes each, for sources that tell the rest of a run
//! again when it is looked at. They stand in blocks, each of one source, in the order of the numbers by which the source knows its runs.

use super::hash_index::{HashIndex, hash};
use super::run_columns::{ALIVE, CHANGED, Head, NEVER, Times};

/// Set in the numbers of brief rows.
pub(super) const BRIEF: u32 = 1 << 31;
const BITS: u32 = 12;
/// Rows of a block.
const BLOCK: u32 = 1 << BITS;

/// Above the number of a head in [`Briefs::heads`].
const IS_ALIVE: u32 = 1 << 31;
const IS_CHANGED: u32 = 1 << 30;
const HEAD: u32 = IS_CHANGED - 1;

#[derive(Debug)]
struct Block {
    /// The source's number of the first row.
    first: u32,
    heads: Vec<u32>,
    started: Vec<i64>,
    ended: Vec<i64>,
}

impl Block {
    fn new(first: u32) -> Block {
        let many = BLOCK as usize;
        Block {
            first,
            heads: vec![0; many],
            started: vec![NEVER; many],
            ended: vec![NEVER; many],
        }
    }
}

/// The brief rows of all sources.
#[derive(Debug, Default)]
pub(super) struct Briefs {
    blocks: Vec<Option<Block>>,
    /// By source: the block of each [`BLOCK`] of its numbers; `u32::MAX` for none.
    of_source: Vec<Vec<u32>>,
    /// By source: one more than the highest number that it has.
    ends: Vec<u32>,
    /// Status, job and so on are the same for many rows: each combination once.
    heads: Vec<Head>,
    index: HashIndex,
    free: Vec<u32>,
    /// Blocks without living rows: of the first the views have been told, of the second they have not.
    told: Vec<u32>,
    dying: Vec<u32>,
}

fn head_hash(head: Head) -> u64 {
    let small = (head.phase as u64) << 8 | u64::from(head.flags);
    let low = u64::from(head.job.0) << 32 | u64::from(head.raw_status.0);
    hash(
        low ^ (small << 16 | u64::from(head.source)).rotate_left(17),
        "",
    )
}

impl Briefs {
    fn block(&self, row: u32) -> Option<(&Block, usize)> {
        let block = self.blocks.get(((row & !BRIEF) >> BITS) as usize)?;
        Some((block.as_ref()?, (row & (BLOCK - 1)) as usize))
    }

    fn head_bits(&mut self, row: u32) -> Option<&mut u32> {
        let block = self.blocks.get_mut(((row & !BRIEF) >> BITS) as usize)?;
        block.as_mut()?.heads.get_mut((row & (BLOCK - 1)) as usize)
    }

    pub(super) fn head(&self, row: u32) -> Option<Head> {
        let (block, at) = self.block(row)?;
        let bits = *block.heads.get(at)?;
        let mut head = *self.heads.get((bits & HEAD) as usize)?;
        head.flags &= !(ALIVE | CHANGED);
        head.flags |= if bits & IS_ALIVE != 0 { ALIVE } else { 0 };
        head.flags |= if bits & IS_CHANGED != 0 { CHANGED } else { 0 };
        Some(head)
    }

    pub(super) fn times(&self, row: u32) -> Option<Times> {
        let (block, at) = self.block(row)?;
        Some(Times {
            created: NEVER,
            started: *block.started.get(at)?,
            ended: *block.ended.get(at)?,
            last_seen: NEVER,
        })
    }

    /// The number by which the source knows the row's run.
    pub(super) fn number(&self, row: u32) -> Option<u32> {
        let (block, at) = self.block(row)?;
        Some(block.first + at as u32)
    }

    /// The row of a source's number, if there is one.
    pub(super) fn row(&self, source: u16, number: u32) -> Option<u32> {
        let blocks = self.of_source.get(usize::from(source))?;
        let block = *blocks.get((number >> BITS) as usize)?;
        (block != u32::MAX).then_some(BRIEF | block << BITS | number & (BLOCK - 1))
    }

    /// The row for a source's number, made now where there is none.
    pub(super) fn row_for(&mut self, source: u16, number: u32) -> u32 {
        let at = usize::from(source);
        if at >= self.ends.len() {
            self.ends.resize(at + 1, 0);
        }
        if let Some(end) = self.ends.get_mut(at) {
            *end = (*end).max(number + 1);
        }
        if let Some(row) = self.row(source, number) {
            return row;
        }
        let block = Block::new(number & !(BLOCK - 1));
        let place = self.free.pop().unwrap_or(self.blocks.len() as u32);
        match self.blocks.get_mut(place as usize) {
            Some(slot) => *slot = Some(block),
            None => self.blocks.push(Some(block)),
        }
        let source = usize::from(source);
        if source >= self.of_source.len() {
            self.of_source.resize_with(source + 1, Vec::new);
        }
        let at = (number >> BITS) as usize;
        if let Some(blocks) = self.of_source.get_mut(source) {
            if at >= blocks.len() {
                blocks.resize(at + 1, u32::MAX);
            }
            if let Some(block) = blocks.get_mut(at) {
                *block = place;
            }
        }
        BRIEF | place << BITS | number & (BLOCK - 1)
    }

    /// Puts a living row's values in its place. The mark that it has changed stays as it is.
    pub(super) fn put(&mut self, row: u32, mut head: Head, times: Times) {
        head.flags &= !CHANGED;
        let heads = &self.heads;
        let is_it = |place: u32| heads.get(place as usize) == Some(&head);
        let place = match self.index.find(head_hash(head), is_it) {
            Some(place) => place,
            None => {
                let place = heads.len() as u32;
                self.index.insert(head_hash(head), place, |other| {
                    heads.get(other as usize).map_or(0, |head| head_hash(*head))
                });
                self.heads.push(head);
                place
            }
        };
        let at = (row & (BLOCK - 1)) as usize;
        let block = self.blocks.get_mut(((row & !BRIEF) >> BITS) as usize);
        let Some(Some(block)) = block else { return };
        let slots = (
            block.heads.get_mut(at),
            block.started.get_mut(at),
            block.ended.get_mut(at),
        );
        if let (Some(bits), Some(started), Some(ended)) = slots {
            *bits = IS_ALIVE | *bits & IS_CHANGED | place & HEAD;
            (*started, *ended) = (times.started, times.ended);
        }
    }

    /// Marks a row as changed; false when it was already.
    pub(super) fn mark(&mut self, row: u32) -> bool {
        let Some(bits) = self.head_bits(row) else {
            return false;
        };
        let is_new = *bits & IS_CHANGED == 0;
        *bits |= IS_CHANGED;
        is_new
    }

    pub(super) fn unmark(&mut self, row: u32) {
        if let Some(bits) = self.head_bits(row) {
            *bits &= !IS_CHANGED;
        }
    }

    /// All rows of a source are no more; those that lived. Their values stay until [`Briefs::settle`].
    pub(super) fn remove_source(&mut self, source: u16) -> Vec<u32> {
        let blocks = self.of_source.get_mut(usize::from(source));
        let blocks = blocks.map(std::mem::take).unwrap_or_default();
        if let Some(end) = self.ends.get_mut(usize::from(source)) {
            *end = 0;
        }
        let mut gone = Vec::new();
        for place in blocks.into_iter().filter(|place| *place != u32::MAX) {
            if let Some(Some(block)) = self.blocks.get_mut(place as usize) {
                for (at, bits) in (0..).zip(block.heads.iter_mut()) {
                    if *bits & IS_ALIVE != 0 {
                        *bits &= !IS_ALIVE;
                        gone.push(BRIEF | place << BITS | at);
                    }
                }
            }
            self.dying.push(place);
        }
        gone
    }

    /// The views are being told of all that was removed until now.
    pub(super) fn settle(&mut self) {
        for place in std::mem::replace(&mut self.told, std::mem::take(&mut self.dying)) {
            if let Some(block) = self.blocks.get_mut(place as usize) {
                *block = None;
                self.free.push(place);
            }
        }
    }

    /// Numbers of brief rows are [`BRIEF`] and something below this.
    pub(super) fn rows(&self) -> usize {
        self.blocks.len() << BITS
    }

    /// One more than the highest number that the source has; 0 when it has none.
    pub(super) fn end(&self, source: u16) -> u32 {
        let end = self.ends.get(usize::from(source));
        end.copied().unwrap_or_default()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let row = size_of::<u32>() + 2 * size_of::<i64>();
        let held = self.blocks.iter().flatten().count() * BLOCK as usize * row;
        let blocks = self.blocks.capacity() * size_of::<Option<Block>>();
        let numbers: usize = self.of_source.iter().map(Vec::capacity).sum();
        let lists = self.free.capacity() + self.told.capacity() + self.dying.capacity();
        held + blocks
            + (numbers + lists) * size_of::<u32>()
            + self.heads.capacity() * size_of::<Head>()
            + self.index.memory_bytes()
    }
}

/// A value for each row, of either kind.
#[derive(Clone, Debug)]
pub(super) struct ByRow<T> {
    full: Vec<T>,
    brief: Vec<T>,
}

impl<T> Default for ByRow<T> {
    fn default() -> ByRow<T> {
        ByRow {
            full: Vec::new(),
            brief: Vec::new(),
        }
    }
}

impl<T: Copy + Default> ByRow<T> {
    pub(super) fn get(&self, row: u32) -> T {
        let values = if row & BRIEF == 0 {
            &self.full
        } else {
            &self.brief
        };
        let value = values.get((row & !BRIEF) as usize);
        value.copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, row: u32, value: T) {
        let values = if row & BRIEF == 0 {
            &mut self.full
        } else {
            &mut self.brief
        };
        let at = (row & !BRIEF) as usize;
        if at >= values.len() {
            if at >= values.capacity() {
                // A million rows are not to take the room of two.
                values.reserve_exact(at + 1 - values.len() + at / 8 + 64);
            }
            values.resize(at + 1, T::default());
        }
        if let Some(slot) = values.get_mut(at) {
            *slot = value;
        }
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        self.brief.clear();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        (self.full.capacity() + self.brief.capacity()) * size_of::<T>()
    }
}
