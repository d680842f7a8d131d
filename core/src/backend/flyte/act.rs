//! What is done to runs and actions: each is one call, sent once. The open service checks little (an abort of what is over would overwrite its phase), so
//! it is looked at before.

use std::rc::Rc;

use super::create::{again, create};
use super::decode::ROOT;
use super::list::decoded;
use super::request::{RUNS, Server};
use super::{detail, plan};
use crate::backend::lenient::Problems;
use crate::backend::{Acted, Action, BackendError, Decoded, Order};
use crate::model::Phase;
use crate::store::json::JsonText;

pub(super) fn refused<T>(words: &[&str]) -> Result<T, BackendError> {
    Err(BackendError::Refused(words.concat()))
}

pub(super) fn acted(message: &str) -> Acted {
    Acted {
        run: None,
        deleted: None,
        message: message.into(),
    }
}

pub(super) async fn act(
    server: &Rc<Server>,
    run: &str,
    action: Action,
) -> Result<Decoded<Acted>, BackendError> {
    match action {
        Action::Terminate { immediate: false } => abort(server, run, None, "").await,
        Action::Terminate { immediate: true } => Err(BackendError::no(
            "way to kill a run at once: abort asks it to stop",
        )),
        Action::Delete { .. } => Err(BackendError::no("way to delete a run")),
        Action::MarkSuccess { .. } => Err(BackendError::no("marks of actions")),
        // Other inputs and options are a new run ([`Order::Create`]).
        Action::Reexecute(with) | Action::Resume { with, .. } if !with.is_same_but_for_turned() => {
            Err(BackendError::no(
                "way to run this again with other steps, tags or config",
            ))
        }
        Action::Reexecute(_) => {
            let order = again(run);
            create(server, order, None).await
        }
        Action::Resume { mode, token, with } => {
            let turned = &with.turned;
            let plan = plan::preview(server, run, mode, turned).await?.value;
            if plan.token != token {
                return refused(&[
                    "the run is not as it was when the plan was shown: look at the plan again",
                ]);
            }
            create(server, again(run), Some(turned)).await
        }
    }
}

pub(super) async fn order(
    server: &Rc<Server>,
    order: Order,
) -> Result<Decoded<Acted>, BackendError> {
    match order {
        Order::Abort { run, step, reason } => abort(server, &run, step, &reason).await,
        Order::Signal { run, step, answer } => signal(server, &run, &step, &answer).await,
        Order::Create(new) => create(server, new, None).await,
    }
}

async fn abort(
    server: &Rc<Server>,
    run: &str,
    step: Option<String>,
    reason: &str,
) -> Result<Decoded<Acted>, BackendError> {
    let id = server.named(run)?;
    let reason = match reason.trim() {
        "" => "aborted by a user of Runboard",
        reason => reason,
    };
    // The end of the root is the end of the run.
    let step = step.filter(|step| step != ROOT);
    let name = step.as_deref().unwrap_or(ROOT);
    let (act, _) = detail::action(server, &id, name).await?;
    if act.phase.is_terminal() {
        // The service would make it aborted, whatever it was.
        return refused(&[
            name,
            " is over (",
            &act.raw_status,
            "): there is nothing to abort",
        ]);
    }
    let mut json = JsonText::new();
    json.open('{');
    let method = match &step {
        None => {
            id.put(&server.scope, &mut json, "runId");
            "AbortRun"
        }
        Some(step) => {
            id.put_action(&server.scope, &mut json, "actionId", step);
            "AbortAction"
        }
    };
    json.text_field("reason", Some(reason)).close('}');
    server.change(RUNS, method, json.finish()).await?;
    let mut done = acted(match step {
        None => "aborted",
        Some(_) => "the action was aborted",
    });
    let whole = detail::run(server, &id).await?;
    done.run = Some(whole.run);
    Ok(decoded(done, whole.problems))
}

/// The payload for an answer, as the type of the question wants it.
fn payload(kind: &str, answer: &str) -> Result<String, BackendError> {
    let bare = answer.trim();
    let is_number = |text: &str| {
        matches!(
            serde_json::from_slice(text.as_bytes()),
            Ok(serde_json::Value::Number(_))
        )
    };
    let mut json = JsonText::new();
    json.open('{');
    match kind {
        "BOOLEAN" if matches!(bare, "true" | "false") => json.key("boolValue").raw(bare),
        "BOOLEAN" => return refused(&["the answer is true or false, not ", answer]),
        "INTEGER" if bare.parse::<i64>().is_ok() => json.text_field("intValue", Some(bare)),
        "INTEGER" => return refused(&["the answer is a whole number, not ", answer]),
        "FLOAT" if is_number(bare) => json.key("floatValue").raw(bare),
        "FLOAT" => return refused(&["the answer is a number, not ", answer]),
        "STRING" => json.text_field("stringValue", Some(answer)),
        other => return refused(&["answers of type ", other, " cannot be given here"]),
    };
    json.close('}');
    Ok(json.finish())
}

async fn signal(
    server: &Rc<Server>,
    run: &str,
    step: &str,
    answer: &str,
) -> Result<Decoded<Acted>, BackendError> {
    let id = server.named(run)?;
    let (act, detail) = detail::action(server, &id, step).await?;
    let Some(question) = detail.value.question else {
        return refused(&[step, " asks no question"]);
    };
    if act.phase != Phase::Paused {
        return refused(&[step, " does not wait for an answer (", &act.raw_status, ")"]);
    }
    let payload = payload(&question.kind, answer)?;
    let mut json = JsonText::new();
    json.open('{');
    id.put_action(&server.scope, &mut json, "actionId", step);
    json.text_field("parentActionName", Some(&act.parent));
    json.key("payload").raw(&payload).close('}');
    server.change(RUNS, "SignalEvent", json.finish()).await?;
    Ok(decoded(acted("answered"), Problems::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_as_their_types_want_them() {
        for (kind, answer, sent) in [
            ("BOOLEAN", " true ", Some(r#"{"boolValue":true}"#)),
            ("BOOLEAN", "yes", None),
            ("INTEGER", "-42", Some(r#"{"intValue":"-42"}"#)),
            ("INTEGER", "4.2", None),
            ("FLOAT", "0.5", Some(r#"{"floatValue":0.5}"#)),
            ("FLOAT", "0.5}", None),
            ("FLOAT", "NaN", None),
            ("STRING", "a \"b\"", Some(r#"{"stringValue":"a \"b\""}"#)),
            ("BLOB", "x", None),
        ] {
            assert_eq!(
                payload(kind, answer).ok().as_deref(),
                sent,
                "{kind} {answer}"
            );
        }
    }
}
