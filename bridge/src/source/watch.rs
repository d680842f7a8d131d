//! [`Watch`]: a sign when files of a source may have changed. It lives as long as somebody streams.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;

/// Counts signs of change. Streams also look by themselves once a second, so a file system without signs only costs delay.
pub(crate) struct Watch {
    folder: PathBuf,
    deep: bool,
    signs: watch::Sender<u64>,
    watcher: Mutex<Option<RecommendedWatcher>>,
}

impl Watch {
    /// Watches a folder; without it (or without the system's help) there are no signs.
    pub(crate) fn start(folder: &Path, deep: bool) -> Watch {
        let (signs, _) = watch::channel(0_u64);
        let watch = Watch {
            folder: folder.to_path_buf(),
            deep,
            signs,
            watcher: Mutex::new(None),
        };
        watch.keep();
        watch
    }

    /// Begins to watch if that was not possible before: the folder may have come since.
    pub(crate) fn keep(&self) {
        let mut kept = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_some() || !self.folder.is_dir() {
            return;
        }
        let sender = self.signs.clone();
        let tell = move |event: notify::Result<notify::Event>| {
            // Our own reading is no change.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                sender.send_modify(|count| *count = count.wrapping_add(1));
            }
        };
        let watcher = notify::recommended_watcher(tell).and_then(|mut watcher| {
            let mode = if self.deep {
                RecursiveMode::Recursive
            } else {
                RecursiveMode::NonRecursive
            };
            watcher.watch(&self.folder, mode)?;
            Ok(watcher)
        });
        *kept = watcher.ok();
    }

    pub(crate) fn signs(&self) -> watch::Receiver<u64> {
        self.signs.subscribe()
    }
}
