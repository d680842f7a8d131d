//! Websockets: two of them, one to the browser and one to the server, and every message of the browser is judged between them.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::socket_rules::{PROTOCOLS, Verdict, judge};
use super::{Proxies, forward, upstream::Upstream};
use crate::access::Admitted;
use crate::api::problem::Problem;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A page's operations are small; a server's answers may be large.
const FROM_BROWSER: usize = 1024 * 1024;
const FROM_SERVER: usize = 64 * 1024 * 1024;
/// Time for the other side to say good-bye as well.
const GOODBYE: Duration = Duration::from_secs(2);
/// What fits into the reason of a close frame.
const REASON: usize = 120;

/// Whether a request asks for a websocket. A GET, so it has been judged as one.
pub(super) fn is_wanted(request: &Parts) -> bool {
    request.method == Method::GET && has_word(&request.headers, header::UPGRADE, "websocket")
}

impl Proxies {
    pub(super) async fn socket(
        &self,
        upstream: &Upstream,
        to: Uri,
        request: &mut Parts,
        admitted: &Admitted,
    ) -> Result<Response<Body>, Problem> {
        let name = &upstream.name;
        let denied =
            |status, detail: String| Err(Problem::new(status, format!("{name}: {detail}")));
        // Browsers ask any server for a websocket, with its cookies, and leave it to the server to look at the origin. One that came was compared.
        if matches!(admitted, Admitted::Cookie(_)) && !request.headers.contains_key(header::ORIGIN)
        {
            return denied(
                StatusCode::FORBIDDEN,
                "a websocket says by Origin which page asks for it".into(),
            );
        }
        let key = request.headers.get(header::SEC_WEBSOCKET_KEY).cloned();
        let version = request.headers.get(header::SEC_WEBSOCKET_VERSION);
        let (Some(key), true) = (key, version.is_some_and(|version| version == "13")) else {
            return denied(
                StatusCode::BAD_REQUEST,
                "a websocket has a key, and the version 13".into(),
            );
        };
        let offered = offered(&request.headers);
        if offered.is_empty() {
            return denied(
                StatusCode::FORBIDDEN,
                format!(
                    "only websockets of the protocols {} pass, because others cannot be judged",
                    PROTOCOLS.join(" and ")
                ),
            );
        }
        let browser = request.extensions.remove::<OnUpgrade>();
        let Some(browser) = browser else {
            return denied(
                StatusCode::BAD_REQUEST,
                "this connection cannot become a websocket".into(),
            );
        };
        let (server, protocol) = self.dial(upstream, to, &offered).await?;

        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(protocol),
        );
        let accept =
            HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(Problem::broken)?;
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);

        let (name, shutdown) = (name.clone(), self.shutdown.clone());
        tokio::spawn(async move {
            // Otherwise the browser went before it began.
            if let Ok(browser) = browser.await {
                let limits = WebSocketConfig::default()
                    .max_message_size(Some(FROM_BROWSER))
                    .max_frame_size(Some(FROM_BROWSER))
                    .read_buffer_size(8192);
                let browser = WebSocketStream::from_raw_socket(
                    TokioIo::new(browser),
                    Role::Server,
                    Some(limits),
                )
                .await;
                tunnel(&name, browser, server, shutdown).await;
            }
        });
        Ok(response)
    }

    /// Opens a websocket to the server.
    async fn dial(
        &self,
        upstream: &Upstream,
        to: Uri,
        offered: &[&'static str],
    ) -> Result<(Socket, &'static str), Problem> {
        let name = &upstream.name;
        let bad =
            |detail: String| Problem::new(StatusCode::BAD_GATEWAY, format!("{name} {detail}"));
        let key = generate_key();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        headers.insert(
            header::SEC_WEBSOCKET_KEY,
            HeaderValue::from_str(&key).map_err(Problem::broken)?,
        );
        let protocols = HeaderValue::from_str(&offered.join(", ")).map_err(Problem::broken)?;
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocols);
        forward::add_own(upstream, &mut headers)?;
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = to;
        *request.headers_mut() = headers;

        let mut answer = self.client.ask(name, request).await?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(bad(format!(
                "opens no websocket here: it answers {}",
                answer.status()
            )));
        }
        let accept = derive_accept_key(key.as_bytes());
        let accepted = answer
            .headers()
            .get(header::SEC_WEBSOCKET_ACCEPT)
            .is_some_and(|value| *value == accept);
        if !accepted || !has_word(answer.headers(), header::UPGRADE, "websocket") {
            return Err(bad("answers, but not as a websocket does".into()));
        }
        let chosen = answer.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
        let protocol = offered
            .iter()
            .copied()
            .find(|protocol| chosen.is_some_and(|chosen| chosen == protocol));
        let Some(protocol) = protocol else {
            return Err(bad(format!(
                "speaks none of the websocket protocols that were offered: {}",
                offered.join(", ")
            )));
        };
        let server = hyper::upgrade::on(&mut answer)
            .await
            .map_err(|error| bad(format!("opens no websocket: {error}")))?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(FROM_SERVER))
            .max_frame_size(Some(FROM_SERVER))
            .read_buffer_size(65536);
        let server =
            WebSocketStream::from_raw_socket(TokioIo::new(server), Role::Client, Some(limits))
                .await;
        Ok((server, protocol))
    }
}

