//! Keeps every source's list current: reads it once, then follows it. At most two long streams at a time; the rest polls.

use std::rc::Rc;
use std::time::Duration;

use super::reactive::{effect, memo};
use leptos::prelude::*;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link as FollowLink, follow};
use runboard_core::backend::{Backend, BackendError, Cursor, Topic, Update, Updates, registry};
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::Clock as _;
use runboard_core::net::freshness::Mode;
use runboard_core::net::retry::Backoff;

use super::informed::keep_informed;
use super::read_list::{Reading, read_all};
use super::sources::{ConfigState, Source};
use super::task::{self, Task};
use super::{State, config, host_clock, host_transport, opened, recall};
use crate::browser::clock::BrowserClock;

/// Long streams of one page (browsers allow six connections to an origin on HTTP/1.1, and the bridge is one origin for all its sources).
const STREAMS: usize = 2;
/// How often a source is asked that has no stream.
const POLL: Duration = Duration::from_secs(5);
/// How rarely a stream beats of a source that does not say how often.
const LONGEST_BEAT: Duration = Duration::from_secs(15);
/// How often a tab asks that nobody sees.
const POLL_HIDDEN: Duration = Duration::from_secs(60);

/// How a source's news are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Stream,
    Poll(Duration),
}

/// Reads config.json, then feeds every source. Reads it again after a while when it could not be had.
pub(super) fn start(state: State) {
    let Some(owner) = Owner::current() else {
        return;
    };
    opened::keep(owner.clone());
    recall::keep_answers(state);
    let running: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    // Whoever has just signed in does not wait for the next try.
    effect(move || {
        state.session.renewed.track();
        let owner = owner.clone();
        let is_read = matches!(
            state.sources.config.get_untracked(),
            ConfigState::Ready | ConfigState::Missing
        );
        if !is_read {
            running.set_value(Some(Task::spawn(read_config(state, owner))));
        }
    });
}

async fn read_config(state: State, owner: Owner) {
    loop {
        match config::load(host_transport().as_ref()).await {
            Ok(config) => {
                // Signals and effects of the sources live as long as the page.
                owner.with(|| open_sources(state, config));
                return;
            }
            Err(error) => {
                if error.is_signed_out {
                    state.session.doubt();
                }
                state.sources.config.set(ConfigState::Failed(error.words));
            }
        }
        BrowserClock.sleep(Duration::from_secs(10)).await;
    }
}

fn open_sources(state: State, config: config::Config) {
    let sources: Vec<Source> = config
        .sources
        .into_iter()
        .enumerate()
        .map(|(index, config)| {
            let backend = registry::open(
                &config.kind,
                &config.url,
                &config.settings,
                host_transport(),
                host_clock(),
            );
            if let Ok(backend) = &backend {
                task::spawn(backend.warm());
            }
            Source::new(index as u16, config, backend)
        })
        .collect();
    state.sources.title.set(config.title);
    state.sources.problems.set(config.problems);
    state.sources.config.set(if config.is_missing {
        ConfigState::Missing
    } else {
        ConfigState::Ready
    });
    state.sources.list.set(sources.clone());
    for source in sources {
        feed(state, source);
    }
}

/// Follows one source for as long as the page lives; a change of its way begins a new task from where the old one was.
pub(super) fn feed(state: State, source: Source) {
    let Ok(backend) = source.backend() else {
        return;
    };
    tick(state, &source);
    let cursors: StoredValue<Vec<Cursor>, LocalStorage> = StoredValue::new_local(Vec::new());
    let running: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let rereading: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let reading: Reading = StoredValue::new_local(None);
    let index = usize::from(source.index);
    let asked = source.clone();
    // Before it has told of itself, who is to be asked again and again is known by that: another way would begin everything anew.
    let is_polled = backend.poll_every().is_some();
    let can_stream = memo(move || {
        let able = asked.able();
        able.map_or(!is_polled, |able| able.updates == Updates::Stream)
    });
    keep_informed(state, &source, &backend);
    let way = memo(move || {
        let free = STREAMS.saturating_sub(state.runs.open_streams.get());
        match (state.hidden.get(), can_stream.get() && index < free) {
            (true, _) => Way::Poll(POLL_HIDDEN),
            (false, true) => Way::Stream,
            (false, false) => Way::Poll(POLL),
        }
    });
    effect(move || {
        let way = way.get();
        // Who was refused asks again once somebody has signed in.
        state.session.renewed.track();
        let work = run(
            state,
            source.clone(),
            backend.clone(),
            cursors,
            (reading, rereading),
            way,
        );
        running.set_value(None);
        running.set_value(Some(Task::spawn(work)));
    });
}

