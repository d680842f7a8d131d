//! What "re-execute from failure" would run. Dagster has no question for it; this is its own rule (`dagster/_core/execution/plan/state.py`,
//! `_derive_state_of_past_run`, 1.13.27), over the run's plan and what is known of its steps.

use super::step::{Planned, base};
use crate::model::resume::{PlanStep, PlanVerb};
use crate::model::{Phase, Run, Step};

/// Which keys a step of the plan would be run under.
struct Retried {
    key: String,
    own: Vec<String>,
}

impl Retried {
    /// All of them are instances of a dynamic step.
    fn is_resolved(&self) -> bool {
        self.own.iter().all(|key| mapping(key).is_some())
    }
}

/// The part of a key that names an instance of a dynamic step: `[k0]`.
fn mapping(key: &str) -> Option<&str> {
    let mapping = key.get(key.find('[')?..)?;
    (mapping != "[?]").then_some(mapping)
}

/// The keys that the server would execute.
pub(super) fn keys(plan: &[Planned], steps: &[Step]) -> Vec<String> {
    let mut all: Vec<Retried> = Vec::new();
    let of = |key: &str| {
        let dynamic = key.ends_with("[?]");
        let key = key.to_string();
        steps
            .iter()
            .filter(move |step| step.key == key || dynamic && base(&step.key) == base(&key))
    };
    // A process that was started for a step is not yet a beginning of the step.
    let began = |step: &&Step| {
        step.started_at.is_some() || step.phase == Phase::Skipped && !step.raw_status.is_empty()
    };
    let has = |key: &str, phase: Phase| of(key).filter(began).any(|step| step.phase == phase);
    for planned in plan {
        let key = planned.key.as_str();
        if has(key, Phase::Skipped) {
            continue;
        }
        let mut own: Vec<String> = Vec::new();
        let mut add = |key: String| {
            if !own.contains(&key) {
                own.push(key);
            }
        };
        for step in of(key).filter(began) {
            if step.phase != Phase::Succeeded {
                add(step.key.clone());
            }
        }
        let is_dynamic = key.ends_with("[?]");
        let unfolded = || {
            planned
                .needs
                .iter()
                .any(|need| has(need, Phase::Succeeded) || has(need, Phase::Skipped))
        };
        let has_begun = of(key).any(|step| began(&step));
        if !(has_begun || is_dynamic && unfolded()) {
            add(key.to_string());
        }
        for need in all.iter().filter(|need| planned.needs.contains(&need.key)) {
            if is_dynamic && need.is_resolved() {
                for mapping in need.own.iter().filter_map(|key| mapping(key)) {
                    add([base(key), mapping].concat());
                }
            } else {
                add(key.to_string());
            }
        }
        if !own.is_empty() {
            all.push(Retried {
                key: key.to_string(),
                own,
            });
        }
    }
    all.into_iter().flat_map(|one| one.own).collect()
}

/// The run's steps with what would become of each.
pub(super) fn steps(plan: &[Planned], steps: &[Step]) -> Vec<PlanStep> {
    let keys = keys(plan, steps);
    let mut out = Vec::new();
    let planned = |key: &str, plan: PlanVerb, reason: &str| PlanStep {
        key: key.to_string(),
        plan,
        raw_plan: String::new(),
        reason: reason.to_string(),
        command: Vec::new(),
    };
    for step in steps {
        let is_run = keys.contains(&step.key);
        let (verb, reason) = match (is_run, step.phase) {
            (true, Phase::Failed) => (PlanVerb::Retry, "it failed"),
            (true, Phase::Succeeded) => (
                PlanVerb::Run,
                "it succeeded, and something that it needs runs again",
            ),
            (true, _) if step.started_at.is_some() => (PlanVerb::Retry, "it was interrupted"),
            (true, _) => (PlanVerb::Run, "it never ran"),
            (false, Phase::Succeeded) => (PlanVerb::Skip, "it succeeded"),
            (false, Phase::Skipped) => (PlanVerb::Skip, "it was skipped"),
            (false, _) => (PlanVerb::Skip, "it has nothing to run"),
        };
        out.push(planned(&step.key, verb, reason));
    }
    for key in keys {
        if !steps.iter().any(|step| step.key == key) {
            out.push(planned(&key, PlanVerb::Run, "it never ran"));
        }
    }
    out
}

/// Stands for a plan: it changes with what the run is and with what would be done.
pub(super) fn token(run: &Run, keys: &[PlanStep]) -> String {
    let runs = keys
        .iter()
        .filter(|step| step.plan != PlanVerb::Skip)
        .count();
    [&run.version.to_string(), "-", &runs.to_string()].concat()
}
