//! What holds of every plan.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::{
    Answer, Chosen, Profile, Question, Start, StepNow, StepThen, Stood, plan,
};
use runboard_core::model::resume::reason::Reason;

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

/// Steps j0 to jn, each needing some with a lower number: no circle, in any order in the file. What they stand in may be anything, also twice, in
/// two attempts.
fn cases() -> impl Strategy<Value = Case> {
    let one = (
        any::<u16>(),
        prop::option::of(0..WORDS.len()),
        any::<bool>(),
        1..4_u32,
        prop::option::of(0..WORDS.len()),
    );
    prop::collection::vec(one, 1..12).prop_map(|all| {
        let key = |number: usize| format!("j{number}");
        let mut case = Case {
            steps: Vec::new(),
            then: Vec::new(),
            skips: Vec::new(),
        };
        for (number, (bits, word, skip, attempt, before)) in all.into_iter().enumerate() {
            let needs = (0..number).filter(|below| bits >> below & 1 == 1 && below % 3 != 2);
            case.steps.push(StepNow {
                key: key(number),
                needs: needs.map(key).collect(),
                within: (bits >> 8 & 1 == 1).then(|| key(usize::from(bits >> 9) % 12)),
                start: STARTS[usize::from(bits >> 13) % STARTS.len()],
                ..StepNow::default()
            });
            let earlier = before
                .filter(|_| attempt > 1)
                .map(|word| (word, attempt - 1));
            for (word, attempt) in word.map(|word| (word, attempt)).into_iter().chain(earlier) {
                let then = StepThen::of_word(&key(number), attempt, WORDS[word], None);
                case.then.push(then);
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
                    let words = case.then.iter().filter(|then| then.key == row.key);
                    let word = words.max_by_key(|then| then.attempt);
                    // The command line compares words letter by letter.
                    let is_read = |then: &StepThen| then.is_exact || profile != Profile::Actual;
                    let has_failed = word.is_some_and(|then| then.stood == Stood::Failed && is_read(then));
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
                    let mut told: Vec<String> = answer.warnings.iter().map(|(warning, key)| format!("{key} {}", warning.sentence())).collect();
                    told.extend(answer.stale.iter().cloned());
                    told.sort();
                    (rows, told)
                };
                prop_assert_eq!(sorted(&plan), sorted(&answer(&case, &shuffled, chosen, profile)));
            }
        }
    }

    /// Circles, needs that are not there, and keys that come twice: nothing that runs stands in front of what it needs.
    #[test]
    fn no_graph_is_too_odd(case in cases(), odd in prop::collection::vec((0..12_usize, 0..14_usize), 0..6), twice in any::<bool>()) {
        let mut steps = case.steps.clone();
        for (at, need) in odd {
            let count = steps.len();
            steps[at % count].needs.push(format!("j{need}"));
        }
        if twice {
            steps.push(steps[0].clone());
        }
        for profile in [Profile::Actual, Profile::Promised, Profile::Recorded] {
            for chosen in [Chosen::Incomplete, Chosen::Failed] {
                let plan = answer(&case, &steps, chosen, profile);
                let place = |key: &str| plan.rows.iter().position(|row| row.key == key);
                // Where the command line does not even begin, nothing is planned; others go on beside what is missing.
                let is_lost = |step: &StepNow| place(&step.key).is_none();
                prop_assert!(plan.fault.is_none() || profile != Profile::Actual || plan.to_execute() == 0, "{profile:?} {plan:?}");
                prop_assert!(plan.fault.is_some() || !steps.iter().any(is_lost));
                for (at, row) in plan.rows.iter().enumerate() {
                    let runs = matches!(row.verb, PlanVerb::Run | PlanVerb::Retry);
                    let needs = steps.iter().filter(|step| runs && step.key == row.key).flat_map(|step| &step.needs);
                    for need in needs.filter_map(|need| place(need)) {
                        prop_assert!(need < at, "{profile:?} {row:?} of {:?}", plan.rows);
                    }
                }
            }
        }
    }
}
