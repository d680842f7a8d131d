//! Which steps a new run would run that goes on where an old one failed, or that runs chosen steps only.
//!
//! From failure is the rule of Dagster (`dagster/_core/execution/plan/state.py`, `_derive_state_of_past_run`, 1.13.27), over the plan of a run and what is
//! known of its steps; it holds for every source whose plan names what each step needs.

use std::collections::BTreeSet;

use super::resume::planner::{self, Chosen, Profile, Question, Row, StepNow, StepThen};
use super::resume::{Earlier, Lengths, PlanStep};
use super::{Phase, Step};

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Of a step that becomes several when it runs, `work[?]`.
    pub key: String,
    /// Keys of the steps whose outputs it takes.
    pub needs: Vec<String>,
}

/// The part of a key that the plan knows: `work` of `work[k0]`.
pub fn base(key: &str) -> &str {
    key.split('[').next().unwrap_or(key)
}

/// Which keys a step of the plan would be run under.
struct Retried {
    key: String,
    own: Vec<String>,
}

impl Retried {
    /// All of them are instances of a dynamic step.
    fn is_resolved(&self) -> bool {
        self.own.iter().all(|key| mapping(key).is_some())
    }
}

/// The part of a key that names an instance of a dynamic step: `[k0]`.
fn mapping(key: &str) -> Option<&str> {
    let mapping = key.get(key.find('[')?..)?;
    (mapping != "[?]").then_some(mapping)
}

/// The keys that going on from failure would run. `plan` stands in an order in which a step is behind all that it needs.
pub fn from_failure(plan: &[Planned], steps: &[Step]) -> Vec<String> {
    let mut all: Vec<Retried> = Vec::new();
    let of = |key: &str| {
        let dynamic = key.ends_with("[?]");
        let key = key.to_string();
        steps
            .iter()
            .filter(move |step| step.key == key || dynamic && base(&step.key) == base(&key))
    };
    // A process that was started for a step is not yet a beginning of the step.
    let began = |step: &&Step| {
        step.started_at.is_some() || step.phase == Phase::Skipped && !step.raw_status.is_empty()
    };
    let has = |key: &str, phase: Phase| of(key).filter(began).any(|step| step.phase == phase);
    for planned in plan {
        let key = planned.key.as_str();
        if has(key, Phase::Skipped) {
            continue;
        }
        let mut own: Vec<String> = Vec::new();
        let mut add = |key: String| {
            if !own.contains(&key) {
                own.push(key);
            }
        };
        for step in of(key).filter(began) {
            if step.phase != Phase::Succeeded {
                add(step.key.clone());
            }
        }
        let is_dynamic = key.ends_with("[?]");
        let unfolded = || {
            planned
                .needs
                .iter()
                .any(|need| has(need, Phase::Succeeded) || has(need, Phase::Skipped))
        };
        let has_begun = of(key).any(|step| began(&step));
        if !(has_begun || is_dynamic && unfolded()) {
            add(key.to_string());
        }
        for need in all.iter().filter(|need| planned.needs.contains(&need.key)) {
            if is_dynamic && need.is_resolved() {
                for mapping in need.own.iter().filter_map(|key| mapping(key)) {
                    add([base(key), mapping].concat());
                }
            } else {
                add(key.to_string());
            }
        }
        if !own.is_empty() {
            all.push(Retried {
                key: key.to_string(),
                own,
            });
        }
    }
    all.into_iter().flat_map(|one| one.own).collect()
}

/// The steps that would be run when some are chosen by hand: those, and with `downstream` all that need one of them.
pub fn chosen(steps: &[Step], picked: &[String], downstream: bool) -> Vec<String> {
    let mut keys: BTreeSet<&str> = picked.iter().map(String::as_str).collect();
    let mut before = if downstream { 0 } else { keys.len() };
    while keys.len() != before {
        before = keys.len();
        for step in steps {
            if step.needs.iter().any(|need| keys.contains(need.as_str())) {
                keys.insert(&step.key);
            }
        }
    }
    let chosen = steps.iter().filter(|step| keys.contains(step.key.as_str()));
    chosen.map(|step| step.key.clone()).collect()
}

