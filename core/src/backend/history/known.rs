//! [`Known`]: how an answer that goes on where an earlier one ended, or begins anew, is held against what was read.

use super::file::OTHER;

/// What of an answer's beginning is known already: so many bytes, and how they begin.
#[derive(Default)]
pub(super) struct Known {
    pub(super) skip: u64,
    pub(super) proof: Vec<u8>,
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