/// Carries messages until one side ends, and tells the other why.
async fn tunnel(name: &str, browser: Socket, server: Socket, mut shutdown: watch::Receiver<bool>) {
    let (mut to_browser, mut from_browser) = browser.split();
    let (mut to_server, mut from_server) = server.split();
    // What the bridge itself answers goes between what the server answers.
    let (own, mut owned) = mpsc::channel(16);
    let last = tokio::select! {
        last = up(name, &mut from_browser, &mut to_server, own) => last,
        last = down(name, &mut from_server, &mut to_browser, &mut owned) => last,
        _ = shutdown.wait_for(|stop| *stop) => Last::both(CloseCode::Away, "the bridge stops"),
    };
    // Either may be gone already.
    let ends = async {
        let _ = to_server.send(Message::Close(last.to_server)).await;
        let _ = to_browser.send(Message::Close(last.to_browser)).await;
        while from_browser
            .next()
            .await
            .is_some_and(|message| message.is_ok())
        {}
    };
    let _ = tokio::time::timeout(GOODBYE, ends).await;
}

/// The close frames that end a tunnel.
struct Last {
    to_browser: Option<CloseFrame>,
    to_server: Option<CloseFrame>,
}

impl Last {
    fn both(code: CloseCode, reason: &str) -> Last {
        let end = reason
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= REASON)
            .last();
        let short = match reason.len() > REASON {
            true => reason.get(..end.unwrap_or(0)).unwrap_or_default(),
            false => reason,
        };
        let frame = CloseFrame {
            code,
            reason: short.into(),
        };
        Last {
            to_browser: Some(frame.clone()),
            to_server: Some(frame),
        }
    }

    /// What one side said in the end, for the other.
    fn said(frame: Option<CloseFrame>) -> Last {
        Last {
            to_browser: frame.clone(),
            to_server: frame,
        }
    }
}

async fn up(
    name: &str,
    from: &mut SplitStream<Socket>,
    to: &mut SplitSink<Socket, Message>,
    own: mpsc::Sender<String>,
) -> Last {
    loop {
        let text = match from.next().await {
            Some(Ok(Message::Text(text))) => text,
            // The protocols are JSON; a server that takes it in another dress would not be judged.
            Some(Ok(Message::Binary(_))) => {
                return Last::both(CloseCode::Unsupported, "binary messages are refused");
            }
            Some(Ok(Message::Close(frame))) => return Last::said(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => return Last::both(CloseCode::Policy, &error.to_string()),
            None => return Last::both(CloseCode::Away, "the page is gone"),
        };
        let sent = match judge(name, text.as_str()) {
            Verdict::Pass(text) => to.send(Message::text(text)).await.is_ok(),
            Verdict::Answer(text) => own.send(text).await.is_ok(),
            Verdict::Close(why) => return Last::both(CloseCode::Policy, &why),
        };
        if !sent {
            return Last::both(CloseCode::Error, &format!("{name} ended the connection"));
        }
    }
}

async fn down(
    name: &str,
    from: &mut SplitStream<Socket>,
    to: &mut SplitSink<Socket, Message>,
    own: &mut mpsc::Receiver<String>,
) -> Last {
    loop {
        let message = tokio::select! {
            Some(text) = own.recv() => Message::text(text),
            message = from.next() => match message {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => message,
                Some(Ok(Message::Close(frame))) => return Last::said(frame),
                // Answered on this side; the browser has its own.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Message::Ping(Bytes::new()),
                Some(Err(_)) | None => return Last::both(CloseCode::Error, &format!("{name} ended the connection")),
            },
        };
        if to.send(message).await.is_err() {
            return Last::both(CloseCode::Away, "the page is gone");
        }
    }
}

/// The protocols that are offered and that can be judged.
fn offered(headers: &HeaderMap) -> Vec<&'static str> {
    let known =
        |protocol: &&'static str| has_word(headers, header::SEC_WEBSOCKET_PROTOCOL, protocol);
    PROTOCOLS.into_iter().filter(known).collect()
}

/// Whether one of the words of a list is this.
fn has_word(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(word))
}
