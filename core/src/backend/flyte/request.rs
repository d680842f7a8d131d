//! A Flyte server: its methods called by Connect, one answer at a time or as a stream, and its errors in our words.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, Either, LocalBoxFuture};
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::budget::{Slot, Streams};
use super::get;
use super::id::Scope;
use crate::backend::{BackendError, Missing};
use crate::model::Timestamp;
use crate::net::connect::{
    Code, Envelopes, Frame, RpcError, check_type, ending, envelope, refusal,
};
use crate::net::{Clock, Head, Request, Response, Transport};

/// The largest answer that is read, and the largest frame: 1,000 actions are about 1 MB.
const MAX_ANSWER: usize = 64 << 20;
/// How long an answer may take; of a stream only its first bytes, which an idle one does not send for hours, know no limit.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const RUNS: &str = "flyteidl2.workflow.RunService/";
pub(super) const TASKS: &str = "flyteidl2.task.TaskService/";
pub(super) const TRIGGERS: &str = "flyteidl2.trigger.TriggerService/";
pub(super) const PROJECTS: &str = "flyteidl2.project.ProjectService/";
pub(super) const CLUSTERS: &str = "flyteidl2.cluster.ClusterService/";
pub(super) const DATA: &str = "flyteidl2.dataproxy.DataProxyService/";

/// A question on its way. Boxed, so that who waits for several is small.
pub(super) type Asked<T> = LocalBoxFuture<'static, Result<T, BackendError>>;

/// A server, and what was learnt of it.
pub(super) struct Server {
    base: String,
    transport: Rc<dyn Transport>,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) scope: Scope,
    streams: Rc<Streams>,
    /// Its clock when it last answered.
    pub(super) date: Cell<Option<Timestamp>>,
    /// It answered a question by GET as if there were none.
    no_get: Cell<bool>,
    /// Runs that were asked for by their bare names.
    pub(super) names: RefCell<Vec<(String, super::id::Id)>>,
    /// There is no DataProxy: no logs, no values.
    pub(super) has_data: Cell<Option<bool>>,
    /// Streams of actions in a row that broke before they said anything.
    pub(super) silent_streams: Cell<u32>,
    /// Runs with an action that waits for an answer, and runs that were going on when last seen.
    pub(super) paused: RefCell<Vec<String>>,
    pub(super) active: RefCell<Vec<String>>,
    /// The actions of the run that was followed last, so that their places stay.
    pub(super) tree: RefCell<Option<(String, super::tree::Known)>>,
    /// What actions took before, of the run that is to be resumed.
    pub(super) earlier: RefCell<Option<crate::model::resume::Earlier>>,
    /// The log that was read last.
    pub(super) log: RefCell<Option<(super::log::Place, Rc<super::log::Read>)>>,
}

/// What comes of a stream.
pub(super) enum Told {
    Message(Vec<u8>),
    /// The server ended it, and all is well.
    Done,
    /// The connection broke, or the server ended it with an error.
    Broken(BackendError),
}

/// A stream's news; it ends behind [`Told::Done`] and [`Told::Broken`]. Dropping it closes the connection.
pub(super) type Feed = LocalBoxStream<'static, Told>;

impl Server {
    pub(super) fn new(
        base: &str,
        scope: Scope,
        transport: Rc<dyn Transport>,
        clock: Rc<dyn Clock>,
    ) -> Server {
        Server {
            base: [base.trim_end_matches('/'), "/"].concat(),
            transport,
            clock,
            scope,
            streams: Rc::default(),
            date: Cell::new(None),
            no_get: Cell::new(false),
            names: RefCell::default(),
            has_data: Cell::new(None),
            silent_streams: Cell::new(0),
            paused: RefCell::default(),
            active: RefCell::default(),
            tree: RefCell::default(),
            earlier: RefCell::default(),
            log: RefCell::default(),
        }
    }

    fn request(&self, service: &str, method: &str, kind: &str, body: Vec<u8>) -> Request {
        let request = Request {
            method: "POST",
            body: Some(body),
            ..Request::get([&self.base, service, method].concat())
        };
        request.header("Content-Type", kind)
    }

