//! How the actions of a run are followed, under a clock that jumps: when the stream is opened anew, when the run is over, and what a silent stream becomes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "virtual_time/mod.rs"]
mod virtual_time;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::flyte::{Flyte, Scope};
use runboard_core::backend::{Backend as _, Topic, Update};
use runboard_core::model::{Phase, Timestamp};
use runboard_core::net::{
    Clock as _, Head, Request, Response, StreamResponse, Transport, TransportError,
};
use virtual_time::{Handle, VirtualClock};

/// Frames of one stream, each so many seconds after the one before; nothing comes behind the last one.
type Script = Vec<(u64, String)>;

struct Server {
    clock: Rc<Handle>,
    start: Timestamp,
    /// The phase of the run by its details, from second to second on.
    phases: Vec<(u64, u8)>,
    scripts: RefCell<Vec<Script>>,
    /// When streams were opened, in seconds.
    opened: Rc<RefCell<Vec<u64>>>,
    open: Rc<Cell<usize>>,
    asked: RefCell<Vec<String>>,
}

impl Server {
    fn seconds(&self) -> u64 {
        (self.clock.now().since(self.start).0 / 1_000_000) as u64
    }
}

struct Closing(Rc<Cell<usize>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn framed(text: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend((text.len() as u32).to_be_bytes());
    bytes.extend(text.bytes());
    bytes
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let method = request.url.rsplit('/').next().unwrap().to_string();
        let now = self.0.seconds();
        let phase = self
            .0
            .phases
            .iter()
            .rev()
            .find(|(at, _)| *at <= now)
            .unwrap()
            .1;
        let status = format!(r#""status":{{"phase":{phase}}}"#);
        let body = match method.as_str() {
            "GetRunDetails" => format!(
                r#"{{"details":{{"action":{{"id":{{"run":{{"project":"p","domain":"d","name":"r"}},"name":"a0"}},{status}}}}}}}"#
            ),
            "ListActions" => format!(
                r#"{{"actions":[{{"id":{{"name":"a0"}},{status}}},{{"id":{{"name":"x"}},"metadata":{{"parent":"a0"}},"status":{{"phase":5}}}}]}}"#
            ),
            _ => r#"{"details":{"id":{"name":"x"},"metadata":{"trace":{"name":"fetch"}}}}"#.into(),
        };
        self.0.asked.borrow_mut().push(method);
        let head = Head {
            status: 200,
            content_type: "application/json".into(),
            ..Head::default()
        };
        future::ready(Ok(Response {
            head,
            body: body.into_bytes(),
        }))
        .boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let server = self.0.clone();
        server.opened.borrow_mut().push(server.seconds());
        server.open.set(server.open.get() + 1);
        assert_eq!(server.open.get(), 1, "never two at once");
        let closing = Closing(server.open.clone());
        let mut scripts = server.scripts.borrow_mut();
        let script = if scripts.len() > 1 {
            scripts.remove(0)
        } else {
            scripts[0].clone()
        };
        let state = (script.into_iter(), server.clock.clone(), closing);
        let body = stream::unfold(state, |(mut script, clock, closing)| async move {
            let Some((wait, frame)) = script.next() else {
                return future::pending().await;
            };
            clock.sleep(Duration::from_secs(wait)).await;
            Some((Ok(framed(&frame)), (script, clock, closing)))
        });
        let head = Head {
            status: 200,
            content_type: "application/connect+json".into(),
            ..Head::default()
        };
        let body = body.boxed_local();
        future::ready(Ok(StreamResponse { head, body })).boxed_local()
    }
}

/// A frame: the root with its phase and what it counts, and other actions.
fn frame(root: u8, counts: &str, others: &[(&str, u8)]) -> String {
    let mut actions = vec![format!(
        r#"{{"action":{{"id":{{"name":"a0"}},"status":{{"phase":{root}}}}},"childrenPhaseCounts":{{{counts}}}}}"#
    )];
    for (name, phase) in others {
        actions.push(format!(
            r#"{{"action":{{"id":{{"name":"{name}"}},"metadata":{{"parent":"a0"}},"status":{{"phase":{phase}}}}}}}"#
        ));
    }
    format!(r#"{{"enrichedActions":[{}]}}"#, actions.join(","))
}

struct Outcome {
    opened: Vec<u64>,
    /// When the run's topic ended, in seconds.
    ended: Option<u64>,
    live: Option<u64>,
    problems: Vec<String>,
    phases: Vec<(String, Phase)>,
    asked: Vec<String>,
}

fn follow(phases: &[(u64, u8)], scripts: Vec<Script>, seconds: u64) -> Outcome {
    let clock = VirtualClock::new(1);
    let handle = Rc::new(Handle(clock.clone()));
    let server = Rc::new(Server {
        clock: handle.clone(),
        start: handle.now(),
        phases: phases.to_vec(),
        scripts: RefCell::new(scripts),
        opened: Rc::default(),
        open: Rc::default(),
        asked: RefCell::default(),
    });
    let wire = Rc::new(Wire(server.clone()));
    let flyte = Flyte::new("./proxy/flyte/", Scope::default(), wire, handle);
    let mut outcome = Outcome {
        opened: Vec::new(),
        ended: None,
        live: None,
        problems: Vec::new(),
        phases: Vec::new(),
        asked: Vec::new(),
    };
    let work = async {
        let mut news = flyte
            .watch(&[Topic::Run("p/d/r".into())], &[])
            .await
            .expect("opened");
        while let Some(next) = news.next().await {
            match next.expect("never lost").update {
                Update::Steps { steps, .. } => {
                    for step in steps {
                        outcome.phases.retain(|(key, _)| *key != step.key);
                        outcome.phases.push((step.key, step.phase));
                    }
                }
                Update::Live { .. } => outcome.live = Some(server.seconds()),
                Update::End { .. } => outcome.ended = Some(server.seconds()),
                Update::Problem(words) | Update::Note(Some(words)) => outcome.problems.push(words),
                _ => {}
            }
        }
    };
    clock.run(Duration::from_secs(seconds), work);
    outcome.opened.clone_from(&server.opened.borrow());
    outcome.asked.clone_from(&server.asked.borrow());
    assert_eq!(server.open.get(), 0, "what was opened is closed");
    outcome
}

#[test]
fn a_run_that_is_over_ends_when_all_has_come() {
    let whole = vec![
        (0, frame(5, r#""5":2"#, &[("x", 5)])),
        (1, frame(5, r#""5":2"#, &[("y", 5)])),
    ];
    let outcome = follow(&[(0, 5)], vec![whole], 100);
    assert_eq!(outcome.opened, [0]);
    assert_eq!((outcome.live, outcome.ended), (Some(2), Some(3)));
    assert_eq!(outcome.problems, [""; 0]);
}

/// The last actions come after the root's end, and the end is believed only when a stream that was opened behind it says the same.
#[test]
fn a_run_that_ends_is_read_once_more() {
    let first = vec![
        (0, frame(4, r#""4":1"#, &[("x", 4)])),
        (10, frame(5, r#""4":1"#, &[])),
        (1, frame(5, r#""5":1"#, &[("x", 5)])),
    ];
    let second = vec![(0, frame(5, r#""5":1"#, &[("x", 5)]))];
    let outcome = follow(&[(0, 4), (10, 5)], vec![first, second], 100);
    assert_eq!(outcome.opened, [0, 13]);
    assert_eq!(outcome.ended, Some(15));
    assert!(outcome.phases.contains(&("x".into(), Phase::Succeeded)));
}

/// News that were lost show in the root's counts long before the stream would be opened anew by its age.
#[test]
fn a_disagreement_opens_the_stream_anew() {
    let lossy = vec![
        (0, frame(4, r#""4":1"#, &[("x", 4)])),
        (5, frame(4, r#""4":0,"5":1"#, &[])),
    ];
    let right = vec![(0, frame(4, r#""5":1"#, &[("x", 5)]))];
    let outcome = follow(&[(0, 4)], vec![lossy, right], 25);
    assert_eq!(outcome.opened, [0, 8]);
    assert!(outcome.phases.contains(&("x".into(), Phase::Succeeded)));
    assert_eq!(outcome.ended, None);
}

/// A server whose root counts wrongly is not asked for ever more.
#[test]
fn a_root_that_always_disagrees_is_asked_ever_more_rarely() {
    let wrong = vec![(0, frame(4, r#""4":3,"5":1"#, &[("x", 4)]))];
    let outcome = follow(&[(0, 4)], vec![wrong], 300);
    let opened = outcome.opened.len();
    assert!((6..=14).contains(&opened), "{:?}", outcome.opened);
}

/// Frames of a large run that come slowly are waited for, longer than a stream may grow old.
#[test]
fn a_slow_snapshot_is_not_broken_off() {
    let counts = r#""5":6"#;
    let mut slow = vec![(0, frame(4, counts, &[]))];
    for name in ["a", "b", "c", "d", "e", "f"] {
        slow.push((8, format!(r#"{{"enrichedActions":[{{"action":{{"id":{{"name":"{name}"}},"status":{{"phase":5}}}}}}]}}"#)));
    }
    let outcome = follow(&[(0, 4)], vec![slow], 49);
    let again = outcome.opened.get(1).copied();
    assert!(
        again.is_none_or(|at| at >= 48),
        "one stream, until all has come: {again:?}"
    );
    assert!(outcome.live >= Some(48), "{:?}", outcome.live);
    assert_eq!(outcome.phases.len(), 7);
}

/// Without a word from anybody a stream is read anew by its age, because the news may be what is lost.
#[test]
fn a_quiet_stream_is_opened_anew_by_its_age() {
    let quiet = vec![(0, frame(4, r#""4":1"#, &[("x", 4)]))];
    let outcome = follow(&[(0, 4)], vec![quiet], 100);
    assert_eq!(outcome.opened, [0, 30, 60, 90]);
}

/// Actions of a run that is over may never end; they are not waited for for ever.
#[test]
fn what_never_ends_is_said() {
    let stuck = vec![(0, frame(7, r#""4":1"#, &[("x", 4)]))];
    let outcome = follow(&[(0, 7)], vec![stuck], 300);
    assert_eq!(outcome.ended, Some(60));
    assert!(
        outcome.problems[0].contains("not all"),
        "{:?}",
        outcome.problems
    );
}

/// A proxy that collects streams: the first frame, which is there at once, does not come.
#[test]
fn a_silent_stream_is_asked_around() {
    let outcome = follow(&[(0, 4), (20, 5)], vec![Vec::new()], 200);
    assert!(
        outcome.problems[0].contains("says nothing"),
        "{:?}",
        outcome.problems
    );
    assert!(outcome.asked.iter().any(|method| method == "ListActions"));
    assert!(outcome.phases.contains(&("x".into(), Phase::Succeeded)));
    assert!(outcome.ended.is_some());
}
