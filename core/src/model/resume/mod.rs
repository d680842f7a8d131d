//! [`ResumePlan`]: what resuming a run would do, step by step, before anything is done.
//!
//! [`planner`] makes it from a configuration and a history, [`reason`] has its words.

mod expected;
mod history;
mod line_up;
pub mod planner;
pub mod reason;
mod recorded;

use super::Span;
pub use expected::{Earlier, Expected, Lengths, success_took};

/// What a resume would do with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlanVerb {
    /// It succeeded and is left alone.
    Skip,
    /// It failed or was stopped, and is tried again.
    Retry,
    /// It never ran, and runs.
    Run,
    /// It cannot run.
    Blocked,
    /// A word that we do not know; see [`PlanStep::raw_plan`].
    Unknown,
}

impl PlanVerb {
    /// The four that we know.
    pub const ALL: [PlanVerb; 4] = [
        PlanVerb::Skip,
        PlanVerb::Retry,
        PlanVerb::Run,
        PlanVerb::Blocked,
    ];

    /// The word of `data-plan` and of the Runs API.
    pub fn word(self) -> &'static str {
        match self {
            PlanVerb::Skip => "skip",
            PlanVerb::Retry => "retry",
            PlanVerb::Run => "run",
            PlanVerb::Blocked => "blocked",
            PlanVerb::Unknown => "unknown",
        }
    }

    /// A word that is none of ours is [`PlanVerb::Unknown`].
    pub fn from_word(word: &str) -> PlanVerb {
        PlanVerb::ALL
            .into_iter()
            .find(|verb| verb.word() == word)
            .unwrap_or(PlanVerb::Unknown)
    }
}

/// Which steps a resume takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResumeMode {
    /// All that have not succeeded.
    #[default]
    Incomplete,
    /// Only those that failed.
    Failed,
    /// Those whose assets were not made, or whose checks were not evaluated or block what stands behind them.
    Assets,
}

impl ResumeMode {
    pub const ALL: [ResumeMode; 3] = [
        ResumeMode::Incomplete,
        ResumeMode::Failed,
        ResumeMode::Assets,
    ];

    /// The word of links and of the Runs API.
    pub fn word(self) -> &'static str {
        match self {
            ResumeMode::Incomplete => "incomplete",
            ResumeMode::Failed => "failed",
            ResumeMode::Assets => "assets",
        }
    }

    pub fn from_word(word: &str) -> Option<ResumeMode> {
        ResumeMode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStep {
    pub key: String,
    pub plan: PlanVerb,
    /// The source's own word for it.
    pub raw_plan: String,
    /// Why, in the source's words.
    pub reason: String,
    /// What would be executed, one argument an item; empty: nothing, or not told.
    pub command: Vec<String>,
    /// How long it takes as a rule.
    pub expected: Option<Expected>,
    /// The step that runs it, and whose time its own is a part of.
    pub within: Option<String>,
}

/// A command line to copy, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    pub what: String,
    pub command: Vec<String>,
}

/// What resuming a run would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePlan {
    pub run: String,
    pub mode: String,
    /// By whose rules; empty: not told.
    pub profile: String,
    /// To be handed back with the resume, so that what is done is what was shown.
    pub token: String,
    pub steps: Vec<PlanStep>,
    /// For people, before they agree.
    pub warnings: Vec<String>,
    /// What will happen otherwise than it should, step by step, for people.
    pub differences: Vec<String>,
    /// From what the lengths are that are expected, for people; empty: nothing is expected, or it is not told.
    pub expected_by: String,
    /// Which mode fits, and why.
    pub suggestion: Option<String>,
    /// The command line that does the same by hand; empty: there is none.
    pub command: Vec<String>,
    /// Further command lines of use here.
    pub by_hand: Vec<ByHand>,
}

impl ResumePlan {
    /// How many steps have this plan.
    pub fn total(&self, plan: PlanVerb) -> usize {
        self.steps.iter().filter(|step| step.plan == plan).count()
    }

    /// Steps that would be executed: tried again or run for the first time.
    pub fn to_execute(&self) -> usize {
        self.total(PlanVerb::Retry) + self.total(PlanVerb::Run)
    }

    /// How long what would be executed takes one after the other; `None` when that is not known of one of them. What is run by another one
    /// is a part of that one's time.
    pub fn expected(&self) -> Option<Span> {
        let mut all = Span(0);
        for step in self.steps.iter().filter(|step| step.within.is_none()) {
            if matches!(step.plan, PlanVerb::Retry | PlanVerb::Run) {
                all.0 = all.0.saturating_add(step.expected?.span()?.0);
            }
        }
        (self.to_execute() > 0).then_some(all)
    }
}

/// A command line as a shell would take it: arguments with anything unusual in them stand in quotes. `<config>` stands for what is not known.
pub fn command(arguments: &[String]) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "%+,-./:=@_".contains(letter);
    let mut out = String::new();
    for argument in arguments {
        if !out.is_empty() {
            out.push(' ');
        }
        if !argument.is_empty() && (argument.chars().all(is_plain) || argument == "<config>") {
            out.push_str(argument);
        } else {
            out.push('\'');
            out.push_str(&argument.replace('\'', "'\\''"));
            out.push('\'');
        }
    }
    out
}
