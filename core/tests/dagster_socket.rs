//! A run's events are pushed over websockets that are cut, blocked, silent or broken: whatever happens to them, each event is told once and in order.
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

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::{Topic, Update};
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::{
    Clock as _, Frame, Head, Request, Response, Socket, StreamResponse, Transport, TransportError,
};
use serde_json::{Value, json};
use virtual_time::{Handle, VirtualClock};

/// What becomes of the sockets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// Each is cut after so many frames.
    Cut(usize),
    Blocked,
    /// They open, and nobody says a word.
    Silent,
    /// They speak another language.
    Foreign,
    /// The server breaks at the fields of this event.
    Broken(i64),
    /// The document is refused.
    Refused,
}

/// A run that logs a line each second for a minute.
struct Server {
    clock: Rc<VirtualClock>,
    start: Timestamp,
    fate: Fate,
    asked: Cell<u32>,
    sockets: Cell<u32>,
    pushed: Cell<i64>,
}

const OVER: i64 = 60;

impl Server {
    fn second(&self) -> i64 {
        let Span(micros) = Handle(self.clock.clone()).now().since(self.start);
        (micros / 1_000_000).min(OVER)
    }

    fn events(&self, from: i64, to: i64) -> Vec<Value> {
        let event = |n: i64| {
            let kind = (n == OVER).then_some("RUN_SUCCESS");
            json!({"__typename": "LogMessageEvent", "timestamp": "1795000000000", "level": "INFO",
                "message": format!("line {n}"), "stepKey": "s", "eventType": kind})
        };
        (from + 1..=to).map(event).collect()
    }

    fn answer(&self, request: &Request) -> (u16, Value) {
        let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        let query = body["query"].as_str().unwrap();
        let to = self.second();
        let status = if to < OVER { "STARTED" } else { "SUCCESS" };
        let end = (to == OVER).then(|| self.start.0 as f64 / 1e6 + OVER as f64);
        let run = json!({"__typename": "Run", "runId": "r", "jobName": "j", "status": status, "endTime": end,
            "stepStats": [], "executionPlan": {"steps": []}});
        if !query.contains("logsForRun") {
            return (200, json!({"data": {"runOrError": run}}));
        }
        let from = place(body["variables"]["c"].as_str());
        if let Fate::Broken(at) = self.fate
            && (from + 1..=to).contains(&at)
            && query.contains("fragment A ")
        {
            let words = "Cannot return null for non-nullable field";
            return (500, json!({"data": null, "errors": [{ "message": words }]}));
        }
        let page = json!({"__typename": "EventConnection", "cursor": format!("c{to}"), "hasMore": false, "events": self.events(from, to)});
        (
            200,
            json!({"data": {"runOrError": run, "logsForRun": page}}),
        )
    }
}

fn place(cursor: Option<&str>) -> i64 {
    let number = cursor.and_then(|cursor| cursor.strip_prefix('c'));
    number.map_or(0, |n| n.parse().unwrap())
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
        let (status, body) = server.answer(&request);
        let head = Head {
            status,
            content_type: "application/json".into(),
            date: Some(Handle(server.clock.clone()).now()),
            ..Head::default()
        };
        let body = body.to_string().into_bytes();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("Dagster has no stream over HTTP")
    }

    fn socket(
        &self,
        url: &str,
        protocols: &[&str],
        tick: Duration,
    ) -> LocalBoxFuture<'static, Result<Socket, TransportError>> {
        assert_eq!(url, "http://h/graphql");
        assert!(protocols.contains(&"graphql-ws"));
        let server = self.0.clone();
        server.sockets.set(server.sockets.get() + 1);
        if server.fate == Fate::Blocked {
            let blocked = TransportError::Unreachable("blocked".into());
            return future::ready(Err(blocked)).boxed_local();
        }
        let heard: Rc<RefCell<Vec<Value>>> = Rc::default();
        let said = heard.clone();
        let socket = Open {
            next_tick: Handle(server.clock.clone())
                .now()
                .plus(Span(tick.as_micros() as i64)),
            server: server.clone(),
            heard,
            taken: 0,
            sent: 0,
            from: None,
            tick,
        };
        future::ready(Ok(Socket {
            protocol: if server.fate == Fate::Foreign {
                "soap"
            } else {
                "graphql-ws"
            }
            .into(),
            send: Box::new(move |text| {
                said.borrow_mut().push(serde_json::from_str(text).unwrap());
            }),
            frames: stream::unfold(socket, |mut socket| async move {
                let frame = socket.next().await?;
                Some((Ok(frame), socket))
            })
            .boxed_local(),
        }))
        .boxed_local()
    }
}

/// A connection as the server has it.
struct Open {
    server: Rc<Server>,
    heard: Rc<RefCell<Vec<Value>>>,
    taken: usize,
    sent: usize,
    from: Option<i64>,
    tick: Duration,
    next_tick: Timestamp,
}

impl Open {
    async fn next(&mut self) -> Option<Frame> {
        let clock = Handle(self.server.clock.clone());
        loop {
            if clock.now() >= self.next_tick {
                self.next_tick = clock.now().plus(Span(self.tick.as_micros() as i64));
                return Some(Frame::Tick);
            }
            if let Some(frame) = self.frame() {
                self.sent += 1;
                if matches!(self.server.fate, Fate::Cut(after) if self.sent > after) {
                    return None;
                }
                return Some(Frame::Text(frame.to_string()));
            }
            clock.sleep(Duration::from_millis(250)).await;
        }
    }

