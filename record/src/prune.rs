//! Removes the oldest run folders beyond what is kept. It deletes nothing but real folders in `runs/` whose names are run
//! ids, follows no link, and spares whatever changed within the last minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::identity::is_run_id;

/// A folder that changed this recently may belong to a run that goes on.
const LIVELY: Duration = Duration::from_secs(60);

struct Folder {
    path: PathBuf,
    created: SystemTime,
    changed: SystemTime,
    bytes: u64,
}

/// Keeps the newest `keep_runs` folders as long as they hold `keep_bytes` together. What cannot be removed stays: another
/// recorder may be doing the same, and the next run tries again.
pub(crate) fn prune(runs: &Path, keep_runs: usize, keep_bytes: u64, now: SystemTime) {
    if fs::symlink_metadata(runs).map_or(true, |about| !about.is_dir()) {
        return;
    }
    let Ok(entries) = fs::read_dir(runs) else {
        return;
    };
    let mut folders: Vec<Folder> = entries
        .flatten()
        .filter_map(|entry| measure(entry.path()))
        .collect();
    folders.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.path.cmp(&a.path)));
    let mut bytes = 0_u64;
    for (place, folder) in folders.iter().enumerate() {
        bytes = bytes.saturating_add(folder.bytes);
        // A time in the future is a clock that was set back, not an old run.
        let lively = now
            .duration_since(folder.changed)
            .is_ok_and(|age| age < LIVELY)
            || folder.changed > now;
        if (place >= keep_runs || bytes > keep_bytes) && !lively {
            let _ = fs::remove_dir_all(&folder.path);
        }
    }
}

fn measure(path: PathBuf) -> Option<Folder> {
    let about = fs::symlink_metadata(&path).ok()?;
    if !about.is_dir() || !is_run_id(path.file_name()?.to_str()?) {
        return None;
    }
    let (mut created, mut changed, mut bytes) = (None, None, 0);
    for entry in fs::read_dir(&path).ok()?.flatten() {
        // A link is neither followed nor counted; a run has none.
        let Some(about) = entry.metadata().ok().filter(fs::Metadata::is_file) else {
            continue;
        };
        let modified = about.modified().ok();
        bytes += about.len();
        changed = changed.max(modified);
        if entry.file_name() == "run.json" {
            created = modified;
        }
    }
    let changed = changed.or_else(|| about.modified().ok())?;
    Some(Folder {
        path,
        created: created.unwrap_or(changed),
        changed,
        bytes,
    })
}
