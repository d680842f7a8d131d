//! One run, live: its row, its steps and its log, read once and then followed on one stream.

use std::rc::Rc;
use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::backend::follow::{FollowOptions, follow};
use runboard_core::backend::{Backend, BackendError, Cursor, LogQuery, Topic};
use runboard_core::model::{Run, Step};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::event_tail::EventTail;
use super::feed::{after, wait_after};
use super::host_clock;
use super::log_tail::{Loading, LogTail, TAIL};
use super::notes::Notes;
use super::resuming::Resuming;
use super::run_list::RunList;
use super::sources::Source;
use super::task::Task;
use super::urgent;
use crate::browser::clock::BrowserClock;

/// How often it is looked whether a run that is over goes on.
const LOOK: Duration = Duration::from_secs(1);
/// How many such looks the list is given to hear that a run is over; then the run itself is asked.
const LIST_BEHIND: u32 = 10;

/// Something that is read, is there, or could not be had.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded<T> {
    Loading,
    Ready(T),
    Failed(BackendError),
}

impl<T> Loaded<T> {
    pub fn ready(&self) -> Option<&T> {
        match self {
            Loaded::Ready(value) => Some(value),
            Loaded::Loading | Loaded::Failed(_) => None,
        }
    }
}

/// A run that a page shows. Everything ends with the owner under which it was opened.
#[derive(Clone)]
pub struct RunDetail {
    pub source: Source,
    pub id: String,
    pub run: RwSignal<Loaded<Run>>,
    pub steps: RwSignal<Loaded<Vec<Step>>>,
    pub log: LogTail,
    pub events: EventTail,
    /// Why the stream of this run is down, while it is.
    pub lost: RwSignal<Option<BackendError>>,
    /// What could not be read of it.
    pub notes: Notes,
    /// Steps that were chosen by hand, for the dialog that opens next.
    pub picked: StoredValue<Vec<String>>,
    pub resuming: Resuming,
    reading: StoredValue<Option<Task>, LocalStorage>,
}

impl RunDetail {
    /// Opens a run of a source: reads it, then follows it until the owner goes.
    pub fn open(runs: RunList, source: Source, id: String) -> RunDetail {
        let notes = Notes::new();
        let detail = RunDetail {
            source,
            id,
            run: RwSignal::new(Loaded::Loading),
            steps: RwSignal::new(Loaded::Loading),
            log: LogTail::new(),
            events: EventTail::new(notes),
            lost: RwSignal::new(None),
            notes,
            picked: StoredValue::new(Vec::new()),
            resuming: Resuming::default(),
            reading: StoredValue::new_local(None),
        };
        let Ok(backend) = detail.source.backend() else {
            return detail;
        };
        let run = detail.id.clone();
        // The run, and where logs belong to steps the one that is looked at.
        let log = Topic::Log {
            run: run.clone(),
            step: String::new(),
            attempt: None,
        };
        let streams = match detail.has_own_log() {
            true => backend.streams(&[Topic::Run(run)]),
            false => backend.streams(&[Topic::Run(run), log]),
        };
        runs.open_streams.update(|count| *count += streams);
        let task = Task::spawn(detail.clone().stay(backend));
        let task = StoredValue::new_local(Some(task));
        on_cleanup(move || {
            task.set_value(None);
            runs.open_streams
                .update(|count| *count = count.saturating_sub(streams));
        });
        detail
    }

    /// What the source calls a step, as far as it has told.
    pub fn noun(&self) -> String {
        untrack(|| self.noun_told())
    }

    /// The same, told again when the source tells. Tracked.
    pub fn noun_told(&self) -> String {
        self.source.noun().unwrap_or_else(|| "step".into())
    }

    /// Reads and follows; begins again when the source says that its history is not there any more, and when steps or a log that could not
    /// be had are due to be asked for once more.
    async fn stay(self, backend: Rc<dyn Backend>) {
        let mut backoff = Backoff::new();
        loop {
            let Some(cursors) = self.read(backend.as_ref()).await else {
                return;
            };
            self.read_rest(&backend);
            self.events.refresh(&backend, &self.id);
            let retry = self
                .passing_failure()
                .map(|error| wait_after(&error, &mut backoff));
            let retry_at = retry.map(|wait| after(BrowserClock.now(), wait));
            let again: StoredValue<bool, LocalStorage> = StoredValue::new_local(false);
            let mut sink = |event| self.take(event, again);
            let usual = FollowOptions::default();
            let work = follow(
                backend.clone(),
                host_clock(),
                vec![Topic::Run(self.id.clone())],
                cursors,
                FollowOptions {
                    heartbeat: self.source.heartbeat().unwrap_or(usual.heartbeat),
                    ..usual
                },
                &mut sink,
            );
            let mut work = std::pin::pin!(work);
            // The sink cannot end the stream itself, so a gap is noticed here, and before the end of all news.
            loop {
                let tick = BrowserClock.sleep(Duration::from_millis(500));
                let is_over = matches!(
                    futures_util::future::select(work.as_mut(), tick).await,
                    futures_util::future::Either::Left(_)
                );
                if again.get_value() {
                    self.log.clear();
                    self.events.clear();
                    break;
                }
                if is_over {
                    // Nothing more will come of a run that is over, but what could not be read may still be had.
                    match retry {
                        None => self.until_it_goes_on().await,
                        Some(wait) => BrowserClock.sleep(wait).await,
                    }
                    break;
                }
                if retry_at.is_some_and(|at| BrowserClock.now() >= at) {
                    break;
                }
            }
        }
    }

