//! Websockets: the legacy GraphQL protocol as Dagster speaks it, and the modern one; what changes something does not pass.

use std::sync::{Arc, Mutex};

use axum::http::HeaderValue;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use super::ask::{bridge, get};
use super::client::PATIENCE;
use super::site::Site;
use super::upstream::Upstream;

type Client = WebSocketStream<TcpStream>;

/// What was asked for, and the cookie that came with it.
type Handshake = (String, Option<String>);
type Kept<T> = Arc<Mutex<Vec<T>>>;

/// A GraphQL server that answers each operation once, and tells all that it heard.
struct Server {
    named: String,
    heard: Kept<Value>,
    handshakes: Kept<Handshake>,
}

#[allow(
    clippy::result_large_err,
    reason = "the library's own form of a handshake"
)]
async fn server(protocol: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let named = format!("d=http://{}/dg", listener.local_addr().unwrap());
    let (heard, handshakes) = (Arc::default(), Arc::default());
    let server = Server {
        named,
        heard: Arc::clone(&heard),
        handshakes: Arc::clone(&handshakes),
    };
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (heard, handshakes): (Kept<Value>, Kept<Handshake>) =
                (heard.clone(), handshakes.clone());
            tokio::spawn(async move {
                let choose = |request: &Request, mut response: Response| {
                    let cookie = request
                        .headers()
                        .get("cookie")
                        .map(|value| value.to_str().unwrap().to_string());
                    handshakes
                        .lock()
                        .unwrap()
                        .push((request.uri().to_string(), cookie));
                    response
                        .headers_mut()
                        .insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
                    Ok(response)
                };
                let mut socket = accept_hdr_async(socket, choose).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else {
                        continue;
                    };
                    let message: Value = serde_json::from_str(text.as_str()).unwrap();
                    heard.lock().unwrap().push(message.clone());
                    let answer = match message["type"].as_str().unwrap() {
                        "connection_init" => json!({"type": "connection_ack"}),
                        "start" => {
                            json!({"type": "data", "id": message["id"], "payload": {"data": "x".repeat(300_000)}})
                        }
                        "subscribe" => {
                            json!({"type": "next", "id": message["id"], "payload": {"data": {}}})
                        }
                        "stop" => {
                            let frame = CloseFrame {
                                code: 4000.into(),
                                reason: "enough".into(),
                            };
                            let _ = socket.close(Some(frame)).await;
                            continue;
                        }
                        "complete" => return,
                        _ => continue,
                    };
                    socket
                        .send(Message::text(answer.to_string()))
                        .await
                        .unwrap();
                }
            });
        }
    });
    server
}

