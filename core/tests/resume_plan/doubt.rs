//! What makes a plan doubtful: results that may be stale, and a configuration that changed.

use runboard_core::model::resume::planner::{Chosen, Profile, Question, StepNow, StepThen, plan};
use runboard_core::model::resume::reason::PlanWarning;

fn step(key: &str, needs: &[&str]) -> StepNow {
    StepNow {
        key: key.into(),
        needs: needs.iter().map(|need| (*need).into()).collect(),
        ..StepNow::default()
    }
}

#[test]
fn results_that_may_be_stale_are_those_of_the_plan_that_is_asked_about() {
    let steps = [
        step("hung", &[]),
        step("of_hung", &["hung"]),
        step("new", &[]),
        step("of_new", &["new"]),
        step("skipped", &["new"]),
    ];
    let then = [
        StepThen::of_word("hung", 1, Some("RUNNING"), None),
        StepThen::of_word("of_hung", 1, Some("SUCCESS"), None),
        StepThen::of_word("of_new", 1, Some("SUCCESS"), None),
        StepThen::of_word("skipped", 1, Some("FAILED"), None),
    ];
    // What the command line passes over runs by the design, and the other way round.
    for (profile, chosen, expected) in [
        (Profile::Actual, Chosen::Incomplete, vec!["of_new"]),
        (Profile::Actual, Chosen::Failed, vec!["of_hung", "of_new"]),
        (
            Profile::Promised,
            Chosen::Incomplete,
            vec!["of_hung", "of_new"],
        ),
        (Profile::Promised, Chosen::Failed, vec!["of_hung"]),
    ] {
        let answer = plan(Question {
            steps: &steps,
            then: Some(&then),
            before: None,
            chosen,
            profile,
            skips: &["skipped".to_string()],
        });
        assert_eq!(answer.stale, expected, "{profile:?} {chosen:?}");
        // The design's plan warns of just these.
        let warned: Vec<&str> = answer
            .warnings
            .iter()
            .filter(|(warning, _)| *warning == PlanWarning::UpstreamRerun)
            .map(|(_, key)| key.as_str())
            .collect();
        if profile == Profile::Promised {
            assert_eq!(warned, expected, "{chosen:?}");
        }
    }
}

#[test]
fn a_configuration_that_changed_since_is_said() {
    let before = [step("a", &[]), step("b", &["a"]), step("gone", &[])];
    let steps = [step("a", &[]), step("b", &["new"]), step("new", &[])];
    let then = [StepThen::of_word("a", 1, Some("SUCCESS"), None)];
    let answer = plan(Question {
        steps: &steps,
        then: Some(&then),
        before: Some(&before),
        chosen: Chosen::Incomplete,
        profile: Profile::Promised,
        skips: &[],
    });
    assert_eq!(
        answer.warnings,
        [
            (PlanWarning::DependenciesChanged, "b".to_string()),
            (PlanWarning::Added, "new".into()),
            (PlanWarning::Removed, "gone".into()),
        ]
    );
}
