//! [`follow`]: one connection after the other, each from where the last one ended, until there is nothing more to come.
//!
//! Dropping the future aborts everything that it has open. Host, clock and chance are handed in, so a test runs hours in a moment.

use std::rc::Rc;
use std::time::Duration;

use super::{Backend, BackendError, Cursor, Positioned, Topic};
use crate::net::Clock;

/// How to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowOptions {
    /// How often a silent stream beats; after 2.5 of them without a byte the connection counts as dead.
    pub heartbeat: Duration,
    /// How long an answer's head may take.
    pub connect_timeout: Duration,
    /// Stop once everything that had happened has been read: a poll.
    pub once: bool,
}

impl Default for FollowOptions {
    fn default() -> FollowOptions {
        FollowOptions { heartbeat: Duration::from_secs(5), connect_timeout: Duration::from_secs(10), once: false }
    }
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Connecting,
    /// Answered; what had happened before is being read.
    Open,
    /// All that had happened has been read; what comes now is news.
    Live,
    /// Refused, closed or silent; the `attempt`-th failure in a row. The next try begins after `retry_in`.
    Lost { error: BackendError, retry_in: Duration, attempt: u32 },
    /// No further try would help.
    Stopped(BackendError),
}

/// What [`follow`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowEvent {
    Link(Link),
    Update(Positioned),
}

/// Follows `topics` from `after`, and calls `sink` with everything that happens, in order.
/// Ends when every run followed has ended (and the list is not followed), when no further try would help, or after one reading (`once`).
pub async fn follow(
    backend: Rc<dyn Backend>,
    clock: Rc<dyn Clock>,
    topics: Vec<Topic>,
    after: Vec<Cursor>,
    options: FollowOptions,
    sink: &mut dyn FnMut(FollowEvent),
) {
    let _ = (backend, clock, topics, after, options, sink);
    todo!()
}
