//! [`follow`]: one connection after the other, each from where the last one ended, until there is nothing more to come.
//!
//! Dropping the future aborts everything that it has open. Host, clock and chance are handed in, so a test runs hours in a moment.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, select};

use super::{Backend, BackendError, Cursor, Positioned, Topic, Update};
use crate::model::{Span, Timestamp};
use crate::net::Clock;
use crate::net::retry::Backoff;

/// How often a source that refuses us is asked whether it changed its mind.
const DENIED_RETRY: Duration = Duration::from_secs(30);

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
        FollowOptions {
            heartbeat: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            once: false,
        }
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
    Lost {
        error: BackendError,
        retry_in: Duration,
        attempt: u32,
    },
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
///
/// Each connection begins behind the last update that was handed on, so that nothing is missed; what the source sends twice all the same is
/// the stores' to leave out. A position that the source does not know any more becomes one [`Update::Gap`] and a start without it.
pub async fn follow(
    backend: Rc<dyn Backend>,
    clock: Rc<dyn Clock>,
    topics: Vec<Topic>,
    after: Vec<Cursor>,
    options: FollowOptions,
    sink: &mut dyn FnMut(FollowEvent),
) {
    let mut follower = Follower {
        clock,
        topics,
        after,
        options,
        backoff: Backoff::new(),
    };
    while !follower.topics.is_empty() {
        sink(FollowEvent::Link(Link::Connecting));
        let error = match follower.connection(&*backend, sink).await {
            Ended::Done => return,
            Ended::Read(wait) => {
                follower.clock.sleep(wait).await;
                continue;
            }
            Ended::Lost(error) => error,
        };
        let forgotten = matches!(error, BackendError::NotFound(_) | BackendError::Refused(_))
            && !follower.after.is_empty();
        if forgotten {
            follower.after.clear();
            let update = Update::Gap {
                topic: None,
                reason: format!("the source does not know our place in its history ({error})"),
            };
            sink(FollowEvent::Update(Positioned {
                update,
                cursor: None,
            }));
        } else if !error.is_passing() && !error.is_denied() {
            sink(FollowEvent::Link(Link::Stopped(error)));
            return;
        }
        let retry_in = follower.wait_after(&error);
        let attempt = follower.backoff.failures();
        sink(FollowEvent::Link(Link::Lost {
            error,
            retry_in,
            attempt,
        }));
        follower.clock.sleep(retry_in).await;
    }
}

struct Follower {
    clock: Rc<dyn Clock>,
    /// What is still to be followed.
    topics: Vec<Topic>,
    after: Vec<Cursor>,
    options: FollowOptions,
    backoff: Backoff,
}

/// Why a connection is over.
enum Ended {
    /// Nothing more is to come, or to be asked.
    Done,
    /// A reading of a source without a stream is complete; the next one begins after so long.
    Read(Duration),
    Lost(BackendError),
}

impl Follower {
    /// One connection, from its first byte to its end.
    async fn connection(
        &mut self,
        backend: &dyn Backend,
        sink: &mut dyn FnMut(FollowEvent),
    ) -> Ended {
        let answer = within(
            backend.watch(&self.topics, &self.after),
            self.clock.sleep(self.options.connect_timeout),
        );
        let mut updates = match answer.await {
            None => return Ended::Lost(BackendError::Timeout),
            Some(Err(error)) => return Ended::Lost(error),
            Some(Ok(updates)) => updates,
        };
        self.backoff.opened(self.clock.now());
        sink(FollowEvent::Link(Link::Open));
        let mut has_all = false;
        let mut silence = Silence::new(self.options.heartbeat, &*self.clock);
        loop {
            let next = match select(updates.next(), &mut silence.alarm).await {
                Either::Left((next, _)) => next,
                Either::Right(_) => match silence.rearm(&*self.clock) {
                    true => continue,
                    false => return Ended::Lost(BackendError::Timeout),
                },
            };
            match next {
                None => {
                    if let Some(every) = backend.poll_every() {
                        return Ended::Read(if has_all { every } else { Duration::ZERO });
                    }
                    return Ended::Lost(BackendError::Unreachable(
                        "the connection was closed".into(),
                    ));
                }
                Some(Err(error)) => return Ended::Lost(error),
                Some(Ok(news)) => {
                    silence.last = self.clock.now();
                    has_all |= matches!(news.update, Update::Live { .. });
                    if self.take(news, sink) {
                        return Ended::Done;
                    }
                }
            }
        }
    }

    /// Hands an update on and remembers the place behind it; true when nothing more is to come.
    fn take(&mut self, news: Positioned, sink: &mut dyn FnMut(FollowEvent)) -> bool {
        let is_live = matches!(news.update, Update::Live { .. });
        let ended = match &news.update {
            Update::End { topic } => Some(topic.clone()),
            _ => None,
        };
        // The place of a stream stands for all its topics.
        let place = news.cursor.clone();
        sink(FollowEvent::Update(news));
        if let Some(place) = place {
            self.after.clear();
            self.after.push(place);
        }
        if let Some(ended) = ended {
            self.topics.retain(|topic| *topic != ended);
        }
        if is_live {
            sink(FollowEvent::Link(Link::Live));
        }
        self.topics.is_empty() || is_live && self.options.once
    }

    fn wait_after(&mut self, error: &BackendError) -> Duration {
        let asked = match error {
            BackendError::Busy { retry_after_s, .. } => retry_after_s.map(Duration::from_secs),
            _ => None,
        };
        let wait = self
            .backoff
            .failed(self.clock.now(), asked, self.clock.random());
        if error.is_denied() {
            DENIED_RETRY
        } else {
            wait
        }
    }
}

/// Watches that a connection shows life. One timer runs at a time, however much arrives.
struct Silence<'a> {
    limit: Duration,
    last: Timestamp,
    alarm: LocalBoxFuture<'a, ()>,
}

impl<'a> Silence<'a> {
    fn new(heartbeat: Duration, clock: &dyn Clock) -> Silence<'a> {
        let limit = heartbeat.saturating_mul(5) / 2;
        Silence {
            limit,
            last: clock.now(),
            alarm: clock.sleep(limit),
        }
    }

    /// The alarm went off: sets it anew for the time that is left; false when none is. A clock that was set back is as good as news.
    fn rearm(&mut self, clock: &dyn Clock) -> bool {
        let now = clock.now();
        let Span(silent) = now.since(self.last);
        if silent < 0 {
            self.last = now;
        }
        let silent = Duration::from_micros(u64::try_from(silent).unwrap_or_default());
        let left = self.limit.saturating_sub(silent);
        if left.is_zero() {
            return false;
        }
        self.alarm = clock.sleep(left);
        true
    }
}

/// What the future gives, if it does so before the deadline.
async fn within<T>(
    future: impl Future<Output = T>,
    deadline: impl Future<Output = ()>,
) -> Option<T> {
    match select(pin!(future), pin!(deadline)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
