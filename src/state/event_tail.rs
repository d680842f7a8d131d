//! The events of one run in memory: its newest at once, earlier ones by pages behind them, new ones as they come; and a filter over them.

use crate::state::reactive::RwSignal;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use leptos::prelude::*;
use runboard_core::backend::{Backend, BackendError, EventBatch, EventQuery};
use runboard_core::model::event::{EventFilter, RunEvent};
use runboard_core::model::event_log::MAX_EVENTS;
use runboard_core::model::event_pick::EventPick;
use runboard_core::model::{EventLog, Timestamp};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::feed::wait_after;
use super::log_tail::Loading;
use super::notes::Notes;
use super::task::Task;
use super::urgent::{self, Need, Urgent};
use crate::browser::clock::{BrowserClock, offset_minutes};

/// The newest events, which are on the screen first.
const TAIL: u32 = 200;
/// Events of one answer: what is decoded in one go on the main thread.
const PAGE: u32 = 2_000;
/// Questions that wait for their answers at a time: a source works on one answer while the one before is taken in.
const AHEAD: usize = 2;
/// News are shown at most this often.
const BATCH: Duration = Duration::from_millis(60);
/// So long after the last scrolling somebody may still read.
const REST: Duration = Duration::from_millis(500);
/// Events filtered in one slice.
const SLICE: usize = 2_000;

/// A run's events.
#[derive(Clone, Copy)]
pub struct EventTail {
    notes: Notes,
    log: StoredValue<EventLog, LocalStorage>,
    pick: StoredValue<EventPick, LocalStorage>,
    pub loading: RwSignal<Loading>,
    /// The filter's words that are no filter.
    pub wrong: RwSignal<Option<String>>,
    /// Counts every change of what is held or picked.
    pub changed: RwSignal<u64>,
    /// The newest events have been read: what comes now goes on from them.
    has_tail: StoredValue<bool>,
    is_scheduled: StoredValue<bool>,
    flush: StoredValue<Option<Task>, LocalStorage>,
    reading: StoredValue<Option<Task>, LocalStorage>,
    /// Somebody looks at the events and waits for them.
    urgent: StoredValue<Option<Urgent>, LocalStorage>,
    /// Somebody scrolls them, or did a moment ago.
    scrolling: StoredValue<Option<Task>, LocalStorage>,
}

impl EventTail {
    pub(super) fn new(notes: Notes) -> EventTail {
        EventTail {
            notes,
            log: StoredValue::new_local(EventLog::default()),
            pick: StoredValue::new_local(EventPick::default()),
            loading: RwSignal::new(Loading::First),
            wrong: RwSignal::new(None),
            changed: RwSignal::new(0),
            has_tail: StoredValue::new(false),
            is_scheduled: StoredValue::new(false),
            flush: StoredValue::new_local(None),
            reading: StoredValue::new_local(None),
            urgent: StoredValue::new_local(None),
            scrolling: StoredValue::new_local(None),
        }
    }

    /// Begins to read, once: events are many, and most visits never look at them.
    pub(super) fn open(self, backend: &Rc<dyn Backend>, run: &str) {
        let is_needed = !self.has_tail.get_value() || untrack(|| self.next()).is_some();
        if is_needed {
            let need = match self.has_tail.get_value() {
                true => Need::Rest,
                false => Need::First,
            };
            self.urgent.set_value(Some(Urgent::begin(need)));
        }
        urgent::kept();
        if is_needed && self.reading.with_value(Option::is_none) {
            let (backend, run) = (backend.clone(), run.to_string());
            self.reading.set_value(Some(Task::spawn(async move {
                self.read(backend.as_ref(), &run).await;
                self.leave();
                self.reading.set_value(None);
            })));
        }
    }

    /// Nobody looks at the events any more: they are read on, and others need not wait.
    pub fn leave(self) {
        self.urgent.try_update_value(Option::take);
    }

    /// Reads the newest events once more, if they were read at all: the stream goes on from another place than they did.
    pub(super) fn refresh(self, backend: &Rc<dyn Backend>, run: &str) {
        if self.has_tail.get_value() || self.reading.with_value(Option::is_some) {
            self.reading.set_value(None);
            self.has_tail.set_value(false);
            self.open(backend, run);
        }
    }

