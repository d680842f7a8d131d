//! The rules of recorded runs (docs/recording.md, section 8), which are begun again by their own commands.
//!
//! Where nothing else is said they are those of the promised profile. Other than there
//! - steps need nothing, and stand inside of each other: what is inside of a step that begins anew is run by it, and is passed over by it when it has
//!   succeeded and its command is known word for word;
//! - a step can be begun again only when its command is known word for word, and the folder that it ran in is there;
//! - one that has not begun has no command: it runs when the step that begins anew is the one from which the others came;
//! - what the run itself skipped stays so, and `failed` leaves alone what was interrupted.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanVerb;
use super::planner::{Chosen, Decision, Planner, Start, StepNow, Stood, wanted};
use super::reason::Reason;

impl<'a> Planner<'a> {
    /// Decides on all steps, from the outside in.
    pub(super) fn recorded(&mut self, steps: &[&'a StepNow]) {
        for step in steps {
            self.with_those_around(step);
        }
        let (begun, planned): (Vec<&StepNow>, Vec<&StepNow>) = steps
            .iter()
            .partition(|step| self.then.contains_key(step.key.as_str()));
        let Some(by) = self.origin(&begun) else {
            return;
        };
        for step in planned {
            let decided = self.decided.get(step.key.as_str());
            if decided.is_some_and(|step| step.reason == Reason::NoCommand) {
                self.decide(&step.key, PlanVerb::Run, Reason::MayCome, Some(by));
            }
        }
    }

    /// Decides on a step, and before that on all that it stands in.
    fn with_those_around(&mut self, step: &'a StepNow) {
        let mut path: Vec<&'a StepNow> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut circle: BTreeSet<&str> = BTreeSet::new();
        let mut next = Some(step);
        while let Some(step) = next.filter(|step| !self.decided.contains_key(step.key.as_str())) {
            if let Some(from) = places.get(step.key.as_str()) {
                // Nobody is around anybody there.
                circle.extend(path.iter().skip(*from).map(|step| step.key.as_str()));
                break;
            }
            places.insert(&step.key, path.len());
            path.push(step);
            let place = step
                .within
                .as_ref()
                .and_then(|key| self.places.get(key.as_str()));
            next = place.and_then(|place| self.question.steps.get(*place));
        }
        for step in path.into_iter().rev() {
            let within = step
                .within
                .as_deref()
                .filter(|_| !circle.contains(step.key.as_str()));
            let around = within.filter(|key| self.decided.get(key).is_some_and(Decision::runs));
            let (verb, reason) = match around {
                Some(_) => self.inside(step),
                None => self.alone(step),
            };
            self.decide(&step.key, verb, reason, around);
        }
    }

    /// A step inside of one that begins anew.
    fn inside(&self, step: &StepNow) -> (PlanVerb, Reason) {
        let then = self.then.get(step.key.as_str());
        let has_succeeded = then.is_some_and(|then| then.stood == Stood::Succeeded);
        match (has_succeeded, step.start) {
            (true, Start::NoCommand | Start::Inexact) => (PlanVerb::Run, Reason::NotPassedOver),
            (true, _) => (PlanVerb::Skip, Reason::PassedOver),
            (false, _) => (PlanVerb::Retry, Reason::AroundAgain),
        }
    }

    /// A step by itself.
    fn alone(&self, step: &StepNow) -> (PlanVerb, Reason) {
        if Self::is_in(self.question.skips, &step.key) {
            return (PlanVerb::Skip, Reason::UserSkip);
        }
        let stood = self.then.get(step.key.as_str()).map(|then| then.stood);
        let is_chosen = self.is_chosen(&step.key);
        match stood {
            _ if is_chosen == Some(true) => {}
            Some(Stood::Succeeded) => return (PlanVerb::Skip, Reason::PreviousSuccess),
            Some(Stood::Skipped) => return (PlanVerb::Skip, Reason::Skipped),
            _ => {}
        }
        let is_failed_only = self.question.chosen == Chosen::Failed;
        if is_chosen == Some(false) || is_failed_only && stood != Some(Stood::Failed) {
            return (PlanVerb::Skip, Reason::NotSelected);
        }
        match step.start {
            Start::Free => wanted(stood),
            Start::RunGoesOn => (PlanVerb::Blocked, Reason::RunGoesOn),
            Start::NoCommand => (PlanVerb::Blocked, Reason::NoCommand),
            Start::Inexact => (PlanVerb::Blocked, Reason::Inexact),
            Start::NoFolder => (PlanVerb::Blocked, Reason::NoFolder),
        }
    }

    /// The step that begins anew and from which those come that have not begun: it has others inside, or is the only one that stands in no other.
    fn origin(&self, begun: &[&'a StepNow]) -> Option<&'a str> {
        let around: BTreeSet<&str> = begun
            .iter()
            .filter_map(|step| step.within.as_deref())
            .collect();
        let outer = || begun.iter().filter(|step| step.within.is_none());
        let is_only = outer().nth(1).is_none();
        outer()
            .map(|step| step.key.as_str())
            .filter(|key| is_only || around.contains(key))
            .find(|key| self.decided.get(key).is_some_and(Decision::runs))
    }
}
