//! [`State`]: what is known of a source's files, and what changed in them.

mod news;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use runboard_core::model::{Run, Step};

use crate::executioner::{Executioner, Given};

use super::file::Position;
use super::folder::Folder;
use super::lines::Lines;
use super::{Place, now_ns};

/// How often runs that rest are looked at.
const QUIET_SCAN: Duration = Duration::from_secs(1);
/// How many removals a stream can be behind.
const MAX_REMOVED: usize = 1000;
/// Times of different files are compared: what changed so shortly before a position is told again rather than missed.
const SLACK_NS: u64 = 2_000_000_000;

pub(crate) struct State {
    pub(crate) lines: Lines,
    pub(crate) folders: BTreeMap<String, Folder>,
    runs_dir: Option<PathBuf>,
    /// Whose runs the folders mirror, if they do.
    executioner: Option<Executioner>,
    /// Counts the changes that were seen.
    seq: u64,
    removed: VecDeque<(u64, String)>,
    /// The oldest change from which all removals are known.
    removed_from: u64,
    looked: Option<Instant>,
    looked_at_quiet: Option<Instant>,
    cost: Duration,
}

/// How far a stream has told the list, inside of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    seq: u64,
    rows: usize,
    epoch: u64,
}

/// The same as a durable position: valid after a restart over the same files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunsPosition {
    /// Folders with a version up to this are known.
    pub(crate) version: u64,
    /// How many folders there were.
    pub(crate) folders: u64,
    /// Lines of the history file before this are known.
    pub(crate) lines: Position,
}

/// What happened to the list.
pub(crate) struct News {
    pub(crate) folders: Vec<String>,
    pub(crate) rows: Vec<u32>,
    pub(crate) removed: Vec<String>,
    pub(crate) marks: Marks,
}

/// A run with all that is known of it.
pub(crate) struct Detail {
    pub(crate) run: Run,
    pub(crate) steps: Vec<Step>,
    /// How far its events are taken in, and the epoch of that file; `None`: it is only a line of a history.
    pub(crate) events: Option<(Position, u64)>,
    pub(crate) log: Option<PathBuf>,
    /// `None`: it is only a line of a history.
    pub(crate) folder: Option<PathBuf>,
}

impl State {
    pub(super) fn new(name: &str, place: &Place) -> State {
        let (lines, runs_dir) = match place {
            Place::Recorded(dir) => (
                Lines::new(dir.join("runs.jsonl"), name, true),
                Some(dir.join("runs")),
            ),
            Place::History(file) => (Lines::new(file.clone(), name, false), None),
            Place::Executioner(setup) => (
                Lines::new(setup.mirror.join("runs.jsonl"), name, true),
                Some(setup.mirror.join("runs")),
            ),
        };
        let executioner = match place {
            Place::Executioner(setup) => Some(Executioner::new(setup.clone())),
            _ => None,
        };
        State {
            lines,
            folders: BTreeMap::new(),
            runs_dir,
            executioner,
            seq: 0,
            removed: VecDeque::new(),
            removed_from: 0,
            looked: None,
            looked_at_quiet: None,
            cost: Duration::ZERO,
        }
    }

    /// Whether the files were looked at since that moment.
    pub(super) fn looked_since(&self, moment: Instant) -> bool {
        self.looked.is_some_and(|looked| looked >= moment)
    }

    /// How long the last look took: who looks again and again leaves some time between.
    pub(crate) fn cost(&self) -> Duration {
        self.cost
    }

    pub(super) fn refresh(&mut self) {
        let begun = Instant::now();
        let known = self.lines.len();
        let epoch = self.lines.epoch;
        self.lines.refresh();
        if self.lines.epoch != epoch {
            self.seq += 1;
        }
        let from = if self.lines.epoch == epoch { known } else { 0 };
        let given = self.executioner.as_mut().map(Executioner::refresh);
        if let Some(dir) = self.runs_dir.clone() {
            let all = self
                .looked_at_quiet
                .is_none_or(|at| begun - at >= QUIET_SCAN);
            if all {
                self.looked_at_quiet = Some(begun);
            }
            self.scan(&dir, all);
            self.join_lines(from);
        }
        for given in given.into_iter().flatten() {
            self.give(given);
        }
        self.cost = begun.elapsed();
        self.looked = Some(begun);
    }

