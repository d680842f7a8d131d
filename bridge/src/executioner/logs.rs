//! executioner's log files of a run, put together as the one log that the run has: line by line as they come, never twice, never rewritten.

mod files;
mod line;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use runboard_core::model::{Level, Timestamp};
use serde_json::{Value, json};

pub(super) use self::files::{LogFile, files, folders};
use self::line::{is_trailer, record};
use crate::source::{Position, whole_lines};

/// A longer line is cut by its reader anyway.
const MAX_LINE: usize = 1024 * 1024;
const EXECUTING: &str = "Executing job - ";

/// How far a file has been taken over.
#[derive(Clone, Debug, Default)]
struct Tail {
    /// Behind the last line that is in the run's log.
    written: Position,
    /// Behind the last line that was looked at in this process.
    read: u64,
    at: Option<Timestamp>,
    key: Option<Timestamp>,
}

/// The run's log under construction, and what it says of jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    tails: BTreeMap<String, Tail>,
    /// When each job was started, try by try.
    pub(super) starts: BTreeMap<String, Vec<Timestamp>>,
    ends: BTreeMap<String, Vec<Timestamp>>,
    /// Jobs that have begun and of which no end is told, with their beginning.
    pub(super) open: BTreeMap<String, Timestamp>,
    /// The time of the newest line.
    pub(super) last_at: Option<Timestamp>,
    pub(super) files: Vec<LogFile>,
}

struct Row {
    at: Option<Timestamp>,
    /// Its place among the lines of other files.
    key: Option<Timestamp>,
    step: String,
    stream: &'static str,
    level: Level,
    text: Vec<u8>,
}

/// What one line of a file gives.
struct Told {
    /// Its time, and its place among the lines of other files where that is known better.
    at: Option<Timestamp>,
    key: Option<Timestamp>,
    /// Step, stream, level and text; nothing where another file tells the same.
    row: Option<(String, &'static str, Level, Vec<u8>)>,
}

impl Log {
    /// What an earlier bridge has taken over already.
    pub(super) fn open(folder: &Path) -> Log {
        let mut log = Log::default();
        let bytes = std::fs::read(folder.join("logs.json")).unwrap_or_default();
        if let Ok(Value::Object(map)) = serde_json::from_slice(&bytes) {
            for (path, place) in map {
                let number = |key: &str| place.get(key).and_then(Value::as_u64);
                if let (Some(offset), Some(proof)) = (number("offset"), number("proof")) {
                    let written = Position {
                        offset,
                        proof: u32::try_from(proof).unwrap_or(0),
                    };
                    let tail = Tail {
                        written,
                        ..Tail::default()
                    };
                    log.tails.insert(path, tail);
                }
            }
        }
        log
    }

    /// Takes over what was appended to the files since. `list`: which files there are; `offset`: of the runner's clock from UTC, in minutes.
    ///
    /// # Errors
    /// The run's own log cannot be written.
    pub(super) fn take(
        &mut self,
        folder: &Path,
        list: &dyn Fn() -> Vec<LogFile>,
        offset: i32,
    ) -> std::io::Result<()> {
        let mut rows: Vec<Row> = Vec::new();
        let mut tails = self.tails.clone();
        let mut files = list();
        // What the run's own log and the command line say of a job is written after the job's own lines: so far as they stand now, all that comes
        // in front of it is in the files of jobs that are looked at from here on.
        let len = |file: &LogFile| std::fs::metadata(&file.path).map_or(0, |meta| meta.len());
        let of_run = files.iter().filter(|file| file.job.is_none());
        let limits: BTreeMap<PathBuf, u64> =
            of_run.map(|file| (file.path.clone(), len(file))).collect();
        let has_grown = limits.iter().any(|(path, len)| {
            let tail = tails.get(path.to_string_lossy().as_ref());
            tail.map_or(0, |tail| tail.read) != *len
        });
        if has_grown {
            files = list();
        }
        let has_main = files
            .iter()
            .any(|file| file.job.is_none() && !file.is_console);
        for file in &files {
            let name = file.path.to_string_lossy().into_owned();
            let tail = tails.entry(name).or_default();
            let limit = match file.job {
                Some(_) => u64::MAX,
                None => limits.get(&file.path).copied().unwrap_or(0),
            };
            // A file that cannot be read now may be read the next time.
            let _ = self.one((file, limit), tail, offset, has_main, &mut rows);
        }
        self.files = files;
        if !rows.is_empty() {
            rows.sort_by_key(|row| row.key);
            let mut out = Vec::new();
            for row in &rows {
                let at = row.at.map(|at| at.to_string()).unwrap_or_default();
                let step = row.step.replace(['\t', '\n'], " ");
                let level = match row.level {
                    Level::Unset => String::new(),
                    level => format!(":{}", level.word()),
                };
                let head = format!("{at}\t{step}\t{}{level}\t", row.stream);
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(&row.text);
                out.push(b'\n');
            }
            let path = folder.join("log.tsv");
            let mut log = OpenOptions::new().create(true).append(true).open(path)?;
            log.write_all(&out)?;
            let places = tails.iter().map(|(path, tail)| {
                let at = &tail.written;
                (
                    path.clone(),
                    json!({"offset": at.offset, "proof": at.proof}),
                )
            });
            let places = Value::Object(places.collect());
            let new = folder.join("logs.json.new");
            std::fs::write(&new, places.to_string())?;
            std::fs::rename(new, folder.join("logs.json"))?;
        }
        self.tails = tails;
        Ok(())
    }

