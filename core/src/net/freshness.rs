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
    /// Asked for the first time, and there is no answer yet: nothing can be said of it.
    Connecting {
        since: Timestamp,
    },
    /// There are data, and they may no longer be so.
    Stale {
        since: Timestamp,
        why: String,
    },
    /// There were never any.
    Down {
        since: Timestamp,
        why: String,
    },
    /// The source wants somebody else, or nobody.
    Denied,
}

impl SourceState {
    /// The word of `data-source-state`: one of the five that links and tests rely on. A source that is being asked for the first time is polled.
    pub fn word(&self) -> &'static str {
        match self {
            SourceState::Connecting { .. } => "polling",
            other => other.words(),
        }
    }

    /// The word for people.
    pub fn words(&self) -> &'static str {
        match self {
            SourceState::Live => "live",
            SourceState::Polling => "polling",
            SourceState::Connecting { .. } => "connecting",
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

/// A connection may be silent for so many halves of a heartbeat.
const SILENT_HALF_BEATS: i64 = 5;
/// A source may miss so many polls.
const MISSED_POLLS: i64 = 2;
/// A server time that is behind the estimate by no more than this was on its way for longer; more means that its clock was set.
const DELAY: Span = Span::seconds(2);

/// What is known of one source's life.
#[derive(Clone, Debug)]
pub struct Freshness {
    mode: Mode,
    /// The host's clock at the latest call.
    last: Timestamp,
    /// Time passed since the beginning, by the steps between calls.
    elapsed: Span,
    /// `elapsed` at the last sign of life, or at the beginning.
    contact: Span,
    had_data: bool,
    trouble: Option<Trouble>,
    began: Timestamp,
    /// Server time minus `elapsed`, and server time minus the host's clock when it told.
    server: Option<(Span, Span)>,
    /// The host's clock at the last sign of life.
    contact_host: Timestamp,
}

#[derive(Clone, Debug)]
enum Trouble {
    Closed(String),
    Denied,
}

impl Freshness {
    pub fn new(mode: Mode, now: Timestamp) -> Freshness {
        Freshness {
            mode,
            last: now,
            elapsed: Span(0),
            contact: Span(0),
            had_data: false,
            trouble: None,
            began: now,
            server: None,
            contact_host: now,
        }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Follows the source in another way from now on; the silence so far is counted by the new measure.
    pub fn set_mode(&mut self, now: Timestamp, mode: Mode) {
        self.tick(now);
        self.mode = mode;
    }

    /// Lets time pass; to be called about once a second, so that a clock that was set back is noticed.
    pub fn tick(&mut self, now: Timestamp) {
        self.elapsed = self.elapsed_at(now);
        self.last = now;
    }

    /// A sign of life: an answer, news or a heartbeat. `server_time` is the source's clock in it, if it tells.
    pub fn contact(&mut self, now: Timestamp, server_time: Option<Timestamp>) {
        self.tick(now);
        self.contact = self.elapsed;
        self.contact_host = now;
        self.had_data = true;
        self.trouble = None;
        if let Some(told) = server_time {
            let behind = self.server.map_or(Span(0), |(base, _)| {
                Timestamp(base.0).plus(self.elapsed).since(told)
            });
            let base = match self.server {
                Some((base, _)) if behind.0 >= 0 && behind <= DELAY => base,
                _ => Span(told.0.saturating_sub(self.elapsed.0)),
            };
            self.server = Some((base, Timestamp(base.0).plus(self.elapsed).since(now)));
        }
    }

    /// The connection was refused or closed, or a poll failed: what is there may no longer be so, at once.
    pub fn closed(&mut self, now: Timestamp, why: impl Into<String>) {
        self.tick(now);
        self.trouble = Some(Trouble::Closed(why.into()));
    }

    /// The source answered 401 or 403.
    pub fn denied(&mut self, now: Timestamp) {
        self.tick(now);
        self.trouble = Some(Trouble::Denied);
    }

    pub fn state(&self, now: Timestamp) -> SourceState {
        let why = match &self.trouble {
            Some(Trouble::Denied) => return SourceState::Denied,
            Some(Trouble::Closed(why)) => why.clone(),
            None => {
                let silence = self.elapsed_at(now).0.saturating_sub(self.contact.0);
                let limit = match self.mode {
                    Mode::Stream { heartbeat } => {
                        micros(heartbeat).saturating_mul(SILENT_HALF_BEATS) / 2
                    }
                    Mode::Poll { every } => micros(every).saturating_mul(MISSED_POLLS),
                };
                match self.mode {
                    _ if !self.had_data && silence <= limit => {
                        return SourceState::Connecting { since: self.began };
                    }
                    _ if silence > limit => format!("silent for {} s", silence / 1_000_000),
                    Mode::Stream { .. } => return SourceState::Live,
                    Mode::Poll { .. } => return SourceState::Polling,
                }
            }
        };
        if self.had_data {
            SourceState::Stale {
                since: self.contact_at(),
                why,
            }
        } else {
            SourceState::Down {
                since: self.began,
                why,
            }
        }
    }

    /// How old the data are; `None` when there were never any. Never negative.
    pub fn age(&self, now: Timestamp) -> Option<Span> {
        self.had_data
            .then(|| Span(self.elapsed_at(now).0.saturating_sub(self.contact.0).max(0)))
    }

    /// The source's clock, as far as it is known; else the host's.
    pub fn server_now(&self, now: Timestamp) -> Timestamp {
        self.server.map_or(now, |(base, _)| {
            Timestamp(base.0).plus(self.elapsed_at(now))
        })
    }

    /// The words to put beside a time that is not on the source's clock; `None` when it is.
    pub fn clock_note(&self) -> Option<&'static str> {
        self.server.is_none().then_some("this browser's clock")
    }

    /// How far the source's clock is ahead of the host's, as of the last time it told.
    pub fn skew(&self) -> Option<Span> {
        self.server.map(|(_, skew)| skew)
    }

    fn elapsed_at(&self, now: Timestamp) -> Span {
        Span(self.elapsed.0.saturating_add(now.since(self.last).0.max(0)))
    }

    /// The last sign of life, by the source's clock where it is known.
    fn contact_at(&self) -> Timestamp {
        self.server.map_or(self.contact_host, |(base, _)| {
            Timestamp(base.0).plus(self.contact)
        })
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
