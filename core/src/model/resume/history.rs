//! What a plan is made from: steps as they are configured now, and how they stood after each attempt of the run.

use crate::model::Phase;

/// A step as it is configured now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepNow {
    pub key: String,
    /// Keys of the steps that it waits for.
    pub needs: Vec<String>,
    /// What it executes, where the source tells.
    pub command: Option<String>,
    /// Of a recorded step: the key of the one whose command started it.
    pub within: Option<String>,
    /// Of a recorded step: whether it can be begun again by itself.
    pub start: Start,
}

/// Whether a recorded step can be begun again by itself (docs/recording.md, section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Free,
    /// The run has not ended.
    RunGoesOn,
    /// Nobody wrote down its command.
    NoCommand,
    /// Its command was written down, but not word for word.
    Inexact,
    /// The folder that it ran in is not there.
    NoFolder,
}

/// How a step stands after an attempt of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stood {
    Succeeded,
    Failed,
    /// It was at work.
    Interrupted,
    NotStarted,
    /// The run itself skipped it.
    Skipped,
    Unknown,
}

/// What the history says of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepThen {
    pub key: String,
    /// The run's attempt; the latest one counts, also when an earlier one went better.
    pub attempt: u32,
    pub stood: Stood,
    /// Its status is letter by letter a word that the command line compares with.
    pub is_exact: bool,
    /// What it executed then, where the source tells.
    pub command: Option<String>,
}

impl StepThen {
    /// From executioner's word, which may be missing.
    pub fn of_word(key: &str, attempt: u32, word: Option<&str>, command: Option<String>) -> Self {
        let exact = word.unwrap_or_default();
        let plain = exact.trim().to_ascii_uppercase();
        let stood = match plain.as_str() {
            "SUCCESS" => Stood::Succeeded,
            "FAILED" | "ERROR" | "TIMEOUT" => Stood::Failed,
            "RUNNING" => Stood::Interrupted,
            "SKIPPED" | "BLOCKED" | "PENDING" | "" => Stood::NotStarted,
            _ => Stood::Unknown,
        };
        StepThen {
            key: key.into(),
            attempt,
            stood,
            is_exact: plain == exact,
            command,
        }
    }

    /// From a phase; `began`: it has run at least for a while.
    pub fn of_phase(key: &str, phase: Phase, began: bool) -> Self {
        let stood = match phase {
            Phase::Succeeded | Phase::Recovered => Stood::Succeeded,
            Phase::Failed | Phase::TimedOut => Stood::Failed,
            Phase::Skipped => Stood::Skipped,
            _ if began => Stood::Interrupted,
            _ => Stood::NotStarted,
        };
        StepThen {
            key: key.into(),
            attempt: 1,
            stood,
            is_exact: true,
            command: None,
        }
    }
}
