//! Websockets: two of them, one to the browser and one to the server, and every message of the browser is judged between them.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::socket_rules::PROTOCOLS;
use super::tunnel::tunnel;
use super::{Proxies, forward, upstream::Upstream};
use crate::access::Admitted;
use crate::api::problem::Problem;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A page's operations are small; a server's answers may be large.
const FROM_BROWSER: usize = 1024 * 1024;
const FROM_SERVER: usize = 64 * 1024 * 1024;

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