    fn frame(&mut self) -> Option<Value> {
        let heard = self.heard.borrow().get(self.taken).cloned();
        if let Some(frame) = heard.filter(|_| self.server.fate != Fate::Silent) {
            self.taken += 1;
            match frame["type"].as_str().unwrap() {
                "connection_init" => return Some(json!({"type": "connection_ack"})),
                "start" if self.server.fate == Fate::Refused => {
                    return Some(
                        json!({"type": "error", "id": "1", "payload": {"message": "no such field"}}),
                    );
                }
                "start" => self.from = Some(place(frame["payload"]["variables"]["c"].as_str())),
                other => panic!("{other}"),
            }
        }
        let (from, to) = (self.from?, self.server.second());
        if from == to {
            return None;
        }
        self.from = Some(to);
        if matches!(self.server.fate, Fate::Broken(at) if (from + 1..=to).contains(&at)) {
            let errors = json!([{"message": "Cannot return null"}]);
            return Some(
                json!({"type": "data", "id": "1", "payload": {"data": null, "errors": errors}}),
            );
        }
        self.server.pushed.set(self.server.pushed.get() + to - from);
        let news = json!({"__typename": "PipelineRunLogsSubscriptionSuccess", "hasMorePastEvents": false,
            "cursor": format!("c{to}"), "events": self.server.events(from, to)});
        Some(json!({"type": "data", "id": "1", "payload": {"data": {"pipelineRunLogs": news}}}))
    }
}

/// Follows the run to its end and gives what was said beside its lines.
fn followed(fate: Fate) -> (Rc<Server>, Vec<String>) {
    let clock = VirtualClock::new(7);
    let server = Rc::new(Server {
        start: Handle(clock.clone()).now(),
        clock: clock.clone(),
        fate,
        asked: Cell::new(0),
        sockets: Cell::new(0),
        pushed: Cell::new(0),
    });
    let backend = Rc::new(Dagster::new("http://h", Rc::new(Wire(server.clone()))));
    let (mut lines, mut events, mut said, mut ended) = (Vec::new(), Vec::new(), Vec::new(), false);
    let mut sink = |event| match event {
        FollowEvent::Link(Link::Lost { error, .. } | Link::Stopped(error)) => {
            panic!("{fate:?}: {error}")
        }
        FollowEvent::Update(news) => match news.update {
            Update::Log { batch, .. } => {
                let numbered = (batch.first..).zip(batch.lines);
                lines.extend(numbered.map(|(n, line)| (n, line.text)));
            }
            Update::Events { events: more, .. } => events.extend(more.iter().map(|event| event.n)),
            Update::Problem(words) => said.push(words),
            Update::End { .. } => ended = true,
            _ => {}
        },
        FollowEvent::Link(_) => {}
    };
    let topics = vec![Topic::Run("r".into())];
    let handle = Rc::new(Handle(clock.clone()));
    let options = FollowOptions::default();
    let following = follow(backend, handle, topics, Vec::new(), options, &mut sink);
    assert_eq!(
        clock.run(Duration::from_secs(600), following),
        Some(()),
        "{fate:?}"
    );
    let expected: Vec<(u64, String)> = (1..=60).map(|n| (n, format!("line {n}"))).collect();
    assert_eq!(lines, expected, "{fate:?}");
    assert_eq!(events, (1..=60).collect::<Vec<_>>(), "{fate:?}");
    assert!(ended, "{fate:?}");
    (server, said)
}

#[test]
fn a_socket_brings_every_event_and_few_questions_are_asked() {
    let (server, said) = followed(Fate::Cut(usize::MAX));
    assert_eq!(said, [""; 0]);
    assert_eq!(server.sockets.get(), 1);
    assert!(server.pushed.get() >= 59, "{}", server.pushed.get());
    // One reading, one look in 6 s, and some at the end.
    assert!(server.asked.get() <= 20, "{}", server.asked.get());
}

#[test]
fn sockets_that_are_cut_anywhere_lose_nothing_and_double_nothing() {
    for after in 1..24 {
        let (server, said) = followed(Fate::Cut(after));
        assert_eq!(said, [""; 0]);
        // One that breaks off before it is ready is no socket; the others are tried again and again.
        let least = if after < 2 { 1 } else { 2 };
        assert!(
            server.sockets.get() >= least,
            "{after}: {}",
            server.sockets.get()
        );
    }
}

#[test]
fn without_sockets_it_is_asked_again_and_they_are_given_up() {
    for fate in [Fate::Blocked, Fate::Silent, Fate::Foreign] {
        let (server, said) = followed(fate);
        assert_eq!(said, [""; 0]);
        assert_eq!(
            (server.sockets.get(), server.pushed.get()),
            (3, 0),
            "{fate:?}"
        );
        assert!(server.asked.get() >= 20, "{fate:?}: {}", server.asked.get());
    }
    let (server, said) = followed(Fate::Refused);
    assert_eq!(said, ["live events by websocket: no such field"]);
    assert_eq!(server.sockets.get(), 1);
}

#[test]
fn a_chunk_that_the_server_breaks_is_read_with_fewer_fields_and_named() {
    for at in [1, 13, 59] {
        let (server, said) = followed(Fate::Broken(at));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("the server breaks at their own fields"),
            "{said:?}"
        );
        // And what comes behind it is pushed again.
        assert!(server.sockets.get() >= 1 && server.pushed.get() > 30 || at == 59);
    }
}
