//! What a Dagster webserver is asked for a run that goes on and for one with many events: which documents, and nothing twice.
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
use futures_util::future::{self, LocalBoxFuture, join5};
use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::dagster::{Dagster, query};
use runboard_core::backend::{Backend as _, Cursor, EventQuery, LogQuery, Topic};
use runboard_core::model::Timestamp;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use serde_json::{Value, json};

/// A run of so many events, as the webserver tells it over SQLite.
struct Told {
    events: Cell<u64>,
    status: &'static str,
    /// Names of the documents, each with the places of events that it asks for.
    asked: RefCell<Vec<String>>,
}

const START: u64 = 1_795_000_000;

impl Told {
    /// The page that `logsForRun` with these arguments gives, and its place.
    fn page(&self, args: &str, variables: &Value) -> (Value, String) {
        let arg = |name: &str| {
            let (_, value) = args.split_once(&format!("{name}:"))?;
            let value = value.split(',').next().unwrap();
            Some(match value.strip_prefix('$') {
                Some(variable) => variables[variable].clone(),
                None => serde_json::from_str(value).unwrap(),
            })
        };
        let total = self.events.get();
        let after = arg("afterCursor").and_then(|value| value.as_str().map(String::from));
        let from = after.map_or(0, |after| read(&after));
        let limit = arg("limit").and_then(|value| value.as_u64()).unwrap();
        let from = from.min(total);
        let to = total.min(from + limit);
        let event = |n: u64| {
            json!({"__typename": "LogMessageEvent", "timestamp": ((START + n) * 1000).to_string(), "level": "INFO", "stepKey": "s",
                "message": format!("line {n}"), "eventType": null})
        };
        let events: Vec<Value> = (from + 1..=to).map(event).collect();
        let page = json!({"__typename": "EventConnection", "cursor": written(to), "hasMore": events.len() as u64 == limit, "events": events});
        (page, format!("{from}+{limit}"))
    }

    fn answer(&self, request: &Request) -> Value {
        let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        let text = body["query"].as_str().unwrap();
        let all = query::all();
        let known = all.iter().find(|(_, document)| document == text);
        let mut name = known.map_or("several", |(name, _)| name).to_string();
        let head = text.split("fragment ").next().unwrap();
        let is_over = self.status != "STARTED";
        let run = json!({"__typename": "Run", "runId": body["variables"]["r"], "jobName": "j", "status": self.status, "creationTime": START, "startTime": START,
            "updateTime": START, "endTime": is_over.then_some(START + self.events.get()),
            "stepKeysToExecute": ["s"], "stepStats": [], "executionPlan": {"steps": [{"key": "s", "inputs": []}]}, "tags": []});
        let mut data = json!({});
        if head.contains("runGroupOrError(") {
            data["runGroupOrError"] =
                json!({"__typename": "RunGroup", "rootRunId": "r", "runs": [run]});
        }
        if head.contains("runOrError(") {
            data["runOrError"] = run;
        }
        let mut rest = head;
        while let Some((before, behind)) = rest.split_once("logsForRun(") {
            let alias = before.strip_suffix(':').map(|before| {
                let at = before.rfind(|letter: char| !letter.is_ascii_alphanumeric());
                &before[at.map_or(0, |at| at + 1)..]
            });
            let (args, behind) = behind.split_once(')').unwrap();
            let (page, place) = self.page(args, &body["variables"]);
            data[alias.unwrap_or("logsForRun")] = page;
            name.extend([" ", &place]);
            rest = behind;
        }
        self.asked.borrow_mut().push(name);
        json!({"data": data})
    }
}

struct Wire(Rc<Told>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let body = self.0.answer(&request).to_string().into_bytes();
        let head = Head {
            status: 200,
            content_type: "application/json".into(),
            // Long after its end, if it has one.
            date: Some(Timestamp((START + 100_000) as i64 * 1_000_000)),
            ..Head::default()
        };
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("nothing is followed here")
    }
}

fn server(events: u64, status: &'static str) -> (Dagster, Rc<Told>) {
    let told = Rc::new(Told {
        events: Cell::new(events),
        status,
        asked: RefCell::default(),
    });
    (Dagster::new("http://h", Rc::new(Wire(told.clone()))), told)
}

impl Told {
    /// The documents since it was last looked.
    fn since(&self) -> Vec<String> {
        self.asked.take()
    }
}

/// As the page does it: what the open overview asks side by side, then the last lines of the log.
fn overview(backend: &Dagster) -> Cursor {
    let all = join5(
        backend.run("r"),
        backend.steps("r"),
        backend.facts("r"),
        backend.assets("r"),
        backend.lineage("r"),
    );
    let (run, steps, facts, assets, family) = all.now_or_never().unwrap();
    assert!(steps.is_ok() && facts.is_ok() && assets.is_ok() && family.is_ok());
    assert_eq!(run.unwrap().value.id, "r");
    let tail = LogQuery {
        tail: Some(20),
        ..LogQuery::default()
    };
    let log = backend.logs("r", &tail).now_or_never().unwrap().unwrap();
    assert_eq!(log.value.lines.len(), 20);
    log.cursor.unwrap()
}

