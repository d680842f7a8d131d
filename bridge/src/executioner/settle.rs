//! What became of jobs that have no row in a run.

use std::collections::{BTreeMap, BTreeSet};

use runboard_core::model::{Phase, Step};

use super::rows::RunRows;
use super::steps::Context;

impl Context<'_> {
    /// What became of those that have not begun.
    pub(super) fn settle(&self, rows: &RunRows, steps: &mut [Step]) {
        let goes_on = rows.is_running() && self.is_alive;
        let failed: BTreeSet<String> = steps
            .iter()
            .filter(|step| step.phase.is_failure())
            .map(|step| step.key.clone())
            .collect();
        let needs: BTreeMap<String, Vec<String>> = steps
            .iter()
            .map(|step| (step.key.clone(), step.needs.clone()))
            .collect();
        let without = |step: &&Step| step.attempts.is_empty();
        let count = steps.iter().filter(without).count();
        // Counted as completed, and nothing tells of which run they are.
        let over = match self.carried.is_empty() {
            true => rows.carried(),
            false => 0,
        };
        for step in steps.iter_mut().filter(|step| step.attempts.is_empty()) {
            if goes_on {
                continue;
            }
            if let Some(run) = self.carried.get(&step.key) {
                skipped(
                    step,
                    format!(
                        "carried over: it succeeded in run {run}, from which this run went on (inferred)"
                    ),
                );
                continue;
            }
            if rows.is_only_counted() {
                step.phase = Phase::Unknown;
                step.raw_status.clear();
                step.reason = Some("no job has a row: what became of it is not known".into());
                continue;
            }
            match cause(&step.key, &needs, &failed) {
                Some(root) => {
                    skipped(step, format!("dependency failed: {root}"));
                    step.phase = Phase::UpstreamFailed;
                }
                None if over >= count => skipped(step, "carried over from an earlier run".into()),
                None if over > 0 => skipped(
                    step,
                    "it has no row: it was carried over from an earlier run, or never began".into(),
                ),
                None => skipped(step, "the run ended before it began".into()),
            }
        }
    }
}

fn skipped(step: &mut Step, reason: String) {
    step.phase = Phase::Skipped;
    step.raw_status = "SKIPPED".into();
    step.reason = Some(reason);
}

/// The failed step that a step waits for, through however many others.
fn cause(
    key: &str,
    needs: &BTreeMap<String, Vec<String>>,
    failed: &BTreeSet<String>,
) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<&str> = vec![key];
    while let Some(at) = ahead.pop() {
        for need in needs.get(at).map_or(&[][..], Vec::as_slice) {
            if failed.contains(need) {
                return Some(need.clone());
            }
            if seen.insert(need.as_str()) {
                ahead.push(need);
            }
        }
    }
    None
}
