//! [`Places`]: where each record of a file stands and under which id it is found, in some 25 bytes a record.

use std::collections::HashMap;

use super::run::nth_id;
use super::wire::Summary;
use crate::store::hash_index::HashIndex;
use crate::store::paged::Paged;

/// Where a record stands, in 8 bytes: the offset (up to a terabyte) above, the length (up to the reader's bound) in the lower 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Place {
    const BITS: u32 = 24;

    fn new(offset: u64, len: u64) -> Place {
        Place(offset << Place::BITS | len.min((1 << Place::BITS) - 1))
    }

    pub(super) fn offset(self) -> u64 {
        self.0 >> Place::BITS
    }

    /// With its newline.
    pub(super) fn len(self) -> u64 {
        self.0 & ((1 << Place::BITS) - 1)
    }

    pub(super) fn end(self) -> u64 {
        self.offset() + self.len()
    }
}

/// The records of a file, numbered from 0 as they stand in it.
#[derive(Default)]
pub(super) struct Places {
    places: Paged,
    /// Of the id that each record has by itself.
    hashes: Paged,
    /// First record of each hash.
    index: HashIndex,
    /// Further records of an id that was there before: number and which one, in the order of the file.
    again: Vec<(u32, u32)>,
    /// By hash: how far those ids are counted, and names that were made by counting.
    counts: HashMap<u64, u32>,
    /// From which record on the line's number is how much more than the record's. One entry, unless lines hold none.
    lines: Vec<(u32, u64)>,
}

/// FNV-1a with 64 bits: of a million ids no two are taken for one another.
fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

impl Places {
    /// Takes in the next record, whose own id is `own` and whose line has this number from 1. Its number, and the how manieth of its id it is.
    pub(super) fn add(&mut self, own: &str, line: u64, offset: u64, len: u64) -> (u32, u32) {
        let (number, hash) = (self.len() as u32, hash(own));
        let mut count = 1;
        if self.is_taken(hash) {
            count = self.counts.get(&hash).copied().unwrap_or(1);
            // Another record may have that very name: the count goes on until a name is free.
            let name = loop {
                count += 1;
                let name = self::hash(&nth_id(own, count));
                if !self.is_taken(name) {
                    break name;
                }
            };
            self.counts.insert(hash, count);
            self.counts.insert(name, 1);
            self.again.push((number, count));
        } else {
            let hashes = &self.hashes;
            self.index.insert(hash, number, |other| {
                hashes.get(other as usize).unwrap_or_default()
            });
        }
        self.hashes.push(hash);
        self.places.push(Place::new(offset, len).0);
        // Less than nothing, and counted round the end, where several records stand in one line.
        let ahead = line.wrapping_sub(u64::from(number));
        if self.lines.last().is_none_or(|(_, last)| *last != ahead) {
            self.lines.push((number, ahead));
        }
        (number, count)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, number: u32) -> Option<Place> {
        self.places.get(number as usize).map(Place)
    }

    /// The first record whose own id has this hash, where no other was called so before.
    fn first(&self, hash: u64) -> Option<u32> {
        let is_it = |other: u32| self.hashes.get(other as usize) == Some(hash);
        self.index.find(hash, is_it)
    }

    fn is_taken(&self, hash: u64) -> bool {
        self.counts.contains_key(&hash) || self.first(hash).is_some()
    }

    /// The record that is found under this id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        if let Some(number) = self.first(hash(id)) {
            return Some(number);
        }
        let (own, count) = id.rsplit_once('#')?;
        let (hash, count): (u64, u32) = (hash(own), count.parse().ok()?);
        let is_it = |(number, nth): &&(u32, u32)| {
            *nth == count && self.hashes.get(*number as usize) == Some(hash)
        };
        self.again.iter().find(is_it).map(|(number, _)| *number)
    }

    /// The id under which a record is found that was read again; `None` when it is not the one that stood there.
    pub(super) fn id_of(&self, number: u32, summary: &Summary) -> Option<String> {
        let before = self.lines.partition_point(|(from, _)| *from <= number);
        let (_, ahead) = *self.lines.get(before.checked_sub(1)?)?;
        let own = summary.id(u64::from(number).wrapping_add(ahead));
        let is_same = self.hashes.get(number as usize) == Some(hash(&own));
        let nth = self
            .again
            .binary_search_by_key(&number, |(other, _)| *other);
        let count = nth.ok().and_then(|at| self.again.get(at));
        is_same.then(|| nth_id(&own, count.map_or(1, |(_, count)| *count)))
    }

    /// Bytes held, by accounting.
    pub(super) fn memory_bytes(&self) -> usize {
        self.places.memory_bytes()
            + self.hashes.memory_bytes()
            + self.index.memory_bytes()
            + self.again.capacity() * size_of::<(u32, u32)>()
            + self.counts.capacity() * (size_of::<(u64, u32)>() + 1)
            + self.lines.capacity() * size_of::<(u32, u64)>()
    }
}
