//! Servers to stand behind the proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

type Pieces = mpsc::Receiver<Result<Bytes, std::io::Error>>;

/// A server that tells what it was asked.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    /// Gives the body of the next answer at `/stream`, piece by piece. Dropping it ends the body, an error cuts it.
    pub(crate) pieces: mpsc::Sender<Result<Bytes, std::io::Error>>,
    /// What arrives at `/upload`, piece by piece.
    pub(crate) arrived: mpsc::Receiver<usize>,
    /// Says that the body at `/stream` is wanted no more.
    pub(crate) abandoned: mpsc::Receiver<()>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Vec<Value>>>,
    pieces: Arc<Mutex<Option<Pieces>>>,
    arrived: mpsc::Sender<usize>,
    abandoned: mpsc::Sender<()>,
}

impl Upstream {
    pub(crate) async fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pieces, to_send) = mpsc::channel(16);
        let (arriving, arrived) = mpsc::channel(1024);
        let (leaving, abandoned) = mpsc::channel(1);
        let shared = Shared {
            seen: Arc::default(),
            pieces: Arc::new(Mutex::new(Some(to_send))),
            arrived: arriving,
            abandoned: leaving,
        };
        let seen = shared.seen.clone();
        let router = Router::new().fallback(answer).with_state(shared);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Upstream {
            address,
            seen,
            pieces,
            arrived,
            abandoned,
            server,
        }
    }

    /// The argument that puts it behind a bridge.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{name}=http://{}", self.address)
    }

    /// All that it was asked since the last time.
    pub(crate) fn seen(&self) -> Vec<Value> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Leaving(mpsc::Sender<()>);

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let mut headers = serde_json::Map::new();
    for (name, value) in &parts.headers {
        headers.insert(
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into(),
        );
    }
    let mut seen =
        json!({"method": parts.method.as_str(), "uri": parts.uri.to_string(), "headers": headers});
    let path = parts.uri.path();
    match path {
        "/upload" => {
            shared.seen.lock().unwrap().push(seen);
            let mut pieces = body.into_data_stream();
            let mut total = 0;
            while let Some(piece) = pieces.next().await {
                let len = piece.unwrap().len();
                total += len;
                // A test that sends much does not count the pieces.
                let _ = shared.arrived.try_send(len);
            }
            Response::new(Body::from(total.to_string()))
        }
        "/stream" | "/flyteidl2.workflow.RunService/WatchRuns" => {
            shared.seen.lock().unwrap().push(seen);
            let pieces = shared
                .pieces
                .lock()
                .unwrap()
                .take()
                .expect("one stream for each server");
            let leaving = Leaving(shared.abandoned.clone());
            let stream =
                futures_util::stream::unfold((pieces, leaving), |(mut pieces, leaving)| async {
                    let piece = pieces.recv().await?;
                    Some((piece, (pieces, leaving)))
                });
            let mut response = Response::new(Body::from_stream(stream));
            let kind = if path == "/stream" {
                "text/event-stream"
            } else {
                "application/connect+json"
            };
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            response
        }
        "/big" => {
            let size: usize = parts.uri.query().unwrap().parse().unwrap();
            let piece = Bytes::from(vec![b'x'; 65536]);
            let stream = futures_util::stream::iter(
                (0..size / piece.len()).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
            );
            Response::new(Body::from_stream(stream))
        }
        "/redirect" => {
            let place = parts.uri.query().unwrap();
            let mut response = Response::new(Body::from("elsewhere"));
            *response.status_mut() = StatusCode::FOUND;
            response
                .headers_mut()
                .insert(header::LOCATION, HeaderValue::from_str(place).unwrap());
            response
        }
        _ => {
            let body = to_bytes(body, usize::MAX).await.unwrap();
            seen["body"] = String::from_utf8_lossy(&body).into();
            shared.seen.lock().unwrap().push(seen.clone());
            let mut response = Response::new(Body::from(seen.to_string()));
            let headers = response.headers_mut();
            for (name, value) in [
                (header::CONTENT_TYPE, "text/html"),
                (header::SET_COOKIE, "stolen=1"),
                (header::WWW_AUTHENTICATE, "Basic"),
                (header::CONTENT_SECURITY_POLICY, "script-src *"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                (header::HeaderName::from_static("clear-site-data"), "\"*\""),
                (header::HeaderName::from_static("server-timing"), "db;dur=1"),
                (
                    header::HeaderName::from_static("x-dagster-call-counts"),
                    "{}",
                ),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
            response
        }
    }
}
