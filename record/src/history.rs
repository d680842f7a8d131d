//! The stages of a run, and the line in `runs.jsonl` that remains of it when its folder is gone.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::RECORDER;
use crate::identity::{host, user};
use crate::journal::{Loss, open_append};
use crate::outcome::RunOutcome;
use crate::shared::Own;

/// One attempt of one step.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    step: String,
    attempt: u32,
    started_at: String,
    ended_at: Option<String>,
    result: String,
    exit_code: Option<i64>,
    reason: Option<String>,
}

impl Stage {
    pub(crate) fn begun(step: &str, attempt: u32, at: &str) -> Self {
        Self {
            step: step.to_owned(),
            attempt,
            started_at: at.to_owned(),
            ended_at: None,
            result: String::from("running"),
            exit_code: None,
            reason: None,
        }
    }

    pub(crate) fn is(&self, step: &str, attempt: u32) -> bool {
        self.step == step && self.attempt == attempt
    }

    pub(crate) fn runs(&self) -> bool {
        self.ended_at.is_none()
    }

    pub(crate) fn end(
        &mut self,
        result: &str,
        at: &str,
        exit_code: Option<i32>,
        reason: Option<String>,
    ) {
        self.ended_at = Some(at.to_owned());
        self.result = result.to_owned();
        self.exit_code = exit_code.map(i64::from);
        self.reason = reason;
    }

    /// The event that says how it ended.
    pub(crate) fn end_event(&self) -> Value {
        json!({
            "at": self.ended_at, "event": "step", "step": self.step, "attempt": self.attempt, "status": self.result
        })
    }

    fn json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("stage".into(), self.step.clone().into());
        fields.insert("attempt".into(), self.attempt.into());
        fields.insert("started_at".into(), self.started_at.clone().into());
        fields.insert("ended_at".into(), self.ended_at.clone().into());
        fields.insert("result".into(), self.result.clone().into());
        if let Some(code) = self.exit_code {
            fields.insert("exit_code".into(), code.into());
        }
        if let Some(reason) = &self.reason {
            fields.insert("reason".into(), reason.clone().into());
        }
        Value::Object(fields)
    }
}

/// How often `step` has begun.
pub(crate) fn attempts(stages: &[Stage], step: &str) -> u32 {
    let own = stages.iter().filter(|stage| stage.step == step);
    own.map(|stage| stage.attempt).max().unwrap_or(0)
}

/// The stages that the events of a run tell of, those of joined commands included. What cannot be read is passed over:
/// this is a summary, and the file itself remains.
pub(crate) fn stages_of(folder: &Path) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let text = fs::read(folder.join("events.jsonl")).unwrap_or_default();
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(event) = serde_json::from_slice::<Value>(line) else {
            continue;
        };
        let word = |key: &str| event.get(key).and_then(Value::as_str);
        let (Some("step"), Some(step), Some(status), Some(at)) =
            (word("event"), word("step"), word("status"), word("at"))
        else {
            continue;
        };
        let attempt = event.get("attempt").and_then(Value::as_u64).unwrap_or(1);
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
        let known = stages.iter().position(|stage| stage.is(step, attempt));
        if known.is_none() {
            stages.push(Stage::begun(step, attempt, at));
        }
        let place = known.unwrap_or(stages.len().saturating_sub(1));
        if let Some(stage) = stages.get_mut(place).filter(|_| status != "running") {
            stage.end(status, at, None, word("reason").map(String::from));
            stage.exit_code = event.get("exit_code").and_then(Value::as_i64);
        }
    }
    stages
}

/// Puts what this process knows itself in the place of what it read: its own events may have found no room.
pub(crate) fn merge(stages: &mut Vec<Stage>, own: &[Stage]) {
    for stage in own {
        match stages
            .iter_mut()
            .find(|other| other.is(&stage.step, stage.attempt))
        {
            Some(other) => *other = stage.clone(),
            None => stages.push(stage.clone()),
        }
    }
    stages.sort_by(|a, b| a.started_at.cmp(&b.started_at));
}

/// `clippy: exit code 101` for a failed run: of the step that failed first. One that holds it fails later, because of it.
pub(crate) fn first_failure(outcome: RunOutcome, stages: &[Stage]) -> Option<String> {
    let failed = stages.iter().filter(|stage| has_failed(stages, stage));
    let failed = failed.min_by(|a, b| {
        let ended = |stage: &Stage| (stage.ended_at.is_none(), stage.ended_at.clone());
        ended(a)
            .cmp(&ended(b))
            .then_with(|| b.started_at.cmp(&a.started_at))
    })?;
    let reason = failed.reason.as_deref().unwrap_or("failed");
    (outcome == RunOutcome::Failed).then(|| format!("{}: {reason}", failed.step))
}

/// Whether a step failed for good: a later attempt may have mended it.
fn has_failed(stages: &[Stage], stage: &Stage) -> bool {
    stage.result == "failed" && stage.attempt == attempts(stages, &stage.step)
}

/// How a run ended.
pub(crate) struct End<'a> {
    pub(crate) at: String,
    pub(crate) outcome: RunOutcome,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) lost: &'a Loss,
}

/// Appends the run's line. A torn line that a full disk has left there is ended first.
pub(crate) fn append(own: &Own, end: &End<'_>, stages: &[Stage]) -> io::Result<()> {
    let (mut file, torn) = open_append(&own.options.dir.join("runs.jsonl"))?;
    let start = if torn { "\n" } else { "" };
    file.write_all(format!("{start}{}\n", line(own, end, stages)).as_bytes())
}

fn line(own: &Own, end: &End<'_>, stages: &[Stage]) -> Value {
    let mut executed: Vec<&str> = Vec::new();
    for stage in stages.iter().filter(|stage| stage.result != "skipped") {
        if !executed.contains(&stage.step.as_str()) {
            executed.push(&stage.step);
        }
    }
    let failed = stages.iter().filter(|stage| has_failed(stages, stage));
    let failed: Vec<&str> = failed.map(|stage| stage.step.as_str()).collect();
    let mut metadata = json!({
        "job": own.options.job, "command": own.options.command, "tags": own.options.tags,
        "stages": stages.iter().map(Stage::json).collect::<Vec<_>>(),
        "lost_lines": end.lost.lines, "lost_bytes": end.lost.bytes, "recorder": RECORDER,
    });
    if let Some(fields) = metadata.as_object_mut() {
        let known = [
            ("exit_code", end.exit_code.map(Value::from)),
            ("parent", own.options.parent.clone().map(Value::from)),
            ("root", own.options.root.clone().map(Value::from)),
            ("host", host().map(Value::from)),
            ("user", user().map(Value::from)),
        ];
        fields.extend(
            known
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
    }
    json!({
        "run_id": own.id, "started_at": own.begun_at, "ended_at": end.at, "result": end.outcome.history_word(),
        "failure_reason": end.reason, "stages_executed": executed, "stages_failed": failed,
        "retry_count": stages.iter().filter(|stage| stage.attempt > 1).count(), "metadata": metadata,
    })
}
