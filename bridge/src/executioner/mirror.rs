//! The folder of each run: run.json with what was read, events.jsonl, log.tsv. Only ever appended to, but for run.json.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::logs::{Log, LogFile};
use super::rows::RunRows;
use super::shape::Shaped;

pub(super) struct Mirror {
    /// Holds `runs/`.
    dir: PathBuf,
    /// Events that a run's file holds, their times aside.
    told: BTreeMap<i64, BTreeSet<String>>,
    /// Folders that were seen to be of the run that the database has.
    claimed: BTreeMap<i64, String>,
    trouble: Option<String>,
}

impl Mirror {
    pub(super) fn new(dir: PathBuf) -> Mirror {
        Mirror {
            dir,
            told: BTreeMap::new(),
            claimed: BTreeMap::new(),
            trouble: None,
        }
    }

    pub(super) fn folder(&self, id: i64) -> PathBuf {
        self.dir.join("runs").join(id.to_string())
    }

    pub(super) fn trouble(&mut self, error: &std::io::Error) {
        self.trouble = Some(error.to_string());
    }

    pub(super) fn problem(&self) -> Option<String> {
        let name = self.dir.display();
        self.trouble
            .as_ref()
            .map(|error| format!("{name}: logs and events cannot be kept there: {error}"))
    }

    pub(super) fn log(&self, id: i64) -> Log {
        Log::open(&self.folder(id))
    }

    pub(super) fn remove(&mut self, id: i64) {
        self.told.remove(&id);
        self.claimed.remove(&id);
        let _ = fs::remove_dir_all(self.folder(id));
    }

    /// Removes folders of runs that the database no longer has.
    pub(super) fn keep_only(&mut self, runs: &BTreeMap<i64, RunRows>) {
        let entries = fs::read_dir(self.dir.join("runs"));
        for entry in entries.into_iter().flatten().flatten() {
            let id = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<i64>().ok());
            if let Some(id) = id.filter(|id| !runs.contains_key(id)) {
                self.remove(id);
            }
        }
    }

    /// Makes sure that the folder is this run's: another database may have had a run of the same number.
    pub(super) fn claim(&mut self, rows: &RunRows) {
        let first = rows.attempts.first();
        let own = json!([
            rows.id,
            first.map(|row| (&row.app, &row.start, &row.created_at))
        ])
        .to_string();
        if self.claimed.get(&rows.id) == Some(&own) {
            return;
        }
        let folder = self.folder(rows.id);
        let path = folder.join("of");
        if fs::read_to_string(&path).is_ok_and(|known| known != own) {
            let _ = fs::remove_dir_all(&folder);
            self.told.remove(&rows.id);
        }
        let made = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &own));
        if let Err(error) = made {
            self.trouble(&error);
        }
        self.claimed.insert(rows.id, own);
    }

    /// What the command line printed each time that the bridge ran it for this run.
    pub(super) fn consoles(&self, id: i64) -> Vec<LogFile> {
        let one = |path| LogFile {
            path,
            job: None,
            is_console: true,
        };
        let found = consoles_in(&self.folder(id)).unwrap_or_default();
        found.into_iter().map(one).collect()
    }

    /// Writes what is not yet there.
    pub(super) fn write(
        &mut self,
        rows: &RunRows,
        shaped: &Shaped,
        events: Option<Vec<Value>>,
        database: &Path,
    ) {
        if let Err(error) = self.try_write(rows, shaped, events, database) {
            self.trouble(&error);
        }
    }

    fn try_write(
        &mut self,
        rows: &RunRows,
        shaped: &Shaped,
        events: Option<Vec<Value>>,
        database: &Path,
    ) -> std::io::Result<()> {
        let folder = self.folder(rows.id);
        let run = &shaped.run;
        let head = json!({
            "format": 1,
            "run_id": run.id,
            "job": run.job,
            "created_at": run.created_at.or(run.started_at).map_or("1970-01-01T00:00:00Z".to_string(), |at| at.to_string()),
            "recorder": "executioner",
            "database": database.display().to_string(),
            "run_summary": rows.attempts,
            "job_history": rows.jobs,
            "run_metadata": rows.metadata,
            "contradictions": shaped.notes,
        });
        let text = head.to_string();
        let path = folder.join("run.json");
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            let new = folder.join("run.json.new");
            fs::write(&new, text)?;
            fs::rename(new, path)?;
        }
        let Some(events) = events else {
            return Ok(());
        };
        let path = folder.join("events.jsonl");
        let told = self.told.entry(rows.id).or_insert_with(|| {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines = text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            lines.map(|event: Value| timeless(&event)).collect()
        });
        let mut out = String::new();
        for event in events {
            if told.insert(timeless(&event)) {
                out.push_str(&event.to_string());
                out.push('\n');
            }
        }
        if !out.is_empty() {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(out.as_bytes())?;
        }
        Ok(())
    }

    /// Shows that the run is another one than before: its version grows with its files.
    pub(super) fn touch(&mut self, id: i64) {
        let path = self.folder(id).join("alive");
        if let Err(error) = fs::write(path, b"") {
            self.trouble(&error);
        }
    }
}

/// An event without its time, which is told more exactly once the log has been read.
fn timeless(event: &Value) -> String {
    let mut event = event.clone();
    if let Some(map) = event.as_object_mut() {
        map.remove("at");
    }
    event.to_string()
}

/// Whether a process has one of the files open: a job may print nothing for hours. Known on Linux only.
pub(super) fn is_open(files: &[LogFile]) -> bool {
    let wanted: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| fs::canonicalize(&file.path).ok())
        .collect();
    if wanted.is_empty() || !cfg!(target_os = "linux") {
        return false;
    }
    let own = std::process::id().to_string();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = process.file_name();
        let is_pid = name
            .to_str()
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && name != own);
        if !is_pid {
            continue;
        }
        let open = fs::read_dir(process.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        if open
            .filter_map(|one| fs::read_link(one.path()).ok())
            .any(|path| wanted.contains(&path))
        {
            return true;
        }
    }
    false
}

fn consoles_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("console-")
    };
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(is_one)
        .collect();
    found.sort();
    Ok(found)
}

/// A fresh file for what a command prints, and its place.
pub(super) fn console(folder: &Path) -> std::io::Result<(File, PathBuf)> {
    let count = consoles_in(folder)?.len();
    let path = folder.join(format!("console-{:04}.txt", count + 1));
    let file = OpenOptions::new()
        .create_new(true)
        .append(true)
        .open(&path)?;
    Ok((file, path))
}
