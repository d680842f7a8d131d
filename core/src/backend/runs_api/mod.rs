//! The Runs API: what any backend may implement, and what the bridge speaks (docs/runs-api.yaml).
//!
//! [`RunsApi`] asks over a [`Transport`]: JSON answers, and one SSE stream for all that is followed, or answers again and again where there is no stream.

pub mod decode;
pub mod decode_run;
pub mod encode;
pub mod event;
mod lines;
mod poll;
mod request;
mod watch;
pub mod wire;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::LocalBoxStream;

use super::{
    Acted, Action, Backend, BackendError, Capabilities, Cursor, Decoded, EventBatch, EventQuery,
    Info, LogBatch, LogQuery, Missing, Page, Positioned, Topic, Updates, cannot,
};
use crate::backend::rows::Facts;
use crate::model::resume::planner::Profile;
use crate::model::{Family, ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step};
use crate::net::{Request, Response, Transport};

/// The largest JSON answer that is read; a list page of 5,000 rows is about 1.5 MB.
const MAX_ANSWER: usize = 64 << 20;

/// A source that speaks the Runs API.
#[derive(Clone)]
pub struct RunsApi {
    base: Rc<str>,
    transport: Rc<dyn Transport>,
    /// What it has said that it can.
    able: Rc<Cell<Option<Capabilities>>>,
    /// How often its list was looked at, of a source without a stream.
    looks: Rc<Cell<u32>>,
}

impl RunsApi {
    /// `base` is the URL that `info` and `runs` stand under; a missing slash at its end is added.
    pub fn new(base: &str, transport: Rc<dyn Transport>) -> RunsApi {
        RunsApi {
            base: [base.trim_end_matches('/'), "/"].concat().into(),
            transport,
            able: Rc::default(),
            looks: Rc::default(),
        }
    }

    fn get<T: 'static>(
        &self,
        path: &str,
        decode: fn(&[u8]) -> Result<T, BackendError>,
    ) -> LocalBoxFuture<'static, Result<T, BackendError>> {
        self.ask(Request::get([&self.base, path].concat()), decode)
    }

    fn ask<T: 'static>(
        &self,
        request: Request,
        decode: fn(&[u8]) -> Result<T, BackendError>,
    ) -> LocalBoxFuture<'static, Result<T, BackendError>> {
        let body = self.body(request);
        body.map(move |body| decode(&body?)).boxed_local()
    }

    /// The JSON that answers a request.
    fn body(&self, request: Request) -> LocalBoxFuture<'static, Result<Vec<u8>, BackendError>> {
        let request = request.header("Accept", "application/json");
        let answer = self.transport.send(request, MAX_ANSWER);
        async move {
            let answer = answer.await?;
            check(&answer)?;
            Ok(answer.body)
        }
        .boxed_local()
    }
}

/// Whether it is a JSON answer; everything else is told apart by what it is.
fn check(response: &Response) -> Result<(), BackendError> {
    let head = &response.head;
    let is_json = head.content_type.split(';').next().is_some_and(|kind| {
        let kind = kind.trim();
        kind == "application/json" || kind.ends_with("+json")
    });
    if !(200..300).contains(&head.status) {
        let problem = if is_json {
            decode_run::problem(&response.body)
        } else {
            Missing::default()
        };
        return Err(BackendError::from_status(head, problem));
    }
    if !is_json {
        return Err(BackendError::NotThisApi(format!(
            "it sent {}, not JSON",
            described(&head.content_type)
        )));
    }
    Ok(())
}

/// A content type as words.
fn described(content_type: &str) -> String {
    match content_type.split(';').next().map(str::trim) {
        None | Some("") => "no content type".into(),
        Some("text/html") => "a web page (a login page or a proxy's page?)".into(),
        Some(other) => other.to_string(),
    }
}

impl Backend for RunsApi {
    fn info(&self) -> LocalBoxFuture<'static, Result<Decoded<Info>, BackendError>> {
        let (answer, able) = (self.get("info", decode::info), self.able.clone());
        async move {
            let info = answer.await?;
            able.set(Some(info.value.capabilities));
            Ok(info)
        }
        .boxed_local()
    }

    fn list_runs(
        &self,
        filter: &RunFilter,
        limit: u32,
        page: Option<&str>,
    ) -> LocalBoxFuture<'static, Result<Decoded<Page<Run>>, BackendError>> {
        self.get(&request::runs(filter, limit, page), decode::run_list)
    }

    fn run(&self, id: &str) -> LocalBoxFuture<'static, Result<Decoded<Run>, BackendError>> {
        self.get(&request::run(id, ""), decode::one_run)
    }

    fn steps(
        &self,
        run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<Step>>, BackendError>> {
        self.get(&request::run(run, "/steps"), decode::step_list)
    }

    fn logs(
        &self,
        run: &str,
        query: &LogQuery,
    ) -> LocalBoxFuture<'static, Result<Decoded<LogBatch>, BackendError>> {
        self.get(&request::logs(run, query), decode::log_list)
    }

    fn events(
        &self,
        run: &str,
        query: &EventQuery,
    ) -> LocalBoxFuture<'static, Result<Decoded<EventBatch>, BackendError>> {
        self.get(&request::events(run, query), decode_run::events)
    }

    fn stats(&self, run: &str) -> LocalBoxFuture<'static, Result<Decoded<RunStats>, BackendError>> {
        self.get(&request::run(run, "/stats"), decode_run::stats)
    }

    fn lineage(&self, run: &str) -> LocalBoxFuture<'static, Result<Decoded<Family>, BackendError>> {
        self.get(&request::run(run, "/lineage"), decode_run::lineage)
    }

    fn raw(&self, run: &str) -> LocalBoxFuture<'static, Result<Decoded<String>, BackendError>> {
        self.get(&request::run(run, "/raw"), decode_run::raw)
    }

    fn facts(&self, run: &str) -> LocalBoxFuture<'static, Result<Decoded<Facts>, BackendError>> {
        self.get(&request::run(run, "/facts"), decode_run::facts)
    }

    fn resume_plan(
        &self,
        run: &str,
        mode: ResumeMode,
        skips: &[String],
        profile: Profile,
    ) -> LocalBoxFuture<'static, Result<Decoded<ResumePlan>, BackendError>> {
        let path = request::plan(run, mode, skips, profile);
        self.get(&path, decode_run::resume_plan)
    }

    fn act(
        &self,
        run: &str,
        action: &Action,
        key: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Acted>, BackendError>> {
        if let Action::Reexecute(with) | Action::Resume { with, .. } = action
            && !with.is_same_but_for_turned()
        {
            return cannot("other steps, tags or config for a run that is run again");
        }
        let request = request::act(&self.base, run, action, key);
        self.ask(request, decode_run::acted)
    }

    fn log_url(&self, run: &str) -> Option<String> {
        Some(format!("{}{}", self.base, request::run(run, "/log")))
    }

    fn poll_every(&self) -> Option<Duration> {
        let able = self.able.get()?;
        (able.updates == Updates::Poll).then_some(poll::POLL)
    }

    fn watch(
        &self,
        topics: &[Topic],
        after: &[Cursor],
    ) -> LocalBoxFuture<
        'static,
        Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError>,
    > {
        if self.poll_every().is_some() {
            return poll::look(self.clone(), topics.to_vec(), after.to_vec()).boxed_local();
        }
        let request = Request::get([&self.base, &*request::stream(topics, after)].concat())
            .header("Accept", "text/event-stream")
            .header("Cache-Control", "no-store");
        let answer = self.transport.stream(request);
        async move { watch::open(answer.await?).await }.boxed_local()
    }
}
