//! [`RunDetail`] and the one fold that changes it.
//!
//! An event carries a position given by its adapter. A field belongs to the event with the highest position that spoke of it, so events may
//! come in any order and any number of times. A snapshot carries a version; an older one is ignored.

use std::collections::{BTreeMap, BTreeSet};

use super::order::order;
use super::{Attempt, Phase, Run, Step, StepCounts, Timestamp};

/// A fact about a run, placed in its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// Unique inside the run, and later facts have higher ones (for files: the byte offset of the line).
    pub position: u64,
    pub at: Option<Timestamp>,
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The run's own status.
    Run {
        phase: Phase,
        raw_status: String,
        exit_code: Option<i64>,
        reason: Option<String>,
    },
    /// Steps that the run intends to go through, in order. Several plans add up.
    Plan { steps: Vec<String> },
    /// The status of one try of a step.
    Step {
        key: String,
        attempt: u32,
        phase: Phase,
        raw_status: String,
        exit_code: Option<i64>,
        reason: Option<String>,
    },
}

/// A run and its steps, with the memory that the fold needs to be order-tolerant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDetail {
    pub run: Run,
    steps: BTreeMap<String, StepState>,
    run_position: Option<u64>,
    began_position: Option<u64>,
    /// By position, so that plans stand in the order in which they were made.
    plans: BTreeMap<u64, Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct StepState {
    /// First event that named the step: its place among the unplanned.
    first_position: u64,
    attempts: BTreeMap<u32, AttemptState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AttemptState {
    attempt: Attempt,
    position: u64,
    began_position: Option<u64>,
}

impl RunDetail {
    pub fn new(run: Run) -> RunDetail {
        RunDetail {
            run,
            steps: BTreeMap::new(),
            run_position: None,
            began_position: None,
            plans: BTreeMap::new(),
        }
    }

    /// Takes one event in. Idempotent, and the order of events does not matter.
    pub fn apply(&mut self, event: &RunEvent) {
        match &event.kind {
            EventKind::Run {
                phase,
                raw_status,
                exit_code,
                reason,
            } => {
                if phase.is_active()
                    && self
                        .began_position
                        .is_none_or(|began| event.position <= began)
                {
                    self.began_position = Some(event.position);
                    self.run.started_at = event.at;
                }
                if self.run_position.is_none_or(|last| event.position >= last) {
                    self.run_position = Some(event.position);
                    self.run.phase = *phase;
                    self.run.raw_status.clone_from(raw_status);
                    self.run.exit_code = *exit_code;
                    self.run.reason.clone_from(reason);
                    self.run.ended_at = if phase.is_terminal() { event.at } else { None };
                }
            }
            EventKind::Plan { steps } => {
                self.plans.insert(event.position, steps.clone());
            }
            EventKind::Step {
                key,
                attempt,
                phase,
                raw_status,
                exit_code,
                reason,
            } => {
                let step = self.steps.entry(key.clone()).or_insert_with(|| StepState {
                    first_position: event.position,
                    ..StepState::default()
                });
                step.first_position = step.first_position.min(event.position);
                let state = step
                    .attempts
                    .entry(*attempt)
                    .or_insert_with(|| AttemptState {
                        attempt: Attempt {
                            number: *attempt,
                            phase: *phase,
                            raw_status: raw_status.clone(),
                            started_at: None,
                            ended_at: None,
                            exit_code: None,
                            reason: None,
                        },
                        position: 0,
                        began_position: None,
                    });
                if phase.is_active()
                    && state
                        .began_position
                        .is_none_or(|began| event.position <= began)
                {
                    state.began_position = Some(event.position);
                    state.attempt.started_at = event.at;
                }
                if event.position >= state.position {
                    state.position = event.position;
                    state.attempt.phase = *phase;
                    state.attempt.raw_status.clone_from(raw_status);
                    state.attempt.exit_code = *exit_code;
                    state.attempt.reason.clone_from(reason);
                    state.attempt.ended_at = if phase.is_terminal() { event.at } else { None };
                }
            }
        }
    }

    /// The steps in the plan's order, unplanned ones behind in the order they appeared.
    /// Once the run is over, a step that never began is skipped and one that never ended is as unknown as its fate.
    pub fn steps(&self) -> Vec<Step> {
        let mut order: Vec<&String> = Vec::new();
        let mut seen: BTreeSet<&String> = BTreeSet::new();
        let planned = self.plans.values().flatten();
        let mut unplanned: Vec<(u64, &String)> = self
            .steps
            .iter()
            .map(|(key, state)| (state.first_position, key))
            .collect();
        unplanned.sort_unstable();
        for key in planned.chain(unplanned.into_iter().map(|(_, key)| key)) {
            if seen.insert(key) {
                order.push(key);
            }
        }
        order
            .into_iter()
            .enumerate()
            .map(|(index, key)| self.step(key, index as u32))
            .collect()
    }

    fn step(&self, key: &str, position: u32) -> Step {
        let over = self.run.phase.is_terminal();
        let mut step = Step::queued(key, position);
        step.version = self.run.version;
        let Some(state) = self.steps.get(key) else {
            if over {
                step.phase = Phase::Skipped;
                step.raw_status = "skipped".into();
                step.reason = Some("the run ended before it began".into());
            }
            return step;
        };
        step.attempts = state
            .attempts
            .values()
            .map(|state| state.attempt.clone())
            .collect();
        if over {
            for attempt in step
                .attempts
                .iter_mut()
                .filter(|attempt| attempt.phase.is_active())
            {
                attempt.phase = Phase::Unknown;
                attempt.reason = Some("the run ended without a word about it".into());
            }
        }
        step.started_at = step.attempts.iter().find_map(|attempt| attempt.started_at);
        if let Some(last) = step.attempts.last() {
            step.phase = last.phase;
            step.raw_status.clone_from(&last.raw_status);
            step.ended_at = last.ended_at;
            step.exit_code = last.exit_code;
            step.reason.clone_from(&last.reason);
        }
        step
    }

    /// Counts over [`RunDetail::steps`].
    pub fn counts(&self) -> StepCounts {
        count(&self.steps())
    }
}

/// How many of the steps stand where; the total is what is there.
pub fn count(steps: &[Step]) -> StepCounts {
    let mut counts = StepCounts {
        total: Some(steps.len() as u32),
        ..StepCounts::default()
    };
    for step in steps {
        match step.phase {
            Phase::Succeeded | Phase::Recovered => counts.succeeded += 1,
            Phase::Failed | Phase::TimedOut => counts.failed += 1,
            Phase::Skipped | Phase::Canceled | Phase::UpstreamFailed => counts.skipped += 1,
            Phase::Starting | Phase::Running | Phase::Paused | Phase::Canceling => {
                counts.running += 1
            }
            Phase::Queued | Phase::Waiting | Phase::Unknown => {}
        }
    }
    counts
}

/// Takes all steps of a run into the list of those that were known: what is not among them is no more, as a dynamic step that became its instances.
pub fn replace_steps(steps: &mut Vec<Step>, news: Vec<Step>) {
    // Older news name what was there then.
    let version = |steps: &[Step]| steps.iter().map(|step| step.version).max();
    if version(&news) >= version(steps) {
        steps.retain(|old| news.iter().any(|step| step.key == old.key));
    }
    upsert_steps(steps, news);
}

/// Takes snapshots of steps into a list ordered by position: a newer version of a step replaces it, an older one is ignored.
/// Many at once cost about as much as one: n log n over all of them.
pub fn upsert_steps(steps: &mut Vec<Step>, news: Vec<Step>) {
    let by_key = match news.len() {
        // One by one, looking is cheaper than sorting.
        ..=4 => None,
        _ => Some(order(steps.len(), &|a, b| {
            key(steps, a).cmp(&key(steps, b))
        })),
    };
    let mut placed: Vec<Step> = Vec::new();
    let mut is_moved = vec![false; 0];
    for step in news {
        // The same step twice in one piece of news: the later one.
        if let Some(other) = placed.iter_mut().find(|other| other.key == step.key) {
            if other.version <= step.version {
                *other = step;
            }
            continue;
        }
        let old = match &by_key {
            None => steps.iter().position(|old| old.key == step.key),
            Some(by_key) => by_key
                .binary_search_by(|at| key(steps, *at).cmp(&Some(step.key.as_str())))
                .ok()
                .and_then(|found| by_key.get(found).copied()),
        };
        match old.and_then(|at| steps.get_mut(at)) {
            Some(old) if old.version > step.version => continue,
            Some(old) if old.position == step.position => {
                *old = step;
                continue;
            }
            _ => {}
        }
        if let Some(at) = old {
            is_moved.resize(steps.len(), false);
            if let Some(moved) = is_moved.get_mut(at) {
                *moved = true;
            }
        }
        placed.push(step);
    }
    if placed.is_empty() {
        return;
    }
    let mut at = 0;
    steps.retain(|_| {
        at += 1;
        !is_moved.get(at - 1).copied().unwrap_or(false)
    });
    let first = steps.len();
    let is_behind = |step: &Step| {
        let last = steps.last();
        last.is_none_or(|last| (last.position, &last.key) < (step.position, &step.key))
    };
    let needs_order = !placed.iter().all(is_behind) || placed.len() > 1;
    steps.append(&mut placed);
    if !needs_order || first == steps.len() {
        return;
    }
    let place = |at: usize| steps.get(at).map(|step| (step.position, &step.key));
    let sorted = order(steps.len(), &|a, b| place(a).cmp(&place(b)));
    let mut slots: Vec<Option<Step>> = std::mem::take(steps).into_iter().map(Some).collect();
    let mut take = |at: usize| slots.get_mut(at)?.take();
    steps.extend(sorted.into_iter().filter_map(&mut take));
}

fn key(steps: &[Step], at: usize) -> Option<&str> {
    steps.get(at).map(|step| step.key.as_str())
}
