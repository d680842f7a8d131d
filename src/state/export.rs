//! The list as a file: all rows that match, in the order and the columns that are shown, written in slices.

use std::time::Duration;

use runboard_core::net::Clock as _;
use runboard_core::store::export::Export;
pub use runboard_core::store::export::{Column, Format};

use super::State;
use super::task;
use crate::browser::clock::BrowserClock;
use crate::browser::page;

/// Rows of one slice.
const SLICE: usize = 2000;

/// Writes the file and hands it to the browser.
pub fn export(state: State, format: Format, columns: &[Column]) {
    let rows = state.rows.all_now();
    let names = state.sources.list.with_untracked(|list| {
        list.iter()
            .map(|source| source.config.name.clone())
            .collect()
    });
    let mut file = Export::new(format, columns, names, BrowserClock.now());
    task::spawn(async move {
        for slice in rows.chunks(SLICE) {
            state.runs.with_table_now(|table| file.rows(table, slice));
            // Lets the page breathe.
            BrowserClock.sleep(Duration::ZERO).await;
        }
        let name = ["runs.", format.extension()].concat();
        page::download_text(&file.finish(), format.media_type(), &name);
    });
}
