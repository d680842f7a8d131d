//! Flyte 2: its runs service over Connect, JSON by POST, streams as envelopes (checked against flyteidl2 2.0.53; docs/backend/flyte.md).
//!
//! `request` calls and streams, `decode` and `detail` make actions into runs and steps, `tree` knows when all have come, `watch` and its three files
//! follow. A run is named `project/domain/name` here.

mod about;
mod act;
mod create;
mod decode;
mod detail;
mod history;
pub mod id;
mod list;
mod log;
mod plan;
mod poll_actions;
mod proto;
mod request;
mod task;
mod tree;
mod watch;
mod watch_list;
mod watch_log;
mod watch_run;

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::LocalBoxStream;

pub use self::id::Scope;
use self::list::{decoded, resolve};
use self::request::Server;
use super::{
    Acted, Action, Backend, BackendError, Cursor, Decoded, EventBatch, EventQuery, Info, LogBatch,
    LogQuery, Order, Page, Positioned, Tasks, Topic,
};
use crate::model::step_detail::StepData;
use crate::model::{ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step, StepDetail, fold};
use crate::net::{Clock, Transport};

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

/// A Flyte 2 runs service.
pub struct Flyte {
    server: Rc<Server>,
}

impl Flyte {
    /// `base` is what stands before `/flyteidl2...`.
    pub fn new(
        base: &str,
        scope: Scope,
        transport: Rc<dyn Transport>,
        clock: Rc<dyn Clock>,
    ) -> Flyte {
        Flyte {
            server: Rc::new(Server::new(base, scope, transport, clock)),
        }
    }

    /// A link by which a browser gets the report of an attempt (1-based) from the object store.
    pub fn report(
        &self,
        run: &str,
        step: &str,
        attempt: u32,
    ) -> LocalBoxFuture<'static, Result<String, BackendError>> {
        let (server, run, step) = (self.server.clone(), run.to_string(), step.to_string());
        async move { create::report(&server, &run, &step, attempt).await }.boxed_local()
    }

    fn about<T: 'static, F>(
        &self,
        run: &str,
        ask: impl FnOnce(Rc<Server>, id::Id) -> F + 'static,
    ) -> Answer<T>
    where
        F: Future<Output = Result<Decoded<T>, BackendError>> + 'static,
    {
        let (server, run) = (self.server.clone(), run.to_string());
        async move {
            let id = resolve(&server, &run).await?;
            ask(server, id).await
        }
        .boxed_local()
    }
}

impl Backend for Flyte {
    fn info(&self) -> Answer<Info> {
        let server = self.server.clone();
        async move { about::info(&server).await }.boxed_local()
    }

    fn list_runs(&self, filter: &RunFilter, limit: u32, page: Option<&str>) -> Answer<Page<Run>> {
        let (server, filter, page) = (self.server.clone(), filter.clone(), page.map(String::from));
        async move { list::list(&server, filter, limit, page).await }.boxed_local()
    }

    fn run(&self, id: &str) -> Answer<Run> {
        self.about(id, |server, id| async move {
            let whole = detail::run(&server, &id).await?;
            Ok(decoded(whole.run, whole.problems))
        })
    }

    fn steps(&self, run: &str) -> Answer<Vec<Step>> {
        self.about(run, |server, id| async move {
            let (steps, problems) = plan::all(&server, &id).await?;
            Ok(decoded(steps, problems))
        })
    }

    fn logs(&self, run: &str, query: &LogQuery) -> Answer<LogBatch> {
        let query = query.clone();
        self.about(run, |server, id| async move {
            log::logs(&server, &id, &query).await
        })
    }

    fn events(&self, run: &str, query: &EventQuery) -> Answer<EventBatch> {
        let query = query.clone();
        self.about(run, |server, id| async move {
            history::events(&server, &id, query).await
        })
    }

    fn stats(&self, run: &str) -> Answer<RunStats> {
        self.about(run, |server, id| async move {
            let mut whole = detail::run(&server, &id).await?;
            let (steps, problems) = plan::all(&server, &id).await?;
            whole.run.steps = fold::count(&steps);
            whole.problems.extend(problems);
            let now = server.date.get().unwrap_or_else(|| server.clock.now());
            Ok(decoded(
                RunStats::of(&whole.run, &steps, now),
                whole.problems,
            ))
        })
    }

    fn raw(&self, run: &str) -> Answer<String> {
        self.about(run, |server, id| async move {
            let whole = detail::run(&server, &id).await?;
            Ok(decoded(whole.text, whole.problems))
        })
    }

    fn step(&self, run: &str, step: &str) -> Answer<StepDetail> {
        let step = step.to_string();
        self.about(run, |server, id| async move {
            Ok(detail::action(&server, &id, &step).await?.1)
        })
    }

    fn step_data(&self, run: &str, step: &str) -> Answer<StepData> {
        let step = step.to_string();
        self.about(run, |server, id| async move {
            detail::data(&server, &id, &step).await
        })
    }

    fn resume_plan(&self, run: &str, mode: ResumeMode) -> Answer<ResumePlan> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { plan::preview(&server, &id, mode).await }.boxed_local()
    }

    fn act(&self, run: &str, action: &Action, _key: &str) -> Answer<Acted> {
        let (server, id, action) = (self.server.clone(), run.to_string(), action.clone());
        async move { act::act(&server, &id, action).await }.boxed_local()
    }

    fn order(&self, order: &Order) -> Answer<Acted> {
        let (server, order) = (self.server.clone(), order.clone());
        async move { act::order(&server, order).await }.boxed_local()
    }

    fn tasks(&self) -> Option<Box<dyn Tasks>> {
        Some(Box::new(task::FlyteTasks(self.server.clone())))
    }

    fn streams(&self, topics: &[Topic]) -> usize {
        topics.len()
    }

    fn tells_all_steps(&self) -> bool {
        true
    }

    fn log_url(&self, _run: &str) -> Option<String> {
        None
    }

    fn watch(
        &self,
        topics: &[Topic],
        _after: &[Cursor],
    ) -> LocalBoxFuture<
        'static,
        Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError>,
    > {
        let (server, topics) = (self.server.clone(), topics.to_vec());
        async move { watch::open(server, topics).await }.boxed_local()
    }
}
