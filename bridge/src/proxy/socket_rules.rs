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

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(kind: &str, query: &str) -> String {
        json!({"type": kind, "id": "1", "payload": {"query": query, "variables": {"a": 1}}})
            .to_string()
    }

    #[test]
    fn reads_pass_in_both_protocols() {
        for text in [
            operation("start", "subscription { logs }"),
            operation("subscribe", "query { a }"),
            r#"{"type":"connection_init","payload":{"a":1}}"#.into(),
            r#"{"type":"stop","id":"1"}"#.into(),
            r#"{"type":"ping"}"#.into(),
        ] {
            let Verdict::Pass(passed) = judge("d", &text) else {
                panic!("{text}")
            };
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(json(&passed), json(&text));
        }
    }

    #[test]
    fn changes_are_answered_and_the_rest_goes_on() {
        for (kind, error) in [
            (
                "start",
                r#"{"message":"d: mutation x is refused: a websocket changes nothing here, whatever is allowed"}"#,
            ),
            (
                "subscribe",
                r#"[{"message":"d: mutation x is refused: a websocket changes nothing here, whatever is allowed"}]"#,
            ),
        ] {
            let answer = format!(r#"{{"id":"1","payload":{error},"type":"error"}}"#);
            assert_eq!(
                judge("d", &operation(kind, "mutation { x }")),
                Verdict::Answer(answer)
            );
        }
    }

    #[test]
    fn what_is_not_understood_ends_the_socket() {
        for text in [
            "",
            "x",
            "[]",
            r#"{"type":"execute","payload":{"query":"mutation { x }"}}"#,
            r#"{"type":"stop","type":"start","id":"1","payload":{"query":"mutation { x }"}}"#,
            r#"{"type":"ping","query":"mutation { x }"}"#,
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"start","id":"1","payload":"mutation { x }"}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{ a }","Query":"mutation { x }"}}"#,
        ] {
            assert!(matches!(judge("d", text), Verdict::Close(_)), "{text}");
        }
    }
}
