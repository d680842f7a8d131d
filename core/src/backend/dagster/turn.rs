//! One at a time, of those that would hold each other up.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

#[derive(Default)]
pub(super) struct Turns {
    is_taken: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

/// Others wait for as long as this lives.
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    pub(super) async fn wait(&self) -> Turn<'_> {
        poll_fn(|context| match self.is_taken.replace(true) {
            false => Poll::Ready(()),
            true => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.is_taken.set(false);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// Lets others go on who can.
pub(super) async fn give_way() {
    let mut is_over = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