async fn run(
    state: State,
    source: Source,
    backend: Rc<dyn Backend>,
    cursors: StoredValue<Vec<Cursor>, LocalStorage>,
    (reading, rereading): (Reading, StoredValue<Option<Task>, LocalStorage>),
    way: Way,
) {
    let mut backoff = Backoff::new();
    while !source
        .link
        .with_untracked(|link| link.is_loaded && link.info.is_some())
    {
        match read_all(state, &source, backend.as_ref(), cursors, reading).await {
            Ok(()) => {}
            Err(error) => {
                let wait = wait_after(&error, &mut backoff);
                lost(state, &source, error, wait);
                BrowserClock.sleep(wait).await;
            }
        }
    }
    let heartbeat = source.heartbeat().unwrap_or(LONGEST_BEAT);
    source.link.update(|link| {
        link.freshness.set_mode(
            BrowserClock.now(),
            match way {
                Way::Stream => Mode::Stream { heartbeat },
                Way::Poll(every) => Mode::Poll { every },
            },
        );
    });
    loop {
        let options = FollowOptions {
            heartbeat,
            once: way != Way::Stream,
            ..FollowOptions::default()
        };
        let sink = &mut |event| take(state, &source, &backend, cursors, rereading, event);
        follow(
            backend.clone(),
            host_clock(),
            vec![Topic::Runs],
            cursors.get_value(),
            options,
            sink,
        )
        .await;
        match way {
            Way::Poll(every) => BrowserClock.sleep(every).await,
            // A stream ends only for good (the source refuses to be followed); asking again is due rarely.
            Way::Stream => BrowserClock.sleep(POLL_HIDDEN).await,
        }
    }
}

/// How long to wait after a failed request.
pub(super) fn wait_after(error: &BackendError, backoff: &mut Backoff) -> Duration {
    let asked = match error {
        BackendError::Busy {
            retry_after_s: Some(seconds),
            ..
        } => Some(Duration::from_secs(*seconds)),
        BackendError::SignedOut | BackendError::Denied(_) => Some(Duration::from_secs(30)),
        _ => None,
    };
    backoff.failed(BrowserClock.now(), asked, BrowserClock.random())
}

/// Lets a clock that was set be noticed, once a second. Nobody is told: only what is asked at the next tick may differ.
fn tick(state: State, source: &Source) {
    let link = source.link;
    effect(move || {
        let now = state.now.get();
        link.update_untracked(|link| link.freshness.tick(now));
    });
}

pub(super) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.plus(Span(wait.as_micros() as i64))
}

fn lost(state: State, source: &Source, error: BackendError, wait: Duration) {
    if error == BackendError::SignedOut {
        state.session.doubt();
    }
    let now = BrowserClock.now();
    source.link.update(|link| {
        if error.is_denied() {
            link.freshness.denied(now);
        } else {
            link.freshness.closed(now, error.to_string());
        }
        link.retry_at = Some(after(now, wait));
        link.error = Some(error);
    });
}

/// Takes one piece of news in.
fn take(
    state: State,
    source: &Source,
    backend: &Rc<dyn Backend>,
    cursors: StoredValue<Vec<Cursor>, LocalStorage>,
    rereading: StoredValue<Option<Task>, LocalStorage>,
    event: FollowEvent,
) {
    let contact = |server_time| source.link.update(|link| link.contact(server_time));
    match event {
        FollowEvent::Link(FollowLink::Lost {
            error, retry_in, ..
        }) => lost(state, source, error, retry_in),
        FollowEvent::Link(FollowLink::Stopped(error)) => {
            lost(state, source, error, POLL_HIDDEN);
        }
        FollowEvent::Link(_) => {}
        FollowEvent::Update(positioned) => {
            match positioned.update {
                Update::Runs(runs) => {
                    state.runs.take(source.index, &runs);
                    contact(None);
                }
                Update::Removed(ids) => {
                    state.runs.remove(source.index, &ids);
                    contact(None);
                }
                Update::Live { server_time } => contact(server_time),
                Update::Gap { .. } => {
                    contact(None);
                    let (source, backend) = (source.clone(), backend.clone());
                    rereading.set_value(Some(Task::spawn(async move {
                        let reading: Reading = StoredValue::new_local(None);
                        let mut backoff = Backoff::new();
                        while let Err(error) =
                            read_all(state, &source, backend.as_ref(), cursors, reading).await
                        {
                            let wait = wait_after(&error, &mut backoff);
                            source.link.update(|link| {
                                link.add_problems([format!("reading the list anew: {error}")])
                            });
                            // Whoever reads it page by page asks for a new list by itself.
                            if backend.progress().is_none() {
                                return;
                            }
                            BrowserClock.sleep(wait).await;
                        }
                    })));
                }
                Update::Problem(problem) => source.link.update(|link| link.add_problems([problem])),
                Update::Beat
                | Update::Note(_)
                | Update::Steps { .. }
                | Update::Log { .. }
                | Update::Events { .. }
                | Update::End { .. } => contact(None),
            }
            if let Some(cursor) = positioned.cursor {
                cursors.set_value(vec![cursor]);
            }
        }
    }
}
