//! What happened to an action, as events. Flyte keeps no other history.

use std::rc::Rc;

use super::list::decoded;
use super::request::Server;
use super::{decode, detail, id};
use crate::backend::{BackendError, Decoded, EventBatch, EventQuery};
use crate::model::event::RunEvent;
use crate::model::{EventLevel, StepDetail};

/// What happened to one action: its phases and the events of its cluster, in the order of time. Flyte keeps no other history.
fn history(detail: &StepDetail) -> Vec<RunEvent> {
    let mut events: Vec<RunEvent> = Vec::new();
    let key = &detail.step.key;
    for span in &detail.spans {
        events.push(RunEvent {
            time: span.from,
            kind: span.raw_status.clone(),
            step: Some(key.clone()),
            attempt: Some(span.attempt),
            level: Some(match span.phase.is_failure() {
                true => EventLevel::Error,
                false => EventLevel::Info,
            }),
            ..RunEvent::default()
        });
    }
    for note in &detail.notes {
        events.push(RunEvent {
            time: note.time,
            kind: note.reason.clone(),
            step: Some(key.clone()),
            attempt: Some(note.attempt),
            level: Some(match note.is_warning {
                true => EventLevel::Warning,
                false => EventLevel::Info,
            }),
            message: note.message.clone(),
            ..RunEvent::default()
        });
    }
    let time = |at: usize| events.get(at).map(|event| (event.attempt, event.time));
    let sorted = crate::model::order::order(events.len(), &|a, b| time(a).cmp(&time(b)));
    let mut slots: Vec<Option<RunEvent>> = events.into_iter().map(Some).collect();
    let mut out = Vec::new();
    for at in sorted {
        if let Some(mut event) = slots.get_mut(at).and_then(Option::take) {
            event.n = out.len() as u64 + 1;
            out.push(event);
        }
    }
    // Why an attempt failed stands with its end.
    for attempt in &detail.step.attempts {
        let is_end = |event: &&mut RunEvent| {
            event.attempt == Some(attempt.number) && event.kind == attempt.raw_status
        };
        if let Some(event) = out.iter_mut().rev().find(is_end) {
            event.message = attempt.reason.clone().unwrap_or_default();
        }
    }
    out
}

pub(super) async fn events(
    server: Rc<Server>,
    id: id::Id,
    query: EventQuery,
) -> Result<Decoded<EventBatch>, BackendError> {
    // One action's, because asking all of them would be a question each: the one that is named, else the root.
    let is_plain = |key: &&String| !key.contains(['*', '?']);
    let step = query.filter.steps.iter().find(is_plain);
    let step = step.map_or(decode::ROOT, String::as_str);
    let (_, detail) = detail::action(&server, &id, step).await?;
    let now = server.now();
    let mut filter = query.filter.clone();
    filter.steps.clear();
    let matcher = filter.compile(now, 0);
    let matcher = matcher.map_err(|error| BackendError::Refused(error.to_string()))?;
    let mut events = history(&detail.value);
    let total = Some(events.len() as u64);
    events.retain(|event| {
        matcher.matches(event)
            && query.after.is_none_or(|after| event.n > after)
            && query.before.is_none_or(|before| event.n < before)
    });
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let has_more = events.len() > limit;
    if let Some(tail) = query.tail {
        let surplus = events.len().saturating_sub(tail as usize);
        drop(events.drain(..surplus));
    }
    events.truncate(limit);
    let batch = EventBatch {
        events,
        total,
        has_more,
    };
    Ok(decoded(batch, detail.problems))
}
