//! A server in memory behind the real adapter, followed under the clock that jumps.

#![allow(clippy::panic)]

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::follow::{FollowEvent, FollowOptions, follow};
use runboard_core::backend::runs_api::RunsApi;
use runboard_core::backend::{Cursor, Topic};
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};

use crate::virtual_time::{Handle, VirtualClock};

/// What is sent back on a request for the stream.
pub(crate) type Answer = LocalBoxFuture<'static, Result<StreamResponse, TransportError>>;

/// A server of which only the stream is asked.
pub(crate) trait Serve {
    fn answer(self: Rc<Self>, request: Request) -> Answer;
}

struct Wire<S>(Rc<S>);

impl<S: Serve> Transport for Wire<S> {
    fn send(
        &self,
        _: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        panic!("only the stream is asked for")
    }

    fn stream(&self, request: Request) -> Answer {
        self.0.clone().answer(request)
    }
}

/// The head of a stream.
pub(crate) fn head(status: u16) -> Head {
    Head {
        status,
        content_type: "text/event-stream".into(),
        ..Head::default()
    }
}

/// The connection is refused.
pub(crate) fn refused() -> Answer {
    future::ready(Err(TransportError::Unreachable("refused".into()))).boxed_local()
}

/// A status without a body.
pub(crate) fn status(status: u16, retry_after: Option<&str>) -> Answer {
    let head = Head {
        retry_after: retry_after.map(String::from),
        ..head(status)
    };
    let body = stream::empty().boxed_local();
    future::ready(Ok(StreamResponse { head, body })).boxed_local()
}

/// Follows `topics` of the server for at most `limit`; `None` when that was not the end.
pub(crate) fn run<S: Serve + 'static>(
    clock: &Rc<VirtualClock>,
    server: Rc<S>,
    topics: &[Topic],
    after: &[&str],
    options: FollowOptions,
    limit: Duration,
    sink: &mut dyn FnMut(FollowEvent),
) -> Option<()> {
    let wire = Rc::new(Wire(server));
    let backend = Rc::new(RunsApi::new("http://server.example/api/", wire));
    let handle = Rc::new(Handle(clock.clone()));
    let after = after
        .iter()
        .map(|cursor| Cursor((*cursor).into()))
        .collect();
    let following = follow(backend, handle, topics.to_vec(), after, options, sink);
    clock.run(limit, following)
}
