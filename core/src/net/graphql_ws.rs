//! [`GraphqlWs`]: GraphQL subscriptions over one websocket, as frames in and frames out. It opens nothing and waits for nothing.
//!
//! Two protocols, which the server chooses by the subprotocol that it names: `graphql-ws`, the old one of Apollo's subscriptions-transport-ws
//! (`start`, `data`, `stop`, `ka`), which Dagster speaks, and `graphql-transport-ws` (`subscribe`, `next`, `complete`, `ping`), its successor.

use serde_json::Value;

use crate::store::json::JsonText;

/// What is offered to a server; one that speaks both is to take the newer.
pub const PROTOCOLS: [&str; 2] = ["graphql-transport-ws", "graphql-ws"];

/// What a frame brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The server takes subscriptions now.
    Ready,
    /// An answer to the subscription: its whole payload, with `data` and maybe `errors`.
    Data(Value),
    /// The server takes the subscription not, or not any more: its words.
    Refused(String),
    /// Nothing more will come.
    Complete,
    /// A sign of life.
    Beat,
    /// Is to be sent.
    Send(String),
}

/// One connection with one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphqlWs {
    is_new: bool,
    is_ready: bool,
}

fn frame(kind: &str, id: bool) -> JsonText {
    let mut json = JsonText::new();
    json.open('{');
    if id {
        json.text_field("id", Some("1"));
    }
    json.text_field("type", Some(kind));
    json
}

impl GraphqlWs {
    /// `protocol` is the one that the server named. `None`: it named none that we speak.
    pub fn new(protocol: &str) -> Option<GraphqlWs> {
        let place = PROTOCOLS.iter().position(|known| *known == protocol)?;
        Some(GraphqlWs {
            is_new: place == 0,
            is_ready: false,
        })
    }

    /// The first frame.
    pub fn hello(&self) -> String {
        let mut json = frame("connection_init", false);
        json.key("payload").raw("{}").close('}');
        json.finish()
    }

    /// The subscription, once the server is ready. One operation a document: Dagster does not read the operation's name.
    pub fn subscribe(&self, document: &str, variables: &str) -> String {
        let mut json = frame(if self.is_new { "subscribe" } else { "start" }, true);
        json.key("payload").open('{');
        json.text_field("query", Some(document));
        json.key("variables").raw(variables).close('}').close('}');
        json.finish()
    }

    /// Ends the subscription.
    pub fn stop(&self) -> String {
        let mut json = frame(if self.is_new { "complete" } else { "stop" }, true);
        json.close('}');
        json.finish()
    }

    /// Takes a frame. What is no frame of the protocol is refused with words, never passed over.
    pub fn take(&mut self, text: &str) -> Happened {
        let Ok(Value::Object(mut frame)) = serde_json::from_slice(text.as_bytes()) else {
            return Happened::Refused("a frame that is no JSON object".into());
        };
        let payload = frame.remove("payload").unwrap_or(Value::Null);
        let kind = frame
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match kind {
            "connection_ack" if !self.is_ready => {
                self.is_ready = true;
                Happened::Ready
            }
            "connection_ack" | "ka" | "connection_keep_alive" | "pong" => Happened::Beat,
            "ping" => Happened::Send("{\"type\":\"pong\"}".into()),
            "data" | "next" => Happened::Data(payload),
            "complete" => Happened::Complete,
            "error" | "connection_error" => Happened::Refused(words(&payload)),
            _ => Happened::Refused(["a frame of the unknown type \"", kind, "\""].concat()),
        }
    }
}

/// The messages of an error's payload: one object, or a list of them.
fn words(payload: &Value) -> String {
    let message = |error: &Value| {
        error
            .get("message")
            .and_then(Value::as_str)
            .map(String::from)
    };
    let all: Vec<String> = match payload {
        Value::Array(errors) => errors.iter().filter_map(message).collect(),
        one => message(one).into_iter().collect(),
    };
    match all.is_empty() {
        true => "an error without words".into(),
        false => all.join("; "),
    }
}
