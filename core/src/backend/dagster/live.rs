//! A run's events as they happen, over a websocket, from where a reading of it ended.
//!
//! The socket's own ticks are all the clock that there is: at a tick the run and its steps are asked for where something happened to them, and now and
//! then anyway, which also shows whether the server still lives. When the socket ends, so does the stream, and the next reading begins behind
//! the last event: nothing is lost and nothing comes twice. Where sockets are blocked, readings are all there is.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::event::{Entry, entry};
use super::graphql::{Server, wanted};
use super::{log, open, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, LogBatch, Positioned, Topic, Update, slice};
use crate::net::graphql_ws::{GraphqlWs, Happened, PROTOCOLS};
use crate::net::{Frame, Socket};

const TICK: Duration = Duration::from_secs(2);
/// So many ticks may pass without a question to the server.
const QUIET: u8 = 3;
/// So many ticks may pass until the server takes the subscription.
const OPENING: u8 = 3;
/// After so many sockets in a row that came to nothing no further one is tried.
const FAILURES: u8 = 3;

/// The place in a run's events from which on they are wanted.
pub(super) struct From {
    pub(super) run: String,
    pub(super) n: u64,
    pub(super) cursor: String,
}

type News = Result<Positioned, BackendError>;

struct Live {
    server: Rc<Server>,
    from: From,
    socket: Socket,
    /// `None` until the first frame was sent.
    talk: GraphqlWs,
    is_ready: bool,
    pending: VecDeque<News>,
    /// Something happened to the run or to its steps.
    is_moved: bool,
    ticks: u8,
    is_over: bool,
}

/// News of a run from a place on; an empty stream where there are no sockets.
pub(super) fn news(server: Rc<Server>, from: From) -> LocalBoxStream<'static, News> {
    let begin = State::Begin(server, from);
    stream::unfold(begin, |state| step(state).boxed_local()).boxed_local()
}

enum State {
    Begin(Rc<Server>, From),
    Live(Box<Live>),
}

async fn step(state: State) -> Option<(News, State)> {
    let mut live = match state {
        State::Live(live) => live,
        State::Begin(server, from) => {
            if server.socket_failures.get() >= FAILURES {
                return None;
            }
            match connect(&server, from).await {
                Some(live) => Box::new(live),
                None => {
                    server.socket_failures.set(server.socket_failures.get() + 1);
                    return None;
                }
            }
        }
    };
    let news = live.next().await?;
    Some((news, State::Live(live)))
}

async fn connect(server: &Rc<Server>, from: From) -> Option<Live> {
    let socket = server.socket(&PROTOCOLS, TICK).await.ok()?;
    let talk = GraphqlWs::new(&socket.protocol)?;
    (socket.send)(&talk.hello());
    Some(Live {
        server: server.clone(),
        from,
        socket,
        talk,
        is_ready: false,
        pending: VecDeque::new(),
        is_moved: false,
        ticks: 0,
        is_over: false,
    })
}

impl Live {
    async fn next(&mut self) -> Option<News> {
        loop {
            if let Some(news) = self.pending.pop_front() {
                return Some(news);
            }
            if self.is_over {
                return None;
            }
            match self.socket.frames.next().await {
                Some(Ok(Frame::Text(text))) => self.take(&text),
                Some(Ok(Frame::Tick)) => self.tick().await,
                // A new reading tells whether it was the socket or the server.
                Some(Err(_)) | None => self.is_over = true,
            }
            if self.is_over && !self.is_ready {
                let failures = self.server.socket_failures.get();
                self.server.socket_failures.set(failures + 1);
            }
        }
    }

    fn tell(&mut self, update: Update) {
        self.pending.push_back(Ok(Positioned {
            update,
            cursor: None,
        }));
    }

