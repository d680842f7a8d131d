//! Lines that are no longer shown: those that a later line of the same run replaces, and those that were removed.

use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};

use super::Lines;
use crate::source::file::{Position, Stamp};

impl Lines {
    /// Blanks the lines of a run out, in place: others may append at any time, and a blank line is none to every reader.
    /// `true`: there were some.
    ///
    /// # Errors
    /// The file cannot be written, or is no longer the one that was read.
    pub(crate) fn remove(&mut self, id: &str) -> io::Result<bool> {
        let own = |number: &u32| self.row(*number).is_some_and(|row| self.id(row) == id);
        let rows: Vec<u32> = (0..self.rows.len() as u32).filter(own).collect();
        if rows.is_empty() {
            return Ok(false);
        }
        // A link is not followed, as when reading.
        if Stamp::of(&self.path).is_none() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "runs.jsonl is no file",
            ));
        }
        let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        if !self.position.holds(&file) {
            return Err(io::Error::other(
                "runs.jsonl was rewritten meanwhile: try again",
            ));
        }
        for number in &rows {
            let Some(row) = self.rows.get(*number as usize).copied() else {
                continue;
            };
            let len = self
                .bytes(&row)
                .map_or(0, |bytes| bytes.strip_suffix(b"\n").unwrap_or(&bytes).len());
            file.seek(SeekFrom::Start(row.offset))?;
            file.write_all(&vec![b' '; len])?;
            self.hide(*number);
        }
        // The beginning of the file may have been among it, which proves positions.
        self.position = Position::of(&file, self.position.offset)?;
        self.stamp = Stamp::of(&self.path).filter(|stamp| stamp.len == self.read);
        Ok(true)
    }

    /// The row is not shown any more, by itself or by its id.
    pub(super) fn hide(&mut self, number: u32) {
        if self.hidden.insert(number) {
            self.order.retain(|other| *other != number);
        }
    }
}
