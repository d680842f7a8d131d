//! News of what is followed, joined to one stream: the list ([`super::watch_list`]), runs ([`super::watch_run`]) and logs ([`super::watch_log`]).
//!
//! The service beats never and loses news, so each of them asks beside its stream: that is the sign of life, and the correction.

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::detail::Whole;
use super::poll_actions::Polled;
use super::request::{Asked, Feed, Server, Told};
use super::watch_list::Reading;
use super::{watch_list, watch_log, watch_run};
use crate::backend::{BackendError, Positioned, Topic, Update};
use crate::model::Phase;

/// The step of all waiting here.
const TICK: Duration = Duration::from_secs(1);

pub(super) type News = LocalBoxStream<'static, Result<Positioned, BackendError>>;

/// What is asked beside a stream.
pub(super) enum Answer {
    Runs(Reading),
    Run(Box<Whole>),
    Actions(Box<Polled>),
    /// Phase and attempts of an action, and whether another attempt may follow.
    Action(Phase, u32, bool),
}

/// What happens to one that is followed.
pub(super) enum Event {
    Tick,
    Told(Told),
    Asked(Box<Answer>),
}

/// A stream of the server, a question that is on its way, and the time.
pub(super) struct Line {
    pub(super) server: Rc<Server>,
    pub(super) feed: Option<Feed>,
    pub(super) asked: Option<Asked<Answer>>,
    tick: LocalBoxFuture<'static, ()>,
    /// What is told next.
    ready: VecDeque<Result<Positioned, BackendError>>,
    /// Nothing is told behind what is ready.
    is_over: bool,
}

impl Line {
    pub(super) fn new(server: Rc<Server>) -> Line {
        let tick = server.clock.sleep(TICK);
        Line {
            server,
            feed: None,
            asked: None,
            tick,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    pub(super) fn push(&mut self, update: Update) {
        self.ready.push_back(Ok(Positioned {
            update,
            cursor: None,
        }));
    }

    pub(super) fn live(&mut self) {
        let server_time = self.server.date.get();
        self.push(Update::Live { server_time });
    }

    pub(super) fn problems(&mut self, problems: Vec<String>) {
        for problem in problems {
            self.push(Update::Problem(problem));
        }
    }

    fn close(&mut self) {
        (self.feed, self.asked, self.is_over) = (None, None, true);
    }

    /// Nothing more will come of a topic.
    pub(super) fn end(&mut self, topic: Topic) {
        self.push(Update::End { topic });
        self.close();
    }

    /// What happens next: answers before frames, so that a busy stream does not keep them out.
    fn event(&mut self, context: &mut Context<'_>) -> Poll<Result<Event, BackendError>> {
        if let Some(asked) = &mut self.asked
            && let Poll::Ready(answer) = asked.poll_unpin(context)
        {
            self.asked = None;
            return Poll::Ready(answer.map(|answer| Event::Asked(Box::new(answer))));
        }
        if self.tick.poll_unpin(context).is_ready() {
            self.tick = self.server.clock.sleep(TICK);
            return Poll::Ready(Ok(Event::Tick));
        }
        if let Some(feed) = &mut self.feed
            && let Poll::Ready(told) = feed.poll_next_unpin(context)
        {
            if !matches!(told, Some(Told::Message(_))) {
                self.feed = None;
            }
            return Poll::Ready(Ok(Event::Told(told.unwrap_or(Told::Done))));
        }
        Poll::Pending
    }
}

/// Something that is followed.
pub(super) trait Follow {
    fn line(&mut self) -> &mut Line;

    /// Takes in what happened.
    ///
    /// # Errors
    /// The connection is lost.
    fn take(&mut self, event: Event) -> Result<(), BackendError>;
}

/// The next news of one.
fn next(
    followed: &mut dyn Follow,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Positioned, BackendError>>> {
    loop {
        let line = followed.line();
        if let Some(news) = line.ready.pop_front() {
            return Poll::Ready(Some(news));
        }
        if line.is_over {
            return Poll::Ready(None);
        }
        let done = match line.event(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(event)) => followed.take(event),
            Poll::Ready(Err(error)) => Err(error),
        };
        if let Err(error) = done {
            let line = followed.line();
            line.ready.push_back(Err(error));
            line.close();
        }
    }
}

/// Opens all topics. Each is asked about once before anything is told, so that what is wrong is an error and not a silence.
pub(super) async fn open(server: Rc<Server>, topics: Vec<Topic>) -> Result<News, BackendError> {
    let mut all: Vec<Box<dyn Follow>> = Vec::new();
    for topic in topics {
        let opened: Asked<Box<dyn Follow>> = match topic {
            Topic::Runs => watch_list::open(server.clone()).boxed_local(),
            Topic::Run(id) => watch_run::open(server.clone(), id).boxed_local(),
            Topic::Log { run, step, attempt } => {
                watch_log::open(server.clone(), run, step, attempt).boxed_local()
            }
        };
        all.push(opened.await?);
    }
    let mut turn = 0;
    Ok(stream::poll_fn(move |context| {
        let mut at = 0;
        while at < all.len() {
            // Each begins in turn, so that none waits for ever behind a busy one.
            let place = (turn + at) % all.len();
            at += 1;
            let Some(one) = all.get_mut(place) else {
                continue;
            };
            match next(one.as_mut(), context) {
                Poll::Ready(Some(news)) => {
                    turn = place + 1;
                    return Poll::Ready(Some(news));
                }
                Poll::Ready(None) => {
                    drop(all.swap_remove(place));
                    at = 0;
                }
                Poll::Pending => {}
            }
        }
        match all.is_empty() {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    })
    .boxed_local())
}
