//! The places of a run's events. Dagster pages forward only, 1,000 at a time, and tells neither how many there are nor where the last ones begin.
//!
//! An event's number is its place among the run's events, from 1. SQLite, Dagster's own storage, numbers the events of each run that way itself,
//! and its cursor names such a number (`{"type": "STORAGE_ID", "value": 1000}` in base64): there any place is reached at once, and the end is found
//! by asking whether there is an event behind some numbers. Storages that number across all runs are noticed by the first answer; there events are
//! counted from the beginning, and the places that were passed are kept.

use serde_json::Value;

use super::cursor::{id, stored};
use super::graphql::{Server, wanted};
use super::query;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, slice};
use crate::store::json::JsonText;

/// The server's own cap; never 0, which means all.
pub(super) const PAGE: u64 = 1000;
/// So many places are kept, of all runs.
const PLACES: usize = 512;
/// No run has more events.
pub(super) const MOST: u64 = 1 << 40;

/// The cursor behind the `n`-th event of a run.
pub(super) struct Place {
    run: String,
    n: u64,
    cursor: String,
}

/// Which events: those behind number `from`, up to number `to`.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Range {
    pub(super) fn from(from: u64) -> Range {
        Range { from, to: MOST }
    }
}

/// How far a walk came.
pub(super) struct Walked {
    /// Number of the last event that was passed.
    pub(super) last: u64,
    /// What stands behind it, for the next walk.
    pub(super) cursor: Option<String>,
    /// There is no event behind it now.
    pub(super) is_end: bool,
}

impl Walked {
    /// How many events the run has, when the walk came to the last one and not from behind it.
    pub(super) fn total(&self, range: Range) -> Option<u64> {
        let is_sure = self.last != range.from || range.from == 0;
        (self.is_end && is_sure).then_some(self.last)
    }
}

/// Takes an event: its fields, its number, its own text. False: that is enough.
pub(super) type Take<'a> = &'a mut dyn FnMut(&mut Fields<'_>, u64, &str) -> bool;

/// Hands the events of a range to `take`, in order.
pub(super) async fn walk(
    server: &Server,
    run: &str,
    document: &str,
    range: Range,
    problems: &mut Problems,
    take: Take<'_>,
) -> Result<Walked, BackendError> {
    let mut at = range.from;
    let mut passed = String::new();
    loop {
        let limit = range.to.saturating_sub(at).min(PAGE);
        let (reached, cursor) = start(server, run, at).await?;
        if reached < at {
            return Ok(Walked {
                last: reached,
                cursor,
                is_end: true,
            });
        }
        if limit == 0 {
            return Ok(Walked {
                last: at,
                cursor,
                is_end: false,
            });
        }
        let variables = variables(run, cursor.as_deref(), limit);
        let mut text = String::new();
        let page = match ask(server, document, variables.clone(), &mut text).await {
            Err(error) if document != query::EVENTS_LEAN && is_broken(&error) => {
                problems.push(broken(at, &error));
                ask(server, query::EVENTS_LEAN, variables, &mut text).await
            }
            other => other,
        }?;
        let came = page.nodes.len() as u64;
        if !server.check(&page.cursor, at, came) && at > 0 {
            // What was taken for a number is none.
            continue;
        }
        if came > 0 && page.cursor == passed {
            let words = "the cursor of the run's events does not move";
            return Err(BackendError::Malformed(words.into()));
        }
        passed.clone_from(&page.cursor);
        server.keep(run, at + came, &page.cursor);
        let own = own_texts(&text);
        for (index, node) in page.nodes.into_iter().enumerate() {
            at += 1;
            let text = own.get(index).copied().unwrap_or_default();
            let mut fields = Fields::new(node, ["event ", &at.to_string()].concat(), problems);
            if !take(&mut fields, at, text) {
                return Ok(Walked {
                    last: at,
                    cursor: None,
                    is_end: false,
                });
            }
        }
        if !page.has_more || came == 0 {
            return Ok(Walked {
                last: at,
                cursor: Some(page.cursor),
                is_end: true,
            });
        }
    }
}

/// The cursor behind number `n`, or behind the last one if there are not so many; passes all events before it where ids are no numbers.
async fn start(server: &Server, run: &str, n: u64) -> Result<(u64, Option<String>), BackendError> {
    if n == 0 || server.is_dense.get() {
        return Ok((n, (n > 0).then(|| stored(n))));
    }
    let (mut at, mut cursor) = server.place(run, n);
    while at < n {
        let variables = variables(run, cursor.as_deref(), (n - at).min(PAGE));
        let page = ask(server, query::EVENTS_FILES, variables, &mut String::new()).await?;
        let came = page.nodes.len() as u64;
        at += came;
        if came > 0 {
            server.keep(run, at, &page.cursor);
            cursor = Some(page.cursor);
        } else {
            break;
        }
    }
    Ok((at, cursor))
}

pub(super) fn variables(run: &str, cursor: Option<&str>, limit: u64) -> String {
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(run));
    json.text_field("c", cursor);
    json.number_field("l", Some(limit as i64)).close('}');
    json.finish()
}

