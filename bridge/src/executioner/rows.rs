//! What executioner's tables hold, as it is written there.

use std::collections::BTreeMap;

use runboard_core::model::Timestamp;
use runboard_core::model::time::parse_written;
use serde::Serialize;
use serde_json::Value;

/// A row of `run_summary`: one attempt of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct AttemptRow {
    pub(super) run: i64,
    pub(super) attempt: i64,
    pub(super) app: String,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
    pub(super) status: Option<String>,
    pub(super) total: Option<i64>,
    pub(super) completed: Option<i64>,
    pub(super) failed: Option<i64>,
    pub(super) skipped: Option<i64>,
    pub(super) exit_code: Option<i64>,
    pub(super) working_dir: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) config_path: Option<String>,
}

/// A row of `job_history`: one job in one attempt of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct JobRow {
    pub(super) run: i64,
    pub(super) attempt: i64,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) command: Option<String>,
    pub(super) status: Option<String>,
    pub(super) app: Option<String>,
    /// Seconds.
    pub(super) duration: Option<f64>,
    pub(super) last_error: Option<String>,
    /// JSON.
    pub(super) retry_history: Option<String>,
    pub(super) last_run: Option<String>,
    pub(super) last_exit_code: Option<i64>,
}

/// What seeds of the design keep of a run beside its numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Metadata {
    pub(super) config_path: Option<String>,
    pub(super) config_hash: Option<String>,
    pub(super) user: Option<String>,
    pub(super) parent: Option<i64>,
    pub(super) failure_summary: Option<String>,
}

/// All that a database holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tables {
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) jobs: Vec<JobRow>,
    pub(super) metadata: BTreeMap<i64, Metadata>,
    /// The newest number in `schema_version`.
    pub(super) schema: Option<i64>,
    /// A resume is another attempt of the same run; before, it was a run of its own.
    pub(super) has_attempts: bool,
    pub(super) is_maestro: bool,
    pub(super) problems: Vec<String>,
}

/// One run: its attempts and their jobs, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct RunRows {
    pub(super) id: i64,
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) jobs: Vec<JobRow>,
    pub(super) metadata: Option<Metadata>,
}

impl RunRows {
    pub(super) fn last(&self) -> Option<&AttemptRow> {
        self.attempts.last()
    }

    /// The application of the latest attempt.
    pub(super) fn app(&self) -> &str {
        let of_job = || self.jobs.last().and_then(|job| job.app.as_deref());
        self.last()
            .map(|row| row.app.as_str())
            .filter(|app| !app.is_empty())
            .or_else(of_job)
            .unwrap_or_default()
    }

    /// The row of each job that counts: that of its latest attempt. In the order in which the jobs appeared.
    pub(super) fn latest(&self) -> Vec<&JobRow> {
        let mut found: Vec<&JobRow> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for job in &self.jobs {
            match places
                .get(job.id.as_str())
                .and_then(|at| found.get_mut(*at))
            {
                Some(known) if job.attempt >= known.attempt => *known = job,
                Some(_) => {}
                None => {
                    places.insert(&job.id, found.len());
                    found.push(job);
                }
            }
        }
        found
    }

    /// Jobs whose latest row says that they failed: only those can be marked as done by hand.
    pub(super) fn failed(&self) -> impl Iterator<Item = &JobRow> {
        let is_failed =
            |job: &&JobRow| matches!(job.status.as_deref(), Some("FAILED" | "ERROR" | "TIMEOUT"));
        self.latest().into_iter().filter(is_failed)
    }

    /// How many jobs the run had, as its latest attempt has it. A zero is also what stands there before anything is written.
    pub(super) fn total(&self) -> Option<usize> {
        let told = usize::try_from(self.last()?.total?).ok()?;
        let is_empty = self.jobs.is_empty() && !self.is_running() && !self.is_only_counted();
        Some(told).filter(|told| *told > 0 || is_empty)
    }

    /// Jobs ran, and none has a row: only the counters of the latest attempt tell of them.
    pub(super) fn is_only_counted(&self) -> bool {
        let counted = |row: &AttemptRow| row.completed.max(row.failed) > Some(0);
        self.jobs.is_empty() && self.last().is_some_and(counted)
    }

    /// Of so many jobs those that have room: no more are carried over from earlier runs than the run says that it skipped, and than have no row.
    pub(super) fn room(&self, jobs: usize) -> usize {
        let [last] = self.attempts.as_slice() else {
            return 0;
        };
        let skipped = usize::try_from(last.skipped.unwrap_or(0)).unwrap_or(0);
        let without = self
            .total()
            .unwrap_or(0)
            .saturating_sub(self.latest().len());
        jobs.min(skipped).min(without)
    }

