//! The list, live: its newest page and all runs that go on are asked for every 5 s, and WatchRuns tells of changes of phase at once. The stream alone
//! would miss runs that were just made, and every news that its channel had no room for.

use std::rc::Rc;

use futures_util::{FutureExt as _, TryFutureExt as _};

use super::ask::Ask;
use super::decode::row;
use super::list::{BY_ID, ask, by_id, mark};
use super::request::{RUNS, Server, Told};
use super::watch::{Answer, Event, Follow, Line};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Update};
use crate::model::Run;
use crate::store::json::JsonText;

/// Seconds between two questions.
const EVERY: u32 = 5;
const FIRST: u32 = 50;

/// So many runs that went on are asked about in one reading.
const MOST: usize = 500;

/// What is asked for.
pub(super) struct Reading {
    runs: Vec<Run>,
    problems: Problems,
}

/// The newest page, the runs that went on when last seen, and those of which an action began or ceased to wait.
async fn reading(server: Rc<Server>) -> Result<Reading, BackendError> {
    let mut wanted = server.ask_paused().await?;
    let page = ask(&server, &Ask::default(), FIRST, None).await?;
    wanted.extend(server.active.borrow().iter().cloned());
    wanted.retain(|id| !page.runs.iter().any(|run| run.id == *id));
    let (mut runs, mut problems) = (page.runs, page.problems);
    // Of very many, others each time.
    wanted.truncate(MOST);
    for ids in wanted.chunks(BY_ID) {
        let rest = by_id(&server, ids).await?;
        runs.extend(rest.runs);
        problems.extend(rest.problems);
    }
    // A run that went on and is nowhere is no more: it is not asked about again. Those that were asked about come last the next time.
    let mut active = server.active.borrow_mut();
    let (asked, mut next): (Vec<String>, Vec<String>) =
        active.drain(..).partition(|id| wanted.contains(id));
    let is_there = |id: &String| runs.iter().any(|run| run.id == *id);
    next.extend(asked.into_iter().filter(is_there));
    *active = next;
    drop(active);
    Ok(Reading { runs, problems })
}

struct List {
    line: Line,
    /// Seconds since the last answer, and until the stream is opened again.
    since: u32,
    retry: Option<u32>,
    failures: u32,
    /// Runs of which the stream spoke since the question on its way was asked: its answer may be older.
    fresh: Vec<String>,
}

pub(super) async fn open(server: Rc<Server>) -> Result<Box<dyn Follow>, BackendError> {
    let first = reading(server.clone()).await?;
    let mut list = List {
        line: Line::new(server),
        since: 0,
        retry: Some(0),
        failures: 0,
        fresh: Vec::new(),
    };
    list.read(first);
    list.line.live();
    Ok(Box::new(list))
}

impl List {
    fn read(&mut self, reading: Reading) {
        let mut runs = reading.runs;
        runs.retain(|run| !self.fresh.contains(&run.id));
        self.fresh.clear();
        self.line.problems(reading.problems);
        self.line.push(Update::Runs(runs));
    }

    fn tick(&mut self) {
        self.since += 1;
        if self.since >= EVERY && self.line.asked.is_none() {
            self.since = 0;
            self.fresh.clear();
            let asked = reading(self.line.server.clone());
            self.line.asked = Some(asked.map_ok(Answer::Runs).boxed_local());
        }
        match self.retry {
            Some(0) => {
                self.retry = None;
                self.line.feed = Some(self.stream());
            }
            Some(seconds) => self.retry = Some(seconds - 1),
            None => {}
        }
    }

    fn stream(&self) -> super::request::Feed {
        let scope = &self.line.server.scope;
        let mut json = JsonText::new();
        json.open('{');
        match scope.is_one_project() {
            true => scope.project(&mut json, &scope.project, &scope.domain),
            false => drop(json.text_field("org", Some(scope.org()))),
        }
        json.close('}');
        self.line.server.open(RUNS, "WatchRuns", &json.finish())
    }

    fn told(&mut self, told: Told) -> Result<(), BackendError> {
        let bytes = match told {
            Told::Message(bytes) if !bytes.is_empty() => bytes,
            Told::Message(_) => return Ok(()),
            // What the stream does not tell is asked for: that it broke is no news for users.
            Told::Done | Told::Broken(_) => {
                self.failures += 1;
                self.retry = Some((1 << self.failures.min(6)) - 1);
                return Ok(());
            }
        };
        self.failures = 0;
        let mut problems = Problems::new();
        let mut runs = Fields::parse(&bytes, &mut problems)?.rows("runs", row);
        let server = &self.line.server;
        server.remember(&runs);
        let is_ours = |run: &Run| {
            let scope = &server.scope;
            // The service looks at the project alone, and not at every target.
            let tag = |key: &str, value: &str| {
                value.is_empty() || run.tags.iter().any(|(k, v)| k == key && v == value)
            };
            tag("project", &scope.project) && tag("domain", &scope.domain)
        };
        runs.retain(is_ours);
        let paused = server.paused.borrow().clone();
        for run in &mut runs {
            mark(run, paused.contains(&run.id));
        }
        self.fresh.extend(runs.iter().map(|run| run.id.clone()));
        self.line.problems(problems);
        self.line.push(Update::Runs(runs));
        Ok(())
    }
}

impl Follow for List {
    fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    fn take(&mut self, event: Event) -> Result<(), BackendError> {
        match event {
            Event::Tick => self.tick(),
            Event::Told(told) => self.told(told)?,
            Event::Asked(answer) => {
                if let Answer::Runs(reading) = *answer {
                    self.read(reading);
                    self.line.live();
                }
            }
        }
        Ok(())
    }
}
