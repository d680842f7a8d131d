//! `runs/{id}/events`: what happened in a run.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::model::filter::Matcher;
use runboard_core::model::time::{parse_moment, parse_written};
use runboard_core::model::{Run, RunFilter, Timestamp};
use serde::Serialize;

use super::json;
use super::problem::Problem;
use super::query::Query;
use super::runs::{events_cursor, of_run};
use crate::source::events::{Event, lines, of_history};
use crate::source::{Source, now};

pub(crate) const EVENTS: [&str; 9] = [
    "type", "step", "level", "since", "q", "after", "before", "tail", "limit",
];
const LIMIT: u64 = 10_000;
/// The largest number that every reader of JSON can hold.
const MAX_NUMBER: u64 = (1 << 53) - 1;
/// An answer holds about so many bytes of messages and details at most.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "critical"];

#[derive(Serialize)]
struct EventList {
    run: String,
    first: Option<u64>,
    total: u64,
    next: Option<String>,
    events: VecDeque<Event>,
    cursor: String,
}

struct Asked {
    kinds: Option<Matcher>,
    steps: Option<Matcher>,
    level: usize,
    since: Option<Timestamp>,
    text: Option<String>,
    after: u64,
    before: Option<u64>,
    from_end: bool,
    limit: usize,
}

impl Asked {
    fn read(query: &Query) -> Result<Asked, Problem> {
        let level = match query.last("level") {
            None => 0,
            Some(word) => LEVELS
                .iter()
                .position(|level| {
                    level.eq_ignore_ascii_case(word)
                        || (*level == "warning" && word.eq_ignore_ascii_case("warn"))
                })
                .ok_or_else(|| Problem::parameter("level", word, &LEVELS.join(", ")))?,
        };
        let since = query.last("since").filter(|text| !text.is_empty());
        let since = since.map(|text| {
            let takes = "an ISO time such as 2026-11-21T08:00 or a length such as 30m, 2h, 1d";
            parse_moment(text, now(), 0).ok_or_else(|| Problem::parameter("since", text, takes))
        });
        let tail = query.number("tail", 0, LIMIT)?;
        let (after, before) = (
            query.number("after", 0, MAX_NUMBER)?,
            query.number("before", 0, MAX_NUMBER)?,
        );
        let limit = query.number("limit", 1, LIMIT)?.unwrap_or(match tail {
            Some(_) => LIMIT,
            None => 1000,
        });
        Ok(Asked {
            kinds: patterns(query, "type", str::to_uppercase)?,
            steps: patterns(query, "step", str::to_string)?,
            level,
            since: since.transpose()?,
            text: query
                .last("q")
                .filter(|text| !text.is_empty())
                .map(str::to_lowercase),
            after: after.unwrap_or(0),
            before,
            // `before` alone is the page in front of a known event.
            from_end: tail.is_some() || (before.is_some() && after.is_none()),
            limit: tail.unwrap_or(limit).min(limit) as usize,
        })
    }

    fn wants(&self, event: &Event, row: &mut Run) -> bool {
        let mut is = |matcher: &Option<Matcher>, word: &str| {
            row.job.clear();
            row.job.push_str(word);
            matcher.as_ref().is_none_or(|matcher| matcher.matches(row))
        };
        let level = event.level.unwrap_or("info");
        let after_since = || {
            let at = event.time.as_deref().and_then(parse_written);
            self.since
                .is_none_or(|since| at.is_some_and(|at| at.at >= since))
        };
        is(&self.kinds, &event.kind)
            && (self.steps.is_none()
                || event
                    .step
                    .as_deref()
                    .is_some_and(|step| is(&self.steps, step)))
            && LEVELS.iter().position(|word| *word == level).unwrap_or(1) >= self.level
            && after_since()
            && self.text.as_ref().is_none_or(|text| {
                let step = event.step.as_deref().unwrap_or_default();
                [event.kind.as_str(), step, &event.message]
                    .iter()
                    .any(|own| own.to_lowercase().contains(text.as_str()))
            })
    }
}

/// Words with `*` and `?`, matched as job names are, so that they mean the same everywhere.
fn patterns(
    query: &Query,
    name: &str,
    as_told: fn(&str) -> String,
) -> Result<Option<Matcher>, Problem> {
    let job = query.words(name, "words with * and ?", |word| Some(as_told(word)))?;
    if job.is_empty() {
        return Ok(None);
    }
    let filter = RunFilter {
        job,
        ..RunFilter::default()
    };
    filter
        .compile(now(), 0)
        .map(Some)
        .map_err(|error| Problem::parameter(error.field, &error.value, error.expected))
}

/// What is told of a run's events.
#[derive(Default)]
struct Told {
    total: usize,
    events: VecDeque<Event>,
    /// More that is wanted stands behind them.
    more: bool,
}

impl Told {
    /// Of `all` in their order; `read` is asked only for those that may be wanted.
    fn of<T>(
        asked: &Asked,
        mut all: Vec<T>,
        number: fn(&T) -> u64,
        read: impl Fn(T) -> io::Result<Event>,
    ) -> io::Result<Told> {
        let mut told = Told {
            total: all.len(),
            ..Told::default()
        };
        if let Some(before) = asked.before {
            all.truncate(all.partition_point(|each| number(each) < before));
        }
        all.drain(..all.partition_point(|each| number(each) <= asked.after));
        if asked.from_end {
            all.reverse();
        }
        let (mut row, mut bytes) = (Run::new("", ""), 0);
        for each in all {
            let event = read(each)?;
            if !asked.wants(&event, &mut row) {
                continue;
            }
            bytes += event.message.len() + event.detail.to_string().len();
            // One event is always told, however large: who pages on must get on.
            let is_first = told.events.is_empty();
            if told.events.len() >= asked.limit || (bytes > MAX_BYTES && !is_first) {
                told.more = !asked.from_end;
                break;
            }
            match asked.from_end {
                true => told.events.push_front(event),
                false => told.events.push_back(event),
            }
        }
        Ok(told)
    }
}

pub(crate) async fn get(
    source: &Arc<Source>,
    id: &str,
    query: Query,
) -> Result<Response<Body>, Problem> {
    let asked = Asked::read(&query)?;
    of_run(source, id, move |source, id, detail| {
        let told = match &detail.folder {
            Some(folder) => {
                let path = folder.join("events.jsonl");
                match lines(&path, u64::MAX).map_err(Problem::broken)? {
                    Some((file, all)) => {
                        Told::of(&asked, all, |line| line.n, |line| line.event(&file))
                    }
                    None => Ok(Told::default()),
                }
            }
            None => {
                let line = source.look().line(id);
                let all = of_history(&detail.run, &detail.steps, line.as_ref());
                Told::of(&asked, all, |event| event.n, Ok)
            }
        };
        let Told {
            total,
            events,
            more,
        } = told.map_err(Problem::broken)?;
        let last = events.back().map(|event| event.n);
        json(&EventList {
            run: id.to_string(),
            first: events.front().map(|event| event.n),
            total: total as u64,
            next: last.filter(|_| more).map(|n| n.to_string()),
            events,
            cursor: events_cursor(id, detail.events),
        })
    })
    .await
}
