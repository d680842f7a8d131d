//! Questions about a log: which rows, in which range, from which end.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use runboard_core::model::{Level, LogStream};

use super::index::LogIndex;
use super::row::{Parts, Row, Rows, parts};

/// An answer holds at most this many bytes of JSON lines.
const MAX_BYTES: usize = 4_000_000;
/// Rows that a backward search reads at a time.
const BLOCK: u64 = 4096;

/// Which rows; empty lists ask for nothing.
#[derive(Debug, Default)]
pub(crate) struct RowFilter {
    pub(crate) step: Vec<String>,
    pub(crate) stream: Vec<LogStream>,
    pub(crate) level: Vec<Level>,
}

impl RowFilter {
    pub(crate) fn is_empty(&self) -> bool {
        self.step.is_empty() && self.stream.is_empty() && self.level.is_empty()
    }

    fn matches(&self, row: &Parts<'_>) -> bool {
        (self.step.is_empty() || self.step.iter().any(|step| *step == row.step))
            && (self.stream.is_empty() || self.stream.contains(&row.stream))
            && (self.level.is_empty() || self.level.contains(&row.level()))
    }
}

/// A range of rows, from one of its ends.
#[derive(Debug, Default)]
pub(crate) struct LogRange {
    /// Only rows with a higher number.
    pub(crate) after: u64,
    /// Only rows with a lower number.
    pub(crate) before: Option<u64>,
    /// The last of them, not the first.
    pub(crate) from_end: bool,
    pub(crate) limit: usize,
    pub(crate) filter: RowFilter,
}

/// The lines of an answer, each as its JSON.
pub(crate) struct LogAnswer {
    pub(crate) first: u64,
    pub(crate) lines: VecDeque<Vec<u8>>,
}

/// A bounded run of encoded lines that gives up at one end.
struct Collector {
    lines: VecDeque<(u64, Vec<u8>)>,
    bytes: usize,
    limit: usize,
}

impl Collector {
    fn new(limit: usize) -> Collector {
        Collector {
            lines: VecDeque::new(),
            bytes: 0,
            limit,
        }
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= self.limit || self.bytes >= MAX_BYTES
    }

    fn push(&mut self, number: u64, line: Vec<u8>) {
        self.bytes += line.len() + 1;
        self.lines.push_back((number, line));
    }

    /// Keeps the last rows within the bounds, one at least.
    fn drop_first(&mut self) {
        while self.lines.len() > self.limit || (self.bytes > MAX_BYTES && self.lines.len() > 1) {
            let Some((_, line)) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= line.len() + 1;
        }
    }
}

/// Answers a question; `file` is the log that `index` describes.
pub(crate) fn answer(index: &LogIndex, file: &File, range: &LogRange) -> io::Result<LogAnswer> {
    let last = range.before.map_or(index.rows, |before| {
        before.saturating_sub(1).min(index.rows)
    });
    let first = range.after.saturating_add(1);
    let mut kept = Collector::new(range.limit);
    if range.from_end {
        if range.filter.is_empty() {
            read(
                index,
                file,
                first.max((last + 1).saturating_sub(range.limit as u64)),
                last,
                &range.filter,
                &mut |number, line| {
                    kept.push(number, line);
                    kept.drop_first();
                    true
                },
            )?;
        } else {
            let mut end = last;
            while end >= first && !kept.is_full() {
                let begin = first.max((end + 1).saturating_sub(BLOCK));
                let mut block = Collector::new(range.limit);
                read(
                    index,
                    file,
                    begin,
                    end,
                    &range.filter,
                    &mut |number, line| {
                        block.push(number, line);
                        block.drop_first();
                        true
                    },
                )?;
                for (number, line) in std::mem::take(&mut kept.lines) {
                    block.push(number, line);
                }
                block.drop_first();
                kept = block;
                end = begin - 1;
            }
        }
    } else {
        read(
            index,
            file,
            first,
            last,
            &range.filter,
            &mut |number, line| {
                kept.push(number, line);
                !kept.is_full()
            },
        )?;
    }
    let none = if range.from_end { last + 1 } else { first };
    Ok(LogAnswer {
        first: kept.lines.front().map_or(none, |(number, _)| *number),
        lines: kept.lines.into_iter().map(|(_, line)| line).collect(),
    })
}

/// Reads the rows `first..=last` that match, in order, until `take` says no.
fn read(
    index: &LogIndex,
    file: &File,
    first: u64,
    last: u64,
    filter: &RowFilter,
    take: &mut dyn FnMut(u64, Vec<u8>) -> bool,
) -> io::Result<()> {
    if first > last {
        return Ok(());
    }
    let (offset, mut number) = index.mark(first);
    let mut rows = Rows::new(file, offset, index.end.offset);
    while let Some(row) = rows.next()? {
        if number > last {
            break;
        }
        if number >= first
            && let Some(line) = encode(&row, (!filter.is_empty()).then_some((number, filter)))
            && !take(number, line)
        {
            break;
        }
        number += 1;
    }
    Ok(())
}

/// A row as JSON; `None` when it does not match. Filtered rows carry their number.
fn encode(row: &Row<'_>, filter: Option<(u64, &RowFilter)>) -> Option<Vec<u8>> {
    let parts = parts(row);
    if filter.is_some_and(|(_, filter)| !filter.matches(&parts)) {
        return None;
    }
    line(parts, filter.map(|(number, _)| number))
}

/// A line as JSON.
pub(crate) fn line(parts: Parts<'_>, number: Option<u64>) -> Option<Vec<u8>> {
    serde_json::to_vec(&parts.wire(number)).ok()
}
