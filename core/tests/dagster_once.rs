//! How often a Dagster webserver is asked for one run: what is asked side by side, and what comes next, is one question.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use std::future::Future;
use std::pin::pin;

use dagster_canned::{Canned, JSON, dagster, fixture};
use futures_util::future::join4;
use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::{Backend as _, BackendError, EventQuery, LogQuery, Topic, Update};

/// Runs a future to its end; its answers come after a number of looks.
fn end<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Some(value) = future.as_mut().now_or_never() {
            return value;
        }
    }
    panic!("it does not end");
}

fn documents(canned: &Canned) -> usize {
    canned.asked.borrow().len()
}

#[test]
fn what_is_asked_of_a_run_side_by_side_is_one_question() {
    let (id, page) = page();
    let (backend, canned) = dagster(&[(200, JSON, &page)]);
    canned.waits.set(3);
    let all = join4(
        backend.run(&id),
        backend.facts(&id),
        backend.assets(&id),
        backend.steps(&id),
    );
    let (run, facts, assets, steps) = end(all);
    assert_eq!(run.unwrap().value.id, id);
    assert!(facts.is_ok() && assets.is_ok());
    assert_eq!(steps.unwrap().value.len(), 6);
    assert_eq!(documents(&canned), 1);
    // A refusal is everybody's too, and not kept.
    let (backend, canned) = dagster(&[(200, JSON, fixture!("missing")), (200, JSON, &page)]);
    canned.waits.set(3);
    let (one, other, ..) = end(join4(
        backend.steps(&id),
        backend.facts(&id),
        backend.assets(&id),
        backend.steps(&id),
    ));
    assert!(matches!(one, Err(BackendError::NotFound(_))), "{one:?}");
    assert!(matches!(other, Err(BackendError::NotFound(_))));
    assert_eq!(documents(&canned), 1);
    assert_eq!(end(backend.run(&id)).unwrap().value.id, id);
    assert_eq!(documents(&canned), 2);
}

#[test]
fn who_goes_away_takes_nobodys_answer_along() {
    let (id, page) = page();
    let (backend, canned) = dagster(&[(200, JSON, &page)]);
    canned.waits.set(3);
    {
        let mut first = pin!(backend.run(&id));
        let mut second = pin!(backend.steps(&id));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
    }
    // Nobody waited any more: what was on its way is not taken for an answer of now.
    let mut first = Box::pin(backend.run(&id));
    let second = backend.steps(&id);
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = pin!(second);
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    assert!(end(second).is_ok());
    assert_eq!(documents(&canned), 2);
}

#[test]
fn a_short_run_that_is_over_is_told_with_its_log_its_events_and_its_end_by_one_document() {
    let (id, page) = page();
    let (backend, canned) = dagster(&[(200, JSON, &page)]);
    let run = end(backend.run(&id)).unwrap().value;
    assert!(run.reason.unwrap().starts_with("boom: "));
    let tail = LogQuery {
        tail: Some(20),
        ..LogQuery::default()
    };
    let log = end(backend.logs(&id, &tail)).unwrap();
    let total = log.value.total.unwrap();
    assert_eq!((log.value.lines.len(), log.value.first), (20, total - 19));
    let before = LogQuery {
        before: Some(log.value.first),
        ..LogQuery::default()
    };
    let earlier = end(backend.logs(&id, &before)).unwrap().value;
    assert_eq!((earlier.first, earlier.lines.len() as u64), (1, total - 20));
    let tail = EventQuery {
        tail: Some(20),
        ..EventQuery::default()
    };
    let events = end(backend.events(&id, &tail)).unwrap().value;
    assert_eq!((events.events.len(), events.total), (20, Some(total)));
    assert!(events.has_more && events.events[0].detail.is_some());
    let before = EventQuery {
        before: Some(events.events[0].n),
        limit: Some(7),
        ..EventQuery::default()
    };
    let earlier = end(backend.events(&id, &before)).unwrap().value;
    let numbers: Vec<u64> = earlier.events.iter().map(|event| event.n).collect();
    assert_eq!(numbers, (total - 26..=total - 20).collect::<Vec<u64>>());
    let cursors = [log.cursor.unwrap()];
    let watch = |cursors: &[_]| {
        let news = end(backend.watch(&[Topic::Run(id.clone())], cursors)).unwrap();
        end(news.collect::<Vec<_>>())
    };
    let is_end = |one: &Result<runboard_core::backend::Positioned, BackendError>| {
        matches!(one.as_ref().unwrap().update, Update::End { .. })
    };
    assert!(watch(&cursors).iter().any(is_end));
    assert_eq!(documents(&canned), 1);
    // Who follows it later wants to know whether the server is there.
    assert!(!watch(&cursors).is_empty());
    assert_eq!(documents(&canned), 2);
}

/// A run's page as the server gives it, with all events of the run.
fn page() -> (String, Vec<u8>) {
    let read = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
    let mut page = read(fixture!("news-fail"));
    page["data"]["logsForRun"] = read(fixture!("events-fail"))["data"]["logsForRun"].take();
    let id = page["data"]["runOrError"]["runId"].as_str().unwrap();
    (id.to_string(), page.to_string().into_bytes())
}
