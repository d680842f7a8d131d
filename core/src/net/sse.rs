//! [`SseParser`]: server-sent events out of bytes, however the bytes are cut (WHATWG HTML 9.2.5 and 9.2.6).
//!
//! Line ends are found by vector search, and an event that lies whole in one chunk is handed on without a copy: a million log lines
//! pass here. An event above the cap is left out and said so; the stream goes on behind it.

use std::borrow::Cow;

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Room in a line for what is not data: the name of the field, an id of a common length.
const NAME: usize = 32;

/// What the stream holds, in its order.
#[derive(Debug, PartialEq, Eq)]
pub enum SseItem<'a> {
    Event {
        /// `message` when the stream names none.
        event: &'a str,
        /// Its data lines, joined by LF; invalid UTF-8 is replaced.
        data: &'a str,
        /// The id of this event or of the last one before it that had one; empty when there was none.
        last_event_id: &'a str,
    },
    /// A sign of life.
    Comment,
    /// An event that was left out because it is larger than the cap; `bytes` counts its lines without their ends. Its id is taken all the
    /// same, else a reconnect would ask for it for ever.
    Oversized { bytes: usize },
}

/// An incremental parser of one stream. After [`SseParser::finish`] it may read the next connection: the id and the delay stay.
#[derive(Debug)]
pub struct SseParser {
    cap: usize,
    /// Bytes of the byte order mark seen at the very start; 3: past the start.
    start: usize,
    after_cr: bool,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Bytes of that line that were not kept, because it is too long.
    cut: usize,
    event: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    oversized: bool,
    /// Bytes of all lines of the event at hand.
    bytes: usize,
    next_id: Option<String>,
    id: String,
    retry_ms: Option<u64>,
}

impl SseParser {
    /// `max_event_bytes` bounds the data of one event; a line may be a little longer, for its name.
    pub fn new(max_event_bytes: usize) -> SseParser {
        SseParser {
            cap: max_event_bytes,
            start: 0,
            after_cr: false,
            line: Vec::new(),
            cut: 0,
            event: Vec::new(),
            data: Vec::new(),
            has_data: false,
            oversized: false,
            bytes: 0,
            next_id: None,
            id: String::new(),
            retry_ms: None,
        }
    }

    /// The id to send as `Last-Event-ID`: that of the last event that was ended by its blank line.
    pub fn last_event_id(&self) -> &str {
        &self.id
    }

    /// The delay that the server asked for before a reconnect, in milliseconds; 0 is legal, so the caller keeps a floor.
    pub fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// The connection ended: what was not ended by a blank line is forgotten, as the standard says. True when there was such a thing.
    pub fn finish(&mut self) -> bool {
        let torn = self.has_data
            || self.oversized
            || !self.line.is_empty()
            || self.cut > 0
            || self.next_id.is_some();
        self.start = 0;
        self.after_cr = false;
        self.line.clear();
        self.cut = 0;
        self.next_id = None;
        self.reset_event();
        torn
    }

