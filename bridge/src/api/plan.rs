//! `runs/{id}/resume`, asked and not done: the plan.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::model::resume::planner::Profile;
use serde::Serialize;

use super::json;
use super::problem::Problem;
use super::query::Query;
use super::runs::{events_cursor, of_run};
use crate::resume::{Mode, Plan, PlanStep, Totals, Word};
use crate::source::Source;

#[derive(Serialize)]
struct Answer<'a> {
    run: &'a str,
    mode: Mode,
    token: String,
    totals: Totals,
    steps: Vec<PlanStep>,
    warnings: Vec<String>,
    /// To do the same by hand.
    command: Option<Vec<String>>,
    cursor: String,
}

#[derive(Serialize)]
struct WithCursor<T> {
    #[serde(flatten)]
    plan: T,
    cursor: String,
}

pub(crate) async fn get(
    source: &Arc<Source>,
    id: &str,
    query: Query,
) -> Result<Response<Body>, Problem> {
    let mode = match query.last("mode") {
        None => Mode::default(),
        Some(word) => Mode::from_word(word)
            .ok_or_else(|| Problem::parameter("mode", word, "incomplete or failed"))?,
    };
    let profile = match query.last("profile") {
        None | Some("actual") => Profile::Actual,
        Some("promised") => Profile::Promised,
        Some(word) => return Err(Problem::parameter("profile", word, "actual or promised")),
    };
    let skips: Vec<String> = query
        .all("skip")
        .flat_map(|keys| keys.split(','))
        .map(String::from)
        .collect();
    of_run(source, id, move |source, id, detail| {
        if let Some(executioner) = source.look().executioner() {
            let plan = executioner.plan(id, mode, profile, &skips);
            return json(&WithCursor {
                plan: plan.ok_or_else(|| Problem::no_run(id))?,
                cursor: events_cursor(id, detail.events),
            });
        }
        // What is recorded is run again by ourselves, and that is what is promised.
        if !skips.is_empty() {
            return Err(Problem::parameter(
                "skip",
                &skips.join(","),
                "nothing here: no steps of recorded runs can be passed over",
            ));
        }
        let going_on = !detail.run.phase.is_terminal() && !detail.run.is_unfinished();
        let plan = match &detail.folder {
            Some(folder) => Plan::of(folder, &detail.run, &detail.steps, mode, going_on)
                .map_err(Problem::broken)?,
            None => nothing(&detail.steps),
        };
        let dir = detail
            .folder
            .as_ref()
            .and_then(|folder| folder.parent()?.parent());
        let command = dir.filter(|_| !plan.todo.is_empty()).map(|dir| {
            let words = [
                "runboard-bridge",
                "resume",
                "--mode",
                mode.word(),
                "--dir",
                &dir.to_string_lossy(),
                "--",
                id,
            ];
            words.map(String::from).to_vec()
        });
        json(&Answer {
            run: id,
            mode,
            totals: plan.totals(),
            token: plan.token,
            steps: plan.steps,
            warnings: plan.warnings,
            command,
            cursor: events_cursor(id, detail.events),
        })
    })
    .await
}

/// Of a run that is only a line of a history nothing can be run again.
fn nothing(steps: &[runboard_core::model::Step]) -> Plan {
    let step = |step: &runboard_core::model::Step| {
        let (plan, reason) = match step.phase.is_success() {
            true => (Word::Skip, "it has succeeded"),
            false => (
                Word::Blocked,
                "only the run's line in a history is left, which holds no commands",
            ),
        };
        PlanStep {
            key: step.key.clone(),
            plan,
            reason: reason.into(),
            command: None,
        }
    };
    Plan {
        steps: steps.iter().map(step).collect(),
        warnings: Vec::new(),
        token: "none".into(),
        todo: Vec::new(),
    }
}
