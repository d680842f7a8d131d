//! [`Reader`]: bytes of a run history, in pieces of any size, into lines with their places.
//!
//! Lines end at LF only: U+2028, U+2029 and NEL inside a text are text.

use super::decode::{self, Line};
use super::free_json;
use super::report::{Fault, Warning};

/// A line longer than this is reported and skipped: memory stays bounded whatever the file holds. With its newline its length fits 24 bits, in which
/// it is kept.
pub const MAX_LINE: usize = (1 << 24) - 2;

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
                self.whole(&held, 1, take);
                // The buffer is kept for the next line that comes in pieces.
                self.pending = held;
                self.pending.clear();
            } else {
                self.whole(head, 1, take);
            }
        }
        self.hold(bytes);
    }

    /// What stands behind the last newline when there is nothing more to read for now. A record counts as a line; anything else stays where
    /// it is, as it may become one.
    pub fn rest(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        if !self.has_pending() {
            return items;
        }
        let mut held = std::mem::take(&mut self.pending);
        let before = self.clone();
        self.whole(&held, 0, &mut |item| items.push(item));
        if let Some(last) = items.last_mut()
            && !matches!(last.content, Line::Record { .. })
        {
            held.drain(..((last.offset - before.offset) as usize).min(held.len()));
            *self = Reader {
                pending: held,
                offset: last.offset,
                ..before
            };
            if matches!(last.content, Line::Fault(Fault::BadJson)) {
                last.content = Line::Fault(Fault::TruncatedLastLine);
            }
        }
        items
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.dropped > 0 || self.pending.len() + bytes.len() > MAX_LINE {
            self.dropped += (self.pending.len() + bytes.len()) as u64;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn whole(&mut self, mut bytes: &[u8], newline: u64, take: &mut dyn FnMut(Item)) {
        let mut content = if self.dropped > 0 || bytes.len() > MAX_LINE {
            Line::Fault(Fault::LineTooLong)
        } else {
            decode::line(bytes, self.offset == 0)
        };
        let may_be_several = match &content {
            Line::Record { warnings, .. } => warnings.contains(&Warning::SalvagedAfterTornWrite),
            Line::Fault(fault) => *fault == Fault::BadJson,
            Line::Blank => false,
        };
        if may_be_several {
            let (mut from, mut failed, mut is_behind) = (1, 0, false);
            // Only a bounded number of places is tried in vain, so that a hostile line costs no more than a few readings of itself.
            while failed < 8
                && let Some(at) = free_json::next_record(bytes, from)
            {
                let (head, behind) = bytes.split_at(at);
                let mut first = decode::line(head, self.offset == 0);
                if share(&mut first) {
                    self.give(first, at as u64, 0, take);
                    (bytes, from) = (behind, 1);
                    is_behind = true;
                } else {
                    (from, failed) = (at + 1, failed + 1);
                }
            }
            if is_behind {
                content = decode::line(bytes, false);
                // The last one is what the format's rule takes of such a line.
                if let Line::Record { warnings, .. } = &mut content
                    && !warnings.contains(&Warning::SalvagedAfterTornWrite)
                {
                    warnings.push(Warning::SalvagedAfterTornWrite);
                }
            }
        }
        let len = bytes.len() as u64 + self.dropped + newline;
        self.give(content, len, newline, take);
        self.dropped = 0;
    }

    fn give(&mut self, content: Line, len: u64, newline: u64, take: &mut dyn FnMut(Item)) {
        take(Item {
            line: self.line,
            offset: self.offset,
            len,
            content,
        });
        self.offset += len;
        self.line += newline;
    }
}

/// Marks a record as one that stands in front of another one in its line; false, when it is none.
fn share(content: &mut Line) -> bool {
    match content {
        Line::Record { warnings, .. } => {
            warnings.push(Warning::SharedLine);
            true
        }
        _ => false,
    }
}
