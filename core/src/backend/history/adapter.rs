//! [`History`]: run histories as a source: a pipeline's own API, or a `runs.jsonl` behind a URL.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};

use super::decode;
use super::file::{HistoryFile, Read};
use super::health;
use super::rest::{Rest, Rows};
use super::run::Naming;
use super::wire::Summary;
use super::zone::Zone;
use crate::backend::rows::Facts;
use crate::backend::{
    Backend, BackendError, Capabilities, Cursor, Decoded, EventBatch, EventQuery, Info, LogBatch,
    LogQuery, Page, Positioned, Progress, Recalled, Topic, Update, Vocabulary,
};
use crate::model::{Run, RunFilter, RunStats, Step};
use crate::net::Transport;

/// How long after the end of one reading the next one begins.
pub const POLL: Duration = Duration::from_secs(5);
/// Rows of a reading of the API: what is newer than that is found by reading the list anew.
const NEWEST: u32 = 100;

/// Records of a file in one go, so that the page has room to breathe between them.
const SLICE: u32 = 500;

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

enum Kind {
    Rest(Rest),
    File(Box<HistoryFile>),
}

/// The adapter.
pub struct History(Rc<Inner>);

struct Inner {
    kind: Kind,
    name: String,
    naming: Naming,
    /// The run that was asked for last.
    last: RefCell<Option<(String, Rc<Kept>)>>,
    /// Ids of the API's newest runs when it was asked last.
    newest: RefCell<Vec<String>>,
}

/// A record, and the text that it was read from.
type Kept = (Summary, String);

fn decoded<T>(value: T) -> Decoded<T> {
    Decoded {
        value,
        problems: Vec::new(),
        cursor: None,
    }
}

/// Whether the URL names a file of lines and not an API.
fn is_file(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    [".jsonl", ".ndjson", ".log", ".txt"]
        .iter()
        .any(|end| path.ends_with(end))
        || url.starts_with("blob:")
}

impl History {
    /// `url`: what stands in front of `runs`, or a file of lines.
    pub fn new(url: &str, transport: Rc<dyn Transport>) -> History {
        History::in_zone(url, Zone::default(), transport)
    }

    /// The same, with the zone of times that name none.
    pub fn in_zone(url: &str, zone: Zone, transport: Rc<dyn Transport>) -> History {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let name = path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(path);
        History(Rc::new(Inner {
            kind: match is_file(url) {
                true => Kind::File(Box::new(HistoryFile::new(url, transport))),
                false => Kind::Rest(Rest::new(url, transport)),
            },
            name: name.into(),
            naming: Naming {
                job: "pipeline".into(),
                zone,
            },
            last: RefCell::default(),
            newest: RefCell::default(),
        }))
    }
}

impl History {
    /// Bytes held of a file, by accounting.
    pub fn memory_bytes(&self) -> usize {
        match &self.0.kind {
            Kind::File(file) => file.memory_bytes(),
            Kind::Rest(_) => 0,
        }
    }
}

impl Inner {
    fn run(&self, id: &str, summary: &Summary, version: u64) -> Run {
        let mut run = summary.run(id.into(), &self.naming);
        run.version = version;
        run
    }

    async fn kept(&self, id: &str) -> Result<Rc<Kept>, BackendError> {
        let known = self
            .last
            .borrow()
            .as_ref()
            .filter(|(known, _)| known == id)
            .map(|(_, kept)| kept.clone());
        if let Some(kept) = known {
            // A record is written once.
            return Ok(kept);
        }
        let kept = Rc::new(match &self.kind {
            Kind::Rest(rest) => rest.one(id).await?,
            Kind::File(file) => file.one(id).await?,
        });
        *self.last.borrow_mut() = Some((id.into(), kept.clone()));
        Ok(kept)
    }

    /// An id may mean another record from now on.
    fn forget(&self) {
        *self.last.borrow_mut() = None;
    }

    /// Whether none of them was there before; false for the first ones.
    fn all_are_new(&self, rows: &Rows) -> bool {
        let ids = rows.rows.iter().map(|(id, _)| id.clone()).collect();
        let before = self.newest.replace(ids);
        let is_known = |(id, _): &(String, Summary)| before.contains(id);
        !before.is_empty() && !rows.rows.iter().any(is_known)
    }

