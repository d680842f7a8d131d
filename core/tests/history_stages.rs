//! Stages of run histories: of most records no more is known than that they ran.
#![allow(clippy::unwrap_used, clippy::panic)]

use runboard_core::backend::history::{Line, Naming, Summary, decode};
use runboard_core::model::step_stats::{StepTally, Worst, worst};
use runboard_core::model::{Phase, Span, Step, Timestamp};
use serde_json::{Value, json};

fn record(value: &Value) -> Summary {
    let Line::Record { summary, .. } = decode::line(value.to_string().as_bytes(), true) else {
        panic!("no record")
    };
    *summary
}

fn run(result: &str, executed: &[&str], failed: &[&str], stages: &Value) -> Vec<Step> {
    let record = record(
        &json!({"run_id": "r", "started_at": "2026-11-21T10:00:00Z", "result": result,
        "stages_executed": executed, "stages_failed": failed, "metadata": {"stages": stages}}),
    );
    record.steps(&Naming::default())
}

fn told(steps: &[Step]) -> Vec<String> {
    let one = |step: &Step| {
        let tries = step.attempts.iter().map(|one| one.phase.word());
        let tries: Vec<&str> = tries.collect();
        [
            &step.key,
            step.phase.word(),
            &step.raw_status,
            &tries.join(","),
        ]
        .join(" ")
    };
    steps.iter().map(one).collect()
}

fn at(second: u32) -> String {
    format!("2026-11-21T10:00:{second:02}Z")
}

#[test]
fn stages_without_times_count_among_those_that_ran_and_failed() {
    let mut tally = StepTally::default();
    let none = json!([]);
    for (result, executed, failed) in [
        ("success", &["load", "merge"][..], &[][..]),
        ("failed", &["load"], &["load"]),
        ("failed", &["load", "merge"], &["merge"]),
        ("failed", &["load", "merge"], &["merge"]),
        // Nobody knows how its last stage ended, but it ran.
        ("stopped", &["load", "merge"], &[]),
    ] {
        tally.take(&run(result, executed, failed, &none));
    }
    let table = tally.table();
    let rows: Vec<(&str, u64, u64, bool)> = table
        .iter()
        .map(|row| (row.key.as_str(), row.runs, row.failed, row.spread.is_some()))
        .collect();
    assert_eq!(rows, [("load", 5, 1, false), ("merge", 4, 2, false)]);
    let failing: Vec<&str> = worst(&table, Worst::MostFailing, 10)
        .iter()
        .map(|row| row.key.as_str())
        .collect();
    assert_eq!(failing, ["merge", "load"]);
    assert_eq!(worst(&table, Worst::Slowest, 10), [&table[0]; 0]);
}

#[test]
fn lengths_are_of_the_runs_that_tell_them() {
    let mut tally = StepTally::default();
    let timed = |from, to| json!([{"stage": "a", "result": "success", "started_at": at(from), "ended_at": at(to)}]);
    tally.take(&run("success", &["a"], &[], &json!([])));
    tally.take(&run("success", &["a"], &[], &timed(1, 5)));
    // A clock that was put back: no length.
    tally.take(&run("success", &["a"], &[], &timed(5, 1)));
    let table = tally.table();
    let spread = table[0].spread.unwrap();
    assert_eq!((table[0].runs, spread.count), (3, 1));
    assert_eq!(
        (spread.p50, spread.max),
        (Span::seconds(4), Span::seconds(4))
    );
}

#[test]
fn what_need_not_have_run_counts_only_with_a_begin() {
    for phase in Phase::ALL {
        let mut step = Step::queued("a", 0);
        step.phase = phase;
        let count = |step: &Step| {
            let mut tally = StepTally::default();
            tally.take(std::slice::from_ref(step));
            tally.table().len()
        };
        let has_run = matches!(
            phase,
            Phase::Running | Phase::Succeeded | Phase::Failed | Phase::TimedOut
        );
        assert_eq!(count(&step), usize::from(has_run), "{phase:?}");
        step.started_at = Timestamp::parse(&at(1));
        assert_eq!(count(&step), 1, "{phase:?}");
    }
}

#[test]
fn a_stage_whose_timing_tells_no_result_ended_as_the_lists_of_its_record_say() {
    let timed = |key: &str| json!({"stage": key, "started_at": at(1), "ended_at": at(5)});
    let stages = json!([timed("a"), timed("b"), timed("c"), {"stage": "d", "result": "odd"}]);
    // What stands in neither list, and a word that nobody knows, stay unknown.
    assert_eq!(
        told(&run("failed", &["a", "b", "d"], &["b"], &stages)),
        [
            "a succeeded executed succeeded",
            "b failed failed failed",
            "c unknown  unknown",
            "d unknown odd unknown"
        ]
    );
    // Of two tries the lists tell how the last one ended.
    let twice = json!([{"stage": "a", "result": "failed"}, timed("a")]);
    assert_eq!(
        told(&run("success", &["a"], &[], &twice)),
        ["a succeeded executed failed,succeeded"]
    );
    // Of a run that was cut short nobody knows how its last stage ended.
    assert_eq!(
        told(&run(
            "stopped",
            &["a", "b"],
            &[],
            &json!([timed("a"), timed("b")])
        )),
        [
            "a succeeded executed succeeded",
            "b unknown executed unknown"
        ]
    );
}