    /// The events are being scrolled: what is read for nobody would hold frames up.
    pub fn scrolled(self) {
        let urgent = Urgent::begin(Need::Rest);
        self.scrolling.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(REST).await;
            drop(urgent);
        })));
    }

    /// Forgets what it holds, for a run whose history is read anew.
    pub(super) fn clear(self) {
        self.log.set_value(EventLog::default());
        self.pick.update_value(EventPick::reset);
        self.loading.set(Loading::First);
        self.touch();
    }

    /// Takes events in, from wherever; how many were new.
    pub(super) fn take(self, events: Vec<RunEvent>) -> usize {
        let was_empty = self.log.with_value(EventLog::is_empty);
        let added = self.log.try_update_value(|log| {
            let had_hole = log.hole().is_some();
            let added = log.take(events);
            // Some may stand between those that the filter has looked at.
            if had_hole && added > 0 {
                self.pick.update_value(EventPick::reset);
            }
            added
        });
        // The first ones are waited for.
        if !was_empty || !self.advance() {
            self.touch();
        }
        added.unwrap_or(0)
    }

    /// What is to be asked for next: the newest, what is missing between, what came before.
    fn next(self) -> Option<EventQuery> {
        let query = EventQuery {
            limit: Some(PAGE),
            ..EventQuery::default()
        };
        if !self.has_tail.get_value() {
            return Some(EventQuery {
                tail: Some(TAIL),
                limit: Some(TAIL),
                ..query
            });
        }
        self.log.with_value(|log| {
            if let Some((from, to)) = log.hole() {
                let (after, before) = (Some(from - 1), Some(to + 1));
                return Some(EventQuery {
                    after,
                    before,
                    ..query
                });
            }
            let before = log.first().filter(|first| *first > 1)?;
            let has_room = log.lost_to() == 0 && log.len() < MAX_EVENTS;
            has_room.then_some(EventQuery {
                before: Some(before),
                ..query
            })
        })
    }

    async fn read(self, backend: &dyn Backend, run: &str) {
        let mut backoff = Backoff::new();
        // Some sources give fewer at a time than they are asked for.
        let mut size = PAGE;
        while let Some(query) = self.next() {
            match self.pages(backend, run, query, &mut size).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.leave();
                    let again = error.is_passing() || error.is_denied();
                    let wait = wait_after(&error, &mut backoff);
                    self.loading.set(Loading::Failed(error));
                    if !again {
                        return;
                    }
                    BrowserClock.sleep(wait).await;
                }
            }
        }
        self.loading.set(Loading::Done);
        self.touch();
    }

    /// Asks for events, and where they are the earlier ones for those before them too; false when an answer brought nothing new.
    async fn pages(
        self,
        backend: &dyn Backend,
        run: &str,
        query: EventQuery,
        size: &mut u32,
    ) -> Result<bool, BackendError> {
        let mut queries = vec![query.clone()];
        if let (Some(mut before), None) = (query.before, query.after) {
            let room = self.log.with_value(|log| MAX_EVENTS - log.len());
            let least = before.saturating_sub(room as u64).max(1);
            let page = u64::from(*size);
            while before > least + page {
                before -= page;
                queries.push(EventQuery {
                    before: Some(before),
                    ..query.clone()
                });
            }
        }
        let mut answers = stream::iter(queries)
            .map(|query| {
                let limit = query.limit.map(|limit| limit.min(*size));
                backend.events(run, &EventQuery { limit, ..query })
            })
            .buffered(AHEAD);
        while let Some(answer) = answers.next().await {
            let batch = self.notes.take(answer?);
            let (came, is_first) = (batch.events.len() as u32, query.before.is_none());
            let reached = batch.events.first().map_or(1, |first| first.n);
            if !self.take_page(batch) {
                return Ok(false);
            }
            if !is_first && came < *size && reached > 1 {
                drop(answers);
                *size = came;
                return Ok(true);
            }
            // Clicks come between the pages.
            BrowserClock.sleep(Duration::ZERO).await;
        }
        Ok(true)
    }

    fn take_page(self, batch: EventBatch) -> bool {
        self.log
            .update_value(|log| log.set_total(batch.total.unwrap_or(0)));
        let was_tail = self.has_tail.get_value();
        if !was_tail {
            self.has_tail.set_value(true);
            self.urgent.update_value(|urgent| {
                if let Some(urgent) = urgent {
                    *urgent = Urgent::begin(Need::Rest);
                }
            });
        }
        let is_news = self.take(batch.events) > 0;
        self.loading.set(Loading::Earlier);
        is_news || !was_tail
    }

    /// Announces changes, in batches, and looks at what is new, in slices.
    fn touch(self) {
        if self.is_scheduled.get_value() {
            return;
        }
        self.is_scheduled.set_value(true);
        self.flush.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(BATCH).await;
            self.is_scheduled.set_value(false);
            while !self.advance() {
                BrowserClock.sleep(Duration::ZERO).await;
            }
        })));
    }

    fn advance(self) -> bool {
        let done = self.log.with_value(|log| {
            self.pick
                .try_update_value(|pick| pick.advance(log, SLICE))
                .unwrap_or(true)
        });
        self.changed.update(|count| *count += 1);
        done
    }

    /// Shows only the events that the filter takes; `now` is what `since` counts from.
    pub fn select(self, filter: &EventFilter, now: Timestamp) {
        match filter.compile(now, offset_minutes(now)) {
            Ok(matcher) => {
                self.wrong.set(None);
                self.pick.set_value(EventPick::new(matcher));
                // A short list is there at once, without a moment of emptiness.
                if !self.advance() {
                    self.touch();
                }
            }
            Err(error) => self.wrong.set(Some(error.to_string())),
        }
    }

    /// Reads the events as they are now. Tracked.
    pub fn with<T>(self, read: impl FnOnce(&EventLog, &EventPick) -> T) -> T {
        self.changed.track();
        self.log
            .with_value(|log| self.pick.with_value(|pick| read(log, pick)))
    }
}
