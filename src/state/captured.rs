//! What a run's processes wrote to stdout or stderr, of a source that keeps it beside the run's log: asked for while it is looked at, and again while
//! the run goes on.

use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::{Backend, BackendError, LogQuery, RunFile};
use runboard_core::model::{LogStream, Span};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::State;
use super::feed::wait_after;
use super::log_tail::{Loading, LogTail};
use super::reactive::RwSignal;
use super::run_detail::RunDetail;
use super::task::Task;
use crate::browser::clock::BrowserClock;

/// How often it is asked for where the source does not say, and while nobody sees it.
const EVERY: Duration = Duration::from_secs(2);
const EVERY_HIDDEN: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);
/// A long text is taken in as a whole, so it is asked for the more seldom.
const LINES: usize = 10_000;
/// What a process wrote at its end is there a moment later.
const LAST_WORDS: Span = Span::seconds(10);

/// One stream of a run's processes.
#[derive(Clone, Copy)]
pub struct Captured {
    pub stream: LogStream,
    /// The processes one after the other, with numbers of their own.
    pub log: LogTail,
    /// A file of each process.
    pub files: RwSignal<Vec<RunFile>>,
    /// The run is over, and this is all that it wrote.
    pub is_all: RwSignal<bool>,
    /// What could not be read, for people.
    pub problems: RwSignal<Vec<String>>,
    pub every: Duration,
}

impl RunDetail {
    /// Nothing more happens to the run, nor is told of it. Tracked.
    fn is_over(&self, last_words: Span) -> bool {
        let now = State::get().now.get();
        self.run.with(|run| {
            let Some(run) = run.ready().filter(|run| run.phase.is_terminal()) else {
                return false;
            };
            let now = self.source.heard_now(now);
            run.ended_at.is_none_or(|end| now.since(end) > last_words)
        })
    }
}

impl Captured {
    /// Begins to read. Belongs to the current owner.
    pub fn open(detail: &RunDetail, stream: LogStream) -> Captured {
        let backend = detail.source.backend().ok();
        let every = backend.as_ref().and_then(|backend| backend.poll_every());
        let captured = Captured {
            stream,
            log: LogTail::new(),
            files: RwSignal::new(Vec::new()),
            is_all: RwSignal::new(false),
            problems: RwSignal::new(Vec::new()),
            every: every.unwrap_or(EVERY),
        };
        if let Some(backend) = backend {
            let detail = detail.clone();
            let task = Task::spawn(async move { captured.stay(backend.as_ref(), detail).await });
            StoredValue::new_local(task);
        }
        captured
    }

    async fn stay(self, backend: &dyn Backend, detail: RunDetail) {
        let mut backoff = Backoff::new();
        // Whether it will have to be asked for again is not known before.
        while detail.run.with_untracked(|run| run.ready().is_none()) {
            BrowserClock.sleep(MOMENT).await;
        }
        loop {
            let is_over = untrack(|| detail.is_over(LAST_WORDS));
            match self.read(backend, &detail.id).await {
                Ok(()) if is_over => {
                    self.is_all.set(true);
                    return;
                }
                Ok(()) => BrowserClock.sleep(self.pause()).await,
                Err(error) => {
                    let is_final = !error.is_passing() && !error.is_denied();
                    let wait = wait_after(&error, &mut backoff);
                    self.log.loading.set(Loading::Failed(error));
                    if is_final {
                        return;
                    }
                    BrowserClock.sleep(wait).await;
                }
            }
        }
    }

    fn pause(self) -> Duration {
        let lines = untrack(|| self.log.with(|store, _, _| store.len()));
        let every = self.every * (1 + (lines / LINES) as u32);
        match State::get().hidden.get_untracked() {
            true => every.max(EVERY_HIDDEN),
            false => every,
        }
    }

    /// Looks whether there is something new, and then takes in all.
    async fn read(self, backend: &dyn Backend, run: &str) -> Result<(), BackendError> {
        let all = LogQuery {
            stream: Some(self.stream),
            ..LogQuery::default()
        };
        let last = LogQuery {
            tail: Some(1),
            ..all.clone()
        };
        let is_done = |loading: &Loading| *loading == Loading::Done;
        let mut is_same = false;
        if self.log.loading.with_untracked(is_done) {
            let answer = backend.logs(run, &last).await?.value;
            is_same = untrack(|| {
                self.log.with(|store, _, _| {
                    let old = store.last().and_then(|last| store.line(last));
                    let new = answer.lines.last();
                    answer.total == Some(store.len() as u64)
                        && old.map(|line| line.text) == new.map(|line| line.text.as_str())
                })
            });
            // A process that has printed nothing yet may be no file yet.
            if is_same && self.files.with_untracked(|files| !files.is_empty()) {
                return Ok(());
            }
        }
        if !is_same {
            let answer = backend.logs(run, &all).await?;
            self.problems.set(answer.problems);
            self.log.set_all(answer.value.lines);
        }
        let mut files = backend.files(run).await?.value;
        files.retain(|file| file.stream == self.stream);
        self.files.set(files);
        Ok(())
    }
}
