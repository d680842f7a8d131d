//! [`History`]: run histories as a source: a pipeline's own API, or a `runs.jsonl` behind a URL.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};

use super::decode;
use super::file::HistoryFile;
use super::inner::{Inner, Kind, decoded};
use super::rest::Rest;
use super::run::Naming;
use super::zone::Zone;
use crate::backend::rows::Facts;
use crate::backend::{
    Backend, BackendError, Cursor, Decoded, EventBatch, EventQuery, Info, LogBatch, LogQuery, Page,
    Positioned, Progress, Recalled, Topic,
};
use crate::model::{Run, RunFilter, RunStats, Step};
use crate::net::Transport;

/// How long after the end of one reading the next one begins.
pub const POLL: Duration = Duration::from_secs(5);

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

/// The adapter.
pub struct History(Rc<Inner>);

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
