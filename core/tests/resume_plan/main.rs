//! The resume planner against worked cases, which were checked against the real executioner, and its promises under any input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod any;
mod doubt;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::{
    Answer, Chosen, Profile, Question, Start, StepNow, StepThen, differences, plan,
};
use runboard_core::model::resume::reason::{PlanFault, Reason};
use serde_json::{Value, json};

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|text| text.as_str().unwrap().into())
        .collect()
}

fn now(jobs: &Value) -> Vec<StepNow> {
    let jobs = jobs.as_array().unwrap().iter();
    jobs.map(|job| StepNow {
        key: job["id"].as_str().unwrap().into(),
        needs: texts(&job["dependencies"]),
        command: job["command"].as_str().map(String::from),
        within: job["within"].as_str().map(String::from),
        start: start(job["start"].as_str().unwrap_or("free")),
    })
    .collect()
}

/// Our words for whether a recorded step can be begun again.
fn start(word: &str) -> Start {
    match word {
        "free" => Start::Free,
        "run_goes_on" => Start::RunGoesOn,
        "no_command" => Start::NoCommand,
        "inexact_command" => Start::Inexact,
        "no_folder" => Start::NoFolder,
        word => panic!("{word}"),
    }
}

/// The rows as `--mark-success` leaves them: every attempt of a failed job becomes a success.
fn then(history: &Value, marked: &[String]) -> Vec<StepThen> {
    let rows = history.as_array().map_or(&[][..], Vec::as_slice);
    rows.iter()
        .map(|row| {
            let key = row["id"].as_str().unwrap();
            let mut word = row["status"].as_str();
            let is_failed = matches!(word, Some("FAILED" | "ERROR" | "TIMEOUT"));
            if is_failed && marked.iter().any(|other| other == key) {
                word = Some("SUCCESS");
            }
            let attempt = row["attempt"].as_u64().unwrap_or(1) as u32;
            StepThen::of_word(
                key,
                attempt,
                word,
                row["command"].as_str().map(String::from),
            )
        })
        .collect()
}

/// Our words as the cases have them.
fn told(answer: &Answer) -> Value {
    let verb = |verb: PlanVerb| match verb {
        PlanVerb::Run => "execute",
        other => other.word(),
    };
    let rows: Vec<Value> = answer
        .rows
        .iter()
        .map(|row| {
            let mut told =
                json!({"id": row.key, "action": verb(row.verb), "reason": row.reason.word()});
            if let Some(by) = &row.by {
                told["by"] = json!(by);
            }
            told
        })
        .collect();
    let counts: BTreeMap<&str, usize> = PlanVerb::ALL
        .into_iter()
        .map(|one| (verb(one), answer.total(one)))
        .collect();
    let warnings: Vec<Value> = answer
        .warnings
        .iter()
        .map(|(warning, key)| json!([warning.word(), key]))
        .collect();
    let counts = if rows.is_empty() && answer.fault.is_some() {
        json!({})
    } else {
        json!(counts)
    };
    json!({"error": answer.fault.map(PlanFault::word), "plan": rows, "counts": counts, "warnings": warnings})
}

fn check(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    // One case, or a file of several.
    let cases = match file.get("cases").unwrap_or(&file) {
        Value::Array(cases) => cases.clone(),
        _ => vec![file],
    };
    let mut checked = 0;
    for case in &cases {
        let before = checked;
        let steps = now(&case["jobs"]);
        let then = then(&case["history"], &texts(&case["mark_success"]));
        let skips = texts(&case["user_skip"]);
        let is_known = case["run_known"].as_bool().unwrap_or(true);
        for (profile_word, profile) in [
            ("compat", Profile::Actual),
            ("recommended", Profile::Promised),
            ("recorded", Profile::Recorded),
        ] {
            for (mode, chosen) in [("all", Chosen::Incomplete), ("failed_only", Chosen::Failed)] {
                let expected = &case["expect"][profile_word][mode];
                if expected.is_null() {
                    continue;
                }
                let answer = plan(Question {
                    steps: &steps,
                    then: is_known.then_some(&then),
                    before: None,
                    chosen,
                    profile,
                    skips: &skips,
                });
                let told = told(&answer);
                // What an expectation leaves out is not compared.
                for (field, value) in expected.as_object().unwrap() {
                    assert_eq!(
                        &told[field],
                        value,
                        "{}: {} {profile_word} {mode}: {field}",
                        path.display(),
                        case["name"]
                    );
                }
                checked += 1;
            }
        }
        let place = path.display();
        assert!(
            checked > before,
            "{place}: nothing is expected of {}",
            case["name"]
        );
    }
    checked
}

#[test]
fn every_worked_case_is_planned_as_the_real_command_line_and_the_design_have_it() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixture/resume");
    let mut folders = vec![own];
    folders.extend(
        std::env::var_os("RUNBOARD_EXTRA_CASES")
            .map(|dir| PathBuf::from(dir).join("resume"))
            .filter(|dir| dir.is_dir()),
    );
    let mut checked = 0;
    for folder in folders {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ext| ext == "json") {
                checked += check(&path);
            }
        }
    }
    assert!(checked >= 66, "{checked}");
}

#[test]
fn what_the_command_line_does_otherwise_than_the_design_is_named_step_by_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixture/resume/interrupted_running.json");
    let case: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (steps, then) = (now(&case["jobs"]), then(&case["history"], &[]));
    let of = |profile| {
        plan(Question {
            steps: &steps,
            then: Some(&then),
            before: None,
            chosen: Chosen::Incomplete,
            profile,
            skips: &[],
        })
    };
    let (actual, promised) = (of(Profile::Actual), of(Profile::Promised));
    let found: Vec<_> = differences(&actual, &promised)
        .into_iter()
        .map(|(a, b)| (a.reason, b.reason))
        .collect();
    assert_eq!(found, [(Reason::StatusNotFailed, Reason::Interrupted)]);
}

#[test]
fn a_chain_of_a_hundred_thousand_is_planned() {
    let key = |number: usize| format!("j{number}");
    let steps: Vec<StepNow> = (0..100_000)
        .map(|number| StepNow {
            key: key(number),
            needs: vec![key(number + 1)],
            within: Some(key(number + 1)),
            ..StepNow::default()
        })
        .chain([StepNow {
            key: key(100_000),
            ..StepNow::default()
        }])
        .collect();
    for profile in [Profile::Promised, Profile::Recorded] {
        let answer = plan(Question {
            steps: &steps,
            then: Some(&[]),
            before: None,
            chosen: Chosen::Incomplete,
            profile,
            skips: &[],
        });
        assert_eq!(
            answer.rows.first().map(|row| row.key.as_str()),
            Some("j100000")
        );
        assert_eq!(answer.to_execute(), 100_001);
    }
}
