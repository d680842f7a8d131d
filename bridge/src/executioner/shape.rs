//! A run of executioner as the model has runs, with everything about it that is odd.

use runboard_core::model::failure::failures;
use runboard_core::model::fold::count;
use runboard_core::model::{Lineage, Phase, Run, Step, StepCounts, Timestamp};
use serde_json::{Value, json};

use super::lineage::Parent;
use super::odd::oddities;
use super::rows::{AttemptRow, RunRows, instant};
use super::steps::{Context, phase};

/// What is made of the rows.
pub(super) struct Shaped {
    pub(super) run: Run,
    pub(super) steps: Vec<Step>,
    /// Contradictions and oddities, for people.
    pub(super) notes: Vec<String>,
}

/// `seen`: the last sign of life of a run that claims to go on.
pub(super) fn shape(
    rows: &RunRows,
    context: &Context<'_>,
    parent: Parent,
    seen: Option<Timestamp>,
) -> Shaped {
    let steps = context.steps(rows);
    let notes = notes(rows, context);
    let mut run = Run::new(rows.id.to_string(), rows.app());
    let last = rows.last();
    let word = last.and_then(|row| row.status.clone());
    run.raw_status = word.clone().unwrap_or_default();
    run.phase = match word.as_deref() {
        Some(word @ ("SUCCESS" | "FAILED" | "RUNNING")) => phase(word),
        _ => Phase::Unknown,
    };
    let mut assumed = false;
    let mut at = |text: Option<&str>, attempt: i64| {
        let (at, is_assumed) = instant(text, context.offset_of(attempt))?;
        assumed |= is_assumed;
        Some(at)
    };
    // Like the times that are shown: a run that was resumed now is one of the newest.
    let created = last.and_then(|row| instant(row.created_at.as_deref(), 0).map(|(at, _)| at));
    run.started_at = last.and_then(|row| at(row.start.as_deref(), row.attempt));
    run.ended_at = last.and_then(|row| at(row.end.as_deref(), row.attempt));
    run.created_at = created
        .or(run.started_at)
        .or_else(|| steps.iter().filter_map(|step| step.started_at).min());
    run.zone_assumed = assumed;
    run.attempt = last.map_or(1, |row| u32::try_from(row.attempt).unwrap_or(1).max(1));
    run.exit_code = last.and_then(|row| row.exit_code);
    if !context.is_alive && run.phase == Phase::Running {
        run.last_seen_at = seen.or(run.started_at).or(run.created_at);
    }
    run.steps = counts(rows, &steps, context.carried.len());
    run.reason = rows
        .metadata
        .as_ref()
        .and_then(|about| about.failure_summary.clone())
        .or_else(|| reason(&run, &steps));
    run.user = rows.metadata.as_ref().and_then(|about| about.user.clone());
    let parent = parent.or(rows
        .metadata
        .as_ref()
        .and_then(|about| about.parent)
        .map(|id| (id, false)));
    run.lineage = Lineage {
        root: None,
        parent: parent.map(|(id, _)| id.to_string()),
    };
    run.tags
        .push(("completion".into(), completion(&run).into()));
    if parent.is_some_and(|(_, inferred)| inferred) {
        run.tags.push(("lineage".into(), "inferred".into()));
    }
    if !notes.is_empty() {
        run.tags
            .push(("contradictions".into(), notes.len().to_string()));
    }
    Shaped { run, steps, notes }
}

fn reason(run: &Run, steps: &[Step]) -> Option<String> {
    if !run.phase.is_failure() {
        return None;
    }
    let failed = failures(steps);
    let first = failed.first()?;
    let why = first.reason.as_deref().unwrap_or("it failed");
    let more = match failed.len() {
        1 => String::new(),
        count => format!(", and {} more failed", count - 1),
    };
    Some(format!("{}: {why}{more}", first.key))
}

/// How much of the run is done, as one looks for it: `tag=completion=partial`.
fn completion(run: &Run) -> &'static str {
    let total = run.steps.total.unwrap_or(0);
    match run.steps.succeeded {
        _ if total == 0 => "empty",
        0 => "none",
        done if done >= total => "full",
        _ => "partial",
    }
}