async fn connect(
    site: &Site,
    headers: &[(&'static str, &str)],
) -> Result<(Client, Option<String>), (u16, String)> {
    let mut request = format!("ws://{}/proxy/d/graphql", site.address)
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let socket = TcpStream::connect(site.address).await.unwrap();
    let opened = tokio::time::timeout(PATIENCE, client_async(request, socket))
        .await
        .expect("no answer came");
    match opened {
        Ok((socket, response)) => {
            let protocol = response.headers().get("sec-websocket-protocol");
            Ok((
                socket,
                protocol.map(|protocol| protocol.to_str().unwrap().to_string()),
            ))
        }
        Err(Error::Http(response)) => Err((
            response.status().as_u16(),
            String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned(),
        )),
        Err(error) => panic!("{error}"),
    }
}

async fn open(site: &Site, protocol: &str) -> Client {
    let origin = format!("http://{}", site.address);
    let (mut client, _) = connect(
        site,
        &[("origin", &origin), ("sec-websocket-protocol", protocol)],
    )
    .await
    .unwrap();
    say(
        &mut client,
        json!({"type": "connection_init", "payload": {}}),
    )
    .await;
    assert_eq!(hear(&mut client).await["type"], "connection_ack");
    client
}

async fn say(client: &mut Client, message: Value) {
    client
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

async fn next(client: &mut Client) -> Option<Result<Message, Error>> {
    tokio::time::timeout(PATIENCE, client.next())
        .await
        .expect("nothing came")
}

async fn hear(client: &mut Client) -> Value {
    match next(client).await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(text.as_str()).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn end(client: &mut Client) -> (u16, String) {
    match next(client).await {
        Some(Ok(Message::Close(Some(frame)))) => (frame.code.into(), frame.reason.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_pass_and_mutations_do_not() {
    for (protocol, begin, answer) in [
        ("graphql-ws", "start", "data"),
        ("graphql-transport-ws", "subscribe", "next"),
    ] {
        let server = server(protocol).await;
        // Even where changes are allowed: a websocket cannot say that it means one.
        let site = bridge(&["--proxy", &server.named, "--allow-actions"]);
        let mut client = open(&site, protocol).await;
        assert_eq!(
            server.handshakes.lock().unwrap().as_slice(),
            [("/dg/graphql".to_string(), None)]
        );
        for query in [
            "mutation { deleteRun { id } }",
            "query Q { a } mutation M { deleteRun { id } }",
        ] {
            say(
                &mut client,
                json!({"type": begin, "id": "1", "payload": {"query": query}}),
            )
            .await;
            let error = hear(&mut client).await;
            assert_eq!(
                (&error["type"], &error["id"]),
                (&json!("error"), &json!("1"))
            );
            let payload = error["payload"].get(0).unwrap_or(&error["payload"]);
            assert!(
                payload["message"]
                    .as_str()
                    .unwrap()
                    .starts_with("d: mutation deleteRun is refused"),
                "{error}"
            );
        }
        // The socket lives on, and the server heard nothing of it.
        let read = json!({"type": begin, "id": "2", "payload": {"query": "subscription S { logs }", "variables": {"cursor": null}}});
        say(&mut client, read.clone()).await;
        let heard = hear(&mut client).await;
        assert_eq!(
            (&heard["type"], &heard["id"]),
            (&json!(answer), &json!("2"))
        );
        assert_eq!(
            *server.heard.lock().unwrap(),
            [json!({"type": "connection_init", "payload": {}}), read]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_graphql_ends_the_socket() {
    let server = server("graphql-ws").await;
    let site = bridge(&["--proxy", &server.named]);
    for (message, code) in [
        (Message::text("mutation { x }"), 1008),
        (
            Message::text("{\"type\": \"execute\", \"id\": \"1\"}"),
            1008,
        ),
        (Message::binary(&b"{\"type\": \"start\"}"[..]), 1003),
    ] {
        let mut client = open(&site, "graphql-ws").await;
        client.send(message).await.unwrap();
        assert_eq!(end(&mut client).await.0, code);
    }
    // More than is read at all: the good-bye may be lost with the rest.
    let mut client = open(&site, "graphql-ws").await;
    let _ = client.send(Message::text("x".repeat(2 << 20))).await;
    while let Some(Ok(message)) = next(&mut client).await {
        assert!(matches!(message, Message::Close(_)), "{message:?}");
    }
    let heard = server.heard.lock().unwrap();
    assert!(
        heard
            .iter()
            .all(|message| message["type"] == "connection_init")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_open_sockets() {
    let server = server("graphql-ws").await;
    let site = bridge(&["--proxy", &server.named]);
    let own = format!("http://{}", site.address);
    let protocol = ("sec-websocket-protocol", "graphql-ws");
    for (headers, words) in [
        (
            vec![("origin", "http://evil.example"), protocol],
            "http://evil.example",
        ),
        (vec![("origin", "null"), protocol], "null"),
        (
            vec![
                ("origin", own.as_str()),
                ("sec-fetch-site", "cross-site"),
                protocol,
            ],
            "other sites",
        ),
        (vec![("host", "evil.example"), protocol], "evil.example"),
        (
            vec![("origin", own.as_str())],
            "graphql-ws and graphql-transport-ws",
        ),
        (
            vec![("origin", own.as_str()), ("sec-websocket-protocol", "soap")],
            "graphql-ws and graphql-transport-ws",
        ),
    ] {
        let (status, body) = connect(&site, &headers).await.map(drop).unwrap_err();
        assert_eq!(status, 403, "{headers:?}");
        assert!(body.contains(words), "{headers:?}: {body}");
    }
    assert!(server.handshakes.lock().unwrap().is_empty());
    let headers = [
        ("origin", own.as_str()),
        ("cookie", "a=b"),
        ("sec-websocket-protocol", "soap, graphql-ws"),
    ];
    let (_, protocol) = connect(&site, &headers).await.unwrap();
    assert_eq!(protocol.as_deref(), Some("graphql-ws"));
    assert_eq!(server.handshakes.lock().unwrap().pop().unwrap().1, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_learn_how_the_other_ended() {
    let server = server("graphql-ws").await;
    let site = bridge(&["--proxy", &server.named]);
    let mut client = open(&site, "graphql-ws").await;
    say(&mut client, json!({"type": "stop", "id": "1"})).await;
    assert_eq!(end(&mut client).await, (4000, "enough".into()));
    let mut client = open(&site, "graphql-ws").await;
    // The server drops its connection.
    say(&mut client, json!({"type": "complete", "id": "1"})).await;
    assert_eq!(
        end(&mut client).await,
        (1011, "d ended the connection".into())
    );
    assert!(!matches!(next(&mut client).await, Some(Ok(_))));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_stops_says_so() {
    let server = server("graphql-ws").await;
    let mut site = bridge(&["--proxy", &server.named]);
    let mut client = open(&site, "graphql-ws").await;
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &site.child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    assert_eq!(end(&mut client).await, (1001, "the bridge stops".into()));
    assert!(site.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_websockets_is_named() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d")]);
    let origin = format!("http://{}", site.address);
    let headers = [
        ("origin", origin.as_str()),
        ("sec-websocket-protocol", "graphql-ws"),
    ];
    let (status, body) = connect(&site, &headers).await.map(drop).unwrap_err();
    assert_eq!(status, 502);
    assert!(
        body.contains("d opens no websocket here: it answers 200 OK"),
        "{body}"
    );
    // A request that only looks like one is judged as the GET that it is.
    let path = "/proxy/d/graphql?query=mutation%7Bx%7D";
    let upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "graphql-ws"),
    ];
    server.seen();
    let reply = tokio::task::block_in_place(|| site.ask("GET", path, &upgrade));
    assert_eq!(reply.status, 403);
    assert!(server.seen().is_empty());
    assert_eq!(get(&site, "/proxy/d/x").await.status, 200);
}
