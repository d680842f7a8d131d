//! Which step a run failed by. Recorders nest: an outer step fails because an inner one did, begins before it and ends after it; so what
//! failed first is the cause, and everything that failed later may be a consequence.

use std::cmp::Ordering;

use super::order::order;
use super::{Phase, Run, Step};

/// The steps that failed, the cause first: by the time they ended; of those that ended together the one that began last, then the one with the
/// lower position, then the one that stands first in `steps`. Steps whose end is not known stand behind, in the source's order. Sources that
/// tell whole seconds put what they know of the order within one into their times or positions.
pub fn failures(steps: &[Step]) -> Vec<&Step> {
    let failed: Vec<&Step> = steps.iter().filter(|s| s.phase.is_failure()).collect();
    let end = |step: &Step| step.ended_at.map_or(i64::MAX, |at| at.0);
    let places = order(failed.len(), &|a, b| {
        let (Some(a), Some(b)) = (failed.get(a), failed.get(b)) else {
            return Ordering::Equal;
        };
        let begin = match a.ended_at {
            Some(_) => b.started_at.cmp(&a.started_at),
            None => Ordering::Equal,
        };
        let place = a.position.cmp(&b.position);
        end(a).cmp(&end(b)).then(begin).then(place)
    });
    let step = |place: usize| failed.get(place).copied();
    places.into_iter().filter_map(step).collect()
}

/// The step that made the run fail, as far as its steps tell.
pub fn first_failure(steps: &[Step]) -> Option<&Step> {
    failures(steps).into_iter().next()
}

/// Why the run failed: its own reason, unless that names (as `key: why`) a failed step which only passed on the failure of another one: then
/// that one and its reason, in the same form. `None`: nobody says.
pub fn reason(run: &Run, steps: &[Step]) -> Option<String> {
    let own = run.reason.as_deref();
    let failed = failures(steps);
    let Some(cause) = failed.first().filter(|_| run.phase.is_failure()) else {
        return own.map(String::from);
    };
    let names = |step: &Step, text: &str| {
        text.strip_prefix(step.key.as_str())
            .is_some_and(|rest| rest.starts_with(": "))
    };
    match own {
        // The cause itself is looked at first: its key may begin as another one's does.
        Some(text) if names(cause, text) || !failed.iter().any(|step| names(step, text)) => {
            Some(text.to_string())
        }
        None if cause.reason.is_none() => None,
        _ => {
            let why = cause.reason.as_deref().unwrap_or("failed");
            Some([cause.key.as_str(), ": ", why].concat())
        }
    }
}

/// Why a step or an attempt failed, with its exit code where the source's own words leave that out (`exit code 3: disk full`).
pub fn with_exit_code(phase: Phase, code: Option<i64>, reason: Option<&str>) -> Option<String> {
    let told = reason.unwrap_or_default();
    let code = code.filter(|_| phase.is_failure());
    let code = code.map(|code| code.to_string()).filter(|code| {
        // "Exit code: 3" says it already, "exited with 3" too.
        !(told.contains("xit") && told.contains(code.as_str()))
    });
    let Some(code) = code else {
        return reason.map(String::from);
    };
    let between = if told.is_empty() { "" } else { ": " };
    Some(["exit code ", &code, between, told].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn step(key: &str, position: u32, start: i64, end: Option<i64>, phase: Phase) -> Step {
        let mut step = Step::queued(key, position);
        step.phase = phase;
        step.started_at = Some(Timestamp(start));
        step.ended_at = end.map(Timestamp);
        step.reason = Some(["exit code ", &position.to_string()].concat());
        step
    }

    /// `ci` runs `test`, which runs `unit` and `e2e`; `e2e` fails, and both around it with it.
    fn nested() -> Vec<Step> {
        vec![
            step("ci", 0, 0, Some(100), Phase::Failed),
            step("test", 1, 10, Some(99), Phase::Failed),
            step("unit", 2, 20, Some(30), Phase::Succeeded),
            step("e2e", 3, 31, Some(99), Phase::Failed),
            step("report", 4, 40, None, Phase::Failed),
        ]
    }

    #[test]
    fn the_innermost_failure_is_the_cause() {
        let steps = nested();
        let keys: Vec<&str> = failures(&steps).iter().map(|s| s.key.as_str()).collect();
        assert_eq!(keys, ["e2e", "test", "ci", "report"]);
        assert_eq!(first_failure(&steps[2..3]), None);
    }

    #[test]
    fn what_ended_in_the_same_moment_stands_by_begin_then_position_then_as_it_came() {
        let failed =
            |key: &str, position, start| step(key, position, start, Some(9), Phase::Failed);
        let steps = [
            failed("b", 1, 5),
            failed("a", 1, 5),
            failed("low", 0, 5),
            failed("late", 7, 6),
        ];
        let keys = |steps: &[Step]| -> Vec<String> {
            failures(steps).iter().map(|s| s.key.clone()).collect()
        };
        assert_eq!(keys(&steps), ["late", "low", "b", "a"]);
        let mut turned = steps.to_vec();
        turned.reverse();
        assert_eq!(keys(&turned), ["late", "low", "a", "b"]);
    }

    #[test]
    fn a_reason_that_names_an_outer_step_is_replaced_by_the_cause() {
        let mut run = Run::new("r", "ci");
        run.phase = Phase::Failed;
        let steps = nested();
        for (own, expected) in [
            (Some("ci: exit code 0"), "e2e: exit code 3"),
            (Some("e2e: exit code 3"), "e2e: exit code 3"),
            (Some("out of memory"), "out of memory"),
            (None, "e2e: exit code 3"),
        ] {
            run.reason = own.map(String::from);
            assert_eq!(reason(&run, &steps).as_deref(), Some(expected), "{own:?}");
        }
        run.phase = Phase::Canceled;
        run.reason = Some("ci: stopped".into());
        assert_eq!(reason(&run, &steps).as_deref(), Some("ci: stopped"));
        (run.phase, run.reason) = (Phase::Failed, None);
        assert_eq!(reason(&run, &[]), None);
        let mut silent = steps[3].clone();
        silent.reason = None;
        assert_eq!(reason(&run, &[silent]), None);
    }

    #[test]
    fn an_exit_code_is_said_once() {
        let failed = |code, reason| with_exit_code(Phase::Failed, code, reason);
        assert_eq!(
            failed(None, Some("disk full")).as_deref(),
            Some("disk full")
        );
        assert_eq!(failed(Some(3), None).as_deref(), Some("exit code 3"));
        assert_eq!(
            failed(Some(3), Some("disk 3 full")).as_deref(),
            Some("exit code 3: disk 3 full")
        );
        let told = "Job failed after 1 attempts (status: FAILED, exit code: -9)";
        assert_eq!(failed(Some(-9), Some(told)).as_deref(), Some(told));
        assert_eq!(with_exit_code(Phase::Succeeded, Some(0), None), None);
    }
}
