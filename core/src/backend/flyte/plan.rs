//! What a recovery would run. Flyte shows no plan: the one of all sources ([`planner`]) tells it from the actions as they stand. Actions that
//! succeeded are reused, but for the run's own code and what was chosen to run again.

use std::rc::Rc;

use futures_util::{FutureExt as _, TryFutureExt as _};

use super::decode::ROOT;
use super::id::{Id, hash};
use super::list::decoded;
use super::request::{Asked, Server};
use super::tree::Known;
use super::{detail, list, poll_actions};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Decoded};
use crate::model::resume::planner::{
    self, Chosen, Profile, Question, Row, StepNow, StepThen, Stood,
};
use crate::model::resume::{Earlier, Lengths, PlanStep, PlanVerb};
use crate::model::{Phase, ResumeMode, ResumePlan, RunFilter, Step, fold};

/// All actions of a run as they stand. They are asked for: a stream beside the one of the run's page would be one too many.
pub(super) fn all(server: &Rc<Server>, id: &Id) -> Asked<(Vec<Step>, Problems)> {
    let asked = poll_actions::all(server, id, Known::default());
    asked
        .map_ok(|polled| {
            let mut steps = Vec::new();
            fold::upsert_steps(&mut steps, polled.steps);
            (steps, polled.problems)
        })
        .boxed_local()
}

pub(super) fn preview(
    server: &Rc<Server>,
    run: &str,
    mode: ResumeMode,
    forced: &[String],
) -> Asked<Decoded<ResumePlan>> {
    previewed(server.clone(), run.to_string(), mode, forced.to_vec()).boxed_local()
}

async fn previewed(
    server: Rc<Server>,
    run: String,
    mode: ResumeMode,
    forced: Vec<String>,
) -> Result<Decoded<ResumePlan>, BackendError> {
    if mode == ResumeMode::Failed {
        return Err(BackendError::no(
            "recovery of failed actions alone: what never ran runs too",
        ));
    }
    let id = server.named(&run)?;
    let whole = detail::run(&server, &id).await?;
    if !whole.run.phase.is_terminal() {
        let words = [
            "the run goes on (",
            &whole.run.raw_status,
            "): it can be recovered when it is over",
        ];
        return Err(BackendError::Refused(words.concat()));
    }
    let (steps, problems) = all(&server, &id).await?;
    let bytes = |step: &Step| {
        step.key
            .clone()
            .into_bytes()
            .into_iter()
            .chain([step.phase as u8])
    };
    let token = hash(&mut steps.iter().flat_map(bytes));
    let earlier = server.earlier.borrow();
    let earlier = earlier.as_ref().filter(|earlier| earlier.of == run);
    let lengths = Lengths::of(&steps, earlier, &step_name);
    let mut planned = Vec::new();
    for key in &forced {
        if !steps.iter().any(|step| step.key == *key) {
            let words = ["the run has no action ", key, " that could run again"];
            return Err(BackendError::Refused(words.concat()));
        }
    }
    // Each is planned by itself and in the run's order: which actions follow from which, the service decides when it runs them.
    let rows = planned_rows(&steps, &forced);
    for (step, row) in steps.iter().zip(rows) {
        let reason = match row.verb {
            _ if step.key == ROOT => "the run's own code always runs again",
            PlanVerb::Retry if forced.contains(&step.key) && is_done(step) => {
                "it runs again because that was chosen"
            }
            PlanVerb::Skip => "its outputs are reused",
            PlanVerb::Retry if step.phase.is_terminal() => "it runs again",
            _ => "it did not come to its end",
        };
        let name = step.name.as_deref().map(|name| [name, ": "].concat());
        planned.push(PlanStep {
            key: step.key.clone(),
            plan: row.verb,
            raw_plan: step.raw_status.clone(),
            reason: [name.as_deref().unwrap_or_default(), reason].concat(),
            command: Vec::new(),
            expected: lengths.expected(step_name(step), Some(step)),
            within: None,
        });
    }
    let mut warnings = vec![
        "computed here: Flyte itself shows no plan".to_string(),
        "it is a new run, related to this one; code that changed since may run other actions"
            .into(),
    ];
    if !forced.is_empty() {
        let words = "what an action that runs again gives may be new inputs of others, which then run again too";
        warnings.push(words.into());
    }
    let plan = ResumePlan {
        run,
        mode: mode.word().into(),
        profile: String::new(),
        token: token.to_string(),
        steps: planned,
        warnings,
        differences: Vec::new(),
        expected_by: [
            "what actions of the same name took in this run",
            &Earlier::words(earlier),
        ]
        .concat(),
        suggestion: None,
        command: Vec::new(),
        by_hand: Vec::new(),
    };
    Ok(decoded(plan, problems))
}

/// Reads what actions of earlier runs of the same task took, and keeps it until that of another run is asked for; false: there are none.
pub(super) async fn learn(server: Rc<Server>, run: String) -> Result<Decoded<bool>, BackendError> {
    let id = server.named(&run)?;
    let filter = RunFilter {
        job: vec![detail::run(&server, &id).await?.run.job],
        status: ["succeeded", "failed", "canceled"].map(Into::into).into(),
        ..RunFilter::default()
    };
    // The run itself may be one of them.
    let listed = list::list(server.clone(), filter, Earlier::RUNS as u32 + 1, None).await?;
    let mut earlier = Earlier {
        of: run,
        runs: 0,
        steps: Vec::new(),
    };
    let mut problems = listed.problems;
    for other in listed.value.items {
        if other.id == earlier.of {
            continue;
        }
        if earlier.runs == Earlier::RUNS || earlier.steps.len() > Earlier::STEPS {
            break;
        }
        // One that cannot be read, because it was deleted since, says nothing of the others.
        let Ok((steps, wrong)) = all(&server, &server.named(&other.id)?).await else {
            continue;
        };
        earlier.runs += 1;
        earlier.steps.extend(steps);
        problems.extend(wrong);
    }
    let is_any = !earlier.steps.is_empty();
    *server.earlier.borrow_mut() = Some(earlier);
    Ok(decoded(is_any, problems))
}

/// What an action is one of: it is called like its task.
fn step_name(step: &Step) -> &str {
    step.name.as_deref().unwrap_or(&step.key)
}

fn is_done(step: &Step) -> bool {
    matches!(step.phase, Phase::Succeeded | Phase::Recovered)
}

/// One row for each action, in their order.
fn planned_rows(steps: &[Step], forced: &[String]) -> Vec<Row> {
    let now = steps.iter().map(|step| StepNow {
        key: step.key.clone(),
        ..StepNow::default()
    });
    let then = steps.iter().map(|step| {
        let began = step.started_at.is_some() || step.phase == Phase::Canceled;
        let then = StepThen::of_phase(&step.key, step.phase, began);
        let is_again = step.key == ROOT || forced.contains(&step.key) && is_done(step);
        StepThen {
            stood: if is_again { Stood::Failed } else { then.stood },
            ..then
        }
    });
    let answer = planner::plan(Question {
        steps: &now.collect::<Vec<_>>(),
        then: Some(&then.collect::<Vec<_>>()),
        before: None,
        chosen: Chosen::Incomplete,
        profile: Profile::Promised,
        skips: &[],
    });
    answer.rows
}
