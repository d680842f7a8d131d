//! One run's log in memory: its tail at once, earlier lines behind it in the background, new ones as they come; search and filters.

use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::backend::{Backend, BackendError, LogBatch, LogQuery};
use runboard_core::model::LogLine;
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;
use runboard_core::store::log_select::{LogFilter, LogSelect};
use runboard_core::store::log_store::LogStore;
use runboard_core::store::needle::Needle;
use runboard_core::store::search::LogSearch;

use super::feed::wait_after;
use super::notes::Notes;
use super::task::Task;
use super::urgent;
use crate::browser::clock::BrowserClock;

/// Text and index of the log that is kept; the oldest lines go first, and the page says how many.
const CAP: usize = 384 << 20;
/// Lines that are on screen at once.
pub const TAIL: u32 = 500;
/// Lines of one request for earlier ones.
const PAGE: u32 = 10_000;
/// So many of the last lines are read of a run that failed before anybody looks at its log: other parts of the page quote from them.
const QUOTED: u64 = 20_000;
/// News are shown at most this often.
const BATCH: Duration = Duration::from_millis(60);
/// Bytes searched, and lines filtered, in one slice.
const SEARCH_SLICE: usize = 4 << 20;
const SELECT_SLICE: usize = 50_000;

/// How loading stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loading {
    /// The tail is awaited.
    #[default]
    First,
    /// Earlier lines are coming in.
    Earlier,
    Done,
    Failed(BackendError),
}

/// A run's log.
#[derive(Clone, Copy)]
pub struct LogTail {
    store: StoredValue<LogStore, LocalStorage>,
    select: StoredValue<LogSelect, LocalStorage>,
    filter: StoredValue<LogFilter, LocalStorage>,
    search: StoredValue<Option<LogSearch>, LocalStorage>,
    pub loading: RwSignal<Loading>,
    /// Counts every change of lines, selection or hits.
    pub changed: RwSignal<u64>,
    /// Somebody has looked at the log, so all of it is read.
    is_opened: StoredValue<bool, LocalStorage>,
    is_scheduled: StoredValue<bool, LocalStorage>,
    flush: StoredValue<Option<Task>, LocalStorage>,
    working: StoredValue<Option<Task>, LocalStorage>,
}

impl LogTail {
    pub(super) fn new() -> LogTail {
        LogTail {
            store: StoredValue::new_local(LogStore::new(CAP)),
            select: StoredValue::new_local(LogSelect::new(LogFilter::default())),
            filter: StoredValue::new_local(LogFilter::default()),
            search: StoredValue::new_local(None),
            loading: RwSignal::new(Loading::First),
            changed: RwSignal::new(0),
            is_opened: StoredValue::new_local(false),
            is_scheduled: StoredValue::new_local(false),
            flush: StoredValue::new_local(None),
            working: StoredValue::new_local(None),
        }
    }

    /// Forgets everything, for a run whose log is read anew.
    pub(super) fn clear(self) {
        self.empty();
        self.loading.set(Loading::First);
        self.touch();
    }

    fn empty(self) {
        self.store.update_value(LogStore::clear);
        self.select
            .set_value(LogSelect::new(self.filter.get_value()));
        self.search.update_value(|search| {
            *search = search
                .take()
                .map(|old| LogSearch::new(old.needle().clone()))
        });
    }

    /// Takes in all lines as they are now, from the first one on. What is new at the end is appended; where something has changed before that, all are
    /// taken in anew.
    pub(super) fn set_all(self, mut lines: Vec<LogLine>) {
        let total = Some(lines.len() as u64);
        let (same, held) = self.store.with_value(|store| {
            let is_same = |(line, n): &(&LogLine, u64)| {
                let old = store.line(*n);
                old.is_some_and(|old| old.text == line.text && old.step == line.step)
            };
            let same = lines.iter().zip(1..).take_while(is_same).count();
            (same, store.len())
        });
        let from = if same < held { 0 } else { same };
        if from < held {
            self.empty();
        }
        lines.drain(..from);
        let first = from as u64 + 1;
        self.append(&LogBatch {
            first,
            lines,
            total,
        });
        self.loading.set(Loading::Done);
    }

    /// Takes lines in at the end. `Some`: lines are missing between what is here and these; the caller reads them first.
    pub(super) fn append(self, batch: &LogBatch) -> Option<(u64, u64)> {
        let gap = self.store.try_update_value(|store| {
            if let Some(total) = batch.total {
                store.set_known_total(total);
            }
            store.append(batch.first, &batch.lines).gap
        });
        let gap = gap.flatten();
        self.work();
        gap
    }

