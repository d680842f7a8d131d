//! [`plan`]: which steps a resume skips, tries again, runs or cannot run, and in which order. Pure; for every kind of source.
//!
//! There are three profiles. What really happens is the truth table of executioner.py (read, and run against it), and of a server that is told
//! which steps to run. What is promised is the design in which a step runs only when all that it needs has succeeded. Where they differ,
//! people are told so ([`differences`]). Recorded runs have rules of their own ([`super::recorded`]).

use std::collections::BTreeMap;

use super::PlanVerb;
pub use super::history::{Start, StepNow, StepThen, Stood};
pub use super::line_up::circle;
use super::line_up::{order, places};
use super::reason::{PlanFault, PlanWarning, Reason};

/// Which steps a resume takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// All that have not succeeded.
    Incomplete,
    /// Those that failed.
    Failed,
    /// These keys and no others.
    These(&'a [String]),
}

/// By whose rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What will really happen.
    #[default]
    Actual,
    /// What the design promises.
    Promised,
    /// What the recorder's own resume does: steps need nothing, stand inside of each other, and are begun again by their commands.
    Recorded,
}

impl Profile {
    /// The word of links and of the Runs API.
    pub fn word(self) -> &'static str {
        match self {
            Profile::Actual => "actual",
            Profile::Promised => "promised",
            Profile::Recorded => "recorded",
        }
    }
}

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// In the order of the configuration.
    pub steps: &'a [StepNow],
    /// All attempts of the run; `None`: there is no such run.
    pub then: Option<&'a [StepThen]>,
    /// The steps as they were when the run began, where somebody kept them.
    pub before: Option<&'a [StepNow]>,
    pub chosen: Chosen<'a>,
    pub profile: Profile,
    /// Steps that the user passes over.
    pub skips: &'a [String],
}

/// What becomes of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    pub verb: PlanVerb,
    pub reason: Reason,
    /// Of a recorded run: the step that begins anew, and with it this one or not.
    pub by: Option<String>,
}

/// The plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// With a circle, or without the run, there are no rows.
    pub fault: Option<PlanFault>,
    /// In an order in which each step stands behind all that it needs.
    pub rows: Vec<Row>,
    pub warnings: Vec<(PlanWarning, String)>,
    /// Steps that are left as they succeeded although something that they need directly is executed: their results may be stale. What is
    /// promised warns of them too ([`PlanWarning::UpstreamRerun`]).
    pub stale: Vec<String>,
}

impl Answer {
    pub fn total(&self, verb: PlanVerb) -> usize {
        self.rows.iter().filter(|row| row.verb == verb).count()
    }

    /// Steps that would be tried again or run for the first time.
    pub fn to_execute(&self) -> usize {
        self.total(PlanVerb::Retry) + self.total(PlanVerb::Run)
    }

    fn fault(fault: PlanFault) -> Answer {
        Answer {
            fault: Some(fault),
            ..Answer::default()
        }
    }
}

/// Makes the plan. Total: any configuration and any history give an answer.
pub fn plan(question: Question<'_>) -> Answer {
    let steps = question.steps;
    let places = places(steps);
    let Ok(order) = order(steps, &places) else {
        return Answer::fault(PlanFault::CircularDependency);
    };
    let is_actual = question.profile == Profile::Actual;
    if question.then.is_none() && !is_actual {
        return Answer::fault(PlanFault::RunNotFound);
    }
    let has_all = |step: &StepNow| {
        let mut needs = step.needs.iter();
        needs.all(|need| places.contains_key(need.as_str()))
    };
    let is_whole = order
        .iter()
        .all(|place| steps.get(*place).is_none_or(&has_all));
    if !is_whole && is_actual && !matches!(question.chosen, Chosen::These(_)) {
        // The command line ends before it does anything.
        return Answer::fault(PlanFault::MissingDependency);
    }
    let mut planner = Planner {
        question,
        places: &places,
        then: BTreeMap::new(),
        decided: BTreeMap::new(),
        warnings: Vec::new(),
    };
    planner.remember();
    let ordered = || order.iter().filter_map(|place| steps.get(*place));
    match question.profile {
        Profile::Recorded => planner.recorded(&ordered().collect::<Vec<_>>()),
        _ => {
            for step in ordered() {
                let (verb, reason) = match is_actual {
                    true => planner.actual(step),
                    false => planner.promised(step, has_all(step)),
                };
                planner.decide(&step.key, verb, reason, None);
            }
        }
    }
    planner.changes();
    let row = |step: &StepNow| {
        let Decision { verb, reason, by } = *planner.decided.get(step.key.as_str())?;
        Some(Row {
            key: step.key.clone(),
            verb,
            reason,
            by: by.map(String::from),
        })
    };
    let rows = ordered().filter_map(row).collect();
    let stale = ordered()
        .filter(|step| planner.is_stale(step))
        .map(|step| step.key.clone())
        .collect();
    Answer {
        fault: (!is_whole && !is_actual).then_some(PlanFault::MissingDependency),
        rows,
        warnings: planner.warnings,
        stale,
    }
}

