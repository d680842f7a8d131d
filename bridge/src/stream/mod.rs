//! `/stream`: one server-sent event stream for all that a page follows.
//!
//! Nothing is pushed at a stream. It looks at the files itself, when they gave a sign or a second passed, and only when its reader has taken
//! what it was given. So a slow reader costs one batch of memory: log lines wait in their file, and changes of the list come together by
//! run. Who falls too far behind is told so with a `gap`.

mod follower;
mod list_topic;
mod run_files;
mod run_topic;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use futures_util::stream::unfold;
use runboard_core::backend::runs_api::wire::Notice;
use serde::Serialize;

use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::cursor::Cursor;
use crate::source::Source;
use follower::Follower;

/// Topics that one stream may follow.
const MAX_TOPICS: usize = 16;
/// An event holds about as many bytes at most.
const MAX_EVENT: usize = 256 * 1024;

/// An event without its id: name and JSON. The follower adds the place behind it.
struct Event {
    name: &'static str,
    data: Vec<u8>,
}

impl Event {
    fn new(name: &'static str, data: &impl Serialize) -> Event {
        // Only maps with keys that are no texts cannot be written, and there are none.
        Event {
            name,
            data: serde_json::to_vec(data).unwrap_or_default(),
        }
    }

    fn gap(topic: &str, reason: &str) -> Event {
        Event::new(
            "gap",
            &Notice {
                topic: Some(topic.into()),
                reason: Some(reason.into()),
                server_time: None,
            },
        )
    }
}

pub(crate) async fn get(
    source: &Arc<Source>,
    query: Query,
    headers: &HeaderMap,
    shutdown: tokio::sync::watch::Receiver<bool>,
) -> Result<Response<Body>, Problem> {
    let (mut list, mut runs) = (false, Vec::new());
    for topic in query.all("topic") {
        match topic.strip_prefix("run:").filter(|id| !id.is_empty()) {
            _ if topic == "runs" => list = true,
            Some(id) if !runs.iter().any(|known| known == id) => runs.push(id.to_string()),
            Some(_) => {}
            None => return Err(Problem::parameter("topic", topic, "runs or run:ID")),
        }
    }
    if runs.is_empty() && !list {
        return Err(Problem::parameter(
            "topic",
            "",
            "runs or run:ID, at least one",
        ));
    }
    if runs.len() + usize::from(list) > MAX_TOPICS {
        return Err(Problem::parameter(
            "topic",
            "…",
            &format!("at most {MAX_TOPICS} topics a stream"),
        ));
    }
    let mut after = Cursor::default();
    // A browser that comes back by itself sends the newest place in this header, and the URL still holds the first one.
    match headers
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .filter(|id| !id.is_empty())
    {
        Some(id) => after.merge(&id),
        None => query.all("after").for_each(|text| after.merge(text)),
    }
    let source = source.clone();
    let follower = blocking(move || {
        Problem::unless_readable(&source.look())?;
        Ok(Follower::open(source, list, runs, &after, shutdown))
    })
    .await?;
    let body = Body::from_stream(unfold(follower, |follower| async {
        follower
            .next()
            .await
            .map(|(bytes, follower)| (Ok::<_, std::convert::Infallible>(bytes), follower))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx holds back what it proxies unless told so.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
