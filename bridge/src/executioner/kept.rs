//! What the bridge keeps of the runs that it starts, in a file beside the database: the database itself is never written.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use runboard_core::model::Run;
use runboard_core::model::resume::planner::StepNow;
use serde_json::{Value, json};

use super::config::Config;
use super::who::user;
use crate::source::Stamp;

/// One start.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Start {
    pub(super) at: String,
    pub(super) config_path: String,
    pub(super) config_hash: String,
    pub(super) user: Option<String>,
    pub(super) parent: i64,
    /// The configuration's jobs as they were.
    pub(super) steps: Vec<StepNow>,
}

/// A job that was marked as done from here.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at: String,
    pub(super) user: Option<String>,
    pub(super) job: String,
}

impl Mark {
    /// By whoever runs the bridge, now.
    pub(super) fn new(job: &str) -> Mark {
        Mark {
            at: crate::source::now().to_string(),
            user: user(),
            job: job.into(),
        }
    }

    /// When, and by whom.
    pub(super) fn words(&self) -> String {
        let user = self.user.as_deref().unwrap_or("nobody known");
        format!("{} by {user}", self.at)
    }
}

pub(super) struct Kept {
    path: PathBuf,
    stamp: Option<Stamp>,
    starts: BTreeMap<i64, Vec<Start>>,
    marks: BTreeMap<i64, Vec<Mark>>,
    bad: usize,
}

impl Kept {
    pub(super) fn beside(database: &Path) -> Kept {
        let mut name = database.as_os_str().to_owned();
        name.push(".runboard.jsonl");
        Kept {
            path: name.into(),
            stamp: None,
            starts: BTreeMap::new(),
            marks: BTreeMap::new(),
            bad: 0,
        }
    }

    /// Reads the file again if it has changed.
    pub(super) fn refresh(&mut self) -> bool {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp {
            return false;
        }
        self.stamp = stamp;
        (self.starts, self.marks, self.bad) = (BTreeMap::new(), BTreeMap::new(), 0);
        let text = std::fs::read(&self.path).unwrap_or_default();
        for line in text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
        {
            let value: Option<Value> = serde_json::from_slice(line).ok();
            if let Some((run, start)) = value.as_ref().and_then(start) {
                self.starts.entry(run).or_default().push(start);
            } else if let Some((run, mark)) = value.as_ref().and_then(mark) {
                self.marks.entry(run).or_default().push(mark);
            } else {
                self.bad += 1;
            }
        }
        true
    }

    pub(super) fn problem(&self) -> Option<String> {
        (self.bad > 0)
            .then(|| format!("{}: {} lines cannot be read", self.path.display(), self.bad))
    }

    pub(super) fn of(&self, run: i64) -> &[Start] {
        self.starts.get(&run).map_or(&[], Vec::as_slice)
    }

    pub(super) fn marks(&self, run: i64) -> &[Mark] {
        self.marks.get(&run).map_or(&[], Vec::as_slice)
    }

    /// Adds what is known of who ran it.
    pub(super) fn add(&self, run: &mut Run) {
        let last = run.id.parse().ok().and_then(|id| self.of(id).last());
        if let Some(user) = last.and_then(|last| last.user.as_ref()) {
            run.user = run.user.take().or(Some(user.clone()));
        }
    }

    /// Writes down a start.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn keep(
        &self,
        run: i64,
        config: &Config,
        command: &[String],
    ) -> std::io::Result<()> {
        let steps: Vec<Value> = config
            .steps()
            .into_iter()
            .map(
                |step| json!({"id": step.key, "dependencies": step.needs, "command": step.command}),
            )
            .collect();
        self.add_line(&json!({
            "run_id": run, "at": crate::source::now().to_string(), "config_path": config.path.display().to_string(), "config_hash": config.hash,
            "user": user(), "parent_run_id": run, "command": command, "jobs": steps,
        }))
    }

    /// Writes down that a job was marked as done.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn marked(&self, run: i64, mark: &Mark) -> std::io::Result<()> {
        let Mark { at, user, job } = mark;
        self.add_line(&json!({"run_id": run, "at": at, "user": user, "marked": job}))
    }

    fn add_line(&self, line: &Value) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}

fn mark(value: &Value) -> Option<(i64, Mark)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(String::from);
    let mark = Mark {
        at: text("at")?,
        user: text("user"),
        job: text("marked")?,
    };
    Some((value.get("run_id")?.as_i64()?, mark))
}

fn start(value: &Value) -> Option<(i64, Start)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(String::from);
    let run = value.get("run_id")?.as_i64()?;
    let jobs = value.get("jobs").and_then(Value::as_array);
    let step = |job: &Value| {
        let needs = job.get("dependencies").and_then(Value::as_array);
        Some(StepNow {
            key: job.get("id")?.as_str()?.into(),
            needs: needs
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(String::from)
                .collect(),
            command: job.get("command").and_then(Value::as_str).map(String::from),
            ..StepNow::default()
        })
    };
    let start = Start {
        at: text("at")?,
        config_path: text("config_path")?,
        config_hash: text("config_hash")?,
        user: text("user"),
        parent: value
            .get("parent_run_id")
            .and_then(Value::as_i64)
            .unwrap_or(run),
        steps: jobs.into_iter().flatten().filter_map(step).collect(),
    };
    Some((run, start))
}
