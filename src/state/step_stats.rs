//! Statistics over steps: reads the steps of the newest runs of the view, a few at a time, and gathers them by key.

use std::collections::{BTreeMap, VecDeque};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use leptos::prelude::*;
use runboard_core::model::Step;
use runboard_core::model::stats::{Spread, spread};

use super::State;
use super::task::Task;

/// Runs whose steps are read.
pub const RUNS: usize = 100;
/// Requests under way at the same time.
const AT_ONCE: usize = 3;

/// One step of all runs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepStats {
    pub key: String,
    pub runs: u64,
    pub failed: u64,
    /// Runs in which it succeeded only after a failed attempt.
    pub flaky: u64,
    pub spread: Option<Spread>,
}

/// What is known so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepTable {
    pub steps: Vec<StepStats>,
    /// Runs read and runs to read.
    pub read: usize,
    pub of: usize,
    /// Runs whose steps could not be had.
    pub failed: usize,
}

#[derive(Default)]
struct Gathered {
    runs: u64,
    failed: u64,
    flaky: u64,
    durations: Vec<i64>,
}

fn gather(by_key: &mut BTreeMap<String, Gathered>, steps: Vec<Step>) {
    for step in steps.into_iter().filter(|step| step.started_at.is_some()) {
        let gathered = by_key.entry(step.key).or_default();
        gathered.runs += 1;
        gathered.failed += u64::from(step.phase.is_failure());
        gathered.flaky += u64::from(
            step.phase.is_success()
                && step
                    .attempts
                    .iter()
                    .any(|attempt| attempt.phase.is_failure()),
        );
        if let (Some(started), Some(ended)) = (step.started_at, step.ended_at) {
            gathered.durations.push(ended.since(started).0);
        }
    }
}

fn table(by_key: &BTreeMap<String, Gathered>) -> Vec<StepStats> {
    let stats = |(key, gathered): (&String, &Gathered)| StepStats {
        key: key.clone(),
        runs: gathered.runs,
        failed: gathered.failed,
        flaky: gathered.flaky,
        spread: spread(gathered.durations.clone()),
    };
    let mut steps: Vec<StepStats> = by_key.iter().map(stats).collect();
    // Most failing first, then slowest: what one looks for.
    steps.sort_by_key(|step| {
        let typical = step.spread.map(|spread| spread.p50);
        std::cmp::Reverse((step.failed, step.flaky, typical))
    });
    steps
}

/// Reads the newest runs' steps into `into`; ends with the returned task.
pub fn read(state: State, into: RwSignal<StepTable>) -> Task {
    let mut waiting: VecDeque<(u16, String)> = state.runs.newest_shown(RUNS).into();
    into.set(StepTable {
        of: waiting.len(),
        ..StepTable::default()
    });
    Task::spawn(async move {
        let mut by_key = BTreeMap::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some((source, id)) = waiting.pop_front()
            {
                let backend = state
                    .sources
                    .at(source)
                    .and_then(|source| source.backend().ok());
                under_way.push(async move {
                    match backend {
                        Some(backend) => backend.steps(&id).await.ok(),
                        None => None,
                    }
                });
            }
            let Some(answer) = under_way.next().await else {
                return;
            };
            let failed = answer.is_none();
            if let Some(answer) = answer {
                gather(&mut by_key, answer.value);
            }
            into.update(|table_now| {
                table_now.read += 1;
                table_now.failed += usize::from(failed);
                table_now.steps = table(&by_key);
            });
        }
    })
}
