//! A Flyte source whose server answers every question with the same bytes.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::flyte::{Flyte, Scope};
use runboard_core::model::Timestamp;
use runboard_core::net::{
    Clock, Head, Request, Response, StreamResponse, Transport, TransportError,
};

/// What is answered: to questions, and to those that ask for a stream.
#[derive(Clone)]
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) stream_kind: &'static str,
    pub(crate) frames: Vec<Vec<u8>>,
}

impl Canned {
    pub(crate) fn json(status: u16, body: &[u8]) -> Canned {
        Canned {
            status,
            kind: "application/json",
            body: body.to_vec(),
            stream_kind: "application/connect+json",
            frames: vec![framed(0, body), framed(2, b"{}")],
        }
    }
}

/// One envelope.
pub(crate) fn framed(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![flags];
    bytes.extend((payload.len() as u32).to_be_bytes());
    bytes.extend(payload);
    bytes
}

impl Transport for Canned {
    fn send(
        &self,
        _: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let head = Head {
            status: self.status,
            content_type: self.kind.into(),
            ..Head::default()
        };
        let body = self.body.clone();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let head = Head {
            status: self.status,
            content_type: self.stream_kind.into(),
            ..Head::default()
        };
        let body = stream::iter(self.frames.clone().into_iter().map(Ok)).boxed_local();
        future::ready(Ok(StreamResponse { head, body })).boxed_local()
    }
}

/// Time that never passes.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_000_000_000_000)
    }

    fn sleep(&self, _: Duration) -> LocalBoxFuture<'static, ()> {
        future::pending().boxed_local()
    }

    fn random(&self) -> f64 {
        0.5
    }
}

pub(crate) fn flyte(canned: Canned) -> Flyte {
    Flyte::new(
        "./proxy/f/",
        Scope::default(),
        Rc::new(canned),
        Rc::new(Still),
    )
}
