//! Changes of recorded runs: terminate, delete, re-execute, resume. Only with `serve --allow-actions`, one at a time.

mod again;
mod ask;
mod delete;
#[cfg(target_os = "linux")]
mod process;
#[cfg(not(target_os = "linux"))]
#[path = "no_process.rs"]
mod process;
mod repeat;
mod terminate;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use tokio::sync::Mutex;

use crate::api::problem::Problem;
use crate::api::{Api, json};
use crate::executioner::{mark, run_cli};
use crate::resume::Mode;
use crate::serve::guard;
use crate::source::{Place, Source};
use repeat::{Kept, Repeats};

/// What is to be done with a run.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Terminate {
        immediate: bool,
    },
    Delete {
        force: bool,
    },
    Reexecute,
    Resume {
        mode: Mode,
        token: String,
        /// Steps that are passed over.
        skips: Vec<String>,
    },
    /// A failed step is done: somebody did its work by hand.
    MarkSuccess {
        step: String,
        token: String,
    },
}

/// All that changes of runs share.
pub(crate) struct Actions {
    pub(crate) allowed: bool,
    /// How long a run that was asked to end is left to do so.
    pub(crate) grace: Duration,
    /// One change at a time: what was looked at stays so until it is done.
    turn: Mutex<Repeats>,
}

impl Actions {
    pub(crate) fn new(allowed: bool, grace: Duration) -> Arc<Actions> {
        Arc::new(Actions {
            allowed,
            grace,
            turn: Mutex::default(),
        })
    }
}

/// Which methods a place of the API has, for `Allow`.
pub(crate) fn methods(place: &[&str]) -> &'static str {
    match place {
        ["runs", _] => "GET, HEAD, DELETE",
        ["runs", _, "resume"] => "GET, HEAD, POST",
        ["runs", _, "reexecute" | "terminate"] | ["runs", _, "steps", _, "mark-success"] => "POST",
        _ => "GET, HEAD",
    }
}

impl Api {
    /// Answers a request that is not GET or HEAD; `path` is what stands behind `/api/v1/`.
    pub(crate) async fn act(
        &self,
        path: &str,
        request: &Parts,
        body: Body,
    ) -> Result<Response<Body>, Problem> {
        let method = &request.method;
        let segments = Api::segments(path).unwrap_or_default();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (source, place) = self.place(&segments)?;
        let (id, read): (&str, ask::Reader) = match (method, place) {
            (&Method::DELETE, ["runs", id]) => (id, ask::delete),
            (&Method::POST, ["runs", id, "terminate"]) => (id, ask::terminate),
            (&Method::POST, ["runs", id, "reexecute"]) => (id, ask::reexecute),
            (&Method::POST, ["runs", id, "resume"]) => (id, ask::resume),
            (&Method::POST, ["runs", id, "steps", _, "mark-success"]) => (id, ask::mark_success),
            _ => return Err(Problem::no_method(method, methods(place))),
        };
        guard::change(&request.headers)?;
        if !self.actions.allowed {
            let why = "all actions are off: the bridge was started without --allow-actions";
            return Err(Problem::new(StatusCode::FORBIDDEN, why));
        }
        let name = &source.name;
        let why = match &source.place {
            Place::Recorded(_) if place.len() > 3 => Some(format!(
                "{name} has recorded runs: their steps are what their commands made of them, and cannot be marked"
            )),
            Place::Recorded(_) => None,
            Place::Executioner(_)
                if matches!(place, ["runs", _, "resume"] | ["runs", _, _, _, _]) =>
            {
                None
            }
            Place::Executioner(_) => Some(format!(
                "{name} is a history of executioner: its runs can only be resumed, and their failed jobs marked"
            )),
            Place::History(_) => Some(format!(
                "{name} is a history file: its runs cannot be changed"
            )),
        };
        if let Some(why) = why {
            return Err(Problem::new(StatusCode::FORBIDDEN, why));
        }
        let body = ask::body(&request.headers, body).await?;
        let mut action = read(request.uri.query(), &body)?;
        if let (Action::MarkSuccess { step, .. }, ["runs", _, "steps", key, _]) =
            (&mut action, place)
        {
            *step = (*key).to_string();
        }
        let key = repeat::key(&request.headers)?;
        let asked = repeat::Asked::of(method, &source.name, id, &action);
        let (actions, source, id) = (self.actions.clone(), source.clone(), id.to_string());
        // A task of its own: an asker who hangs up leaves nothing half done.
        let work =
            tokio::spawn(async move { actions.once(key, asked, &source, &id, action).await });
        work.await
            .unwrap_or_else(|error| Err(Problem::broken(error)))
    }
}

impl Actions {
    /// Does it, unless the same was done under the same key: then the same answer is given again.
    async fn once(
        &self,
        key: Option<String>,
        asked: repeat::Asked,
        source: &Arc<Source>,
        id: &str,
        action: Action,
    ) -> Result<Response<Body>, Problem> {
        let mut turn = self.turn.lock().await;
        if let Some(key) = &key
            && let Some(kept) = turn.find(key, &asked)?
        {
            return Ok(kept.response());
        }
        let done = match action {
            Action::Terminate { immediate } => {
                terminate::terminate(source, id, immediate, self.grace).await
            }
            Action::Delete { force } => delete::delete(source, id, force).await,
            Action::Reexecute => again::reexecute(source, id).await,
            Action::MarkSuccess { step, token } => mark::mark(source, id, &step, token).await,
            Action::Resume { mode, token, skips } => match &source.place {
                Place::Executioner(_) => run_cli::resume(source, id, mode, token, skips).await,
                _ if !skips.is_empty() => {
                    let why =
                        "\"skip\" takes nothing here: no steps of recorded runs can be passed over";
                    Err(Problem::new(StatusCode::BAD_REQUEST, why))
                }
                _ => again::resume(source, id, mode, token).await,
            },
        };
        let kept = match done {
            Ok((status, value)) => Kept::new(status, json(&value)?).await,
            // Something broke: the next try may do better.
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(problem) => Kept::new(problem.status, problem.into_response()).await,
        };
        let response = kept.response();
        if let Some(key) = key {
            turn.keep(key, asked, kept);
        }
        Ok(response)
    }
}

/// A state that forbids what is asked.
fn conflict(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, why)
}
