//! Where an event stands in its run, over storages that number events of each run and over those that number across runs: the numbers are the same,
//! and a long log's end is found with few questions where that is possible.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_cursor;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dagster_cursor::{read, written};
use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::{Backend as _, EventQuery, LogBatch, LogQuery};
use runboard_core::model::EventFilter;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use serde_json::{Map, Value, json};

/// Events 1 to `count`, whose ids in the storage are `first`, `first + step`, ...
struct Server {
    count: u64,
    first: u64,
    step: u64,
    asked: Cell<u32>,
    most: RefCell<Vec<u64>>,
    sent: Cell<u64>,
    /// When an event was, in ms.
    when: fn(u64) -> u64,
}

impl Server {
    fn page(&self, after: Option<&str>, limit: u64) -> Value {
        assert!((1..=1000).contains(&limit), "a limit of {limit}");
        self.most.borrow_mut().push(limit);
        let after = after.map_or(0, read);
        let passed = match after < self.first {
            true => 0,
            false => ((after - self.first) / self.step + 1).min(self.count),
        };
        let to = (passed + limit).min(self.count);
        let events: Vec<Value> = (passed + 1..=to)
            .map(|n| {
                let kind = if n % 1000 == 7 { json!("STEP_FAILURE") } else { json!("STEP_OUTPUT") };
                json!({"__typename": "E", "eventType": kind, "message": format!("event {n}"), "level": "INFO", "timestamp": (self.when)(n).to_string()})
            })
            .collect();
        self.sent.set(self.sent.get() + to - passed);
        let last = match to > passed {
            true => self.first + (to - 1) * self.step,
            false => after,
        };
        json!({"__typename": "EventConnection", "cursor": written(last), "hasMore": to - passed == limit, "events": events})
    }

    fn answer(&self, body: &Value) -> Value {
        let query = body["query"].as_str().unwrap();
        let mut data = Map::new();
        let parts: Vec<&str> = query.split(":logsForRun(runId:$r,afterCursor:").collect();
        for pair in parts.windows(2) {
            let name = pair[0].rsplit(['{', '}']).next().unwrap();
            let cursor = pair[1].split(',').next().unwrap();
            let cursor = cursor
                .strip_prefix('"')
                .map(|cursor| cursor.trim_end_matches('"'));
            let limit = pair[1].split("limit:").nth(1).unwrap();
            let limit = limit.split(')').next().unwrap().parse().unwrap();
            data.insert(name.into(), self.page(cursor, limit));
        }
        if query.contains("runOrError") {
            let at = |n: u64| (self.when)(n) as f64 / 1000.0;
            data.insert(
                "runOrError".into(),
                json!({"startTime": at(1), "endTime": at(self.count)}),
            );
        }
        if parts.len() == 1 {
            let variables = &body["variables"];
            let page = self.page(variables["c"].as_str(), variables["l"].as_u64().unwrap());
            data.insert("logsForRun".into(), page);
        }
        json!({ "data": data })
    }
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        self.0.asked.set(self.0.asked.get() + 1);
        let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        let head = Head {
            status: 200,
            content_type: "application/json".into(),
            ..Head::default()
        };
        let body = self.0.answer(&body).to_string().into_bytes();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("nothing streams here")
    }
}

fn server(count: u64, first: u64, step: u64) -> (Dagster, Rc<Server>) {
    timed(count, first, step, |_| 1)
}

fn timed(count: u64, first: u64, step: u64, when: fn(u64) -> u64) -> (Dagster, Rc<Server>) {
    let server = Rc::new(Server {
        count,
        first,
        step,
        asked: Cell::new(0),
        most: RefCell::default(),
        sent: Cell::new(0),
        when,
    });
    (
        Dagster::new("http://h", Rc::new(Wire(server.clone()))),
        server,
    )
}

fn lines(dagster: &Dagster, query: LogQuery) -> LogBatch {
    dagster
        .logs("r", &query)
        .now_or_never()
        .unwrap()
        .unwrap()
        .value
}

fn is(batch: &LogBatch, from: u64, to: u64) {
    assert_eq!(
        (batch.first, batch.lines.len() as u64),
        (from, to + 1 - from)
    );
    for (n, line) in (from..).zip(&batch.lines) {
        assert_eq!(line.text, format!("event {n}"));
    }
}

#[test]
fn numbers_are_places_whatever_the_storage_calls_them() {
    for count in [1, 5, 999, 1000, 1001, 2000, 4321] {
        for (first, step) in [(1, 1), (1, 2), (53_421, 1), (7, 13)] {
            let (dagster, _) = server(count, first, step);
            let tail = lines(
                &dagster,
                LogQuery {
                    tail: Some(500),
                    ..LogQuery::default()
                },
            );
            is(&tail, count.saturating_sub(499).max(1), count);
            assert_eq!(tail.total, Some(count));
            let before = LogQuery {
                before: Some(tail.first),
                limit: Some(10_000),
                ..LogQuery::default()
            };
            let earlier = lines(&dagster, before);
            if tail.first > 1 {
                is(&earlier, 1, tail.first - 1);
            } else {
                assert!(earlier.lines.is_empty());
            }
            let after = LogQuery {
                after: Some(count - 1),
                ..LogQuery::default()
            };
            is(&lines(&dagster, after), count, count);
            let past = LogQuery {
                after: Some(count + 5),
                ..LogQuery::default()
            };
            let past = lines(&dagster, past);
            assert!(past.lines.is_empty() && past.total.is_none_or(|total| total == count));
            // A second tail, now that places are known.
            is(
                &lines(
                    &dagster,
                    LogQuery {
                        tail: Some(1),
                        ..LogQuery::default()
                    },
                ),
                count,
                count,
            );
        }
    }
}

