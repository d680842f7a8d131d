//! Bytes in: the ports that a host gives us, and the incremental framers that turn bytes into frames.
//!
//! The ports return local futures and streams; dropping one aborts what it stands for. No `Send` bounds, no sockets and no clock here:
//! the browser implements them in `src/browser`, native tests over a current-thread runtime.

pub mod connect;
pub mod freshness;
pub mod graphql_ws;
pub mod lines;
pub mod query;
pub mod retry;
pub mod sse;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use futures_util::stream::LocalBoxStream;

use crate::model::Timestamp;

/// What to ask. The URL is absolute or relative to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

impl Request {
    pub fn get(url: impl Into<String>) -> Request {
        Request {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }
}

/// The head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// Lower-case media type with its parameters; empty when none was sent.
    pub content_type: String,
    /// `Retry-After` as sent.
    pub retry_after: Option<String>,
    /// `Date` as an instant, for servers that tell the time in no other way.
    pub date: Option<Timestamp>,
    /// Bytes of the body, where that is told and the body comes as it is.
    pub length: Option<u64>,
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub head: Head,
    pub body: Vec<u8>,
}

/// An answer whose body arrives in chunks. Dropping `body` closes the connection.
pub struct StreamResponse {
    pub head: Head,
    pub body: LocalBoxStream<'static, Result<Vec<u8>, TransportError>>,
}

/// Why no answer, or no more of it, arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// Refused, reset, no such host, offline, or blocked by the browser (CORS, CSP): browsers do not tell these apart.
    Unreachable(String),
    /// No answer within the time that was given.
    Timeout,
    /// The answer is larger than `limit` bytes and was given up.
    TooLarge { limit: usize },
}

impl std::fmt::Display for TransportError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TransportError::Unreachable(detail) => write!(out, "not reachable: {detail}"),
            TransportError::Timeout => write!(out, "no answer in time"),
            TransportError::TooLarge { limit } => {
                write!(out, "the answer is larger than {} MB", limit / 1_000_000)
            }
        }
    }
}

/// What a websocket gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// So long since the last one, whatever arrived meanwhile; see [`Transport::socket`].
    Tick,
}

/// An open websocket. Dropping `frames` closes it.
pub struct Socket {
    /// The subprotocol that the server took; empty when it named none.
    pub protocol: String,
    /// Sends a text. What cannot be sent any more is lost, and `frames` says that the connection is over.
    pub send: Box<dyn Fn(&str)>,
    /// Ends when the server closes it.
    pub frames: LocalBoxStream<'static, Result<Frame, TransportError>>,
}

/// Carries requests.
pub trait Transport {
    /// One request, one whole answer of at most `max_bytes`; any HTTP status is an answer.
    fn send(
        &self,
        request: Request,
        max_bytes: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>>;

    /// One request whose answer is read while it arrives.
    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>>;

    /// A websocket at an http(s) URL, offered `protocols`. It ticks every so often, so that whoever reads it needs no clock of its own.
    fn socket(
        &self,
        _url: &str,
        _protocols: &[&str],
        _tick: Duration,
    ) -> LocalBoxFuture<'static, Result<Socket, TransportError>> {
        let words = "no websockets here";
        future::ready(Err(TransportError::Unreachable(words.into()))).boxed_local()
    }
}

/// Time and chance, as the host has them.
pub trait Clock {
    /// Now, by the host's own clock.
    fn now(&self) -> Timestamp;
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;
    /// Uniform in 0.0..1.0, for jitter only.
    fn random(&self) -> f64;
    /// Minutes east of UTC of the host's zone at an instant.
    fn zone(&self) -> fn(Timestamp) -> i32 {
        |_| 0
    }
}
