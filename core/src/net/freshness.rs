//! [`Freshness`]: how true the data of one source are right now. Pure: every call is told the time of the host's clock.
//!
//! Elapsed time is summed from the steps between calls, and a step back counts as none, so a clock that is set cannot make an age negative
//! or keep a dead source alive. A step forward counts: it may have been sleep, and saying "stale" until the next sign of life is true.

use std::time::Duration;

use crate::model::{Span, Timestamp};

/// How a source is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A stream that shows life at least every `heartbeat`.
    Stream { heartbeat: Duration },
    /// Asked anew every so often.
    Poll { every: Duration },
}

/// What may be said of a source's data. `since` is by the source's clock where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceState {
    Live,
    Polling,
    /// There are data, and they may no longer be so.
    Stale { since: Timestamp, why: String },
    /// There were never any.
    Down { since: Timestamp, why: String },
    /// The source wants somebody else, or nobody.
    Denied,
}

impl SourceState {
    /// The word of `data-source-state`.
    pub fn word(&self) -> &'static str {
        match self {
            SourceState::Live => "live",
            SourceState::Polling => "polling",
            SourceState::Stale { .. } => "stale",
            SourceState::Down { .. } => "down",
            SourceState::Denied => "denied",
        }
    }

    /// The data are as they are now: something may move on the screen.
    pub fn is_current(&self) -> bool {
        matches!(self, SourceState::Live | SourceState::Polling)
    }
}

/// What is known of one source's life.
#[derive(Clone, Debug)]
pub struct Freshness {
    mode: Mode,
    last: Timestamp,
}

impl Freshness {
    pub fn new(mode: Mode, now: Timestamp) -> Freshness {
        Freshness { mode, last: now }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn set_mode(&mut self, now: Timestamp, mode: Mode) {
        self.tick(now);
        self.mode = mode;
    }

    /// Lets time pass; to be called about once a second, so that a clock that was set is noticed.
    pub fn tick(&mut self, now: Timestamp) {
        self.last = now;
    }

    /// A sign of life: an answer, news or a heartbeat. `server_time` is the source's clock in it, if it tells.
    pub fn contact(&mut self, now: Timestamp, server_time: Option<Timestamp>) {
        let _ = server_time;
        self.tick(now);
    }

    /// The connection was refused or closed, or a poll failed.
    pub fn closed(&mut self, now: Timestamp, why: impl Into<String>) {
        let _: String = why.into();
        self.tick(now);
    }

    /// The source answered 401 or 403.
    pub fn denied(&mut self, now: Timestamp) {
        self.tick(now);
    }

    pub fn state(&self, now: Timestamp) -> SourceState {
        let _ = now;
        todo!()
    }

    /// How old the data are; `None` when there were never any. Never negative.
    pub fn age(&self, now: Timestamp) -> Option<Span> {
        let _ = now;
        todo!()
    }

    /// The source's clock, as far as it is known; else the host's.
    pub fn server_now(&self, now: Timestamp) -> Timestamp {
        now
    }

    /// The words to put beside a time that is not on the source's clock; `None` when it is.
    pub fn clock_note(&self) -> Option<&'static str> {
        Some("this browser's clock")
    }

    /// How far the source's clock is ahead of the host's, as of the last time it told.
    pub fn skew(&self) -> Option<Span> {
        None
    }
}
