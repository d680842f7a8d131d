//! Where the system has no pidfd nobody can be signalled without a doubt, so nobody is.

use std::path::Path;
use std::time::Duration;

pub(super) struct Recorder;

pub(super) fn recorder(_folder: &Path, _pid: u64) -> Option<Recorder> {
    None
}

impl Recorder {
    pub(super) fn ask_to_end(&self) {}

    pub(super) async fn ended(&self, _within: Duration) -> bool {
        false
    }

    pub(super) fn kill(&self) {}
}