/// What becomes of a step, and by which other one.
#[derive(Clone, Copy)]
pub(super) struct Decision<'a> {
    pub(super) verb: PlanVerb,
    pub(super) reason: Reason,
    pub(super) by: Option<&'a str>,
}

impl Decision<'_> {
    /// It is at work again.
    pub(super) fn runs(&self) -> bool {
        matches!(self.verb, PlanVerb::Retry | PlanVerb::Run)
    }
}

pub(super) struct Planner<'a> {
    pub(super) question: Question<'a>,
    pub(super) places: &'a BTreeMap<&'a str, usize>,
    pub(super) then: BTreeMap<&'a str, &'a StepThen>,
    pub(super) decided: BTreeMap<&'a str, Decision<'a>>,
    warnings: Vec<(PlanWarning, String)>,
}

impl<'a> Planner<'a> {
    /// The latest attempt of each step, and which of them are no steps any more.
    fn remember(&mut self) {
        let all = self.question.then.unwrap_or_default();
        for then in all {
            let known = self.then.get(then.key.as_str()).copied();
            if known.is_none() && !self.places.contains_key(then.key.as_str()) {
                self.warn(PlanWarning::Removed, &then.key);
            }
            if known.is_none_or(|known| then.attempt >= known.attempt) {
                self.then.insert(&then.key, then);
            }
        }
    }

    fn warn(&mut self, warning: PlanWarning, key: &str) {
        self.warnings.push((warning, key.into()));
    }

    pub(super) fn decide(
        &mut self,
        key: &'a str,
        verb: PlanVerb,
        reason: Reason,
        by: Option<&'a str>,
    ) {
        self.decided.insert(key, Decision { verb, reason, by });
    }

    pub(super) fn is_in(list: &[String], key: &str) -> bool {
        list.iter().any(|other| other == key)
    }

    /// Whether it is one of those that were chosen by name, where they were.
    pub(super) fn is_chosen(&self, key: &str) -> Option<bool> {
        match self.question.chosen {
            Chosen::These(keys) => Some(Self::is_in(keys, key)),
            _ => None,
        }
    }

    /// Something that it needs directly is executed.
    fn is_behind(&self, step: &StepNow) -> bool {
        step.needs.iter().any(|need| {
            let decided = self.decided.get(need.as_str());
            decided.is_some_and(Decision::runs)
        })
    }

    fn is_stale(&self, step: &StepNow) -> bool {
        let decided = self.decided.get(step.key.as_str());
        decided
            .is_some_and(|own| own.verb == PlanVerb::Skip && own.reason == Reason::PreviousSuccess)
            && self.is_behind(step)
    }

    fn actual(&self, step: &StepNow) -> (PlanVerb, Reason) {
        if Self::is_in(self.question.skips, &step.key) {
            return (PlanVerb::Skip, Reason::UserSkip);
        }
        let then = self.then.get(step.key.as_str());
        let stood = then.map(|then| (then.stood, then.is_exact));
        if let Chosen::These(keys) = self.question.chosen {
            return of_these(Self::is_in(keys, &step.key), stood);
        }
        match stood {
            None => (PlanVerb::Run, Reason::NoHistory),
            Some((Stood::Succeeded, true)) => (PlanVerb::Skip, Reason::PreviousSuccess),
            Some((Stood::Failed, true)) => (PlanVerb::Retry, Reason::PreviousFailure),
            Some(_) if self.question.chosen == Chosen::Incomplete => {
                (PlanVerb::Skip, Reason::StatusNotFailed)
            }
            Some(_) => (PlanVerb::Run, Reason::StatusNotSuccess),
        }
    }

