//! What is done to runs: each is one mutation, sent once.

use std::sync::Arc;

use super::decode::run;
use super::graphql::Server;
use super::open::{Part, opened};
use super::{again, query};
use crate::backend::lenient::Problems;
use crate::backend::{Acted, Action, BackendError, Decoded, Missing};
use crate::model::Run;
use crate::store::json::JsonText;

/// Does it. Dagster knows no keys by which a wish is told from its repetition, so it is never sent a second time.
pub(super) async fn act(
    server: &Server,
    id: &str,
    action: Action,
) -> Result<Decoded<Acted>, BackendError> {
    let done = match action {
        Action::Terminate { immediate } => terminate(server, id, immediate).await,
        Action::Delete { force } => delete(server, id, force).await,
        Action::Reexecute(with) => again::whole(server, id, with).await,
        Action::Resume { mode, token, with } => again::rest(server, id, mode, &token, with).await,
    };
    server.forget(id);
    done
}

/// Words by which the server says what it has a type of answer for, and does not use it.
const NOT_FOUND: &str = "Could not find parent run";
const DENIED: &str = "do not have permission";

/// Reads what a mutation gave: the object of the field when it is of the type, with the run in it.
pub(super) async fn done(
    server: &Server,
    document: &str,
    variables: String,
    field: &str,
    kind: &str,
) -> Result<(Option<Run>, Problems), BackendError> {
    let got = server.get(document, variables, field, kind).await;
    let mut got = got.map_err(|error| match error {
        BackendError::Broken { detail, .. } if detail.contains(NOT_FOUND) => {
            let line = detail.lines().next().unwrap_or_default();
            BackendError::NotFound(Arc::new(Missing::from(line)))
        }
        BackendError::Refused(words) if words.contains(DENIED) => BackendError::Denied(words),
        other => other,
    })?;
    let made = got
        .fields()
        .object("run")
        .map(|mut fields| run(&mut fields, 0));
    Ok((made.filter(|run| !run.id.is_empty()), got.problems))
}

pub(super) fn acted((run, problems): (Option<Run>, Problems), message: &str) -> Decoded<Acted> {
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

/// `canTerminate` of the server: what has not begun to run, or runs (1.13.27). Anything else can only be marked as canceled.
pub(super) fn objection(run: &Run, action: &Action) -> Option<&'static str> {
    match action {
        Action::Terminate { .. } if run.phase.is_terminal() => Some("the run is over"),
        Action::Terminate { immediate: false }
            if !matches!(run.raw_status.as_str(), "QUEUED" | "STARTED") =>
        {
            Some(
                "Dagster asks only queued and started runs to stop; this one can be marked as canceled at once",
            )
        }
        Action::Delete { force: false } if !run.phase.is_terminal() => Some(GOES_ON),
        _ => None,
    }
}

const GOES_ON: &str =
    "Dagster ends nothing when it deletes, so its processes go on without a record";

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
    let kind = "TerminateRunSuccess";
    let done = done(
        server,
        query::TERMINATE,
        json.finish(),
        "terminateRun",
        kind,
    )
    .await?;
    Ok(acted(done, message))
}

async fn delete(server: &Server, id: &str, force: bool) -> Result<Decoded<Acted>, BackendError> {
    // Dagster deletes whatever it is told to, and what runs goes on without a record.
    let known = opened(server, id, Part::Run).await?;
    if !force && !known.run.phase.is_terminal() {
        let words = [
            "the run is not over (",
            &known.run.raw_status,
            "): ",
            GOES_ON,
        ];
        return Err(BackendError::Refused(words.concat()));
    }
    let kind = "DeletePipelineRunSuccess";
    let variables = super::open::of_run(id);
    let done = done(server, query::DELETE, variables, "deleteRun", kind).await?;
    let mut acted = acted(done, "deleted with all its records");
    acted.value.deleted = Some(id.into());
    Ok(acted)
}
