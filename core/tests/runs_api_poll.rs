//! A Runs API without a stream is asked again and again, and what has changed is told as a stream tells it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod virtual_time;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::runs_api::RunsApi;
use runboard_core::backend::{Backend as _, Topic, Update};
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use virtual_time::{Handle, VirtualClock};

const INFO: &str = r#"{"name":"little","version":"1","vocabulary":{"job":"job","step":"step"},
    "capabilities":{"updates":"poll","logs":"snapshot","events":true}}"#;

/// Answers by path and query; what is not there is a 404.
#[derive(Default)]
struct Server {
    answers: RefCell<HashMap<String, String>>,
    asked: RefCell<Vec<String>>,
}

impl Server {
    fn says(&self, path: &str, body: &str) {
        self.answers.borrow_mut().insert(path.into(), body.into());
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.borrow_mut())
    }
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let path = request.url.strip_prefix("http://h/api/").unwrap();
        self.0.asked.borrow_mut().push(path.into());
        let body = self.0.answers.borrow().get(path).cloned();
        let (status, content_type) = match body.as_deref() {
            None => (404, "application/problem+json"),
            Some("busy") => (503, "application/problem+json"),
            Some(_) => (200, "application/json"),
        };
        let head = Head {
            status,
            content_type: content_type.into(),
            ..Head::default()
        };
        let body = body.unwrap_or_default().into_bytes();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("it has no stream: {}", request.url)
    }
}

/// The source, which has told of itself.
fn source() -> (Rc<Server>, Rc<RunsApi>) {
    let server = Rc::new(Server::default());
    server.says("info", INFO);
    let api = RunsApi::new("http://h/api", Rc::new(Wire(server.clone())));
    assert_eq!(
        api.poll_every(),
        None,
        "before it has told, nothing is known"
    );
    api.info().now_or_never().unwrap().unwrap();
    server.asked();
    (server, Rc::new(api))
}

