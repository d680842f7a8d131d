//! What a change asks for: its query and its body, word by word.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::Action;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::resume::Mode;

/// No change needs more.
const MAX_BODY: usize = 64 * 1024;

pub(super) type Reader = fn(Option<&str>, &Bytes) -> Result<Action, Problem>;

/// The whole body, which is JSON if there is one.
pub(super) async fn body(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| {
        let why = format!("the body has more than {MAX_BODY} bytes, or did not come whole");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    })?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map(|kind| String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase());
    let is_json = kind
        .as_deref()
        .is_some_and(|kind| kind.split(';').next().map(str::trim) == Some("application/json"));
    if !bytes.is_empty() && !is_json {
        let why = format!(
            "the body is {}: Content-Type: application/json is needed",
            kind.unwrap_or_else(|| "of no known type".into())
        );
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    Ok(bytes)
}

/// The body's fields, which may only be these.
fn fields(bytes: &Bytes, names: &[&str]) -> Result<Map<String, Value>, Problem> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    let bad = |why: String| Problem::new(StatusCode::BAD_REQUEST, why);
    let fields = match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Err(bad("the body is no JSON object".into())),
        Err(error) => return Err(bad(format!("the body cannot be read as JSON ({error})"))),
    };
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) if names.is_empty() => {
            Err(bad(format!("the body has {key:?}: it takes no fields")))
        }
        Some(key) => Err(bad(format!(
            "the body has {key:?}: it takes only {}",
            names.join(", ")
        ))),
        None => Ok(fields),
    }
}

pub(super) fn terminate(query: Option<&str>, body: &Bytes) -> Result<Action, Problem> {
    let query = Query::read(query, &["policy"])?;
    fields(body, &[])?;
    let immediate = match query.last("policy") {
        None | Some("safe") => false,
        Some("immediate") => true,
        Some(other) => return Err(Problem::parameter("policy", other, "safe or immediate")),
    };
    Ok(Action::Terminate { immediate })
}

pub(super) fn delete(query: Option<&str>, body: &Bytes) -> Result<Action, Problem> {
    let query = Query::read(query, &["force"])?;
    fields(body, &[])?;
    let force = match query.last("force") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(Problem::parameter("force", other, "true or false")),
    };
    Ok(Action::Delete { force })
}

pub(super) fn reexecute(query: Option<&str>, body: &Bytes) -> Result<Action, Problem> {
    Query::read(query, &[])?;
    fields(body, &[])?;
    Ok(Action::Reexecute)
}

pub(super) fn resume(query: Option<&str>, body: &Bytes) -> Result<Action, Problem> {
    Query::read(query, &[])?;
    let fields = fields(body, &["token", "mode", "skip"])?;
    let bad = |why: &str| Problem::new(StatusCode::BAD_REQUEST, why);
    let token = token(&fields)?;
    let mode = match fields.get("mode") {
        None => Some(Mode::default()),
        Some(mode) => mode.as_str().and_then(Mode::from_word),
    };
    let mode = mode.ok_or_else(|| bad("\"mode\" takes incomplete or failed"))?;
    let skips = match fields.get("skip") {
        None => Some(Vec::new()),
        Some(Value::Array(keys)) => keys
            .iter()
            .map(|key| key.as_str().map(String::from))
            .collect(),
        Some(_) => None,
    };
    let skips = skips.ok_or_else(|| bad("\"skip\" takes a list of step keys"))?;
    Ok(Action::Resume { mode, token, skips })
}

/// The step stands in the path.
pub(super) fn mark_success(query: Option<&str>, body: &Bytes) -> Result<Action, Problem> {
    Query::read(query, &[])?;
    Ok(Action::MarkSuccess {
        step: String::new(),
        token: token(&fields(body, &["token"])?)?,
    })
}

fn token(fields: &Map<String, Value>) -> Result<String, Problem> {
    match fields.get("token") {
        Some(Value::String(token)) if !token.is_empty() => Ok(token.clone()),
        _ => {
            let why = "the body needs \"token\": that of the plan that was shown";
            Err(Problem::new(StatusCode::BAD_REQUEST, why))
        }
    }
}
