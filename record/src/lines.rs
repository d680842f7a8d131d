//! Bytes as they are printed become rows of the log: split at newlines, with what follows the last newline kept until
//! its end comes, and lines that are too long cut so that nobody has to hold an endless one.

use std::io::BufRead;

/// The longest text of one row; a longer line is cut into rows that are marked as continued.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The line that a stream has begun and not yet ended.
#[derive(Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
}

/// What stands before the text of every row of one chunk.
pub(crate) struct Prefix {
    whole: Vec<u8>,
    cut: Vec<u8>,
}

impl Prefix {
    pub(crate) fn new(at: &str, step: &str, stream: &str) -> Self {
        Self {
            whole: format!("{at}\t{step}\t{stream}\t").into_bytes(),
            cut: format!("{at}\t{step}\t{stream}+\t").into_bytes(),
        }
    }
}

impl Lines {
    /// Takes the stream's next bytes and appends the rows that they complete to `rows`.
    pub(crate) fn push(&mut self, bytes: &[u8], prefix: &Prefix, rows: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (mut part, ended, after) = first_line(rest);
            rest = after;
            while self.pending.len() + part.len() > LONGEST {
                let (head, tail) = part.split_at(LONGEST - self.pending.len());
                self.row(&prefix.cut, head, rows);
                part = tail;
            }
            if ended {
                self.row(&prefix.whole, part, rows);
            } else {
                self.pending.extend_from_slice(part);
            }
        }
    }

    /// The stream has ended: its last line is a row also without a newline.
    pub(crate) fn flush(&mut self, prefix: &Prefix, rows: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            self.row(&prefix.whole, b"", rows);
        }
    }

    fn row(&mut self, prefix: &[u8], tail: &[u8], rows: &mut Vec<u8>) {
        rows.extend_from_slice(prefix);
        rows.extend_from_slice(&self.pending);
        rows.extend_from_slice(tail);
        rows.push(b'\n');
        self.pending.clear();
    }
}

/// The bytes up to the first newline, whether there is one, and what follows it.
pub(crate) fn first_line(bytes: &[u8]) -> (&[u8], bool, &[u8]) {
    // `skip_until` searches with the platform's memchr, which no other safe call of std does; a slice never fails to be read.
    let mut reader = bytes;
    let length = reader.skip_until(b'\n').unwrap_or(bytes.len());
    let (line, after) = bytes.split_at(length.min(bytes.len()));
    match line.strip_suffix(b"\n") {
        Some(text) => (text, true, after),
        None => (line, false, after),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn rows_of(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut lines, mut rows) = (Lines::default(), Vec::new());
        let prefix = Prefix::new("T", "s", "out");
        for chunk in chunks {
            lines.push(chunk, &prefix, &mut rows);
        }
        lines.flush(&prefix, &mut rows);
        rows
    }

    /// The printed bytes again, each line ended, from rows.
    fn rejoin(rows: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for row in rows.split_inclusive(|byte| *byte == b'\n') {
            if let Some(cut) = row.strip_prefix(b"T\ts\tout+\t") {
                text.extend_from_slice(cut.strip_suffix(b"\n").unwrap());
            } else {
                text.extend_from_slice(row.strip_prefix(b"T\ts\tout\t").unwrap());
            }
        }
        text
    }

    #[test]
    fn every_split_gives_the_same_rows() {
        let text = b"one\n\n\ttwo\r\n\xff\x00\nlast";
        let whole = rows_of(&[text]);
        assert_eq!(
            whole,
            b"T\ts\tout\tone\nT\ts\tout\t\nT\ts\tout\t\ttwo\r\nT\ts\tout\t\xff\x00\nT\ts\tout\tlast\n"
        );
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let parts = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(rows_of(&parts), whole);
            }
        }
    }

    #[test]
    fn long_lines_are_cut_and_rejoin_exactly() {
        for length in [
            LONGEST - 1,
            LONGEST,
            LONGEST + 1,
            2 * LONGEST,
            2 * LONGEST + 1,
            1_000_000,
        ] {
            let mut text: Vec<u8> = (0..length).map(|at| (at % 251) as u8 | 16).collect();
            text.push(b'\n');
            for chunk in [1000, LONGEST, text.len()] {
                let chunks: Vec<&[u8]> = text.chunks(chunk).collect();
                let rows = rows_of(&chunks);
                assert_eq!(rejoin(&rows), text);
                let count = rows.iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(count, length.div_ceil(LONGEST));
            }
        }
    }
}
