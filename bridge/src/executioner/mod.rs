//! The history of executioner as a source of runs.
//!
//! executioner keeps its runs in a SQLite file and their output in log files. Each run is mirrored into a folder like a recorded one
//! (docs/recording.md): what was read, what happened, and one log. So lists, streams, cursors and downloads are the same as for recorded runs, and
//! the database is only ever read. The state of a run is not folded from its events: it is what the rows say now.

pub(crate) mod about;
pub(crate) mod args;
mod at_work;
mod config;
mod db;
mod drift;
mod elsewhere;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod fuzz;
pub(crate) mod hand;
mod kept;
mod lineage;
mod logs;
pub(crate) mod mark;
mod mirror;
mod odd;
pub(crate) mod plan;
mod rows;
pub(crate) mod run_cli;
mod settle;
mod shape;
mod steps;
mod suggest;
mod warn;
mod who;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use runboard_core::model::{Run, Step, Timestamp};

use crate::source::now;
use at_work::AtWork;
use config::{Config, Configs};
use kept::Kept;
use lineage::Parent;
use logs::Log;
use mirror::Mirror;
use rows::{RunRows, Tables};
use shape::Shaped;
use steps::Context;

/// A run that says it goes on and has shown no sign for so long is looked for among the processes.
const SILENT_US: i64 = 15_000_000;
/// How long the end of a run waits at most for what its processes write last.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Where a history is and what belongs to it, as the operator said.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) database: PathBuf,
    pub(crate) configs: Vec<PathBuf>,
    /// The command line, word by word; empty: nothing is ever run.
    pub(crate) command: Vec<String>,
    /// The folder of the mirrored runs.
    pub(crate) mirror: PathBuf,
}

/// What is to be shown of a run.
pub(crate) struct Given {
    pub(crate) id: String,
    pub(crate) run: Run,
    pub(crate) steps: Vec<Step>,
    /// Followers are told of it also where its row and steps are as they were.
    pub(crate) is_news: bool,
}

pub(crate) struct Executioner {
    setup: Setup,
    configs: Configs,
    kept: Kept,
    mirror: Mirror,
    at_work: AtWork,
    known: Option<db::State>,
    tables: Tables,
    runs: BTreeMap<i64, RunRows>,
    offset: i32,
    parents: BTreeMap<i64, Parent>,
    logs: BTreeMap<i64, Log>,
    given: BTreeMap<i64, (Run, Vec<Step>)>,
    /// Runs whose rows say that they are over, and that are written to still, with since when that was seen.
    ending: BTreeMap<i64, Instant>,
    /// Why the database cannot be read.
    error: Option<db::Trouble>,
}

impl Executioner {
    pub(crate) fn new(setup: Setup) -> Executioner {
        Executioner {
            configs: Configs::new(setup.configs.clone()),
            kept: Kept::beside(&setup.database),
            mirror: Mirror::new(setup.mirror.clone()),
            at_work: AtWork::default(),
            known: None,
            tables: Tables::default(),
            runs: BTreeMap::new(),
            offset: 0,
            parents: BTreeMap::new(),
            logs: BTreeMap::new(),
            given: BTreeMap::new(),
            ending: BTreeMap::new(),
            error: None,
            setup,
        }
    }

    /// Looks at the database again. Gives the runs that are to be shown otherwise than before.
    pub(crate) fn refresh(&mut self) -> Vec<Given> {
        let changed = self.configs.refresh();
        let all = self.kept.refresh() || !changed.is_empty();
        let state = db::State::of(&self.setup.database);
        let mut fresh: BTreeSet<i64> = BTreeSet::new();
        if self.known.as_ref() != Some(&state) || self.error.is_some() {
            match db::read(&self.setup.database) {
                Ok((tables, state)) => {
                    fresh = self.take(tables);
                    (self.known, self.error) = (Some(state), None);
                }
                Err(error) => {
                    // What was read before stays while it cannot be read: a database that is being written is none that is empty.
                    if matches!(error, db::Trouble::Empty(_)) {
                        fresh = self.take(Tables::default());
                    }
                    self.error = Some(error);
                }
            }
        }
        let running = self.runs.values().filter(|rows| rows.is_running());
        fresh.extend(running.map(|rows| rows.id));
        fresh.extend(self.ending.keys());
        if all {
            fresh.extend(self.runs.keys());
        }
        let is_of = |rows: &RunRows| changed.contains(rows.app());
        let fresh: Vec<(i64, bool)> = fresh
            .into_iter()
            .map(|id| (id, self.runs.get(&id).is_some_and(is_of)))
            .collect();
        let mut renew = |(id, is_news)| self.renew(id, is_news);
        fresh.into_iter().filter_map(&mut renew).collect()
    }

