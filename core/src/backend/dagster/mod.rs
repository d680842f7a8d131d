//! Dagster: runs of a dagster-webserver, by its GraphQL (checked on 1.13.27; docs/backend/dagster.md).
//!
//! [`query`] has every document, [`graphql`](self) sends one and reads whatever comes back, `open` asks for a run, `journal` finds places in its events,
//! `watch` tells news; the other files make Dagster's records into ours. The webserver allows no other origin, so a page reaches it through the bridge or another proxy.

mod about;
mod act;
mod again;
mod asset;
mod bulk;
mod captured;
mod complete;
mod cursor;
pub mod decode;
mod earlier;
mod end;
mod event;
mod graphql;
mod held;
mod journal;
mod kept;
mod lanes;
pub mod list;
mod live;
mod log;
mod metadata;
mod near;
mod older;
mod open;
mod partition;
mod place;
pub mod query;
mod step;
mod turn;
mod watch;

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream};

use self::graphql::{Server, wanted};
use self::kept::{Part, opened};
use super::lenient::{Fields, Problems};
use super::{
    Acted, Action, Backend, BackendError, Backfill, Completing, Cursor, Decoded, EventBatch,
    EventQuery, Info, Launch, LogBatch, LogQuery, Page, Positioned, RowFigures, RunFile, Topic,
    slice,
};
use crate::model::event::RunEvent;
use crate::model::resume::planner::Profile;
use crate::model::{
    Asset, Family, ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step, Timestamp,
};

/// How long after a reading the next one begins.
pub const POLL: Duration = Duration::from_secs(2);

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

/// A dagster-webserver.
pub struct Dagster {
    server: Rc<Server>,
}

impl Dagster {
    /// `base` is what stands before `/graphql`, with the path prefix if there is one; with `/graphql` it is the same.
    pub fn new(base: &str, transport: Rc<dyn crate::net::Transport>) -> Dagster {
        Dagster {
            server: Rc::new(Server::new(base, transport)),
        }
    }
}

impl Server {
    /// The server's clock.
    async fn now(&self) -> Result<Timestamp, BackendError> {
        if self.date.get().is_none() {
            self.ask(query::CLOCK, "{}".into()).await?;
        }
        self.date.get().ok_or_else(|| {
            let words = "this server does not tell the time, so a length before now means nothing";
            BackendError::Refused(words.into())
        })
    }
}

fn decoded<T>(value: T, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: None,
    }
}

impl Backend for Dagster {
    fn info(&self) -> Answer<Info> {
        let server = self.server.clone();
        async move { about::info(&server).await }.boxed_local()
    }

    fn list_runs(&self, filter: &RunFilter, limit: u32, page: Option<&str>) -> Answer<Page<Run>> {
        let (server, filter, page) = (self.server.clone(), filter.clone(), page.map(String::from));
        async move { list::list(&server, filter, limit, page).await }.boxed_local()
    }

    fn run(&self, id: &str) -> Answer<Run> {
        let (server, id) = (self.server.clone(), id.to_string());
        async move {
            let known = opened(&server, &id, Part::Run).await;
            let known = match known {
                Err(BackendError::NotFound(missing)) => {
                    return Err(near::found(&server, &id, missing).await);
                }
                known => known?,
            };
            Ok(decoded(known.run.clone(), known.problems.clone()))
        }
        .boxed_local()
    }

