//! Errors as RFC 9457 problems.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use runboard_core::backend::runs_api::wire;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    /// Seconds after which asking again may help.
    wait: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            detail: detail.into(),
            wait: None,
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

    pub(crate) fn no_page(path: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}"))
    }

    pub(crate) fn broken(error: impl std::fmt::Display) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = wire::Problem {
            kind: "about:blank".into(),
            title: self.status.canonical_reason().unwrap_or("Error").into(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
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
