//! What a record of a run history tells of its run beside the row: why it failed, its events, and its figures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use runboard_core::backend::history::{Line, Naming, Summary, decode};
use runboard_core::model::event::EventLevel;
use runboard_core::model::{Span, Timestamp};
use serde_json::{Value, json};

fn record(value: &Value) -> Summary {
    let Line::Record { summary, .. } = decode::line(value.to_string().as_bytes(), true) else {
        panic!("no record")
    };
    *summary
}

/// A recorder around two others: `ci` fails because `test` does, whose second try of `e2e` failed.
fn nested() -> Value {
    let at = |second: u32| format!("2026-11-21T10:00:{second:02}Z");
    let stage = |key: &str, attempt: u32, from, to, result: &str, reason: Option<&str>| json!({"stage": key, "attempt": attempt, "started_at": at(from), "ended_at": at(to), "result": result, "reason": reason});
    json!({"run_id": "r1", "started_at": at(0), "ended_at": at(50), "result": "failed", "failure_reason": "ci: exit code 1",
    "retry_count": 0, "stages_executed": ["ci", "test", "lint", "e2e"], "stages_failed": ["ci", "test", "e2e"], "odd": [1],
    "metadata": {"job": "build", "stages": [
        stage("ci", 1, 1, 49, "failed", Some("exit code 1")),
        stage("test", 1, 2, 48, "failed", Some("exit code 2")),
        stage("e2e", 1, 3, 10, "failed", Some("flaky")),
        stage("lint", 1, 4, 6, "success", None),
        stage("e2e", 2, 11, 47, "failed", Some("exit code 3")),
    ]}})
}

#[test]
fn the_reason_is_that_of_the_innermost_failure() {
    let run = record(&nested()).run("r1".into(), &Naming::default());
    assert_eq!(run.reason.as_deref(), Some("e2e: exit code 3"));
    let mut other = nested();
    other["failure_reason"] = json!("out of disk");
    let run = record(&other).run("r1".into(), &Naming::default());
    assert_eq!(run.reason.as_deref(), Some("out of disk"));
}

#[test]
fn events_are_made_of_the_timings_in_the_order_of_time() {
    let events = record(&nested()).events(&Naming::default());
    let words: Vec<String> = events
        .iter()
        .map(|event| [event.kind.as_str(), event.step.as_deref().unwrap_or("")].join(" "))
        .collect();
    assert_eq!(
        words,
        [
            "RUN_START ",
            "STEP_START ci",
            "STEP_START test",
            "STEP_START e2e",
            "STEP_START lint",
            "STEP_SUCCESS lint",
            "STEP_FAILURE e2e",
            "STEP_RESTARTED e2e",
            "STEP_FAILURE e2e",
            "STEP_FAILURE test",
            "STEP_FAILURE ci",
            "RUN_FAILURE "
        ]
    );
    assert!(events.iter().zip(1..).all(|(event, n)| event.n == n));
    let last = &events[11];
    assert_eq!(
        (last.level, last.message.as_str()),
        (Some(EventLevel::Error), "e2e: exit code 3")
    );
    let detail: Value = serde_json::from_str(events[8].detail.as_ref().unwrap()).unwrap();
    assert_eq!(detail, nested()["metadata"]["stages"][4]);
    assert_eq!(
        (events[8].attempt, events[8].message.as_str()),
        (Some(2), "e2e: exit code 3")
    );
}

#[test]
fn figures() {
    let summary = record(&nested());
    let stats = summary.stats(&Naming::default());
    assert_eq!(
        (stats.duration, stats.start, stats.execution, stats.queue),
        (
            Some(Span::seconds(50)),
            Some(Span::seconds(1)),
            Some(Span::seconds(49)),
            None
        )
    );
    assert_eq!((stats.steps.unwrap().failed, stats.assets), (3, None));
}

#[test]
fn a_bare_record_has_a_begin_and_an_end() {
    let bare = json!({"run_id": "r", "started_at": "2026-11-21T10:00:00Z", "result": "exploded"});
    let events = record(&bare).events(&Naming::default());
    let words: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(words, ["RUN_START", "RUN_EXPLODED"]);
    assert_eq!(events[0].time, Timestamp::parse("2026-11-21T10:00:00Z"));
    assert_eq!(events[1].time, None);
}

#[test]
fn what_is_no_tag_is_told_value_by_value_and_no_retry_count_is_none() {
    let told = |value: &Value| -> Vec<String> {
        let facts = record(value).facts().into_iter();
        facts
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    };
    assert_eq!(told(&nested()), ["retry_count=0", "odd=1"]);
    // Of a place of their own only where they fit in there.
    let odd = json!({"run_id": "r", "started_at": "2026-11-21T10:00:00Z", "result": "success", "metadata": {
        "exit_code": "none", "job": {"name": "j"}, "stages": [{"took": 3}], "tags": ["a", "b"], "empty": [], "ok": 1, "parent": "p",
        "deep": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, "lost_lines": 0,
    }});
    let mut facts = told(&odd);
    facts.sort();
    assert_eq!(
        facts,
        [
            "deep.a.b.c.d.e.f={\"g\":1}",
            "empty=[]",
            "exit_code=none",
            "job.name=j",
            "lost_lines=0",
            "retry_count=-",
            "stages[0].took=3",
            "tags=a\nb",
        ]
    );
    let many: Vec<Value> = (0..1000).map(|number| json!({"n": number})).collect();
    let long = json!({"run_id": "r", "started_at": "2026-11-21T10:00:00Z", "result": "success", "metadata": {"many": many}});
    let facts = told(&long);
    assert_eq!(
        (facts.len(), facts.last().map(String::as_str)),
        (201, Some("further=all of it stands on the tab Raw"))
    );
    for (count, expected) in [(json!(2), "2"), (json!("2"), "2"), (Value::Null, "-")] {
        let line = json!({"run_id": "r", "retry_count": count});
        assert_eq!(told(&line), [format!("retry_count={expected}")]);
    }
}

/// The run has no place for them: an end without a length, and what is no time.
#[test]
fn times_that_a_run_cannot_have_are_told_as_they_are_written() {
    let told = |started: Value, ended: Value| -> Vec<String> {
        let record = record(&json!({"run_id": "r", "started_at": started, "ended_at": ended}));
        let facts = record.facts().into_iter();
        facts
            .filter(|(name, _)| name.ends_with("_at"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    };
    let (naive, aware) = (json!("2025-01-15T10:00:00"), json!("2025-01-15T16:30:00Z"));
    assert_eq!(
        told(naive.clone(), aware.clone()),
        ["ended_at=2025-01-15T16:30:00Z (no duration: of begin and end only one has a zone)"]
    );
    assert_eq!(
        told(json!(1_736_935_200), json!("yesterday")),
        [
            "started_at=1736935200 (cannot be read as a time)",
            "ended_at=yesterday (cannot be read as a time)"
        ]
    );
    for (started, ended) in [
        (naive.clone(), naive),
        (aware.clone(), aware.clone()),
        (aware, Value::Null),
    ] {
        assert_eq!(told(started, ended), [""; 0]);
    }
}
