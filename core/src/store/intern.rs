//! [`Interner`]: every distinct text once, known by a small number. Texts are never given back: they are the job names, users, hosts, tags
//! and step names of a table, of which there are few.

use super::hash_index::{HashIndex, hash};

/// A text of one [`Interner`]. [`Sym::EMPTY`] is the empty one in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(pub(super) u32);

impl Sym {
    pub const EMPTY: Sym = Sym(0);

    /// The place of a text among those of its table, in the order in which they came; the empty one is 0.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// Distinct texts.
#[derive(Clone, Debug)]
pub struct Interner {
    bytes: String,
    /// Where each text ends in `bytes`; it begins where the one before ends.
    ends: Vec<u32>,
    index: HashIndex,
}

impl Default for Interner {
    fn default() -> Interner {
        let mut interner = Interner {
            bytes: String::new(),
            ends: Vec::new(),
            index: HashIndex::default(),
        };
        interner.intern("");
        interner
    }
}

impl Interner {
    /// The number of a text, given now if it is new. Texts beyond 4 GB in all become the empty one.
    pub fn intern(&mut self, text: &str) -> Sym {
        if let Some(known) = self.find(text) {
            return known;
        }
        let Ok(end) = u32::try_from(self.bytes.len() + text.len()) else {
            return Sym::EMPTY;
        };
        let number = self.ends.len() as u32;
        self.bytes.push_str(text);
        self.ends.push(end);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index.insert(hash(0, text), number, |other| {
            hash(0, get(bytes, ends, other))
        });
        Sym(number)
    }

    pub fn find(&self, text: &str) -> Option<Sym> {
        self.index
            .find(hash(0, text), |number| {
                get(&self.bytes, &self.ends, number) == text
            })
            .map(Sym)
    }

    /// Empty for a number that is not of this interner.
    pub fn get(&self, sym: Sym) -> &str {
        get(&self.bytes, &self.ends, sym.0)
    }

    /// Texts so far; their numbers are below.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        false
    }

    pub fn iter(&self) -> impl Iterator<Item = (Sym, &str)> {
        (0..self.ends.len() as u32).map(|number| (Sym(number), self.get(Sym(number))))
    }

    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>() + self.index.memory_bytes()
    }
}

fn get<'a>(bytes: &'a str, ends: &[u32], number: u32) -> &'a str {
    let number = number as usize;
    let start = match number.checked_sub(1) {
        None => 0,
        Some(before) => ends.get(before).copied().unwrap_or_default() as usize,
    };
    let end = ends.get(number).copied().unwrap_or_default() as usize;
    bytes.get(start..end).unwrap_or_default()
}
