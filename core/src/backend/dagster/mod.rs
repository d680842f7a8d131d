//! Dagster: runs of a dagster-webserver, by its GraphQL (checked on 1.13.27; docs/backend/dagster.md).
//!
//! [`query`] has every document, [`graphql`](self) sends one and reads whatever comes back, `journal` finds places in a run's events; the other files
//! make Dagster's records into ours. The webserver allows no other origin, so a page reaches it through the bridge or another proxy.

mod about;
mod act;
mod captured;
mod cursor;
pub mod decode;
mod event;
mod graphql;
mod journal;
pub mod list;
mod log;
mod plan;
pub mod query;
mod step;
mod watch;

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream};

use self::event::Reasons;
use self::graphql::{Server, wanted};
use super::lenient::{Fields, Problems};
use super::{
    Acted, Action, Backend, BackendError, Cursor, Decoded, EventBatch, EventQuery, Info, LogBatch,
    LogQuery, Page, Positioned, Topic, slice,
};
use crate::model::order::order;
use crate::model::{
    Family, ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step, StepCounts, Timestamp, fold,
};
use crate::store::json::JsonText;

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

/// A run with what was asked for with it.
struct Detail {
    run: Run,
    steps: Vec<Step>,
    plan: Vec<step::Planned>,
    enqueued_at: Option<Timestamp>,
    launched_at: Option<Timestamp>,
    problems: Problems,
}

/// `{"r": id}`.
fn of_run(id: &str) -> String {
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(id)).close('}');
    json.finish()
}

/// Reads a run with the steps and the times that were asked for with it.
fn read(object: &mut Fields<'_>) -> Detail {
    let mut run = decode::run(object, 0);
    let chosen = object.texts("stepKeysToExecute");
    let (steps, plan) = step::steps(object, &run, &chosen);
    let (mut enqueued_at, mut launched_at) = (None, None);
    run.steps = fold::count(&steps);
    if let Some(mut stats) = object.object("stats") {
        (enqueued_at, launched_at) = (stats.epoch("enqueuedTime"), stats.epoch("launchTime"));
        if steps.is_empty() {
            run.steps = StepCounts {
                // How many a dynamic step becomes is not known from its key.
                total: u32::try_from(chosen.len())
                    .ok()
                    .filter(|count| *count > 0 && !chosen.iter().any(|key| key.ends_with("[?]"))),
                succeeded: stats.small("stepsSucceeded").unwrap_or(0),
                failed: stats.small("stepsFailed").unwrap_or(0),
                ..StepCounts::default()
            };
        }
    }
    Detail {
        run,
        steps,
        plan,
        enqueued_at,
        launched_at,
        problems: Problems::new(),
    }
}

/// Asks for a run by a document whose `runOrError` has fragment R, and S where there are steps.
async fn detail(server: &Server, id: &str, document: &str) -> Result<Detail, BackendError> {
    let answer = server.ask(document, of_run(id)).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut detail = read(&mut wanted(&mut fields, "runOrError", "Run")?);
    detail.problems = problems;
    Ok(detail)
}

/// The reasons of a run's failures, asked for again when something more has failed.
async fn reasons(
    server: &Server,
    run: &Run,
    steps: &[Step],
    problems: &mut Problems,
) -> Result<Rc<Reasons>, BackendError> {
    let mut failed = u64::from(run.phase.is_failure());
    for step in steps {
        failed += step.attempts.len() as u64 + u64::from(step.phase.is_failure());
    }
    let key = [&run.id, " ", &failed.to_string()].concat();
    if let Some((known, reasons)) = server.reasons.borrow().as_ref()
        && *known == key
    {
        return Ok(reasons.clone());
    }
    let reasons = Rc::new(log::reasons(server, &run.id, problems).await?);
    *server.reasons.borrow_mut() = Some((key, reasons.clone()));
    Ok(reasons)
}

