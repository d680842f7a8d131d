//! [`HashIndex`]: from a hash to a number, for keys that are kept elsewhere (an arena, a column): 8 bytes an entry or less.
//!
//! Open addressing with linear probing; the caller compares keys. A deleted place stays marked until the table is built anew.

use std::hash::Hasher;

const EMPTY: u32 = u32::MAX;
const DELETED: u32 = u32::MAX - 1;

/// The hash of a key made of a number and a text. The keys of the hash are fixed: the same input gives the same table everywhere.
pub(super) fn hash(number: u64, text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write_u64(number);
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Numbers below `u32::MAX - 1`, found by hash.
#[derive(Clone, Debug, Default)]
pub struct HashIndex {
    slots: Vec<u32>,
    live: usize,
    deleted: usize,
}

impl HashIndex {
    /// The value of this hash that is the one meant.
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.slot_of(hash, is_it)
            .and_then(|slot| self.slots.get(slot).copied())
    }

    /// The value must not be in the index. `hash_of` gives the hash of every value that is.
    pub fn insert(&mut self, hash: u64, value: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.live + self.deleted + 1) * 8 > self.slots.len() * 5 {
            let len = ((self.live + 1) * 8 / 3).next_power_of_two().max(16);
            let old = std::mem::replace(&mut self.slots, vec![EMPTY; len]);
            self.deleted = 0;
            for kept in old.into_iter().filter(|kept| *kept < DELETED) {
                self.put(hash_of(kept), kept);
            }
        }
        self.put(hash, value);
        self.live += 1;
    }

    /// False when it was not there.
    pub fn remove(&mut self, hash: u64, value: u32) -> bool {
        let Some(slot) = self
            .slot_of(hash, |other| other == value)
            .and_then(|slot| self.slots.get_mut(slot))
        else {
            return false;
        };
        *slot = DELETED;
        self.live -= 1;
        self.deleted += 1;
        true
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }

    fn slot_of(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots.get(slot).copied()? {
                EMPTY => return None,
                value if value != DELETED && is_it(value) => return Some(slot),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn put(&mut self, hash: u64, value: u32) {
        let Some(mask) = self.slots.len().checked_sub(1) else {
            return;
        };
        let mut slot = hash as usize & mask;
        while let Some(held) = self.slots.get_mut(slot) {
            if *held == EMPTY {
                *held = value;
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}
