//! Which jobs of today's configuration a run can have had: jobs come and go in a configuration, and of its own a run keeps only how many they were.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::Executioner;
use super::config::Config;
use super::kept::Start;
use super::rows::{JobRow, RunRows};

/// So many jobs are named; of more only their number is told.
pub(super) const FEW: usize = 5;

/// How a run's jobs lie to those of today's configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Drift {
    /// Jobs of the configuration without a row of which nothing says that they were part of the run.
    pub(super) left_out: BTreeSet<String>,
    /// Those of them that certainly were not, in the configuration's order.
    pub(super) added: Vec<String>,
    now: usize,
    had: Option<usize>,
}

impl Drift {
    pub(super) fn new(rows: &RunRows, config: &Config, kept: Option<&Start>) -> Drift {
        let of_rows: BTreeSet<&str> = rows.jobs.iter().map(|job| job.id.as_str()).collect();
        let mut all: BTreeSet<&str> = BTreeSet::new();
        let keys = config.jobs.iter().map(|job| job.id.as_str());
        let keys: Vec<&str> = keys.filter(|key| all.insert(key)).collect();
        let without: Vec<&str> = keys
            .iter()
            .copied()
            .filter(|key| !of_rows.contains(key))
            .collect();
        let (now, mut had) = (keys.len(), rows.total());
        // A start that came to nothing left no attempt, and its configuration may have had other jobs than the run.
        let fits = |count: usize| had.is_none_or(|had| had == count);
        let kept_jobs: Option<BTreeSet<&str>> = kept
            .filter(|kept| !kept.steps.is_empty() && fits(kept.steps.len()))
            .map(|kept| kept.steps.iter().map(|step| step.key.as_str()).collect());
        let is_same = hashes(rows, kept).any(|hash| is_hash(hash, config)) && fits(now);
        let has_room = had.is_none_or(|had| of_rows.len() + without.len() <= had);
        // Every job that the run had has its row. What earlier attempts alone had may have been of other configurations.
        let last = rows.last().map(|row| row.attempt);
        let latest = rows.latest();
        let own = |job: &&&JobRow| Some(job.attempt) == last || all.contains(job.id.as_str());
        let is_whole = had.is_some_and(|had| had > 0 && latest.iter().filter(own).count() >= had);
        let left_out = |key: &&str| match &kept_jobs {
            Some(jobs) => !jobs.contains(*key),
            None => !is_same && !has_room,
        };
        let left_out: Vec<String> = without
            .into_iter()
            .filter(left_out)
            .map(String::from)
            .collect();
        had = had.or(kept_jobs.as_ref().map(BTreeSet::len));
        Drift {
            added: match is_whole || kept_jobs.is_some() {
                true => left_out.clone(),
                false => Vec::new(),
            },
            left_out: left_out.into_iter().collect(),
            now,
            had,
        }
    }

    /// What is left out of the run's steps, for people.
    pub(super) fn note(&self) -> Option<String> {
        let had = self.had.filter(|_| !self.left_out.is_empty())?;
        let left_out: Vec<&str> = self.left_out.iter().map(String::as_str).collect();
        let (have, are) = match left_out.len() {
            1 => ("has", "is"),
            _ => ("have", "are"),
        };
        let mut text = format!(
            "the configuration now has {} and the run had {had}: {} {have} no row in it and {are} left out of its steps",
            counted(self.now),
            named(&left_out)
        );
        if self.added.is_empty() {
            text.push_str(", as nothing tells which of its jobs were there then");
        }
        Some(text)
    }

    /// The same for the plan, in which they run; `names`: those that were added are to be named.
    fn warning(&self, names: bool) -> Option<String> {
        let added: Vec<&str> = self.added.iter().map(String::as_str).collect();
        let were = match added.len() {
            1 => "was",
            _ => "were",
        };
        let since = (names && !added.is_empty()).then(|| format!("{} {were} added", named(&added)));
        let now = counted(self.now);
        match (self.had.filter(|had| *had != self.now), since) {
            (Some(had), Some(since)) => Some(format!(
                "the configuration has {now}, and the run had {had}: {since} since"
            )),
            (Some(had), None) => Some(format!(
                "the configuration has {now}, and the run had {had}"
            )),
            (None, since) => {
                since.map(|since| format!("{since} to the configuration since the run"))
            }
        }
    }
}

/// `1 job`, `12 jobs`.
fn counted(jobs: usize) -> String {
    match jobs {
        1 => "1 job".into(),
        jobs => format!("{jobs} jobs"),
    }
}

pub(super) fn named(keys: &[&str]) -> String {
    match keys.len() {
        0..=FEW => keys.join(", "),
        count => counted(count),
    }
}

/// The hashes of configurations that are recorded of a run.
fn hashes<'a>(rows: &'a RunRows, kept: Option<&'a Start>) -> impl Iterator<Item = &'a str> {
    let told = rows.metadata.as_ref();
    let told = told.and_then(|about| about.config_hash.as_deref());
    told.into_iter()
        .chain(kept.map(|kept| kept.config_hash.as_str()))
        .filter(|hash| !hash.trim().is_empty())
}

fn is_hash(hash: &str, config: &Config) -> bool {
    let hash = hash.trim().to_ascii_lowercase();
    hash.strip_prefix("sha256:").unwrap_or(&hash) == config.hash
}

/// The path of its configuration that is recorded of a run.
pub(super) fn path<'a>(rows: &'a RunRows, kept: Option<&'a Start>) -> Option<&'a str> {
    let told = rows.metadata.as_ref();
    let told = told.and_then(|about| about.config_path.as_deref());
    let of_row = || rows.last().and_then(|row| row.config_path.as_deref());
    let of_start = || kept.map(|kept| kept.config_path.as_str());
    let path = told.or_else(of_row).or_else(of_start);
    path.filter(|path| !path.is_empty())
}

/// Whether a recorded path is that of the bridge's configuration; one that begins nowhere is so by its end.
pub(super) fn is_path(recorded: &str, config: &Config) -> bool {
    let path = Path::new(recorded);
    let resolved = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let same = resolved(path) == resolved(&config.path);
    let up = |part: &Component<'_>| matches!(part, Component::CurDir | Component::ParentDir);
    let end: PathBuf = path.components().skip_while(up).collect();
    same || (path.is_relative() && resolved(&config.path).ends_with(end))
}

impl Executioner {
    /// `None`: the bridge has no configuration of its application.
    pub(super) fn drift(&self, rows: &RunRows) -> Option<Drift> {
        let config = self.config(rows)?;
        Some(Drift::new(rows, config, self.kept.of(rows.id).last()))
    }

    /// What of the configuration is another than when the run began; `names`: added jobs are to be named.
    pub(super) fn changed(&self, rows: &RunRows, config: &Config, names: bool) -> Vec<String> {
        let kept = self.kept.of(rows.id).last();
        let mut list: Vec<String> = Vec::new();
        list.extend(Drift::new(rows, config, kept).warning(names));
        if hashes(rows, kept).any(|hash| !is_hash(hash, config)) {
            list.push("the configuration is another one than when the run was started".into());
        }
        if let Some(path) = path(rows, kept).filter(|path| !is_path(path, config)) {
            let own = config.path.display();
            list.push(format!(
                "the run was started with the configuration {path}, and the bridge has {own}"
            ));
        }
        list
    }
}
