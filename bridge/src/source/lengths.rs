//! How long the steps of a job take as a rule, from the runs of it that are still known.

use std::collections::BTreeMap;

use runboard_core::model::resume::{Expected, success_took};
use runboard_core::model::{Run, Step};

use super::State;
use super::list::key_of;

/// In words what [`State::lengths`] are made from.
pub(crate) const BY: &str =
    "the median of each step's latest successes, 20 at most, in the runs of this job";
/// So many successes of a step are looked at, the latest ones.
const LATEST: usize = 20;
/// So many lines of the history are read again for it, the latest ones.
const LINES: usize = 100;

impl State {
    /// How long each step of a job takes, by its latest successes.
    pub(crate) fn lengths(&self, job: &str) -> BTreeMap<String, Expected> {
        let folders = self.folders.values();
        let mut runs: Vec<(&Run, &[Step])> = folders
            .filter(|folder| folder.run.job == job)
            .map(|folder| (&folder.run, folder.steps.as_slice()))
            .collect();
        runs.sort_by(|a, b| key_of(b.0).cmp(&key_of(a.0)));
        let mut lengths: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (_, steps) in runs {
            take(&mut lengths, steps);
        }
        // Their folders are gone, so they are older.
        let newest_first = self.lines.order().iter().rev().copied();
        let lines = newest_first
            .filter(|number| self.shows_line(*number))
            .filter_map(|number| self.lines.row(number))
            .filter(|row| self.lines.job(row) == job);
        for row in lines.take(LINES) {
            take(&mut lengths, &self.lines.run(row).1);
        }
        lengths
            .into_iter()
            .map(|(key, lengths)| (key, Expected::of(lengths)))
            .collect()
    }
}

/// Adds the successes of one run, as long as a step has not got enough of them.
fn take(lengths: &mut BTreeMap<String, Vec<i64>>, steps: &[Step]) {
    for step in steps {
        if let Some(length) = success_took(step) {
            let all = lengths.entry(step.key.clone()).or_default();
            if all.len() < LATEST {
                all.push(length.0);
            }
        }
    }
}
