//! What is doubtful about a plan, for people, before they agree.

use std::collections::BTreeMap;

use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::{Answer, Profile};
use runboard_core::model::resume::reason::PlanWarning;

use super::Executioner;
use super::config::Config;
use super::drift::named;
use super::hand::TAKEN_FOR_SEVERAL;
use super::plan::Material;
use super::rows::{JobRow, RunRows};
use crate::resume::Mode;

/// What executioner makes of a run without rows.
fn starts_fresh(rows: &RunRows) -> String {
    let mut text =
        "no job has a row: executioner finds no job history and starts fresh".to_string();
    let last = rows.last();
    let completed = last.and_then(|row| row.completed).unwrap_or(0);
    if completed > 0 {
        let words = match completed {
            1 => ("job that is", "runs"),
            _ => ("jobs that are", "run"),
        };
        let of = last.and_then(|row| row.total);
        let of = of.map_or(String::new(), |total| format!(" (of {total})"));
        text.push_str(&format!(
            ", so the {completed} {} counted as completed{of} {} again too",
            words.0, words.1
        ));
    }
    text
}

/// What the run carried over has no row in it, which is all that executioner looks at.
fn again(material: &Material<'_>, actual: &Answer) -> Vec<String> {
    let mut of: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for row in actual.rows.iter().filter(|row| row.verb == PlanVerb::Run) {
        if let Some(run) = material.carried.get(&row.key) {
            of.entry(*run).or_default().push(&row.key);
        }
    }
    let words = |(run, keys): (i64, Vec<&str>)| {
        let (have, them) = match keys.len() {
            1 => ("has", "it"),
            _ => ("have", "them"),
        };
        let keys = named(&keys);
        format!(
            "{keys} succeeded in run {run}, from which this run went on (inferred), and {have} no row in this one: executioner runs {them} again"
        )
    };
    of.into_iter().map(words).collect()
}

/// Failed jobs that no command line can name.
pub(super) fn several(rows: &RunRows) -> Vec<String> {
    let failed = rows.failed().filter(|job| job.id.contains(','));
    let words = |job: &JobRow| {
        let id = &job.id;
        format!("{id} can neither be marked by hand nor skipped: {TAKEN_FOR_SEVERAL}")
    };
    failed.map(words).collect()
}

impl Executioner {
    /// Whether a run that says it goes on was shown to be one that does not.
    fn is_killed(&self, rows: &RunRows) -> bool {
        let shown = self.given.get(&rows.id);
        shown.is_some_and(|(run, _)| run.is_unfinished())
    }

    /// What is doubtful by the rules of either profile: most of it is found by those of the design, and holds for what really happens too. Which
    /// results may be stale depends on what is executed, and is told of the plan that is `shown`.
    pub(super) fn warnings(
        &self,
        material: &Material<'_>,
        shown: &Answer,
        both: [&Answer; 2],
        (mode, profile): (Mode, Profile),
    ) -> Vec<String> {
        let rows = material.rows;
        let mut list: Vec<String> = Vec::new();
        let [actual, _] = both;
        if rows.is_running() {
            list.push(match self.is_killed(rows) {
                false => "the run says that it goes on: a resume while it does would run its jobs twice",
                true => "the run was probably killed: it says RUNNING, and nothing works on it",
            }.into());
        } else if !rows.jobs.is_empty()
            && rows
                .last()
                .is_some_and(|row| row.status.as_deref() == Some("SUCCESS"))
        {
            list.push("the run has succeeded: resuming it skips what succeeded, and records another attempt".into());
        }
        if profile == Profile::Actual {
            list.extend(self.elsewhere(material.config));
        }
        let faults = material.config.map(Config::faults).unwrap_or_default();
        if rows.jobs.is_empty() && faults.is_empty() {
            list.push(starts_fresh(rows));
        }
        list.extend(again(material, actual));
        list.extend(faults);
        list.extend(several(rows));
        let stale = shown.stale.iter();
        list.extend(stale.map(|key| format!("{key} {}", PlanWarning::UpstreamRerun.sentence())));
        let others = both.iter().flat_map(|one| &one.warnings);
        for (warning, key) in others.filter(|(one, _)| *one != PlanWarning::UpstreamRerun) {
            let text = format!("{key} {}", warning.sentence());
            if !list.contains(&text) {
                list.push(text);
            }
        }
        match material.config {
            None => list.push(format!(
                "{}: jobs that never began are not listed, nothing is known of what needs what, and it cannot be resumed from here",
                self.configs.missing(rows.app())
            )),
            Some(config) => {
                // What the bridge kept names them one by one.
                let names = material.before.is_none();
                list.extend(self.changed(rows, config, names));
            }
        }
        if !self.tables.has_attempts && self.tables.schema.is_some() {
            let version = self.tables.schema.unwrap_or(0);
            list.push(format!(
                "the database has schema v{version}: today's executioner does not migrate it, and ends with \u{201c}no such column: attempt_id\u{201d} when it begins a run"
            ));
        }
        let has_zone = rows.last().and_then(super::rows::offset).is_some();
        let naive = rows
            .last()
            .and_then(|row| super::rows::instant(row.start.as_deref(), 0));
        if naive.is_some_and(|(_, assumed)| assumed) {
            list.push(match has_zone {
                true => "times are by the runner's clock; its zone is inferred from when the row was made".into(),
                false => "times are by the runner's clock, and its zone is assumed".to_string(),
            });
        }
        if mode == Mode::Failed && profile == Profile::Actual && shown.total(PlanVerb::Run) > 0 {
            list.push("executioner's --resume-failed-only runs every job that has not succeeded, also those that never began".into());
        }
        list
    }
}
