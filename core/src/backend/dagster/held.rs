//! Lines and events of a run whose page has brought its whole history: nobody is asked for them again.

use super::graphql::Server;
use super::kept::{Part, known, past};
use super::log::{LIMIT, position};
use crate::backend::lenient::Problems;
use crate::backend::{Decoded, EventBatch, EventQuery, LogBatch, LogQuery};
use crate::model::LogLine;
use crate::model::event::{EventMatcher, RunEvent};

fn answer<T>(value: T, cursor: Option<crate::backend::Cursor>) -> Decoded<T> {
    Decoded {
        value,
        problems: Problems::new(),
        cursor,
    }
}

/// Lines that are wanted, if they are at hand.
pub(super) fn lines(
    server: &Server,
    run: &str,
    query: &LogQuery,
    wants: &dyn Fn(&LogLine) -> bool,
) -> Option<Decoded<LogBatch>> {
    let known = match (query.tail, query.before) {
        (Some(_), _) => known(server, run, Part::Log),
        (None, Some(before)) => past(server, run, before.saturating_sub(1)),
        (None, None) => None,
    }?;
    let events = known.events.as_ref()?;
    let total = events.lines.len() as u64;
    let to = match query.tail {
        Some(_) => total,
        None => query.before?.saturating_sub(1),
    };
    let limit = query.tail.or(query.limit).unwrap_or(LIMIT).max(1);
    let least = query.after.filter(|_| query.tail.is_none()).unwrap_or(0);
    let from = to.saturating_sub(u64::from(limit)).max(least);
    let (mut first, mut lines) = (from + 1, Vec::new());
    for (n, line) in (1..).zip(&events.lines) {
        if n > from && n <= to && wants(line) {
            first = if lines.is_empty() { n } else { first };
            lines.push(line.clone());
        }
    }
    let is_end = to == total;
    let batch = LogBatch {
        first,
        lines,
        total: is_end.then_some(total),
    };
    let cursor = is_end.then(|| position(run, total, Some(&events.cursor)));
    Some(answer(batch, cursor.flatten()))
}

/// The last events, or the last before one, that fit, if they are at hand.
pub(super) fn events(
    server: &Server,
    run: &str,
    query: &EventQuery,
    matcher: &EventMatcher,
) -> Option<Decoded<EventBatch>> {
    let known = match (query.tail, query.before) {
        (Some(_), None) => known(server, run, Part::Events),
        (None, Some(before)) => past(server, run, before.saturating_sub(1)),
        _ => None,
    }?;
    let events = known.events.as_ref()?;
    if query.after.is_some() {
        return None;
    }
    let total = events.events.len() as u64;
    let to = query
        .before
        .map_or(total, |before| before.saturating_sub(1));
    let limit = query.tail.or(query.limit).unwrap_or(LIMIT);
    let limit = limit.min(query.limit.unwrap_or(u32::MAX)) as usize;
    let fits = |event: &&RunEvent| event.n <= to && matcher.matches(event);
    let fitting: Vec<&RunEvent> = events.events.iter().filter(fits).collect();
    let left_off = fitting.len().saturating_sub(limit);
    let found = fitting.into_iter().skip(left_off).cloned();
    let is_tail = query.before.is_none();
    let batch = EventBatch {
        events: found.collect(),
        total: is_tail.then_some(total),
        has_more: left_off > 0,
    };
    let cursor = is_tail.then(|| position(run, total, Some(&events.cursor)));
    Some(answer(batch, cursor.flatten()))
}