    /// Takes in what was read; gives the runs whose rows are others than before.
    fn take(&mut self, tables: Tables) -> BTreeSet<i64> {
        let runs = rows::runs(&tables);
        let mut fresh: BTreeSet<i64> = BTreeSet::new();
        for (id, rows) in &runs {
            if self.runs.get(id) != Some(rows) {
                fresh.insert(*id);
            }
        }
        for id in self.runs.keys().filter(|id| !runs.contains_key(id)) {
            self.mirror.remove(*id);
            self.given.remove(id);
            self.ending.remove(id);
            self.logs.remove(id);
        }
        self.mirror.keep_only(&runs);
        // Most of the machine's runs were in one zone: those that do not tell their own are taken to be in it too.
        let mut zones: BTreeMap<i32, usize> = BTreeMap::new();
        for offset in tables.attempts.iter().filter_map(rows::offset) {
            *zones.entry(offset).or_default() += 1;
        }
        let most = zones.into_iter().max_by_key(|(_, count)| *count);
        self.offset = most.map_or(0, |(offset, _)| offset);
        let parents: BTreeMap<i64, Parent> = match tables.has_attempts {
            true => BTreeMap::new(),
            false => runs
                .values()
                .map(|rows| (rows.id, lineage::parent(rows, &runs)))
                .collect(),
        };
        // What a run carried over is told with it. Parents have lower numbers.
        for (id, parent) in &parents {
            let is_of_fresh = parent.is_some_and(|(id, _)| fresh.contains(&id));
            if is_of_fresh || self.parents.get(id) != Some(parent) {
                fresh.insert(*id);
            }
        }
        self.parents = parents;
        (self.runs, self.tables) = (runs, tables);
        fresh
    }

    /// Somebody asks for this run: its log is put together, which is not done for all.
    pub(crate) fn wake(&mut self, id: &str) -> Option<Given> {
        let id = id.parse().ok()?;
        if self.runs.contains_key(&id) && !self.logs.contains_key(&id) {
            self.logs.insert(id, self.mirror.log(id));
        }
        self.renew(id, false)
    }

