//! The two append-only files of a run, and what becomes of bytes that cannot be written.
//!
//! Every batch is one `write` of whole rows to a file opened for appending, so several processes can write the same run
//! and a reader never meets half a row of a healthy writer. Log rows that cannot be written are counted and gone: keeping
//! them would need the memory that the disk does not have. Events are few and say what became of the run, so they are kept
//! and tried again.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What could not be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Rows that were not written whole.
    pub(crate) lines: u64,
    /// Bytes of their text that were not written.
    pub(crate) bytes: u64,
    /// Why, in the words of the last failure.
    pub(crate) reason: String,
}

impl Loss {
    fn add(&mut self, lines: u64, bytes: u64, error: &io::Error) {
        self.lines += lines;
        self.bytes += bytes;
        self.reason = words(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// `12 lines (840 bytes) could not be recorded: No space left on device`.
    pub(crate) fn sentence(&self) -> String {
        let (s, es) = (plural(self.lines), plural(self.bytes));
        format!(
            "{} line{s} ({} byte{es}) could not be recorded: {}",
            self.lines, self.bytes, self.reason
        )
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// An error in words, without the number that std appends: `No space left on device`.
#[must_use]
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Opens a live file for appending. True when it ends in a torn line, which a writer that died has left.
pub(crate) fn open_append(path: &Path) -> io::Result<(File, bool)> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok((file, last != [b'\n']))
}

/// Writes all of `bytes`, telling how many were written when it fails.
fn write_all(out: &mut dyn Write, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((written, error)),
        }
    }
    Ok(())
}

/// `log.tsv`.
pub(crate) struct Log {
    out: Box<dyn Write + Send>,
    torn: bool,
    unsaid: Loss,
    total: Loss,
}

impl Log {
    pub(crate) fn new(out: Box<dyn Write + Send>, torn: bool) -> Self {
        Self {
            out,
            torn,
            unsaid: Loss::default(),
            total: Loss::default(),
        }
    }

    /// Appends whole rows. When rows were lost before and this write has room again, the log first says so in a row that
    /// begins with `prefix`, and the loss is returned for the events to say it too.
    pub(crate) fn append(&mut self, prefix: impl FnOnce() -> String, rows: &[u8]) -> Option<Loss> {
        let mut said = None;
        if self.torn || !self.unsaid.is_empty() {
            match self.mend(prefix) {
                Ok(loss) => said = loss,
                Err(error) => {
                    self.lose(rows, 0, &error);
                    return None;
                }
            }
        }
        if let Err((written, error)) = write_all(&mut *self.out, rows) {
            self.torn = written > 0 && rows.get(written - 1) != Some(&b'\n');
            self.lose(rows, written, &error);
        }
        said
    }

    /// Ends a torn row and says what was lost.
    fn mend(&mut self, prefix: impl FnOnce() -> String) -> io::Result<Option<Loss>> {
        let mut text = String::from(if self.torn { "\n" } else { "" });
        if !self.unsaid.is_empty() {
            text = format!("{text}{}{}\n", prefix(), self.unsaid.sentence());
        }
        match write_all(&mut *self.out, text.as_bytes()) {
            Ok(()) => {
                self.torn = false;
                let said = std::mem::take(&mut self.unsaid);
                Ok(Some(said).filter(|loss| !loss.is_empty()))
            }
            Err((written, error)) => {
                let done = text.as_bytes().get(..written).unwrap_or_default();
                self.torn = done.last().map_or(self.torn, |last| *last != b'\n');
                Err(error)
            }
        }
    }

    fn lose(&mut self, rows: &[u8], written: usize, error: &io::Error) {
        let (lines, bytes) = unwritten(rows, written);
        self.unsaid.add(lines, bytes, error);
        self.total.add(lines, bytes, error);
    }

    /// What the file has not been told yet; taking it makes it told.
    pub(crate) fn take_unsaid(&mut self) -> Option<Loss> {
        Some(std::mem::take(&mut self.unsaid)).filter(|loss| !loss.is_empty())
    }

    /// All that was lost.
    pub(crate) fn total(&self) -> &Loss {
        &self.total
    }
}

/// How many rows of a batch were not written whole, and how many bytes of their text.
fn unwritten(rows: &[u8], written: usize) -> (u64, u64) {
    let (mut lines, mut bytes, mut start) = (0, 0, 0);
    for row in rows.split_inclusive(|byte| *byte == b'\n') {
        let end = start + row.len();
        // A row that lacks its newline only is not lost: the next write ends it.
        if end - 1 > written {
            let tabs = row.iter().enumerate().filter(|(_, byte)| **byte == b'\t');
            let text = start + tabs.map(|(at, _)| at + 1).nth(2).unwrap_or(0);
            lines += 1;
            bytes += (end - 1).saturating_sub(text.max(written)) as u64;
        }
        start = end;
    }
    (lines, bytes)
}

/// `events.jsonl`.
pub(crate) struct Events {
    out: Box<dyn Write + Send>,
    torn: bool,
    /// Lines that are still to be written, each with its newline.
    backlog: Vec<u8>,
    reason: String,
}

/// How many bytes of events are kept for a disk that has no room; a run has a few dozen events of about 100 bytes.
const BACKLOG: usize = 1024 * 1024;

impl Events {
    pub(crate) fn new(out: Box<dyn Write + Send>, torn: bool) -> Self {
        Self {
            out,
            torn,
            backlog: Vec::new(),
            reason: String::new(),
        }
    }

    /// Appends one line, after those that could not be written before.
    pub(crate) fn append(&mut self, line: &str) {
        if self.backlog.len() + line.len() < BACKLOG {
            self.backlog.extend_from_slice(line.as_bytes());
            self.backlog.push(b'\n');
        }
        self.retry();
    }

    /// Tries what is still to be written.
    pub(crate) fn retry(&mut self) {
        if self.backlog.is_empty() {
            return;
        }
        if self.torn {
            match write_all(&mut *self.out, b"\n") {
                Ok(()) => self.torn = false,
                Err((_, error)) => {
                    self.reason = words(&error);
                    return;
                }
            }
        }
        match write_all(&mut *self.out, &self.backlog) {
            Ok(()) => self.backlog.clear(),
            Err((written, error)) => {
                self.reason = words(&error);
                let done = self.backlog.get(..written).unwrap_or_default();
                let mut whole = done
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
                self.torn = whole < written;
                if self.torn && self.backlog.get(written) == Some(&b'\n') {
                    // Only its newline is missing, which is what the next write begins with.
                    whole = written + 1;
                }
                self.backlog.drain(..whole);
            }
        }
    }

    /// Why events are still unwritten, when some are.
    pub(crate) fn trouble(&self) -> Option<&str> {
        (!self.backlog.is_empty()).then_some(&self.reason)
    }
}

#[cfg(test)]
mod tests;
