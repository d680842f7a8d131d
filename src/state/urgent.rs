//! What is on the screen is read first: what nobody looks at waits meanwhile, for a source answers many questions at once no faster than one by one.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::Duration;

use runboard_core::net::Clock as _;

use super::task;
use crate::browser::clock::BrowserClock;

/// So long a page may take to begin to read what it was opened for.
const PROMISE: Duration = Duration::from_secs(1);

/// How much waits for what is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Somebody sees nothing yet: all else waits.
    First,
    /// Somebody looks at what is there while the rest of it comes: what is read for nobody waits.
    Rest,
}

thread_local! {
    static FIRST: Cell<usize> = const { Cell::new(0) };
    static REST: Cell<usize> = const { Cell::new(0) };
    /// What the page that is being opened will read.
    static PROMISED: RefCell<Option<Urgent>> = const { RefCell::new(None) };
    static WAITING: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}

/// Something that is looked at is being read for as long as this lives.
pub(super) struct Urgent(Need);

fn count(need: Need, by: isize) {
    let count = match need {
        Need::First => &FIRST,
        Need::Rest => &REST,
    };
    count.with(|count| count.set(count.get().saturating_add_signed(by)));
}

impl Urgent {
    pub(super) fn begin(need: Need) -> Urgent {
        count(need, 1);
        Urgent(need)
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        count(self.0, -1);
        WAITING.take().into_iter().for_each(Waker::wake);
    }
}

/// The page that is being opened has something to read at once, and its code may not be here yet: the rest waits for it, if it does not take long.
pub fn promise() {
    PROMISED.set(Some(Urgent::begin(Need::First)));
    task::spawn(async {
        BrowserClock.sleep(PROMISE).await;
        kept();
    });
}

/// It is being read.
pub(super) fn kept() {
    drop(PROMISED.take());
}

/// Whether something is read that somebody looks at.
pub(super) fn is_busy() -> bool {
    FIRST.get() + REST.get() > 0
}

async fn until(is_over: fn() -> bool) {
    poll_fn(|context| match is_over() {
        true => Poll::Ready(()),
        false => {
            WAITING.with_borrow_mut(|waiting| waiting.push(context.waker().clone()));
            Poll::Pending
        }
    })
    .await;
}

/// Until whoever came sees something.
pub(super) async fn seen() {
    until(|| FIRST.get() == 0).await;
}

/// Until nothing is read that somebody looks at.
pub(super) async fn quiet() {
    until(|| !is_busy()).await;
}
