//! [`Late`]: an adapter whose code comes when its source is first asked (docs/adr/0007).

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::LocalBoxStream;

use super::rows::{Backfill, Completing, Counts, Facts, RowFigures, RunFile};
use super::{
    Acted, Action, Backend, BackendError, Cursor, Decoded, EventBatch, EventQuery, Info, Launch,
    LogBatch, LogQuery, Order, Page, Positioned, Progress, Recalled, Tasks, Topic,
};
use crate::lazy::NotLoaded;
use crate::model::event::RunEvent;
use crate::model::resume::planner::Profile;
use crate::model::step_detail::StepData;
use crate::model::{
    Asset, Family, ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step, StepDetail,
};

type Answer<T> = LocalBoxFuture<'static, Result<T, BackendError>>;
type Opening = LocalBoxFuture<'static, Result<Rc<dyn Backend>, NotLoaded>>;

/// Stands for an adapter from the start. Every question waits for the code; while that does not load, the source is one that cannot be reached.
pub struct Late(Rc<Adapter>);

struct Adapter {
    /// [`Backend::poll_every`], which is asked before the code is there.
    poll: Option<Duration>,
    /// [`Backend::tells_of_steps`], likewise.
    tells_of_steps: bool,
    open: Box<dyn Fn() -> Opening>,
    here: OnceCell<Rc<dyn Backend>>,
}

impl Adapter {
    async fn get(&self) -> Result<Rc<dyn Backend>, BackendError> {
        if let Some(backend) = self.here.get() {
            return Ok(backend.clone());
        }
        match (self.open)().await {
            // Another question may have been quicker: there is one adapter.
            Ok(backend) => Ok(self.here.get_or_init(|| backend).clone()),
            Err(NotLoaded) => Err(BackendError::Unreachable(
                "the code for this kind of source did not load from this page's server".into(),
            )),
        }
    }
}

impl Late {
    /// `open` fetches the code and makes the adapter; it is called again while it fails. `poll` and `tells_of_steps` are what it will say to
    /// [`Backend::poll_every`] and [`Backend::tells_of_steps`].
    pub fn new(
        poll: Option<Duration>,
        tells_of_steps: bool,
        open: impl Fn() -> Opening + 'static,
    ) -> Late {
        Late(Rc::new(Adapter {
            poll,
            tells_of_steps,
            open: Box::new(open),
            here: OnceCell::new(),
        }))
    }

    fn ask<T: 'static>(
        &self,
        question: impl FnOnce(&dyn Backend) -> Answer<T> + 'static,
    ) -> Answer<T> {
        let adapter = self.0.clone();
        async move { question(adapter.get().await?.as_ref()).await }.boxed_local()
    }
}

impl Backend for Late {
    fn info(&self) -> Answer<Decoded<Info>> {
        self.ask(|backend| backend.info())
    }

    fn list_runs(
        &self,
        filter: &RunFilter,
        limit: u32,
        page: Option<&str>,
    ) -> Answer<Decoded<Page<Run>>> {
        let (filter, page) = (filter.clone(), page.map(String::from));
        self.ask(move |backend| backend.list_runs(&filter, limit, page.as_deref()))
    }

    fn recall(&self, numbers: &[u32]) -> Answer<Decoded<Recalled>> {
        let numbers = numbers.to_vec();
        self.ask(move |backend| backend.recall(&numbers))
    }

    fn progress(&self) -> Option<Progress> {
        self.0.here.get()?.progress()
    }

    fn run(&self, id: &str) -> Answer<Decoded<Run>> {
        let id = id.to_string();
        self.ask(move |backend| backend.run(&id))
    }

    fn steps(&self, run: &str) -> Answer<Decoded<Vec<Step>>> {
        let run = run.to_string();
        self.ask(move |backend| backend.steps(&run))
    }

    fn logs(&self, run: &str, query: &LogQuery) -> Answer<Decoded<LogBatch>> {
        let (run, query) = (run.to_string(), query.clone());
        self.ask(move |backend| backend.logs(&run, &query))
    }

    fn events(&self, run: &str, query: &EventQuery) -> Answer<Decoded<EventBatch>> {
        let (run, query) = (run.to_string(), query.clone());
        self.ask(move |backend| backend.events(&run, &query))
    }

    fn stats(&self, run: &str) -> Answer<Decoded<RunStats>> {
        let run = run.to_string();
        self.ask(move |backend| backend.stats(&run))
    }

    fn lineage(&self, run: &str) -> Answer<Decoded<Family>> {
        let run = run.to_string();
        self.ask(move |backend| backend.lineage(&run))
    }

    fn raw(&self, run: &str) -> Answer<Decoded<String>> {
        let run = run.to_string();
        self.ask(move |backend| backend.raw(&run))
    }

