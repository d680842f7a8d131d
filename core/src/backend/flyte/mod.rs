//! Flyte 2: its runs service over Connect, JSON, streams as envelopes (checked against flyteidl2 2.0.53; docs/backend/flyte.md).
//!
//! `request` calls and streams, `decode` and `detail` make actions into runs and steps, `tree` knows when all have come, `watch` and its three files
//! follow. A run is named `project/domain/name` here.

mod about;
mod act;
mod ask;
mod budget;
mod create;
mod decode;
mod detail;
mod get;
mod group;
mod history;
pub mod id;
mod interface;
mod list;
mod literal;
mod log;
mod look;
mod options;
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
use futures_util::future::{self, LocalBoxFuture};
use futures_util::stream::LocalBoxStream;

pub use self::id::Scope;
use self::list::{decoded, resolve};
use self::request::Server;
use super::{
    Acted, Action, Backend, BackendError, Cursor, Decoded, EventBatch, EventQuery, Info, LogBatch,
    LogQuery, Order, Page, Positioned, Tasks, Topic,
};
use crate::model::resume::planner::Profile;
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

    /// Asks about a run that is known.
    fn about<T: 'static>(
        &self,
        run: &str,
        ask: impl FnOnce(Rc<Server>, id::Id) -> Answer<T>,
    ) -> Answer<T> {
        match self.server.named(run) {
            Ok(id) => ask(self.server.clone(), id),
            Err(error) => future::ready(Err(error)).boxed_local(),
        }
    }
}

impl Backend for Flyte {
    fn info(&self) -> Answer<Info> {
        about::info(self.server.clone()).boxed_local()
    }

    fn list_runs(&self, filter: &RunFilter, limit: u32, page: Option<&str>) -> Answer<Page<Run>> {
        let page = page.map(String::from);
        list::list(self.server.clone(), filter.clone(), limit, page).boxed_local()
    }

    fn run(&self, id: &str) -> Answer<Run> {
        let read = |whole: Result<detail::Whole, BackendError>| {
            let whole = whole?;
            Ok(decoded(whole.run, whole.problems))
        };
        let server = self.server.clone();
        let id = resolve(&server, id);
        async move { read(detail::run(&server, &id.await?).await) }.boxed_local()
    }

    fn steps(&self, run: &str) -> Answer<Vec<Step>> {
        let read = |all: Result<(Vec<Step>, Vec<String>), BackendError>| {
            all.map(|(steps, problems)| decoded(steps, problems))
        };
        let ask =
            move |server: Rc<Server>, id: id::Id| plan::all(&server, &id).map(read).boxed_local();
        self.about(run, ask)
    }

    fn logs(&self, run: &str, query: &LogQuery) -> Answer<LogBatch> {
        let query = query.clone();
        let ask = move |server: Rc<Server>, id: id::Id| log::logs(server, id, query).boxed_local();
        self.about(run, ask)
    }

    fn events(&self, run: &str, query: &EventQuery) -> Answer<EventBatch> {
        let query = query.clone();
        let ask =
            move |server: Rc<Server>, id: id::Id| history::events(server, id, query).boxed_local();
        self.about(run, ask)
    }

    fn stats(&self, run: &str) -> Answer<RunStats> {
        let ask = |server: Rc<Server>, id| {
            let (whole, all) = (detail::run(&server, &id), plan::all(&server, &id));
            async move {
                let (mut whole, (steps, problems)) = (whole.await?, all.await?);
                whole.run.steps = fold::count(&steps);
                whole.problems.extend(problems);
                let now = server.now();
                let stats = RunStats::of(&whole.run, &steps, now);
                Ok(decoded(stats, whole.problems))
            }
            .boxed_local()
        };
        self.about(run, ask)
    }

    fn raw(&self, run: &str) -> Answer<String> {
        let read = |whole: Result<detail::Whole, BackendError>| {
            let whole = whole?;
            Ok(decoded(whole.text, whole.problems))
        };
        let ask =
            move |server: Rc<Server>, id: id::Id| detail::run(&server, &id).map(read).boxed_local();
        self.about(run, ask)
    }

    fn facts(&self, run: &str) -> Answer<Vec<(String, String)>> {
        let ask = |server: Rc<Server>, id: id::Id| {
            let whole = detail::run(&server, &id);
            async move {
                let whole = whole.await?;
                Ok(decoded(options::facts(&whole), whole.problems))
            }
            .boxed_local()
        };
        self.about(run, ask)
    }

    fn step(&self, run: &str, step: &str) -> Answer<StepDetail> {
        let step = step.to_string();
        let ask = move |server: Rc<Server>, id: id::Id| look::step(server, id, step).boxed_local();
        self.about(run, ask)
    }

    fn report(&self, run: &str, step: &str, attempt: u32) -> Answer<String> {
        let step = step.to_string();
        let ask = move |server: Rc<Server>, id: id::Id| {
            look::report(server, id, step, attempt).boxed_local()
        };
        self.about(run, ask)
    }

    fn step_data(&self, run: &str, step: &str) -> Answer<StepData> {
        let step = step.to_string();
        let ask = move |server: Rc<Server>, id: id::Id| look::data(server, id, step).boxed_local();
        self.about(run, ask)
    }

    fn resume_plan(
        &self,
        run: &str,
        mode: ResumeMode,
        turned: &[String],
        _: Profile,
    ) -> Answer<ResumePlan> {
        plan::preview(&self.server, run, mode, turned)
    }

    fn learn_lengths(&self, run: &str) -> Answer<bool> {
        plan::learn(self.server.clone(), run.to_string()).boxed_local()
    }

    fn act(&self, run: &str, action: &Action, _key: &str) -> Answer<Acted> {
        let (server, id, action) = (self.server.clone(), run.to_string(), action.clone());
        async move { act::act(&server, &id, action).await }.boxed_local()
    }

    fn objection(&self, run: &Run, action: &Action) -> Option<&'static str> {
        let is_end = matches!(action, Action::Terminate { .. });
        (is_end && run.phase.is_terminal()).then_some("the run is over")
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

    fn tells_of_steps(&self) -> bool {
        true
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
        watch::open(self.server.clone(), topics.to_vec()).boxed_local()
    }
}
