//! How a source is followed when it refuses, hangs, falls silent, forgets or has no more to say, under a clock that jumps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod virtual_net;
mod virtual_time;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link};
use runboard_core::backend::{BackendError, Topic, Update};
use runboard_core::net::{Clock, Request, StreamResponse};
use virtual_net::{Answer, Serve, head, refused, status};
use virtual_time::{Handle, VirtualClock};

/// What the server does with one request. After the last one it hangs.
enum Act {
    Refuse,
    Hang,
    Status(u16, Option<&'static str>),
    /// Pieces of the body, each after so many seconds, and whether the connection is then closed.
    Body(Vec<(u64, &'static str)>, bool),
}

struct Script {
    clock: Rc<VirtualClock>,
    acts: RefCell<VecDeque<Act>>,
    asked: RefCell<Vec<String>>,
    open: Cell<i32>,
}

/// Counts a body as open for as long as it lives.
struct Open(Rc<Script>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}

impl Serve for Script {
    fn answer(self: Rc<Script>, request: Request) -> Answer {
        self.asked
            .borrow_mut()
            .push(request.url.rsplit_once('/').unwrap().1.to_string());
        let act = self.acts.borrow_mut().pop_front().unwrap_or(Act::Hang);
        let (pieces, closes) = match act {
            Act::Refuse => return refused(),
            Act::Hang => return future::pending().boxed_local(),
            Act::Status(code, wait) => return status(code, wait),
            Act::Body(pieces, closes) => (pieces, closes),
        };
        self.open.set(self.open.get() + 1);
        let open = Open(self);
        let body = stream::iter(pieces).then(move |(seconds, piece)| {
            let pause = Handle(open.0.clock.clone()).sleep(Duration::from_secs(seconds));
            async move {
                pause.await;
                Ok(piece.as_bytes().to_vec())
            }
        });
        let end = if closes {
            stream::empty().boxed_local()
        } else {
            stream::pending().boxed_local()
        };
        let body = body.chain(end).boxed_local();
        let head = head(200);
        future::ready(Ok(StreamResponse { head, body })).boxed_local()
    }
}

struct Outcome {
    /// What was told, each with the seconds since the beginning.
    told: Vec<(f64, String)>,
    asked: Vec<String>,
    ended: bool,
    open: i32,
}

fn run(topics: &[Topic], after: &[&str], once: bool, seconds: u64, acts: Vec<Act>) -> Outcome {
    let clock = VirtualClock::new(1);
    let script = Rc::new(Script {
        clock: clock.clone(),
        acts: RefCell::new(acts.into()),
        asked: RefCell::default(),
        open: Cell::new(0),
    });
    let start = Handle(clock.clone()).now();
    let mut told = Vec::new();
    let time = Handle(clock.clone());
    let mut sink = |event| {
        let words = match event {
            FollowEvent::Link(Link::Lost {
                error,
                retry_in,
                attempt,
            }) => {
                let kind = match error {
                    BackendError::Unreachable(_) => "unreachable",
                    BackendError::Timeout => "timeout",
                    BackendError::Busy { .. } => "busy",
                    BackendError::NotFound(_) => "not found",
                    ref denied if denied.is_denied() => "denied",
                    ref other => panic!("{other}"),
                };
                format!("lost {attempt} {kind} {}", retry_in.as_secs())
            }
            FollowEvent::Link(Link::Stopped(error)) => format!("stopped: {error}"),
            FollowEvent::Link(link) => format!("{link:?}").to_ascii_lowercase(),
            FollowEvent::Update(news) => match news.update {
                Update::Beat => return,
                Update::Live { .. } => "update live".into(),
                Update::End { topic } => format!("end {topic:?}"),
                Update::Removed(ids) => format!("removed {}", ids.join(" ")),
                Update::Gap { topic, .. } => format!("gap {topic:?}"),
                other => panic!("{other:?}"),
            },
        };
        told.push((time.now().since(start).as_seconds(), words));
    };
    let options = FollowOptions {
        once,
        ..FollowOptions::default()
    };
    let limit = Duration::from_secs(seconds);
    let served = script.clone();
    let ended =
        virtual_net::run(&clock, served, topics, after, options, limit, &mut sink).is_some();
    Outcome {
        told,
        asked: script.asked.take(),
        ended,
        open: script.open.get(),
    }
}

impl Outcome {
    fn words(&self) -> Vec<&str> {
        self.told.iter().map(|(_, words)| words.as_str()).collect()
    }

    /// When the first such thing was told.
    fn at(&self, start: &str) -> f64 {
        self.told
            .iter()
            .find(|(_, words)| words.starts_with(start))
            .map(|(at, _)| *at)
            .unwrap_or_else(|| panic!("no {start} in {:?}", self.told))
    }
}

const LIVE: &str = "id: c7\nevent: live\ndata: {}\n\n";

fn removed() -> Act {
    Act::Body(
        vec![(
            0,
            "id: c1\nevent: removed\ndata: {\"ids\":[\"a\"]}\n\nid: c2\nevent: removed\ndata: {\"id",
        )],
        true,
    )
}

fn run_topic() -> [Topic; 1] {
    [Topic::Run("r1".into())]
}

#[test]
fn a_connection_goes_on_where_the_last_whole_event_ended() {
    let outcome = run(
        &[Topic::Runs],
        &["a1", "b2"],
        false,
        60,
        vec![removed(), Act::Refuse, Act::Body(vec![(0, LIVE)], false)],
    );
    assert_eq!(
        outcome.asked[..3],
        [
            "stream?topic=runs&after=a1&after=b2",
            "stream?topic=runs&after=c1",
            "stream?topic=runs&after=c1"
        ]
    );
    let words = outcome.words();
    assert_eq!(words[..3], ["connecting", "open", "removed a"]);
    assert!(
        words[3].starts_with("lost 1 unreachable") && words[5].starts_with("lost 2 unreachable"),
        "{words:?}"
    );
    assert_eq!(words[6..9], ["connecting", "open", "update live"]);
    assert!(outcome.told[4].0 >= 1.0 && outcome.told[6].0 - outcome.told[4].0 >= 1.0);
    assert_eq!(outcome.open, 0, "the last body was dropped with the future");
}

#[test]
fn a_silent_connection_is_dead_after_two_and_a_half_heartbeats() {
    let beats = vec![(4, ":\n\n"), (12, ":\n\n"), (12, LIVE)];
    let outcome = run(
        &[Topic::Runs],
        &[],
        false,
        50,
        vec![Act::Body(beats, false)],
    );
    assert_eq!(outcome.at("live"), 28.0);
    assert_eq!(outcome.at("lost 1 timeout"), 40.5);
    assert_eq!(outcome.asked[1], "stream?topic=runs&after=c7");
}

#[test]
fn a_connection_that_does_not_answer_is_given_up_after_ten_seconds() {
    let outcome = run(&[Topic::Runs], &[], false, 15, vec![Act::Hang]);
    assert_eq!(outcome.at("lost 1 timeout"), 10.0);
}

#[test]
fn a_server_that_asks_for_time_gets_it_and_one_that_denies_is_asked_twice_a_minute() {
    let outcome = run(
        &[Topic::Runs],
        &[],
        false,
        700,
        vec![
            Act::Status(503, Some("90")),
            Act::Status(429, Some("3600")),
            Act::Hang,
        ],
    );
    assert_eq!(
        (outcome.at("lost 1 busy 90"), outcome.at("lost 2 busy 600")),
        (0.0, 90.0)
    );
    let outcome = run(
        &[Topic::Runs],
        &["c1"],
        false,
        70,
        vec![
            Act::Status(401, None),
            Act::Status(403, None),
            Act::Body(vec![(0, LIVE)], false),
        ],
    );
    assert_eq!(
        (
            outcome.at("lost 1 denied 30"),
            outcome.at("lost 2 denied 30"),
            outcome.at("live")
        ),
        (0.0, 30.0, 60.0)
    );
    assert!(outcome.asked.iter().all(|url| url.ends_with("after=c1")));
}

#[test]
fn what_is_not_there_ends_it_and_a_forgotten_place_is_a_gap_first() {
    let outcome = run(&run_topic(), &[], false, 60, vec![Act::Status(404, None)]);
    assert!(
        outcome.ended && outcome.words()[1].starts_with("stopped: not found"),
        "{:?}",
        outcome.told
    );
    let outcome = run(
        &run_topic(),
        &["old"],
        false,
        60,
        vec![Act::Status(410, None), Act::Body(vec![(0, LIVE)], false)],
    );
    assert_eq!(outcome.words()[1], "gap None");
    assert_eq!(
        outcome.asked[..2],
        ["stream?topic=run%3Ar1&after=old", "stream?topic=run%3Ar1"]
    );
    assert_eq!(outcome.words()[3..6], ["connecting", "open", "update live"]);
    let outcome = run(&[Topic::Runs], &[], false, 60, vec![Act::Status(501, None)]);
    assert!(outcome.ended && outcome.words()[1].starts_with("stopped: not possible"));
}

#[test]
fn it_ends_when_all_runs_have_ended_and_goes_on_while_the_list_is_followed() {
    const END_1: &str = "event: end\ndata: {\"topic\":\"run:r1\"}\n\n";
    const END_2: &str = "event: end\ndata: {\"topic\":\"run:r2\"}\n\n";
    let two = [Topic::Run("r1".into()), Topic::Run("r2".into())];
    let outcome = run(
        &two,
        &[],
        false,
        60,
        vec![
            Act::Body(vec![(0, END_1)], true),
            Act::Body(vec![(0, END_2)], false),
        ],
    );
    assert!(outcome.ended && outcome.open == 0);
    assert_eq!(
        outcome.asked,
        [
            "stream?topic=run%3Ar1&topic=run%3Ar2",
            "stream?topic=run%3Ar2"
        ]
    );
    let outcome = run(
        &[Topic::Runs, Topic::Run("r1".into())],
        &[],
        false,
        60,
        vec![Act::Body(vec![(0, END_1)], false)],
    );
    assert!(!outcome.ended);
    assert_eq!(outcome.asked[1], "stream?topic=runs");
}

#[test]
fn a_poll_reads_once_up_to_now() {
    let outcome = run(
        &[Topic::Runs],
        &[],
        true,
        60,
        vec![removed(), Act::Body(vec![(0, LIVE), (5, LIVE)], false)],
    );
    assert!(outcome.ended && outcome.open == 0);
    assert_eq!(outcome.words().last(), Some(&"live"));
    assert_eq!(outcome.asked.len(), 2);
}
