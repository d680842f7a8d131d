//! What is asked of a run's log: lines, events, and the reasons of failures.

use std::sync::Arc;

use super::bulk;
use super::captured;
use super::end;
use super::event::{Reasons, entry, trace};
use super::graphql::Server;
use super::held;
use super::journal::{self, Range, walk};
use super::metadata;
use super::query;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{
    BackendError, Cursor, Decoded, EventBatch, EventQuery, LogBatch, LogQuery, Missing,
};
use crate::model::event::RunEvent;
use crate::model::{EventFilter, LogLine, LogStream};
use crate::store::json::JsonText;

/// Lines or events that are given when nobody says how many.
pub(super) const LIMIT: u32 = 1000;
/// What stands behind the place from which a run's last events are read is read with them: to look for the end more closely takes a round to the
/// server, and so many events not much more.
const NEAR: u64 = 400;
/// So many of a run's last events are searched for why it failed.
const REASONS: u64 = 2000;

/// About where a run's events end: what stands behind it is to be read with the rest.
async fn about(server: &Server, run: &str) -> Result<u64, BackendError> {
    if server.is_dense.get() {
        let near = end::near(server, run, NEAR).await?;
        // Unless what was taken for numbers was none.
        if server.is_dense.get() {
            return Ok(near);
        }
    }
    end::of(server, run).await
}

/// A place behind an event, for whoever follows the run: its number, and the server's own cursor.
pub(super) fn position(run: &str, n: u64, cursor: Option<&str>) -> Option<Cursor> {
    let text = ["run ", run, " ", &n.to_string(), " ", cursor?].concat();
    Some(Cursor(text))
}

/// What a subscription from a place on is told.
pub(super) fn variables(run: &str, cursor: &str) -> String {
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(run));
    json.text_field("c", Some(cursor).filter(|cursor| !cursor.is_empty()));
    json.close('}');
    json.finish()
}

/// The lines of a run's log: the messages of its events, one line each, with the events' numbers. Of a stream that a process wrote to, what was
/// captured of it.
pub(super) async fn lines(
    server: &Server,
    run: &str,
    query: LogQuery,
) -> Result<Decoded<LogBatch>, BackendError> {
    if let Some(stream @ (LogStream::Out | LogStream::Err)) = query.stream {
        return captured::lines(server, run, stream, &query).await;
    }
    let wants = |line: &LogLine| {
        query.step.as_ref().is_none_or(|step| line.step == *step)
            && query.stream.is_none_or(|stream| line.stream == stream)
            && query.level.is_none_or(|level| line.level >= level)
    };
    if let Some(batch) = held::lines(server, run, &query, &wants) {
        return Ok(batch);
    }
    let limit = u64::from(query.limit.unwrap_or(LIMIT).max(1));
    let last = query.tail.map(u64::from);
    let mut problems = Problems::new();
    let mut numbered: Vec<(u64, LogLine)> = Vec::new();
    let (range, walked) = loop {
        let was_dense = server.is_dense.get();
        let range = match (last, query.before) {
            (Some(count), _) => Range::from(about(server, run).await?.saturating_sub(count)),
            (None, Some(before)) => {
                let to = before.saturating_sub(1);
                let from = to.saturating_sub(limit).max(query.after.unwrap_or(0));
                Range { from, to }
            }
            (None, None) => {
                let from = query.after.unwrap_or(0);
                let to = from.saturating_add(limit);
                Range { from, to }
            }
        };
        numbered.clear();
        let take = &mut |fields: &mut Fields<'_>, n, _: &str| {
            let line = entry(fields, n, "").line;
            if wants(&line) {
                numbered.push((n, line));
            }
            true
        };
        let walked = walk(server, run, query::EVENTS_LEAN, range, &mut problems, take).await?;
        // The end was looked for by numbers that are none.
        if last.is_none() || was_dense == server.is_dense.get() {
            break (range, walked);
        }
    };
    if last.is_some() {
        server.keep_end(run, &walked, range);
    }
    let first = last.map_or(0, |count| walked.last.saturating_sub(count));
    numbered.retain(|(n, _)| *n > first);
    let batch = LogBatch {
        first: numbered.first().map_or(range.from + 1, |(n, _)| *n),
        lines: numbered.into_iter().map(|(_, line)| line).collect(),
        total: walked.total(range),
    };
    Ok(Decoded {
        value: batch,
        problems,
        cursor: position(run, walked.last, walked.cursor.as_deref()),
    })
}

/// The words of a filter with what the documents of old and the seeds of today call the same: `PIPELINE_` was `RUN_`, and what happens to assets is
/// often written without `ASSET_`.
fn modern(filter: &EventFilter) -> EventFilter {
    let mut filter = filter.clone();
    let mut more = Vec::new();
    for kind in &filter.kinds {
        let starts = |word: &str| {
            kind.get(..word.len())
                .filter(|head| head.eq_ignore_ascii_case(word))
                .and_then(|_| kind.get(word.len()..))
        };
        if let Some(rest) = starts("PIPELINE_") {
            more.push(["RUN_", rest].concat());
        }
        if ["MATERIALIZATION", "OBSERVATION", "CHECK_", "FAILED_TO_"]
            .iter()
            .any(|word| starts(word).is_some())
        {
            more.push(["ASSET_", kind].concat());
        }
    }
    filter.kinds.extend(more);
    filter
}

