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
