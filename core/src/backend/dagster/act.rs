//! What is done to runs: each is one mutation, sent once.

use std::sync::Arc;

use super::decode::run;
use super::graphql::{Server, wanted};
use super::{detail, plan, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{Acted, Action, BackendError, Decoded, Missing};
use crate::model::{Phase, ResumeMode, ResumePlan, Run};
use crate::store::json::JsonText;

/// Does it. Dagster knows no keys by which a wish is told from its repetition, so it is never sent a second time.
pub(super) async fn act(
    server: &Server,
    id: &str,
    action: Action,
) -> Result<Decoded<Acted>, BackendError> {
    match action {
        Action::Terminate { immediate } => terminate(server, id, immediate).await,
        Action::Delete { force } => delete(server, id, force).await,
        Action::Reexecute => reexecute(server, id, "ALL_STEPS").await,
        Action::Resume { mode, token } => {
            let plan = preview(server, id, mode).await?.value;
            if plan.token != token {
                let words =
                    "the run is not as it was when the plan was shown: look at the plan again";
                return Err(BackendError::Refused(words.into()));
            }
            reexecute(server, id, "FROM_FAILURE").await
        }
    }
}

/// Words by which the server says what it has a type of answer for, and does not use it.
const NOT_FOUND: &str = "Could not find parent run";
const DENIED: &str = "do not have permission";

/// Reads what a mutation gave: the object of the field when it is of the type, with the run in it.
async fn done(
    server: &Server,
    document: &str,
    variables: String,
    field: &str,
    kind: &str,
) -> Result<(Option<Run>, Problems), BackendError> {
    let answer = server.change(document, variables).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut object = wanted(&mut fields, field, kind).map_err(|error| match error {
        BackendError::Broken { detail, .. } if detail.contains(NOT_FOUND) => {
            let line = detail.lines().next().unwrap_or_default();
            BackendError::NotFound(Arc::new(Missing::from(line)))
        }
        BackendError::Refused(words) if words.contains(DENIED) => BackendError::Denied(words),
        other => other,
    })?;
    let made = object.object("run").map(|mut fields| run(&mut fields, 0));
    Ok((made.filter(|run| !run.id.is_empty()), problems))
}

fn acted(run: Option<Run>, message: &str, problems: Problems) -> Decoded<Acted> {
    Decoded {
        value: Acted {
            run,
            deleted: None,
            message: message.into(),
        },
        problems,
        cursor: None,
    }
}

async fn terminate(
    server: &Server,
    id: &str,
    immediate: bool,
) -> Result<Decoded<Acted>, BackendError> {
    let (policy, message) = match immediate {
        true => (
            "MARK_AS_CANCELED_IMMEDIATELY",
            "marked as canceled at once, whatever its processes do",
        ),
        false => ("SAFE_TERMINATE", "asked to stop"),
    };
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(id));
    json.text_field("p", Some(policy)).close('}');
    let (run, problems) = done(
        server,
        query::TERMINATE,
        json.finish(),
        "terminateRun",
        "TerminateRunSuccess",
    )
    .await?;
    Ok(acted(run, message, problems))
}

async fn delete(server: &Server, id: &str, force: bool) -> Result<Decoded<Acted>, BackendError> {
    // Dagster deletes whatever it is told to, and what runs goes on without a record.
    let run = detail(server, id, query::RUN).await?.run;
    if !force && !run.phase.is_terminal() {
        let words = [
            "the run is not over (",
            &run.raw_status,
            "): Dagster would delete its records while it goes on",
        ];
        return Err(BackendError::Refused(words.concat()));
    }
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(id)).close('}');
    let (_, problems) = done(
        server,
        query::DELETE,
        json.finish(),
        "deleteRun",
        "DeletePipelineRunSuccess",
    )
    .await?;
    let mut acted = acted(None, "deleted with all its records", problems);
    acted.value.deleted = Some(id.into());
    Ok(acted)
}

async fn reexecute(
    server: &Server,
    id: &str,
    strategy: &str,
) -> Result<Decoded<Acted>, BackendError> {
    let mut json = JsonText::new();
    json.open('{').key("p").open('{');
    json.text_field("parentRunId", Some(id));
    json.text_field("strategy", Some(strategy));
    json.key("useParentRunTags").raw("true");
    json.close('}').close('}');
    let (run, problems) = done(
        server,
        query::REEXECUTE,
        json.finish(),
        "launchRunReexecution",
        "LaunchRunSuccess",
    )
    .await?;
    Ok(acted(run, "a new run was launched", problems))
}

/// What re-executing from failure would run.
pub(super) async fn preview(
    server: &Server,
    id: &str,
    mode: ResumeMode,
) -> Result<Decoded<ResumePlan>, BackendError> {
    if mode == ResumeMode::Failed {
        let words = "re-execution of failed steps alone: what stands behind them runs too";
        return Err(BackendError::no(words));
    }
    let detail = detail(server, id, query::STEPS).await?;
    // The server's own condition and words.
    if !matches!(detail.run.phase, Phase::Failed | Phase::Canceled) {
        let words = "Cannot reexecute from failure a run that is not failed or canceled";
        return Err(BackendError::Refused(words.into()));
    }
    let steps = plan::steps(&detail.plan, &detail.steps);
    Ok(Decoded {
        value: ResumePlan {
            run: id.into(),
            mode: mode.word().into(),
            token: plan::token(&detail.run, &steps),
            steps,
            warnings: vec![
                "computed here from the run's history, as Dagster does it: Dagster itself shows no plan".into(),
                "it is a new run, with this one as its parent".into(),
            ],
            command: Vec::new(),
        },
        problems: detail.problems,
        cursor: None,
    })
}
