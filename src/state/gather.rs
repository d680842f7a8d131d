//! What every row of the view has a part in: statistics, and the wall's tiles. Gathered in slices, so that no task is long, and again when the
//! view has changed, at most once a second.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use runboard_core::model::stats::{Stats, Tally};
use runboard_core::model::wall::{Tile, Wall};
use runboard_core::net::Clock as _;
use runboard_core::store::run_table::{RowId, RunTable};

use super::State;
use super::clock::{monotonic_ms, offset_minutes};
use super::reactive::{Memo, RwSignal, effect};
use super::run_list::RunList;
use super::task::Task;
use crate::browser::clock::BrowserClock;

/// Rows of one slice: a few milliseconds.
const SLICE: usize = 5000;
/// Rows that keep coming are gathered once a second.
const EVERY_MS: f64 = 900.0;

/// Goes through the rows, with room for the page between slices.
async fn over(runs: RunList, rows: Vec<RowId>, take: &mut dyn FnMut(&RunTable, RowId)) {
    for (number, slice) in rows.chunks(SLICE).enumerate() {
        if number > 0 {
            BrowserClock.sleep(Duration::ZERO).await;
        }
        runs.with_table_now(|table| slice.iter().for_each(|row| take(table, *row)));
    }
}

/// What the address asks for beside the filter: a tile for each source, and only the newest so many runs.
type Asked = (bool, Option<usize>);

/// What was done last.
#[derive(Clone, Copy, Default)]
struct Last {
    /// The list's count of changes, and what else was asked.
    seen: Option<(u64, Asked)>,
    is_busy: bool,
    at_ms: f64,
    rows: usize,
}

/// Does `work` over the rows whenever the view has changed, or what is asked; ends with the owner.
fn keep(
    state: State,
    asked: Memo<Asked>,
    work: Box<dyn Fn(Vec<RowId>) -> LocalBoxFuture<'static, ()>>,
) {
    let last: StoredValue<Last> = StoredValue::new(Last::default());
    let running: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    effect(move || {
        state.now.track();
        let asked = (state.runs.changed.get(), asked.get());
        let is_building = state.runs.is_building.get();
        let now = monotonic_ms();
        let old = last.get_value();
        let is_same = old.seen.is_some_and(|seen| seen.1 == asked.1);
        // What was begun is brought to its end: a list that never rests is shown all the same. The first rows are waited for; later ones
        // can wait until the clock ticks.
        if is_building
            || old.is_busy
            || old.seen == Some(asked)
            || is_same && old.rows > 0 && now - old.at_ms < EVERY_MS
        {
            return;
        }
        let rows = state.runs.rows_now(asked.1.1);
        last.set_value(Last {
            seen: Some(asked),
            is_busy: true,
            at_ms: now,
            rows: rows.len(),
        });
        let work = work(rows);
        running.set_value(Some(Task::spawn(async move {
            work.await;
            // The page may have gone meanwhile.
            last.try_update_value(|last| last.is_busy = false);
        })));
    });
    on_cleanup(move || running.set_value(None));
}

/// Statistics over the runs in the view, by days of the browser's zone; `None` until they are there.
pub fn stats(state: State, asked: Memo<Asked>) -> RwSignal<Option<Stats>> {
    let into = RwSignal::new(None);
    let work = move |rows| {
        async move {
            let mut tally = Tally::default();
            over(state.runs, rows, &mut |table, row| {
                let sample = table.sample(row);
                tally.take(&sample, sample.at.map_or(0, offset_minutes));
            })
            .await;
            into.set(Some(tally.finish()));
        }
        .boxed_local()
    };
    keep(state, asked, Box::new(work));
    into
}

/// The tiles of the runs in the view; `None` until they are there.
pub fn tiles(state: State, asked: Memo<Asked>) -> RwSignal<Option<Vec<Tile>>> {
    let into = RwSignal::new(None);
    let work = move |rows| {
        let mut wall = Wall::new(asked.get_untracked().0);
        async move {
            over(state.runs, rows, &mut |table, row| {
                wall.take(&table.wall_run(row));
            })
            .await;
            let tiles = wall.finish();
            // Nothing is drawn anew for tiles that are the same.
            if into.with_untracked(|old| old.as_ref() != Some(&tiles)) {
                into.set(Some(tiles));
            }
        }
        .boxed_local()
    };
    keep(state, asked, Box::new(work));
    into
}
