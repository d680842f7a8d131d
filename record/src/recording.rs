//! A run that is being recorded: its own one, or one that it joined, or none at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::history::{self, Stage};
use crate::identity::{host, new_run_id, user};
use crate::journal::{Events, Log, open_append, words};
use crate::options::Options;
use crate::outcome::{RunOutcome, StepOutcome, Stream};
use crate::shared::{Kind, Own, Shared, lock, say, set};
use crate::step::Step;
use crate::time::now;
use crate::{RECORDER, RUN_VARIABLE, STEP_VARIABLE, is_run_id, prune};

/// How often `alive` is touched.
const PULSE: Duration = Duration::from_secs(2);

/// A run that is being recorded. Clones are handles to the same run, and may be used from any thread.
/// Dropping the last one without [`Recording::finish`] records that the run failed without a result.
#[derive(Clone)]
pub struct Recording {
    shared: Arc<Shared>,
}

impl Recording {
    /// What the environment asks for: with `RUNBOARD_RUN=off` nothing is recorded, with `RUNBOARD_RUN=FOLDER` the run in
    /// that folder is joined, else a run begins. When that is impossible, one line on stderr says why, and the work goes
    /// on unrecorded.
    #[must_use]
    pub fn open(options: Options) -> Self {
        let wish = std::env::var_os(RUN_VARIABLE).filter(|wish| !wish.is_empty());
        if wish.as_ref().is_some_and(|wish| wish == "off") {
            return Self::silent();
        }
        if let Some(folder) = wish {
            match Self::join(Path::new(&folder)) {
                Ok(joined) => return joined,
                Err(error) => {
                    let (folder, why) = (Path::new(&folder).display(), words(&error));
                    say(&format!(
                        "cannot join the run in {folder}, so this is a new one: {why}"
                    ));
                }
            }
        }
        let dir = options.dir.clone();
        Self::start(options).unwrap_or_else(|error| {
            say(&format!(
                "this run is not recorded: {}: {}",
                dir.display(),
                words(&error)
            ));
            Self::silent()
        })
    }

    /// Begins a run of its own, whatever the environment says, and removes the oldest ones beyond what is to be kept.
    ///
    /// # Errors
    /// The folder or its files cannot be made.
    pub fn start(options: Options) -> io::Result<Self> {
        let runs = options.dir.join("runs");
        fs::create_dir_all(&runs)?;
        let (id, folder) = match &options.run_id {
            Some(id) => named_folder(&runs, id)?,
            None => new_folder(&runs)?,
        };
        let own = Own {
            id,
            begun_at: now(),
            options,
        };
        let opened = fs::canonicalize(&folder).and_then(|folder| Self::begin(own, folder));
        if opened.is_err() {
            for name in [
                "run.json.tmp",
                "run.json",
                "events.jsonl",
                "log.tsv",
                "alive",
            ] {
                let _ = fs::remove_file(folder.join(name));
            }
            let _ = fs::remove_dir(&folder);
        }
        opened
    }

    fn begin(own: Own, folder: PathBuf) -> io::Result<Self> {
        let about = folder.join("run.json.tmp");
        fs::write(&about, format!("{}\n", run_json(&own)))?;
        fs::rename(&about, folder.join("run.json"))?;
        let alive = File::create(folder.join("alive"))?;
        // While it is locked the run is not taken up by another recorder. Where that is impossible nothing is lost but this guard.
        let _ = alive.try_lock();
        let at = own.begun_at.clone();
        let (keep_runs, keep_bytes) = (own.options.keep_runs, own.options.keep_bytes);
        let recording = Self::with(Kind::Own(Box::new(own)), Some(folder))?;
        recording
            .shared
            .event(&json!({"at": at, "event": "run", "status": "running"}));
        recording.touch(alive)?;
        if let Some(runs) = recording.folder().and_then(Path::parent) {
            prune::prune(runs, keep_runs, keep_bytes, SystemTime::now());
        }
        Ok(recording)
    }

    /// Joins the run in `folder`: steps, lines and losses go into its files; its beginning and end are its recorder's.
    ///
    /// # Errors
    /// There is no such folder, or its files cannot be opened for appending.
    pub fn join(folder: &Path) -> io::Result<Self> {
        Self::with(Kind::Joined, Some(fs::canonicalize(folder)?))
    }

    /// Records nothing: commands run with our own output.
    #[must_use]
    pub fn silent() -> Self {
        let sink = || Box::new(io::sink());
        Self::assemble(
            Kind::Silent,
            None,
            Log::new(sink(), false),
            Events::new(sink(), false),
        )
    }

    pub(crate) fn with(kind: Kind, folder: Option<PathBuf>) -> io::Result<Self> {
        let Some(path) = &folder else {
            return Ok(Self::silent());
        };
        let (log, log_torn) = open_append(&path.join("log.tsv"))?;
        let (events, events_torn) = open_append(&path.join("events.jsonl"))?;
        let log = Log::new(Box::new(log), log_torn);
        let events = Events::new(Box::new(events), events_torn);
        Ok(Self::assemble(kind, folder, log, events))
    }

    fn assemble(kind: Kind, folder: Option<PathBuf>, log: Log, events: Events) -> Self {
        let shared = Shared {
            kind,
            folder,
            log: Mutex::new(log),
            events: Mutex::new(events),
            stages: Mutex::default(),
            ended: AtomicBool::new(false),
            pulse: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Touches `alive` until the run ends, and tries to write the events that found no room.
    pub(crate) fn touch(&self, alive: File) -> io::Result<()> {
        let (pulse, stop) = mpsc::channel::<()>();
        let shared: Weak<Shared> = Arc::downgrade(&self.shared);
        thread::Builder::new()
            .name(String::from("alive"))
            .spawn(move || {
                while stop.recv_timeout(PULSE) == Err(RecvTimeoutError::Timeout) {
                    let _ = alive.set_modified(SystemTime::now());
                    if let Some(shared) = shared.upgrade() {
                        lock(&shared.events).retry();
                    }
                }
            })?;
        *lock(&self.shared.pulse) = Some(pulse);
        Ok(())
    }

    /// The run's folder; nothing when nothing is recorded.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.shared.folder.as_deref()
    }

    /// The run's id; nothing when nothing is recorded.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        self.folder()?.file_name()?.to_str()
    }

