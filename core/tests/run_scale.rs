//! A hundred thousand runs: how much room they take, that a prefix finds one of them, and that rows that come and go leave nothing behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod samples;

use runboard_core::store::run_table::RunTable;
use runboard_core::store::run_view::{RunView, ViewQuery};
use samples::numbered;

#[test]
fn a_hundred_thousand_runs_fit_and_a_prefix_finds_them() {
    let count = 100_000;
    let mut table = RunTable::new();
    for number in 0..count {
        table.upsert(0, &numbered(number));
    }
    let rows = table.take_changes();
    assert_eq!((rows.len(), table.len()), (count as usize, count as usize));
    let mut view = RunView::new(ViewQuery {
        descending: true,
        ..ViewQuery::default()
    });
    while !view.rebuild_slice(&table, 20_000) {}
    assert_eq!(view.len(), count as usize);
    assert!(
        view.iter()
            .is_sorted_by_key(|row| std::cmp::Reverse(table.ordered_at(row)))
    );
    let id = numbered(77_777).id;
    assert_eq!(
        table.find_prefix(None, &id[..26], 3),
        [table.find(0, &id).unwrap()]
    );
    assert_eq!(table.find_prefix(Some(1), &id[..26], 3), []);
    assert_eq!(table.find_prefix(None, "", 3).len(), 3);
    let (row_bytes, view_bytes) = (
        table.memory_bytes() as f64 / count as f64,
        view.memory_bytes() as f64 / count as f64,
    );
    println!("run table: {count} runs take {row_bytes:.0} bytes each, a view {view_bytes:.0}");
    assert!(row_bytes < 400.0 && view_bytes < 40.0);
    assert_eq!(table.tag_keys(), ["commit", "team"]);
    assert_eq!(table.sources(), [0]);
}

#[test]
fn rows_that_come_and_go_for_weeks_take_no_more_room() {
    let mut table = RunTable::new();
    let mut most = 0;
    for round in 0..40_u64 {
        for number in 0..1000 {
            let mut run = numbered(round * 1000 + number);
            run.tags.clear();
            run.reason = Some("x".repeat((number % 90) as usize));
            table.upsert(0, &run);
            run.reason = Some("y".repeat((round % 50) as usize));
            table.upsert(0, &run);
        }
        table.take_changes();
        table.remove_source(0);
        table.take_changes();
        if round == 20 {
            most = table.memory_bytes();
        }
    }
    assert!(table.is_empty());
    assert!(
        table.memory_bytes() <= most * 11 / 10,
        "{} after {most}",
        table.memory_bytes()
    );
}
