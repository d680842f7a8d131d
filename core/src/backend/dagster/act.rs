//! What is done to runs: each is one mutation, sent once.

use std::rc::Rc;
use std::sync::Arc;

use super::decode::run;
use super::graphql::Server;
use super::kept::{Part, opened};
use super::{again, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{Acted, Action, BackendError, Decoded, Missing};
use crate::model::Run;
use crate::store::json::JsonText;

/// Does it. Dagster knows no keys by which a wish is told from its repetition, so it is never sent a second time.
pub(super) async fn act(
    server: &Rc<Server>,
    id: &str,
    action: Action,
) -> Result<Decoded<Acted>, BackendError> {
    let done = match action {
        Action::Terminate { immediate } => terminate(server, id, immediate).await,
        Action::Delete { force } => delete(server, id, force).await,
        Action::Reexecute(with) => again::whole(server, id, with).await,
        Action::Resume { mode, token, with } => again::rest(server, id, mode, &token, with).await,
        Action::MarkSuccess { .. } => Err(BackendError::no("marks of steps")),
    };
    server.forget(id);
    done
}

/// Words by which the server says what it has a type of answer for, and does not use it.
const NOT_FOUND: &str = "Could not find parent run";
const NOT_ALLOWED: &str = "do not have permission";

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
        BackendError::Refused(words) if words.contains(NOT_FOUND) => {
            let line = words.lines().next().unwrap_or_default();
            BackendError::NotFound(Arc::new(Missing::from(line)))
        }
        BackendError::Refused(words) if words.contains(NOT_ALLOWED) => BackendError::Denied(words),
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

/// What Dagster permits or not for each run by itself, as code locations may have permissions of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Terminate,
    Reexecute,
    Delete,
}

impl Deed {
    pub(super) const ALL: [Deed; 3] = [Deed::Terminate, Deed::Reexecute, Deed::Delete];

    /// Whether it is permitted, in the server's own record of the run.
    pub(super) fn field(self) -> &'static str {
        match self {
            Deed::Terminate => "hasTerminatePermission",
            Deed::Reexecute => "hasReExecutePermission",
            Deed::Delete => "hasDeletePermission",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Deed::Terminate => "terminate",
            Deed::Reexecute => "re-execute",
            Deed::Delete => "delete",
        }
    }

    fn denial(self) -> &'static str {
        match self {
            Deed::Terminate => "this Dagster does not permit you to terminate this run",
            Deed::Reexecute => "this Dagster does not permit you to re-execute this run",
            Deed::Delete => "this Dagster does not permit you to delete this run",
        }
    }

    /// Those that a record of a run says are not permitted.
    pub(super) fn denied(run: &mut Fields<'_>) -> Vec<Deed> {
        let mut denied = Vec::new();
        for deed in Deed::ALL {
            if run.take(deed.field()).and_then(|value| value.as_bool()) == Some(false) {
                denied.push(deed);
            }
        }
        denied
    }

    fn of(action: &Action) -> Deed {
        match action {
            Action::Terminate { .. } => Deed::Terminate,
            Action::Delete { .. } => Deed::Delete,
            Action::Reexecute(_) | Action::Resume { .. } | Action::MarkSuccess { .. } => {
                Deed::Reexecute
            }
        }
    }
}

/// Of so many runs it is kept what may not be done to them; of others the server says it when they are acted on.
const DENIED: usize = 20_000;

impl Server {
    /// Reads rows of the list, and keeps what may not be done to them.
    pub(super) fn rows(&self, fields: &mut Fields<'_>, name: &str) -> Vec<Run> {
        let mut rows = Vec::new();
        fields.each(name, &mut |fields, index| {
            let run = run(fields, index);
            self.keep_denied(&run.id, Deed::denied(fields));
            rows.push(run);
        });
        rows
    }

    /// Keeps what may not be done to a run, as it was told last.
    pub(super) fn keep_denied(&self, id: &str, deeds: Vec<Deed>) {
        let mut all = self.denied.borrow_mut();
        all.remove(id);
        if deeds.is_empty() {
            return;
        }
        if all.len() >= DENIED {
            all.pop_first();
        }
        all.insert(id.into(), deeds);
    }

    fn is_denied(&self, id: &str, deed: Deed) -> bool {
        let all = self.denied.borrow();
        all.get(id).is_some_and(|deeds| deeds.contains(&deed))
    }
}

/// `canTerminate` of the server: what has not begun to run, or runs (1.13.27). Anything else can only be marked as canceled. What is not permitted is
/// known of the runs of the list and of those whose page was asked for; of others the server says it when they are acted on.
pub(super) fn objection(server: &Server, run: &Run, action: &Action) -> Option<&'static str> {
    let deed = Deed::of(action);
    match action {
        Action::Terminate { .. } if run.phase.is_terminal() => Some("the run is over"),
        _ if server.is_denied(&run.id, deed) => Some(deed.denial()),
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

async fn delete(
    server: &Rc<Server>,
    id: &str,
    force: bool,
) -> Result<Decoded<Acted>, BackendError> {
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
