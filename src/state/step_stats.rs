//! Statistics over steps: reads the steps of the newest runs of the view, a few at a time, and gathers them by key.

use std::collections::VecDeque;

use crate::state::reactive::RwSignal;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use runboard_core::model::step_stats::{StepStats, StepTally};

use super::State;
use super::task::Task;

/// Runs whose steps are read.
pub const RUNS: usize = 100;
/// Requests under way at the same time.
const AT_ONCE: usize = 3;

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

/// Reads the newest runs' steps into `into`; ends with the returned task.
pub fn read(state: State, into: RwSignal<StepTable>) -> Task {
    let mut waiting: VecDeque<(u16, String)> = state.runs.newest_shown(RUNS).into();
    into.set(StepTable {
        of: waiting.len(),
        ..StepTable::default()
    });
    Task::spawn(async move {
        let mut tally = StepTally::default();
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
                tally.take(&answer.value);
            }
            into.update(|table_now| {
                table_now.read += 1;
                table_now.failed += usize::from(failed);
                table_now.steps = tally.table();
            });
        }
    })
}
