//! Runs on which somebody works from here: nobody else resumes or marks them meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kept::Mark;

/// Their numbers, and what is being marked in them.
pub(super) type Numbers = BTreeMap<i64, Option<Mark>>;

#[derive(Clone, Default)]
pub(crate) struct AtWork(Arc<Mutex<Numbers>>);

impl AtWork {
    pub(super) fn runs(&self) -> MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a run of which `runs`, the locked numbers, knows nothing.
    pub(super) fn hold(&self, runs: &mut Numbers, number: i64, mark: Option<Mark>) -> Held {
        runs.insert(number, mark);
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
