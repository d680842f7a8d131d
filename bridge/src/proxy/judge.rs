//! Whether a request passes: what reads does, what changes something only with `--allow-actions` and by a page of ours.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, StatusCode, header};

use super::connect;
use super::graphql::{Refusal, check_body, check_query};
use crate::access::session::is_json;
use crate::api::problem::Problem;
use crate::cursor::decode;
use crate::serve::guard::is_change;

/// No GraphQL request of a page is as large.
const BODY: usize = 1024 * 1024;

pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    /// Below the proxied server, as it was sent.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) actions: bool,
}

/// The body that goes on, or why nothing does.
pub(crate) async fn judge(asked: &Asked<'_>, body: Body) -> Result<Body, Denied> {
    match *asked.method {
        Method::GET | Method::HEAD => {
            by_get(asked)?;
            // A body here means nothing to anybody whom we would want to hear.
            Ok(Body::empty())
        }
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
            if asked.actions && is_change(asked.headers) =>
        {
            Ok(body)
        }
        Method::POST => by_post(asked, body).await,
        Method::PUT | Method::PATCH | Method::DELETE => {
            Err(change(asked, format!("{} /{}", asked.method, asked.path)))
        }
        _ => Err(Denied(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{} does not pass", asked.method),
        )),
    }
}

/// Changes never come by GET, whatever is allowed: links, images and caches ask by it.
fn by_get(asked: &Asked<'_>) -> Result<(), Denied> {
    let loose = decode(asked.path).unwrap_or_default().to_ascii_lowercase();
    let graphql = is_graphql(loose.trim_end_matches('/'));
    if let Err(refusal) = check_query(asked.query, graphql) {
        return Err(match refusal {
            Refusal::Change(what) => Denied(
                StatusCode::FORBIDDEN,
                format!("{what} is refused: a GET changes nothing here, whatever is allowed"),
            ),
            Refusal::Unclear(why) => Denied(StatusCode::FORBIDDEN, why),
        });
    }
    // Other servers read names and paths decoded.
    let called = asked.query.map_or(Some(String::new()), decode);
    let called =
        called.is_none_or(|called| called.contains("connect=") || called.contains("message="));
    match decode(asked.path).as_deref().and_then(connect::method) {
        Some((service, method)) if called && !connect::is_read(service, method) => Err(Denied(
            StatusCode::FORBIDDEN,
            format!(
                "{service}/{method} is refused: a GET changes nothing here, whatever is allowed"
            ),
        )),
        _ => Ok(()),
    }
}

async fn by_post(asked: &Asked<'_>, body: Body) -> Result<Body, Denied> {
    if let Some((service, method)) = connect::method(asked.path) {
        return match connect::is_read(service, method) {
            true => Ok(body),
            false => Err(change(asked, format!("{service}/{method}"))),
        };
    }
    if !is_graphql(asked.path) {
        return Err(change(asked, format!("POST /{}", asked.path)));
    }
    // Servers that take the query from the URL, from a form or from plain text would not read what we read.
    if asked.query.is_some_and(|query| !query.is_empty()) {
        return Err(Denied(
            StatusCode::FORBIDDEN,
            "a GraphQL request by POST has its query in the body, and none in the URL".into(),
        ));
    }
    if !is_json(asked.headers.get(header::CONTENT_TYPE))
        || asked.headers.contains_key(header::CONTENT_ENCODING)
    {
        return Err(Denied(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a GraphQL request comes as plain application/json".into(),
        ));
    }
    let body = to_bytes(body, BODY).await;
    let body = body.map_err(|_| {
        Denied(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a GraphQL request may have {BODY} bytes"),
        )
    })?;
    match check_body(&body) {
        Ok(body) => Ok(Body::from(body)),
        Err(Refusal::Change(what)) => Err(change(asked, what)),
        Err(Refusal::Unclear(why)) => Err(Denied(StatusCode::FORBIDDEN, why)),
    }
}

pub(crate) fn is_graphql(path: &str) -> bool {
    path.rsplit('/').next() == Some("graphql")
}

fn change(asked: &Asked<'_>, what: String) -> Denied {
    let why = match asked.actions {
        false => "is refused: this bridge only reads, --allow-actions lets it change things",
        true => {
            "is refused: changes need the header X-Runboard: 1, which pages of other sites cannot send"
        }
    };
    Denied(StatusCode::FORBIDDEN, format!("{what} {why}"))
}

/// A refusal, before it is known of which server it speaks.
#[derive(Debug)]
pub(crate) struct Denied(StatusCode, String);

impl Denied {
    pub(crate) fn of(self, name: &str) -> Problem {
        Problem::new(self.0, format!("{name}: {}", self.1))
    }
}