    fn take(&mut self, text: &str) {
        match self.talk.take(text) {
            Happened::Ready => {
                self.is_ready = true;
                self.ticks = 0;
                self.server.socket_failures.set(0);
                let variables = log::variables(&self.from.run, &self.from.cursor);
                let document = self.server.known(&query::whole(query::LIVE));
                (self.socket.send)(&self.talk.subscribe(&document, &variables));
            }
            Happened::Data(payload) => self.events(payload, text),
            Happened::Send(text) => (self.socket.send)(&text),
            Happened::Beat => self.tell(Update::Beat),
            Happened::Refused(words) => {
                // Readings show the same, and more of why.
                self.server.socket_failures.set(FAILURES);
                let words = ["live events by websocket: ", &words].concat();
                self.tell(Update::Problem(words));
                self.is_over = true;
            }
            Happened::Complete => self.is_over = true,
        }
    }

    fn events(&mut self, payload: serde_json::Value, text: &str) {
        let mut problems = Problems::new();
        let mut fields = Fields::new(payload, "answer".into(), &mut problems);
        let Some(mut data) = fields.object("data") else {
            // The server breaks at one of these events: a reading asks for fewer fields, and says so.
            self.is_over = true;
            return;
        };
        let page = wanted(
            &mut data,
            "pipelineRunLogs",
            "PipelineRunLogsSubscriptionSuccess",
        );
        let Ok(mut page) = page else {
            self.is_over = true;
            return;
        };
        let cursor = page.word("cursor");
        let nodes = page.list("events");
        let member = |text, name| slice::member(text, name).unwrap_or_default();
        let own = member(member(text, "payload"), "data");
        let own = slice::items(member(member(own, "pipelineRunLogs"), "events"));
        let first = self.from.n + 1;
        let (mut lines, mut events) = (Vec::new(), Vec::new());
        for (index, node) in nodes.into_iter().enumerate() {
            self.from.n += 1;
            let text = own.get(index).copied().unwrap_or_default();
            let mut fields = Fields::new(node, "event".into(), &mut problems);
            let Entry { event, line, .. } = entry(&mut fields, self.from.n, text);
            // A process for a step, its retry, its end; and all that becomes of the run.
            self.is_moved |= ["STEP_", "RUN_", "PIPELINE_"]
                .iter()
                .any(|head| event.kind.starts_with(head));
            events.push(event);
            lines.push(line);
        }
        for problem in problems {
            self.tell(Update::Problem(problem));
        }
        if lines.is_empty() {
            return;
        }
        let run = self.from.run.clone();
        self.server.forget(&run);
        self.tell(Update::Events { run, events });
        self.from.cursor = cursor;
        let batch = LogBatch {
            first,
            lines,
            total: None,
        };
        let run = self.from.run.clone();
        let cursor = log::position(&run, self.from.n, Some(&self.from.cursor));
        let update = Update::Log { run, batch };
        self.pending.push_back(Ok(Positioned { update, cursor }));
    }

    async fn tick(&mut self) {
        self.ticks += 1;
        if !self.is_ready {
            self.is_over = self.ticks >= OPENING;
            return;
        }
        if !self.is_moved && self.ticks < QUIET {
            self.tell(Update::Beat);
            return;
        }
        (self.is_moved, self.ticks) = (false, 0);
        if let Err(error) = self.state().await {
            self.is_over = true;
            self.pending.push_back(Err(error));
        }
    }

    /// Asks how the run stands and tells it.
    async fn state(&mut self) -> Result<(), BackendError> {
        let server = self.server.clone();
        let id = self.from.run.clone();
        let got = server.get(query::STATE, open::of_run(&id), "runOrError", "Run");
        let mut got = got.await?;
        let (mut run, mut steps, ..) = open::read(&mut got.fields());
        let mut problems = got.problems;
        open::explain(&server, &mut run, &mut steps, None, &mut problems).await;
        server.forget_older(&run);
        let is_over = open::is_over(&run, server.date.get());
        // The next tick asks again for the last words.
        self.is_moved = run.phase.is_terminal();
        self.tell(Update::Runs(vec![run]));
        self.tell(Update::Steps {
            run: id.clone(),
            steps,
            is_all: true,
        });
        for problem in problems {
            self.tell(Update::Problem(problem));
        }
        if is_over {
            self.is_over = true;
            self.tell(Update::End {
                topic: Topic::Run(id),
            });
        }
        Ok(())
    }
}
