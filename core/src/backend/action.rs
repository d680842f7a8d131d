//! [`Action`]: what can be done to a run, [`Launch`]: a run that is made anew, and [`Acted`]: what became of it.

use crate::model::{ResumeMode, Run};

/// What can be done to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask it to stop; `immediate`: kill it.
    Terminate { immediate: bool },
    /// Forget it with all its records; `force`: also while it goes on.
    Delete { force: bool },
    /// Run the same again, as a new run.
    Reexecute(Again),
    /// Go on with the same run, as the plan with this token says; where the source makes a new run of it, with these tags.
    Resume {
        mode: ResumeMode,
        token: String,
        with: Again,
    },
    /// Say of a failed step that its work was done by hand, having looked at the plan with this token.
    MarkSuccess { step: String, token: String },
}

/// What is different when a run is run again. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Keys of the steps to run; none: all.
    pub steps: Vec<String>,
    /// Tags of the new run, which count for more than the old run's.
    pub tags: Vec<(String, String)>,
    /// The old run's tags are not taken over.
    pub drops_tags: bool,
    /// Config in the source's own language (Dagster: YAML); `None`: the old run's.
    pub config: Option<String>,
    /// Of a resume: keys of steps with which it is to do otherwise than planned ([`Turning`](super::Turning)).
    pub turned: Vec<String>,
}

impl Again {
    pub fn is_same(&self) -> bool {
        self.is_same_but_for_turned() && self.turned.is_empty()
    }

    pub fn is_same_but_for_turned(&self) -> bool {
        let turned = self.turned.clone();
        *self
            == Again {
                turned,
                ..Again::default()
            }
    }
}

/// A run to be made of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    pub job: String,
    /// In the source's own language; empty: none.
    pub config: String,
    pub tags: Vec<(String, String)>,
    /// Keys of the steps to run; none: all.
    pub steps: Vec<String>,
    /// Keys of the assets to make, with slashes between their parts; none: all.
    pub assets: Vec<String>,
    /// Checks to evaluate, as asset key and name; `None`: those of the assets.
    pub checks: Option<Vec<(String, String)>>,
    pub partition: Option<String>,
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