    async fn info(&self) -> Result<Decoded<Info>, BackendError> {
        let mut problems = Vec::new();
        let (newest, (of, is_whole), date) = match &self.kind {
            Kind::Rest(rest) => {
                let rows = rest.newest(5).await?;
                let newest = rows.rows.into_iter().map(|(_, summary)| summary);
                (newest.collect(), (None, true), rows.date)
            }
            Kind::File(file) => {
                problems = file.state.borrow().remarks.told();
                (file.newest(), file.extent(), None)
            }
        };
        let newest: Vec<&Summary> = newest.iter().collect();
        Ok(decoded(Info {
            name: self.name.clone(),
            server_time: date,
            vocabulary: Vocabulary {
                job: "pipeline".into(),
                step: "stage".into(),
            },
            capabilities: Capabilities {
                events: true,
                stats: true,
                raw: true,
                facts: true,
                ..Capabilities::default()
            },
            problems,
            health: vec![health::part(&newest, of, is_whole)],
            ..Info::default()
        }))
    }

    fn runs(&self, read: &Read) -> Vec<Run> {
        let rows = read.rows.iter();
        rows.map(|row| match row.brief {
            Some(number) => row.summary.brief(number, &self.naming),
            None => self.run(&row.id, &row.summary, row.version),
        })
        .collect()
    }

    async fn list(
        &self,
        limit: u32,
        page: Option<String>,
    ) -> Result<Decoded<Page<Run>>, BackendError> {
        match &self.kind {
            Kind::Rest(rest) => {
                // More is had by a larger limit, and what is known comes again.
                let known: u32 = page.and_then(|page| page.parse().ok()).unwrap_or(0);
                let wanted = known.saturating_add(limit);
                let rows = rest.newest(wanted).await?;
                self.forget();
                if known == 0 {
                    self.all_are_new(&rows);
                }
                let items = rows.rows.iter().skip(rows.before(known));
                let page = Page {
                    items: items
                        .map(|(id, summary)| self.run(id, summary, 1))
                        .collect(),
                    next: rows.is_full.then(|| wanted.to_string()),
                    total: None,
                };
                Ok(Decoded {
                    problems: rows.problems,
                    ..decoded(page)
                })
            }
            Kind::File(file) => {
                let limit = limit.min(SLICE) as usize;
                if page.is_none() {
                    self.forget();
                }
                let read = file.read(limit, page.is_none()).await?;
                let number: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(0);
                let page = Page {
                    items: self.runs(&read),
                    next: read.has_more.then(|| (number + 1).to_string()),
                    total: None,
                };
                Ok(Decoded {
                    problems: read.problems,
                    ..decoded(page)
                })
            }
        }
    }

    async fn news(&self, topics: Vec<Topic>) -> Result<Vec<Positioned>, BackendError> {
        let mut updates: Vec<Update> = Vec::new();
        let mut server_time = None;
        if topics.contains(&Topic::Runs) {
            match &self.kind {
                Kind::Rest(rest) => {
                    let rows = rest.newest(NEWEST).await?;
                    self.forget();
                    server_time = rows.date;
                    if rows.is_full && self.all_are_new(&rows) {
                        updates.push(Update::Gap {
                            topic: Some(Topic::Runs),
                            reason: "more runs came than one look shows".into(),
                        });
                    }
                    updates.push(Update::Runs(
                        rows.rows
                            .iter()
                            .map(|(id, summary)| self.run(id, summary, 1))
                            .collect(),
                    ));
                }
                Kind::File(file) => {
                    let read = file.tail().await?;
                    server_time = read.date;
                    if let Some(reason) = read.is_other {
                        self.forget();
                        updates.push(Update::Gap {
                            topic: Some(Topic::Runs),
                            reason: reason.into(),
                        });
                    }
                    if !read.rows.is_empty() {
                        updates.push(Update::Runs(self.runs(&read)));
                    }
                    updates.extend(read.problems.into_iter().map(Update::Problem));
                }
            }
        }
        updates.push(Update::Live { server_time });
        // A run is written when it is over: nothing more will come of it.
        let over = topics.into_iter().filter(|topic| *topic != Topic::Runs);
        updates.extend(over.map(|topic| Update::End { topic }));
        let placed = |update| Positioned {
            update,
            cursor: None,
        };
        Ok(updates.into_iter().map(placed).collect())
    }
}

