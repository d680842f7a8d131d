//! What a recovery would run. Flyte shows no plan: the rule is its own (actions that succeeded are reused), computed here from the actions as they stand.

use futures_util::future::{self, Either};
use futures_util::{FutureExt as _, StreamExt as _};
use std::rc::Rc;
use std::time::Duration;

use super::decode::ROOT;
use super::id::{Id, hash};
use super::list::decoded;
use super::request::{Asked, RUNS, Server, Told};
use super::tree::{Known, frame};
use super::{detail, poll_actions};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Decoded};
use crate::model::resume::{InRun, PlanStep, PlanVerb};
use crate::model::{Phase, ResumeMode, ResumePlan, Step, fold};

/// How long the next frame is waited for when only the actions as they stand are wanted.
const NEXT: Duration = Duration::from_secs(4);

/// All actions of a run as they stand: the stream's snapshot, or by asking where no stream passes.
pub(super) fn all(server: &Rc<Server>, id: &Id) -> Asked<(Vec<Step>, Problems)> {
    reading(server.clone(), id.clone()).boxed_local()
}

async fn reading(server: Rc<Server>, id: Id) -> Result<(Vec<Step>, Problems), BackendError> {
    let (mut known, mut steps, mut problems) = (Known::default(), Vec::new(), Problems::new());
    known.begin();
    let mut feed = server.open(RUNS, "WatchActions", &id.run(&server.scope));
    loop {
        let told = match future::select(feed.next(), server.clock.sleep(NEXT)).await {
            Either::Left((told, _)) => told,
            Either::Right(_) => None,
        };
        match told {
            Some(Told::Message(bytes)) => {
                let frame = frame(&bytes, &mut known)?;
                problems.extend(frame.problems);
                fold::upsert_steps(&mut steps, frame.steps);
                if known.is_complete() {
                    return Ok((steps, problems));
                }
            }
            Some(Told::Broken(error)) if !error.is_passing() => return Err(error),
            _ => break,
        }
    }
    drop(feed);
    let polled = poll_actions::all(&server, &id, Known::default()).await?;
    problems.extend(polled.problems);
    let mut steps = Vec::new();
    fold::upsert_steps(&mut steps, polled.steps);
    Ok((steps, problems))
}

pub(super) fn preview(
    server: &Rc<Server>,
    run: &str,
    mode: ResumeMode,
) -> Asked<Decoded<ResumePlan>> {
    previewed(server.clone(), run.to_string(), mode).boxed_local()
}

async fn previewed(
    server: Rc<Server>,
    run: String,
    mode: ResumeMode,
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
    for step in &steps {
        let (plan, reason) = verb(step);
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
    let plan = ResumePlan {
        run,
        mode: mode.word().into(),
        profile: String::new(),
        token: token.to_string(),
        steps: planned,
        warnings: vec![
            "computed here: Flyte itself shows no plan".into(),
            "it is a new run, related to this one; code that changed since may run other actions"
                .into(),
        ],
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