fn run(status: &str) -> String {
    format!(r#"{{"run":{{"id":"a","job":"etl","status":"{status}"}}}}"#)
}

fn lines(first: u64, last: u64, total: u64) -> String {
    let line = |n| format!(r#"{{"text":"line {n}"}}"#);
    let lines: Vec<String> = (first..=last).map(line).collect();
    format!(
        r#"{{"run":"a","first":{first},"total":{total},"lines":[{}]}}"#,
        lines.join(",")
    )
}

fn events(first: u64, last: u64, has_more: bool) -> String {
    let event = |n| format!(r#"{{"n":{n},"type":"step","text":"event {n}"}}"#);
    let events: Vec<String> = (first..=last).map(event).collect();
    format!(
        r#"{{"run":"a","events":[{}],"has_more":{has_more}}}"#,
        events.join(",")
    )
}

fn described(event: FollowEvent) -> Option<String> {
    let update = match event {
        FollowEvent::Link(Link::Lost { error, .. }) => return Some(format!("lost: {error}")),
        FollowEvent::Link(_) => return None,
        FollowEvent::Update(positioned) => positioned.update,
    };
    Some(match update {
        Update::Runs(runs) => format!(
            "runs {}",
            runs.iter()
                .map(|run| [run.id.as_str(), "=", &run.raw_status].concat())
                .collect::<Vec<_>>()
                .join(" ")
        ),
        Update::Steps { steps, is_all, .. } => format!("{} steps, all: {is_all}", steps.len()),
        Update::Log { batch, .. } => {
            format!("lines {}+{}", batch.first, batch.lines.len())
        }
        Update::Events { events, .. } => format!("events to {}", events.last().unwrap().n),
        Update::Live { .. } => "live".into(),
        Update::Gap { topic, .. } => format!("gap {topic:?}"),
        Update::End { .. } => "end".into(),
        other => format!("{other:?}"),
    })
}

/// Follows a topic for so many seconds; what was told, with the seconds at which it was.
fn told(
    api: &Rc<RunsApi>,
    topic: Topic,
    seconds: u64,
    mut at: impl FnMut(u64),
) -> Vec<(u64, String)> {
    let clock = VirtualClock::new(1);
    let begin = Handle(clock.clone());
    let start = runboard_core::net::Clock::now(&begin);
    let mut told = Vec::new();
    let mut sink = |event| {
        let now = runboard_core::net::Clock::now(&begin);
        let second = (now.since(start).0 / 1_000_000) as u64;
        if let Some(words) = described(event) {
            if words == "live" {
                at(second);
            } else {
                told.push((second, words));
            }
        }
    };
    let work = follow(
        api.clone(),
        Rc::new(Handle(clock.clone())),
        vec![topic],
        Vec::new(),
        FollowOptions::default(),
        &mut sink,
    );
    clock.run(Duration::from_secs(seconds), work);
    told
}

#[test]
fn a_run_is_told_with_what_is_new_alone_until_it_is_over() {
    let (server, api) = source();
    server.says("runs/a", &run("running"));
    server.says(
        "runs/a/steps",
        r#"{"run":"a","steps":[{"key":"load","status":"running"}]}"#,
    );
    server.says("runs/a/logs?tail=500", &lines(8, 9, 9));
    server.says("runs/a/logs?after=9", &lines(10, 11, 12));
    server.says("runs/a/logs?after=11", &lines(12, 12, 12));
    server.says("runs/a/logs?after=12", &lines(13, 12, 12));
    server.says("runs/a/events?tail=500", &events(3, 4, true));
    server.says("runs/a/events?after=4", &events(5, 5, true));
    server.says("runs/a/events?after=5", &events(6, 5, false));
    let other = server.clone();
    let told = told(&api, Topic::Run("a".into()), 60, |second| {
        if second == 5 {
            other.says("runs/a", &run("succeeded"));
        }
    });
    let of = |second: u64| -> Vec<&str> {
        let told = told.iter().filter(|(at, _)| *at == second);
        told.map(|(_, words)| words.as_str()).collect()
    };
    assert_eq!(
        of(0),
        [
            "runs a=running",
            "1 steps, all: true",
            "lines 8+2",
            "events to 4"
        ]
    );
    assert_eq!(
        of(5),
        [
            "runs a=running",
            "1 steps, all: true",
            "lines 10+2",
            "lines 12+1",
            "events to 5"
        ]
    );
    // It is over before its last lines are asked for, so nothing is missed.
    assert_eq!(of(10), ["runs a=succeeded", "1 steps, all: true", "end"]);
    assert_eq!(told.len(), 12, "{told:?}");
    let asked = server.asked();
    let runs = asked.iter().filter(|path| *path == "runs/a").count();
    assert_eq!(
        runs, 3,
        "a run that is over is not asked for again: {asked:?}"
    );
}

#[test]
fn what_cannot_be_asked_for_now_is_asked_for_again_and_what_is_not_there_holds_nothing_up() {
    let (server, api) = source();
    server.says("runs/a", &run("running"));
    server.says("runs/a/steps", "busy");
    let other = server.clone();
    let told = told(&api, Topic::Run("a".into()), 30, |_| {
        other.says("runs/a", &run("failed"));
    });
    let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
    // No step is taken away by an answer that did not come.
    assert!(
        words.iter().all(|words| !words.contains("steps")),
        "{words:?}"
    );
    assert!(
        words.iter().any(|words| words.starts_with("lost")),
        "{words:?}"
    );
    server.says("runs/a/steps", r#"{"run":"a","steps":[]}"#);
    server.says("runs/a", &run("failed"));
    let told = self::told(&api, Topic::Run("a".into()), 30, |_| {});
    let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        ["runs a=failed", "0 steps, all: true", "end"],
        "it has no logs and no events"
    );
}

#[test]
fn no_number_of_a_line_is_too_high() {
    let (server, api) = source();
    server.says("runs/a", &run("failed"));
    let log = r#"{"run":"a","first":18446744073709551615,"lines":[{"text":"x"},{"text":"y"}]}"#;
    server.says("runs/a/logs?tail=500", log);
    let told = told(&api, Topic::Run("a".into()), 30, |_| {});
    assert_eq!(told.last().unwrap().1, "end", "{told:?}");
}

#[test]
fn the_front_of_a_list_is_asked_for_each_time_and_all_of_it_once_a_minute() {
    let (server, api) = source();
    let path = "runs?limit=100";
    server.says(
        path,
        r#"{"runs":[{"id":"a","job":"etl","status":"running"}],"next":"p2"}"#,
    );
    let told = told(&api, Topic::Runs, 119, |_| {});
    let gaps: Vec<u64> = told
        .iter()
        .filter(|(_, words)| words == "gap Some(Runs)")
        .map(|(second, _)| *second)
        .collect();
    assert_eq!(gaps, [55, 115]);
    assert_eq!(server.asked().len(), 24);
    // A list that one answer holds needs no more.
    server.says(
        path,
        r#"{"runs":[{"id":"a","job":"etl","status":"running"}],"next":null}"#,
    );
    let told = self::told(&api, Topic::Runs, 119, |_| {});
    assert!(
        told.iter().all(|(_, words)| words == "runs a=running"),
        "{told:?}"
    );
}
