//! [`Tags`]: every distinct tag once.

use super::hash_index::{self, HashIndex};
use super::intern::Sym;

/// Distinct tags, as pairs of interned texts.
#[derive(Debug, Default)]
pub(super) struct Tags {
    pub(super) pairs: Vec<(Sym, Sym)>,
    pub(super) index: HashIndex,
}

impl Tags {
    pub(super) fn intern(&mut self, key: Sym, value: Sym) -> u32 {
        let hash_of = |(key, value): (Sym, Sym)| {
            hash_index::hash(u64::from(key.0) << 32 | u64::from(value.0), "")
        };
        let pairs = &self.pairs;
        let pair = (key, value);
        let get = |number: u32| pairs.get(number as usize).copied().unwrap_or_default();
        if let Some(known) = self.index.find(hash_of(pair), |number| get(number) == pair) {
            return known;
        }
        let number = self.pairs.len() as u32;
        self.index
            .insert(hash_of(pair), number, |other| hash_of(get(other)));
        self.pairs.push(pair);
        number
    }
}
