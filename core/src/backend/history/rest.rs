//! `GET runs` and `GET runs/{id}` of a pipeline that serves its own history.
//!
//! It has no cursor: more is had by a larger `limit`. Its `total` is missing, or counts the rows that came, so nothing is concluded from it. It sorts by
//! the texts of times, which the app does not rely on.

use std::cell::{Cell, RefCell};
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

/// Rows of a reading of the list: what is newer than that is found by reading it anew.
pub(super) const NEWEST: u32 = 100;

/// A larger answer is none of a list.
const MAX_BYTES: usize = 64 * 1024 * 1024;

pub(super) struct Rest {
    /// Ends in a slash; behind it stands `runs`.
    base: String,
    transport: Rc<dyn Transport>,
    /// Ids under which the server itself has another record than the list, or none, and how many rows the list had up to there.
    apart: RefCell<HashMap<String, u32>>,
    /// So many rows of the list are known in this way; as many as there can be, when it was read to its end.
    known: Cell<u32>,
}

/// Rows as they came, each with the id under which it is found.
pub(super) struct Rows {
    pub(super) rows: Vec<(String, Summary)>,
    /// The one that was looked for among them, and its text.
    found: Option<(Summary, String)>,
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
            apart: RefCell::default(),
            known: Cell::default(),
        }
    }

    async fn get(&self, path: &str) -> Result<Response, BackendError> {
        let request =
            Request::get([&self.base, path].concat()).header("Accept", "application/json");
        let response = self.transport.send(request, MAX_BYTES).await?;
        if response.head.status != 200 {
            let missing = detail(&response.body);
            // It knows of no run while its pipeline is not up.
            if response.head.status == 404 && missing.detail.ends_with("not available") {
                return Err(down(missing.detail));
            }
            return Err(BackendError::from_status(&response.head, missing));
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
        self.list(limit, "").await
    }

    async fn list(&self, limit: u32, wanted: &str) -> Result<Rows, BackendError> {
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
        let (items, mut places, mut found) = (slice::items(list), Vec::new(), None);
        for (index, item) in items.iter().enumerate() {
            let place = ["runs[", &index.to_string(), "]: "].concat();
            match decode::line(item.as_bytes(), false) {
                Line::Record { summary, warnings } => {
                    let own = summary.id(index as u64 + 1);
                    let mut id = own.clone();
                    // The server has no name for such a record, or takes it for a path.
                    let mut is_apart = own.contains('/') || summary.run_id.as_deref() != Some(&own);
                    if let Some(mut count) = seen.get(&own).copied() {
                        problems.push([&place, "duplicate_run_id"].concat());
                        // Another record may have that very name: the count goes on until a name is free.
                        while seen.contains_key(&id) {
                            count += 1;
                            id = nth_id(&own, count);
                        }
                        // Of several the server gives the one that stands first in its file: as a rule the oldest, and the list has the newest first.
                        self.apart
                            .borrow_mut()
                            .insert(own.clone(), index as u32 + 1);
                        seen.insert(own, count);
                        is_apart = true;
                    }
                    seen.insert(id.clone(), 1);
                    if is_apart {
                        self.apart.borrow_mut().insert(id.clone(), index as u32 + 1);
                    }
                    if id == wanted {
                        found = Some((Summary::clone(&summary), item.to_string()));
                    }
                    for warning in warnings {
                        problems.push([place.as_str(), &warning.to_string()].concat());
                    }
                    places.push(index);
                    rows.push((id, *summary));
                }
                Line::Fault(fault) => faults.push([&place, fault.code()].concat()),
                Line::Blank => {}
            }
        }
        // So it answers while its pipeline is not up; with its runs read, a list counts them.
        if items.is_empty() && slice::member(&text, "total").is_none() {
            let words = "it gives no runs and no total, as it does while its pipeline is not up";
            return Err(down(words.into()));
        }
        let is_full = items.len() >= limit as usize;
        let known = if is_full { limit } else { u32::MAX };
        self.known.set(self.known.get().max(known));
        // These rows come again with more, and what is wrong with them as well.
        match is_full {
            true => faults.clear(),
            false => faults.append(&mut problems),
        }
        Ok(Rows {
            rows,
            found,
            places,
            problems: faults,
            is_full,
            date: response.head.date,
        })
    }

    /// A record and its text: from the list, where that is not what the server has under the id, else from the server. The list is asked for again, as far
    /// as the record stands in it, since that is rare and its rows would take much room.
    pub(super) async fn one(&self, id: &str) -> Result<(Summary, String), BackendError> {
        let apart = self.apart.borrow().get(id).copied();
        let found = match apart {
            // So many may have come since.
            Some(rows) => self.find(id, rows.saturating_add(NEWEST)).await?,
            // Nobody knows yet of which ids the server has other records than the list, as behind a link.
            None if self.known.get() < NEWEST => self.list(NEWEST, id).await?.found,
            None => None,
        };
        let further = || self.find(id, self.known.get().saturating_mul(4));
        let is_whole = || self.known.get() == u32::MAX;
        let found = match found {
            // The server takes such an id for a path, and may have something else there.
            None if id.contains('/') && !is_whole() => further().await?,
            found => found,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let mut path = String::from("runs/");
        encode(id, &mut path);
        let response = match self.get(&path).await {
            // It may be one that only the list has a name for, further down than was read.
            Err(BackendError::NotFound(missing)) if !is_whole() => {
                return match further().await {
                    Ok(Some(found)) => Ok(found),
                    Err(error) if error.is_passing() => Err(error),
                    _ => Err(BackendError::NotFound(missing)),
                };
            }
            answer => answer?,
        };
        match decode::line(&response.body, false) {
            Line::Record { summary, .. } => Ok((
                *summary,
                String::from_utf8_lossy(&response.body).into_owned(),
            )),
            _ => Err(BackendError::Malformed("the answer is no run".into())),
        }
    }

    /// The record that the list has under an id, in so many rows and then in more, until it is there or there are no more.
    async fn find(
        &self,
        id: &str,
        mut limit: u32,
    ) -> Result<Option<(Summary, String)>, BackendError> {
        loop {
            let list = self.list(limit, id).await?;
            if list.found.is_some() || !list.is_full {
                return Ok(list.found);
            }
            limit = limit.saturating_mul(4);
        }
    }
}

fn down(detail: String) -> BackendError {
    BackendError::Busy {
        retry_after_s: None,
        detail,
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
