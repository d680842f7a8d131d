//! [`LineSplitter`]: lines out of bytes, however the bytes are cut. A line ends at LF, and one CR before it is left out.

/// What the bytes hold, in their order.
#[derive(Debug, PartialEq, Eq)]
pub enum LineItem<'a> {
    /// `offset` is where the line begins in the stream, in bytes.
    Line { offset: u64, bytes: &'a [u8] },
    /// A line longer than the cap, `bytes` long without its end: only its `head` (as long as the cap) was kept.
    Oversized {
        offset: u64,
        bytes: u64,
        head: &'a [u8],
    },
}

/// An incremental splitter of one stream.
#[derive(Debug)]
pub struct LineSplitter {
    cap: usize,
    held: Vec<u8>,
    /// Bytes of the line at hand that were not kept.
    cut: u64,
    /// Where the line at hand begins.
    offset: u64,
    /// The last byte of the line at hand so far is CR.
    ends_in_cr: bool,
}

impl LineSplitter {
    pub fn new(max_line_bytes: usize) -> LineSplitter {
        LineSplitter::at(0, max_line_bytes)
    }

    /// For a stream whose first byte stands at `offset` of a larger one.
    pub fn at(offset: u64, max_line_bytes: usize) -> LineSplitter {
        LineSplitter {
            cap: max_line_bytes,
            held: Vec::new(),
            cut: 0,
            offset,
            ends_in_cr: false,
        }
    }

    /// Where the line at hand begins: all lines before were handed on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes in and hands on every line that they complete.
    pub fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(LineItem<'_>)) {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, tail) = rest.split_at(at);
            rest = tail.split_first().map_or(&[][..], |(_, tail)| tail);
            if self.held.is_empty() && self.cut == 0 {
                let whole = line.strip_suffix(b"\r").unwrap_or(line);
                self.hand_on(whole, whole.len() as u64, sink);
                self.offset += line.len() as u64 + 1;
            } else {
                self.hold(line);
                let raw = self.held.len() as u64 + self.cut;
                self.hand_on_held(sink);
                self.offset += raw + 1;
            }
        }
        self.hold(rest);
    }

    /// The stream ended: hands on the torn rest, if any, as it stands.
    pub fn finish(&mut self, sink: &mut impl FnMut(LineItem<'_>)) {
        let raw = self.held.len() as u64 + self.cut;
        if raw > 0 {
            self.hand_on_held(sink);
            self.offset += raw;
        }
    }

    fn hold(&mut self, part: &[u8]) {
        if let Some(last) = part.last() {
            self.ends_in_cr = *last == b'\r';
        }
        // One byte above the cap is kept for a CR that may turn out to belong to the line's end.
        let room = (self.cap + 1).saturating_sub(self.held.len());
        let kept = part.get(..room).unwrap_or(part);
        self.held.extend_from_slice(kept);
        self.cut += (part.len() - kept.len()) as u64;
    }

    fn hand_on_held(&mut self, sink: &mut impl FnMut(LineItem<'_>)) {
        let held = std::mem::take(&mut self.held);
        let bytes = held.len() as u64 + self.cut - u64::from(self.ends_in_cr);
        let line = if self.cut == 0 {
            held.strip_suffix(b"\r").unwrap_or(&held)
        } else {
            &held
        };
        self.hand_on(line, bytes, sink);
        self.held = held;
        self.held.clear();
        self.cut = 0;
        self.ends_in_cr = false;
    }

    fn hand_on(&self, line: &[u8], bytes: u64, sink: &mut impl FnMut(LineItem<'_>)) {
        let offset = self.offset;
        match line.get(..self.cap) {
            Some(head) if bytes > self.cap as u64 => sink(LineItem::Oversized {
                offset,
                bytes,
                head,
            }),
            _ => sink(LineItem::Line {
                offset,
                bytes: line,
            }),
        }
    }
}
