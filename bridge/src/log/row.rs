//! Rows of `log.tsv`: finding them in a file, and reading one.

use std::borrow::Cow;
use std::fs::File;
use std::io;

use runboard_core::backend::runs_api::wire::LogLine;
use runboard_core::model::time::parse_written;
use runboard_core::model::{Level, LogStream};

use crate::source::read_at;

/// More of one row than this is not sent: the recorder cuts at 64 KiB, but any script may write the file.
const MAX_ROW: usize = 256 * 1024;
const CHUNK: usize = 256 * 1024;

/// Reads whole rows one after the other, between two places of a file.
pub(crate) struct Rows<'a> {
    file: &'a File,
    /// Behind the bytes that are in the buffer.
    read: u64,
    end: u64,
    buffer: Vec<u8>,
    at: usize,
}

/// One row, without its newline.
pub(crate) struct Row<'a> {
    pub(crate) bytes: &'a [u8],
    /// With its newline and what was left out.
    pub(crate) len: u64,
    /// Bytes that were left out because the row is too long.
    pub(crate) cut: u64,
}

impl<'a> Rows<'a> {
    /// `from` is the beginning of a row, `end` the place behind the last whole one.
    pub(crate) fn new(file: &'a File, from: u64, end: u64) -> Rows<'a> {
        Rows {
            file,
            read: from,
            end,
            buffer: Vec::new(),
            at: 0,
        }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let (mut cut, mut seen) = (0, 0);
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', rest.get(seen..).unwrap_or_default()) {
                let from = self.at;
                let end = from + seen + found;
                self.at = end + 1;
                let mut bytes = self.buffer.get(from..end).unwrap_or_default();
                let len = bytes.len() as u64 + cut + 1;
                if bytes.len() > MAX_ROW {
                    cut += (bytes.len() - MAX_ROW) as u64;
                    bytes = bytes.get(..MAX_ROW).unwrap_or_default();
                }
                return Ok(Some(Row { bytes, len, cut }));
            }
            seen = rest.len();
            // What lies behind the row's beginning is all that is kept, and not more of it than will be sent.
            self.buffer.drain(..self.at);
            self.at = 0;
            if self.buffer.len() > MAX_ROW {
                cut += (self.buffer.len() - MAX_ROW) as u64;
                self.buffer.truncate(MAX_ROW);
                seen = MAX_ROW;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn fill(&mut self) -> io::Result<bool> {
        let want = self.end.saturating_sub(self.read).min(CHUNK as u64) as usize;
        let old = self.buffer.len();
        self.buffer.resize(old + want, 0);
        let got = read_at(
            self.file,
            self.buffer.get_mut(old..).unwrap_or_default(),
            self.read,
        )?;
        self.buffer.truncate(old + got);
        self.read += got as u64;
        Ok(got > 0)
    }
}

/// The parts of a row, borrowed.
pub(crate) struct Parts<'a> {
    pub(crate) at: &'a str,
    pub(crate) step: Cow<'a, str>,
    pub(crate) stream: LogStream,
    /// What the writer said; [`Level::Unset`] where only the text can tell.
    pub(crate) level: Level,
    pub(crate) text: Cow<'a, str>,
}

/// Reads `time TAB step TAB stream TAB text`, where a level may stand behind the stream (`out:error`); a row of any other form is text alone.
pub(crate) fn parts<'a>(row: &Row<'a>) -> Parts<'a> {
    let mut parts = fields(row.bytes).unwrap_or_else(|| Parts {
        at: "",
        step: Cow::Borrowed(""),
        stream: LogStream::Unknown,
        level: Level::Unset,
        text: String::from_utf8_lossy(row.bytes),
    });
    if row.cut > 0 {
        parts.text.to_mut().push_str(&format!(
            " … [{} more bytes of this line are in the whole log]",
            row.cut
        ));
    }
    parts
}

fn fields(bytes: &[u8]) -> Option<Parts<'_>> {
    let mut fields = bytes.splitn(4, |byte| *byte == b'\t');
    let (at, step, stream, text) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let at = std::str::from_utf8(at)
        .ok()
        .filter(|at| parse_written(at).is_some())?;
    let word = std::str::from_utf8(stream).ok()?;
    let word = word.strip_suffix('+').unwrap_or(word);
    let (word, level) = match word.split_once(':') {
        Some((word, level)) => (word, Level::from_word(level)?),
        None => (word, Level::Unset),
    };
    let stream = match word {
        "out" => LogStream::Out,
        "err" => LogStream::Err,
        "sys" => LogStream::System,
        _ => return None,
    };
    Some(Parts {
        at,
        step: String::from_utf8_lossy(step),
        stream,
        level,
        text: String::from_utf8_lossy(text),
    })
}

impl<'a> Parts<'a> {
    /// What the writer said, else what the text says.
    pub(crate) fn level(&self) -> Level {
        match self.level {
            Level::Unset => Level::of_text(&self.text),
            level => level,
        }
    }

    /// As it is sent. `number`: when the lines of the answer are not consecutive.
    pub(crate) fn wire(self, number: Option<u64>) -> LogLine<'a> {
        // The usual form goes out as it is; anything else that is a time is brought into it.
        let usual = self.at.len() >= 20
            && self.at.ends_with('Z')
            && self.at.as_bytes().get(10) == Some(&b'T');
        let at = match parse_written(self.at) {
            Some(time) if !usual => Cow::Owned(time.at.to_string()),
            _ => Cow::Borrowed(self.at),
        };
        LogLine {
            n: number,
            at,
            step: self.step,
            stream: Cow::Borrowed(self.stream.word()),
            level: Cow::Borrowed(self.level.word()),
            text: self.text,
        }
    }
}
