//! News of what is followed, joined to one stream: the list ([`super::watch_list`]), runs ([`super::watch_run`]) and logs ([`super::watch_log`]).
//!
//! The service beats never and loses news, so each of them asks beside its stream: that is the sign of life, and the correction.

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{LocalBoxFuture, poll_fn};
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _};

use super::request::{Feed, Server, Told};
use super::{watch_list, watch_log, watch_run};
use crate::backend::{BackendError, Positioned, Topic, Update};

/// The step of all waiting here.
pub(super) const TICK: Duration = Duration::from_secs(1);

pub(super) type News = LocalBoxStream<'static, Result<Positioned, BackendError>>;

/// What happens to one that is followed.
pub(super) enum Event<T> {
    Tick,
    Told(Told),
    Asked(Result<T, BackendError>),
}

/// A stream of the server, a question that is on its way, and the time.
pub(super) struct Line<T> {
    pub(super) server: Rc<Server>,
    pub(super) feed: Option<Feed>,
    pub(super) asked: Option<LocalBoxFuture<'static, Result<T, BackendError>>>,
    tick: LocalBoxFuture<'static, ()>,
    /// What is told next.
    pub(super) ready: VecDeque<Result<Positioned, BackendError>>,
    /// Nothing is told behind what is ready.
    pub(super) is_over: bool,
}

impl<T> Line<T> {
    pub(super) fn new(server: Rc<Server>) -> Line<T> {
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

    pub(super) fn problems(&mut self, problems: Vec<String>) {
        for problem in problems {
            self.push(Update::Problem(problem));
        }
    }

    /// The connection is lost.
    pub(super) fn fail(&mut self, error: BackendError) {
        self.ready.push_back(Err(error));
        (self.feed, self.asked, self.is_over) = (None, None, true);
    }

    /// Nothing more will come of a topic.
    pub(super) fn end(&mut self, topic: Topic) {
        self.push(Update::End { topic });
        (self.feed, self.asked, self.is_over) = (None, None, true);
    }

    /// What happens next: answers before frames, so that a busy stream does not keep them out.
    pub(super) async fn event(&mut self) -> Event<T> {
        poll_fn(|context| {
            if let Some(asked) = &mut self.asked
                && let Poll::Ready(answer) = asked.poll_unpin(context)
            {
                self.asked = None;
                return Poll::Ready(Event::Asked(answer));
            }
            if self.tick.poll_unpin(context).is_ready() {
                self.tick = self.server.clock.sleep(TICK);
                return Poll::Ready(Event::Tick);
            }
            if let Some(feed) = &mut self.feed
                && let Poll::Ready(told) = feed.poll_next_unpin(context)
            {
                if !matches!(told, Some(Told::Message(_))) {
                    self.feed = None;
                }
                return Poll::Ready(Event::Told(told.unwrap_or(Told::Done)));
            }
            Poll::Pending
        })
        .await
    }
}

/// Something that is followed.
pub(super) trait Follow {
    /// What is ready to be told, and whether that is the end.
    fn ready(&mut self) -> (Option<Result<Positioned, BackendError>>, bool);
    /// Waits for the next thing to happen, and takes it in.
    fn step(&mut self) -> LocalBoxFuture<'_, ()>;
}

fn news(followed: Box<dyn Follow>) -> News {
    stream::unfold(followed, |mut followed| async move {
        loop {
            match followed.ready() {
                (Some(news), _) => return Some((news, followed)),
                (None, true) => return None,
                (None, false) => followed.step().await,
            }
        }
    })
    .boxed_local()
}

/// Opens all topics. Each is asked about once before anything is told, so that what is wrong is an error and not a silence.
pub(super) async fn open(server: Rc<Server>, topics: Vec<Topic>) -> Result<News, BackendError> {
    let mut all: Vec<News> = Vec::new();
    for topic in topics {
        all.push(news(match topic {
            Topic::Runs => watch_list::open(server.clone()).await?,
            Topic::Run(id) => watch_run::open(server.clone(), id).await?,
            Topic::Log { run, step, attempt } => {
                watch_log::open(server.clone(), run, step, attempt).await?
            }
        }));
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
            match one.poll_next_unpin(context) {
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
