//! `runs`, `runs/{id}` and `runs/{id}/steps`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use runboard_core::backend::runs_api::{encode, wire};
use runboard_core::model::{Phase, Run, RunFilter};

use super::problem::Problem;
use super::query::Query;
use super::{blocking, json};
use crate::cursor::{self, Writer};
use crate::source::{Detail, ListQuery, Order, PageKey, Source, now};

pub(crate) const LIST: [&str; 10] = [
    "status", "job", "since", "until", "tag", "q", "latest", "order", "limit", "cursor",
];
pub(crate) const STEPS: [&str; 2] = ["status", "pattern"];
const LIST_LIMIT: u64 = 5000;

pub(crate) async fn list(source: &Arc<Source>, query: Query) -> Result<Response<Body>, Problem> {
    let filter = RunFilter::from_pairs(query.pairs());
    let matcher = filter
        .compile(now(), 0)
        .map_err(|error| Problem::parameter(error.field, &error.value, error.expected))?;
    let order = match query.last("order") {
        None | Some("desc" | "newest") => Order::NewestFirst,
        Some("asc" | "oldest") => Order::OldestFirst,
        Some("job") => Order::Job,
        Some("status") => Order::Status,
        Some("duration") => Order::Duration,
        Some(other) => {
            let takes = "newest (desc), oldest (asc), job, status or duration";
            return Err(Problem::parameter("order", other, takes));
        }
    };
    let latest = match query
        .pairs()
        .find(|(name, _)| *name == "latest")
        .map(|(_, value)| value)
    {
        None | Some("0" | "false") => false,
        Some("" | "1" | "true") => true,
        Some(other) => return Err(Problem::parameter("latest", other, "1 or 0")),
    };
    let limit = query.number("limit", 1, LIST_LIMIT)?.unwrap_or(100);
    let behind = query
        .last("cursor")
        .filter(|text| !text.is_empty())
        .map(|text| {
            page_key(text)
                .ok_or_else(|| Problem::parameter("cursor", text, "the next of an earlier answer"))
        });
    let ask = ListQuery {
        filter,
        matcher,
        order,
        limit: if latest { 1 } else { limit as usize },
        behind: behind.transpose()?,
    };
    let source = source.clone();
    blocking(move || {
        let state = source.look();
        Problem::unless_readable(&state)?;
        let page = state.list(&ask);
        let mut cursor = Writer::default();
        cursor.runs(&state.position());
        drop(state);
        json(&wire::RunList {
            runs: page.runs.iter().map(encode::run).collect(),
            next: page.next.filter(|_| !latest).map(|key| page_text(&key)),
            total: page.total,
            cursor: Some(cursor.finish()),
        })
    })
    .await
}

fn page_key(text: &str) -> Option<PageKey> {
    let (at, rest) = text.split_once('.')?;
    let (id, word) = rest
        .split_once('~')
        .map_or((rest, None), |(id, word)| (id, Some(word)));
    Some(PageKey {
        at: at.parse().ok()?,
        id: cursor::decode(id)?,
        word: match word {
            Some(word) => Some(cursor::decode(word)?),
            None => None,
        },
    })
}

fn page_text(key: &PageKey) -> String {
    let word = key
        .word
        .as_ref()
        .map(|word| format!("~{}", cursor::encode(word)));
    format!(
        "{}.{}{}",
        key.at,
        cursor::encode(&key.id),
        word.unwrap_or_default()
    )
}

pub(crate) async fn one(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |_, id, detail| {
        json(&wire::OneRun {
            run: encode::run(&detail.run),
            cursor: Some(events_cursor(id, detail.events)),
        })
    })
    .await
}

pub(crate) async fn steps(
    source: &Arc<Source>,
    id: &str,
    query: Query,
) -> Result<Response<Body>, Problem> {
    // A step is found as a run is whose job is the step's key, so that words and wildcards mean the same everywhere.
    let filter = RunFilter {
        status: query.words("status", "a status", |word| {
            // The word that command lines use for steps at work.
            Some(if word.eq_ignore_ascii_case("in_progress") {
                "running".into()
            } else {
                String::from(word)
            })
        })?,
        job: query.all("pattern").map(String::from).collect(),
        ..RunFilter::default()
    };
    let matcher = filter
        .compile(now(), 0)
        .map_err(|error| Problem::parameter(error.field, &error.value, error.expected))?;
    of_run(source, id, move |_, id, mut detail| {
        let mut row = Run::new("", "");
        detail.steps.retain(|step| {
            row.job.clone_from(&step.key);
            row.raw_status.clone_from(&step.raw_status);
            row.phase = Phase::clone(&step.phase);
            matcher.matches(&row)
        });
        json(&wire::StepList {
            run: String::new(),
            steps: detail.steps.iter().map(encode::step).collect(),
            cursor: Some(events_cursor(id, detail.events)),
        })
    })
    .await
}

/// Answers about one run, from its files.
pub(crate) async fn of_run(
    source: &Arc<Source>,
    id: &str,
    answer: impl FnOnce(&Source, &str, Detail) -> Result<Response<Body>, Problem> + Send + 'static,
) -> Result<Response<Body>, Problem> {
    let (source, id) = (source.clone(), id.to_string());
    blocking(move || {
        let detail = find(&source, &id)?;
        answer(&source, &id, detail)
    })
    .await
}

/// The run, or a problem that says what is there instead. Blocks.
pub(crate) fn find(source: &Source, id: &str) -> Result<Detail, Problem> {
    let mut state = source.look();
    Problem::unless_readable(&state)?;
    state.wake(id);
    state.detail(id).ok_or_else(|| {
        let problem = match state.executioner() {
            Some(executioner) => Problem::new(StatusCode::NOT_FOUND, executioner.instead_of(id)),
            None => Problem::no_run(id),
        };
        problem.with(state.instead_of(id))
    })
}

pub(crate) fn events_cursor(id: &str, events: Option<(crate::source::Position, u64)>) -> String {
    let mut cursor = Writer::default();
    cursor.events(id, &events.unwrap_or_default().0);
    cursor.finish()
}