    /// Takes the next bytes in and hands on every item that they complete.
    pub fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(SseItem<'_>)) {
        let mut rest = self.skip_start(bytes);
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        // The one data line of an event mostly stands whole in the chunk: it is borrowed until the event or the chunk ends.
        let mut borrowed: Option<&[u8]> = None;
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, tail) = rest.split_at(at);
            rest = match tail {
                [b'\r', b'\n', tail @ ..] => tail,
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [_, tail @ ..] => tail,
                [] => &[],
            };
            if self.line.is_empty() && self.cut == 0 {
                self.take_line(line, &mut borrowed, sink);
            } else {
                self.buffer(line);
                self.take_buffered(&mut borrowed, sink);
            }
        }
        if let Some(line) = borrowed {
            self.data.extend_from_slice(line);
        }
        self.buffer(rest);
    }

    /// Leaves out one byte order mark at the very start.
    fn skip_start<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        while let (Some(expected), Some((byte, tail))) = (BOM.get(self.start), rest.split_first()) {
            if byte == expected {
                self.start += 1;
                rest = tail;
            } else {
                let held = BOM.get(..self.start).unwrap_or_default();
                self.line.extend_from_slice(held);
                self.start = BOM.len();
            }
        }
        rest
    }

    fn line_cap(&self) -> usize {
        self.cap.saturating_add(NAME)
    }

    fn buffer(&mut self, part: &[u8]) {
        // One byte above the limit is kept, so that the line shows itself as too long.
        let room = (self.line_cap() + 1).saturating_sub(self.line.len());
        let kept = part.get(..room).unwrap_or(part);
        self.line.extend_from_slice(kept);
        self.cut += part.len() - kept.len();
    }

    fn take_buffered(&mut self, borrowed: &mut Option<&[u8]>, sink: &mut impl FnMut(SseItem<'_>)) {
        let line = std::mem::take(&mut self.line);
        let cut = std::mem::take(&mut self.cut);
        if !line.starts_with(b":") {
            self.bytes += cut;
        }
        // The line is about to go: what is borrowed from it must not outlive it.
        let mut own: Option<&[u8]> = None;
        if let Some(earlier) = borrowed.take() {
            self.data.extend_from_slice(earlier);
        }
        self.take_line(&line, &mut own, sink);
        if let Some(value) = own {
            self.data.extend_from_slice(value);
        }
        self.line = line;
        self.line.clear();
    }

    fn take_line<'a>(
        &mut self,
        line: &'a [u8],
        borrowed: &mut Option<&'a [u8]>,
        sink: &mut impl FnMut(SseItem<'_>),
    ) {
        if line.is_empty() {
            self.dispatch(borrowed.take(), sink);
            return;
        }
        if line.starts_with(b":") {
            sink(SseItem::Comment);
            return;
        }
        self.bytes += line.len();
        // The names of fields are short: the colon is looked for by hand.
        let colon = line.iter().take(7).position(|byte| *byte == b':');
        let (name, value) = match colon {
            Some(at) => (
                line.get(..at).unwrap_or_default(),
                line.get(at + 1..).unwrap_or_default(),
            ),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let too_long = line.len() > self.line_cap();
        match name {
            b"data" => self.take_data(value, too_long, borrowed),
            b"event" | b"id" if too_long => self.drop_event(borrowed),
            b"event" => {
                self.event.clear();
                self.event.extend_from_slice(value);
            }
            b"id" if !value.contains(&0) => {
                self.next_id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" if !too_long && !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let delay = std::str::from_utf8(value)
                    .ok()
                    .and_then(|digits| digits.parse().ok());
                self.retry_ms = delay.or(self.retry_ms);
            }
            _ => {}
        }
    }

    fn take_data<'a>(&mut self, value: &'a [u8], too_long: bool, borrowed: &mut Option<&'a [u8]>) {
        let held = self.data.len() + borrowed.map_or(0, <[u8]>::len);
        if self.oversized || too_long || held + value.len() + usize::from(self.has_data) > self.cap
        {
            self.drop_event(borrowed);
            return;
        }
        if !self.has_data {
            self.has_data = true;
            *borrowed = Some(value);
            return;
        }
        if let Some(first) = borrowed.take() {
            self.data.extend_from_slice(first);
        }
        self.data.push(b'\n');
        self.data.extend_from_slice(value);
    }

    fn drop_event(&mut self, borrowed: &mut Option<&[u8]>) {
        *borrowed = None;
        self.oversized = true;
        self.has_data = false;
        self.data = Vec::new();
    }

    /// A blank line: the event at hand is complete.
    fn dispatch(&mut self, borrowed: Option<&[u8]>, sink: &mut impl FnMut(SseItem<'_>)) {
        if let Some(id) = self.next_id.take() {
            self.id = id;
        }
        if self.oversized {
            sink(SseItem::Oversized { bytes: self.bytes });
        } else if self.has_data {
            let data = text(borrowed.unwrap_or(&self.data));
            let event = text(&self.event);
            let event = if event.is_empty() { "message" } else { &event };
            sink(SseItem::Event {
                event,
                data: &data,
                last_event_id: &self.id,
            });
        }
        self.reset_event();
    }

    fn reset_event(&mut self) {
        self.event.clear();
        self.data.clear();
        self.has_data = false;
        self.oversized = false;
        self.bytes = 0;
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
