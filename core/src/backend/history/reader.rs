//! [`Reader`]: bytes of a run history, in pieces of any size, into lines with their places.
//!
//! Lines end at LF only: U+2028, U+2029 and NEL inside a text are text.

use super::decode::{self, Line};
use super::report::Fault;

/// A line longer than this is reported and skipped: memory stays bounded whatever the file holds.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// A line and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// 1-based.
    pub line: u64,
    /// Of its first byte in the file.
    pub offset: u64,
    /// In bytes, with its newline.
    pub len: u64,
    pub content: Line,
}

/// Cuts a file into lines while it is read.
#[derive(Clone, Debug)]
pub struct Reader {
    line: u64,
    /// Of the first byte of the pending line.
    offset: u64,
    pending: Vec<u8>,
    /// Bytes of the pending line that were given up because it is too long.
    dropped: u64,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    pub fn new() -> Reader {
        Reader {
            line: 1,
            offset: 0,
            pending: Vec::new(),
            dropped: 0,
        }
    }

    /// The offset up to which all lines were whole: where a follower reads on.
    pub fn settled(&self) -> u64 {
        self.offset
    }

    /// The number of the line that begins at [`Reader::settled`].
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether bytes of an unfinished line are held.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty() || self.dropped > 0
    }

    /// Takes the next bytes of the file and hands every whole line to `take`.
    pub fn push(&mut self, mut bytes: &[u8], take: &mut dyn FnMut(Item)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end);
            bytes = tail.get(1..).unwrap_or_default();
            if self.has_pending() {
                self.hold(head);
                let held = std::mem::take(&mut self.pending);
                take(self.whole(&held, 1));
                // The buffer is kept for the next line that comes in pieces.
                self.pending = held;
                self.pending.clear();
            } else {
                take(self.whole(head, 1));
            }
        }
        self.hold(bytes);
    }

    /// What stands behind the last newline when there is nothing more to read for now. A record counts as a line; anything else stays where
    /// it is, as it may become one.
    pub fn rest(&mut self) -> Option<Item> {
        if !self.has_pending() {
            return None;
        }
        let held = std::mem::take(&mut self.pending);
        let before = self.clone();
        let mut item = self.whole(&held, 0);
        if !matches!(item.content, Line::Record { .. }) {
            *self = Reader {
                pending: held,
                ..before
            };
        }
        if matches!(item.content, Line::Fault(Fault::BadJson)) {
            item.content = Line::Fault(Fault::TruncatedLastLine);
        }
        Some(item)
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.dropped > 0 || self.pending.len() + bytes.len() > MAX_LINE {
            self.dropped += (self.pending.len() + bytes.len()) as u64;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn whole(&mut self, bytes: &[u8], newline: u64) -> Item {
        let too_long = self.dropped > 0 || bytes.len() > MAX_LINE;
        let content = if too_long {
            Line::Fault(Fault::LineTooLong)
        } else {
            decode::line(bytes, self.offset == 0)
        };
        let len = bytes.len() as u64 + self.dropped + newline;
        let item = Item {
            line: self.line,
            offset: self.offset,
            len,
            content,
        };
        self.offset += len;
        self.line += newline;
        self.dropped = 0;
        item
    }
}
