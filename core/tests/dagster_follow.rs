//! A webserver without a stream is followed by asking again: in a steady beat, without a lost line, and never as if a connection had died.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod virtual_time;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::{Topic, Update};
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::{
    Clock as _, Head, Request, Response, StreamResponse, Transport, TransportError,
};
use serde_json::{Value, json};
use virtual_time::{Handle, VirtualClock};

/// A run that logs a line each second for a minute; the webserver is away from the 20th to the 40th.
struct Server {
    clock: Rc<VirtualClock>,
    start: Timestamp,
    asked: Cell<u32>,
    cursors: RefCell<Vec<String>>,
}

const OVER: i64 = 60;

impl Server {
    fn second(&self) -> i64 {
        let Span(micros) = Handle(self.clock.clone()).now().since(self.start);
        micros / 1_000_000
    }

    fn answer(&self, request: &Request) -> Value {
        let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        assert!(!body["query"].as_str().unwrap().starts_with("mutation"));
        let cursor = body["variables"]["c"].as_str().unwrap_or("").to_string();
        let from: i64 = cursor.strip_prefix('c').map_or(0, |n| n.parse().unwrap());
        self.cursors.borrow_mut().push(cursor);
        let to = self.second().min(OVER);
        let events: Vec<Value> = (from..to)
            .map(|n| {
                json!({"__typename": "LogMessageEvent", "timestamp": "1795000000000", "level": "INFO",
                    "message": format!("line {}", n + 1), "stepKey": "s", "eventType": null})
            })
            .collect();
        let status = if to < OVER { "STARTED" } else { "SUCCESS" };
        let end = (to == OVER).then(|| self.start.0 as f64 / 1e6 + OVER as f64);
        json!({"data": {
            "runOrError": {"__typename": "Run", "runId": "r", "jobName": "j", "status": status, "endTime": end,
                "stepStats": [], "executionPlan": {"steps": []}},
            "logsForRun": {"__typename": "EventConnection", "cursor": format!("c{to}"), "hasMore": false, "events": events}
        }})
    }
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let server = &self.0;
        server.asked.set(server.asked.get() + 1);
        if (20..40).contains(&server.second()) {
            let refused = TransportError::Unreachable("refused".into());
            return future::ready(Err(refused)).boxed_local();
        }
        let head = Head {
            status: 200,
            content_type: "application/json".into(),
            date: Some(Handle(server.clock.clone()).now()),
            ..Head::default()
        };
        let body = server.answer(&request).to_string().into_bytes();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("Dagster has no stream over HTTP")
    }
}

#[test]
fn a_run_is_followed_by_asking_again() {
    let clock = VirtualClock::new(7);
    let start = Handle(clock.clone()).now();
    let server = Rc::new(Server {
        clock: clock.clone(),
        start,
        asked: Cell::new(0),
        cursors: RefCell::default(),
    });
    let backend = Rc::new(Dagster::new("http://h", Rc::new(Wire(server.clone()))));
    let (mut lines, mut lost, mut ended) = (Vec::new(), Vec::new(), false);
    let seen = server.clone();
    let mut sink = |event| match event {
        FollowEvent::Link(Link::Lost { .. } | Link::Stopped(_)) => lost.push(seen.second()),
        FollowEvent::Update(news) => match news.update {
            Update::Log { batch, .. } => {
                let numbered = (batch.first..).zip(batch.lines);
                lines.extend(numbered.map(|(n, line)| (n, line.text)));
            }
            Update::End { .. } => ended = true,
            _ => {}
        },
        FollowEvent::Link(_) => {}
    };
    let following = follow(
        backend,
        Rc::new(Handle(clock.clone())),
        vec![Topic::Run("r".into())],
        Vec::new(),
        FollowOptions::default(),
        &mut sink,
    );
    assert_eq!(clock.run(Duration::from_secs(600), following), Some(()));
    let expected: Vec<(u64, String)> = (1..=60).map(|n| (n, format!("line {n}"))).collect();
    assert_eq!(lines, expected);
    assert!(ended && !lost.is_empty());
    assert!(
        lost.iter().all(|second| (20..40).contains(second)),
        "{lost:?}"
    );
    // Asked every 2 s while all is well, and less often while it is down.
    assert!(
        (25..60).contains(&server.asked.get()),
        "{}",
        server.asked.get()
    );
    assert_eq!(server.cursors.borrow()[0], "");
}