impl Backend for History {
    fn info(&self) -> Answer<Info> {
        let inner = self.0.clone();
        async move { inner.info().await }.boxed_local()
    }

    fn list_runs(&self, filter: &RunFilter, limit: u32, page: Option<&str>) -> Answer<Page<Run>> {
        // Histories are read whole and filtered by whoever reads them: what is asked for beside that would begin the reading anew.
        if !filter.is_empty() {
            let none = Page {
                items: Vec::new(),
                next: None,
                total: None,
            };
            return async move { Ok(decoded(none)) }.boxed_local();
        }
        let (inner, page) = (self.0.clone(), page.map(String::from));
        async move { inner.list(limit, page).await }.boxed_local()
    }

    fn recall(&self, numbers: &[u32]) -> Answer<Recalled> {
        let (inner, numbers) = (self.0.clone(), numbers.to_vec());
        async move {
            let Kind::File(file) = &inner.kind else {
                return Ok(decoded(Vec::new()));
            };
            let found = file.recall(&numbers).await?;
            let runs = found.into_iter().map(|(number, id, summary)| {
                let run = inner.run(&id, &summary, 1);
                (number, run)
            });
            Ok(decoded(runs.collect()))
        }
        .boxed_local()
    }

    fn progress(&self) -> Option<Progress> {
        match &self.0.kind {
            Kind::File(file) => Some(file.progress()),
            Kind::Rest(_) => None,
        }
    }

    fn run(&self, id: &str) -> Answer<Run> {
        let (inner, id) = (self.0.clone(), id.to_string());
        async move {
            let kept = inner.kept(&id).await?;
            Ok(decoded(inner.run(&id, &kept.0, 1)))
        }
        .boxed_local()
    }

    fn steps(&self, run: &str) -> Answer<Vec<Step>> {
        let (inner, id) = (self.0.clone(), run.to_string());
        async move { Ok(decoded(inner.kept(&id).await?.0.steps(&inner.naming))) }.boxed_local()
    }

    fn logs(&self, _: &str, _: &LogQuery) -> Answer<LogBatch> {
        async { Err(BackendError::no("logs: a history keeps none")) }.boxed_local()
    }

    fn events(&self, run: &str, query: &EventQuery) -> Answer<EventBatch> {
        let (inner, id, query) = (self.0.clone(), run.to_string(), query.clone());
        async move {
            let mut events = inner.kept(&id).await?.0.events(&inner.naming);
            let total = events.len() as u64;
            events.retain(|event| {
                query.after.is_none_or(|after| event.n > after)
                    && query.before.is_none_or(|before| event.n < before)
            });
            let kept = query.tail.or(query.limit).unwrap_or(u32::MAX) as usize;
            let has_more = events.len() > kept;
            if query.tail.is_some() {
                events.drain(..events.len().saturating_sub(kept));
            } else {
                events.truncate(kept);
            }
            Ok(decoded(EventBatch {
                events,
                total: Some(total),
                has_more,
            }))
        }
        .boxed_local()
    }

    fn stats(&self, run: &str) -> Answer<RunStats> {
        let (inner, id) = (self.0.clone(), run.to_string());
        async move { Ok(decoded(inner.kept(&id).await?.0.stats(&inner.naming))) }.boxed_local()
    }

    fn raw(&self, run: &str) -> Answer<String> {
        let (inner, id) = (self.0.clone(), run.to_string());
        async move { Ok(decoded(decode::raw(&inner.kept(&id).await?.1))) }.boxed_local()
    }

    fn facts(&self, run: &str) -> Answer<Facts> {
        let (inner, id) = (self.0.clone(), run.to_string());
        async move { Ok(decoded(inner.kept(&id).await?.0.facts())) }.boxed_local()
    }

    fn log_url(&self, _: &str) -> Option<String> {
        None
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(POLL)
    }

    fn watch(
        &self,
        topics: &[Topic],
        _: &[Cursor],
    ) -> LocalBoxFuture<
        'static,
        Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError>,
    > {
        let (inner, topics) = (self.0.clone(), topics.to_vec());
        async move {
            let news = inner.news(topics).await?;
            Ok(stream::iter(news.into_iter().map(Ok)).boxed_local())
        }
        .boxed_local()
    }
}
