//! Statistics over the steps of many runs: how often each failed, and how long it takes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::order::order;
use super::stats::{Spread, spread};
use super::step_view::duration;
use super::{Phase, Step};

/// The word for a step of which is told that it ran, and no more.
pub const EXECUTED: &str = "executed";

/// One step of all runs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepStats {
    pub key: String,
    /// Runs in which it began.
    pub runs: u64,
    /// Runs in which it failed in the end.
    pub failed: u64,
    /// Runs in which it succeeded only after a failed attempt.
    pub flaky: u64,
    /// Of its length in runs that tell its start and its end, first attempt to last.
    pub spread: Option<Spread>,
}

#[derive(Debug, Default)]
struct Gathered {
    runs: u64,
    failed: u64,
    flaky: u64,
    durations: Vec<i64>,
}

/// Steps being gathered, run by run.
#[derive(Debug, Default)]
pub struct StepTally {
    by_key: BTreeMap<String, Gathered>,
}

/// Whether a step began: by its times, else by how it ended, as some sources tell no times. Who was canceled or reused an earlier outcome need not have begun.
fn has_run(step: &Step) -> bool {
    step.started_at.is_some()
        || matches!(step.phase, Phase::Succeeded | Phase::Running)
        || step.phase.is_failure()
        // A history's word for what ran, also where nobody knows how it ended.
        || step.raw_status == EXECUTED
}

impl StepTally {
    /// Takes the steps of one more run in. Steps that never began tell nothing.
    pub fn take(&mut self, steps: &[Step]) {
        for step in steps.iter().filter(|step| has_run(step)) {
            if !self.by_key.contains_key(&step.key) {
                self.by_key.insert(step.key.clone(), Gathered::default());
            }
            let Some(gathered) = self.by_key.get_mut(&step.key) else {
                continue;
            };
            let failed_before = step.attempts.iter().any(|one| one.phase.is_failure());
            gathered.runs += 1;
            gathered.failed += u64::from(step.phase.is_failure());
            gathered.flaky += u64::from(step.phase.is_success() && failed_before);
            if let Some(ended) = step.ended_at
                && let Some(worked) = duration(step, ended)
                // A clock that was put back, or times mixed up: no length of a step.
                && worked.0 >= 0
            {
                gathered.durations.push(worked.0);
            }
        }
    }

    /// One row for each key, by key.
    pub fn table(&self) -> Vec<StepStats> {
        let mut table = Vec::with_capacity(self.by_key.len());
        for (key, gathered) in &self.by_key {
            table.push(StepStats {
                key: key.clone(),
                runs: gathered.runs,
                failed: gathered.failed,
                flaky: gathered.flaky,
                spread: spread(gathered.durations.clone()),
            });
        }
        table
    }
}

/// By what the worst steps are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worst {
    /// The longest median first.
    Slowest,
    /// The most failed runs first, then the most runs mended by another attempt.
    MostFailing,
}

/// The `limit` worst rows, the worst first and equal ones by key; rows with nothing to say (no length, no failure) are left out.
pub fn worst(table: &[StepStats], by: Worst, limit: usize) -> Vec<&StepStats> {
    let value = |row: &StepStats| match by {
        Worst::Slowest => row
            .spread
            .map_or((0, 0), |spread| (spread.p50.0, spread.max.0)),
        Worst::MostFailing => (row.failed as i64, row.flaky as i64),
    };
    let rows: Vec<&StepStats> = table.iter().filter(|row| value(row) > (0, 0)).collect();
    let places = order(rows.len(), &|a, b| match (rows.get(a), rows.get(b)) {
        (Some(a), Some(b)) => value(b).cmp(&value(a)).then_with(|| a.key.cmp(&b.key)),
        _ => Ordering::Equal,
    });
    let row = |place: usize| rows.get(place).copied();
    places.into_iter().filter_map(row).take(limit).collect()
}
