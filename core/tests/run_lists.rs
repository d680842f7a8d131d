//! What a list shows beside its rows: groups with their counts, the newest run of a filter, and runs that may have been meant.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod samples;

use std::collections::BTreeSet;

use proptest::prelude::*;
use runboard_core::model::run::BACKFILL;
use runboard_core::model::{Phase, Run, RunFilter, Timestamp};
use runboard_core::store::run_group::{GroupBy, GroupRow, RunGroups, newest};
use runboard_core::store::run_near::Newest;
use runboard_core::store::run_table::{RowId, RunTable};
use runboard_core::store::run_view::{RunView, SortKey, ViewQuery};
use samples::{NOW, numbered};

fn view(table: &RunTable, query: ViewQuery) -> RunView {
    let mut view = RunView::new(ViewQuery {
        descending: true,
        ..query
    });
    while !view.rebuild_slice(table, 1000) {}
    view
}

fn table(count: u64) -> RunTable {
    let mut table = RunTable::new();
    for number in 0..count {
        table.upsert((number % 3) as u16, &numbered(number));
    }
    table.take_changes();
    table
}

#[test]
fn of_runs_of_one_second_the_highest_number_is_the_newest() {
    let mut table = RunTable::new();
    for id in ["3", "b", "16", "2", "a", "016"] {
        let run = Run {
            id: id.into(),
            ..numbered(1)
        };
        table.upsert(0, &run);
    }
    table.take_changes();
    let ids = |view: RunView| -> Vec<String> {
        let ids = view.iter().map(|row| table.id(row).to_string());
        ids.collect()
    };
    let newest = ids(view(&table, ViewQuery::default()));
    assert_eq!(newest, ["016", "16", "3", "2", "a", "b"]);
    let mut oldest = RunView::new(ViewQuery::default());
    while !oldest.rebuild_slice(&table, 1000) {}
    assert_eq!(ids(oldest), ["2", "3", "016", "16", "a", "b"]);
}

#[test]
fn groups_hold_every_row_once_in_the_views_order() {
    let table = table(1000);
    let view = view(&table, ViewQuery::default());
    let mut groups = RunGroups::new(&table, &view, GroupBy::Job, &BTreeSet::new());
    assert_eq!((groups.groups().len(), groups.len()), (200, 1200));
    let order: Vec<RowId> = view.iter().collect();
    let place = |row: &RowId| order.iter().position(|other| other == row).unwrap();
    let mut seen = BTreeSet::new();
    let mut head = 0;
    for row in groups.range(0..5000) {
        match row {
            GroupRow::Head(group) => {
                head = group;
                let group = &groups.groups()[group];
                assert_eq!((group.len(), group.outcomes.total()), (5, 5));
                assert_eq!(table.job(group.newest), group.key);
            }
            GroupRow::Run(row) => {
                assert_eq!(table.job(row), groups.groups()[head].key);
                assert!(seen.insert(row));
            }
        }
    }
    assert_eq!(seen.len(), 1000);
    // The group of the newest run stands first, and inside it the newest run.
    assert_eq!(groups.get(1), Some(GroupRow::Run(order[0])));
    assert_eq!(groups.groups()[0].newest, order[0]);
    let rows: Vec<usize> = (1..6)
        .filter_map(|at| match groups.get(at) {
            Some(GroupRow::Run(row)) => Some(place(&row)),
            _ => None,
        })
        .collect();
    assert!(rows.is_sorted());
    assert_eq!(groups.place_of(order[0]), Some(1));

    let second = groups.groups()[1].key.clone();
    let first = groups.groups()[0].key.clone();
    groups.fold(&first, true);
    assert_eq!(groups.len(), 1195);
    assert_eq!(groups.range(0..2), [GroupRow::Head(0), GroupRow::Head(1)]);
    assert_eq!(groups.place_of(order[0]), None);
    groups.fold(&first, false);
    let folded = BTreeSet::from([second]);
    let again = RunGroups::new(&table, &view, GroupBy::Job, &folded);
    assert_eq!((again.len(), again.groups()[1].is_folded), (1195, true));
    assert_eq!(
        (again.head_place(1), again.head_place(2)),
        (Some(6), Some(7))
    );
    assert_eq!(again.rows().len(), 1000, "also those of folded groups");

    // Of another order too, the newest are left, and stand in that order.
    let by_duration = self::view(
        &table,
        ViewQuery {
            sort: SortKey::Duration,
            ..ViewQuery::default()
        },
    );
    let left = newest(&table, &by_duration, 7);
    let mut times: Vec<_> = order.iter().map(|row| table.ordered_at(*row)).collect();
    times.sort_by(|a, b| b.cmp(a));
    assert_eq!(left.len(), 7);
    assert!(left.iter().all(|row| table.ordered_at(*row) >= times[6]));
    let places = left.iter().map(|row| by_duration.place_of(&table, *row));
    assert!(places.is_sorted());
    assert_eq!(newest(&table, &by_duration, 5000).len(), 1000);

    let few = RunGroups::of(&table, &left, GroupBy::Job, &BTreeSet::new());
    let rows: BTreeSet<RowId> = few.rows().iter().copied().collect();
    assert_eq!(rows, left.iter().copied().collect());
    for group in few.groups() {
        let same = groups.groups().iter().find(|other| other.key == group.key);
        assert_eq!(same.map(|same| same.number), Some(group.number));
    }
}

