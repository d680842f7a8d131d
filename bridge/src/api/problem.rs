//! Errors as RFC 9457 problems.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::Value;

use crate::source::State;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    /// Seconds after which asking again may help.
    wait: Option<u64>,
    /// What to say in `Allow`.
    allow: &'static str,
    /// Members beyond those of RFC 9457.
    more: serde_json::Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            detail: detail.into(),
            wait: None,
            allow: "GET, HEAD",
            more: serde_json::Map::new(),
        }
    }

    /// Too much was asked; it is possible again after so many seconds.
    pub(crate) fn later(seconds: u64, why: &str) -> Problem {
        Problem {
            wait: Some(seconds),
            ..Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("{why}: try again in {seconds} s"),
            )
        }
    }

    /// A parameter that is not understood: its name, what came, what it takes.
    pub(crate) fn parameter(name: &str, value: &str, takes: &str) -> Problem {
        Problem::new(
            StatusCode::BAD_REQUEST,
            format!("{name}={value} is not understood: it takes {takes}"),
        )
    }

    pub(crate) fn no_run(id: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no run {id} here"))
    }

    /// Nothing where a source's files can be read.
    pub(crate) fn unless_readable(state: &State) -> Result<(), Problem> {
        match state.unreadable() {
            Some(why) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why)),
            None => Ok(()),
        }
    }

    /// The same problem with more members.
    pub(crate) fn with(mut self, more: Value) -> Problem {
        if let Value::Object(more) = more {
            self.more.extend(more);
        }
        self
    }

    pub(crate) fn no_page(path: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}"))
    }

    /// A method that the place does not have; `allow` are those that it has.
    pub(crate) fn no_method(method: &Method, allow: &'static str) -> Problem {
        let why = format!("{method} is not possible here, only {allow}");
        Problem {
            allow,
            ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, why)
        }
    }

    pub(crate) fn broken(error: impl std::fmt::Display) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut body = self.more;
        let title = self.status.canonical_reason().unwrap_or("Error");
        for (key, value) in [
            ("type", Value::from("about:blank")),
            ("title", Value::from(title)),
            ("status", Value::from(self.status.as_u16())),
            ("detail", Value::from(self.detail)),
        ] {
            body.insert(key.into(), value);
        }
        let mut response = Response::new(Body::from(Value::Object(body).to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static(self.allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Tells it from an answer of a backend behind the proxy, and opens no window of the browser.
            let asks = HeaderValue::from_static("Bearer realm=\"runboard\"");
            headers.insert(header::WWW_AUTHENTICATE, asks);
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }
}
