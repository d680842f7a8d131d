//! `GET runs` and `GET runs/{id}` of a pipeline that serves its own history.
//!
//! It has no cursor: more is had by a larger `limit`. Its `total` is missing, or counts the rows that came, so nothing is concluded from it. It sorts by
//! the texts of times, which the app does not rely on.

use std::collections::HashMap;
use std::rc::Rc;

use super::decode::{self, Line};
use super::run::nth_id;
use super::wire::Summary;
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Missing, slice};
use crate::model::Timestamp;
use crate::net::query::encode;
use crate::net::{Request, Response, Transport};

/// A larger answer is none of a list.
const MAX_BYTES: usize = 64 * 1024 * 1024;

pub(super) struct Rest {
    /// Ends in a slash; behind it stands `runs`.
    base: String,
    transport: Rc<dyn Transport>,
}

/// Rows as they came, each with the id under which it is found.
pub(super) struct Rows {
    pub(super) rows: Vec<(String, Summary)>,
    /// Where in the answer each stands: what is no record is no row.
    places: Vec<usize>,
    pub(super) problems: Problems,
    /// As many came as were asked for: there may be more.
    pub(super) is_full: bool,
    pub(super) date: Option<Timestamp>,
}

impl Rows {
    /// How many of them are among the first so many of the answer.
    pub(super) fn before(&self, known: u32) -> usize {
        self.places.partition_point(|place| *place < known as usize)
    }
}

impl Rest {
    pub(super) fn new(url: &str, transport: Rc<dyn Transport>) -> Rest {
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix("/runs").unwrap_or(base);
        Rest {
            base: [base, "/"].concat(),
            transport,
        }
    }

    async fn get(&self, path: &str) -> Result<Response, BackendError> {
        let request =
            Request::get([&self.base, path].concat()).header("Accept", "application/json");
        let response = self.transport.send(request, MAX_BYTES).await?;
        if response.head.status != 200 {
            return Err(BackendError::from_status(
                &response.head,
                detail(&response.body),
            ));
        }
        if response.head.content_type.starts_with("text/html") {
            return Err(BackendError::NotThisApi(
                "a web page (a login page or a proxy's page?)".into(),
            ));
        }
        Ok(response)
    }

    /// The newest rows.
    pub(super) async fn newest(&self, limit: u32) -> Result<Rows, BackendError> {
        let response = self
            .get(&["runs?limit=", &limit.to_string()].concat())
            .await?;
        let text = String::from_utf8_lossy(&response.body);
        let Some(list) = slice::member(&text, "runs") else {
            return Err(BackendError::NotThisApi(
                "the answer has no list \"runs\"".into(),
            ));
        };
        let mut seen: HashMap<String, u32> = HashMap::new();
        let (mut rows, mut faults, mut problems) = (Vec::new(), Problems::new(), Problems::new());
        let (items, mut places) = (slice::items(list), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let place = ["runs[", &index.to_string(), "]: "].concat();
            match decode::line(item.as_bytes(), false) {
                Line::Record { summary, warnings } => {
                    let id = summary.id(index as u64 + 1);
                    let count = seen.entry(id.clone()).or_insert(0);
                    *count += 1;
                    if *count > 1 {
                        problems.push([&place, "duplicate_run_id"].concat());
                    }
                    for warning in warnings {
                        problems.push([place.as_str(), &warning.to_string()].concat());
                    }
                    places.push(index);
                    rows.push((nth_id(&id, *count), *summary));
                }
                Line::Fault(fault) => faults.push([&place, fault.code()].concat()),
                Line::Blank => {}
            }
        }
        let is_full = items.len() >= limit as usize;
        // These rows come again with more, and what is wrong with them as well.
        match is_full {
            true => faults.clear(),
            false => faults.append(&mut problems),
        }
        Ok(Rows {
            rows,
            places,
            problems: faults,
            is_full,
            date: response.head.date,
        })
    }

    pub(super) async fn one(&self, id: &str) -> Result<Summary, BackendError> {
        let mut path = String::from("runs/");
        encode(id, &mut path);
        let response = self.get(&path).await?;
        match decode::line(&response.body, false) {
            Line::Record { summary, .. } => Ok(*summary),
            _ => Err(BackendError::Malformed("the answer is no run".into())),
        }
    }
}

/// The server's own words: a text, or FastAPI's list of what was wrong.
fn detail(body: &[u8]) -> Missing {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words = match value.get("detail") {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Missing::from(words)
}