/// Completed of total, from the rows; the counters of `run_summary` lie in known ways and count only for what has no rows, or where no job has one.
/// `carried`: jobs that are known to be carried over from earlier runs.
fn counts(rows: &RunRows, steps: &[Step], carried: usize) -> StepCounts {
    let mut counts = count(steps);
    let Some(last) = rows.last() else {
        return counts;
    };
    let number = |value: Option<i64>| u32::try_from(value.unwrap_or(0).max(0)).unwrap_or(0);
    let is_told = |step: &&Step| !step.attempts.is_empty();
    // What the configuration has today says nothing of a run that tells its own number.
    let total = match rows.total() {
        Some(told) => {
            u32::try_from(told.max(steps.iter().filter(is_told).count())).unwrap_or(u32::MAX)
        }
        None => counts.total.unwrap_or(0),
    };
    counts.total = Some(total);
    // Whether or not the configuration makes steps of them, they are done.
    let over = rows.carried().max(rows.room(carried));
    let over = u32::try_from(over).unwrap_or(u32::MAX);
    counts.skipped = counts.skipped.saturating_sub(over);
    if rows.is_only_counted() {
        counts.succeeded = number(last.completed);
        counts.failed = number(last.failed);
        counts.total = Some(total.max(counts.succeeded.saturating_add(counts.failed)));
        return counts;
    }
    counts.succeeded = counts.succeeded.saturating_add(over);
    counts
}

/// Everything that does not fit together.
fn notes(rows: &RunRows, context: &Context<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(last) = rows.last() else {
        notes.push("it has jobs and no row in run_summary: how it ended is not known".to_string());
        return notes;
    };
    for row in &rows.attempts {
        let which = match rows.attempts.len() {
            1 => String::new(),
            _ => format!("attempt {}: ", row.attempt),
        };
        for note in of_attempt(rows, row) {
            notes.push(format!("{which}{note}"));
        }
        if row.app != last.app {
            notes.push(format!(
                "{which}it is of application {}, not {}",
                row.app, last.app
            ));
        }
    }
    if rows.is_running() && !context.is_alive {
        let none = if rows.jobs.is_empty() {
            "no job has a row, and "
        } else {
            ""
        };
        notes.push(format!(
            "it says RUNNING, {none}nothing works on it: it was probably killed"
        ));
    }
    if rows.is_only_counted() {
        notes.push("no job has a row: counted by run_summary".into());
    }
    for row in rows.latest() {
        for odd in oddities(row, context.is_maestro, context.mark(&row.id)) {
            notes.push(format!("{}: {odd}", row.id));
        }
    }
    notes
}