/// The steps of a run with what would become of each when `keys` are run.
pub fn steps(keys: &[String], steps: &[Step], earlier: Option<&Earlier>) -> Vec<PlanStep> {
    let now = |key: &String| StepNow {
        key: key.clone(),
        ..StepNow::default()
    };
    // The server is told keys and asks nobody what they need: the steps stand in the run's order, and those that it unfolds anew behind them.
    let mut all: Vec<StepNow> = steps.iter().map(|step| now(&step.key)).collect();
    for key in keys {
        if !steps.iter().any(|step| step.key == *key) {
            all.push(now(key));
        }
    }
    let then: Vec<StepThen> = steps
        .iter()
        .map(|step| StepThen::of_phase(&step.key, step.phase, step.started_at.is_some()))
        .collect();
    let answer = planner::plan(Question {
        steps: &all,
        then: Some(&then),
        before: None,
        chosen: Chosen::These(keys),
        profile: Profile::Actual,
        skips: &[],
    });
    let lengths = Lengths::of(steps, earlier, &|step| base(&step.key));
    let row = |row: Row| PlanStep {
        expected: lengths.expected(
            base(&row.key),
            steps.iter().find(|step| step.key == row.key),
        ),
        within: None,
        key: row.key,
        plan: row.verb,
        raw_plan: String::new(),
        reason: row.reason.sentence().into(),
        command: Vec::new(),
    };
    answer.rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{chosen, steps};
    use crate::model::resume::{Earlier, Expected};
    use crate::model::{Phase, Span, Step, Timestamp};

    /// `work[a]` to `work[e]` took 1 s to 5 s, `work[f]` failed; `one` succeeded, `two` took no time that is told.
    #[test]
    fn a_step_is_expected_to_take_what_its_like_took_in_the_run() {
        let took = |key: &str, phase: Phase, seconds: i64| {
            let mut step = Step::queued(key, 0);
            step.phase = phase;
            step.started_at = Some(Timestamp(0));
            step.ended_at = Some(Timestamp(seconds * 1_000_000));
            step
        };
        let mut all: Vec<Step> = ["a", "b", "c", "d", "e"]
            .iter()
            .zip([5, 1, 4, 2, 3])
            .map(|(key, seconds)| took(&["work[", key, "]"].concat(), Phase::Succeeded, seconds))
            .collect();
        all.push(took("work[f]", Phase::Failed, 100));
        all.push(took("one", Phase::Succeeded, 9));
        all.push(took("alone", Phase::Failed, 9));
        // Taken over from another run.
        all.push(took("alone[x]", Phase::Recovered, 9));
        let keys: Vec<String> = ["work[f]", "work[a]", "work[g]", "one", "alone"]
            .map(String::from)
            .into();
        let plan = steps(&keys, &all, None);
        let expected = |key: &str| {
            let step = plan.iter().find(|step| step.key == key);
            step.and_then(|step| step.expected)
        };
        let mapped = |took: Option<i64>| {
            Some(Expected {
                p50: Some(Span(3_000_000)),
                of: 5,
                took: took.map(|seconds| Span(seconds * 1_000_000)),
            })
        };
        assert_eq!(expected("work[f]"), mapped(None));
        assert_eq!(expected("work[a]"), mapped(Some(5)));
        assert_eq!(expected("work[g]"), mapped(None));
        assert_eq!(
            expected("one").map(|one| (one.p50, one.of, one.took)),
            Some((None, 1, Some(Span(9_000_000))))
        );
        assert_eq!(expected("alone"), None);
        // What is known of other runs counts as what this one took.
        let mut others: Vec<Step> = [7, 8, 9, 10]
            .map(|seconds| took("alone", Phase::Succeeded, seconds))
            .into();
        others.push(took("alone[x]", Phase::Succeeded, 6));
        let earlier = Earlier {
            of: "r".into(),
            runs: 5,
            steps: others,
        };
        let plan = steps(&keys, &all, Some(&earlier));
        let alone = plan.iter().find(|step| step.key == "alone").unwrap();
        let found = alone
            .expected
            .map(|found| (found.p50, found.of, found.took));
        assert_eq!(found, Some((Some(Span(8_000_000)), 5, None)));
    }

    /// d needs c, c needs a; in an order in which needs do not stand before.
    #[test]
    fn chosen_steps_stand_in_the_runs_order_with_all_that_need_them() {
        let of = |key: &str, needs: &[&str]| {
            let mut step = Step::queued(key, 0);
            step.needs = needs.iter().map(|need| (*need).into()).collect();
            step
        };
        let steps = [
            of("d", &["c"]),
            of("a", &[]),
            of("b", &[]),
            of("c", &["a", "b"]),
        ];
        let picked = |keys: &[&str]| {
            keys.iter()
                .map(|key| (*key).into())
                .collect::<Vec<String>>()
        };
        for (keys, downstream, expected) in [
            (picked(&[]), true, picked(&[])),
            (picked(&["c", "a"]), false, picked(&["a", "c"])),
            (picked(&["a"]), true, picked(&["d", "a", "c"])),
            (picked(&["unknown"]), true, picked(&[])),
        ] {
            assert_eq!(chosen(&steps, &keys, downstream), expected);
        }
    }
}