#[test]
fn runs_of_one_backfill_stand_together() {
    let mut table = RunTable::new();
    for (number, id) in [(0, "bf1"), (1, ""), (2, "bf2"), (3, "bf1"), (4, "")] {
        let mut run = numbered(number);
        run.tags.retain(|(key, _)| key != BACKFILL);
        if !id.is_empty() {
            run.tags.push((BACKFILL.into(), id.into()));
        }
        table.upsert(0, &run);
    }
    let groups = RunGroups::new(
        &table,
        &view(&table, ViewQuery::default()),
        GroupBy::Backfill,
        &BTreeSet::new(),
    );
    let mut found: Vec<(&str, usize)> = groups
        .groups()
        .iter()
        .map(|group| (group.key.as_str(), group.len()))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("", 2), ("bf1", 2), ("bf2", 1)]);
}

#[test]
fn groups_of_sources_count_outcomes() {
    let table = table(42 * 3);
    let view = view(&table, ViewQuery::default());
    let groups = RunGroups::new(&table, &view, GroupBy::Source, &BTreeSet::new());
    assert_eq!(groups.groups().len(), 3);
    for group in groups.groups() {
        assert_eq!(group.key, group.source.to_string());
        // 42 runs are three of each phase.
        let outcomes = group.outcomes;
        assert_eq!(
            (
                outcomes.succeeded,
                outcomes.failed,
                outcomes.stopped,
                outcomes.open,
                outcomes.unknown
            ),
            (6, 6, 9, 18, 3)
        );
        assert_eq!(group.running, 12);
    }
    let empty = RunGroups::new(
        &table,
        &RunView::new(ViewQuery::default()),
        GroupBy::Job,
        &BTreeSet::new(),
    );
    assert_eq!((empty.len(), empty.get(0)), (0, None));
}

fn ids(table: &RunTable, rows: Vec<RowId>) -> Vec<String> {
    rows.into_iter()
        .map(|row| table.id(row).to_string())
        .collect()
}

#[test]
fn an_unknown_id_is_near_to_those_that_begin_the_same_and_to_those_with_a_slip() {
    let mut table = RunTable::new();
    for (number, id) in [
        "r7f2c0ffee",
        "r7f2c0aaaa",
        "r7f9999999",
        "x7f2c0ffee",
        "totally-else",
        "r7f2c0f",
    ]
    .into_iter()
    .enumerate()
    {
        let mut run = Run::new(id, "job");
        run.created_at = Some(Timestamp(number as i64));
        table.upsert(0, &run);
    }
    assert_eq!(
        ids(&table, table.nearest(None, "r7f2c0ffff", 5)),
        ["r7f2c0ffee", "r7f2c0f", "r7f2c0aaaa", "x7f2c0ffee"]
    );
    // A letter too many and one changed at the very beginning.
    assert_eq!(
        ids(&table, table.nearest(None, "tottally-elsa", 5))[0],
        "totally-else"
    );
    assert_eq!(
        ids(&table, table.nearest(None, "otally-else", 5)),
        ["totally-else"]
    );
    assert_eq!(table.nearest(None, "zzzzzzzz", 5), []);
    assert_eq!(table.nearest(None, "", 5), []);
    assert_eq!(table.nearest(Some(1), "r7f2c0ffff", 5), []);
    assert_eq!(table.nearest(None, "r7f2c0ffff", 1).len(), 1);
    assert_eq!(
        ids(&table, table.latest(None, 2)),
        ["r7f2c0f", "totally-else"]
    );
    assert_eq!(table.latest(Some(1), 2), []);
    table.remove(0, "r7f2c0f");
    assert_eq!(ids(&table, table.latest(Some(0), 1)), ["totally-else"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What the tracker holds is what a list of the same filter shows first, whatever comes, changes and goes.
    #[test]
    fn the_newest_run_is_the_first_of_the_list(
        changes in prop::collection::vec(prop::collection::vec((0_u64..12, 0_usize..14, prop::option::of(0_i64..6), any::<bool>()), 0..6), 0..20)
    ) {
        let filter = RunFilter { status: vec!["failed".into(), "running".into(), "queued".into()], ..RunFilter::default() };
        let matcher = filter.compile(NOW, 0).unwrap();
        let mut table = RunTable::new();
        let mut newest = Newest::new(&table, matcher.clone(), Some(vec![0]));
        for batch in changes {
            for (id, phase, at, stays) in batch {
                let mut run = Run::new(format!("r{id}"), "job");
                run.phase = Phase::ALL[phase];
                run.created_at = at.map(Timestamp);
                if stays {
                    table.upsert((id % 2) as u16, &run);
                } else {
                    table.remove((id % 2) as u16, &run.id);
                }
            }
            let rows = table.take_changes();
            newest.changed(&table, &rows);
            let query = ViewQuery { matcher: matcher.clone(), sources: Some(vec![0]), ..ViewQuery::default() };
            prop_assert_eq!(newest.get(), view(&table, query).get(0));
        }
    }
}
