//! The list as a file: all rows that match, in the order and the columns that are shown, written in slices.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use runboard_core::lazy_fn;
use runboard_core::model::Run;
use runboard_core::net::Clock as _;
use runboard_core::store::export::Export;
pub use runboard_core::store::export::{Column, Format};
use runboard_core::store::run_table::RowId;

use super::State;
use super::recall::told;
use super::task;
use crate::browser::clock::BrowserClock;
use crate::browser::page::Parts;

/// Rows of one slice, and of one with rows that are read again for it.
const SLICE: usize = 2000;
const BRIEF_SLICE: usize = 500;

/// Writes the file and hands it to the browser. Rows held in brief are read again for it; without all of them there is no file.
pub fn export(state: State, format: Format, columns: &[Column]) {
    let rows = state.rows.all_now();
    let names = state.sources.list.with_untracked(|list| {
        list.iter()
            .map(|source| source.config.name.clone())
            .collect()
    });
    let mut file = Export::new(format, columns, names, BrowserClock.now());
    let is_brief = state
        .runs
        .with_table_now(|table| rows.iter().any(|row| table.is_brief(*row)));
    let slice = if is_brief { BRIEF_SLICE } else { SLICE };
    let doing = state.runs.doing;
    doing.update(|doing| doing.failed = None);
    task::spawn(async move {
        let parts = Parts::default();
        let mut done = 0;
        for slice in rows.chunks(slice) {
            let Some(whole) = whole(state, slice.to_vec(), is_brief).await else {
                return doing.update(|doing| {
                    doing.save = None;
                    doing.failed = Some("lines could not be read again".into());
                });
            };
            state.runs.with_table_now(|table| {
                for row in slice {
                    let number = table.missing(*row);
                    let mut whole = whole.iter();
                    match number.and_then(|number| whole.find(|(own, _)| *own == number)) {
                        Some((_, run)) => file.run(table.source(*row), run),
                        None => file.rows(table, &[*row]),
                    }
                }
            });
            done += slice.len();
            if is_brief {
                parts.push(&file.take());
                doing.update(|doing| doing.save = Some((done as u64, rows.len() as u64)));
            }
            // Lets the page breathe.
            BrowserClock.sleep(Duration::ZERO).await;
        }
        doing.update(|doing| doing.save = None);
        let name = ["runs.", format.extension()].concat();
        parts.push(&file.finish());
        parts.download(format.media_type(), &name);
    });
}

/// Runs by source and number.
type Whole = Option<Vec<((u16, u32), Run)>>;

/// The whole runs of those rows that are held in brief; `None` when one could not be had.
async fn whole(state: State, rows: Vec<RowId>, is_any: bool) -> Whole {
    match is_any {
        true => gathering(state, rows).await.ok()?.await,
        false => Some(Vec::new()),
    }
}

lazy_fn!(
    history,
    fn gathering(state: State, rows: Vec<RowId>) -> LocalBoxFuture<'static, Whole> {
        gather(state, rows).boxed_local()
    }
);

async fn gather(state: State, rows: Vec<RowId>) -> Whole {
    let missing: Vec<(u16, u32)> = state
        .runs
        .with_table_now(|table| rows.iter().filter_map(|row| table.missing(*row)).collect());
    let mut whole = Vec::new();
    for source in state.sources.list.get_untracked() {
        let numbers = missing.iter().filter(|(index, _)| *index == source.index);
        let numbers: Vec<u32> = numbers.map(|(_, number)| *number).collect();
        for (number, run) in told(&source, &numbers).await? {
            whole.push(((source.index, number), run));
        }
    }
    (whole.len() == missing.len()).then_some(whole)
}
