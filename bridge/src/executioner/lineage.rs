//! Resumes of the old kind, each of which was a run of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::RunRows;

/// The run from which one of the old kind went on, and whether that was inferred.
pub(super) type Parent = Option<(i64, bool)>;

/// Which earlier run one of the old kind went on from: the latest of the same application that had not succeeded and whose successes are those that
/// this one skipped.
pub(super) fn parent(rows: &RunRows, runs: &BTreeMap<i64, RunRows>) -> Parent {
    let last = rows.last()?;
    let skipped = last.skipped.filter(|skipped| *skipped > 0)?;
    let own: Vec<&str> = rows.jobs.iter().map(|job| job.id.as_str()).collect();
    let earlier = runs.range(..rows.id).rev().map(|(_, other)| other);
    let mut open = earlier.filter(|other| {
        let word = other.last().and_then(|row| row.status.as_deref());
        word != Some("SUCCESS") && other.app() == rows.app()
    });
    let mut fitting = open.clone().filter(|other| {
        let left = other.latest().into_iter().filter(|job| {
            job.status.as_deref() == Some("SUCCESS") && !own.contains(&job.id.as_str())
        });
        other.last().is_some() && left.count() as i64 == skipped
    });
    if let Some(other) = fitting.next() {
        return Some((other.id, true));
    }
    // One that was itself a resume has no rows of what it carried over: the latest that was left open has to do.
    if skipped.saturating_add(own.len() as i64) != last.total? {
        return None;
    }
    open.next().map(|other| (other.id, true))
}

/// The jobs that a run carried over, each with the run in which it succeeded: what the runs in front of it succeeded in, and has no row in it.
pub(super) fn carried(
    rows: &RunRows,
    runs: &BTreeMap<i64, RunRows>,
    parents: &BTreeMap<i64, Parent>,
) -> BTreeMap<String, i64> {
    let mut known: BTreeSet<&str> = rows.jobs.iter().map(|job| job.id.as_str()).collect();
    let mut found = BTreeMap::new();
    let before = |id: i64| parents.get(&id).copied().flatten();
    let mut at = before(rows.id);
    // Each has a lower number than the one behind it.
    while let Some((id, _)) = at {
        for job in runs.get(&id).map(RunRows::latest).unwrap_or_default() {
            if known.insert(&job.id) && job.status.as_deref() == Some("SUCCESS") {
                found.insert(job.id.clone(), id);
            }
        }
        at = before(id);
    }
    found
}
