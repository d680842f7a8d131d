//! The runs of all sources: the table, the filtered and sorted view on it, and the signals that say when they changed.

use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::backend::{Recalled, RowFigures};
use runboard_core::model::filter::Matcher;
use runboard_core::model::{Phase, Run, RunFilter, Timestamp};
use runboard_core::net::Clock as _;
use runboard_core::store::run_group::{GroupRow, newest};
use runboard_core::store::run_near::Newest;
use runboard_core::store::run_table::{Epoch, RowId, RunTable, Upsert};
use runboard_core::store::run_view::{RunView, SortKey, ViewQuery};

use super::task::Task;
use crate::browser::clock::{self, BrowserClock};

/// News are shown at most this often, however fast they arrive.
const BATCH: Duration = Duration::from_millis(60);
/// Rows looked at in one slice of rebuilding the view; far below 50 ms even on slow machines.
const SLICE: usize = 30_000;
/// Rows that are let into the view at once: likewise.
const NEWS: usize = 5000;

/// Where a list stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address of the list.
    pub list: String,
    /// The first row in view, and the row that keys act on.
    pub first: GroupRow,
    pub current: Option<GroupRow>,
}

/// The run table and the view on it.
#[derive(Clone, Copy)]
pub struct RunList {
    table: StoredValue<RunTable, LocalStorage>,
    view: StoredValue<RunView, LocalStorage>,
    now: RwSignal<Timestamp>,
    /// Counts changes of rows and of their order.
    pub changed: RwSignal<u64>,
    /// Counts answers about rows that are on screen in brief.
    pub(super) recalled: RwSignal<u64>,
    /// The filter and sources last asked for, when texts decide that the table does not hold of every row.
    pub(super) asked_texts: RwSignal<Option<(RunFilter, Option<Vec<u16>>)>>,
    /// What is being looked for in sources' own texts, or written from there, and how far that has come.
    pub doing: RwSignal<Doing>,
    /// What sources say of how the filter was understood, while they are read for the first time.
    pub said: RwSignal<Vec<String>>,
    /// The filter's words that are no filter.
    pub wrong: RwSignal<Option<String>>,
    /// The view is being built anew.
    pub is_building: RwSignal<bool>,
    /// Streams that pages hold open beside the lists' own.
    pub open_streams: RwSignal<usize>,
    /// Where the list stood when it was left.
    pub place: StoredValue<Option<Place>>,
    /// What `run=latest` was asked for last, and the answer.
    newest: StoredValue<Option<Latest>, LocalStorage>,
    is_scheduled: StoredValue<bool, LocalStorage>,
    flush: StoredValue<Option<Task>, LocalStorage>,
    rebuild: StoredValue<Option<Task>, LocalStorage>,
}

/// Long work over the texts of brief rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    /// What a filter asks of texts is looked for: in which source, in how many of how many runs so far.
    pub search: Option<(String, u64, u64)>,
    /// A file is being saved: how many of how many rows.
    pub save: Option<(u64, u64)>,
    /// Why the last file was not saved.
    pub failed: Option<String>,
}

/// Sources and filter, and the newest run that they give.
type Latest = ((Vec<u16>, Matcher), Newest);

/// Every run of every source, newest first.
fn everything(now: Timestamp) -> ViewQuery {
    let matcher = RunFilter::default().compile(now, 0).unwrap_or_default();
    ViewQuery {
        matcher,
        sources: None,
        sort: SortKey::default(),
        descending: true,
        now,
    }
}

impl RunList {
    pub(super) fn new(now: RwSignal<Timestamp>) -> RunList {
        RunList {
            table: StoredValue::new_local(RunTable::new()),
            view: StoredValue::new_local(RunView::new(everything(now.get_untracked()))),
            now,
            changed: RwSignal::new(0),
            recalled: RwSignal::new(0),
            asked_texts: RwSignal::new(None),
            doing: RwSignal::new(Doing::default()),
            said: RwSignal::new(Vec::new()),
            wrong: RwSignal::new(None),
            is_building: RwSignal::new(false),
            open_streams: RwSignal::new(0),
            place: StoredValue::new(None),
            newest: StoredValue::new_local(None),
            is_scheduled: StoredValue::new_local(false),
            flush: StoredValue::new_local(None),
            rebuild: StoredValue::new_local(None),
        }
    }