/// Tells a run and its steps why they failed, where something failed. That nobody knows why is no reason not to show them.
async fn explain(server: &Server, run: &mut Run, steps: &mut [Step], problems: &mut Problems) {
    let has_failed = |step: &Step| step.phase.is_failure() || step.attempts.len() > 1;
    if !run.phase.is_failure() && !steps.iter().any(has_failed) {
        return;
    }
    match reasons(server, run, steps, problems).await {
        Err(error) => {
            problems.push(["why it failed could not be read: ", &error.to_string()].concat());
        }
        Ok(reasons) => {
            reasons.explain(steps);
            if run.phase.is_failure() {
                reasons.explain_run(run);
            }
        }
    }
}

fn decoded<T>(value: T, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: None,
    }
}

async fn family(server: Rc<Server>, id: String) -> Result<Decoded<Family>, BackendError> {
    let answer = server.ask(query::FAMILY, of_run(&id)).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let own = decode::run(&mut wanted(&mut fields, "runOrError", "Run")?, 0);
    let mut family = Family {
        root: own.lineage.root.clone().unwrap_or_else(|| id.clone()),
        parent: own.lineage.parent.clone(),
        ..Family::default()
    };
    // Of a family whose root was deleted the server tells nothing.
    if let Ok(mut group) = wanted(&mut fields, "runGroupOrError", "RunGroup") {
        family.runs = group.rows("runs", decode::run);
    }
    if !family.runs.iter().any(|run| run.id == id) {
        family.runs.push(own);
    }
    let runs = std::mem::take(&mut family.runs);
    let places = order(runs.len(), &|a, b| {
        let at = |place: usize| runs.get(place).and_then(Run::ordered_at);
        at(a).cmp(&at(b))
    });
    let mut slots: Vec<Option<Run>> = runs.into_iter().map(Some).collect();
    for place in places {
        family
            .runs
            .extend(slots.get_mut(place).and_then(Option::take));
    }
    let is_there = |wanted: &str| family.runs.iter().any(|run| run.id == wanted);
    let named = family
        .runs
        .iter()
        .flat_map(|run| [&run.lineage.parent, &run.lineage.root])
        .flatten();
    let mut missing: Vec<String> = Vec::new();
    for named in named {
        if !is_there(named) && !missing.contains(named) {
            missing.push(named.clone());
        }
    }
    family.missing = missing;
    Ok(decoded(family, problems))
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
            let Detail {
                mut run,
                mut problems,
                ..
            } = detail(&server, &id, query::RUN).await?;
            explain(&server, &mut run, &mut [], &mut problems).await;
            Ok(decoded(run, problems))
        }
        .boxed_local()
    }

    fn steps(&self, run: &str) -> Answer<Vec<Step>> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let mut detail = detail(&server, &id, query::STEPS).await?;
            let (run, steps) = (&mut detail.run, &mut detail.steps);
            explain(&server, run, steps, &mut detail.problems).await;
            Ok(decoded(detail.steps, detail.problems))
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

    fn stats(&self, run: &str) -> Answer<RunStats> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { about::stats(&server, &id).await }.boxed_local()
    }

    fn lineage(&self, run: &str) -> Answer<Family> {
        family(self.server.clone(), run.to_string()).boxed_local()
    }

    fn raw(&self, run: &str) -> Answer<String> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move {
            let answer = server.ask(query::RAW, of_run(&id)).await?;
            let mut problems = answer.problems;
            let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
            wanted(&mut fields, "runOrError", "Run")?;
            let data = slice::member(&answer.text, "data").unwrap_or_default();
            let own = slice::member(data, "runOrError").unwrap_or_default();
            Ok(decoded(own.to_string(), problems))
        }
        .boxed_local()
    }

    fn resume_plan(&self, run: &str, mode: ResumeMode) -> Answer<ResumePlan> {
        let (server, id) = (self.server.clone(), run.to_string());
        async move { act::preview(&server, &id, mode).await }.boxed_local()
    }

    fn act(&self, run: &str, action: &Action, _key: &str) -> Answer<Acted> {
        let (server, id, action) = (self.server.clone(), run.to_string(), action.clone());
        async move { act::act(&server, &id, action).await }.boxed_local()
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
            let news = watch::read(&server, topics, after).await?;
            Ok(stream::iter(news.into_iter().map(Ok)).boxed_local())
        }
        .boxed_local()
    }
}
