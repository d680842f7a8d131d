//! [`Task`]: work that goes on in the background and ends with its owner.

use std::future::Future;

use futures_util::FutureExt as _;
use futures_util::future::{AbortHandle, abortable};

/// Background work. Dropping it aborts the work, and with it every request that the work waits for.
#[derive(Debug)]
pub struct Task(AbortHandle);

impl Task {
    pub fn spawn(work: impl Future<Output = ()> + 'static) -> Task {
        // Boxed, so that what runs it exists once.
        let (work, handle) = abortable(work.boxed_local());
        // Aborted is the expected way to end.
        spawn(work.map(drop));
        Task(handle)
    }
}

/// Work that ends by itself, whoever asked for it. Boxed for the same reason.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    leptos::task::spawn_local(work.boxed_local());
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
