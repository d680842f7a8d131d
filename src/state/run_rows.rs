//! [`RunRows`]: the rows of the list as they stand one below the other: the view's, or the view's in groups that can be folded.

use crate::state::reactive::RwSignal;
use std::collections::BTreeSet;
use std::ops::Range;

use leptos::prelude::*;
pub use runboard_core::store::run_group::{GroupBy, GroupRow, RunGroup};
use runboard_core::store::run_group::{RunGroups, newest};
use runboard_core::store::run_table::RowId;

use super::run_list::RunList;

/// The rows. A [`GroupRow::Head`] carries the number that its group keeps as long as the page lives, wherever it stands.
#[derive(Clone, Copy)]
pub struct RunRows {
    runs: RunList,
    groups: StoredValue<Option<RunGroups>, LocalStorage>,
    folded: StoredValue<BTreeSet<String>>,
    /// The rows that a limit leaves; `None`: all of the view's.
    kept: StoredValue<Option<Vec<RowId>>, LocalStorage>,
    /// Counts changes of rows and of their order.
    pub changed: RwSignal<u64>,
}

impl RunRows {
    pub(super) fn new(runs: RunList) -> RunRows {
        RunRows {
            runs,
            groups: StoredValue::new_local(None),
            folded: StoredValue::new(BTreeSet::new()),
            kept: StoredValue::new_local(None),
            changed: RwSignal::new(0),
        }
    }

    /// Arranges the view's rows anew, or its newest `limit`; to be done when the view has changed.
    pub fn arrange(self, by: Option<GroupBy>, limit: Option<usize>) {
        self.kept.set_value(limit.map(|limit| {
            self.runs
                .with_view_now(|table, view| newest(table, view, limit))
        }));
        let groups = by.map(|by| {
            let rows = self.in_view(0..usize::MAX);
            self.runs.with_view_now(|table, _| {
                self.folded
                    .with_value(|folded| RunGroups::of(table, &rows, by, folded))
            })
        });
        self.groups.set_value(groups);
        self.changed.update(|count| *count += 1);
    }

    /// The rows that are shown, heads included. Tracked.
    pub fn count(self) -> usize {
        self.changed.track();
        self.groups.with_value(|groups| match groups {
            Some(groups) => groups.len(),
            None => self.kept.with_value(|kept| match kept {
                Some(kept) => kept.len(),
                None => self.runs.with_view_now(|_, view| view.len()),
            }),
        })
    }

    /// The rows without groups.
    fn in_view(self, places: Range<usize>) -> Vec<RowId> {
        self.kept.with_value(|kept| match kept {
            Some(kept) => {
                let end = places.end.min(kept.len());
                kept.get(places.start.min(end)..end)
                    .unwrap_or_default()
                    .to_vec()
            }
            None => self.runs.with_view_now(|_, view| {
                let end = places.end.min(view.len());
                view.rows(places.start.min(end)..end)
            }),
        })
    }

    /// The rows of a window. Tracked.
    pub fn range(self, places: Range<usize>) -> Vec<GroupRow> {
        self.changed.track();
        self.groups.with_value(|groups| match groups {
            Some(groups) => {
                let rows = groups.range(places);
                rows.into_iter().map(|row| named(groups, row)).collect()
            }
            None => self
                .in_view(places)
                .into_iter()
                .map(GroupRow::Run)
                .collect(),
        })
    }

    /// The row at a place. Tracked.
    pub fn get(self, place: usize) -> Option<GroupRow> {
        self.range(place..place + 1).first().copied()
    }

    /// Where a row stands, if it is shown. Tracked.
    pub fn place_of(self, row: GroupRow) -> Option<usize> {
        self.changed.track();
        self.groups.with_value(|groups| match (groups, row) {
            (Some(groups), GroupRow::Run(row)) => groups.place_of(row),
            (Some(groups), GroupRow::Head(number)) => groups.head_place(at(groups, number)?),
            (None, GroupRow::Run(row)) => self.kept.with_value(|kept| match kept {
                Some(kept) => kept.iter().position(|other| *other == row),
                None => self
                    .runs
                    .with_view_now(|table, view| view.place_of(table, row)),
            }),
            (None, GroupRow::Head(_)) => None,
        })
    }

    /// The group with this number. Tracked.
    pub fn group(self, number: usize) -> Option<RunGroup> {
        self.changed.track();
        self.groups.with_value(|groups| {
            let groups = groups.as_ref()?;
            groups.groups().get(at(groups, number)?).cloned()
        })
    }

    /// Whether any group has this key. Not tracked.
    pub fn has_group(self, key: &str) -> bool {
        self.groups.with_value(|groups| {
            let mut all = groups.iter().flat_map(RunGroups::groups);
            all.any(|group| group.key == key)
        })
    }

    /// Folds a group, or unfolds it.
    pub fn fold(self, number: usize, is_folded: bool) {
        let Some(key) = untrack(|| self.group(number)).map(|group| group.key) else {
            return;
        };
        self.groups.update_value(|groups| {
            if let Some(groups) = groups {
                groups.fold(&key, is_folded);
            }
        });
        self.folded.update_value(|folded| {
            if is_folded {
                folded.insert(key);
            } else {
                folded.remove(&key);
            }
        });
        self.changed.update(|count| *count += 1);
    }

    /// Every row that matches, group by group, also those of folded groups. Not tracked.
    pub(super) fn all_now(self) -> Vec<RowId> {
        self.groups.with_value(|groups| match groups {
            Some(groups) => groups.rows().to_vec(),
            None => self.in_view(0..usize::MAX),
        })
    }
}

/// Which of the groups has a number.
fn at(groups: &RunGroups, number: usize) -> Option<usize> {
    groups
        .groups()
        .iter()
        .position(|group| group.number == number)
}

/// A head by its group's number instead of its place.
fn named(groups: &RunGroups, row: GroupRow) -> GroupRow {
    match row {
        GroupRow::Head(at) => {
            let group = groups.groups().get(at);
            GroupRow::Head(group.map_or(0, |group| group.number))
        }
        run => run,
    }
}
