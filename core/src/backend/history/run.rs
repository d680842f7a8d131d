//! A record of a run history as a [`Run`] with its [`Step`]s.

use serde_json::{Map, Value};

use super::decode::{Times, plain};
use super::wire::Summary;
use super::zone::Zone;
use crate::model::failure::reason;
use crate::model::fold::count;
use crate::model::step_stats::EXECUTED;
use crate::model::time::parse_written;
use crate::model::{Attempt, Lineage, Phase, Run, Step, Timestamp};

/// What a record does not say of itself.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// The job of records that name none.
    pub job: String,
    /// Of times without a zone.
    pub zone: Zone,
}

/// The id under which the nth record (from 1) of the same `run_id` is found: the first has the id alone.
pub fn nth_id(run_id: &str, occurrence: u32) -> String {
    if occurrence <= 1 {
        run_id.to_string()
    } else {
        format!("{run_id}#{occurrence}")
    }
}

/// Metadata with a place of their own in a run; every other scalar becomes a tag.
const PLACED: [&str; 12] = [
    "job",
    "command",
    "exit_code",
    "host",
    "user",
    "tags",
    "stages",
    "recorder",
    "cwd",
    "pid",
    "parent",
    "root",
];

impl Summary {
    /// The id that the record has by itself: its own, else (also of an empty one) its line.
    pub fn id(&self, line: u64) -> String {
        let own = self.run_id.clone().filter(|id| !id.is_empty());
        own.unwrap_or_else(|| format!("line-{line}"))
    }

    pub fn job<'a>(&'a self, naming: &'a Naming) -> &'a str {
        self.metadata
            .get("job")
            .and_then(Value::as_str)
            .unwrap_or(&naming.job)
    }

    /// A word that is not the format's is unknown: never a success, and no other failure than it says.
    pub fn phase(&self) -> Phase {
        match self.result.as_deref() {
            Some("success") => Phase::Succeeded,
            Some("failed") => Phase::Failed,
            Some("stopped") => Phase::Canceled,
            _ => Phase::Unknown,
        }
    }

    /// When the run began.
    pub(super) fn started(&self, naming: &Naming) -> Option<Timestamp> {
        let started = Times::of(self).started;
        started.map(|time| naming.zone.instant(time))
    }

    /// Job, status and times.
    fn outline(&self, id: String, naming: &Naming) -> Run {
        let times = Times::of(self);
        let mut run = Run::new(id, self.job(naming));
        run.phase = self.phase();
        run.raw_status = self.result.clone().unwrap_or_default();
        run.started_at = times.started.map(|time| naming.zone.instant(time));
        // Times with and without a zone cannot be compared, so such a record has no duration.
        run.ended_at = times
            .ended
            .filter(|_| !times.mixed())
            .map(|time| naming.zone.instant(time));
        run.zone_assumed = times.any_naive();
        run
    }

    /// The record as a brief run, which is told in full by its number.
    pub(super) fn brief(&self, number: u32, naming: &Naming) -> Run {
        Run {
            brief: Some(number),
            ..self.outline(String::new(), naming)
        }
    }

    /// The record as a run called `id`.
    pub fn run(&self, id: String, naming: &Naming) -> Run {
        let mut run = self.outline(id, naming);
        run.reason.clone_from(&self.failure_reason);
        let text = |key: &str| {
            self.metadata
                .get(key)
                .and_then(Value::as_str)
                .map(String::from)
        };
        (run.user, run.host) = (text("user"), text("host"));
        run.lineage = Lineage {
            root: text("root"),
            parent: text("parent"),
        };
        run.exit_code = self.metadata.get("exit_code").and_then(Value::as_i64);
        run.command = match self.metadata.get("command") {
            Some(Value::Array(words)) => words.iter().cloned().map(plain).collect(),
            Some(Value::String(line)) => vec![line.clone()],
            _ => Vec::new(),
        };
        run.tags = self.tags();
        let steps = self.steps(naming);
        run.steps = count(&steps);
        // A recorder around others names its own step first.
        run.reason = reason(&run, &steps);
        run
    }

