//! What a record of a run history tells beside the run and its steps: events made from its timings, and figures.

use serde_json::{Map, Value};

use super::run::{Naming, attempt, stage_key};
use super::wire::Summary;
use crate::model::event::{EventLevel, RunEvent};
use crate::model::order::order;
use crate::model::{Attempt, Phase, RunStats};

/// The word for how something ended; one that nobody knows is the record's own.
fn ended(what: &str, phase: Phase, word: &str) -> String {
    let word = match phase {
        Phase::Succeeded | Phase::Recovered => "SUCCESS".to_string(),
        Phase::Failed | Phase::TimedOut => "FAILURE".to_string(),
        Phase::Canceled => "CANCELED".to_string(),
        Phase::Skipped | Phase::UpstreamFailed => "SKIPPED".to_string(),
        _ if word.is_empty() => "END".to_string(),
        _ => word.to_ascii_uppercase(),
    };
    [what, "_", &word].concat()
}

fn level(phase: Phase) -> Option<EventLevel> {
    match phase {
        Phase::Failed | Phase::TimedOut => Some(EventLevel::Error),
        Phase::Canceled | Phase::Unknown => Some(EventLevel::Warning),
        _ => Some(EventLevel::Info),
    }
}

impl Summary {
    /// The run's history as far as the record has its times: begin and end of the run, and of every try of a stage. Numbers stay, for a record
    /// is written once. A stage's detail is the record's own object.
    pub fn events(&self, naming: &Naming) -> Vec<RunEvent> {
        let run = self.run(String::new(), naming);
        let mut events = vec![RunEvent {
            time: run.started_at,
            kind: "RUN_START".into(),
            level: Some(EventLevel::Info),
            message: ["run of ", run.job.as_str(), " began"].concat(),
            ..RunEvent::default()
        }];
        let mut tries: Vec<(&str, u32)> = Vec::new();
        for stage in self.stages() {
            let Some(key) = stage_key(stage) else {
                continue;
            };
            let before = tries.iter().filter(|(other, _)| *other == key).count();
            let one = attempt(stage, before as u32 + 1, naming);
            tries.push((key, one.number));
            stage_events(key, &one, stage, &mut events);
        }
        // Stages that run side by side mix by time; what has none stays behind its neighbour.
        let mut last = None;
        let mut keyed: Vec<(_, RunEvent)> = events
            .into_iter()
            .map(|event| {
                last = last.max(event.time);
                (event.time.or(last), event)
            })
            .collect();
        let at = |place: usize| keyed.get(place).map(|(at, _)| *at);
        let places = order(keyed.len(), &|a, b| at(a).cmp(&at(b)));
        let event = |place: usize| keyed.get_mut(place).map(|(_, event)| std::mem::take(event));
        let mut events: Vec<RunEvent> = places.into_iter().filter_map(event).collect();
        events.push(RunEvent {
            time: run.ended_at,
            kind: ended("RUN", run.phase, &run.raw_status),
            level: level(run.phase),
            message: run.reason.unwrap_or(run.raw_status),
            ..RunEvent::default()
        });
        for (event, n) in events.iter_mut().zip(1..) {
            event.n = n;
        }
        events
    }

    /// The run's figures.
    pub fn stats(&self, naming: &Naming) -> RunStats {
        let run = self.run(String::new(), naming);
        RunStats::of(&run, &self.steps(naming), run.ended_at.unwrap_or_default())
    }
}

fn stage_events(key: &str, one: &Attempt, stage: &Map<String, Value>, into: &mut Vec<RunEvent>) {
    let base = RunEvent {
        step: Some(key.to_string()),
        attempt: Some(one.number),
        detail: Some(Value::Object(stage.clone()).to_string()),
        ..RunEvent::default()
    };
    let (kind, words) = match one.number {
        1 => ("STEP_START", " began"),
        _ => ("STEP_RESTARTED", " was tried again"),
    };
    if one.started_at.is_some() {
        into.push(RunEvent {
            time: one.started_at,
            kind: kind.into(),
            level: Some(EventLevel::Info),
            message: [key, words].concat(),
            ..base.clone()
        });
    }
    if one.ended_at.is_some() || !one.phase.is_active() {
        let reason = one.reason.as_deref().unwrap_or(&one.raw_status);
        into.push(RunEvent {
            time: one.ended_at,
            kind: ended("STEP", one.phase, &one.raw_status),
            level: level(one.phase),
            message: [key, ": ", reason].concat(),
            ..base
        });
    }
}
