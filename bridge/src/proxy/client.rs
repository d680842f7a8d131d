//! The client for all proxied servers: it keeps connections, follows nothing, and has no time limit once a server has been reached, because
//! a stream may be silent for long, even before its first header.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::api::problem::Problem;

const CONNECT: Duration = Duration::from_secs(10);
/// Below the 5 s after which uvicorn and Node close a connection that nobody uses, maybe just when it is used.
const IDLE: Duration = Duration::from_secs(4);
/// A server that vanished without a word is noticed.
const ALIVE: Duration = Duration::from_secs(30);

pub(crate) enum Client {
    Plain(legacy::Client<HttpConnector, Body>),
    #[cfg(feature = "tls")]
    Tls(legacy::Client<hyper_rustls::HttpsConnector<HttpConnector>, Body>),
}

impl Client {
    /// # Errors
    /// One line: https is wanted, and this build has none or the system has no roots to trust.
    pub(crate) fn new(https: bool) -> Result<Client, String> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.set_keepalive(Some(ALIVE));
        http.set_nodelay(true);
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new());
        if !https {
            return Ok(Client::Plain(builder.build(http)));
        }
        #[cfg(feature = "tls")]
        {
            http.enforce_http(false);
            let tls = hyper_rustls::HttpsConnectorBuilder::new()
                .with_native_roots()
                .map_err(|error| format!("https needs certificates to trust, and this system shows none ({error}): SSL_CERT_FILE names a file with them"))?
                .https_or_http()
                .enable_http1()
                .wrap_connector(http);
            Ok(Client::Tls(builder.build(tls)))
        }
        #[cfg(not(feature = "tls"))]
        Err("this build of the bridge speaks no https: build it with the feature `tls`".into())
    }

    /// # Errors
    /// The server cannot be reached, or does not speak HTTP. It is called by its name, not by its address.
    pub(crate) async fn ask(
        &self,
        name: &str,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Problem> {
        let answer = match self {
            Client::Plain(client) => client.request(request).await,
            #[cfg(feature = "tls")]
            Client::Tls(client) => client.request(request).await,
        };
        answer.map_err(|error| {
            let why = reason(&error);
            let what = if error.is_connect() {
                "cannot be reached"
            } else {
                "ended the connection without an answer"
            };
            Problem::new(StatusCode::BAD_GATEWAY, format!("{name} {what}: {why}"))
        })
    }
}

/// The innermost words, which speak of the connection and of nothing that was sent.
fn reason(error: &Error) -> String {
    let mut inner = error.source();
    let mut words = String::from("no reason was given");
    while let Some(error) = inner {
        words = match error.downcast_ref::<io::Error>() {
            Some(io) if io.raw_os_error().is_some() => io.kind().to_string(),
            _ => error.to_string(),
        };
        inner = error.source();
    }
    words
}
