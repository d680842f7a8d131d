//! [`BackendError`]: why a source did not give what it was asked for, told so that a user knows what to do.

use std::sync::Arc;

use crate::model::Run;
use crate::net::retry::retry_after;
use crate::net::{Head, TransportError};

/// What is not there, and what may have been meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// In the source's words.
    pub detail: String,
    /// Ids of runs that look like the one that was asked for, the nearest first.
    pub nearest: Vec<String>,
    /// The source's newest runs.
    pub latest: Vec<Run>,
}

impl From<String> for Missing {
    fn from(detail: String) -> Missing {
        Missing {
            detail,
            ..Missing::default()
        }
    }
}

impl From<&str> for Missing {
    fn from(detail: &str) -> Missing {
        Missing::from(detail.to_string())
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.detail)
    }
}

/// Why a source did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    Unreachable(String),
    Timeout,
    /// 401: who asks is not known.
    SignedOut,
    /// 403.
    Denied(String),
    /// 404 or 410.
    NotFound(Arc<Missing>),
    /// The source says that this is not possible with it.
    Unsupported(String),
    /// 400 or 422: it did not understand the question; 409: the state of things forbids it.
    Refused(String),
    /// 429 or 503; seconds to wait as the server asked.
    Busy {
        retry_after_s: Option<u64>,
        detail: String,
    },
    /// Another 5xx.
    Broken {
        status: u16,
        detail: String,
    },
    /// Something answered, but not this API: a login page, a proxy's error page, another program.
    NotThisApi(String),
    Malformed(String),
    TooLarge {
        limit: usize,
    },
}

impl BackendError {
    /// Whether asking again later, unchanged, can help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            BackendError::Unreachable(_)
                | BackendError::Timeout
                | BackendError::Busy { .. }
                | BackendError::Broken { .. }
                | BackendError::NotThisApi(_)
                | BackendError::Malformed(_)
        )
    }

    pub fn is_denied(&self) -> bool {
        matches!(self, BackendError::SignedOut | BackendError::Denied(_))
    }

    /// Says that a source cannot do `what`.
    pub fn no(what: &str) -> BackendError {
        BackendError::Unsupported(["this source has no ", what].concat())
    }

    /// Reads a status that is not a success. `words` are the server's own; their detail (RFC 9457 `detail`, else `title`) may be empty.
    pub fn from_status(head: &Head, mut words: Missing) -> BackendError {
        if words.detail.is_empty() {
            words.detail = format!("HTTP {}", head.status);
        }
        if matches!(head.status, 404 | 410) {
            return BackendError::NotFound(Arc::new(words));
        }
        let detail = words.detail;
        match head.status {
            401 => BackendError::SignedOut,
            403 => BackendError::Denied(detail),
            400 | 405 | 409 | 422 => BackendError::Refused(detail),
            501 => BackendError::Unsupported(detail),
            429 | 503 => BackendError::Busy {
                retry_after_s: retry_after_s(head),
                detail,
            },
            status if status >= 500 => BackendError::Broken { status, detail },
            status => BackendError::NotThisApi(format!("HTTP {status}")),
        }
    }
}

/// Seconds that the server asks to wait: a number, or a date seen from the answer's own `Date`.
fn retry_after_s(head: &Head) -> Option<u64> {
    let text = head.retry_after.as_deref()?;
    retry_after(text, head.date.unwrap_or_default()).map(|wait| wait.as_secs())
}

impl From<TransportError> for BackendError {
    fn from(error: TransportError) -> BackendError {
        match error {
            TransportError::Unreachable(detail) => BackendError::Unreachable(detail),
            TransportError::Timeout => BackendError::Timeout,
            TransportError::TooLarge { limit } => BackendError::TooLarge { limit },
        }
    }
}

impl std::fmt::Display for BackendError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BackendError::Unreachable(detail) => write!(out, "not reachable: {detail}"),
            BackendError::Timeout => write!(out, "no answer in time"),
            BackendError::SignedOut => write!(out, "signed out (401)"),
            BackendError::Denied(detail) => write!(out, "denied: {detail}"),
            BackendError::NotFound(detail) => write!(out, "not found: {detail}"),
            BackendError::Unsupported(detail) => write!(out, "not possible here: {detail}"),
            BackendError::Refused(detail) => write!(out, "refused: {detail}"),
            BackendError::Busy {
                retry_after_s: Some(seconds),
                detail,
            } => write!(out, "busy, asks for {seconds} s: {detail}"),
            BackendError::Busy {
                retry_after_s: None,
                detail,
            } => write!(out, "not available now: {detail}"),
            BackendError::Broken { status, detail } => {
                write!(out, "server error {status}: {detail}")
            }
            BackendError::NotThisApi(detail) => {
                write!(out, "something answers, but not a Runs API ({detail})")
            }
            BackendError::Malformed(detail) => {
                write!(out, "the answer could not be read: {detail}")
            }
            BackendError::TooLarge { limit } => {
                write!(out, "the answer is larger than {} MB", limit / 1_000_000)
            }
        }
    }
}

impl std::error::Error for BackendError {}
