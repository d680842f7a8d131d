//! One run, live: its row, its steps and its log, read once and then followed on one stream.

use std::rc::Rc;
use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link as FollowLink, follow};
use runboard_core::backend::{Backend, BackendError, Cursor, LogBatch, LogQuery, Topic, Update};
use runboard_core::model::{Run, Step, fold};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::event_tail::EventTail;
use super::feed::{POLL, after, wait_after};
use super::host_clock;
use super::log_tail::{Loading, LogTail, TAIL};
use super::notes::Notes;
use super::resuming::Resuming;
use super::run_list::RunList;
use super::sources::Source;
use super::task::Task;
use super::urgent;
use crate::browser::clock::BrowserClock;

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
            if self.source.is_asked_anew() {
                match retry {
                    None if self.has_ended() => self.until_it_goes_on().await,
                    wait => BrowserClock.sleep(wait.unwrap_or(POLL)).await,
                }
                continue;
            }
            let retry_at = retry.map(|wait| after(BrowserClock.now(), wait));
            let again: StoredValue<bool, LocalStorage> = StoredValue::new_local(false);
            let mut sink = |event| self.take(event, again);
            let work = follow(
                backend.clone(),
                host_clock(),
                vec![Topic::Run(self.id.clone())],
                cursors,
                FollowOptions::default(),
                &mut sink,
            );
            let mut work = std::pin::pin!(work);
            // The sink cannot end the stream itself, so a gap is noticed here.
            loop {
                let tick = BrowserClock.sleep(Duration::from_millis(500));
                match futures_util::future::select(work.as_mut(), tick).await {
                    // Nothing more will come of a run that is over, but what could not be read may still be had.
                    futures_util::future::Either::Left(_) => match retry {
                        None => {
                            self.until_it_goes_on().await;
                            break;
                        }
                        Some(wait) => {
                            BrowserClock.sleep(wait).await;
                            break;
                        }
                    },
                    futures_util::future::Either::Right(_) if again.get_value() => {
                        self.log.clear();
                        self.events.clear();
                        break;
                    }
                    futures_util::future::Either::Right(_) => {}
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

    fn tells_all_steps(&self) -> bool {
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

    /// A run that is over may be resumed: the list, which is followed all the time, shows it.
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
        while !is_active() {
            BrowserClock.sleep(Duration::from_secs(1)).await;
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

    fn take(&self, event: FollowEvent, again: StoredValue<bool, LocalStorage>) {
        let positioned = match event {
            FollowEvent::Link(FollowLink::Lost { error, .. } | FollowLink::Stopped(error)) => {
                self.lost.set(Some(error));
                return;
            }
            FollowEvent::Link(_) => return,
            FollowEvent::Update(positioned) => positioned,
        };
        self.contact();
        match positioned.update {
            Update::Runs(runs) => {
                if let Some(run) = runs.into_iter().find(|run| run.id == self.id) {
                    self.take_run(run);
                }
            }
            Update::Steps { run, steps, is_all } if run == self.id => {
                // Without the steps that the changes belong to, the changes alone would pass for all of them.
                let is_first = is_all || self.tells_all_steps();
                self.steps.update(|loaded| match loaded {
                    Loaded::Ready(old) if is_all => fold::replace_steps(old, steps),
                    Loaded::Ready(old) => fold::upsert_steps(old, steps),
                    _ if is_first => *loaded = Loaded::Ready(steps),
                    _ => {}
                })
            }
            Update::Log { run, batch } if run == self.id => self.take_lines(&batch, again),
            Update::Events { run, events } if run == self.id => {
                self.events.take(events);
            }
            Update::Gap { .. } => again.set_value(true),
            Update::Problem(problem) => {
                self.notes.add(vec![problem.clone()]);
                self.source.link.update(|link| link.add_problems([problem]))
            }
            Update::Note(words) => self.notes.say(words),
            Update::Removed(_)
            | Update::Steps { .. }
            | Update::Log { .. }
            | Update::Events { .. }
            | Update::Live { .. }
            | Update::End { .. }
            | Update::Beat => {}
        }
    }

    fn contact(&self) {
        if self.lost.with_untracked(Option::is_some) {
            self.lost.set(None);
        }
        self.source
            .link
            .update(|link| link.freshness.contact(BrowserClock.now(), None));
    }

    /// An older version never replaces a newer one.
    fn take_run(&self, run: Run) {
        let is_news = self.run.with_untracked(|old| {
            old.ready()
                .is_none_or(|old| run.version >= old.version && *old != run)
        });
        if is_news {
            self.run.set(Loaded::Ready(run));
        }
    }

    fn take_lines(&self, batch: &LogBatch, again: StoredValue<bool, LocalStorage>) {
        let has_failed = self
            .log
            .loading
            .with_untracked(|loading| matches!(loading, Loading::Failed(_)));
        // Lines that come while the log could not be read would pass for its beginning.
        if has_failed && untrack(|| self.log.with(|store, _, _| store.last().is_none())) {
            return;
        }
        if self.log.append(batch).is_some() {
            // The source skipped lines that it should have sent: read the log anew rather than show a hole as whole.
            again.set_value(true);
        }
    }
}
