//! The events of one run in memory: its newest at once, earlier ones by pages behind them, new ones as they come; and a filter over them.

use crate::state::reactive::RwSignal;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::{Backend, EventQuery};
use runboard_core::model::event::{EventFilter, RunEvent};
use runboard_core::model::event_log::MAX_EVENTS;
use runboard_core::model::event_pick::EventPick;
use runboard_core::model::{EventLog, Timestamp};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::feed::wait_after;
use super::log_tail::Loading;
use super::task::Task;
use crate::browser::clock::{BrowserClock, offset_minutes};

/// Events of one answer: what is decoded in one go on the main thread.
const PAGE: u32 = 1_000;
/// News are shown at most this often.
const BATCH: Duration = Duration::from_millis(60);
/// Events filtered in one slice.
const SLICE: usize = 2_000;

/// A run's events.
#[derive(Clone, Copy)]
pub struct EventTail {
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
}

impl EventTail {
    pub(super) fn new() -> EventTail {
        EventTail {
            log: StoredValue::new_local(EventLog::default()),
            pick: StoredValue::new_local(EventPick::default()),
            loading: RwSignal::new(Loading::First),
            wrong: RwSignal::new(None),
            changed: RwSignal::new(0),
            has_tail: StoredValue::new(false),
            is_scheduled: StoredValue::new(false),
            flush: StoredValue::new_local(None),
            reading: StoredValue::new_local(None),
        }
    }

    /// Begins to read, once: events are many, and most visits never look at them.
    pub(super) fn open(self, backend: &Rc<dyn Backend>, run: &str) {
        let is_needed = !self.has_tail.get_value() || untrack(|| self.next()).is_some();
        if is_needed && self.reading.with_value(Option::is_none) {
            let (backend, run) = (backend.clone(), run.to_string());
            self.reading.set_value(Some(Task::spawn(async move {
                self.read(backend.as_ref(), &run).await;
                self.reading.set_value(None);
            })));
        }
    }

    /// Reads the newest events once more, if they were read at all: the stream goes on from another place than they did.
    pub(super) fn refresh(self, backend: &Rc<dyn Backend>, run: &str) {
        if self.has_tail.get_value() || self.reading.with_value(Option::is_some) {
            self.reading.set_value(None);
            self.has_tail.set_value(false);
            self.open(backend, run);
        }
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
        let added = self.log.try_update_value(|log| {
            let had_hole = log.hole().is_some();
            let added = log.take(events);
            // Some may stand between those that the filter has looked at.
            if had_hole && added > 0 {
                self.pick.update_value(EventPick::reset);
            }
            added
        });
        self.touch();
        added.unwrap_or(0)
    }

    /// What is to be asked for next: the newest, what is missing between, what came before.
    fn next(self) -> Option<EventQuery> {
        let query = EventQuery {
            limit: Some(PAGE),
            ..EventQuery::default()
        };
        if !self.has_tail.get_value() {
            let tail = Some(PAGE);
            return Some(EventQuery { tail, ..query });
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
        while let Some(query) = self.next() {
            match backend.events(run, &query).await {
                Ok(answer) => {
                    let batch = answer.value;
                    self.log.update_value(|log| {
                        log.set_total(batch.total.unwrap_or(0));
                    });
                    let was_tail = self.has_tail.get_value();
                    self.has_tail.set_value(true);
                    if self.take(batch.events) == 0 && was_tail {
                        break;
                    }
                    self.loading.set(Loading::Earlier);
                    // Clicks come between the pages.
                    BrowserClock.sleep(Duration::ZERO).await;
                }
                Err(error) => {
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
