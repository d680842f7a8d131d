//! The resume planner against worked cases, which were checked against the real executioner, and its promises under any input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod doubt;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::{
    Answer, Chosen, Profile, Question, Start, StepNow, StepThen, Stood, differences, plan,
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
    let rows = history.as_array().unwrap().iter();
    rows.map(|row| {
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
    let cases = match file.get("cases") {
        Some(cases) => cases.as_array().unwrap().clone(),
        None => vec![file],
    };
    let mut checked = 0;
    for case in &cases {
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
    assert!(checked >= 58, "{checked}");
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

const WORDS: [Option<&str>; 10] = [
    Some("SUCCESS"),
    Some("FAILED"),
    Some("ERROR"),
    Some("TIMEOUT"),
    Some("RUNNING"),
    Some("SKIPPED"),
    Some("failed"),
    Some("odd"),
    Some(""),
    None,
];

const STARTS: [Start; 5] = [
    Start::Free,
    Start::NoCommand,
    Start::Inexact,
    Start::NoFolder,
    Start::RunGoesOn,
];

#[derive(Clone, Debug)]
struct Case {
    steps: Vec<StepNow>,
    then: Vec<StepThen>,
    skips: Vec<String>,
}

/// Steps j0 to jn, each needing some with a lower number: no circle, in any order in the file. What they stand in may be anything.
fn cases() -> impl Strategy<Value = Case> {
    let one = (
        any::<u16>(),
        prop::option::of(0..WORDS.len()),
        any::<bool>(),
        1..4_u32,
    );
    prop::collection::vec(one, 1..12).prop_map(|all| {
        let key = |number: usize| format!("j{number}");
        let mut case = Case {
            steps: Vec::new(),
            then: Vec::new(),
            skips: Vec::new(),
        };
        for (number, (bits, word, skip, attempt)) in all.into_iter().enumerate() {
            let needs = (0..number).filter(|below| bits >> below & 1 == 1 && below % 3 != 2);
            case.steps.push(StepNow {
                key: key(number),
                needs: needs.map(key).collect(),
                within: (bits >> 8 & 1 == 1).then(|| key(usize::from(bits >> 9) % 12)),
                start: STARTS[usize::from(bits >> 13) % STARTS.len()],
                ..StepNow::default()
            });
            if let Some(word) = word {
                let word = WORDS[word];
                case.then
                    .push(StepThen::of_word(&key(number), attempt, word, None));
            }
            if skip && number % 4 == 0 {
                case.skips.push(key(number));
            }
        }
        case
    })
}

fn answer(case: &Case, steps: &[StepNow], chosen: Chosen<'_>, profile: Profile) -> Answer {
    plan(Question {
        steps,
        then: Some(&case.then),
        before: None,
        chosen,
        profile,
        skips: &case.skips,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_plan_breaks_its_promises(case in cases(), shuffle in any::<u64>(), picked in any::<u16>()) {
        let these: Vec<String> = (0..12).filter(|n| picked >> n & 1 == 1).map(|n| format!("j{n}")).collect();
        // Another order of the same file.
        let mut order: Vec<usize> = (0..case.steps.len()).collect();
        let mut seed = shuffle;
        for at in (1..order.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(at, (seed >> 33) as usize % (at + 1));
        }
        let shuffled: Vec<StepNow> = order.iter().map(|at| case.steps[*at].clone()).collect();
        for profile in [Profile::Actual, Profile::Promised, Profile::Recorded] {
            for chosen in [Chosen::Incomplete, Chosen::Failed, Chosen::These(&these)] {
                let plan = answer(&case, &case.steps, chosen, profile);
                prop_assert_eq!(plan.rows.len(), case.steps.len());
                let by_key: BTreeMap<&str, &StepNow> = case.steps.iter().map(|step| (step.key.as_str(), step)).collect();
                let mut behind = BTreeSet::new();
                for row in &plan.rows {
                    let step = by_key[row.key.as_str()];
                    // Each step stands behind all that it needs.
                    prop_assert!(step.needs.iter().all(|need| behind.contains(need.as_str())));
                    behind.insert(row.key.as_str());
                    let word = case.then.iter().find(|then| then.key == row.key);
                    let has_failed = word.is_some_and(|then| then.is_exact && then.stood == Stood::Failed);
                    let is_left = case.skips.contains(&row.key) || matches!(chosen, Chosen::These(these) if !these.contains(&row.key));
                    if has_failed && !is_left {
                        prop_assert!(row.verb != PlanVerb::Skip, "{:?}", row);
                    }
                    let runs = matches!(row.verb, PlanVerb::Run | PlanVerb::Retry);
                    if profile == Profile::Recorded {
                        // What is run by another one is run because that one begins anew.
                        let by = row.by.as_ref().map(|by| plan.rows.iter().find(|other| other.key == *by).unwrap());
                        prop_assert!(by.is_none_or(|by| matches!(by.verb, PlanVerb::Run | PlanVerb::Retry) && by.key != row.key));
                        // What is begun by itself can be begun, and what has succeeded is begun again only where it is asked for or cannot be passed over.
                        prop_assert!(!runs || by.is_some() || step.start == Start::Free, "{:?}", row);
                        let has_succeeded = word.is_some_and(|then| then.stood == Stood::Succeeded);
                        let is_asked = matches!(chosen, Chosen::These(these) if these.contains(&row.key));
                        prop_assert!(!(runs && has_succeeded) || is_asked || row.reason == Reason::NotPassedOver, "{:?}", row);
                    }
                    if profile == Profile::Promised && runs {
                        for need in &step.needs {
                            let needed = plan.rows.iter().find(|other| other.key == *need).unwrap();
                            let is_well = !matches!((needed.verb, needed.reason), (PlanVerb::Blocked, _) | (_, Reason::NotSelected));
                            prop_assert!(is_well, "{:?} runs without {:?}", row, needed);
                        }
                    }
                }
                let sorted = |answer: &Answer| {
                    let mut rows: Vec<_> = answer.rows.iter().map(|row| (row.key.clone(), row.verb, row.reason)).collect();
                    rows.sort_by(|a, b| a.0.cmp(&b.0));
                    rows
                };
                prop_assert_eq!(sorted(&plan), sorted(&answer(&case, &shuffled, chosen, profile)));
            }
        }
    }
}
