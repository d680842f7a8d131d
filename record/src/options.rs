//! What a caller says about the run that is to be recorded.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to record, and how much of the past to keep.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds `runs/` and `runs.jsonl`; it is made when it does not exist.
    pub dir: PathBuf,
    /// The name under which runs of the same work are found.
    pub job: String,
    /// The command line, program first; this process' own unless set.
    pub command: Vec<String>,
    /// Free labels, such as `branch` = `main`.
    pub tags: BTreeMap<String, String>,
    /// The run's id, when the caller has chosen it: as [`crate::is_run_id`] has it, and not in use. Else one is drawn.
    pub run_id: Option<String>,
    /// The id of the run that this one re-executes.
    pub parent: Option<String>,
    /// The id of the first run of that family.
    pub root: Option<String>,
    /// How many run folders are kept, this one included.
    pub keep_runs: usize,
    /// How many bytes the kept run folders may hold together.
    pub keep_bytes: u64,
}

impl Options {
    /// A run of `job` recorded below `dir`, with this process' command line, keeping the newest 200 runs or 2 GB.
    pub fn new(dir: impl Into<PathBuf>, job: impl Into<String>) -> Self {
        Self {
            dir: dir.into(),
            job: job.into(),
            command: std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            tags: BTreeMap::new(),
            run_id: None,
            parent: None,
            root: None,
            keep_runs: 200,
            keep_bytes: 2_000_000_000,
        }
    }

    /// The same with one more label.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }
}
