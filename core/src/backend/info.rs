//! [`Info`]: a source about itself, and [`Capabilities`]: what it can do.

use super::Action;
use crate::model::{Health, ResumeMode, Timestamp};

/// How news of a source arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Updates {
    #[default]
    Poll,
    Stream,
}

/// What a source can tell of logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logs {
    #[default]
    None,
    /// Only as they stand when asked.
    Snapshot,
    /// Live.
    Follow,
}

/// What a resume can be told of single steps, against its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turning {
    #[default]
    Nothing,
    /// To pass over one that would be executed.
    PassOver,
    /// To execute one whose outputs would be reused.
    RunAgain,
}

/// What a source can do; asked before anything is shown or called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub updates: Updates,
    pub logs: Logs,
    /// The source can give a run's whole log as one file.
    pub log_file: bool,
    pub events: bool,
    /// More of an event is told when it is asked for by itself.
    pub event: bool,
    pub stats: bool,
    pub lineage: bool,
    /// The source shows its own records of a run.
    pub raw: bool,
    /// What a run was to make and made.
    pub assets: bool,
    /// Further facts of a run.
    pub facts: bool,
    /// Files of a run that can be downloaded.
    pub files: bool,
    /// What the run's processes wrote to stdout and stderr is no part of its log, and is told when that stream is asked for.
    pub captured: bool,
    /// Numbers of runs by status.
    pub counts: bool,
    /// Figures of rows that the list leaves out.
    pub figures: bool,
    /// Values of fields that are typed into.
    pub completion: bool,
    /// Runs that were asked for together.
    pub backfills: bool,
    pub resume: bool,
    /// It is told what a resume would do, also where nothing can be resumed from here.
    pub resume_plan: bool,
    /// What was asked for with a key is not done twice ([`Backend::act`]).
    ///
    /// [`Backend::act`]: super::Backend::act
    pub keyed: bool,
    /// What a resume can do otherwise with steps that the user names.
    pub turning: Turning,
    /// Besides what a resume would really do it is told what its design promises.
    pub resume_profiles: bool,
    /// Which steps a resume may take up.
    pub modes: &'static [ResumeMode],
    /// Failed steps can be marked as done by hand.
    pub mark_success: bool,
    pub reexecute: bool,
    /// Chosen steps, tags and config of a re-execution.
    pub reexecute_so: bool,
    /// Runs can be made of a job.
    pub launch: bool,
    /// Runs can be asked to stop.
    pub terminate_safe: bool,
    /// Runs can be killed.
    pub terminate_immediate: bool,
    pub delete: bool,
    /// An immediate end and a deletion change its records only: processes of a run that goes on are left to themselves.
    pub only_marks: bool,
    /// Numbers of log lines may be others when the log is read again: no links to them.
    pub unstable_lines: bool,
    /// Steps can be stopped, with a reason, and so can runs ([`Order::Abort`]).
    pub abort_steps: bool,
    /// Questions of paused steps can be answered ([`Order::Signal`]).
    pub signal: bool,
    /// Runs can be made ([`Order::Create`]).
    pub create: bool,
}

impl Capabilities {
    /// Whether the source would do this.
    pub fn allows(&self, action: &Action) -> bool {
        match action {
            Action::Terminate { immediate: false } => self.terminate_safe,
            Action::Terminate { immediate: true } => self.terminate_immediate,
            Action::Delete { .. } => self.delete,
            Action::Reexecute(again) => self.reexecute && (self.reexecute_so || again.is_same()),
            Action::Resume { mode, .. } => self.resume && self.modes.contains(mode),
            Action::MarkSuccess { .. } => self.mark_success,
        }
    }

    /// Whether the source does anything at all to runs.
    pub fn has_actions(&self) -> bool {
        self.terminate_safe
            || self.terminate_immediate
            || self.delete
            || self.reexecute
            || self.resume
            || self.launch
    }
}

/// The nouns that a source's users know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    pub job: String,
    pub step: String,
}

impl Default for Vocabulary {
    fn default() -> Vocabulary {
        Vocabulary {
            job: "job".into(),
            step: "step".into(),
        }
    }
}

/// A source about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    pub name: String,
    pub version: String,
    pub capabilities: Capabilities,
    pub vocabulary: Vocabulary,
    /// The source's clock when it answered.
    pub server_time: Option<Timestamp>,
    /// How often a silent stream beats, in seconds.
    pub heartbeat_s: Option<u32>,
    /// What the source could not read, for people: file, line and reason.
    pub problems: Vec<String>,
    /// How its parts stand, where it is made of several.
    pub health: Vec<Health>,
}
