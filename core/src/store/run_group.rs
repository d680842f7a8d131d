//! [`RunGroups`]: the rows of a view under the heads of their jobs or sources, which can be folded.

use std::collections::BTreeSet;

use super::run_table::{RowId, RunTable};
use super::run_view::RunView;
use crate::model::order::order;
use crate::model::run::BACKFILL;
use crate::model::stats::Outcomes;

/// What rows are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    Job,
    Source,
    /// Runs that were asked for together.
    Backfill,
}

impl GroupBy {
    pub const ALL: [GroupBy; 3] = [GroupBy::Job, GroupBy::Source, GroupBy::Backfill];

    /// The word of links.
    pub fn word(self) -> &'static str {
        match self {
            GroupBy::Job => "job",
            GroupBy::Source => "source",
            GroupBy::Backfill => "backfill",
        }
    }

    pub fn from_word(word: &str) -> Option<GroupBy> {
        GroupBy::ALL.into_iter().find(|by| by.word() == word)
    }
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunGroup {
    /// The job's name, the source's number as text, or the backfill's id (none: nothing): what it is folded by.
    pub key: String,
    /// What stands for the key as long as the table lives.
    pub number: usize,
    /// The source's number; of a job that several have, the first one's.
    pub source: u16,
    pub outcomes: Outcomes,
    /// Runs that go on and show life.
    pub running: u64,
    /// The run that was created last.
    pub newest: RowId,
    pub is_folded: bool,
    /// Its rows in [`RunGroups::rows`].
    start: usize,
    len: usize,
}

impl RunGroup {
    /// How many rows it has, folded or not.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A row of the grouped list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupRow {
    /// The head of the group at this place.
    Head(usize),
    Run(RowId),
}

/// The newest `limit` rows of a view, in the view's order.
pub fn newest(table: &RunTable, view: &RunView, limit: usize) -> Vec<RowId> {
    let rows = view.rows(0..view.len());
    if limit >= rows.len() {
        return rows;
    }
    let time = |at: usize| rows.get(at).and_then(|row| table.ordered_at(*row));
    // The newest first; of those of one time the view's first.
    let by_time = order(rows.len(), &|a, b| time(b).cmp(&time(a)).then(a.cmp(&b)));
    let mut places: Vec<usize> = by_time.into_iter().take(limit).collect();
    let sorted = order(places.len(), &|a, b| places.get(a).cmp(&places.get(b)));
    places = sorted
        .into_iter()
        .filter_map(|at| places.get(at).copied())
        .collect();
    places
        .into_iter()
        .filter_map(|at| rows.get(at).copied())
        .collect()
}

/// The rows of a view in groups. Groups stand in the order in which the view names them first, and rows in the view's order.
#[derive(Clone, Debug, Default)]
pub struct RunGroups {
    groups: Vec<RunGroup>,
    rows: Vec<RowId>,
    /// Where each group's head stands among the rows that are shown, and behind them the number of all.
    heads: Vec<usize>,
}

const NONE: u32 = u32::MAX;

impl RunGroups {
    /// Goes through the view once; to be made anew when it has changed. `folded` holds keys of groups that show their head only.
    pub fn new(
        table: &RunTable,
        view: &RunView,
        by: GroupBy,
        folded: &BTreeSet<String>,
    ) -> RunGroups {
        RunGroups::of(table, &view.rows(0..view.len()), by, folded)
    }

