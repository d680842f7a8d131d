//! [`Phase`]: where a run, a step or an attempt stands, in one vocabulary for every backend.
//!
//! The backend's own word is kept beside it (`raw_status`). A word that no adapter knows is [`Phase::Unknown`], never a success.

/// Lifecycle word of a run, a step or an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Accepted, not begun.
    Queued,
    /// Waits for resources, a slot or a dependency.
    Waiting,
    /// Being set up; the user's code does not run yet.
    Starting,
    Running,
    /// Waits for a person or a signal.
    Paused,
    Canceling,
    Succeeded,
    /// Succeeded by reusing the outcome of an earlier run (Flyte's RECOVERED).
    Recovered,
    Failed,
    /// Never ran because something that it needs failed.
    UpstreamFailed,
    Canceled,
    TimedOut,
    Skipped,
    /// The source's word is not known to us, or the source itself cannot tell.
    Unknown,
}

impl Phase {
    /// Every phase, in display order.
    pub const ALL: [Phase; 14] = [
        Phase::Queued,
        Phase::Waiting,
        Phase::Starting,
        Phase::Running,
        Phase::Paused,
        Phase::Canceling,
        Phase::Succeeded,
        Phase::Recovered,
        Phase::Failed,
        Phase::UpstreamFailed,
        Phase::Canceled,
        Phase::TimedOut,
        Phase::Skipped,
        Phase::Unknown,
    ];

    /// The word of links, attributes and the Runs API: snake_case, stable.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Queued => "queued",
            Phase::Waiting => "waiting",
            Phase::Starting => "starting",
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Canceling => "canceling",
            Phase::Succeeded => "succeeded",
            Phase::Recovered => "recovered",
            Phase::Failed => "failed",
            Phase::UpstreamFailed => "upstream_failed",
            Phase::Canceled => "canceled",
            Phase::TimedOut => "timed_out",
            Phase::Skipped => "skipped",
            Phase::Unknown => "unknown",
        }
    }

    /// Reads one of our own words, in any case; `None` for every other word.
    pub fn from_word(word: &str) -> Option<Phase> {
        Phase::ALL
            .into_iter()
            .find(|phase| phase.word().eq_ignore_ascii_case(word))
    }

    /// Nothing more will happen. `Unknown` is not terminal: we cannot tell.
    pub fn is_terminal(self) -> bool {
        match self {
            Phase::Succeeded
            | Phase::Recovered
            | Phase::Failed
            | Phase::UpstreamFailed
            | Phase::Canceled
            | Phase::TimedOut
            | Phase::Skipped => true,
            Phase::Queued
            | Phase::Waiting
            | Phase::Starting
            | Phase::Running
            | Phase::Paused
            | Phase::Canceling
            | Phase::Unknown => false,
        }
    }

    /// Begun and not over.
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Phase::Starting | Phase::Running | Phase::Paused | Phase::Canceling
        )
    }

    /// Ended badly on its own account (not because of something upstream, and not by a person's wish).
    pub fn is_failure(self) -> bool {
        matches!(self, Phase::Failed | Phase::TimedOut)
    }

    /// Ended well.
    pub fn is_success(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Recovered)
    }
}

#[cfg(test)]
mod tests {
    use super::Phase;

    #[test]
    fn every_phase_reads_back_from_its_word_in_any_case() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_word(phase.word()), Some(phase));
            assert_eq!(Phase::from_word(&phase.word().to_uppercase()), Some(phase));
        }
        assert_eq!(Phase::from_word("SUCCESS"), None);
        assert_eq!(Phase::from_word(""), None);
    }

    #[test]
    fn unknown_is_never_a_success_and_never_the_end() {
        assert!(
            !Phase::Unknown.is_success()
                && !Phase::Unknown.is_terminal()
                && !Phase::Unknown.is_failure()
        );
    }
}