    /// Takes rows of a source in.
    pub(super) fn take(self, source: u16, runs: &[Run]) {
        let is_news = self.table.try_update_value(|table| {
            let mut is_news = false;
            for run in runs {
                is_news |= matches!(
                    table.upsert(source, run),
                    Upsert::Inserted(_) | Upsert::Updated(_)
                );
            }
            is_news
        });
        if is_news == Some(true) {
            self.touch();
        }
    }

    /// Takes in what a source told apart of rows that are in the list.
    pub(super) fn take_figures(self, source: u16, all: Vec<RowFigures>) {
        self.table.update_value(|table| {
            for one in all {
                let assets = one.assets.and_then(|count| u32::try_from(count).ok());
                table.set_figures(source, &one.run, one.steps, assets);
            }
        });
        self.touch();
    }

    pub(super) fn remove(self, source: u16, ids: &[String]) {
        self.table.update_value(|table| {
            for id in ids {
                table.remove(source, id);
            }
        });
        self.touch();
    }

    /// From here to [`RunList::end_snapshot`] a source's whole list is read; rows that it does not name go.
    pub(super) fn begin_snapshot(self, source: u16) -> Option<Epoch> {
        self.table
            .try_update_value(|table| table.begin_snapshot(source))
    }

    pub(super) fn end_snapshot(self, source: u16, epoch: Epoch) {
        self.table.update_value(|table| {
            table.end_snapshot(source, epoch);
        });
        self.touch();
    }

    /// Lets changes into the view and announces them, in batches.
    pub(super) fn touch(self) {
        if self.is_scheduled.get_value() {
            return;
        }
        self.is_scheduled.set_value(true);
        self.flush.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(BATCH).await;
            self.is_scheduled.set_value(false);
            self.publish();
        })));
    }

    fn publish(self) {
        self.table.update_value(|table| {
            let rows = table.take_some_changes(NEWS);
            self.view.update_value(|view| view.changed(table, &rows));
            self.newest.update_value(|newest| {
                if let Some((_, newest)) = newest {
                    newest.changed(table, &rows);
                }
            });
        });
        self.changed.update(|count| *count += 1);
        if self.table.with_value(RunTable::has_changes) {
            self.touch();
        }
    }

    /// Shows what `filter` asks for, of the sources with these numbers (none given: of all). Long tables are gone through in slices.
    pub fn show(
        self,
        filter: &RunFilter,
        sources: Option<Vec<u16>>,
        sort: Option<(SortKey, bool)>,
    ) {
        let now = self.now.get_untracked();
        let matcher = match filter.compile(now, clock::offset_minutes(now)) {
            Ok(matcher) => matcher,
            Err(error) => {
                self.wrong.set(Some(error.to_string()));
                return;
            }
        };
        self.wrong.set(None);
        let texts = matcher
            .asks_texts()
            .then(|| (filter.clone(), sources.clone()));
        if self.asked_texts.with_untracked(|old| *old != texts) {
            self.table.update_value(RunTable::ask_texts);
            self.asked_texts.set(texts);
        }
        let (sort, descending) = sort.unwrap_or((SortKey::default(), true));
        let query = ViewQuery {
            matcher,
            sources,
            sort,
            descending,
            now,
        };
        self.view.update_value(|view| view.set_query(query));
        self.build();
    }

    /// Lets the view be built, in slices.
    fn build(self) {
        self.is_building.set(true);
        self.rebuild.set_value(Some(Task::spawn(async move {
            loop {
                let done = self
                    .table
                    .with_value(|table| {
                        self.view
                            .try_update_value(|view| view.rebuild_slice(table, SLICE))
                    })
                    .unwrap_or(true);
                if done {
                    break;
                }
                BrowserClock.sleep(Duration::ZERO).await;
            }
            self.is_building.set(false);
            self.publish();
        })));
    }

    /// While held, new rows wait behind a counter instead of moving what is being read.
    pub fn hold(self, hold: bool) {
        self.view.update_value(|view| view.set_hold(hold));
    }

    /// Lets the waiting rows in.
    pub fn release(self) {
        self.table
            .with_value(|table| self.view.update_value(|view| view.release(table)));
        if self.view.with_value(RunView::is_building) {
            self.build();
        }
        self.publish();
    }

    /// The run of a row, and its source's number. Tracked.
    pub fn get(self, row: RowId) -> Option<(u16, Run)> {
        self.recalled.track();
        self.with_table(|table| Some((table.source(row), table.get(row)?)))
    }

    /// Reads the table. Tracked.
    pub fn with_table<T>(self, read: impl FnOnce(&RunTable) -> T) -> T {
        self.changed.track();
        self.table.with_value(read)
    }

    /// Reads the view. Tracked.
    pub fn with_view<T>(self, read: impl FnOnce(&RunTable, &RunView) -> T) -> T {
        self.changed.track();
        self.table
            .with_value(|table| self.view.with_value(|view| read(table, view)))
    }
}