    fn resume_plan(
        &self,
        run: &str,
        mode: ResumeMode,
        turned: &[String],
        profile: Profile,
    ) -> Answer<Decoded<ResumePlan>> {
        let (run, turned) = (run.to_string(), turned.to_vec());
        self.ask(move |backend| backend.resume_plan(&run, mode, &turned, profile))
    }

    fn learn_lengths(&self, run: &str) -> Answer<Decoded<bool>> {
        let run = run.to_string();
        self.ask(move |backend| backend.learn_lengths(&run))
    }

    fn act(&self, run: &str, action: &Action, key: &str) -> Answer<Decoded<Acted>> {
        let (run, action, key) = (run.to_string(), action.clone(), key.to_string());
        self.ask(move |backend| backend.act(&run, &action, &key))
    }

    fn event(&self, run: &str, n: u64) -> Answer<Decoded<RunEvent>> {
        let run = run.to_string();
        self.ask(move |backend| backend.event(&run, n))
    }

    fn launch(&self, launch: &Launch, key: &str) -> Answer<Decoded<Acted>> {
        let (launch, key) = (launch.clone(), key.to_string());
        self.ask(move |backend| backend.launch(&launch, &key))
    }

    fn objection(&self, run: &Run, action: &Action) -> Option<&'static str> {
        // Asked of runs that have been read, so the code is there.
        self.0.here.get()?.objection(run, action)
    }

    fn assets(&self, run: &str) -> Answer<Decoded<Vec<Asset>>> {
        let run = run.to_string();
        self.ask(move |backend| backend.assets(&run))
    }

    fn facts(&self, run: &str) -> Answer<Decoded<Facts>> {
        let run = run.to_string();
        self.ask(move |backend| backend.facts(&run))
    }

    fn files(&self, run: &str) -> Answer<Decoded<Vec<RunFile>>> {
        let run = run.to_string();
        self.ask(move |backend| backend.files(&run))
    }

    fn counts(&self, filter: &RunFilter) -> Answer<Decoded<Counts>> {
        let filter = filter.clone();
        self.ask(move |backend| backend.counts(&filter))
    }

    fn figures(&self, runs: &[String]) -> Answer<Decoded<Vec<RowFigures>>> {
        let runs = runs.to_vec();
        self.ask(move |backend| backend.figures(&runs))
    }

    fn complete(&self, what: &Completing, typed: &str) -> Answer<Decoded<Vec<String>>> {
        let (what, typed) = (what.clone(), typed.to_string());
        self.ask(move |backend| backend.complete(&what, &typed))
    }

    fn backfills(&self, named: &[String]) -> Answer<Decoded<Vec<Backfill>>> {
        let named = named.to_vec();
        self.ask(move |backend| backend.backfills(&named))
    }

    fn step(&self, run: &str, step: &str) -> Answer<Decoded<StepDetail>> {
        let (run, step) = (run.to_string(), step.to_string());
        self.ask(move |backend| backend.step(&run, &step))
    }

    fn step_data(&self, run: &str, step: &str) -> Answer<Decoded<StepData>> {
        let (run, step) = (run.to_string(), step.to_string());
        self.ask(move |backend| backend.step_data(&run, &step))
    }

    fn report(&self, run: &str, step: &str, attempt: u32) -> Answer<Decoded<String>> {
        let (run, step) = (run.to_string(), step.to_string());
        self.ask(move |backend| backend.report(&run, &step, attempt))
    }

    fn order(&self, order: &Order) -> Answer<Decoded<Acted>> {
        let order = order.clone();
        self.ask(move |backend| backend.order(&order))
    }

    // The following are asked of sources that have told of themselves, so the code is there.

    fn tasks(&self) -> Option<Box<dyn Tasks>> {
        self.0.here.get()?.tasks()
    }

    fn streams(&self, topics: &[Topic]) -> usize {
        match self.0.here.get() {
            Some(backend) => backend.streams(topics),
            // Where steps are told of one by one, each topic is one.
            None if self.0.tells_of_steps => topics.len(),
            None => 1,
        }
    }

    fn warm(&self) -> LocalBoxFuture<'static, ()> {
        let adapter = self.0.clone();
        // Who asks says that it failed.
        async move { drop(adapter.get().await) }.boxed_local()
    }

    fn tells_of_steps(&self) -> bool {
        self.0.tells_of_steps
    }

    fn tells_all_steps(&self) -> bool {
        let here = self.0.here.get();
        here.is_some_and(|backend| backend.tells_all_steps())
    }

    fn poll_every(&self) -> Option<Duration> {
        self.0.poll
    }

    fn log_url(&self, run: &str) -> Option<String> {
        // Asked of runs that have been read, so the code is there.
        self.0.here.get()?.log_url(run)
    }

    fn watch(
        &self,
        topics: &[Topic],
        after: &[Cursor],
    ) -> Answer<LocalBoxStream<'static, Result<Positioned, BackendError>>> {
        let (topics, after) = (topics.to_vec(), after.to_vec());
        self.ask(move |backend| backend.watch(&topics, &after))
    }
}
