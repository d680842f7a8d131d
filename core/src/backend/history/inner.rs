//! What [`super::adapter::History`] asks of its file or its API, and what it keeps of that.

use std::cell::RefCell;
use std::rc::Rc;

use super::file::{HistoryFile, Read};
use super::health;
use super::rest::{NEWEST, Rest, Rows};
use super::run::Naming;
use super::wire::Summary;
use crate::backend::{
    BackendError, Capabilities, Decoded, Info, Page, Positioned, Topic, Update, Vocabulary,
};
use crate::model::Run;

/// Records of a file in one go, so that the page has room to breathe between them.
const SLICE: u32 = 500;

pub(super) enum Kind {
    Rest(Rest),
    File(Box<HistoryFile>),
}

pub(super) struct Inner {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) naming: Naming,
    /// The run that was asked for last.
    pub(super) last: RefCell<Option<(String, Rc<Kept>)>>,
    /// Ids of the API's newest runs when it was asked last.
    pub(super) newest: RefCell<Vec<String>>,
}

/// A record, and the text that it was read from.
pub(super) type Kept = (Summary, String);

pub(super) fn decoded<T>(value: T) -> Decoded<T> {
    Decoded {
        value,
        problems: Vec::new(),
        cursor: None,
    }
}

impl Inner {
    pub(super) fn run(&self, id: &str, summary: &Summary, version: u64) -> Run {
        let mut run = summary.run(id.into(), &self.naming);
        run.version = version;
        run
    }

    pub(super) async fn kept(&self, id: &str) -> Result<Rc<Kept>, BackendError> {
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

    /// Keeps the ids of the newest runs; whether none of them was there before, which is false for the first ones.
    fn keep_newest(&self, rows: &Rows) -> bool {
        let ids = rows.rows.iter().map(|(id, _)| id.clone()).collect();
        let before = self.newest.replace(ids);
        let is_known = |(id, _): &(String, Summary)| before.contains(id);
        !before.is_empty() && !rows.rows.iter().any(is_known)
    }

    pub(super) async fn info(&self) -> Result<Decoded<Info>, BackendError> {
        let mut problems = Vec::new();
        let (newest, (of, is_whole), has_unread, date) = match &self.kind {
            Kind::Rest(rest) => {
                let rows = rest.newest(5).await?;
                let has_unread = rows.is_full || !rows.problems.is_empty();
                let newest = rows.rows.into_iter().map(|(_, summary)| summary);
                (newest.collect(), (None, true), has_unread, rows.date)
            }
            Kind::File(file) => {
                problems = file.state.borrow().remarks.told();
                (file.newest(), file.extent(), file.has_unread(), None)
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
            health: vec![health::part(
                &newest,
                of,
                is_whole,
                has_unread.then_some(health::NOTHING_READ),
            )],
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

    pub(super) async fn list(
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
                    self.keep_newest(&rows);
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

    pub(super) async fn news(&self, topics: Vec<Topic>) -> Result<Vec<Positioned>, BackendError> {
        let mut updates: Vec<Update> = Vec::new();
        let mut server_time = None;
        if topics.contains(&Topic::Runs) {
            match &self.kind {
                Kind::Rest(rest) => {
                    let rows = rest.newest(NEWEST).await?;
                    self.forget();
                    server_time = rows.date;
                    if rows.is_full && self.keep_newest(&rows) {
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
