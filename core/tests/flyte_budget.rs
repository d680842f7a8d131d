//! However much is followed at once, a Flyte server sees two streams of a page at most: browsers allow six connections to an origin, for all pages
//! together.
#![allow(clippy::unwrap_used, reason = "tests")]

mod virtual_time;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::Topic;
use runboard_core::backend::flyte::{Flyte, Scope};
use runboard_core::backend::follow::{FollowOptions, follow};
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use virtual_time::{Handle, VirtualClock};

/// A server without runs, whose streams never end; how many are open now, how many were at most, and how many there ever were.
#[derive(Clone, Default)]
struct Counting(Rc<[Cell<i32>; 3]>);

/// An open stream.
struct Open(Counting);

impl Drop for Open {
    fn drop(&mut self) {
        let [now, ..] = &*self.0.0;
        now.set(now.get() - 1);
    }
}

impl Counting {
    fn head(kind: &str) -> Head {
        Head {
            status: 200,
            content_type: kind.into(),
            ..Head::default()
        }
    }
}

impl Transport for Counting {
    fn send(
        &self,
        _: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let head = Counting::head("application/json");
        let body = b"{}".to_vec();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let [now, most, all] = &*self.0;
        now.set(now.get() + 1);
        most.set(most.get().max(now.get()));
        all.set(all.get() + 1);
        let open = Open(self.clone());
        let body = stream::pending().map(move |()| {
            let _ = &open;
            Ok(Vec::new())
        });
        let head = Counting::head("application/connect+json");
        let body = body.boxed_local();
        future::ready(Ok(StreamResponse { head, body })).boxed_local()
    }
}

#[test]
fn a_third_stream_waits_until_another_one_is_closed() {
    let (clock, server) = (VirtualClock::new(1), Counting::default());
    let handle = Rc::new(Handle(clock.clone()));
    let transport = Rc::new(server.clone());
    let backend = Rc::new(Flyte::new(
        "./proxy/f/",
        Scope::default(),
        transport,
        handle.clone(),
    ));
    let mut following: Vec<LocalBoxFuture<'_, ()>> = (0..3)
        .map(|_| {
            let (backend, handle) = (backend.clone(), handle.clone());
            async move {
                let sink = &mut |_| {};
                let options = FollowOptions::default();
                follow(
                    backend,
                    handle,
                    vec![Topic::Runs],
                    Vec::new(),
                    options,
                    sink,
                )
                .await;
            }
            .boxed_local()
        })
        .collect();
    let few = Duration::from_secs(10);
    clock.run(few, future::join_all(following.iter_mut()));
    let [now, most, all] = &*server.0;
    assert_eq!((now.get(), most.get(), all.get()), (2, 2, 2));
    drop(following.remove(0));
    clock.run(few, future::join_all(following.iter_mut()));
    assert_eq!((now.get(), most.get(), all.get()), (2, 2, 3));
}
