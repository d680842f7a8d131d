//! A webserver that gives what was recorded of a real one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::dagster::Dagster;
use runboard_core::model::Timestamp;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};

/// Gives its answers in turn, the last one for ever, and remembers what was asked.
#[derive(Default)]
pub(crate) struct Canned {
    answers: RefCell<VecDeque<(u16, &'static str, Vec<u8>)>>,
    pub(crate) asked: RefCell<Vec<Request>>,
    /// Its answers are on their way for a while: as often as this they are not there yet.
    pub(crate) waits: Cell<u8>,
}

impl Transport for Canned {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        self.asked.borrow_mut().push(request);
        assert!(self.asked.borrow().len() < 200, "it asks for ever");
        let mut answers = self.answers.borrow_mut();
        let (status, kind, body) = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        let head = Head {
            status,
            content_type: kind.into(),
            date: Timestamp::parse("2026-11-21T08:40:00Z"),
            ..Head::default()
        };
        let mut left = self.waits.get();
        let way = future::poll_fn(move |_| match left.checked_sub(1) {
            Some(less) => {
                left = less;
                Poll::Pending
            }
            None => Poll::Ready(()),
        });
        let answer = Ok(Response { head, body });
        way.map(move |()| answer).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("nothing is followed here")
    }
}

pub(crate) const JSON: &str = "application/json";

pub(crate) fn dagster(answers: &[(u16, &'static str, &[u8])]) -> (Dagster, Rc<Canned>) {
    let canned = Rc::new(Canned::default());
    let answers = answers
        .iter()
        .map(|(status, kind, body)| (*status, *kind, body.to_vec()));
    canned.answers.borrow_mut().extend(answers);
    (Dagster::new("http://h/dg/graphql", canned.clone()), canned)
}

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/fixture/dagster/", $name, ".json"))
    };
}

pub(crate) use fixture;