fn follow(backend: &Dagster, from: &Cursor) {
    let news = backend.watch(&[Topic::Run("r".into())], std::slice::from_ref(from));
    let news = news.now_or_never().unwrap().unwrap();
    // What is pushed behind it has a socket of its own.
    let _ = news.take(2).collect::<Vec<_>>().now_or_never();
}

fn events(backend: &Dagster, count: u64) {
    let tail = EventQuery {
        tail: Some(200),
        ..EventQuery::default()
    };
    let events = backend.events("r", &tail).now_or_never().unwrap().unwrap();
    let last = events.value.events.last().map(|event| event.n);
    assert_eq!(last, Some(count));
}

fn stats(backend: &Dagster) {
    let stats = backend.stats("r").now_or_never().unwrap().unwrap();
    assert!(stats.value.assets.is_some());
}

#[test]
fn a_run_that_goes_on_takes_one_document_to_open_and_one_for_all_its_news() {
    let (backend, told) = server(56, "STARTED");
    let from = overview(&backend);
    assert_eq!(told.since(), ["page 0+250"]);
    // The other tabs take what has come.
    stats(&backend);
    events(&backend, 56);
    assert_eq!(told.since(), [""; 0]);
    follow(&backend, &from);
    assert_eq!(told.since(), ["news 56+1000"]);
    // What has moved is asked for again, from where it had come to.
    told.events.set(60);
    follow(&backend, &from);
    stats(&backend);
    events(&backend, 60);
    assert_eq!(told.since(), ["news 56+1000", "page 0+250"]);
}

#[test]
fn events_of_a_long_run_are_looked_through_once_and_then_from_where_they_had_ended() {
    let assets = [0, 1000, 2000, 3000].map(|at| format!("events-assets {at}+1000"));
    for status in ["STARTED", "SUCCESS"] {
        let (backend, told) = server(3000, status);
        let from = overview(&backend);
        let mut first = vec!["page 0+250".to_string()];
        first.extend(assets.clone());
        first.push("events-lean 2980+1000".into());
        assert_eq!(told.since(), first, "{status}");
        follow(&backend, &from);
        assert_eq!(told.since(), ["news 3000+1000"], "{status}");
        stats(&backend);
        events(&backend, 3000);
        let after = told.since();
        match status {
            "STARTED" => assert_eq!(after, ["events-assets 3000+1000", "events 2800+1000"]),
            _ => assert_eq!(after, ["events 2800+1000"]),
        }
        // Opened once more: of what is over its family alone may have changed.
        overview(&backend);
        let again = told.since();
        let counted = |name: &str| again.iter().filter(|one| one.starts_with(name)).count();
        assert_eq!(counted("page-alone"), 1, "{again:?}");
        assert_eq!(
            counted("events-assets"),
            usize::from(status == "STARTED"),
            "{again:?}"
        );
        assert_eq!(again.len() - counted("events-assets"), 2, "{again:?}");
    }
}

#[test]
fn why_a_long_run_failed_is_looked_for_in_its_last_events_and_its_end_once() {
    let (backend, told) = server(3000, "FAILURE");
    overview(&backend);
    let asked = told.since();
    let names: Vec<&str> = asked
        .iter()
        .map(|one| one.split(' ').next().unwrap())
        .collect();
    let (lean, assets) = (["events-lean"; 3], ["events-assets"; 4]);
    assert_eq!(
        names,
        [
            &["page", "several", "several", "events-files"][..],
            &lean,
            &assets,
            &lean[..1]
        ]
        .concat(),
        "{asked:?}"
    );
    stats(&backend);
    assert_eq!(told.since(), [""; 0]);
}

/// The details of so many runs are kept (`KEPT` in `kept.rs`).
#[test]
fn of_runs_that_are_over_the_last_24_are_kept_and_the_oldest_goes_first() {
    let (backend, told) = server(56, "SUCCESS");
    let open = |n: u32| {
        let run = backend.run(&format!("r{n}")).now_or_never().unwrap();
        assert_eq!(run.unwrap().value.id, format!("r{n}"));
        told.since().len()
    };
    for n in 0..24 {
        assert_eq!(open(n), 1, "r{n}");
    }
    for n in 0..24 {
        assert_eq!(open(n), 0, "r{n} is kept");
    }
    assert_eq!(open(24), 1);
    for n in 1..=24 {
        assert_eq!(open(n), 0, "r{n} is kept still");
    }
    assert_eq!(open(0), 1, "the oldest is not");
}
