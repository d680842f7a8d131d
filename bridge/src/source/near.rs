//! What an id that is not there may have meant, and where a run comes from.

use std::collections::BTreeSet;

use runboard_core::model::{Run, near};
use serde_json::{Value, json};

use super::State;
use super::list::key_of;

/// How many runs are offered.
const OFFERED: usize = 5;
/// The generations of a family are followed so far.
const GENERATIONS: usize = 1000;

/// A run with those that it comes from and that come from it.
pub(crate) struct Family {
    pub(crate) root: String,
    /// Oldest first.
    pub(crate) runs: Vec<Run>,
    /// Ids that are named and not there.
    pub(crate) missing: Vec<String>,
}

impl State {
    /// The extra members of a problem about an id that is not there: what it may have meant, and the latest runs.
    pub(crate) fn instead_of(&self, id: &str) -> Value {
        // Of a history of executioner those of the configured applications.
        let own = self
            .executioner()
            .map(|executioner| executioner.latest(OFFERED));
        let latest = match own {
            Some(ids) => ids.iter().filter_map(|id| self.head(id)).collect(),
            None => self.newest(OFFERED),
        };
        let latest = latest.into_iter().map(|run| {
            let started = run.started_at.or(run.created_at);
            // As lists say it: nobody works on it any more.
            let phase = match run.is_unfinished() {
                true => "unfinished",
                false => run.phase.word(),
            };
            json!({"id": run.id, "job": run.job, "phase": phase, "started": started.map(|at| at.to_string())})
        });
        json!({"nearest": self.nearest(id), "latest": latest.collect::<Vec<_>>()})
    }

    fn nearest(&self, id: &str) -> Vec<String> {
        let lines = (0..self.lines.len() as u32)
            .rev()
            .filter(|number| self.shows_line(*number))
            .filter_map(|number| Some(self.lines.id(self.lines.row(number)?)));
        let all = self.folders.keys().map(String::as_str).chain(lines);
        let mut found: Vec<(u32, usize, &str)> = Vec::new();
        for (place, own) in all.enumerate() {
            if let Some(far) = near::rank(id, own) {
                found.push((far, place, own));
                if found.len() > 4 * OFFERED {
                    found.sort_unstable();
                    found.truncate(OFFERED);
                }
            }
        }
        found.sort_unstable();
        found
            .iter()
            .take(OFFERED)
            .map(|(.., id)| (*id).to_string())
            .collect()
    }

    /// The run's family: all that have its first run as root, or come from one of them.
    pub(crate) fn family(&self, id: &str) -> Option<Family> {
        let own = self.head(id)?;
        let mut missing = BTreeSet::new();
        let mut root = own.id.clone();
        let mut seen = BTreeSet::from([root.clone()]);
        let mut at = own.clone();
        for _ in 0..GENERATIONS {
            let Some(above) = at.lineage.root.clone().or(at.lineage.parent.clone()) else {
                break;
            };
            // A circle has no beginning; the run that closes it stands for one.
            if !seen.insert(above.clone()) {
                break;
            }
            root.clone_from(&above);
            match self.head(&above) {
                Some(run) => at = run,
                None => break,
            }
        }
        let mut ids = BTreeSet::from([own.id.clone(), root.clone()]);
        let links = self.links();
        for _ in 0..GENERATIONS {
            let before = ids.len();
            for (id, root, parent) in &links {
                let of_us = |other: &Option<&str>| other.is_some_and(|other| ids.contains(other));
                if of_us(root) || of_us(parent) {
                    ids.insert((*id).to_string());
                }
            }
            if ids.len() == before {
                break;
            }
        }
        for (id, root, parent) in &links {
            if ids.contains(*id) {
                missing.extend([*root, *parent].into_iter().flatten().map(String::from));
            }
        }
        missing.insert(root.clone());
        missing.retain(|id| self.head(id).is_none());
        let mut runs: Vec<Run> = ids.iter().filter_map(|id| self.head(id)).collect();
        runs.sort_by(|a, b| key_of(a).cmp(&key_of(b)));
        Some(Family {
            root,
            runs,
            missing: missing.into_iter().collect(),
        })
    }

    /// The runs that say where they come from: id, root, parent.
    fn links(&self) -> Vec<(&str, Option<&str>, Option<&str>)> {
        let folders = self.folders.values().map(|folder| {
            let lineage = &folder.run.lineage;
            let (root, parent) = (lineage.root.as_deref(), lineage.parent.as_deref());
            (folder.run.id.as_str(), root, parent)
        });
        let lines = self
            .lines
            .lineages()
            .iter()
            .filter_map(|(number, lineage)| {
                let row = self
                    .lines
                    .row(*number)
                    .filter(|_| self.shows_line(*number))?;
                Some((
                    self.lines.id(row),
                    lineage.root.as_deref(),
                    lineage.parent.as_deref(),
                ))
            });
        folders
            .chain(lines)
            .filter(|(_, root, parent)| root.is_some() || parent.is_some())
            .collect()
    }
}
