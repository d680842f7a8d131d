//! What a recovery would run. Flyte shows no plan: the rule is its own (actions that succeeded are reused), computed here from the actions as they stand.

use std::rc::Rc;

use futures_util::{FutureExt as _, TryFutureExt as _};

use super::decode::ROOT;
use super::id::{Id, hash};
use super::list::decoded;
use super::request::{Asked, Server};
use super::tree::Known;
use super::{detail, poll_actions};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Decoded};
use crate::model::resume::{InRun, PlanStep, PlanVerb};
use crate::model::{Phase, ResumeMode, ResumePlan, Step, fold};

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
    let in_run = InRun::of(&steps, &step_name);
    let mut planned = Vec::new();
    for key in &forced {
        if !steps.iter().any(|step| step.key == *key) {
            let words = ["the run has no action ", key, " that could run again"];
            return Err(BackendError::Refused(words.concat()));
        }
    }
    for step in &steps {
        let (plan, reason) = match verb(step) {
            (PlanVerb::Skip, _) if forced.contains(&step.key) => {
                (PlanVerb::Retry, "it runs again because that was chosen")
            }
            other => other,
        };
        let name = step.name.as_deref().map(|name| [name, ": "].concat());
        planned.push(PlanStep {
            key: step.key.clone(),
            plan,
            raw_plan: step.raw_status.clone(),
            reason: [name.as_deref().unwrap_or_default(), reason].concat(),
            command: Vec::new(),
            expected: in_run.expected(step_name(step), Some(step)),
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
        expected_by: "what actions of the same name took in this run".into(),
        suggestion: None,
        command: Vec::new(),
        by_hand: Vec::new(),
    };
    Ok(decoded(plan, problems))
}

/// What an action is one of: it is called like its task.
fn step_name(step: &Step) -> &str {
    step.name.as_deref().unwrap_or(&step.key)
}

fn verb(step: &Step) -> (PlanVerb, &'static str) {
    match step.phase {
        _ if step.key == ROOT => (PlanVerb::Retry, "the run's own code always runs again"),
        Phase::Succeeded | Phase::Recovered => (PlanVerb::Skip, "its outputs are reused"),
        Phase::Failed | Phase::TimedOut | Phase::Canceled => (PlanVerb::Retry, "it runs again"),
        _ => (PlanVerb::Run, "it did not come to its end"),
    }
}
