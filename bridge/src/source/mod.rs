//! [`Source`]: the runs of one place on this machine, as they stand when asked.
//!
//! Nothing runs in the background: whoever asks first has the files looked at, and those who ask right behind see the same.
//! A source is a history file, or a recording folder (run folders and their history file, shown as one).

mod by_id;
pub(crate) mod events;
mod file;
mod folder;
pub(crate) mod lengths;
pub(crate) mod lines;
mod list;
mod near;
mod sorted;
mod state;
mod watch;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use runboard_core::model::{Step, Timestamp};

use crate::executioner::Setup;
use crate::log::cache::IndexCache;

pub(crate) use file::{Position, Stamp, read_at, whole_lines};
pub(crate) use folder::{head_of, last_start, last_state, recorded};
pub(crate) use list::{ListQuery, Order, PageKey};
pub(crate) use state::{Detail, Marks, News, RunsPosition, State};
pub(crate) use watch::Watch;

/// Where the runs of a source are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A recording folder (docs/recording.md).
    Recorded(PathBuf),
    /// A run history file.
    History(PathBuf),
    /// A history of executioner.
    Executioner(Setup),
}

/// One source of runs.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) logs: IndexCache,
    state: Mutex<State>,
    ready: AtomicBool,
    watch: Mutex<Weak<Watch>>,
    streams: AtomicUsize,
    /// Log lines that streams were given since the start: what came again after a cut is in it twice.
    lines_sent: AtomicU64,
}

impl Source {
    pub(crate) fn new(name: &str, place: Place) -> Arc<Source> {
        let state = Mutex::new(State::new(name, &place));
        Arc::new(Source {
            name: name.to_string(),
            place,
            logs: IndexCache::default(),
            state,
            ready: AtomicBool::new(false),
            watch: Mutex::default(),
            streams: AtomicUsize::new(0),
            lines_sent: AtomicU64::new(0),
        })
    }

    /// The state of the files now. Blocks: call it where blocking is allowed.
    pub(crate) fn look(&self) -> MutexGuard<'_, State> {
        let asked = Instant::now();
        // A panic elsewhere leaves the state as it was between two lines: good enough to go on.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Of those who waited together the first one looks for all.
        if !state.looked_since(asked) {
            state.refresh();
            self.ready.store(true, Ordering::Relaxed);
        }
        state
    }

    /// Whether the files have been read once. Does not wait.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// The shared watch over the files; it ends when nobody holds it.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        let mut shared = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = shared.upgrade() {
            return watch;
        }
        let watch = Arc::new(match &self.place {
            Place::Recorded(folder) => Watch::start(folder, true),
            // The folder, not the file: a rotated file is another file under the same name.
            Place::Executioner(Setup { database: file, .. }) | Place::History(file) => {
                let folder = file
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty())
                    .unwrap_or(Path::new("."));
                Watch::start(folder, false)
            }
        });
        *shared = Arc::downgrade(&watch);
        watch
    }

    /// Counts a stream for as long as the answer is held.
    pub(crate) fn count_stream(self: &Arc<Source>) -> StreamCount {
        self.streams.fetch_add(1, Ordering::Relaxed);
        StreamCount(self.clone())
    }

    pub(crate) fn count_lines(&self, lines: u64) {
        self.lines_sent.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn lines_sent(&self) -> u64 {
        self.lines_sent.load(Ordering::Relaxed)
    }

    pub(crate) fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }
}

/// One open stream of a source.
pub(crate) struct StreamCount(Arc<Source>);

impl Drop for StreamCount {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// This machine's clock in ns since 1970.
pub(crate) fn now_ns() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as u64)
}

pub(crate) fn now() -> Timestamp {
    Timestamp((now_ns() / 1000) as i64)
}

/// Whether two lists of steps say the same, their versions aside.
fn same_steps(a: &[Step], b: &[Step]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_step(a, b))
}

pub(crate) fn same_step(a: &Step, b: &Step) -> bool {
    a.version == b.version && a == b || {
        let mut a = a.clone();
        a.version = b.version;
        a == *b
    }
}
