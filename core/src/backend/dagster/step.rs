//! The steps of a run: its plan joined with what the server counted of their events.
//!
//! `stepStats` names only steps that have events, and dynamic ones by their mapping key (`work[k0]`, in the plan `work[?]`). What stands behind a
//! failed step has neither events nor a status: it is derived here, and its reason says so.

use std::cmp::Ordering;

use crate::backend::lenient::Fields;
use crate::model::order::order;
use crate::model::rerun::{Planned, base};
use crate::model::{Attempt, Phase, Run, Step, Timestamp};

/// Dagster's word for the end of an attempt that is followed by another one.
const RETRIED: &str = "UP_FOR_RETRY";

/// What the server counted of a step.
struct Stat {
    key: String,
    status: Option<String>,
    queued_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    attempts: Vec<(Option<Timestamp>, Option<Timestamp>)>,
}

fn times(fields: &mut Fields<'_>, _: usize) -> (Option<Timestamp>, Option<Timestamp>) {
    (fields.epoch("startTime"), fields.epoch("endTime"))
}

fn stat(fields: &mut Fields<'_>, _: usize) -> Stat {
    let mut stat = Stat {
        key: fields.word("stepKey"),
        status: fields.text("status"),
        queued_at: None,
        started_at: fields.epoch("startTime"),
        ended_at: fields.epoch("endTime"),
        attempts: fields.rows("attempts", times),
    };
    // A process for the step is started before the step is; of a retried step only the last start is kept by the server.
    let marks = fields.rows("markers", |mark, _| mark.epoch("startTime"));
    stat.queued_at = marks
        .into_iter()
        .flatten()
        .min()
        .filter(|at| stat.started_at.is_none_or(|start| *at <= start));
    stat
}

