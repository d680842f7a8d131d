//! What a run's topic reads from its files: the next events and the next lines, in batches of bounded size.

use std::fs::File;
use std::path::Path;

use runboard_core::backend::runs_api::wire::LogList;
use serde::Serialize;

use super::{Event, MAX_EVENT};
use crate::api::logs::with_lines;
use crate::cursor::LogPosition;
use crate::log::query::line;
use crate::log::row::{Rows, parts};
use crate::source::{Position, Source, events};

/// A batch holds at most so many log lines, or events.
const MAX_LINES: usize = 500;

/// The `events` event.
#[derive(Serialize)]
struct EventBatch<'a> {
    run: &'a str,
    first: u64,
    events: Vec<events::Event>,
}

/// The next events of a run.
pub(super) struct ReadEvents {
    pub(super) event: Event,
    pub(super) end: Position,
    /// How many events stand before `end`.
    pub(super) told: u64,
}

/// Reads on from `from`, before which `told` events stand, to `upto`. `None`: there is nothing new, or the file is no longer the one
/// that was read, which the source finds out by itself.
pub(super) fn read_events(
    id: &str,
    path: &Path,
    from: Position,
    told: u64,
    upto: Position,
) -> Option<ReadEvents> {
    if from.offset >= upto.offset || !holds(path, &from) {
        return None;
    }
    let (mut list, mut size) = (Vec::new(), 0);
    let end = events::read(path, from.offset, told, &mut |event| {
        size += serde_json::to_vec(&event).map_or(0, |bytes| bytes.len());
        list.push(event);
        list.len() < MAX_LINES && size < MAX_EVENT
    });
    let end = Position::of(&File::open(path).ok()?, end.ok()?).ok()?;
    let told = list.last()?.n;
    Some(ReadEvents {
        event: batch(id, list).into_iter().next()?,
        end,
        told,
    })
}

/// Events in batches of bounded number.
pub(super) fn batch(id: &str, list: Vec<events::Event>) -> Vec<Event> {
    let mut batches = Vec::new();
    let mut rest = list.into_iter().peekable();
    while let Some(first) = rest.peek().map(|event| event.n) {
        let events = rest.by_ref().take(MAX_LINES).collect();
        batches.push(Event::new(
            "events",
            &EventBatch {
                run: id,
                first,
                events,
            },
        ));
    }
    batches
}

pub(super) fn holds(path: &Path, at: &Position) -> bool {
    at.offset == 0 || File::open(path).is_ok_and(|file| at.holds(&file))
}

pub(super) fn end_of_log(source: &Source, id: &str, path: Option<&Path>) -> LogPosition {
    let index = path
        .and_then(|path| source.logs.get(id, path).ok())
        .map(|(index, _)| index);
    index.map_or_else(LogPosition::default, |index| LogPosition {
        end: index.end,
        rows: index.rows,
    })
}

pub(super) struct ReadLines {
    pub(super) event: Option<Event>,
    pub(super) end: LogPosition,
    pub(super) more: bool,
}

/// Reads on behind `from`. `None`: the file is no longer the one that was read.
pub(super) fn read_lines(
    id: &str,
    path: &Path,
    from: LogPosition,
) -> std::io::Result<Option<ReadLines>> {
    if !std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()) {
        return Ok((from.end.offset == 0).then_some(ReadLines {
            event: None,
            end: from,
            more: false,
        }));
    }
    let file = File::open(path)?;
    if !from.end.holds(&file) {
        return Ok(None);
    }
    let mut rows = Rows::new(&file, from.end.offset, file.metadata()?.len());
    let (mut lines, mut size, mut offset) = (Vec::new(), 0, from.end.offset);
    let mut more = false;
    while let Some(row) = rows.next()? {
        offset += row.len;
        let line = line(parts(&row), None).unwrap_or_default();
        size += line.len();
        lines.push(line);
        if lines.len() >= MAX_LINES || size >= MAX_EVENT {
            more = true;
            break;
        }
    }
    if lines.is_empty() {
        return Ok(Some(ReadLines {
            event: None,
            end: from,
            more: false,
        }));
    }
    let list = LogList {
        run: id.into(),
        first: from.rows + 1,
        ..LogList::default()
    };
    let end = LogPosition {
        end: Position::of(&file, offset)?,
        rows: from.rows + lines.len() as u64,
    };
    let data = with_lines(&list, lines.iter().map(Vec::as_slice)).unwrap_or_default();
    Ok(Some(ReadLines {
        event: Some(Event { name: "log", data }),
        end,
        more,
    }))
}
