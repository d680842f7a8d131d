//! [`Backoff`]: how long to wait before the next try. Pure: time and chance are handed in.
//!
//! Full jitter between the floor of 1 s and a ceiling that doubles up to 30 s. A connection that comes and goes does not start anew: only one
//! that stayed good for 10 s does. `Retry-After` is honoured between 1 s and 10 min.

use std::time::Duration;

use crate::model::{Span, Timestamp};

/// No source is asked more often than this.
pub const FLOOR: Duration = Duration::from_secs(1);
/// The longest wait that we choose ourselves.
pub const CAP: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(600);
/// How long a connection must stay good for the count of failures to start anew.
pub const GOOD_AFTER: Span = Span::seconds(10);

/// The waits before the tries of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    good_since: Option<Timestamp>,
}

impl Backoff {
    pub fn new() -> Backoff {
        Backoff::default()
    }

    /// Tries that failed in a row, flaps included.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The connection is good since `now`.
    pub fn opened(&mut self, now: Timestamp) {
        self.good_since = Some(now);
    }

    /// The try or the connection failed: how long to wait. `retry_after` is what the server asked for; `random` is uniform in 0.0..1.0.
    pub fn failed(&mut self, now: Timestamp, retry_after: Option<Duration>, random: f64) -> Duration {
        if self.good_since.take().is_some_and(|since| now.since(since) >= GOOD_AFTER) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = retry_after {
            return asked.clamp(FLOOR, RETRY_AFTER_CAP);
        }
        let doubled = FLOOR.saturating_mul(1 << self.failures.min(16));
        let spread = doubled.min(CAP).saturating_sub(FLOOR);
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.5 };
        FLOOR + spread.mul_f64(random)
    }
}

/// What `Retry-After` asks for, within its bounds: seconds, or an HTTP date seen from `now`. `None` for anything else.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let _ = (text, now);
    todo!()
}
