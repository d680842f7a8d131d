//! How many streams a page has open at a server: browsers allow six connections to an origin, for all pages together, and streams keep theirs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::model::{Span, Timestamp};
use crate::net::Clock;

/// A run's tree and a log, or the list and what is asked by a stream.
const MOST: usize = 2;
/// What was closed here may be open for the server so long: nobody tells when it has noticed.
const CLOSING: Span = Span(150_000);
/// A stream waits in steps of this for its turn.
const STEP: Duration = Duration::from_millis(30);

/// Streams that are open, and when others were closed a moment ago.
#[derive(Default)]
pub(super) struct Streams {
    open: Cell<usize>,
    closing: RefCell<Vec<Timestamp>>,
}

/// A stream's place among those that are open; dropped with it.
pub(super) struct Slot {
    streams: Rc<Streams>,
    clock: Rc<dyn Clock>,
}

impl Streams {
    fn count(&self, now: Timestamp) -> usize {
        let mut closing = self.closing.borrow_mut();
        // A clock that was set back ends the wait too.
        closing.retain(|at| (0..CLOSING.0).contains(&(now.0.saturating_sub(at.0))));
        self.open.get() + closing.len()
    }

    /// A place for one more, when there is one: an old stream is closed before a new one is opened.
    pub(super) async fn slot(self: Rc<Streams>, clock: Rc<dyn Clock>) -> Slot {
        while self.count(clock.now()) >= MOST {
            clock.sleep(STEP).await;
        }
        self.open.set(self.open.get() + 1);
        Slot {
            streams: self,
            clock,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let streams = &self.streams;
        streams.open.set(streams.open.get().saturating_sub(1));
        streams.closing.borrow_mut().push(self.clock.now());
    }
}
