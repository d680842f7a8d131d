//! What a browser may say over a websocket: the two GraphQL protocols, and in them what reads.
//!
//! `graphql-ws` (legacy, what Dagster speaks) begins operations with `start`, `graphql-transport-ws` with `subscribe`.

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::graphql::{Operation, Refusal};

pub(crate) const PROTOCOLS: [&str; 2] = ["graphql-ws", "graphql-transport-ws"];

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This goes on in its place.
    Pass(String),
    /// The browser is told that this operation failed; others go on.
    Answer(String),
    /// The socket is closed, with this reason.
    Close(String),
}

/// Judges a message. Changes never pass here: a websocket cannot carry the header that they need.
pub(crate) fn judge(name: &str, text: &str) -> Verdict {
    let close = |why: String| Verdict::Close(format!("{name}: {why}"));
    let mut message: Message = match serde_json::from_str(text) {
        Ok(message) => message,
        Err(error) => {
            return close(format!(
                "this is no message of a GraphQL websocket: {error}"
            ));
        }
    };
    match message.kind.as_str() {
        "connection_init" | "connection_terminate" | "stop" | "complete" | "ping" | "pong" => {}
        "start" | "subscribe" => {
            let payload = message.payload.as_ref().map_or("", |payload| payload.get());
            let operation: Operation = match serde_json::from_str(payload) {
                Ok(operation) => operation,
                Err(error) => return close(format!("this is no GraphQL operation: {error}")),
            };
            let why = match operation.check() {
                Ok(()) => None,
                Err(Refusal::Change(what)) => Some(format!(
                    "{name}: {what} is refused: a websocket changes nothing here, whatever is allowed"
                )),
                Err(Refusal::Unclear(why)) => Some(format!("{name}: {why}")),
            };
            if let Some(message_text) = why {
                let error = json!({"message": message_text});
                let payload = if message.kind == "start" {
                    error
                } else {
                    json!([error])
                };
                return Verdict::Answer(
                    json!({"type": "error", "id": message.id, "payload": payload}).to_string(),
                );
            }
            match serde_json::to_string(&operation).and_then(RawValue::from_string) {
                Ok(payload) => message.payload = Some(payload),
                Err(error) => return close(error.to_string()),
            }
        }
        kind => return close(format!("a message of the type {kind:?} is refused")),
    }
    match serde_json::to_string(&message) {
        Ok(text) => Verdict::Pass(text),
        Err(error) => close(error.to_string()),
    }
}