    fn has_ended(&self) -> bool {
        let is_over = |run: &Loaded<Run>| run.ready().is_some_and(|run| run.phase.is_terminal());
        self.run.with_untracked(is_over)
    }

    /// Reads the run, its steps and the tail of its log, each failing by itself. `None`: the run is not there.
    async fn read(&self, backend: &dyn Backend) -> Option<Vec<Cursor>> {
        // Who came for the events sees the last of them first.
        urgent::seen().await;
        let mut backoff = Backoff::new();
        loop {
            match backend.run(&self.id).await {
                Ok(run) => {
                    self.run.set(Loaded::Ready(self.notes.take(run)));
                    break;
                }
                Err(error) if error.is_passing() || error.is_denied() => {
                    let wait = wait_after(&error, &mut backoff);
                    self.lost.set(Some(error));
                    BrowserClock.sleep(wait).await;
                }
                Err(error) => {
                    self.run.set(Loaded::Failed(error));
                    return None;
                }
            }
        }
        self.lost.set(None);
        let query = LogQuery {
            tail: Some(TAIL),
            ..LogQuery::default()
        };
        // Each answer's position covers its own part of the topic: what changes meanwhile is sent again, and taken in once.
        let mut cursors = Vec::new();
        let steps = match backend.tells_all_steps() {
            // The first ones are shown before the last ones have come.
            true => None,
            false => Some(backend.steps(&self.id).await),
        };
        match steps {
            None => {}
            Some(Ok(steps)) => {
                cursors.extend(steps.cursor.clone());
                self.steps.set(Loaded::Ready(self.notes.take(steps)));
            }
            Some(Err(error)) => self.steps.set(Loaded::Failed(error)),
        }
        if !self.has_own_log() {
            self.log.loading.set(Loading::Done);
            return Some(cursors);
        }
        // What goes on is followed at once; of what is over, the part that is looked at comes first.
        if self.has_ended() {
            urgent::quiet().await;
        }
        match backend.logs(&self.id, &query).await {
            Ok(answer) => {
                cursors.extend(answer.cursor.clone());
                self.log.take(&self.notes.take(answer));
            }
            Err(error) => self.log.loading.set(Loading::Failed(error)),
        }
        Some(cursors)
    }

    /// One of its steps can be asked about by itself.
    pub fn tells_of_steps(&self) -> bool {
        self.source
            .backend()
            .is_ok_and(|backend| backend.tells_of_steps())
    }

    pub(super) fn tells_all_steps(&self) -> bool {
        self.source
            .backend()
            .is_ok_and(|backend| backend.tells_all_steps())
    }

    /// Why steps or log could not be read, when asking again can help.
    fn passing_failure(&self) -> Option<BackendError> {
        let steps = self.steps.with_untracked(|steps| match steps {
            Loaded::Failed(error) if error.is_passing() => Some(error.clone()),
            _ => None,
        });
        let log = || {
            self.log.loading.with_untracked(|loading| match loading {
                Loading::Failed(error) if error.is_passing() => Some(error.clone()),
                _ => None,
            })
        };
        steps.or_else(log)
    }

    /// Reads the whole log, when somebody wants to see it.
    pub fn open_log(&self) {
        let is_begun = || self.reading.with_value(Option::is_some);
        if self.log.open()
            && is_begun()
            && let Ok(backend) = self.source.backend()
        {
            self.read_rest(&backend);
        }
    }

    /// Reads the events, when somebody wants to see them.
    pub fn open_events(&self) {
        if let Ok(backend) = self.source.backend() {
            self.events.open(&backend, &self.id);
        }
    }

    /// A run that is over may be resumed: the list, which is followed all the time, shows it. Of the end the list may hear later than the page, or never.
    async fn until_it_goes_on(&self) {
        let runs = super::State::get().runs;
        let is_active = || {
            untrack(|| {
                runs.with_table(|table| {
                    let row = table.find(self.source.index, &self.id);
                    row.is_some_and(|row| table.phase(row).is_active())
                })
            })
        };
        let mut behind = LIST_BEHIND;
        while behind > 0 && is_active() {
            behind -= 1;
            BrowserClock.sleep(LOOK).await;
        }
        while !is_active() {
            BrowserClock.sleep(LOOK).await;
        }
    }

    /// Earlier lines of the log, in the background.
    fn read_rest(&self, backend: &Rc<dyn Backend>) {
        if !self.has_own_log() || matches!(self.log.loading.get_untracked(), Loading::Failed(_)) {
            return;
        }
        let failed = |run: &Loaded<Run>| run.ready().is_some_and(|run| run.phase.is_failure());
        let is_enough = self.log.is_enough(self.run.with_untracked(failed));
        let (log, backend, id) = (self.log, backend.clone(), self.id.clone());
        let notes = self.notes;
        self.reading.set_value(Some(Task::spawn(async move {
            if !is_enough {
                log.read_earlier(backend.as_ref(), &id, notes).await;
            }
        })));
    }
}
