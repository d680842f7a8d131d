//! What else is told of a run: its attempts, where it ran, what failed and where its logs are, what contradicts itself.

use serde_json::Value;

use super::Executioner;
use super::config::Config;
use super::rows::{AttemptRow, RunRows, instant, offset};

use super::steps::NO_REASON;
use super::warn::several;
use crate::resume::Mode;

type Facts = Vec<(String, String)>;

/// How many runs are offered instead of one that is not there.
const LATEST: usize = 5;

impl Executioner {
    /// Names and values for people; `notes`: what contradicts itself. `None`: there is no such run.
    pub(crate) fn facts(&self, id: &str, notes: &[String]) -> Option<Facts> {
        let rows = self.runs.get(&id.parse().ok()?)?;
        let mut facts = Facts::new();
        let mut add = |name: &str, value: Option<String>| {
            facts.extend(value.map(|value| (name.to_string(), value)));
        };
        for note in notes {
            add("contradiction", Some(note.clone()));
        }
        let drift = self.drift(rows);
        add("configuration", drift.and_then(|drift| drift.note()));
        self.failed(rows, &mut add);
        let config = self.config(rows);
        for hand in self.by_hand(rows, config, Mode::Incomplete, false) {
            let (what, line) = hand.line();
            add(&what, Some(line));
        }
        for why in config.map(Config::faults).unwrap_or_default() {
            let words = format!("no command line would, but end with an error: {why}");
            add("to resume", Some(words));
        }
        for why in several(rows) {
            add("to mark failed jobs as done by hand", Some(why));
        }
        for row in &rows.attempts {
            add(&format!("attempt {}", row.attempt), Some(attempt(row)));
        }
        if let Some(parent) = self.parents.get(&rows.id).copied().flatten() {
            let how = "inferred: the same application, and the jobs that it skipped";
            add("continues", Some(format!("run {} ({how})", parent.0)));
        }
        let metadata = rows.metadata.clone().unwrap_or_default();
        let of_row = rows.last().and_then(|row| row.config_path.clone());
        let path = metadata.config_path.or(of_row);
        add(
            "config",
            path.or_else(|| config.map(|config| config.path.display().to_string())),
        );
        add("config hash", metadata.config_hash);
        add("config hash now", config.map(|config| config.hash.clone()));
        add("parent run", metadata.parent.map(|id| id.to_string()));
        add("failure summary", metadata.failure_summary);
        for start in self.kept.of(rows.id) {
            let user = start.user.as_deref().unwrap_or("nobody known");
            add(
                "resumed",
                Some(format!(
                    "{} by {user}, from run {}, with {} ({})",
                    start.at, start.parent, start.config_path, start.config_hash
                )),
            );
        }
        for mark in self.kept.marks(rows.id) {
            let words = format!("{} as SUCCESS, {}", mark.job, mark.words());
            add("marked by hand", Some(words));
        }
        add(
            "working folder",
            rows.last().and_then(|row| row.working_dir.clone()),
        );
        add("zone", zone(rows, self.offset));
        let schema = match (self.tables.schema, self.tables.is_maestro) {
            (Some(version), _) => format!("executioner, schema v{version}"),
            (None, true) => "maestro".into(),
            (None, false) => "not told".into(),
        };
        add(
            "database",
            Some(format!("{} ({schema})", self.setup.database.display())),
        );
        Some(facts)
    }

    /// Each failed job: description, reason, log.
    fn failed(&self, rows: &RunRows, add: &mut dyn FnMut(&str, Option<String>)) {
        let log = self.logs.get(&rows.id);
        let steps = self.given.get(&rows.id).map_or(&[][..], |(_, steps)| steps);
        for job in rows.failed() {
            let of_config = self
                .config(rows)
                .and_then(|config| config.job(&job.id)?.description.clone());
            let what = job
                .description
                .clone()
                .or(of_config)
                .map_or_else(String::new, |what| format!(": {what}"));
            let step = steps.iter().find(|step| step.key == job.id);
            let why = step.and_then(|step| step.reason.as_deref());
            let why = why.unwrap_or(NO_REASON);
            let file = log.and_then(|log| {
                log.files
                    .iter()
                    .find(|file| file.job.as_ref() == Some(&job.id))
            });
            let name = format!(
                "executioner.{}.job-{}.run-{}.log",
                rows.app(),
                job.id,
                rows.id
            );
            let path = match (file, rows.last().and_then(|row| row.working_dir.as_ref())) {
                (Some(file), _) => file.path.display().to_string(),
                (None, Some(home)) => {
                    format!("{}/logs/{name} (not found)", home.trim_end_matches('/'))
                }
                (None, None) => format!("./logs/{name} (not found)"),
            };
            add(
                "failed job",
                Some(format!("{}{what}. Reason: {why}. Log: {path}", job.id)),
            );
        }
    }