    /// Whether this process writes into the run of another.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        matches!(self.shared.kind, Kind::Joined)
    }

    /// What `RUNBOARD_RUN` is for the commands of this run. A silent run silences them too: what kept us from recording
    /// would keep each of them, and each would say so.
    pub(crate) fn child_variable(&self) -> PathBuf {
        self.folder()
            .map_or_else(|| PathBuf::from("off"), Path::to_path_buf)
    }

    /// Announces steps before they run, in order. Further plans add to it.
    pub fn plan(&self, steps: &[&str]) {
        let steps: Vec<String> = steps.iter().map(|step| step_name(step)).collect();
        self.shared
            .event(&json!({"at": now(), "event": "plan", "steps": steps}));
    }

    /// Begins a step. The same name again in the same run is its next attempt. Control characters become spaces.
    #[must_use = "a step that is dropped is recorded as failed"]
    pub fn step(&self, name: &str) -> Step {
        self.begin_step(name, None)
    }

    /// The same for a step that is one command, run in `cwd`: whoever resumes the run can then run it again.
    #[must_use = "a step that is dropped is recorded as failed"]
    pub fn command_step(&self, name: &str, argv: &[String], cwd: &Path) -> Step {
        self.begin_step(name, Some((argv, cwd)))
    }

    fn begin_step(&self, name: &str, command: Option<(&[String], &Path)>) -> Step {
        let (name, at) = (step_name(name), now());
        let attempt = {
            let mut stages = lock(&self.shared.stages);
            let own = history::attempts(&stages, &name);
            // Commands that joined may have run the same step, and so may whoever began a run that is resumed.
            let others = self.folder().map_or(0, |folder| {
                history::attempts(&history::stages_of(folder), &name)
            });
            let attempt = own.max(others) + 1;
            stages.push(Stage::begun(&name, attempt, &at));
            attempt
        };
        let mut event = json!({
            "at": at, "event": "step", "step": name, "attempt": attempt, "status": "running"
        });
        if let Some((argv, cwd)) = command {
            set(&mut event, "argv", Some(json!(argv)));
            set(&mut event, "cwd", Some(cwd.to_string_lossy().into()));
        }
        let around = std::env::var(STEP_VARIABLE)
            .ok()
            .filter(|around| self.is_joined() && !around.is_empty() && *around != name);
        set(&mut event, "within", around.map(Value::from));
        self.shared.event(&event);
        Step::new(self.clone(), name, attempt)
    }

    /// Appends a line that belongs to the run itself and to none of its steps.
    pub fn line(&self, stream: Stream, text: &str) {
        let at = now();
        let rows: String = text
            .lines()
            .map(|line| format!("{at}\t\t{}\t{line}\n", stream.word()))
            .collect();
        self.append_rows(rows.as_bytes());
    }

    /// The run has ended; later calls change nothing. Steps that still run are recorded as canceled. A failure without a
    /// `reason` is explained by the first step that failed. For a joined run this only says what was lost.
    pub fn finish(&self, outcome: RunOutcome, exit_code: Option<i32>, reason: Option<&str>) {
        self.shared.finish(outcome, exit_code, reason);
    }

    /// From now on its end is not ours to record.
    pub(crate) fn leave(&self) {
        self.shared.ended.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.shared.ended.store(false, Ordering::SeqCst);
    }

    pub(crate) fn event(&self, event: &Value) {
        self.shared.event(event);
    }

    pub(crate) fn append_rows(&self, rows: &[u8]) {
        self.shared.append_rows(rows);
    }

    pub(crate) fn end_step(
        &self,
        name: &str,
        attempt: u32,
        outcome: StepOutcome,
        exit_code: Option<i32>,
        reason: Option<String>,
    ) {
        self.shared
            .end_step(name, attempt, outcome, exit_code, reason);
    }
}

/// A step's name as the log can hold it: a tab or newline in it would make another column or row.
fn step_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if clean.trim().is_empty() {
        String::from("step")
    } else {
        clean
    }
}

/// Makes the folder of a new run; another recorder may have drawn the same id.
fn new_folder(runs: &Path) -> io::Result<(String, PathBuf)> {
    loop {
        let id = new_run_id();
        let folder = runs.join(&id);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok((id, folder)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes the folder of a new run whose id the caller has chosen.
fn named_folder(runs: &Path, id: &str) -> io::Result<(String, PathBuf)> {
    if !is_run_id(id) {
        let why = format!("{id:?} is no run id");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let folder = runs.join(id);
    fs::create_dir(&folder)?;
    Ok((id.to_owned(), folder))
}

fn run_json(own: &Own) -> Value {
    let Own {
        id,
        begun_at,
        options,
    } = own;
    let cwd = std::env::current_dir()
        .ok()
        .map(|dir| dir.to_string_lossy().into_owned());
    let mut about = json!({
        "format": 1, "run_id": id, "job": options.job, "command": options.command, "created_at": begun_at,
        "pid": std::process::id(), "tags": options.tags, "parent": options.parent, "root": options.root,
        "recorder": RECORDER,
    });
    set(&mut about, "cwd", cwd.map(Value::from));
    set(&mut about, "user", user().map(Value::from));
    set(&mut about, "host", host().map(Value::from));
    about
}
