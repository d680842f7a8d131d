//! `Idempotency-Key`: the same request under the same key is done once and answered twice.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use sha2::{Digest, Sha256};

use super::Action;
use crate::api::problem::Problem;

const KEEP: Duration = Duration::from_secs(24 * 3600);
const MAX_KEYS: usize = 1000;
/// All kept answers together; the oldest give way.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const MAX_KEY: usize = 255;

/// The request that a key stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked([u8; 32]);

impl Asked {
    pub(super) fn of(method: &Method, source: &str, id: &str, action: &Action) -> Asked {
        let mut hash = Sha256::new();
        for part in [method.as_str(), source, id, &format!("{action:?}")] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Asked(hash.finalize().into())
    }
}

/// An answer that can be given again.
#[derive(Clone)]
pub(super) struct Kept {
    status: StatusCode,
    kind: Option<HeaderValue>,
    body: Bytes,
}

impl Kept {
    pub(super) async fn new(status: StatusCode, response: Response<Body>) -> Kept {
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        // It was made of bytes in memory, so all of it is there.
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap_or_default();
        Kept { status, kind, body }
    }

    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(kind) = &self.kind {
            headers.insert(header::CONTENT_TYPE, kind.clone());
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// The answers by key, oldest first.
#[derive(Default)]
pub(super) struct Repeats {
    kept: HashMap<String, (Asked, Kept)>,
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

impl Repeats {
    /// # Errors
    /// The key was used for another request.
    pub(super) fn find(&mut self, key: &str, asked: &Asked) -> Result<Option<Kept>, Problem> {
        self.forget_old();
        match self.kept.get(key) {
            None => Ok(None),
            Some((same, kept)) if same == asked => Ok(Some(kept.clone())),
            Some(_) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the Idempotency-Key {key:?} was used for another request: take a new one"),
            )),
        }
    }

    pub(super) fn keep(&mut self, key: String, asked: Asked, kept: Kept) {
        self.bytes += kept.body.len();
        self.order.push_back((Instant::now(), key.clone()));
        self.kept.insert(key, (asked, kept));
        self.forget_old();
    }

    fn forget_old(&mut self) {
        while let Some((at, _)) = self.order.front() {
            let many =
                self.order.len() > MAX_KEYS || (self.bytes > MAX_BYTES && self.order.len() > 1);
            if at.elapsed() < KEEP && !many {
                break;
            }
            if let Some((_, key)) = self.order.pop_front()
                && let Some((_, kept)) = self.kept.remove(&key)
            {
                self.bytes -= kept.body.len();
            }
        }
    }
}

/// The request's key, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY || values.next().is_some() {
        let why =
            format!("Idempotency-Key takes one word of 1 to {MAX_KEY} visible ASCII characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, why));
    }
    Ok(Some(key.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(len: usize) -> Kept {
        Kept {
            status: StatusCode::OK,
            kind: None,
            body: vec![b' '; len].into(),
        }
    }

    #[test]
    fn answers_are_kept_within_bounds() {
        let of = |id: &str| Asked::of(&Method::POST, "local", id, &Action::Reexecute);
        let mut repeats = Repeats::default();
        for number in 0..MAX_KEYS + 10 {
            repeats.keep(number.to_string(), of("a"), kept(10));
        }
        assert_eq!(
            (repeats.kept.len(), repeats.bytes),
            (MAX_KEYS, 10 * MAX_KEYS)
        );
        assert!(repeats.find("9", &of("a")).unwrap().is_none());
        assert!(repeats.find("10", &of("a")).unwrap().is_some());
        assert!(repeats.find("10", &of("b")).is_err());
        repeats.keep("large".into(), of("a"), kept(MAX_BYTES + 1));
        assert!(repeats.find("large", &of("a")).unwrap().is_some());
        assert_eq!(repeats.kept.len(), 1);
    }
}
