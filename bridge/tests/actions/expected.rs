//! How long what is resumed takes as a rule: from the source's own history of that job's steps.

use serde_json::{Value, json};

use super::files::{Run, append};
use super::work::site;

/// A run of `job` in which `step` took so many seconds.
fn ran(dir: &std::path::Path, id: &str, job: &str, step: &str, seconds: u32, status: &str) -> Run {
    let run = Run::begin(dir, id, job, "2026-11-21T09:00:00Z", json!({}));
    again(&run, 1, step, seconds, status);
    run.end(status);
    run.age();
    run
}

/// One more attempt, one minute behind the one before.
fn again(run: &Run, attempt: u32, step: &str, seconds: u32, status: &str) {
    let at = |seconds: u32| {
        let minute = attempt + seconds / 60;
        format!("2026-11-21T10:{minute:02}:{:02}Z", seconds % 60)
    };
    run.event(json!({"at": at(0), "event": "step", "step": step, "attempt": attempt, "status": "running", "argv": ["true"], "cwd": "/"}));
    run.event(json!({"at": at(seconds), "event": "step", "step": step, "attempt": attempt, "status": status}));
}

fn line(id: usize, job: &str, stage: &str, minute: usize, seconds: usize) -> String {
    let at = |seconds: usize| format!("2026-11-20T10:{minute:02}:{seconds:02}Z");
    let stages = json!([{"stage": stage, "attempt": 1, "started_at": at(0), "ended_at": at(seconds), "result": "succeeded"}]);
    let line = json!({"run_id": format!("old{id}"), "started_at": at(0), "ended_at": at(seconds), "result": "success",
        "stages_executed": [stage], "metadata": {"job": job, "stages": stages}});
    format!("{line}\n")
}

fn expected(plan: &Value, key: &str) -> (Value, Value) {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["key"] == key).unwrap();
    (step["expected_s"].clone(), step["expected_of"].clone())
}

#[test]
fn the_median_of_a_steps_successes_is_expected_and_nothing_where_they_are_few() {
    let site = site(&[]);
    let dir = site.place.join("rec");
    for (at, seconds) in [10, 20, 30, 40].into_iter().enumerate() {
        ran(&dir, &format!("r{at}"), "j", "load", seconds, "succeeded");
    }
    // The successful attempt counts, not all of them together.
    let twice = ran(&dir, "r5", "j", "load", 7, "failed");
    again(&twice, 2, "load", 50, "succeeded");
    twice.age();
    // Neither failures nor other jobs tell how long it takes.
    ran(&dir, "r6", "j", "load", 1, "failed");
    ran(&dir, "r7", "other", "load", 1, "succeeded");
    ran(&dir, "r8", "j", "extract", 3, "succeeded");
    let own = ran(&dir, "r9", "j", "load", 1, "failed");
    for step in ["extract", "report"] {
        again(&own, 1, step, 1, "failed");
    }
    own.age();
    let plan = site.json("/api/v1/runs/r9/resume");
    assert_eq!(expected(&plan, "load"), (json!(30.0), json!(5)));
    assert_eq!(expected(&plan, "extract"), (Value::Null, json!(1)));
    assert_eq!(expected(&plan, "report"), (Value::Null, json!(0)));
    assert_eq!(
        plan["expected_by"],
        "the median of each step's latest successes, 20 at most, in the runs of this job"
    );
}

#[test]
fn runs_of_which_only_their_lines_are_left_count_too_the_latest_twenty() {
    let site = site(&[]);
    let dir = site.place.join("rec");
    std::fs::create_dir_all(&dir).unwrap();
    let mut lines = String::new();
    for minute in 0..25 {
        // The oldest were slower.
        let seconds = if minute < 5 { 59 } else { minute };
        lines.push_str(&line(minute, "j", "load", minute, seconds));
        lines.push_str(&line(100 + minute, "other", "load", minute, 1));
    }
    append(&dir.join("runs.jsonl"), lines.as_bytes());
    ran(&dir, "r1", "j", "load", 1, "failed");
    let plan = site.json("/api/v1/runs/r1/resume");
    assert_eq!(expected(&plan, "load"), (json!(14.5), json!(20)));
}

#[test]
fn what_runs_inside_of_a_command_is_a_part_of_its_time() {
    let site = site(&[]);
    let id = super::work::record(
        &site,
        "\"$BRIDGE\" record --job inner -- true; \"$BRIDGE\" record --job bad -- false",
    );
    let plan = site.json(&format!("/api/v1/runs/{id}/resume"));
    let within: Vec<&Value> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["within"])
        .collect();
    assert_eq!(within, [&Value::Null, &json!("main"), &json!("main")]);
}