    /// The number of the run that was made last.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.runs.keys().next_back().copied()
    }

    /// The same, where a resume is a run of its own.
    fn newest_if_runs_are_new(&self) -> Option<i64> {
        self.newest().filter(|_| !self.tables.has_attempts)
    }

    /// Writes down that a run was started from here.
    fn keep(&self, run: i64, config: &Config, command: &[String]) -> std::io::Result<()> {
        self.kept.keep(run, config, command)
    }

    /// The configuration of a run's application, if the bridge was given one and it is clear which.
    fn config(&self, rows: &RunRows) -> Option<&Config> {
        self.configs.of(rows, self.kept.of(rows.id).last())
    }

    /// The jobs that a run carried over, each with the run in which it succeeded.
    fn carried(&self, rows: &RunRows) -> BTreeMap<String, i64> {
        lineage::carried(rows, &self.runs, &self.parents)
    }

    fn offsets(&self, rows: &RunRows) -> BTreeMap<i64, i32> {
        let own = |row: &rows::AttemptRow| Some((row.attempt, rows::offset(row)?));
        rows.attempts.iter().filter_map(own).collect()
    }

    /// Makes a run anew; `None`: it is as it was shown. `is_news`: its configuration is another one, so its plan is, even where nothing else differs.
    fn renew(&mut self, id: i64, is_news: bool) -> Option<Given> {
        let rows = self.runs.get(&id)?;
        let config = self.configs.of(rows, self.kept.of(id).last());
        let offsets = self.offsets(rows);
        let offset = offsets.values().next_back().copied().unwrap_or(self.offset);
        if rows.is_running() && !self.logs.contains_key(&id) {
            self.logs.insert(id, self.mirror.log(id));
        }
        // What is written last comes after the row says that the run is over, and whoever follows it is told no more behind its end.
        let shown = self.given.get(&id);
        let has_ended = !rows.is_running() && shown.is_some_and(|(run, _)| run.phase.is_active());
        let is_held = has_ended
            && self.is_written(id)
            && self.ending.entry(id).or_insert_with(Instant::now).elapsed() < LAST_WORDS;
        if !is_held {
            self.ending.remove(&id);
        }
        // Before anything is written into its folder.
        self.mirror.claim(rows);
        if let Some(log) = self.logs.get_mut(&id) {
            let folders = logs::folders(rows, config, &self.setup.database);
            let mirror = &self.mirror;
            let list = || {
                let mut files = logs::files(&folders, rows);
                files.extend(mirror.consoles(id));
                files
            };
            if let Err(error) = log.take(&mirror.folder(id), &list, offset) {
                self.mirror.trouble(&error);
            }
        }
        if is_held {
            return None;
        }
        let log = self.logs.get(&id);
        let seen = seen(rows, log, offset);
        let is_alive = rows.is_running() && self.is_alive(rows, log, seen);
        let drift = self.drift(rows).unwrap_or_default();
        let carried = self.carried(rows);
        let mut marks = self.kept.marks(id).to_vec();
        marks.extend(self.at_work.runs().get(&id).cloned().flatten());
        let context = Context {
            config,
            left_out: &drift.left_out,
            carried: &carried,
            marks: &marks,
            log,
            offset: self.offset,
            offsets: &offsets,
            is_maestro: self.tables.is_maestro,
            is_alive,
        };
        let parent = self.parents.get(&id).copied().flatten();
        let mut shaped = shape::shape(rows, &context, parent, seen);
        self.kept.add(&mut shaped.run);
        let shown = (shaped.run.clone(), shaped.steps.clone());
        let is_same = self.given.get(&id) == Some(&shown);
        let events = log.map(|_| shape::events(rows, &shaped, &context));
        self.mirror
            .write(rows, &shaped, events, &self.setup.database);
        if is_same && !is_news {
            return None;
        }
        self.mirror.touch(id);
        self.given.insert(id, shown);
        let Shaped { run, steps, .. } = shaped;
        Some(Given {
            id: id.to_string(),
            run,
            steps,
            is_news,
        })
    }

    /// Whether a process still has the run's logs open, or is its command line.
    fn is_written(&self, id: i64) -> bool {
        let files = |log: &Log| mirror::is_open(&log.files);
        self.at_work.runs().contains_key(&id) || self.logs.get(&id).is_some_and(files)
    }

    /// Whether somebody works on a run that says it goes on.
    fn is_alive(&self, rows: &RunRows, log: Option<&Log>, seen: Option<Timestamp>) -> bool {
        if self.at_work.runs().contains_key(&rows.id) {
            return true;
        }
        // What is written counts, not when files were put here: a copy of a history is not alive.
        let age = seen.map_or(i64::MAX, |seen| now().0.saturating_sub(seen.0));
        let files = log.map_or(&[][..], |log| log.files.as_slice());
        age < SILENT_US || mirror::is_open(files)
    }

    /// Why there is no answer about any run. What was read before stays while its file is only being written.
    pub(crate) fn unreadable(&self) -> Option<String> {
        let words = match self.error.as_ref()? {
            db::Trouble::Absent(words) => words,
            db::Trouble::Passing(words) if self.known.is_none() => words,
            db::Trouble::Passing(_) | db::Trouble::Empty(_) => return None,
        };
        let name = self.setup.database.display();
        Some(format!("the history {name} cannot be read: {words}"))
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let name = self.setup.database.display();
        let mut list: Vec<String> = Vec::new();
        let errors = self.error.iter();
        list.extend(errors.map(|error| format!("{name}: {}", error.words())));
        list.extend(
            self.tables
                .problems
                .iter()
                .map(|why| format!("{name}: {why}")),
        );
        list.extend(self.configs.problems());
        list.extend(self.kept.problem());
        list.extend(self.mirror.problem());
        list
    }
}

/// The last that was heard of a run.
fn seen(rows: &RunRows, log: Option<&Log>, offset: i32) -> Option<Timestamp> {
    let start = rows
        .last()
        .and_then(|row| rows::instant(row.start.as_deref(), offset));
    let tries = rows.jobs.iter().flat_map(|job| job.tries(false).0);
    let ends = tries.filter_map(|one| rows::instant(one.end.as_deref(), offset));
    let told = ends.chain(start).map(|(at, _)| at);
    told.chain(log.and_then(|log| log.last_at)).max()
}