    /// How many jobs are counted as completed and have no row, because they were carried over from an earlier run.
    pub(super) fn carried(&self) -> usize {
        let latest = self.latest();
        let well = latest
            .iter()
            .filter(|job| job.status.as_deref() == Some("SUCCESS"));
        let completed = self.last().and_then(|last| last.completed).unwrap_or(0);
        let completed = usize::try_from(completed).unwrap_or(0);
        self.room(completed.saturating_sub(well.count()))
    }

    pub(super) fn is_running(&self) -> bool {
        self.last()
            .is_some_and(|row| row.status.as_deref() == Some("RUNNING"))
    }
}

/// The runs by their numbers.
pub(super) fn runs(tables: &Tables) -> BTreeMap<i64, RunRows> {
    let mut runs: BTreeMap<i64, RunRows> = BTreeMap::new();
    let of = |id: i64| {
        move || RunRows {
            id,
            ..RunRows::default()
        }
    };
    for row in &tables.attempts {
        let run = runs.entry(row.run).or_insert_with(of(row.run));
        run.attempts.push(row.clone());
    }
    for row in &tables.jobs {
        let run = runs.entry(row.run).or_insert_with(of(row.run));
        run.jobs.push(row.clone());
    }
    for run in runs.values_mut() {
        run.attempts.sort_by_key(|row| row.attempt);
        run.jobs.sort_by_key(|row| row.attempt);
        run.metadata = tables.metadata.get(&run.id).cloned();
    }
    runs
}

/// One try of a job, from `retry_history`: only there the exit code and a timeout are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Try {
    /// As it is written: the end, by the runner's clock.
    pub(super) end: Option<String>,
    /// Microseconds.
    pub(super) duration: Option<i64>,
    pub(super) exit_code: Option<i64>,
    pub(super) status: String,
}

impl JobRow {
    /// The tries in their order, and what could not be read of them.
    pub(super) fn tries(&self, in_ns: bool) -> (Vec<Try>, Option<String>) {
        let text = self.retry_history.as_deref().unwrap_or_default();
        if text.trim().is_empty() || text.trim() == "null" {
            return (Vec::new(), None);
        }
        let unit = if in_ns { 1e-3 } else { 1e6 };
        let list = match serde_json::from_str(text) {
            Ok(Value::Array(list)) => list,
            Ok(_) => return (Vec::new(), Some("retry_history is no list".into())),
            Err(error) => {
                return (
                    Vec::new(),
                    Some(format!("retry_history cannot be read as JSON ({error})")),
                );
            }
        };
        let one = |value: &Value| {
            let word = |key: &str| value.get(key).and_then(Value::as_str);
            let success = value.get("success").and_then(Value::as_bool);
            let plain = match success {
                Some(true) => "SUCCESS",
                Some(false) => "FAILED",
                None => "",
            };
            let duration = value.get("duration").and_then(Value::as_f64);
            Try {
                end: word("timestamp").map(String::from),
                duration: duration.map(|length| (length * unit).round() as i64),
                exit_code: value.get("exit_code").and_then(Value::as_i64),
                status: word("status").unwrap_or(plain).into(),
            }
        };
        (list.iter().map(one).collect(), None)
    }
}

/// A time as it is written; `offset`: minutes east of UTC, of the runner's clock. The time, and whether its zone was assumed.
pub(super) fn instant(text: Option<&str>, offset: i32) -> Option<(Timestamp, bool)> {
    let written = parse_written(text?)?;
    Some((written.instant(offset), written.offset_minutes.is_none()))
}

/// How far the runner's clock stood from UTC, in minutes: a run's start is written by the runner's clock, its row's creation in UTC. In quarters of
/// an hour, as zones are.
pub(super) fn offset(row: &AttemptRow) -> Option<i32> {
    let start = parse_written(row.start.as_deref()?)?;
    let created = parse_written(row.created_at.as_deref()?)?;
    if start.offset_minutes.is_some() || created.offset_minutes.is_some() {
        return None;
    }
    let minutes = (start.at.0 - created.at.0) as f64 / 60e6;
    let rounded = (minutes / 15.0).round() * 15.0;
    // The row is made within seconds of the start; anything else is no zone.
    let is_zone =
        (minutes - rounded).abs() < 5.0 && (-14.0 * 60.0..=14.0 * 60.0).contains(&rounded);
    is_zone.then_some(rounded as i32)
}
