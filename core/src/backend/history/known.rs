//! [`Known`]: how an answer that goes on where an earlier one ended, or begins anew, is held against what was read.

use super::file::OTHER;

/// So much of the file's beginning shows that it is still the same, and so much of what was read last: a single byte would be the same newline in
/// every file whose lines are as long.
const PROOF: usize = 256;

/// What was read, as far as it shows whether the file is still the same.
#[derive(Default)]
pub(super) struct Seen {
    /// So many bytes.
    pub(super) have: u64,
    /// The first of them.
    head: Vec<u8>,
    /// The last of them.
    last: Vec<u8>,
}

impl Seen {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let rest = PROOF - self.head.len();
        self.head
            .extend_from_slice(bytes.get(..rest).unwrap_or(bytes));
        self.have += bytes.len() as u64;
        let last = bytes.len().saturating_sub(PROOF);
        self.last
            .extend_from_slice(bytes.get(last..).unwrap_or_default());
        let spare = self.last.len().saturating_sub(PROOF);
        self.last.drain(..spare);
    }

    /// From where on to ask, and what is known of the answer to that when only a part is given, and when all is.
    pub(super) fn known(&self) -> (Option<String>, Known, Known) {
        if self.have == 0 {
            return (None, Known::default(), Known::default());
        }
        let part = Known {
            skip: self.last.len() as u64,
            proof: self.last.clone(),
            is_part: true,
        };
        let whole = Known {
            skip: self.have,
            proof: self.head.clone(),
            is_part: false,
        };
        let from = self.have - part.skip;
        let range = ["bytes=", &from.to_string(), "-"].concat();
        (Some(range), part, whole)
    }
}

/// What of an answer's beginning is known already: so many bytes, and how they begin.
#[derive(Default)]
pub(super) struct Known {
    pub(super) skip: u64,
    pub(super) proof: Vec<u8>,
    /// Of an answer that goes on where an earlier one ended.
    pub(super) is_part: bool,
}

impl Known {
    /// What of the next bytes is new, or why the file is not the one that was known.
    pub(super) fn pass(&mut self, mut bytes: Vec<u8>) -> Result<Vec<u8>, &'static str> {
        let known = self.proof.len().min(bytes.len());
        if self.proof.get(..known) != bytes.get(..known) {
            return Err(OTHER);
        }
        self.proof.drain(..known);
        let passed = self.skip.min(bytes.len() as u64) as usize;
        self.skip -= passed as u64;
        bytes.drain(..passed);
        Ok(bytes)
    }
}