    /// The same of some rows of a view.
    pub fn of(
        table: &RunTable,
        rows: &[RowId],
        by: GroupBy,
        folded: &BTreeSet<String>,
    ) -> RunGroups {
        let mut group_of: Vec<u32> = Vec::new();
        let mut all = RunGroups::default();
        let mut order: Vec<(u32, RowId)> = Vec::with_capacity(rows.len());
        for row in rows.iter().copied() {
            let number = match by {
                GroupBy::Job => table.job_number(row),
                GroupBy::Source => usize::from(table.source(row)),
                GroupBy::Backfill => table.tag_number(row, BACKFILL).0,
            };
            if number >= group_of.len() {
                group_of.resize(number + 1, NONE);
            }
            let Some(at) = group_of.get_mut(number) else {
                continue;
            };
            if *at == NONE {
                *at = all.groups.len() as u32;
                let key = match by {
                    GroupBy::Job => table.job(row).to_string(),
                    GroupBy::Source => number.to_string(),
                    GroupBy::Backfill => table.tag_number(row, BACKFILL).1.to_string(),
                };
                all.groups.push(RunGroup {
                    is_folded: folded.contains(&key),
                    key,
                    number,
                    source: table.source(row),
                    outcomes: Outcomes::default(),
                    running: 0,
                    newest: row,
                    start: 0,
                    len: 0,
                });
            }
            order.push((*at, row));
            if let Some(group) = all.groups.get_mut(*at as usize) {
                group.take(table, row);
            }
        }
        let mut start = 0;
        for group in &mut all.groups {
            group.start = start;
            start += group.len;
        }
        // Counted above, so every row has its place: no sorting.
        let mut next: Vec<usize> = all.groups.iter().map(|group| group.start).collect();
        all.rows.resize(order.len(), RowId(0));
        for (group, row) in order {
            if let Some(at) = next.get_mut(group as usize) {
                if let Some(place) = all.rows.get_mut(*at) {
                    *place = row;
                }
                *at += 1;
            }
        }
        all.lay_out();
        all
    }

    /// Folds or unfolds a group by its key.
    pub fn fold(&mut self, key: &str, is_folded: bool) {
        for group in self.groups.iter_mut().filter(|group| group.key == key) {
            group.is_folded = is_folded;
        }
        self.lay_out();
    }

    pub fn groups(&self) -> &[RunGroup] {
        &self.groups
    }

    /// All rows, group by group, those of folded groups too.
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// Where the head of a group stands.
    pub fn head_place(&self, group: usize) -> Option<usize> {
        self.heads.get(group).copied()
    }

    /// Rows that are shown, heads included.
    pub fn len(&self) -> usize {
        self.heads.last().copied().unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// What stands at a place, from 0.
    pub fn get(&self, place: usize) -> Option<GroupRow> {
        let group = self
            .heads
            .partition_point(|head| *head <= place)
            .checked_sub(1)?;
        let inside = place - self.heads.get(group)?;
        let group_at = self.groups.get(group)?;
        match inside {
            0 => Some(GroupRow::Head(group)),
            _ => self
                .rows
                .get(group_at.start + inside - 1)
                .copied()
                .map(GroupRow::Run),
        }
    }

    /// What stands at the places of a window.
    pub fn range(&self, places: std::ops::Range<usize>) -> Vec<GroupRow> {
        places.filter_map(|place| self.get(place)).collect()
    }

    /// Where a row stands, if it is shown; looks at every row.
    pub fn place_of(&self, row: RowId) -> Option<usize> {
        let at = self.rows.iter().position(|other| *other == row)?;
        let after = self.groups.partition_point(|group| group.start <= at);
        let number = after.checked_sub(1)?;
        let group = self.groups.get(number).filter(|group| !group.is_folded)?;
        Some(self.heads.get(number)? + 1 + at - group.start)
    }

    fn lay_out(&mut self) {
        self.heads.clear();
        let mut next = 0;
        for group in &self.groups {
            self.heads.push(next);
            next += 1 + if group.is_folded { 0 } else { group.len };
        }
        self.heads.push(next);
    }
}

impl RunGroup {
    fn take(&mut self, table: &RunTable, row: RowId) {
        self.len += 1;
        let phase = table.phase(row);
        self.outcomes.count(phase);
        self.running += u64::from(phase.is_active() && !table.is_unfinished(row));
        if table.ordered_at(row) > table.ordered_at(self.newest) {
            self.newest = row;
        }
    }
}
