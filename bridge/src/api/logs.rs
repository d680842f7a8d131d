//! `runs/{id}/logs`: lines of a run's log.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::backend::runs_api::wire::LogList;
use runboard_core::model::{Level, LogStream};

use super::json_bytes;
use super::problem::Problem;
use super::query::Query;
use super::runs::of_run;
use crate::cursor::{LogPosition, Writer};
use crate::log::query::{LogRange, RowFilter, answer};
use crate::source::Source;

pub(crate) const LOGS: [&str; 7] = [
    "step", "stream", "level", "tail", "before", "after", "limit",
];
const LIMIT: u64 = 20_000;
/// The largest number that every reader of JSON can hold.
const MAX_LINE: u64 = (1 << 53) - 1;

pub(crate) async fn get(
    source: &Arc<Source>,
    id: &str,
    query: Query,
) -> Result<Response<Body>, Problem> {
    let stream = |word: &str| {
        Some(LogStream::from_word(word)).filter(|stream| *stream != LogStream::Unknown)
    };
    let filter = RowFilter {
        step: query.all("step").map(String::from).collect(),
        stream: query.words("stream", "out, err or sys", stream)?,
        level: query.words("level", "debug, info, warn or error", Level::from_word)?,
    };
    let tail = query.number("tail", 0, u64::from(u32::MAX))?;
    let (before, after) = (
        query.number("before", 0, MAX_LINE)?,
        query.number("after", 0, MAX_LINE)?,
    );
    let limit = query
        .number("limit", 1, LIMIT)?
        .unwrap_or(if tail.is_some() { LIMIT } else { 1000 });
    let range = LogRange {
        after: after.unwrap_or(0),
        before,
        // `before` alone is the page in front of a known line.
        from_end: tail.is_some() || (before.is_some() && after.is_none()),
        limit: tail.unwrap_or(limit).min(limit) as usize,
        filter,
    };
    of_run(source, id, move |source, id, detail| {
        let log = detail.log;
        let mut list = LogList {
            first: 1,
            total: Some(0),
            ..LogList::default()
        };
        let mut lines = Vec::new();
        let mut cursor = Writer::default();
        if let Some(path) = log {
            let (index, file) = source.logs.get(id, &path).map_err(Problem::broken)?;
            if let Some(file) = file {
                let found = answer(&index, &file, &range).map_err(Problem::broken)?;
                (list.first, list.total) = (found.first, Some(index.rows));
                lines.extend(found.lines);
            }
            cursor.log(
                id,
                &LogPosition {
                    end: index.end,
                    rows: index.rows,
                },
            );
        } else {
            cursor.log(id, &LogPosition::default());
        }
        list.cursor = Some(cursor.finish());
        with_lines(&list, lines.iter().map(Vec::as_slice)).map(json_bytes)
    })
    .await
}

/// A list whose lines are JSON already.
pub(crate) fn with_lines<'a>(
    list: &LogList<'_>,
    lines: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, Problem> {
    const EMPTY: &[u8] = b"\"lines\":[";
    let mut out = serde_json::to_vec(list).map_err(Problem::broken)?;
    let mut joined = Vec::new();
    for line in lines {
        if !joined.is_empty() {
            joined.push(b',');
        }
        joined.extend_from_slice(line);
    }
    // The list is empty, and no id can hold an unescaped quote, so the first such place is the list's own.
    let at = memchr::memmem::find(&out, EMPTY).map_or(out.len(), |at| at + EMPTY.len());
    out.splice(at..at, joined);
    Ok(out)
}