    /// Takes the end of the log in, whatever is here of it: where lines are missing before these, what is here goes, and is read again.
    pub(super) fn take(self, end: &LogBatch) {
        if self.append(end).is_some() {
            self.clear();
            self.append(end);
        }
        self.loading.set(Loading::Earlier);
    }

    /// The log is looked at; true for the first time.
    pub(super) fn open(self) -> bool {
        !self
            .is_opened
            .try_update_value(|is| std::mem::replace(is, true))
            .unwrap_or(true)
    }

    /// Whether nothing more is to be read until somebody looks at the log; of a run that failed the end is quoted.
    pub(super) fn is_enough(self, has_failed: bool) -> bool {
        let held = |store: &LogStore| {
            let first = store.first()?;
            Some(store.last()?.saturating_sub(first))
        };
        let is_quotable = || {
            self.store
                .with_value(held)
                .is_some_and(|held| held >= QUOTED)
        };
        !self.is_opened.get_value() && (!has_failed || is_quotable())
    }

    /// Reads earlier lines until the log's beginning or the cap.
    pub(super) async fn read_earlier(self, backend: &dyn Backend, run: &str, notes: Notes) {
        let mut backoff = Backoff::new();
        // Lines that the cap has pushed out are not fetched again.
        let wanted = |store: &LogStore| {
            store
                .first()
                .filter(|first| *first > 1 && store.dropped() == 0)
        };
        while let Some(before) = self.store.with_value(wanted) {
            self.loading.set(Loading::Earlier);
            if self.is_enough(true) {
                return;
            }
            urgent::quiet().await;
            let query = LogQuery {
                before: Some(before),
                limit: Some(PAGE),
                ..LogQuery::default()
            };
            match backend.logs(run, &query).await {
                Ok(answer) => {
                    let batch = notes.take(answer);
                    if batch.lines.is_empty() {
                        break;
                    }
                    let added = self
                        .store
                        .try_update_value(|store| store.prepend(batch.first, &batch.lines).added);
                    self.work();
                    if added.unwrap_or(0) == 0 {
                        break;
                    }
                    BrowserClock.sleep(Duration::ZERO).await;
                }
                Err(error) if error.is_passing() => {
                    BrowserClock.sleep(wait_after(&error, &mut backoff)).await
                }
                Err(error) => {
                    self.loading.set(Loading::Failed(error));
                    return;
                }
            }
        }
        self.loading.set(Loading::Done);
        self.touch();
    }

    /// Announces changes, in batches.
    fn touch(self) {
        if self.is_scheduled.get_value() {
            return;
        }
        self.is_scheduled.set_value(true);
        self.flush.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(BATCH).await;
            self.is_scheduled.set_value(false);
            self.changed.update(|count| *count += 1);
        })));
    }

    /// Brings the selection and the search up to the store, in slices.
    fn work(self) {
        self.touch();
        if self.advance() {
            return;
        }
        self.working.set_value(Some(Task::spawn(async move {
            while !self.advance() {
                self.touch();
                BrowserClock.sleep(Duration::ZERO).await;
            }
            self.touch();
        })));
    }

    /// One slice; `true` when all is up to date.
    fn advance(self) -> bool {
        self.store.with_value(|store| {
            let selected = self
                .select
                .try_update_value(|select| select.advance(store, SELECT_SLICE))
                .unwrap_or(true);
            let searched = self
                .search
                .try_update_value(|search| {
                    search
                        .as_mut()
                        .is_none_or(|search| search.advance(store, SEARCH_SLICE))
                })
                .unwrap_or(true);
            selected && searched
        })
    }

    /// Shows only the lines that the filter selects.
    pub fn select(self, filter: LogFilter) {
        self.filter.set_value(filter.clone());
        self.select.set_value(LogSelect::new(filter));
        self.work();
    }

    /// Searches all lines for `text`; an empty one ends the search.
    pub fn find(self, text: &str, any_case: bool) {
        self.search
            .set_value(Needle::new(text, any_case).map(LogSearch::new));
        self.work();
    }

    /// Reads the log as it is now. Tracked.
    pub fn with<T>(self, read: impl FnOnce(&LogStore, &LogSelect, Option<&LogSearch>) -> T) -> T {
        self.changed.track();
        self.store.with_value(|store| {
            self.select.with_value(|select| {
                self.search
                    .with_value(|search| read(store, select, search.as_ref()))
            })
        })
    }
}
