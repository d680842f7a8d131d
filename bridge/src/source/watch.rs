//! [`Watch`]: a sign when files of a source may have changed. It lives as long as somebody streams.

use std::path::Path;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

/// Counts signs of change. Streams also look by themselves once a second, so a file system without signs only costs delay.
pub(crate) struct Watch {
    signs: watch::Receiver<u64>,
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches a folder; without it (or without the system's help) there are no signs.
    pub(crate) fn start(folder: &Path, deep: bool) -> Watch {
        let (sender, signs) = watch::channel(0_u64);
        let tell = move |event: notify::Result<notify::Event>| {
            // Our own reading is no change.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                sender.send_modify(|count| *count = count.wrapping_add(1));
            }
        };
        let watcher = notify::recommended_watcher(tell).and_then(|mut watcher| {
            let mode = if deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            watcher.watch(folder, mode)?;
            Ok(watcher)
        });
        Watch { signs, _watcher: watcher.ok() }
    }

    pub(crate) fn signs(&self) -> watch::Receiver<u64> {
        self.signs.clone()
    }
}