    fn steps(&self, run: &str) -> Answer<Vec<Step>> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let known = opened(&server, &id, Part::Steps).await?;
            Ok(decoded(known.steps.clone(), known.problems.clone()))
        }
        .boxed_local()
    }

    fn logs(&self, run: &str, query: &LogQuery) -> Answer<LogBatch> {
        let (server, id, query) = (self.server.clone(), run.to_string(), query.clone());
        async move { log::lines(&server, &id, query).await }.boxed_local()
    }

    fn events(&self, run: &str, query: &EventQuery) -> Answer<EventBatch> {
        let (server, id, query) = (self.server.clone(), run.to_string(), query.clone());
        async move { log::events(&server, &id, query).await }.boxed_local()
    }

    fn event(&self, run: &str, n: u64) -> Answer<RunEvent> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { log::event(&server, &id, n).await }.boxed_local()
    }

    fn stats(&self, run: &str) -> Answer<RunStats> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { about::stats(&server, &id).await }.boxed_local()
    }

    fn lineage(&self, run: &str) -> Answer<Family> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let known = opened(&server, &id, Part::Family).await?;
            Ok(decoded(known.family.clone(), known.problems.clone()))
        }
        .boxed_local()
    }

    fn raw(&self, run: &str) -> Answer<String> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let answer = server.ask(query::RAW, open::of_run(&id)).await?;
            let mut problems = answer.problems;
            let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
            wanted(&mut fields, "runOrError", "Run")?;
            let data = slice::member(&answer.text, "data").unwrap_or_default();
            let own = slice::member(data, "runOrError").unwrap_or_default();
            Ok(decoded(own.to_string(), problems))
        }
        .boxed_local()
    }

    fn resume_plan(
        &self,
        run: &str,
        mode: ResumeMode,
        _: &[String],
        _: Profile,
    ) -> Answer<ResumePlan> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { again::preview(&server, &id, mode).await }.boxed_local()
    }

    fn learn_lengths(&self, run: &str) -> Answer<bool> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let (is_any, problems) = earlier::learn(&server, &id).await?;
            Ok(decoded(is_any, problems))
        }
        .boxed_local()
    }

    fn act(&self, run: &str, action: &Action, _key: &str) -> Answer<Acted> {
        let (server, id, action) = (self.server.clone(), run.to_string(), action.clone());
        async move { act::act(&server, &id, action).await }.boxed_local()
    }

    fn launch(&self, launch: &Launch, _key: &str) -> Answer<Acted> {
        let (server, launch) = (self.server.clone(), launch.clone());
        async move { again::launch(&server, launch).await }.boxed_local()
    }

    fn objection(&self, run: &Run, action: &Action) -> Option<&'static str> {
        act::objection(&self.server, run, action)
    }

    fn assets(&self, run: &str) -> Answer<Vec<Asset>> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let known = opened(&server, &id, Part::Assets).await?;
            let mut problems = known.problems.clone();
            let found = asset::of(&server, &known, &mut problems).await?;
            Ok(decoded(found.assets, problems))
        }
        .boxed_local()
    }

    fn facts(&self, run: &str) -> Answer<Vec<(String, String)>> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let known = opened(&server, &id, Part::Facts).await?;
            Ok(decoded(known.facts.clone(), known.problems.clone()))
        }
        .boxed_local()
    }

    fn files(&self, run: &str) -> Answer<Vec<RunFile>> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { captured::files(&server, &id).await }.boxed_local()
    }

    fn counts(&self, filter: &RunFilter) -> Answer<Vec<(String, u64)>> {
        let (server, filter) = (self.server.clone(), filter.clone());
        async move { lanes::counts(&server, filter).await }.boxed_local()
    }

    fn figures(&self, runs: &[String]) -> Answer<Vec<RowFigures>> {
        let (server, runs) = (self.server.clone(), runs.to_vec());
        async move { near::figures(&server, runs).await }.boxed_local()
    }

    fn complete(&self, what: &Completing, typed: &str) -> Answer<Vec<String>> {
        let (server, what, typed) = (self.server.clone(), what.clone(), typed.to_string());
        async move { complete::complete(&server, what, &typed).await }.boxed_local()
    }

    fn backfills(&self, named: &[String]) -> Answer<Vec<Backfill>> {
        let (server, named) = (self.server.clone(), named.to_vec());
        async move { near::backfills(&server, named).await }.boxed_local()
    }

    fn log_url(&self, _run: &str) -> Option<String> {
        None
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(POLL)
    }

    fn watch(
        &self,
        topics: &[Topic],
        after: &[Cursor],
    ) -> LocalBoxFuture<
        'static,
        Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError>,
    > {
        let (server, topics, after) = (self.server.clone(), topics.to_vec(), after.to_vec());
        async move {
            let (news, from) = watch::read(&server, topics, after).await?;
            let news = stream::iter(news.into_iter().map(Ok));
            Ok(match from {
                Some(from) => news.chain(live::news(server, from)).boxed_local(),
                None => news.boxed_local(),
            })
        }
        .boxed_local()
    }
}
