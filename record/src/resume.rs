//! A run that was over, or whose recorder is gone, taken up again by another recorder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::history;
use crate::identity::is_run_id;
use crate::options::Options;
use crate::outcome::{RunOutcome, StepOutcome};
use crate::recording::Recording;
use crate::shared::{Kind, Own, set};
use crate::time::now;

/// What a run.json may hold at most.
const MAX_HEAD: u64 = 4 * 1024 * 1024;

impl Recording {
    /// Takes up the run in `folder`, whose recorder has ended. Nothing is written yet: see [`Recording::goes_on`] and
    /// [`Recording::give_up`]. Nobody else can take it up while [`Held`] lives.
    ///
    /// # Errors
    /// `WouldBlock`: another recorder has the run. Else its files cannot be read or opened.
    pub fn take_up(folder: &Path) -> io::Result<(Self, Held)> {
        let folder = fs::canonicalize(folder)?;
        let own = own_of(&folder)?;
        let alive = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("alive"))?;
        alive.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::new(
                io::ErrorKind::WouldBlock,
                "another recorder is at work on this run",
            ),
            fs::TryLockError::Error(error) => error,
        })?;
        let recording = Self::with(Kind::Own(Box::new(own)), Some(folder))?;
        // Nothing is to be said of it before it goes on.
        recording.leave();
        Ok((recording, Held(alive)))
    }

    /// The run goes on as its attempt number `attempt`, until it is finished. What was left open before is recorded as canceled,
    /// and the run as stopped.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn goes_on(&self, attempt: u32, held: Held) -> io::Result<()> {
        self.close_steps("its recorder was gone");
        if !self.folder().is_some_and(is_over) {
            self.event(&json!({
                "at": now(), "event": "run", "status": "stopped", "reason": "its recorder was gone"
            }));
        }
        self.event(&json!({
            "at": now(), "event": "run", "status": "running", "attempt": attempt, "pid": std::process::id()
        }));
        self.come_back();
        self.touch(held.0)
    }

    /// Records the run as stopped, and the steps that are open as canceled: its recorder could not.
    pub fn give_up(&self, held: Held, reason: &str) {
        self.close_steps(reason);
        self.come_back();
        self.finish(RunOutcome::Stopped, None, Some(reason));
        drop(held);
    }

    fn close_steps(&self, reason: &str) {
        let open = self.folder().map(history::stages_of).unwrap_or_default();
        for mut stage in open.into_iter().filter(history::Stage::runs) {
            stage.end(StepOutcome::Canceled.word(), &now(), None, None);
            let mut event = stage.end_event();
            set(&mut event, "reason", Some(reason.into()));
            self.event(&event);
        }
    }

    /// How many bytes of events the run has.
    #[must_use]
    pub fn events_so_far(&self) -> u64 {
        let path = self.folder().map(|folder| folder.join("events.jsonl"));
        path.and_then(|path| fs::metadata(path).ok())
            .map_or(0, |about| about.len())
    }

    /// Whether a step with this name and command had succeeded in the last try before the first `before` bytes of the run's events
    /// ended; gives the number of that attempt. Of a run that is not joined, or of one without a folder, nothing is known.
    #[must_use]
    pub fn succeeded_before(
        &self,
        name: &str,
        argv: &[String],
        cwd: &Path,
        before: u64,
    ) -> Option<u64> {
        let folder = self.folder().filter(|_| self.is_joined())?;
        let bytes = fs::read(folder.join("events.jsonl")).ok()?;
        let known = bytes.get(..usize::try_from(before).ok()?)?;
        let cwd = cwd.to_string_lossy();
        let mut last = None;
        for line in known.split(|byte| *byte == b'\n') {
            let Ok(event) = serde_json::from_slice::<Value>(line) else {
                continue;
            };
            let is = |key: &str, value: &str| event.get(key).and_then(Value::as_str) == Some(value);
            if !is("event", "step") || !is("step", name) {
                continue;
            }
            let attempt = event.get("attempt").and_then(Value::as_u64).unwrap_or(1);
            if is("status", "running") {
                if event.get("argv") == Some(&json!(argv)) && is("cwd", &cwd) {
                    last = Some((attempt, false));
                }
            } else if let Some((number, succeeded)) = &mut last
                && *number == attempt
            {
                *succeeded = is("status", "succeeded");
            }
        }
        last.filter(|(_, succeeded)| *succeeded)
            .map(|(attempt, _)| attempt)
    }
}

/// The sign that a run is held by its recorder.
pub struct Held(File);

fn is_over(folder: &Path) -> bool {
    let bytes = fs::read(folder.join("events.jsonl")).unwrap_or_default();
    let mut events = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let word = |event: &Value, key: &str| event.get(key).and_then(Value::as_str).map(String::from);
    events
        .rfind(|event| word(event, "event").as_deref() == Some("run"))
        .is_some_and(|event| word(&event, "status").as_deref() != Some("running"))
}

/// What run.json says of the run.
fn own_of(folder: &Path) -> io::Result<Own> {
    let path = folder.join("run.json");
    let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("run.json: {why}"));
    let about = fs::symlink_metadata(&path)?;
    if !about.is_file() || about.len() > MAX_HEAD {
        return Err(bad("it is no file, or too large".into()));
    }
    let head: Value =
        serde_json::from_slice(&fs::read(&path)?).map_err(|error| bad(error.to_string()))?;
    let text = |key: &str| head.get(key).and_then(Value::as_str).map(String::from);
    let id = folder
        .file_name()
        .and_then(|name| name.to_str())
        .filter(|name| is_run_id(name))
        .ok_or_else(|| bad("its folder's name is no run id".into()))?;
    let dir = folder
        .parent()
        .and_then(Path::parent)
        .ok_or_else(|| bad("it lies in no recording folder".into()))?;
    let mut options = Options::new(dir, text("job").unwrap_or_default());
    options.command = words(head.get("command"));
    options.tags = head
        .get("tags")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            (
                key.clone(),
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), String::from),
            )
        })
        .collect();
    (options.parent, options.root) = (text("parent"), text("root"));
    Ok(Own {
        id: id.to_owned(),
        begun_at: now(),
        options,
    })
}

fn words(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|word| word.as_str().map(String::from))
        .collect()
}
