//! GraphQL over websockets, frame by frame: those of a real Dagster webserver (1.13.27), and of the newer protocol as its specification has them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use runboard_core::net::graphql_ws::{GraphqlWs, Happened};
use serde_json::{Value, json};

fn sent(frame: &str) -> Value {
    serde_json::from_str(frame).unwrap()
}

#[test]
fn the_old_protocol_is_spoken_as_dagster_speaks_it() {
    let mut ws = GraphqlWs::new("graphql-ws").unwrap();
    assert_eq!(
        sent(&ws.hello()),
        json!({"type": "connection_init", "payload": {}})
    );
    assert_eq!(ws.take(r#"{"type":"connection_ack"}"#), Happened::Ready);
    assert_eq!(
        sent(&ws.subscribe("subscription{x(a:\"b\")}", r#"{"r":"1"}"#)),
        json!({"id": "1", "type": "start", "payload": {"query": "subscription{x(a:\"b\")}", "variables": {"r": "1"}}})
    );
    let data = r#"{"type":"data","id":"1","payload":{"data":{"pipelineRunLogs":{"__typename":"PipelineRunLogsSubscriptionSuccess"}}}}"#;
    let Happened::Data(payload) = ws.take(data) else {
        panic!("no data")
    };
    assert_eq!(
        payload["data"]["pipelineRunLogs"]["__typename"],
        "PipelineRunLogsSubscriptionSuccess"
    );
    assert_eq!(ws.take(r#"{"type":"ka"}"#), Happened::Beat);
    assert_eq!(
        ws.take(r#"{"type":"error","id":"1","payload":{"message":"Cannot query field 'nope' on type 'Subscription'.","locations":[]}}"#),
        Happened::Refused("Cannot query field 'nope' on type 'Subscription'.".into())
    );
    assert_eq!(
        ws.take(r#"{"type":"complete","id":"1"}"#),
        Happened::Complete
    );
    assert_eq!(sent(&ws.stop()), json!({"id": "1", "type": "stop"}));
}

#[test]
fn the_new_protocol_is_spoken_too() {
    let mut ws = GraphqlWs::new("graphql-transport-ws").unwrap();
    assert_eq!(
        ws.take(r#"{"type":"connection_ack","payload":null}"#),
        Happened::Ready
    );
    assert_eq!(sent(&ws.subscribe("s", "{}"))["type"], "subscribe");
    let next = ws.take(r#"{"id":"1","type":"next","payload":{"data":{"a":1}}}"#);
    assert_eq!(next, Happened::Data(json!({"data": {"a": 1}})));
    assert_eq!(
        ws.take(r#"{"type":"ping","payload":{}}"#),
        Happened::Send(r#"{"type":"pong"}"#.into())
    );
    assert_eq!(ws.take(r#"{"type":"pong"}"#), Happened::Beat);
    assert_eq!(
        ws.take(r#"{"id":"1","type":"error","payload":[{"message":"a"},{"message":"b"}]}"#),
        Happened::Refused("a; b".into())
    );
    assert_eq!(sent(&ws.stop()), json!({"id": "1", "type": "complete"}));
}

#[test]
fn what_is_no_frame_is_said() {
    let mut ws = GraphqlWs::new("graphql-ws").unwrap();
    for (text, words) in [
        ("", "no JSON object"),
        ("[]", "no JSON object"),
        ("{}", "unknown type \"\""),
        (r#"{"type":"hello"}"#, "unknown type \"hello\""),
        (r#"{"type":"connection_error"}"#, "without words"),
    ] {
        match ws.take(text) {
            Happened::Refused(said) => assert!(said.contains(words), "{text}: {said}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(GraphqlWs::new(""), None);
    assert_eq!(GraphqlWs::new("mqtt"), None);
}

proptest! {
    #[test]
    fn no_frame_makes_a_panic(text in ".{0,80}", kind in "[a-z_]{0,12}", new in any::<bool>()) {
        let mut ws = GraphqlWs::new(if new { "graphql-transport-ws" } else { "graphql-ws" }).unwrap();
        ws.take(&text);
        ws.take(&json!({"type": kind, "payload": text}).to_string());
    }
}