    /// The server's clock, else ours.
    pub(super) fn now(&self) -> Timestamp {
        self.date.get().unwrap_or_else(|| self.clock.now())
    }

    /// Calls a method that only reads. `message` is a JSON object.
    pub(super) fn call(
        self: &Rc<Server>,
        service: &str,
        method: &str,
        message: String,
    ) -> Asked<String> {
        let by_get = match self.is_elsewhere() && !self.no_get.get() {
            true => get::url(&self.base, service, method, &message),
            false => None,
        };
        let kind = "application/json";
        let by_post = self.request(service, method, kind, message.into_bytes());
        let Some(url) = by_get else {
            return self.send(by_post);
        };
        let (server, answer) = (self.clone(), self.answer(Request::get(url)));
        async move {
            let answer = answer.await?;
            if matches!(answer.head.status, 405 | 415) {
                server.no_get.set(true);
                return server.send(by_post).await;
            }
            text(answer)
        }
        .boxed_local()
    }

    /// Another origin than the page's is asked, and not through a bridge. It lets pages of other origins in, but not with a header that it does not know.
    fn is_elsewhere(&self) -> bool {
        self.base.starts_with("http") && !self.base.contains("/proxy/")
    }

    /// Calls a method that changes something, once. The bridge lets it pass only with this header, which other sites cannot send.
    pub(super) fn change(
        self: &Rc<Server>,
        service: &str,
        method: &str,
        message: String,
    ) -> Asked<String> {
        let kind = "application/json";
        let request = self.request(service, method, kind, message.into_bytes());
        self.send(match self.is_elsewhere() {
            true => request,
            false => request.header("X-Runboard", "1"),
        })
    }

    fn send(self: &Rc<Server>, request: Request) -> Asked<String> {
        let answer = self.answer(request);
        async move { text(answer.await?) }.boxed_local()
    }

    /// Whatever is answered, within the patience.
    fn answer(self: &Rc<Server>, request: Request) -> Asked<Response> {
        let server = self.clone();
        let answer = self.transport.send(request, MAX_ANSWER);
        let patience = self.clock.sleep(PATIENCE);
        async move {
            let answer = match future::select(answer, patience).await {
                Either::Left((answer, _)) => answer?,
                Either::Right(_) => return Err(BackendError::Timeout),
            };
            if answer.head.date.is_some() {
                server.date.set(answer.head.date);
            }
            Ok(answer)
        }
        .boxed_local()
    }

    /// What stands below the server, as of /healthz.
    pub(super) fn text(self: &Rc<Server>, path: &str) -> Asked<Response> {
        self.answer(Request::get([&self.base, path].concat()))
    }

    /// Opens a stream. Nothing is asked before it is polled, and nothing may come of it for hours.
    pub(super) fn open(&self, service: &str, method: &str, message: &str) -> Feed {
        let kind = "application/connect+json";
        let request = self.request(service, method, kind, envelope(message));
        let (streams, clock) = (self.streams.clone(), self.clock.clone());
        let transport = self.transport.clone();
        let opened = async move {
            let slot = streams.slot(clock).await;
            match open(transport.stream(request).await).await {
                Ok(body) => read((body, slot)),
                Err(error) => stream::iter([Told::Broken(error)]).boxed_local(),
            }
        };
        stream::once(opened).flatten().boxed_local()
    }
}

/// The message of an answer.
fn text(answer: Response) -> Result<String, BackendError> {
    if answer.head.status != 200 {
        return Err(refused(&answer.head, &answer.body));
    }
    check_type(&answer.head.content_type, false).map_err(|error| foreign(&answer.head, error))?;
    String::from_utf8(answer.body)
        .map_err(|_| BackendError::Malformed("the answer is no UTF-8".into()))
}

type Body = LocalBoxStream<'static, Result<Vec<u8>, crate::net::TransportError>>;

async fn open(
    answer: Result<crate::net::StreamResponse, crate::net::TransportError>,
) -> Result<Body, BackendError> {
    let answer = answer?;
    let (head, mut body) = (answer.head, answer.body);
    if head.status != 200 {
        let mut bytes = Vec::new();
        while let Some(Ok(chunk)) = body.next().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > 64 << 10 {
                break;
            }
        }
        return Err(refused(&head, &bytes));
    }
    check_type(&head.content_type, true).map_err(|error| foreign(&head, error))?;
    Ok(body)
}