#[test]
fn the_end_of_a_long_log_is_found_with_few_questions() {
    for count in [100_000, 99_999, 64_001, 1_234_567] {
        let (dagster, server) = server(count, 1, 1);
        let tail = lines(
            &dagster,
            LogQuery {
                tail: Some(500),
                ..LogQuery::default()
            },
        );
        is(&tail, count - 499, count);
        assert!(server.asked.get() <= 10, "{count}: {}", server.asked.get());
        let events: u64 = server.most.borrow().iter().sum();
        assert!(events < 2_200, "{count}: {events}");
    }
}

/// Nobody waits for many events that stand between a place near the end and the last ones. Where events come as evenly as they mostly do, times tell
/// the place; where they do not, it is still found.
#[test]
fn the_last_events_of_a_long_history_are_read_with_few_others() {
    let faster = |n: u64| ((n as f64).sqrt() * 10_000.0) as u64;
    let bursts = |n: u64| n / 1000 * 60_000 + n % 1000;
    type When = fn(u64) -> u64;
    let whens: [(When, usize); 5] = [
        (|_| 1, 32),
        (|n| n * 10, 17),
        (|n| n * n / 1000, 21),
        (faster, 22),
        (bursts, 19),
    ];
    for (count, (when, pages)) in [100_000, 99_999, 64_001, 1_234_567, 300]
        .into_iter()
        .flat_map(|count| whens.map(|when| (count, when)))
    {
        let (dagster, server) = timed(count, 1, 1, when);
        let tail = EventQuery {
            tail: Some(200),
            limit: Some(200),
            ..EventQuery::default()
        };
        let batch = dagster.events("r", &tail).now_or_never().unwrap();
        let events = batch.unwrap().value.events;
        let numbers: Vec<u64> = events.iter().map(|event| event.n).collect();
        assert_eq!(numbers, (count - 199..=count).collect::<Vec<u64>>());
        let (asked, sent) = (server.asked.get(), server.sent.get());
        assert!(asked <= 10 && sent <= 630, "{count}: {asked} {sent}");
        let read = server.most.borrow().len();
        assert!(read <= pages, "{count}: {read} pages, not {pages} at most");
    }
}

/// Who reads a long history reads it in few answers, and the end once.
#[test]
fn a_long_history_is_read_in_few_answers() {
    for (count, first, step) in [(10_250, 1, 1), (10_250, 7, 13), (4_000, 1, 1)] {
        let (dagster, server) = server(count, first, step);
        let read = |query: EventQuery| {
            let mut batch = dagster.events("r", &query);
            // Everything answers at once, so who gives way goes on at once.
            let batch = (0..100).find_map(|_| batch.as_mut().now_or_never());
            batch.unwrap().unwrap().value.events
        };
        let tail = EventQuery {
            tail: Some(250),
            ..EventQuery::default()
        };
        let mut all = read(tail.clone());
        assert_eq!(all.len(), 250);
        server.asked.set(0);
        while all[0].n > 1 {
            let before = EventQuery {
                before: Some(all[0].n),
                limit: Some(4_000),
                ..EventQuery::default()
            };
            let mut earlier = read(before);
            assert_eq!(earlier.last().unwrap().n, all[0].n - 1);
            earlier.append(&mut all);
            all = earlier;
        }
        for (n, event) in (1..).zip(&all) {
            assert_eq!((event.n, &event.message), (n, &format!("event {n}")));
            assert!(event.detail.as_ref().unwrap().contains(&event.message));
        }
        assert_eq!(all.len() as u64, count);
        if step == 1 {
            assert!(server.asked.get() <= 3, "{}", server.asked.get());
            server.asked.set(0);
            assert_eq!(read(tail), all[all.len() - 250..]);
            assert!(server.asked.get() <= 2, "{}", server.asked.get());
        }
    }
}

#[test]
fn events_that_fit_are_found_from_either_end() {
    for (first, step) in [(1, 1), (7, 13)] {
        let (dagster, _) = server(5500, first, step);
        let filter = EventFilter {
            kinds: vec!["step_fail*".into()],
            ..EventFilter::default()
        };
        let events = |query: EventQuery| {
            let query = EventQuery {
                filter: filter.clone(),
                ..query
            };
            let batch = dagster
                .events("r", &query)
                .now_or_never()
                .unwrap()
                .unwrap()
                .value;
            let numbers: Vec<u64> = batch.events.iter().map(|event| event.n).collect();
            (numbers, batch.has_more)
        };
        let all = EventQuery::default();
        assert_eq!(events(all), (vec![7, 1007, 2007, 3007, 4007, 5007], false));
        let some = EventQuery {
            limit: Some(2),
            after: Some(7),
            ..EventQuery::default()
        };
        assert_eq!(events(some), (vec![1007, 2007], true));
        let last = EventQuery {
            tail: Some(2),
            ..EventQuery::default()
        };
        assert_eq!(events(last).0, [4007, 5007]);
        let before = EventQuery {
            before: Some(4007),
            limit: Some(3),
            ..EventQuery::default()
        };
        assert_eq!(events(before).0, [1007, 2007, 3007]);
        let beginning = EventQuery {
            before: Some(1007),
            limit: Some(3),
            ..EventQuery::default()
        };
        assert_eq!(events(beginning), (vec![7], false));
    }
}
