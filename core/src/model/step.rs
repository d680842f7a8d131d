//! [`Step`]: a node inside a run (a Dagster step, a Flyte action, an executioner job, a stage), and its [`Attempt`]s.

use super::{Phase, Timestamp};

/// One try of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// 1-based.
    pub number: u32,
    pub phase: Phase,
    pub raw_status: String,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub exit_code: Option<i64>,
    pub reason: Option<String>,
}

/// A node inside a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Unique inside its run.
    pub key: String,
    pub phase: Phase,
    /// The source's own word for the status.
    pub raw_status: String,
    /// Place in the source's order, from 0.
    pub position: u32,
    pub queued_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub exit_code: Option<i64>,
    /// Why it failed or did not run, in the source's words.
    pub reason: Option<String>,
    /// Number of the event that tells that in full, where the source keeps one.
    pub reason_event: Option<u64>,
    /// Oldest first; empty when it never began or the source does not tell.
    pub attempts: Vec<Attempt>,
    /// Keys of the steps that this one waits for.
    pub needs: Vec<String>,
    /// What people call it, where that is not the key.
    pub name: Option<String>,
    /// The source's word for what kind of step it is (Flyte: `task`, `trace`, `condition`).
    pub kind: Option<String>,
    /// Key of the step that it is a part of; `None`: the run itself.
    pub parent: Option<String>,
    /// A folder in which it stands among the other parts of its parent.
    pub group: Option<String>,
    /// As [`super::Run::version`].
    pub version: u64,
}

impl Step {
    /// Without its version: the same for as long as nothing that is shown of it changes, however often it is read.
    pub fn shown(&self) -> Step {
        Step {
            version: 0,
            ..self.clone()
        }
    }

    /// A step that has not begun.
    pub fn queued(key: impl Into<String>, position: u32) -> Step {
        Step {
            key: key.into(),
            phase: Phase::Queued,
            raw_status: String::from("queued"),
            position,
            queued_at: None,
            started_at: None,
            ended_at: None,
            exit_code: None,
            reason: None,
            reason_event: None,
            attempts: Vec::new(),
            needs: Vec::new(),
            name: None,
            kind: None,
            parent: None,
            group: None,
            version: 0,
        }
    }
}