    fn scan(&mut self, dir: &std::path::Path, all: bool) {
        let now = now_ns();
        let mut there: BTreeMap<String, Folder> = BTreeMap::new();
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        for entry in entries {
            // A link to a folder elsewhere is not a run of this source.
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let Some(id) = entry
                .file_name()
                .to_str()
                .filter(|id| runboard_record::is_run_id(id))
                .map(String::from)
            else {
                continue;
            };
            let known = self.folders.remove(&id);
            if let Some(folder) = known {
                there.insert(id, folder);
                continue;
            }
            let mut folder = Folder::new(entry.path(), &id);
            if folder.refresh(now).is_some() {
                self.seq += 1;
                folder.changed = self.seq;
                // Lines that were read before the folder was seen.
                if let Some(line) = self
                    .lines
                    .find(&id)
                    .and_then(|number| self.lines.row(number))
                {
                    folder.set_line(self.lines.run(line).0, now);
                }
                there.insert(id, folder);
            }
        }
        let mut gone = std::mem::replace(&mut self.folders, there);
        let mut vanished = Vec::new();
        for (id, folder) in &mut self.folders {
            if !all && folder.is_quiet(now) {
                continue;
            }
            match folder.refresh(now) {
                Some(true) => {
                    self.seq += 1;
                    folder.changed = self.seq;
                }
                Some(false) => {}
                None => vanished.push(id.clone()),
            }
        }
        for id in vanished {
            if let Some(folder) = self.folders.remove(&id) {
                gone.insert(id, folder);
            }
        }
        for id in gone.into_keys() {
            self.seq += 1;
            self.removed.push_back((self.seq, id));
            if self.removed.len() > MAX_REMOVED
                && let Some((seq, _)) = self.removed.pop_front()
            {
                self.removed_from = seq;
            }
        }
    }

    /// Tells folders what new lines of the history say of them.
    fn join_lines(&mut self, from: usize) {
        let now = now_ns();
        for number in from..self.lines.len() {
            let Some(row) = self.lines.row(number as u32).copied() else {
                continue;
            };
            let Some(folder) = self.folders.get_mut(self.lines.id(&row)) else {
                continue;
            };
            if folder.set_line(self.lines.run(&row).0, now) {
                self.seq += 1;
                folder.changed = self.seq;
            }
        }
    }

    /// Whether a line is shown by itself: not when its run has a folder.
    pub(crate) fn shows_line(&self, number: u32) -> bool {
        let has_folder = || {
            let row = self.lines.row(number);
            row.is_none_or(|row| self.folders.contains_key(self.lines.id(row)))
        };
        !self.lines.is_hidden(number) && (self.folders.is_empty() || !has_folder())
    }

    /// Shows a mirrored run as its history has it now.
    fn give(&mut self, given: Given) {
        if let Some(folder) = self.folders.get_mut(&given.id)
            && (folder.give(given.run, given.steps, now_ns()) || given.is_news)
        {
            self.seq += 1;
            folder.changed = self.seq;
        }
    }

    pub(crate) fn executioner(&self) -> Option<&Executioner> {
        self.executioner.as_ref()
    }

    /// Looks at the files of one run, even if they have rested for long: who asks for it by name may know better.
    pub(crate) fn wake(&mut self, id: &str) {
        let now = now_ns();
        if let Some(executioner) = &mut self.executioner {
            let given = executioner.wake(id);
            if let Some(folder) = self.folders.get_mut(id)
                && folder.refresh(now) == Some(true)
            {
                self.seq += 1;
                folder.changed = self.seq;
            }
            if let Some(given) = given {
                self.give(given);
            }
        }
        let Some(folder) = self.folders.get_mut(id) else {
            return;
        };
        if folder.is_quiet(now) && folder.refresh(now) == Some(true) {
            self.seq += 1;
            folder.changed = self.seq;
        }
    }

    pub(crate) fn detail(&self, id: &str) -> Option<Detail> {
        if let Some(folder) = self.folders.get(id) {
            return Some(Detail {
                run: folder.run.clone(),
                steps: folder.steps.clone(),
                events: Some((folder.events, folder.epoch)),
                log: Some(folder.log_path()),
                folder: Some(folder.path.clone()),
            });
        }
        let row = self.lines.row(self.lines.find(id)?)?;
        let (run, steps) = self.lines.run(row);
        Some(Detail {
            run,
            steps,
            events: None,
            log: None,
            folder: None,
        })
    }

    /// A run without its steps.
    pub(crate) fn head(&self, id: &str) -> Option<Run> {
        if let Some(folder) = self.folders.get(id) {
            return Some(folder.run.clone());
        }
        let row = self.lines.row(self.lines.find(id)?)?;
        Some(self.lines.run(row).0)
    }

    /// Removes the run's lines from the history; its folder, if it had one, is gone already.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn remove_lines(&mut self, id: &str) -> std::io::Result<()> {
        if self.lines.remove(id)? {
            self.seq += 1;
            self.removed.push_back((self.seq, id.to_string()));
        }
        Ok(())
    }

    /// The run's line in the history, as it was read.
    pub(crate) fn line(&self, id: &str) -> Option<serde_json::Value> {
        self.lines.value(self.lines.row(self.lines.find(id)?)?)
    }

    /// Why nothing can be said of any run here.
    pub(crate) fn unreadable(&self) -> Option<String> {
        self.executioner.as_ref()?.unreadable()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut list = self.lines.problems();
        list.extend(self.executioner.iter().flat_map(Executioner::problems));
        list.extend(
            self.folders
                .values()
                .flat_map(|folder| folder.problems.iter().cloned())
                .take(100),
        );
        list
    }
}

#[cfg(test)]
mod tests;
