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
        leptos::task::spawn_local(async move {
            // Aborted is the expected way to end.
            let _ = work.await;
        });
        Task(handle)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
