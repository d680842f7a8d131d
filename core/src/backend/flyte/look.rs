//! What is asked about one action beside its details: where it runs where those do not tell, its values, and its report.

use std::rc::Rc;

use super::decode::ROOT;
use super::detail;
use super::id::Id;
use super::list::decoded;
use super::request::{DATA, RUNS, Server};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, slice};
use crate::model::StepDetail;
use crate::model::step_detail::StepData;

/// An action in full.
pub(super) async fn step(
    server: Rc<Server>,
    id: Id,
    name: String,
) -> Result<Decoded<StepDetail>, BackendError> {
    let name = if name.is_empty() { ROOT } else { &name };
    let (act, mut answer) = detail::action(&server, &id, name).await?;
    for attempt in act.placeless {
        let begin = ["attempt ", &attempt.to_string(), ": "].concat();
        let found = match context(&server, &id, name, attempt).await {
            Ok(found) => found,
            Err(error) => {
                let words = [
                    &begin,
                    "where it ran could not be read: ",
                    &error.to_string(),
                ];
                answer.problems.push(words.concat());
                continue;
            }
        };
        let facts = &mut answer.value.facts;
        for (what, value) in found {
            let fact = ([&begin, what].concat(), value);
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    Ok(answer)
}

/// Cluster, pod, namespace and container of an attempt; none while nobody has reported them.
async fn context(
    server: &Rc<Server>,
    id: &Id,
    name: &str,
    attempt: u32,
) -> Result<Vec<(&'static str, String)>, BackendError> {
    let message = id.action(&server.scope, name, Some(attempt));
    let text = match server.call(RUNS, "GetActionLogContext", message).await {
        Err(BackendError::NotFound(_) | BackendError::Unsupported(_)) => return Ok(Vec::new()),
        answer => answer?,
    };
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let mut found = Vec::new();
    let cluster = fields.text("cluster").filter(|name| !name.is_empty());
    found.extend(cluster.map(|cluster| ("cluster", cluster)));
    if let Some(mut context) = fields.object("logContext") {
        found.extend(detail::place(&mut context));
    }
    Ok(found)
}

/// Inputs and outputs: their values where there is a DataProxy, else where they are stored.
pub(super) async fn data(
    server: Rc<Server>,
    id: Id,
    name: String,
) -> Result<Decoded<StepData>, BackendError> {
    let name = if name.is_empty() { ROOT } else { &name };
    let mut data = StepData::default();
    let message = id.action(&server.scope, name, None);
    let mut text = Err(BackendError::no("DataProxy"));
    if server.has_data.get() != Some(false) {
        text = server.call(DATA, "GetActionData", message.clone()).await;
    }
    if let Err(BackendError::Unsupported(_)) = text {
        server.has_data.set(Some(false));
        data.lacking = Some(
            "this server has no DataProxy, so it tells where values are stored and not what they are"
                .into(),
        );
        text = server.call(RUNS, "GetActionDataURIs", message).await;
        // A success without outputs.
        if let Err(BackendError::NotFound(_)) = text {
            text = Ok("{}".into());
        }
    }
    let text = text?;
    let own = |name| slice::member(&text, name).map(String::from);
    (data.inputs, data.outputs) = (own("inputs"), own("outputs"));
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    (data.inputs_uri, data.outputs_uri) = (fields.text("inputsUri"), fields.text("outputsUri"));
    Ok(decoded(data, problems))
}

/// A link by which a browser gets the report of an attempt from the object store.
pub(super) async fn report(
    server: Rc<Server>,
    id: Id,
    step: String,
    attempt: u32,
) -> Result<Decoded<String>, BackendError> {
    let own = id.action(&server.scope, &step, Some(attempt));
    let message = [
        r#"{"artifactType":"ARTIFACT_TYPE_REPORT","actionAttemptId":"#,
        &own,
        "}",
    ];
    let text = server
        .call(DATA, "CreateDownloadLink", message.concat())
        .await?;
    let urls =
        slice::member(&text, "preSignedUrls").and_then(|urls| slice::member(urls, "signedUrl"));
    let first = urls.map(slice::items).unwrap_or_default();
    let first = first
        .first()
        .and_then(|text| serde_json::from_slice(text.as_bytes()).ok());
    match first {
        Some(serde_json::Value::String(url)) => Ok(decoded(url, Problems::new())),
        _ => Err(BackendError::Malformed("the answer has no link".into())),
    }
}