fn read(opened: (Body, Slot)) -> Feed {
    type State = (Option<(Body, Slot)>, Envelopes, VecDeque<Told>);
    let state = (Some(opened), Envelopes::new(MAX_ANSWER), VecDeque::new());
    let next = |(mut body, mut envelopes, mut ready): State| async move {
        loop {
            if let Some(told) = ready.pop_front() {
                return Some((told, (body, envelopes, ready)));
            }
            let broken = match body.as_mut()?.0.next().await {
                Some(Ok(chunk)) => take(&mut envelopes, &chunk, &mut ready),
                Some(Err(error)) => Err(BackendError::from(error)),
                None => envelopes
                    .finish()
                    .map_err(|error| BackendError::Unreachable(error.message)),
            };
            if let Err(error) = broken {
                ready.push_back(Told::Broken(error));
            }
            if matches!(ready.back(), Some(Told::Done | Told::Broken(_))) {
                body = None;
            }
        }
    };
    stream::unfold(state, next).boxed_local()
}

fn take(
    envelopes: &mut Envelopes,
    chunk: &[u8],
    ready: &mut VecDeque<Told>,
) -> Result<(), BackendError> {
    let pushed = envelopes.push(chunk, &mut |frame| {
        ready.push_back(match frame {
            Frame::Message(bytes) => Told::Message(bytes.to_vec()),
            Frame::End(bytes) => match ending(bytes).error {
                None => Told::Done,
                Some(error) => Told::Broken(of_rpc(error, None)),
            },
        });
    });
    pushed.map_err(|error| of_rpc(error, None))
}

/// An answer of 200 that is not this protocol.
fn foreign(head: &Head, error: RpcError) -> BackendError {
    match head.content_type.starts_with("text/html") {
        true => BackendError::NotThisApi("a web page (a login page or a proxy's page?)".into()),
        false => BackendError::NotThisApi(error.message),
    }
}

/// An answer with another status than 200.
fn refused(head: &Head, body: &[u8]) -> BackendError {
    let mut error = refusal(head.status, body);
    let is_json = head.content_type.contains("json");
    if !is_json || error.message.is_empty() {
        let who = match head.content_type.starts_with("text/html") {
            true => " (a web page, so perhaps of a proxy)",
            false => "",
        };
        error.message = ["HTTP ", &head.status.to_string(), who].concat();
    }
    // A proxy's problem (RFC 9457) says more than its status.
    if let Ok(serde_json::Value::Object(problem)) = serde_json::from_slice(body)
        && let Some(detail) = problem.get("detail").and_then(serde_json::Value::as_str)
    {
        error.message = detail.into();
    }
    let asked = head.retry_after.as_deref();
    let wait =
        asked.and_then(|text| crate::net::retry::retry_after(text, head.date.unwrap_or_default()));
    of_rpc(error, wait.map(|wait| wait.as_secs()))
}

/// Connect's codes in our words.
pub(super) fn of_rpc(error: RpcError, retry_after_s: Option<u64>) -> BackendError {
    let mut detail = error.message;
    if detail.is_empty() {
        detail = error.raw_code.unwrap_or_else(|| error.code.word().into());
    }
    match error.code {
        Code::Canceled => BackendError::Unreachable(detail),
        Code::DeadlineExceeded => BackendError::Timeout,
        Code::NotFound => BackendError::NotFound(Arc::new(Missing::from(detail))),
        Code::PermissionDenied => BackendError::Denied(detail),
        Code::Unauthenticated => BackendError::SignedOut,
        Code::Unimplemented => BackendError::Unsupported(detail),
        Code::InvalidArgument
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange => BackendError::Refused(detail),
        Code::ResourceExhausted | Code::Unavailable => BackendError::Busy {
            retry_after_s,
            detail,
        },
        Code::Unknown | Code::Internal | Code::DataLoss => BackendError::Broken {
            status: 500,
            detail,
        },
    }
}