    fn promised(&mut self, step: &'a StepNow, has_all: bool) -> (PlanVerb, Reason) {
        if Self::is_in(self.question.skips, &step.key) {
            return (PlanVerb::Skip, Reason::UserSkip);
        }
        let then = self.then.get(step.key.as_str()).copied();
        let is_chosen = self.is_chosen(&step.key);
        let stood = then.map(|then| then.stood);
        if stood == Some(Stood::Succeeded) && is_chosen != Some(true) {
            if self.is_behind(step) {
                self.warn(PlanWarning::UpstreamRerun, &step.key);
            }
            let commands = then.and_then(|then| then.command.as_ref().zip(step.command.as_ref()));
            if commands.is_some_and(|(then, now)| then != now) {
                self.warn(PlanWarning::CommandChanged, &step.key);
            }
            return (PlanVerb::Skip, Reason::PreviousSuccess);
        }
        if stood == Some(Stood::Unknown) {
            self.warn(PlanWarning::UnknownStatus, &step.key);
        }
        let wanted = wanted(stood);
        if !has_all {
            return (PlanVerb::Blocked, Reason::MissingDependency);
        }
        let is_wanted = match self.question.chosen {
            Chosen::Incomplete => true,
            Chosen::Failed => wanted.0 == PlanVerb::Retry,
            Chosen::These(_) => is_chosen == Some(true),
        };
        if !is_wanted {
            return (PlanVerb::Skip, Reason::NotSelected);
        }
        let is_bad = |need: &String| {
            let decided = self.decided.get(need.as_str());
            decided.is_some_and(|need| {
                need.verb == PlanVerb::Blocked || need.reason == Reason::NotSelected
            })
        };
        match step.needs.iter().any(is_bad) {
            true => (PlanVerb::Blocked, Reason::DependencyNotSatisfied),
            false => wanted,
        }
    }

    /// What is another configuration than the run began with, where that is known.
    fn changes(&mut self) {
        let Some(before) = self.question.before else {
            return;
        };
        for step in self.question.steps {
            let Some(old) = before.iter().find(|old| old.key == step.key) else {
                self.warn(PlanWarning::Added, &step.key);
                continue;
            };
            let lacks = |a: &[String], b: &[String]| a.iter().any(|key| !Self::is_in(b, key));
            if lacks(&old.needs, &step.needs) || lacks(&step.needs, &old.needs) {
                self.warn(PlanWarning::DependenciesChanged, &step.key);
            }
        }
        for old in before {
            let is_known = self.then.contains_key(old.key.as_str());
            if !is_known && !self.places.contains_key(old.key.as_str()) {
                self.warn(PlanWarning::Removed, &old.key);
            }
        }
    }
}

/// What a step that is not left alone is to be.
pub(super) fn wanted(stood: Option<Stood>) -> (PlanVerb, Reason) {
    match stood {
        Some(Stood::Succeeded) => (PlanVerb::Run, Reason::RunAgain),
        Some(Stood::Failed) => (PlanVerb::Retry, Reason::PreviousFailure),
        Some(Stood::Interrupted) => (PlanVerb::Retry, Reason::Interrupted),
        Some(Stood::NotStarted | Stood::Skipped) | None => (PlanVerb::Run, Reason::NotStarted),
        Some(Stood::Unknown) => (PlanVerb::Run, Reason::UnknownStatus),
    }
}

/// A step where a server is told which ones to run.
fn of_these(is_chosen: bool, stood: Option<(Stood, bool)>) -> (PlanVerb, Reason) {
    match (is_chosen, stood.map(|(stood, _)| stood)) {
        (true, Some(Stood::Failed)) => (PlanVerb::Retry, Reason::PreviousFailure),
        (true, Some(Stood::Interrupted)) => (PlanVerb::Retry, Reason::Interrupted),
        (true, Some(Stood::Succeeded)) => (PlanVerb::Run, Reason::RunAgain),
        (true, _) => (PlanVerb::Run, Reason::NotStarted),
        (false, Some(Stood::Succeeded)) => (PlanVerb::Skip, Reason::PreviousSuccess),
        (false, Some(Stood::Skipped)) => (PlanVerb::Skip, Reason::Skipped),
        (false, _) => (PlanVerb::Skip, Reason::NotSelected),
    }
}

/// A step that two plans see differently: the first's row and the second's.
pub fn differences<'a>(actual: &'a Answer, promised: &'a Answer) -> Vec<(&'a Row, &'a Row)> {
    let other: BTreeMap<&str, &Row> = promised
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row))
        .collect();
    let pairs = actual
        .rows
        .iter()
        .filter_map(|row| Some((row, *other.get(row.key.as_str())?)));
    pairs.filter(|(a, b)| a.verb != b.verb).collect()
}
