//! [`Action`]: what can be done to a run, and [`Acted`]: what became of it.

use crate::model::{ResumeMode, Run};

/// What can be done to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask it to stop; `immediate`: kill it.
    Terminate { immediate: bool },
    /// Forget it with all its records; `force`: also while it goes on.
    Delete { force: bool },
    /// Run the same again, as a new run.
    Reexecute,
    /// Go on with the same run, as the plan with this token says.
    Resume { mode: ResumeMode, token: String },
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acted {
    /// The run as it stands now; of a re-execution the new one. `None`: it is gone, or the source does not tell.
    pub run: Option<Run>,
    /// The id of the run that is no more.
    pub deleted: Option<String>,
    /// In the source's words.
    pub message: String,
}

/// What a new run is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// Id of a task and its version.
    Task { id: String, version: String },
    /// A task as the source's JSON.
    Spec(String),
    /// A trigger and the id of its task.
    Trigger { name: String, task: String },
    /// Id of a run: the same task with the same inputs, unless others are given.
    Run(String),
}

/// A run to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Where it belongs; empty: as the source is configured, or as the run that it is made from.
    pub project: String,
    pub domain: String,
    /// `None`: the source gives one.
    pub name: Option<String>,
    pub template: Template,
    /// As the source's JSON; `None`: its defaults, or those of the run that it is made from.
    pub inputs: Option<String>,
    /// The run's options as the source's JSON object.
    pub options: Option<String>,
}

/// What can be asked of sources that know more than [`Action`]s. Each is sent once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Stops a run, or one of its steps.
    Abort {
        run: String,
        step: Option<String>,
        reason: String,
    },
    /// Answers a paused step's question: `true`, `42`, `0.5` or any text, as its type wants it.
    Signal {
        run: String,
        step: String,
        answer: String,
    },
    Create(NewRun),
}
