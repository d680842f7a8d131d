//! A clock that stands still while anything can run, and jumps to the next timer when nothing can: hours pass in moments, and always the
//! same way.

#![allow(clippy::expect_used)]

mod chance;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::Clock;

pub(crate) use chance::Chance;

pub(crate) struct VirtualClock {
    now: Cell<Timestamp>,
    /// Timers that are waited for: number and time.
    timers: RefCell<BTreeMap<u64, Timestamp>>,
    next: Cell<u64>,
    chance: Chance,
}

impl VirtualClock {
    pub(crate) fn new(seed: u64) -> Rc<VirtualClock> {
        let now = Cell::new(Timestamp(1_795_000_000_000_000));
        Rc::new(VirtualClock {
            now,
            timers: RefCell::default(),
            next: Cell::new(0),
            chance: Chance::new(seed),
        })
    }

    fn timer(self: &Rc<VirtualClock>, duration: Duration) -> Timer {
        let number = self.next.get();
        self.next.set(number + 1);
        self.timers.borrow_mut().insert(
            number,
            self.now.get().plus(Span(duration.as_micros() as i64)),
        );
        Timer {
            clock: self.clone(),
            number,
        }
    }

    /// Runs a future to its end, or until the time is over: then `None`.
    pub(crate) fn run<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        let end = self.now.get().plus(Span(limit.as_micros() as i64));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                return Some(value);
            }
            let next = self
                .timers
                .borrow()
                .values()
                .min()
                .copied()
                .expect("something that waits for nothing");
            if next > end {
                self.now.set(end);
                return None;
            }
            self.now.set(self.now.get().max(next));
        }
    }
}

struct Timer {
    clock: Rc<VirtualClock>,
    number: u64,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let due = self.clock.timers.borrow().get(&self.number).copied();
        if due.is_none_or(|due| due <= self.clock.now.get()) {
            self.clock.timers.borrow_mut().remove(&self.number);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clock.timers.borrow_mut().remove(&self.number);
    }
}

/// The clock as the product sees it.
pub(crate) struct Handle(pub(crate) Rc<VirtualClock>);

impl Clock for Handle {
    fn now(&self) -> Timestamp {
        self.0.now.get()
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        self.0.timer(duration).boxed_local()
    }

    fn random(&self) -> f64 {
        (self.0.chance.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
