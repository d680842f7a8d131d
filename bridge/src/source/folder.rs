//! [`Folder`]: one recorded run, read from its folder as far as it has got (docs/recording.md).

mod event;

use std::fs::File;
use std::path::{Path, PathBuf};

use runboard_core::model::fold::{EventKind, RunDetail};
use runboard_core::model::time::parse_written;
use runboard_core::model::{Phase, Run, Step, Timestamp, failure};
use serde_json::Value;

use super::file::{Position, Stamp, whole_lines};
use event::{Line, read_event};

pub(super) use event::phase;

/// A run that is not over and whose files rest for so long was killed, or its disk was full.
const UNFINISHED_AFTER_NS: u64 = 15_000_000_000;
/// A run that is over and whose files rest for so long is looked at less often; in our own tests at once.
const QUIET_AFTER_NS: u64 = if cfg!(test) { 0 } else { 60_000_000_000 };
/// Lines of events and run.json beyond this are refused, so that memory stays bounded.
const MAX_LINE: usize = 4 * 1024 * 1024;
const MAX_PROBLEMS: usize = 20;

/// One recorded run.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// As it is shown; its version is [`Folder::version`].
    pub(crate) run: Run,
    pub(crate) steps: Vec<Step>,
    /// How far events.jsonl is taken in.
    pub(crate) events: Position,
    /// Grows when events.jsonl turned out to be another file than before.
    pub(crate) epoch: u64,
    /// The change of the source that last changed what is shown here.
    pub(crate) changed: u64,
    pub(crate) problems: Vec<String>,
    /// When run.json was put in place, as a version: what was there before a position can be counted.
    pub(crate) born: u64,
    detail: RunDetail,
    /// The run's line in runs.jsonl, for what the folder does not say.
    line: Option<Run>,
    /// When the run began, the last time.
    begun: Option<Timestamp>,
    lost: (u64, u64),
    /// Of a mirrored run: its state, which is not folded from its events.
    given: Option<(Run, Vec<Step>)>,
    /// run.json, events.jsonl, log.tsv, alive.
    stamps: [Option<Stamp>; 4],
}

impl Folder {
    pub(crate) fn new(path: PathBuf, id: &str) -> Folder {
        let run = Run::new(id, "");
        Folder {
            path,
            detail: RunDetail::new(run.clone()),
            run,
            steps: Vec::new(),
            events: Position::default(),
            epoch: 0,
            changed: 0,
            problems: Vec::new(),
            born: 0,
            line: None,
            begun: None,
            lost: (0, 0),
            given: None,
            stamps: [None; 4],
        }
    }

    /// Shows this state from now on; `true` when it differs.
    pub(crate) fn give(&mut self, run: Run, steps: Vec<Step>, now_ns: u64) -> bool {
        self.given = Some((run, steps));
        let _ = self.refresh(now_ns);
        let unfinished = self.is_unfinished(now_ns);
        let changed = self.show(unfinished);
        self.number(unfinished);
        changed
    }

    fn is_unfinished(&self, now_ns: u64) -> bool {
        match &self.given {
            Some((run, _)) => run.is_unfinished(),
            None => !self.shown_phase().is_terminal() && self.is_still(now_ns),
        }
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.path.join("log.tsv")
    }

    /// Whether nothing is expected to change here any more.
    pub(crate) fn is_quiet(&self, now_ns: u64) -> bool {
        self.run.phase.is_terminal() && now_ns.saturating_sub(self.last_change()) > QUIET_AFTER_NS
    }

    /// The newest change of any of its files.
    fn last_change(&self) -> u64 {
        self.stamps
            .iter()
            .flatten()
            .map(|stamp| stamp.changed)
            .max()
            .unwrap_or(0)
    }

    fn last_seen(&self) -> u64 {
        self.stamps
            .iter()
            .flatten()
            .map(|stamp| stamp.modified)
            .max()
            .unwrap_or(0)
    }

    /// Looks at the files again. `None`: this is no run (yet). `Some(true)`: what is shown has changed.
    pub(crate) fn refresh(&mut self, now_ns: u64) -> Option<bool> {
        let stamps = ["run.json", "events.jsonl", "log.tsv", "alive"]
            .map(|name| Stamp::of(&self.path.join(name)));
        let [head, events, ..] = stamps;
        let head = head?;
        let [old_head, old_events, ..] = self.stamps;
        self.stamps = stamps;
        let mut changed = false;
        if old_head != Some(head) {
            self.born = head.changed;
            self.read_head();
            changed = true;
        }
        if events != old_events {
            self.read_events();
            changed = true;
        }
        let unfinished = self.is_unfinished(now_ns);
        if changed || unfinished != self.run.last_seen_at.is_some() {
            changed = self.show(unfinished);
        }
        self.number(unfinished);
        Some(changed)
    }