    /// The message about an id that is not there.
    pub(crate) fn instead_of(&self, id: &str) -> String {
        let mut text = format!("Error: Run ID {id} not found in history.\n");
        let latest = self.latest(LATEST);
        // Of one configuration they are all of one application.
        let configs = self.configs.all().count();
        if !latest.is_empty() {
            text.push_str(match configs {
                0 => "\nRecent runs of this history:\n",
                1 => "\nRecent runs for this config:\n",
                _ => "\nRecent runs for these configs:\n",
            });
        }
        for id in latest {
            let rows = id.parse().ok().and_then(|id| self.runs.get(&id));
            let Some(last) = rows.and_then(RunRows::last) else {
                continue;
            };
            let status = last.status.as_deref().unwrap_or("-");
            let start = last.start.as_deref().unwrap_or("-");
            text.push_str(&format!("  Run {id} - "));
            if configs != 1 {
                text.push_str(&format!("{} - ", last.app));
            }
            text.push_str(&format!("{status:<7} - {start}\n"));
        }
        text.push_str("\nUse --list-runs to see all available runs.");
        text
    }

    /// The ids of the latest runs of the configured applications; of all, where none is configured.
    pub(crate) fn latest(&self, count: usize) -> Vec<String> {
        let apps: Vec<&str> = self
            .configs
            .all()
            .map(|config| config.app.as_str())
            .collect();
        let runs = self.runs.values().rev();
        let fitting = runs.filter(|rows| apps.is_empty() || apps.contains(&rows.app()));
        fitting
            .take(count)
            .map(|rows| rows.id.to_string())
            .collect()
    }
}

/// `FAILED 3/8 (1 failed), exit code 1, 2026-11-21 01:47:06 to 2026-11-21 01:47:08`, as it is written.
fn attempt(row: &AttemptRow) -> String {
    let number = |value: Option<i64>| value.map_or("-".to_string(), |value| value.to_string());
    let mut text = format!(
        "{} {}/{}",
        row.status.as_deref().unwrap_or("no status"),
        number(row.completed),
        number(row.total)
    );
    for (name, count) in [("failed", row.failed), ("skipped", row.skipped)] {
        if let Some(count) = count.filter(|count| *count != 0) {
            text.push_str(&format!(" ({count} {name})"));
        }
    }
    text.push_str(&format!(", exit code {}", number(row.exit_code)));
    let (start, end) = (row.start.as_deref(), row.end.as_deref());
    text.push_str(&format!(
        ", {} to {}",
        start.unwrap_or("-"),
        end.unwrap_or("-")
    ));
    // What tells its own zone is by no other clock.
    let is_bare = |text: &str| instant(Some(text), 0).is_none_or(|(_, assumed)| assumed);
    if start.or(end).is_none_or(is_bare) {
        text.push_str(" by the runner's clock");
    }
    text
}

fn zone(rows: &RunRows, most: i32) -> Option<String> {
    let row = rows.last()?;
    let (_, assumed) = instant(row.start.as_deref(), 0)?;
    if !assumed {
        return Some("told by the times themselves".into());
    }
    let own = offset(row);
    let minutes = own.unwrap_or(most);
    let sign = if minutes < 0 { '\u{2212}' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let how = match own {
        Some(_) => {
            "assumed: start_time is by the runner's clock and created_at in UTC, so far apart they are"
        }
        None => "assumed: that of the other runs",
    };
    Some(format!("UTC{sign}{hours:02}:{rest:02}, {how}"))
}

/// The contradictions that a run's mirror names.
pub(crate) fn notes(head: Option<&Value>) -> Vec<String> {
    let list = head.and_then(|head| head.get("contradictions")?.as_array());
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(String::from)
        .collect()
}