/// The events that are asked for. The server cannot filter, so all of the range are read, and those that fit are kept.
pub(super) async fn events(
    server: &Server,
    run: &str,
    asked: EventQuery,
) -> Result<Decoded<EventBatch>, BackendError> {
    let filter = modern(&asked.filter);
    let now = match filter.since.is_some() {
        true => server.now().await?,
        false => server.date.get().unwrap_or_default(),
    };
    let matcher = filter
        .compile(now, 0)
        .map_err(|error| BackendError::Refused(error.to_string()))?;
    if let Some(batch) = held::events(server, run, &asked, &matcher) {
        return Ok(batch);
    }
    let is_last = asked.tail.is_some() || asked.before.is_some() && asked.after.is_none();
    let limit = asked.tail.or(asked.limit).unwrap_or(LIMIT);
    let limit = limit.min(asked.limit.unwrap_or(u32::MAX)) as usize;
    let least = asked.after.unwrap_or(0);
    let mut range = Range::from(least);
    if let Some(before) = asked.before {
        range.to = before.saturating_sub(1);
    }
    if is_last {
        let end = match asked.before {
            Some(_) => range.to,
            None => about(server, run).await?,
        };
        range.from = end.saturating_sub(limit as u64).max(least);
    }
    let mut problems = Problems::new();
    let mut found: Vec<RunEvent> = Vec::new();
    let mut total = None;
    let mut cursor = None;
    let mut has_more;
    loop {
        let mut part: Vec<RunEvent> = Vec::new();
        let take = &mut |fields: &mut Fields<'_>, n, text: &str| {
            let event = entry(fields, n, text).event;
            if matcher.matches(&event) {
                if !is_last && part.len() >= limit {
                    return false;
                }
                part.push(event);
            }
            true
        };
        let walked = match bulk::read(server, run, range, &mut problems, take).await? {
            Some(walked) => walked,
            None => walk(server, run, query::EVENTS, range, &mut problems, take).await?,
        };
        has_more = !walked.is_end;
        if asked.before.is_none() {
            server.keep_end(run, &walked, range);
        }
        total = total.or(walked.total(range));
        if cursor.is_none() {
            cursor = position(run, walked.last, walked.cursor.as_deref());
        }
        part.append(&mut found);
        found = part;
        if !is_last {
            break;
        }
        has_more = range.from > least;
        if found.len() >= limit || !has_more {
            break;
        }
        range.to = range.from;
        range.from = range.from.saturating_sub(journal::PAGE).max(least);
    }
    if is_last && found.len() > limit {
        found.drain(..found.len() - limit);
        has_more = true;
    }
    Ok(Decoded {
        value: EventBatch {
            events: found,
            total,
            has_more,
        },
        problems,
        cursor,
    })
}

/// One event with all its own fields and its metadata.
pub(super) async fn event(
    server: &Server,
    run: &str,
    n: u64,
) -> Result<Decoded<RunEvent>, BackendError> {
    let range = Range {
        from: n.saturating_sub(1),
        to: n,
    };
    let (mut problems, mut found) = (Problems::new(), None);
    let take = &mut |fields: &mut Fields<'_>, n, text: &str| {
        let error = trace(fields);
        let event = entry(fields, n, text).event;
        found = Some(RunEvent {
            error,
            facts: metadata::facts(text),
            ..event
        });
        false
    };
    walk(server, run, query::EVENTS_FULL, range, &mut problems, take).await?;
    match found {
        Some(value) => Ok(Decoded {
            value,
            problems,
            cursor: None,
        }),
        None => {
            let words = ["the run has no event ", &n.to_string()].concat();
            Err(BackendError::NotFound(Arc::new(Missing::from(words))))
        }
    }
}

/// Why a run and its steps failed, from the run's last events.
pub(super) async fn reasons(
    server: &Server,
    run: &str,
    problems: &mut Problems,
) -> Result<Reasons, BackendError> {
    let mut reasons = Reasons::default();
    let from = end::of(server, run).await?.saturating_sub(REASONS);
    if from > 0 {
        let words = "why steps failed is looked for in the run's last events only";
        problems.push(words.into());
    }
    let range = Range::from(from);
    let take = &mut |fields: &mut Fields<'_>, n, _: &str| {
        reasons.take(&entry(fields, n, ""));
        true
    };
    let walked = walk(server, run, query::EVENTS_LEAN, range, problems, take).await?;
    server.keep_end(run, &walked, range);
    Ok(reasons)
}
