//! What is on the screen is read first: what nobody looks at waits meanwhile, for a source answers many questions at once no faster than one by one.

use std::cell::Cell;
use std::time::Duration;

use runboard_core::net::Clock as _;

use crate::browser::clock::BrowserClock;

/// How often who waits looks again.
const LOOK: Duration = Duration::from_millis(50);

thread_local! {
    static READING: Cell<usize> = const { Cell::new(0) };
}

/// Something that is looked at is being read for as long as this lives.
pub(super) struct Urgent(());

impl Urgent {
    pub(super) fn begin() -> Urgent {
        READING.set(READING.get() + 1);
        Urgent(())
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        READING.set(READING.get().saturating_sub(1));
    }
}

/// Until nothing is read that somebody looks at.
pub(super) async fn quiet() {
    while READING.get() > 0 {
        BrowserClock.sleep(LOOK).await;
    }
}