/// How many runs stand where.
pub struct PhaseCounts([usize; Phase::ALL.len()]);

impl PhaseCounts {
    pub fn of(&self, phase: Phase) -> usize {
        self.0.get(phase as usize).copied().unwrap_or(0)
    }
}

impl RunList {
    /// Counts over all runs of all sources. Tracked.
    pub fn with_counts<T>(self, read: impl FnOnce(&PhaseCounts) -> T) -> T {
        self.with_table(|table| read(&PhaseCounts(table.phase_counts(None))))
    }
}

impl RunList {
    /// The newest run of these sources that the matcher takes: its row, source and id (empty: it is held in brief). Tracked. The question asked
    /// last is kept up to date row by row.
    pub fn newest(self, sources: &[u16], matcher: &Matcher) -> Option<(RowId, u16, String)> {
        self.recalled.track();
        self.with_table(|table| {
            let asked = (sources.to_vec(), matcher.clone());
            let is_same = self
                .newest
                .with_value(|newest| newest.as_ref().is_some_and(|(old, _)| *old == asked));
            if !is_same {
                let found = Newest::new(table, matcher.clone(), Some(sources.to_vec()));
                self.newest.set_value(Some((asked, found)));
            }
            let row = self
                .newest
                .with_value(|newest| newest.as_ref().and_then(|(_, found)| found.get()))?;
            Some((row, table.source(row), table.id(row).to_string()))
        })
    }

    /// Keeps whole runs that a source told of rows held in brief.
    pub(super) fn put_recalled(self, source: u16, runs: Recalled) {
        self.table.update_value(|table| {
            for (number, run) in runs {
                table.put_recalled(source, number, run);
            }
        });
        self.recalled.update(|count| *count += 1);
    }

    /// What a source told of rows held in brief decides which of them the question takes.
    pub(super) fn answer(self, source: u16, runs: &Recalled, matcher: &Matcher) {
        self.table.update_value(|table| {
            for (number, run) in runs {
                table.answer(source, *number, run, matcher);
            }
        });
        if self.table.with_value(RunTable::has_changes) {
            self.touch();
        }
    }
}

impl RunList {
    /// The rows in the view as they stand, or the newest `limit` of them. Not tracked.
    pub(super) fn rows_now(self, limit: Option<usize>) -> Vec<RowId> {
        self.with_view_now(|table, view| newest(table, view, limit.unwrap_or(usize::MAX)))
    }

    /// Reads the table. Not tracked.
    pub fn with_table_now<T>(self, read: impl FnOnce(&RunTable) -> T) -> T {
        self.table.with_value(read)
    }

    /// Reads the view. Not tracked.
    pub(super) fn with_view_now<T>(self, read: impl FnOnce(&RunTable, &RunView) -> T) -> T {
        self.table
            .with_value(|table| self.view.with_value(|view| read(table, view)))
    }

    /// The newest runs in the view: source and id. Not tracked.
    pub fn newest_shown(self, limit: usize) -> Vec<(u16, String)> {
        self.table.with_value(|table| {
            self.view.with_value(|view| {
                let rows = view.rows(0..view.len().min(limit));
                rows.into_iter()
                    .map(|row| (table.source(row), table.id(row).to_string()))
                    .collect()
            })
        })
    }
}
