//! The Runs API (docs/runs-api.yaml): one source at `/api/v1/NAME/`, and `local` also at `/api/v1/`.

pub(crate) mod about;
pub(crate) mod download;
pub(crate) mod events;
pub(crate) mod info;
pub(crate) mod logs;
pub(crate) mod pipeline;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod runs;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use serde::Serialize;

use crate::actions::{Actions, methods};
use crate::cursor::decode;
use crate::source::Source;
use crate::stream;
use problem::Problem;
use query::Query;

/// The name under which recorded runs are served, also without a name.
pub(crate) const LOCAL: &str = "local";
/// Names that stand in the place of a source's name in a path.
pub(crate) const RESERVED: [&str; 4] = [LOCAL, "info", "runs", "stream"];

/// Everything that the API answers from.
pub(crate) struct Api {
    pub(crate) sources: Vec<Arc<Source>>,
    pub(crate) actions: Arc<Actions>,
    pub(crate) shutdown: tokio::sync::watch::Receiver<bool>,
}

impl Api {
    fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// The decoded parts of a path; `None` when they are no UTF-8.
    pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
        let mut segments: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        // A slash behind the whole is the same place.
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        Some(segments)
    }

    /// Whose place that is, and the rest of the path.
    pub(crate) fn place<'a, 'b>(
        &self,
        segments: &'a [&'b str],
    ) -> Result<(&Arc<Source>, &'a [&'b str]), Problem> {
        let named = segments.first().and_then(|name| self.source(name));
        match named {
            Some(source) => Ok((source, segments.get(1..).unwrap_or_default())),
            None => {
                let local = self.source(LOCAL);
                let missing = || Problem::no_page(&format!("/api/v1/{}", segments.join("/")));
                Ok((local.ok_or_else(missing)?, segments))
            }
        }
    }

    /// Answers `GET path?query`; `path` is what stands behind `/api/v1/`.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Response<Body>, Problem> {
        let missing = || Problem::no_page(&format!("/api/v1/{path}"));
        let segments = Api::segments(path).ok_or_else(missing)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (source, rest) = self.place(&segments)?;
        match rest {
            ["info"] => info::get(source, Query::read(query, &[])?, self.actions.allowed).await,
            ["runs"] => runs::list(source, Query::read(query, &runs::LIST)?).await,
            ["runs", id] => runs::one(source, id, Query::read(query, &[])?).await,
            ["runs", id, "steps"] => {
                runs::steps(source, id, Query::read(query, &runs::STEPS)?).await
            }
            ["runs", id, "events"] => {
                events::get(source, id, Query::read(query, &events::EVENTS)?).await
            }
            ["runs", id, "stats"] => about::stats(source, id, Query::read(query, &[])?).await,
            ["runs", id, "lineage"] => about::lineage(source, id, Query::read(query, &[])?).await,
            ["runs", id, "raw"] => about::raw(source, id, Query::read(query, &[])?).await,
            ["runs", id, "resume"] => {
                plan::get(
                    source,
                    id,
                    Query::read(query, &["mode", "profile", "skip"])?,
                )
                .await
            }
            ["runs", id, "facts"] => about::facts(source, id, Query::read(query, &[])?).await,
            ["runs", _, "reexecute" | "terminate"] | ["runs", _, "steps", _, "mark-success"] => {
                Err(Problem::no_method(&Method::GET, methods(rest)))
            }
            ["runs", id, "logs"] => logs::get(source, id, Query::read(query, &logs::LOGS)?).await,
            ["runs", id, "log"] => {
                download::get(source, id, Query::read(query, &[])?, headers).await
            }
            ["stream"] => {
                stream::get(
                    source,
                    Query::read(query, &["topic", "after"])?,
                    headers,
                    self.shutdown.clone(),
                )
                .await
            }
            _ => Err(missing()),
        }
    }
}

/// Runs what blocks (files, locks) where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Problem::broken(error)))
}

pub(crate) fn json(value: &impl Serialize) -> Result<Response<Body>, Problem> {
    Ok(json_bytes(
        serde_json::to_vec(value).map_err(Problem::broken)?,
    ))
}

pub(crate) fn json_bytes(bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