    fn one(
        &mut self,
        (about, limit): (&LogFile, u64),
        tail: &mut Tail,
        offset: i32,
        has_main: bool,
        rows: &mut Vec<Row>,
    ) -> std::io::Result<()> {
        let file = File::open(&about.path)?;
        if !tail.written.holds(&file) {
            // Another file than before: it is new to us.
            *tail = Tail::default();
        }
        let len = file.metadata()?.len();
        if len < tail.read {
            tail.read = 0;
        }
        if len.min(limit) <= tail.read {
            return Ok(());
        }
        let written = tail.written.offset;
        let (mut at, mut key) = (tail.at, tail.key);
        let end = whole_lines(&file, tail.read, MAX_LINE, &mut |place, line| {
            let end = line.map_or(0, |line| place + line.len() as u64 + 1);
            let line = line.unwrap_or(b"[a line of more than 1 MiB]");
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let told = self.row(about, line, at, offset, has_main);
            at = told.at.or(at);
            // Also a line that is told elsewhere has its place, behind which those after it stand.
            key = told.key.or(at).max(key);
            if let Some((step, stream, level, text)) = told.row.filter(|_| place >= written) {
                rows.push(Row {
                    at,
                    key,
                    step,
                    stream,
                    level,
                    text,
                });
            }
            end < limit
        })?;
        tail.read = end;
        (tail.at, tail.key) = (at, key);
        if end > written {
            tail.written = Position::of(&file, end)?;
        }
        self.last_at = self.last_at.max(at);
        Ok(())
    }

    /// A line of a file as one of the run's log; `before`: the time of the one in front of it.
    fn row(
        &mut self,
        about: &LogFile,
        line: &[u8],
        before: Option<Timestamp>,
        offset: i32,
        has_main: bool,
    ) -> Told {
        let step = || about.job.clone().unwrap_or_default();
        let row = |stream: &'static str, level: Level, text: &[u8]| {
            Some((step(), stream, level, text.to_vec()))
        };
        let Some(record) = record(line, offset) else {
            // The lines of a command that has several, and what is printed without a time.
            let stream = if about.job.is_some() || about.is_console {
                "out"
            } else {
                "sys"
            };
            return Told {
                at: before,
                key: None,
                row: row(stream, Level::Unset, line),
            };
        };
        let text = String::from_utf8_lossy(record.text);
        let level = Level::from_word(record.level).unwrap_or(Level::Unset);
        let (key, row) = match &about.job {
            Some(job) => {
                let is_begin = text.starts_with(EXECUTING);
                let is_end = is_trailer(&text, job);
                if is_begin {
                    self.starts.entry(job.clone()).or_default().push(record.at);
                    self.open.insert(job.clone(), record.at);
                } else if is_end {
                    self.ends.entry(job.clone()).or_default().push(record.at);
                    self.open.remove(job);
                }
                let stream = if is_begin || is_end { "sys" } else { "out" };
                // executioner writes INFO in front of all that a job prints: what the line itself says is more exact.
                let level = match (level, Level::of_text(&text)) {
                    (Level::Info, own) if stream == "out" && own != Level::Unset => own,
                    _ => level,
                };
                (None, row(stream, level, record.text))
            }
            // The run's own log says the same.
            None if about.is_console && has_main => (self.moment(&text, record.at), None),
            None if about.is_console => (self.moment(&text, record.at), row("sys", level, line)),
            None => {
                self.hear(&text, record.at);
                let row = match record.level {
                    "INFO" => row("sys", level, record.text),
                    word => row("sys", level, format!("{word} - {text}").as_bytes()),
                };
                (self.moment(&text, record.at), row)
            }
        };
        Told {
            at: Some(record.at),
            key,
            row,
        }
    }

    /// What the run's own log says of jobs.
    fn hear(&mut self, text: &str, at: Timestamp) {
        match said(text) {
            Said::Begun(job) => {
                self.open.entry(job).or_insert(at);
            }
            Said::Ended(job) => {
                self.open.remove(&job);
            }
            Said::Over => self.open.clear(),
            Said::Other => {}
        }
    }

    /// The moment that the job's own log has for what the run's log says of it, which knows whole seconds only.
    fn moment(&self, text: &str, at: Timestamp) -> Option<Timestamp> {
        let within = |all: &BTreeMap<String, Vec<Timestamp>>, job: &str| {
            let mut moments = all.get(job)?.iter().copied();
            moments.find(|moment| (at.0..at.0.saturating_add(2_000_000)).contains(&moment.0))
        };
        match said(text) {
            // In front of the job's own first line.
            Said::Begun(job) => within(&self.starts, &job).map(|begun| Timestamp(begun.0 - 1)),
            Said::Ended(job) => within(&self.ends, &job),
            Said::Over | Said::Other => None,
        }
    }
}

/// What a line of the run's own log, or of what the command line prints, says of jobs.
enum Said {
    Begun(String),
    Ended(String),
    /// The run has ended, and with it all of them.
    Over,
    Other,
}

fn said(text: &str) -> Said {
    let quoted = |rest: &str| rest.split('\'').next().unwrap_or_default().to_string();
    if let Some(rest) = text.strip_prefix("Starting job '") {
        return Said::Begun(quoted(rest));
    }
    if let Some(rest) = text.strip_prefix("Job '") {
        return Said::Ended(quoted(rest));
    }
    let of_job = text
        .strip_prefix("Job ")
        .and_then(|rest| rest.split_once(' '));
    match of_job {
        Some((job, rest)) if rest.starts_with("failed after") => Said::Ended(job.into()),
        _ if text.starts_with("Updated run summary") => Said::Over,
        _ => Said::Other,
    }
}

#[cfg(test)]
mod tests;
