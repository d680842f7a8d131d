//! Cursors of the Runs API: durable positions, written as text.
//!
//! A cursor is a set of parts joined by `~`, each `kind:…`, with ids percent-encoded:
//! `r:VERSION.FOLDERS.OFFSET.PROOF` (the list), `e:ID:OFFSET.PROOF` (a run's row and steps), `l:ID:OFFSET.LINES.PROOF` (its log).
//! Offsets are bytes of the files on disk, PROOF is a hash of the file's beginning, so a cursor outlives the bridge, and a file that was
//! rotated or cut is noticed.

use std::collections::HashMap;
use std::fmt::Write;

use crate::source::{Position, RunsPosition};

/// A place in a run's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogPosition {
    pub(crate) end: Position,
    /// Rows before it.
    pub(crate) rows: u64,
}

/// What a cursor, or several together, say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) runs: Option<RunsPosition>,
    pub(crate) events: HashMap<String, Position>,
    pub(crate) logs: HashMap<String, LogPosition>,
    /// Something in it was not written here.
    pub(crate) garbage: bool,
}

impl Cursor {
    /// Takes in the parts of a cursor. Where two speak of the same, the earlier place counts: then nothing is missed.
    pub(crate) fn merge(&mut self, text: &str) {
        for part in text.split('~').filter(|part| !part.is_empty()) {
            if self.merge_part(part).is_none() {
                self.garbage = true;
            }
        }
    }

    fn merge_part(&mut self, part: &str) -> Option<()> {
        let (kind, rest) = part.split_once(':')?;
        if kind == "r" {
            let [version, folders, offset, proof] = numbers(rest)?;
            let lines = Position {
                offset,
                proof: u32::try_from(proof).ok()?,
            };
            let runs = RunsPosition {
                version,
                folders,
                lines,
            };
            self.runs = Some(self.runs.map_or(runs, |old| RunsPosition {
                version: old.version.min(version),
                folders: old.folders.min(folders),
                lines: if old.lines.offset <= offset {
                    old.lines
                } else {
                    lines
                },
            }));
            return Some(());
        }
        let (id, rest) = rest.split_once(':')?;
        let id = decode(id)?;
        match kind {
            "e" => {
                let [offset, proof] = numbers(rest)?;
                let position = Position {
                    offset,
                    proof: u32::try_from(proof).ok()?,
                };
                let slot = self.events.entry(id).or_insert(position);
                if offset < slot.offset {
                    *slot = position;
                }
            }
            "l" => {
                let [offset, rows, proof] = numbers(rest)?;
                let position = LogPosition {
                    end: Position {
                        offset,
                        proof: u32::try_from(proof).ok()?,
                    },
                    rows,
                };
                let slot = self.logs.entry(id).or_insert(position);
                if offset < slot.end.offset {
                    *slot = position;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

fn numbers<const N: usize>(text: &str) -> Option<[u64; N]> {
    let mut parts = text.split('.');
    let mut found = [0; N];
    for slot in &mut found {
        *slot = parts
            .next()
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Writes a cursor part by part.
#[derive(Default)]
pub(crate) struct Writer(String);

impl Writer {
    fn part(&mut self) -> &mut String {
        if !self.0.is_empty() {
            self.0.push('~');
        }
        &mut self.0
    }

    pub(crate) fn runs(&mut self, at: &RunsPosition) {
        // Writing into a String cannot fail.
        let _ = write!(
            self.part(),
            "r:{}.{}.{}.{}",
            at.version,
            at.folders,
            at.lines.offset,
            at.lines.proof
        );
    }

    pub(crate) fn events(&mut self, id: &str, at: &Position) {
        let _ = write!(self.part(), "e:{}:{}.{}", encode(id), at.offset, at.proof);
    }

    pub(crate) fn log(&mut self, id: &str, at: &LogPosition) {
        let _ = write!(
            self.part(),
            "l:{}:{}.{}.{}",
            encode(id),
            at.end.offset,
            at.rows,
            at.end.proof
        );
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Letters, digits, `.`, `_` and `-` stand for themselves, every other byte as `%XX`.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Resolves `%XX`; `None` when one is broken or the bytes are no UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let hex = std::str::from_utf8(rest.get(..2)?)
            .ok()
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        out.push(u8::from_str_radix(hex, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_the_earlier_of_two_counts() {
        let at = |offset| Position { offset, proof: 7 };
        let mut writer = Writer::default();
        writer.runs(&RunsPosition {
            version: 5,
            folders: 2,
            lines: at(9),
        });
        writer.events("a/b~:%\u{e9}", &at(40));
        writer.log(
            "x",
            &LogPosition {
                end: at(100),
                rows: 3,
            },
        );
        let text = writer.finish();
        assert_eq!(text, "r:5.2.9.7~e:a%2Fb%7E%3A%25%C3%A9:40.7~l:x:100.3.7");
        let mut cursor = Cursor::default();
        cursor.merge(&text);
        cursor.merge("l:x:90.2.7~e:a%2Fb%7E%3A%25%C3%A9:50.7");
        assert!(!cursor.garbage);
        assert_eq!(cursor.logs["x"].rows, 2);
        assert_eq!(cursor.events["a/b~:%\u{e9}"].offset, 40);
        assert_eq!(cursor.runs.map(|runs| runs.folders), Some(2));
    }

    #[test]
    fn garbage_is_noticed_and_harms_nothing() {
        for text in [
            "x",
            "r:",
            "r:1.2.3",
            "r:1.2.3.4.5",
            "r:-1.2.3.4",
            "e:1.2",
            "e:%G0:1.2",
            "l:x:1.2.99999999999",
            "r:1.2.3.99999999999999999999",
            "q:x:1",
        ] {
            let mut cursor = Cursor::default();
            cursor.merge(text);
            assert!(cursor.garbage, "{text}");
        }
    }
}