    fn is_still(&self, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.last_seen()) > UNFINISHED_AFTER_NS
    }

    /// Takes in what the run's line in runs.jsonl says; the folder wins where both speak.
    pub(crate) fn set_line(&mut self, line: Run, now_ns: u64) -> bool {
        self.line = Some(line);
        let unfinished = self.is_unfinished(now_ns);
        let changed = self.show(unfinished);
        self.number(unfinished);
        changed
    }

    fn number(&mut self, unfinished: bool) {
        self.run.version = self.version(unfinished).max(self.run.version);
        for step in &mut self.steps {
            step.version = self.run.version;
        }
    }

    fn shown_phase(&self) -> Phase {
        self.end_in_line()
            .map_or(self.detail.run.phase, |line| line.phase)
    }

    /// The line, when it tells of the run's end and the folder does not. A line from before the run was resumed tells of an earlier end.
    fn end_in_line(&self) -> Option<&Run> {
        let line = self.line.as_ref().filter(|line| line.phase.is_terminal())?;
        let earlier = line
            .ended_at
            .zip(self.begun)
            .is_some_and(|(ended, begun)| ended < begun);
        (!self.detail.run.phase.is_terminal() && !earlier).then_some(line)
    }

    /// The moment at which the row became what it is, in ns: the same after a restart, and never lower than before.
    fn version(&self, unfinished: bool) -> u64 {
        let still = if unfinished {
            self.last_seen().saturating_add(UNFINISHED_AFTER_NS)
        } else {
            0
        };
        self.last_change().max(still)
    }

    /// Makes the shown run anew; `true` when it differs.
    fn show(&mut self, unfinished: bool) -> bool {
        if let Some((run, steps)) = &self.given {
            let (mut run, steps) = (run.clone(), steps.clone());
            run.version = self.run.version;
            let same = run == self.run && super::same_steps(&steps, &self.steps);
            (self.run, self.steps) = (run, steps);
            return !same;
        }
        let mut run = self.detail.run.clone();
        let steps = match self.end_in_line() {
            None => self.detail.steps(),
            Some(line) => {
                (run.phase, run.raw_status) = (line.phase, line.raw_status.clone());
                (run.ended_at, run.exit_code, run.reason) =
                    (line.ended_at, line.exit_code, line.reason.clone());
                let mut over = self.detail.clone();
                over.run.phase = line.phase;
                over.steps()
            }
        };
        for (key, count) in [("lost_lines", self.lost.0), ("lost_bytes", self.lost.1)] {
            if count > 0 {
                run.tags.push((key.into(), count.to_string()));
            }
        }
        // The times of a run that was resumed are those of its last attempt: nobody worked in between.
        if run.attempt > 1 {
            run.started_at = self.begun.or(run.started_at);
        }
        run.last_seen_at = unfinished.then(|| Timestamp((self.last_seen() / 1000) as i64));
        run.steps = runboard_core::model::fold::count(&steps);
        // Recorders in recorders: the outer ones fail because the inner one did, and each says so.
        run.reason = failure::reason(&run, &steps);
        run.version = self.run.version;
        let same = run == self.run && super::same_steps(&steps, &self.steps);
        self.run = run;
        self.steps = steps;
        !same
    }

    fn problem(&mut self, name: &str, text: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems
                .push(format!("runs/{}/{name}: {text}", self.run.id));
        }
    }

    fn read_head(&mut self) {
        let path = self.path.join("run.json");
        let head = read_small(&path).and_then(|bytes| {
            serde_json::from_str::<Value>(&String::from_utf8_lossy(&bytes))
                .map_err(|error| format!("cannot be read as JSON ({error})"))
        });
        let head = match head {
            Ok(Value::Object(head)) => head,
            Ok(_) => return self.problem("run.json", "is not a JSON object"),
            Err(error) => return self.problem("run.json", &error),
        };
        let text = |key: &str| {
            head.get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(String::from)
        };
        let run = &mut self.detail.run;
        run.job = text("job").unwrap_or_default();
        (run.user, run.host) = (text("user"), text("host"));
        (run.lineage.root, run.lineage.parent) = (text("root"), text("parent"));
        if let Some(words) = head.get("command").and_then(Value::as_array) {
            run.command = words.iter().map(plain).collect();
        }
        if let Some(tags) = head.get("tags").and_then(Value::as_object) {
            run.tags = tags
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect();
        }
        let written = text("created_at").as_deref().and_then(parse_written);
        run.created_at = written.map(|time| time.at);
        run.zone_assumed = written.is_some_and(|time| time.offset_minutes.is_none());
        if run.phase == Phase::Unknown && run.raw_status.is_empty() {
            run.phase = Phase::Queued;
        }
        if head.get("run_id").and_then(Value::as_str) != Some(self.run.id.as_str()) {
            self.problem(
                "run.json",
                "run_id is not the folder's name; the folder's name is used",
            );
        }
        if written.is_none() {
            self.problem("run.json", "created_at is missing or no time");
        }
    }

    fn read_events(&mut self) {
        let Ok(file) = File::open(self.path.join("events.jsonl")) else {
            return;
        };
        if !self.events.holds(&file) {
            // Another file than before: what it said is forgotten.
            let mut run = Run::new(self.run.id.clone(), "");
            std::mem::swap(&mut run, &mut self.detail.run);
            run.phase = Phase::Queued;
            (run.started_at, run.ended_at, run.exit_code, run.reason) = (None, None, None, None);
            run.raw_status.clear();
            run.attempt = 1;
            self.detail = RunDetail::new(run);
            self.events = Position::default();
            self.lost = (0, 0);
            self.begun = None;
            self.epoch += 1;
        }
        let (detail, lost, begun) = (&mut self.detail, &mut self.lost, &mut self.begun);
        let mut bad = Vec::new();
        let end = whole_lines(&file, self.events.offset, MAX_LINE, &mut |offset, line| {
            match line.map(|line| read_event(offset, line)) {
                Some(Ok(Line::Event(event))) => {
                    // A run that begins after it was over was resumed.
                    if matches!(&event.kind, EventKind::Run { phase, .. } if phase.is_active()) {
                        let again = u32::from(detail.run.phase.is_terminal());
                        detail.run.attempt = detail.run.attempt.saturating_add(again);
                        *begun = event.at.or(*begun);
                    }
                    detail.apply(&event);
                }
                Some(Ok(Line::Loss(lines, bytes))) => {
                    *lost = (lost.0.saturating_add(lines), lost.1.saturating_add(bytes))
                }
                Some(Ok(Line::Nothing)) => {}
                Some(Err(error)) => bad.push((offset, error)),
                None => bad.push((offset, "the line is too long".into())),
            }
            true
        });
        let settled = end.and_then(|end| Position::of(&file, end));
        for (offset, error) in bad {
            self.problem("events.jsonl", &format!("byte {offset}: {error}"));
        }
        match settled {
            Ok(position) => self.events = position,
            Err(error) => self.problem("events.jsonl", &error.to_string()),
        }
    }
}

fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let len = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if len > MAX_LINE as u64 {
        return Err("is too large".into());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// The recorded run in a folder, as it stands.
pub(crate) fn recorded(path: &Path, id: &str) -> Option<(Run, Vec<Step>)> {
    let mut folder = Folder::new(path.to_path_buf(), id);
    folder.refresh(super::now_ns())?;
    Some((folder.run, folder.steps))
}

/// A run's run.json; nothing when it is not there or cannot be read.
pub(crate) fn head_of(folder: &Path) -> Option<Value> {
    let path = folder.join("run.json");
    Stamp::of(&path)?;
    serde_json::from_slice(&read_small(&path).ok()?).ok()
}

/// The last event that tells of the run itself.
pub(crate) fn last_state(folder: &Path) -> Option<Value> {
    last_of(folder, |_| true)
}

/// The event with which the run began last.
pub(crate) fn last_start(folder: &Path) -> Option<Value> {
    last_of(folder, |event| {
        event.get("status").and_then(Value::as_str) == Some("running")
    })
}

fn last_of(folder: &Path, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    let mut last = None;
    let take = &mut |event: super::events::Event| {
        let of_run = event.detail.get("event").and_then(Value::as_str) == Some("run");
        if of_run && wanted(&event.detail) {
            last = Some(event.detail);
        }
        true
    };
    super::events::read(&folder.join("events.jsonl"), 0, 0, take).ok()?;
    last
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), String::from)
}