/// A page of events.
pub(super) struct Page {
    pub(super) nodes: Vec<Value>,
    pub(super) cursor: String,
    pub(super) has_more: bool,
}

/// The page in `logsForRun`.
pub(super) fn page(fields: &mut Fields<'_>) -> Result<Page, BackendError> {
    page_in(fields, "logsForRun")
}

pub(super) fn page_in(fields: &mut Fields<'_>, name: &str) -> Result<Page, BackendError> {
    let mut page = wanted(fields, name, "EventConnection")?;
    Ok(Page {
        nodes: page.list("events"),
        cursor: page.word("cursor"),
        has_more: page.flag("hasMore"),
    })
}

async fn ask(
    server: &Server,
    document: &str,
    variables: String,
    text: &mut String,
) -> Result<Page, BackendError> {
    let answer = server.ask(document, variables).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    *text = answer.text;
    page(&mut fields)
}

/// The events' own texts in an answer.
pub(super) fn own_texts(answer: &str) -> Vec<&str> {
    own_texts_in(member(answer, "data"), "logsForRun")
}

pub(super) fn own_texts_in<'a>(data: &'a str, name: &str) -> Vec<&'a str> {
    slice::items(member(member(data, name), "events"))
}

pub(super) fn member<'a>(text: &'a str, name: &str) -> &'a str {
    slice::member(text, name).unwrap_or_default()
}

/// One field that is null against the schema makes a whole answer null.
pub(super) fn is_broken(error: &BackendError) -> bool {
    matches!(
        error,
        BackendError::Broken { .. } | BackendError::Refused(_) | BackendError::Malformed(_)
    )
}

/// Says which events are shown with less than there is.
pub(super) fn broken(at: u64, error: &BackendError) -> String {
    let from = (at + 1).to_string();
    let why = error.to_string();
    [
        "events from ",
        &from,
        " on: the server breaks at their own fields, so they are shown without (",
        &why,
        ")",
    ]
    .concat()
}

impl Server {
    /// Whether a cursor behind `came` events after number `at` is what numbers would make it. Once it is not, no id is taken for a number.
    pub(super) fn check(&self, cursor: &str, at: u64, came: u64) -> bool {
        let is_right = came == 0 || !self.is_dense.get() || id(cursor) == Some(at + came);
        if !is_right {
            self.is_dense.set(false);
        }
        is_right
    }

    /// Keeps a place, unless it can be reckoned.
    pub(super) fn keep(&self, run: &str, n: u64, cursor: &str) {
        let mut places = self.places.borrow_mut();
        let is_kept = |place: &Place| place.run == run && place.n == n;
        if self.is_dense.get() || n == 0 || places.iter().any(is_kept) {
            return;
        }
        if places.len() >= PLACES {
            places.remove(0);
        }
        places.push(Place {
            run: run.into(),
            n,
            cursor: cursor.into(),
        });
    }

    /// The nearest place that is kept before or at a number.
    fn place(&self, run: &str, n: u64) -> (u64, Option<String>) {
        let mut best = (0, None);
        for place in self.places.borrow().iter() {
            if place.run == run && place.n <= n && place.n > best.0 {
                best = (place.n, Some(place.cursor.clone()));
            }
        }
        best
    }

    pub(super) fn keep_last(&self, run: &str, n: u64) {
        *self.last.borrow_mut() = Some((run.to_string(), n));
    }

    /// Keeps where a run's events end, if a walk came there.
    pub(super) fn keep_end(&self, run: &str, walked: &Walked, range: Range) {
        if walked.is_end && walked.last != range.from {
            self.keep_last(run, walked.last);
        }
    }

    /// The number of the last event of a run when its end was last looked for.
    pub(super) fn last_known(&self, run: &str) -> Option<u64> {
        let last = self.last.borrow();
        let known = last.as_ref().filter(|(known, _)| known == run);
        known.map(|(_, n)| *n)
    }

    pub(super) fn last_place(&self, run: &str) -> u64 {
        self.place(run, MOST).0
    }
}
