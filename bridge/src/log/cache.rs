//! [`IndexCache`]: the indexes of the logs that were asked for last.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::index::LogIndex;

const KEPT: usize = 16;

#[derive(Default)]
pub(crate) struct IndexCache(Mutex<Vec<(String, Arc<Mutex<LogIndex>>)>>);

impl IndexCache {
    /// The up-to-date index of a run's log with the open file. Each log is counted by one asker at a time; the others wait for it.
    pub(crate) fn get(
        &self,
        run: &str,
        path: &Path,
    ) -> std::io::Result<(LogIndex, Option<std::fs::File>)> {
        let shared = {
            let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = list
                .iter()
                .position(|(id, _)| id == run)
                .map(|at| list.remove(at));
            let entry = known
                .unwrap_or_else(|| (run.to_string(), Arc::new(Mutex::new(LogIndex::new(path)))));
            let shared = entry.1.clone();
            list.insert(0, entry);
            list.truncate(KEPT);
            shared
        };
        let mut index = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let file = index.update()?;
        Ok((index.clone(), file))
    }
}
