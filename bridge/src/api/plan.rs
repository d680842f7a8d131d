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
use crate::executioner::hand::TAKEN_FOR_SEVERAL;
use crate::resume::Mode;
use crate::resume::answer::{PlanAnswer, totals};
use crate::resume::recorded::{Plan, suggestion};
use crate::source::Source;
use crate::source::lengths::BY;

#[derive(Serialize)]
struct WithCursor {
    #[serde(flatten)]
    plan: PlanAnswer,
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
    let lists: Vec<String> = query.all("skip").map(String::from).collect();
    let skips: Vec<String> = lists
        .iter()
        .flat_map(|keys| keys.split(','))
        .map(String::from)
        .collect();
    of_run(source, id, move |source, id, detail| {
        if let Some(executioner) = source.look().executioner() {
            let several = |list: &String| {
                let job = executioner.taken_for_several(id, list)?;
                let why = format!("jobs, and not {job:?}: {TAKEN_FOR_SEVERAL}");
                Some(Problem::parameter("skip", list, &why))
            };
            if let Some(problem) = lists.iter().find_map(several) {
                return Err(problem);
            }
            let plan = executioner.plan(id, mode, profile, &skips);
            let (plan, _) = plan.ok_or_else(|| Problem::no_run(id))?;
            return json(&WithCursor {
                plan,
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
        let in_mode = |mode| match &detail.folder {
            Some(folder) => Plan::of(folder, &detail.run, &detail.steps, mode, going_on),
            None => Ok(Plan::of_line(&detail.steps, mode)),
        };
        let incomplete = in_mode(Mode::Incomplete).map_err(Problem::broken)?;
        let failed = in_mode(Mode::Failed).map_err(Problem::broken)?;
        let suggestion = suggestion(&incomplete, &failed);
        let mut plan = match mode {
            Mode::Incomplete => incomplete,
            Mode::Failed => failed,
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
        let lengths = source.look().lengths(&detail.run.job);
        for step in &mut plan.steps {
            step.expect(lengths.get(&step.key));
        }
        json(&WithCursor {
            plan: PlanAnswer {
                run: id.into(),
                mode,
                profile: Profile::Recorded.word(),
                token: plan.token,
                error: None,
                totals: totals(&plan.steps),
                steps: plan.steps,
                warnings: plan.warnings,
                differences: Vec::new(),
                expected_by: BY,
                suggestion,
                command,
                by_hand: Vec::new(),
            },
            cursor: events_cursor(id, detail.events),
        })
    })
    .await
}
