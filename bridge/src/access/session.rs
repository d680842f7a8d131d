//! `/api/session`: the token once, a cookie from then on (docs/access.md).

use std::net::IpAddr;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::{Access, Admitted, Keys, cookie};
use crate::api::json_bytes;
use crate::api::problem::Problem;
use crate::serve::guard;

pub(crate) const PATH: &str = "/api/session";
/// More than any token needs.
const BODY: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    token: String,
}

impl Access {
    /// Answers what is asked of the session: whether there is one, to begin one, to end it.
    pub(crate) async fn session(
        &self,
        request: &Parts,
        body: Body,
        peer: IpAddr,
    ) -> Result<Response<Body>, Problem> {
        match request.method {
            Method::GET | Method::HEAD => Ok(self.state(request, peer)),
            Method::POST => {
                guard::change(&request.headers)?;
                let Some(keys) = &self.keys else {
                    return Ok(self.state(request, peer));
                };
                self.begin(keys, request, body, peer).await
            }
            Method::DELETE => {
                guard::change(&request.headers)?;
                Ok(self.end(request))
            }
            _ => {
                let detail = format!(
                    "a session takes GET, POST and DELETE, not {}",
                    request.method
                );
                let mut response =
                    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response();
                let allow = HeaderValue::from_static("GET, HEAD, POST, DELETE");
                response.headers_mut().insert(header::ALLOW, allow);
                Ok(response)
            }
        }
    }

    fn state(&self, request: &Parts, peer: IpAddr) -> Response<Body> {
        let admitted = self.admit(&request.headers, peer).ok();
        let left = match &admitted {
            Some(Admitted::Cookie(session)) => Some(session.left().as_secs()),
            _ => None,
        };
        let mut response = state(self.keys.is_some(), admitted.is_some(), left);
        if let Some(cookie) =
            admitted.and_then(|admitted| self.renewed(&admitted, &request.headers))
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    async fn begin(
        &self,
        keys: &Keys,
        request: &Parts,
        body: Body,
        peer: IpAddr,
    ) -> Result<Response<Body>, Problem> {
        let takes = |status| {
            Problem::new(
                status,
                "signing in takes {\"token\": \"...\"} as application/json",
            )
        };
        if !is_json(request.headers.get(header::CONTENT_TYPE)) {
            return Err(takes(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = to_bytes(body, BODY).await;
        let body = body.map_err(|_| takes(StatusCode::PAYLOAD_TOO_LARGE))?;
        let SignIn { token } =
            serde_json::from_slice(&body).map_err(|_| takes(StatusCode::BAD_REQUEST))?;
        self.try_token(keys, token.trim().as_bytes(), peer)?;
        let text = |name| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let host = text(header::HOST).unwrap_or_default();
        let secure = self.names.is_https(text(header::ORIGIN), host);
        let session = keys.jar.begin(secure).map_err(Problem::broken)?;
        let mut response = state(true, true, Some(session.left().as_secs()));
        let cookie = keys.jar.set(&session, self.names.port());
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    fn end(&self, request: &Parts) -> Response<Body> {
        let port = self.names.port();
        if let Some(keys) = &self.keys
            && let Some(session) = keys.jar.find(&request.headers, port)
        {
            keys.jar.end(&session);
        }
        let mut response = state(self.keys.is_some(), self.keys.is_none(), None);
        for cookie in cookie::cleared(port) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

fn state(required: bool, signed_in: bool, left: Option<u64>) -> Response<Body> {
    let state = json!({"required": required, "signed_in": signed_in, "expires_in": left});
    json_bytes(state.to_string().into_bytes())
}

/// Whether a body says to be JSON. Forms of foreign pages cannot say so without being asked first.
pub(crate) fn is_json(kind: Option<&HeaderValue>) -> bool {
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/json")
        && parts.all(|part| matches!(part.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\""))
}