/// What of one attempt contradicts its jobs.
fn of_attempt(rows: &RunRows, row: &AttemptRow) -> Vec<String> {
    let mut notes = Vec::new();
    let jobs: Vec<_> = rows
        .jobs
        .iter()
        .filter(|job| job.attempt == row.attempt)
        .collect();
    let bad = |job: &&&super::rows::JobRow| {
        matches!(job.status.as_deref(), Some("FAILED" | "ERROR" | "TIMEOUT"))
    };
    let failed = jobs.iter().filter(bad).count() as i64;
    let well = jobs
        .iter()
        .filter(|job| job.status.as_deref() == Some("SUCCESS"))
        .count() as i64;
    let word = row.status.as_deref().unwrap_or("no status");
    let told = row.failed.unwrap_or(0);
    if !matches!(word, "SUCCESS" | "FAILED" | "RUNNING") {
        notes.push(format!(
            "its status is {word:?}, which executioner never writes"
        ));
    }
    if word != "RUNNING" && told != failed && !rows.is_only_counted() {
        notes.push(format!(
            "run_summary counts {told} failed, the rows of its jobs {failed}: the rows count here"
        ));
    }
    if word == "SUCCESS" && (told > 0 || failed > 0) {
        notes.push("it says SUCCESS although jobs failed, as --continue-on-error leaves it".into());
    }
    if word == "FAILED" && failed == 0 {
        notes.push("it says FAILED and no job's row does".into());
    }
    let (total, completed) = (row.total.unwrap_or(0), row.completed.unwrap_or(0));
    let skipped = row.skipped.unwrap_or(0);
    if word == "FAILED" && completed < well {
        notes.push(format!("run_summary counts {completed} completed, the rows of its jobs {well}: the rows count here"));
    }
    // What a resume skipped is counted as completed, and has its row in an earlier attempt.
    if word != "RUNNING"
        && completed > well.saturating_add(skipped.max(0))
        && !rows.is_only_counted()
    {
        notes.push(format!("run_summary counts {completed} completed and {skipped} skipped, and the rows of its jobs {well} completed: the rows count here"));
    }
    if total < completed || total < told || total < well + failed {
        notes.push(format!(
            "it has {total} jobs, and more are counted: {completed} completed, {told} failed"
        ));
    } else if completed + told + skipped > total && row.attempt <= 1 {
        notes.push(format!("{completed} completed, {told} failed and {skipped} skipped are more than its {total} jobs: those that the resume skipped are counted twice"));
    }
    if total == 0 {
        notes.push("it has no jobs".into());
    }
    let backwards = row.start.as_deref().zip(row.end.as_deref());
    let backwards =
        backwards.and_then(|(start, end)| Some((instant(Some(start), 0)?, instant(Some(end), 0)?)));
    if backwards.is_some_and(|((start, _), (end, _))| end < start) {
        notes.push("it ends before it begins".into());
    }
    for (name, text) in [("start_time", &row.start), ("end_time", &row.end)] {
        if text
            .as_deref()
            .is_some_and(|text| instant(Some(text), 0).is_none())
        {
            notes.push(format!(
                "{name} is no time: {:?}",
                text.as_deref().unwrap_or_default()
            ));
        }
    }
    notes
}

/// The events of a run, as its mirror keeps them.
pub(super) fn events(rows: &RunRows, shaped: &Shaped, context: &Context<'_>) -> Vec<Value> {
    let mut dated: Vec<(i64, Value)> = Vec::new();
    let mut add = |at: Option<Timestamp>, is_end: bool, mut event: Value| {
        if let Some(map) = event.as_object_mut() {
            let text = at.map_or(Value::Null, |at| Value::from(at.to_string()));
            map.insert("at".into(), text);
        }
        // Ends of runs are told in whole seconds: within theirs they stand last.
        let late = if is_end { 999_999 } else { 0 };
        dated.push((at.map_or(i64::MAX, |at| at.0.saturating_add(late)), event));
    };
    for row in &rows.attempts {
        let at =
            |text: Option<&str>| instant(text, context.offset_of(row.attempt)).map(|(at, _)| at);
        let begun = json!({"event": "run", "status": "running", "attempt": row.attempt});
        add(at(row.start.as_deref()), false, begun);
        let status = match row.status.as_deref() {
            Some("RUNNING") => continue,
            Some("SUCCESS") => "succeeded",
            Some("FAILED") => "failed",
            other => other.unwrap_or("unknown"),
        };
        let ended = json!({"event": "run", "status": status, "attempt": row.attempt, "exit_code": row.exit_code});
        add(at(row.end.as_deref()), true, ended);
    }
    for step in &shaped.steps {
        for one in &step.attempts {
            let (key, number) = (&step.key, one.number);
            if one.started_at.is_some() {
                let begun =
                    json!({"event": "step", "step": key, "attempt": number, "status": "running"});
                add(one.started_at, false, begun);
            }
            if one.phase.is_terminal() {
                let ended = json!({
                    "event": "step", "step": key, "attempt": number, "status": one.phase.word(), "exit_code": one.exit_code, "reason": one.reason,
                });
                add(one.ended_at, false, ended);
            }
        }
    }
    dated.sort_by_key(|(at, _)| *at);
    let mut events: Vec<Value> = dated.into_iter().map(|(_, event)| event).collect();
    for note in &shaped.notes {
        events.push(json!({"event": "contradiction", "message": note}));
    }
    events
}