    fn tags(&self) -> Vec<(String, String)> {
        let mut tags = Vec::new();
        if let Some(Value::Object(pairs)) = self.metadata.get("tags") {
            for (key, value) in pairs {
                match value {
                    Value::Array(items) => {
                        tags.extend(items.iter().cloned().map(|item| (key.clone(), plain(item))))
                    }
                    other => tags.push((key.clone(), plain(other.clone()))),
                }
            }
        }
        if let Some(count) = self.retry_count.filter(|count| *count != 0) {
            tags.push(("retry_count".into(), count.to_string()));
        }
        for (key, value) in &self.metadata {
            let nothing = value.is_null() || value.is_object() || value.is_array();
            // Nothing lost is nothing to tell.
            let silent = key.starts_with("lost_") && value.as_i64() == Some(0);
            if !nothing && !silent && !PLACED.contains(&key.as_str()) {
                tags.push((key.clone(), plain(value.clone())));
            }
        }
        tags
    }

    /// The timings of stages that the writer kept.
    pub(super) fn stages(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let timed = self.metadata.get("stages").and_then(Value::as_array);
        timed.into_iter().flatten().filter_map(Value::as_object)
    }

    /// The stages as steps: in the order of their timings where the writer kept some, else as they were executed.
    pub fn steps(&self, naming: &Naming) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut place = std::collections::HashMap::new();
        for stage in self.stages() {
            let Some(key) = stage_key(stage) else {
                continue;
            };
            let index = *place.entry(key.to_string()).or_insert_with(|| {
                steps.push(Step::queued(key, steps.len() as u32));
                steps.len() - 1
            });
            if let Some(step) = steps.get_mut(index) {
                let number = step.attempts.len() as u32 + 1;
                step.attempts.push(attempt(stage, number, naming));
            }
        }
        for key in self.stages_executed.iter().chain(&self.stages_failed) {
            place.entry(key.clone()).or_insert_with(|| {
                steps.push(Step::queued(key, steps.len() as u32));
                steps.len() - 1
            });
        }
        for step in &mut steps {
            self.settle(step);
        }
        steps
    }

    /// The state of a step from its attempts, else, also where these tell no result, from the record's two lists.
    fn settle(&self, step: &mut Step) {
        if let (Some(first), Some(last)) = (step.attempts.first(), step.attempts.last()) {
            step.started_at = first.started_at;
            (step.phase, step.raw_status) = (last.phase, last.raw_status.clone());
            (step.ended_at, step.exit_code, step.reason) =
                (last.ended_at, last.exit_code, last.reason.clone());
        }
        let last = step.attempts.last_mut();
        let is_told = last
            .as_ref()
            .is_some_and(|last| !last.raw_status.is_empty());
        if self.stages_failed.contains(&step.key) {
            step.phase = Phase::Failed;
            if !is_told {
                step.raw_status = "failed".into();
            }
        } else if !is_told && (last.is_none() || self.stages_executed.contains(&step.key)) {
            // It ran and is not among the failed. Of a run that was cut short nobody knows how its last stage ended.
            let cut = !matches!(self.phase(), Phase::Succeeded | Phase::Failed)
                && self.stages_executed.last() == Some(&step.key);
            step.phase = if cut {
                Phase::Unknown
            } else {
                Phase::Succeeded
            };
            step.raw_status = EXECUTED.into();
        }
        if let Some(last) = last.filter(|_| !is_told) {
            last.phase = step.phase;
        }
    }
}

/// The name of a stage in one of its timings.
pub(super) fn stage_key(stage: &Map<String, Value>) -> Option<&str> {
    ["stage", "name", "step"]
        .iter()
        .find_map(|key| stage.get(*key)?.as_str())
}

pub(super) fn attempt(stage: &Map<String, Value>, number: u32, naming: &Naming) -> Attempt {
    let text = |key: &str| stage.get(key).and_then(Value::as_str);
    let time =
        |key: &str| -> Option<Timestamp> { Some(naming.zone.instant(parse_written(text(key)?)?)) };
    let word = text("result")
        .or_else(|| text("status"))
        .unwrap_or_default();
    Attempt {
        number: stage
            .get("attempt")
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .unwrap_or(number),
        phase: match word {
            "success" => Phase::Succeeded,
            "stopped" | "cancelled" => Phase::Canceled,
            other => Phase::from_word(other).unwrap_or(Phase::Unknown),
        },
        raw_status: word.to_string(),
        started_at: time("started_at"),
        ended_at: time("ended_at"),
        exit_code: stage.get("exit_code").and_then(Value::as_i64),
        reason: text("reason")
            .or_else(|| text("failure_reason"))
            .map(String::from),
    }
}
