//! The model as the Runs API writes it: what the bridge sends is what [`super::decode`] reads.

use serde_json::{Map, Value};

use super::wire;
use crate::model::{Attempt, Phase, Run, Step, StepCounts, Timestamp};

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// The backend's own word, where it says more than ours.
fn raw(phase: Phase, word: &str) -> Option<String> {
    (!word.is_empty() && word != phase.word()).then(|| word.to_string())
}

/// A run as a row of the list and as the head of a run.
pub fn run(run: &Run) -> wire::Run {
    wire::Run {
        id: run.id.clone(),
        job: run.job.clone(),
        status: run.phase.word().to_string(),
        raw_status: raw(run.phase, &run.raw_status),
        created_at: time(run.created_at),
        started_at: time(run.started_at),
        ended_at: time(run.ended_at),
        last_seen_at: time(run.last_seen_at),
        zone_assumed: run.zone_assumed,
        attempt: (run.attempt != 1).then_some(run.attempt),
        steps: (run.steps != StepCounts::default()).then(|| counts(&run.steps)),
        tags: tags(&run.tags),
        reason: run.reason.clone(),
        user: run.user.clone(),
        host: run.host.clone(),
        command: run.command.clone(),
        exit_code: run.exit_code,
        root: run.lineage.root.clone(),
        parent: run.lineage.parent.clone(),
        version: (run.version != 0).then_some(run.version),
    }
}

fn counts(steps: &StepCounts) -> wire::StepCounts {
    wire::StepCounts {
        total: steps.total,
        succeeded: steps.succeeded,
        failed: steps.failed,
        running: steps.running,
        skipped: steps.skipped,
    }
}

/// A key with one value stands as a text, one with several as a list in their order.
fn tags(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in pairs {
        let value = Value::String(value.clone());
        match map.get_mut(key) {
            None => {
                map.insert(key.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    map
}

/// A step with its attempts.
pub fn step(step: &Step) -> wire::Step {
    wire::Step {
        key: step.key.clone(),
        status: step.phase.word().to_string(),
        raw_status: raw(step.phase, &step.raw_status),
        position: Some(step.position),
        queued_at: time(step.queued_at),
        started_at: time(step.started_at),
        ended_at: time(step.ended_at),
        exit_code: step.exit_code,
        reason: step.reason.clone(),
        attempts: step.attempts.iter().map(attempt).collect(),
        needs: step.needs.clone(),
        version: (step.version != 0).then_some(step.version),
    }
}

fn attempt(attempt: &Attempt) -> wire::Attempt {
    wire::Attempt {
        attempt: attempt.number,
        status: attempt.phase.word().to_string(),
        raw_status: raw(attempt.phase, &attempt.raw_status),
        started_at: time(attempt.started_at),
        ended_at: time(attempt.ended_at),
        exit_code: attempt.exit_code,
        reason: attempt.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_several_times_becomes_a_list() {
        let mut model = Run::new("r1", "job");
        model.tags = [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")]
            .map(|(k, v)| (k.into(), v.into()))
            .to_vec();
        let json = serde_json::to_value(run(&model)).unwrap();
        assert_eq!(
            json["tags"],
            serde_json::json!({"a": ["1", "3", "4"], "b": "2"})
        );
        assert_eq!(json["status"], "unknown");
        assert_eq!(json.get("version"), None);
    }

    #[test]
    fn the_backends_word_is_written_where_it_differs() {
        let mut model = Run::new("r1", "job");
        (model.phase, model.raw_status) = (Phase::Canceled, "stopped".into());
        assert_eq!(run(&model).raw_status.as_deref(), Some("stopped"));
        (model.phase, model.raw_status) = (Phase::Failed, "failed".into());
        assert_eq!(run(&model).raw_status, None);
    }
}
