//! An adapter whose code comes late is asked as any other: questions wait for the code, and a source whose code does not load is one that
//! cannot be reached until it does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod virtual_time;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::late::Late;
use runboard_core::backend::registry::{self, Settings};
use runboard_core::backend::runs_api::RunsApi;
use runboard_core::backend::{Backend, BackendError, Topic};
use runboard_core::lazy::NotLoaded;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use virtual_time::{Handle, VirtualClock};

/// Answers everything with an empty object, and remembers what was asked.
#[derive(Default)]
struct Canned(RefCell<Vec<String>>);

impl Transport for Canned {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        self.0.borrow_mut().push(request.url);
        let head = Head {
            status: 200,
            content_type: "application/json".into(),
            ..Head::default()
        };
        let body = br#"{"run":{"id":"r1","job":"etl"}}"#.to_vec();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("nothing is followed here")
    }
}

/// A Runs API whose code does not load the first `failures` times, and how often it was asked for.
fn late(failures: u32) -> (Late, Rc<Canned>, Rc<Cell<u32>>) {
    let canned = Rc::new(Canned::default());
    let asked = Rc::new(Cell::new(0));
    let (transport, count) = (canned.clone(), asked.clone());
    let late = Late::new(None, false, move || {
        count.set(count.get() + 1);
        let opened: Result<Rc<dyn Backend>, NotLoaded> = if count.get() > failures {
            Ok(Rc::new(RunsApi::new("http://h/api/", transport.clone())))
        } else {
            Err(NotLoaded)
        };
        future::ready(opened).boxed_local()
    });
    (late, canned, asked)
}

#[test]
fn the_code_is_fetched_with_the_first_question_and_once() {
    let (late, canned, asked) = late(0);
    assert_eq!(asked.get(), 0, "nothing is fetched before it is needed");
    let run = late.run("r1").now_or_never().unwrap().unwrap();
    assert_eq!(run.value.id, "r1");
    late.run("r2").now_or_never().unwrap().unwrap();
    assert_eq!(asked.get(), 1);
    assert_eq!(
        *canned.0.borrow(),
        ["http://h/api/runs/r1", "http://h/api/runs/r2"]
    );
}

#[test]
fn code_that_does_not_load_is_a_source_that_cannot_be_reached_for_now() {
    let (late, canned, asked) = late(2);
    for _ in 0..2 {
        let error = late.info().now_or_never().unwrap().unwrap_err();
        assert!(
            matches!(&error, BackendError::Unreachable(words) if words.contains("did not load")),
            "{error}"
        );
        assert!(error.is_passing(), "it is asked again");
        assert_eq!(late.log_url("r1"), None);
    }
    assert!(canned.0.borrow().is_empty());
    assert!(late.run("r1").now_or_never().unwrap().is_ok());
    assert_eq!(asked.get(), 3);
    assert!(late.log_url("r1").is_some());
}

#[test]
fn what_is_said_of_a_kind_before_its_code_is_there_is_what_its_code_says() {
    let log = Topic::Log {
        run: "r".into(),
        step: String::new(),
        attempt: None,
    };
    let topics = [Topic::Run("r".into()), log];
    let said = |backend: &dyn Backend| {
        let streams = [backend.streams(&topics), backend.streams(&topics[..1])];
        (backend.poll_every(), backend.tells_of_steps(), streams)
    };
    for kind in registry::KINDS {
        let settings = Settings::default();
        let (transport, clock) = (Rc::new(Canned::default()), VirtualClock::new(1));
        let handle = Rc::new(Handle(clock.clone()));
        let backend = registry::open(kind, "http://h/api/", &settings, transport, handle);
        let backend = backend.unwrap();
        let before = said(backend.as_ref());
        clock.run(Duration::ZERO, backend.warm()).unwrap();
        assert_eq!(said(backend.as_ref()), before, "{kind}");
    }
}