fn planned(fields: &mut Fields<'_>, _: usize) -> Planned {
    let key = fields.word("key");
    let mut needs: Vec<String> = Vec::new();
    let from = |input: &mut Fields<'_>, _: usize| input.column("dependsOn", "key");
    for need in fields.rows("inputs", from).into_iter().flatten() {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    Planned { key, needs }
}

/// The plan in an order in which a step stands behind all that it needs; the server's own is none.
fn plan(fields: &mut Fields<'_>, chosen: &[String]) -> (Vec<Planned>, bool) {
    let mut plan = match fields.object("executionPlan") {
        Some(mut plan) => plan.rows("steps", planned),
        None => Vec::new(),
    };
    // A re-execution of some steps still has the whole plan.
    let whole = plan.len();
    if !chosen.is_empty() {
        plan.retain(|step| chosen.iter().any(|key| base(key) == base(&step.key)));
    }
    let is_part = plan.len() < whole;
    let by_key = order(plan.len(), &|a, b| match (plan.get(a), plan.get(b)) {
        (Some(a), Some(b)) => a.key.cmp(&b.key),
        _ => Ordering::Equal,
    });
    let place = |key: &str| {
        let found = by_key.binary_search_by(|place| {
            plan.get(*place)
                .map_or(Ordering::Less, |step| step.key.as_str().cmp(key))
        });
        found.ok().and_then(|at| by_key.get(at).copied())
    };
    let needs: Vec<Vec<usize>> = plan
        .iter()
        .map(|step| step.needs.iter().filter_map(|key| place(key)).collect())
        .collect();
    let mut depth = vec![0_usize; plan.len()];
    let mut is_news = true;
    while is_news {
        is_news = false;
        for (at, needs) in needs.iter().enumerate() {
            let below = needs.iter().filter_map(|need| depth.get(*need));
            let least = below.max().map_or(0, |deepest| deepest + 1);
            // A ring, which no plan has, must not last for ever.
            if let Some(own) = depth.get_mut(at).filter(|own| **own < least)
                && least <= plan.len()
            {
                *own = least;
                is_news = true;
            }
        }
    }
    let told = |at: usize| {
        let key = plan.get(at).map(|step| &step.key);
        chosen.iter().position(|other| Some(other) == key)
    };
    let told: Vec<Option<usize>> = (0..plan.len()).map(told).collect();
    let sorted = order(plan.len(), &|a, b| {
        let by_depth = depth.get(a).cmp(&depth.get(b));
        by_depth.then(told.get(a).cmp(&told.get(b)))
    });
    let mut slots: Vec<Option<Planned>> = plan.into_iter().map(Some).collect();
    let take = |at: usize| slots.get_mut(at)?.take();
    (sorted.into_iter().filter_map(take).collect(), is_part)
}

/// The steps of fragment S, the plan that they come of, and whether that is a part of the job's; `chosen` are those that were to be executed.
pub(super) fn steps(
    fields: &mut Fields<'_>,
    run: &Run,
    chosen: &[String],
) -> (Vec<Step>, Vec<Planned>, bool) {
    let is_over = run.phase.is_terminal();
    let mut stats = fields.rows("stepStats", stat);
    let (plan, is_part) = plan(fields, chosen);
    let mut steps: Vec<Step> = Vec::new();
    for planned in &plan {
        let is_dynamic = planned.key.ends_with("[?]");
        let (own, rest) = stats.into_iter().partition(|stat| {
            stat.key == planned.key || is_dynamic && base(&stat.key) == base(&planned.key)
        });
        stats = rest;
        let own: Vec<Stat> = own;
        if own.is_empty() {
            let mut step = Step::queued(planned.key.as_str(), steps.len() as u32);
            step.raw_status = String::new();
            step.needs = instances(&planned.needs, &planned.key, &steps);
            derive(&mut step, run, &steps);
            steps.push(step);
        }
        for stat in own {
            let needs = instances(&planned.needs, &stat.key, &steps);
            steps.push(counted(stat, needs, steps.len(), is_over));
        }
    }
    // Whatever the plan does not name has happened all the same.
    for stat in stats {
        steps.push(counted(stat, Vec::new(), steps.len(), is_over));
    }
    for step in &mut steps {
        step.version = run.version;
    }
    (steps, plan, is_part)
}

/// What the server counted of the steps of a run that is over, without the plan that they come of.
pub(super) fn counted_alone(fields: &mut Fields<'_>) -> Vec<Step> {
    let stats = fields.rows("stepStats", stat).into_iter();
    stats
        .map(|stat| counted(stat, Vec::new(), 0, true))
        .collect()
}

/// What a step waits for, by the keys that stand in the list: of a dynamic one the instance with the same mapping key, else all of them.
fn instances(needs: &[String], key: &str, steps: &[Step]) -> Vec<String> {
    let mut out = Vec::new();
    for need in needs {
        if !need.ends_with("[?]") {
            out.push(need.clone());
            continue;
        }
        let same = key
            .find('[')
            .and_then(|at| key.get(at..))
            .map(|mapping| [base(need), mapping].concat());
        for step in steps.iter().filter(|step| base(&step.key) == base(need)) {
            if same.as_ref().is_none_or(|same| *same == step.key) {
                out.push(step.key.clone());
            }
        }
    }
    out
}

fn counted(stat: Stat, needs: Vec<String>, position: usize, is_over: bool) -> Step {
    let mut step = Step::queued(stat.key, position as u32);
    step.raw_status = stat.status.unwrap_or_default();
    step.phase = match step.raw_status.as_str() {
        "SUCCESS" => Phase::Succeeded,
        "FAILURE" => Phase::Failed,
        "SKIPPED" => Phase::Skipped,
        "IN_PROGRESS" => Phase::Running,
        // Its process is being started.
        "" => Phase::Starting,
        _ => Phase::Unknown,
    };
    if is_over && step.phase.is_active() {
        step.phase = Phase::Unknown;
        step.reason = Some("the run is over, and Dagster does not tell how this step ended".into());
    }
    step.needs = needs;
    (step.queued_at, step.started_at, step.ended_at) =
        (stat.queued_at, stat.started_at, stat.ended_at);
    let last = stat.attempts.len();
    for (index, (started_at, ended_at)) in stat.attempts.into_iter().enumerate() {
        let is_last = index + 1 == last;
        step.attempts.push(Attempt {
            number: index as u32 + 1,
            phase: if is_last { step.phase } else { Phase::Failed },
            raw_status: match is_last {
                true => step.raw_status.clone(),
                false => RETRIED.into(),
            },
            started_at,
            ended_at,
            exit_code: None,
            reason: None,
        });
    }
    step
}

/// Where a step without events stands: what it needs, and the run, tell. Dagster has no word for it.
fn derive(step: &mut Step, run: &Run, before: &[Step]) {
    let needed = |phases: &[Phase]| {
        let found = before
            .iter()
            .find(|other| step.needs.contains(&other.key) && phases.contains(&other.phase));
        found.map(|other| other.key.clone())
    };
    let (phase, reason) = if let Some(key) = needed(&[Phase::Failed]) {
        (
            Phase::UpstreamFailed,
            ["never began: ", &key, " failed"].concat(),
        )
    } else if let Some(key) = needed(&[Phase::UpstreamFailed]) {
        (
            Phase::UpstreamFailed,
            ["never began: ", &key, " did not run"].concat(),
        )
    } else if !run.phase.is_terminal() {
        return;
    } else if let Some(key) = needed(&[Phase::Skipped]) {
        (
            Phase::Skipped,
            ["never began: ", &key, " was skipped"].concat(),
        )
    } else if run.phase == Phase::Canceled {
        (
            Phase::Canceled,
            "never began: the run was canceled before".into(),
        )
    } else {
        (Phase::Skipped, "never began: the run ended before".into())
    };
    step.phase = phase;
    step.reason = Some([&reason, " (derived from the plan)"].concat());
}
