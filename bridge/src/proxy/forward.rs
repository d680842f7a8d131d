//! One exchange by HTTP: bodies pass as they come, in both directions, and nothing is kept.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};

use super::{Proxies, headers, upstream::Upstream};
use crate::api::problem::Problem;

impl Proxies {
    pub(super) async fn forward(
        &self,
        upstream: &Upstream,
        to: Uri,
        request: &Parts,
        path: &str,
        body: Body,
    ) -> Result<Response<Body>, Problem> {
        let mut out = headers::asked(&request.headers);
        add_own(upstream, &mut out)?;
        let mut onward = Request::new(body);
        *onward.method_mut() = request.method.clone();
        *onward.uri_mut() = to;
        *onward.headers_mut() = out;
        let answer = self.client.ask(&upstream.name, onward).await?;
        let (answer, body) = answer.into_parts();
        if answer.status == StatusCode::SWITCHING_PROTOCOLS {
            let detail = format!(
                "{} changes the protocol without being asked to",
                upstream.name
            );
            return Err(Problem::new(StatusCode::BAD_GATEWAY, detail));
        }
        let mut response = Response::new(Body::new(body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = headers::answered(&answer.headers);
        if let Some(location) = answer.headers.get(header::LOCATION) {
            let place = location
                .to_str()
                .ok()
                .and_then(|location| upstream.place(location, path));
            match place.and_then(|place| HeaderValue::from_str(&place).ok()) {
                Some(place) => drop(response.headers_mut().insert(header::LOCATION, place)),
                None if answer.status.is_redirection() => return Err(elsewhere(upstream)),
                None => {}
            }
        }
        if request.method == Method::HEAD {
            // There is none, whatever its length is said to be.
            *response.body_mut() = Body::empty();
        }
        Ok(response)
    }
}

/// What the bridge says for itself: the server's own name, and the secrets for it.
pub(super) fn add_own(upstream: &Upstream, out: &mut HeaderMap) -> Result<(), Problem> {
    let host = HeaderValue::from_str(upstream.authority()).map_err(Problem::broken)?;
    out.insert(header::HOST, host);
    for secret in &upstream.secrets {
        let value = secret.value().map_err(|why| {
            // Paths of this machine are for its operator.
            crate::serve::complain(&format!("{}: {why}", upstream.name));
            let detail = format!(
                "the secret for {} ({}) cannot be used: the bridge's own messages say why",
                upstream.name, secret.header
            );
            Problem::new(StatusCode::BAD_GATEWAY, detail)
        })?;
        out.insert(secret.header.clone(), value);
    }
    Ok(())
}

fn elsewhere(upstream: &Upstream) -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        format!(
            "{} sends its visitors elsewhere, perhaps to a page where they sign in; the bridge does not follow: --proxy takes the address where it leads, \
             --upstream-header a credential",
            upstream.name
        ),
    )
}
