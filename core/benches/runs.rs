//! How long common work on a million runs takes. Prints only: for `cargo bench -p runboard-core --bench runs`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::time::Instant;

use runboard_core::model::{Phase, Run, RunFilter, Timestamp};
use runboard_core::store::run_table::RunTable;
use runboard_core::store::run_view::{RunView, SortKey, ViewQuery};
use samples::{NOW, numbered};

fn main() {
    let count = if cfg!(debug_assertions) {
        50_000
    } else {
        1_000_000
    };
    let runs: Vec<Run> = (0..count).map(numbered).collect();
    let mut table = RunTable::new();
    let start = Instant::now();
    for run in &runs {
        table.upsert(0, run);
    }
    println!("{count} runs taken in: {:?}", start.elapsed());
    table.take_changes();
    for (filter, sort) in [
        ("", SortKey::Created),
        ("", SortKey::Run),
        ("", SortKey::Job),
        ("q=abc", SortKey::Created),
        ("status=failed&job=job_1*&tag=team=t7", SortKey::Duration),
    ] {
        let filter_of =
            RunFilter::from_pairs(filter.split('&').filter_map(|pair| pair.split_once('=')));
        let query = ViewQuery {
            matcher: filter_of.compile(NOW, 0).unwrap(),
            sort,
            descending: true,
            now: NOW,
            sources: None,
        };
        let mut view = RunView::new(query);
        let (start, mut slices, mut longest) = (Instant::now(), 0, std::time::Duration::ZERO);
        loop {
            let slice = Instant::now();
            let done = view.rebuild_slice(&table, 20_000);
            longest = longest.max(slice.elapsed());
            slices += 1;
            if done {
                break;
            }
        }
        println!(
            "  {filter:?} by {}: {} rows in {:?}, {slices} slices, the longest {longest:?}",
            sort.word(),
            view.len(),
            start.elapsed()
        );
    }
    let mut view = RunView::new(ViewQuery {
        descending: true,
        ..ViewQuery::default()
    });
    while !view.rebuild_slice(&table, 20_000) {}
    let start = Instant::now();
    for number in 0..1000 {
        let mut run = numbered(number * 37 % count);
        run.phase = Phase::Running;
        run.created_at = Some(Timestamp(NOW.0 + (number as i64) * 999_000_000));
        table.upsert(0, &run);
        let rows = table.take_changes();
        view.changed(&table, &rows);
    }
    println!("  1000 changes that move a row: {:?}", start.elapsed());
}
