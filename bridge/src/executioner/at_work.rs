//! Runs on which somebody works from here: nobody else resumes or marks them meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Their numbers.
#[derive(Clone, Default)]
pub(crate) struct AtWork(Arc<Mutex<BTreeSet<i64>>>);

impl AtWork {
    pub(super) fn runs(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a run of which `runs`, the locked numbers, knows nothing.
    pub(super) fn hold(&self, runs: &mut BTreeSet<i64>, number: i64) -> Held {
        runs.insert(number);
        Held {
            at_work: self.clone(),
            number,
        }
    }
}

/// Held until it is dropped, also by a request that nobody waits for any more.
pub(super) struct Held {
    at_work: AtWork,
    pub(super) number: i64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.at_work.runs().remove(&self.number);
    }
}
