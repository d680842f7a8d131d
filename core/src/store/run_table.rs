//! [`RunTable`]: the runs of all sources as typed columns, for up to a million rows.

use super::brief::{BRIEF, ByRow};
use super::hash_index::{HashIndex, hash};
use super::row_queue::RowQueue;
use super::run_brief::Recalled;
use super::run_columns::{ALIVE, CHANGED, Columns, Head};
use crate::model::{Phase, Run, StepCounts};

/// A row. Stays the same while its run is in the table; a removed row's number is given out again only after two [`RunTable::take_changes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub u32);

/// What became of an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsert {
    Inserted(RowId),
    Updated(RowId),
    /// The row was the same already.
    Unchanged(RowId),
    /// The table holds a newer version.
    Stale(RowId),
}

impl Upsert {
    pub fn row(self) -> RowId {
        match self {
            Upsert::Inserted(row)
            | Upsert::Updated(row)
            | Upsert::Unchanged(row)
            | Upsert::Stale(row) => row,
        }
    }
}

/// A full snapshot being read; see [`RunTable::begin_snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(u32);

/// How many phases there are.
pub(super) const PHASES: usize = Phase::ALL.len();

/// The runs of all sources.
#[derive(Debug, Default)]
pub struct RunTable {
    pub(super) columns: Columns,
    /// By row: the snapshot in which it was seen last.
    pub(super) seen: Vec<u32>,
    pub(super) index: HashIndex,
    /// Rows that may be used anew.
    pub(super) free: Vec<RowId>,
    /// Removed rows that the views were told of by the last [`RunTable::take_changes`].
    pub(super) told: Vec<RowId>,
    pub(super) changed: RowQueue,
    pub(super) sources: Vec<Source>,
    epoch: u32,
    /// By interned text: how many runs have it as their job.
    pub(super) jobs: Vec<u32>,
    pub(super) len: usize,
    /// The brief rows that the question last asked of texts takes; see [`RunTable::ask_texts`].
    pub(super) answers: ByRow<bool>,
    /// Brief rows that were told in full lately.
    pub(super) recalled: Recalled,
}

/// What is known of one source's runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub(super) phases: [usize; PHASES],
    /// The snapshot that is being read.
    snapshot: u32,
}

impl RunTable {
    pub fn new() -> RunTable {
        RunTable::default()
    }

    /// Takes a run in. `source` is the source's place in the configuration. An older version than the one held is left out.
    pub fn upsert(&mut self, source: u16, run: &Run) -> Upsert {
        if let Some(number) = run.brief {
            return self.upsert_brief(source, number, run);
        }
        let (head, times, mut rest) = self.columns.encode(source, run);
        let Some(row) = self.find(source, &run.id) else {
            let row = self
                .free
                .pop()
                .unwrap_or(RowId(self.columns.heads.len() as u32));
            self.columns.put(row.0 as usize, head, times, rest);
            self.mark_seen(source, row);
            let columns = &self.columns;
            self.index
                .insert(hash(u64::from(source), &run.id), row.0, |other| {
                    key_hash(columns, other)
                });
            self.count(head, true);
            self.mark_changed(row);
            return Upsert::Inserted(row);
        };
        self.mark_seen(source, row);
        let Some((old, old_version)) = self.head(row).zip(self.rest(row).map(|rest| rest.version))
        else {
            return Upsert::Stale(row);
        };
        if old_version > run.version {
            return Upsert::Stale(row);
        }
        // Figures that cost the source too much for a list were asked for apart: a row without any does not take them away.
        if rest.steps == StepCounts::default()
            && rest.assets.is_none()
            && let Some(old) = self.rest(row)
        {
            (rest.steps, rest.assets) = (old.steps, old.assets);
        }
        if self.columns.is_same(row.0 as usize, head, times, rest) {
            return Upsert::Unchanged(row);
        }
        self.count(old, false);
        self.columns.put(
            row.0 as usize,
            Head {
                flags: head.flags | old.flags & CHANGED,
                ..head
            },
            times,
            rest,
        );
        self.count(head, true);
        self.mark_changed(row);
        Upsert::Updated(row)
    }

    /// Takes in what was told apart of a run that is in the table.
    pub fn set_figures(&mut self, source: u16, id: &str, steps: StepCounts, assets: Option<u32>) {
        let row = self.find(source, id);
        if let Some(mut run) = row.and_then(|row| self.get(row)) {
            (run.steps, run.assets) = (steps, assets);
            self.upsert(source, &run);
        }
    }

    pub fn remove(&mut self, source: u16, id: &str) -> Option<RowId> {
        let row = self.find(source, id)?;
        self.remove_row(row);
        Some(row)
    }

    /// Removes all runs of a source; how many there were.
    pub fn remove_source(&mut self, source: u16) -> usize {
        self.remove_briefs(source) + self.remove_where(source, |_| true)
    }

    /// A full list of the source begins to be read: rows that are not upserted until [`RunTable::end_snapshot`] go then. Brief ones go at
    /// once: their numbers may mean other runs from now on.
    pub fn begin_snapshot(&mut self, source: u16) -> Epoch {
        self.remove_briefs(source);
        self.epoch = self.epoch.wrapping_add(1);
        let epoch = self.epoch;
        if let Some(source) = self.source_mut(source) {
            source.snapshot = epoch;
        }
        Epoch(epoch)
    }

    /// The full list was read to its end. Rows missing from it are removed; how many. An epoch older than the latest begun one does nothing.
    pub fn end_snapshot(&mut self, source: u16, epoch: Epoch) -> usize {
        if self
            .source_mut(source)
            .is_none_or(|source| source.snapshot != epoch.0)
        {
            return 0;
        }
        self.remove_where(source, |seen| seen != epoch.0)
    }

    /// Rows inserted, updated or removed since the last call, each once: for [`super::run_view::RunView::changed`] of every view.
    pub fn take_changes(&mut self) -> Vec<RowId> {
        self.take_some_changes(usize::MAX)
    }

    /// At most so many of them, so that whoever is told can breathe in between.
    pub fn take_some_changes(&mut self, limit: usize) -> Vec<RowId> {
        for row in std::mem::take(&mut self.told) {
            self.columns.free(row.0 as usize);
            self.free.push(row);
        }
        let changed = self.changed.take(limit);
        if self.changed.is_empty() {
            self.columns.briefs.settle();
        }
        for row in &changed {
            if row.0 & BRIEF != 0 {
                self.columns.briefs.unmark(row.0);
            } else if let Some(head) = self.columns.heads.get_mut(row.0 as usize) {
                head.flags &= !CHANGED;
                if head.flags & ALIVE == 0 {
                    self.told.push(*row);
                }
            }
        }
        changed
    }

    pub fn find(&self, source: u16, id: &str) -> Option<RowId> {
        let is_it = |row: u32| {
            self.columns
                .heads
                .get(row as usize)
                .is_some_and(|head| head.source == source)
                && self.columns.id_bytes(row as usize) == id.as_bytes()
        };
        self.index
            .find(hash(u64::from(source), id), is_it)
            .map(RowId)
            .or_else(|| self.recalled.find(&self.columns, source, id))
    }

    /// Whether some changes were not taken yet.
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Rows there are, free ones included: their numbers are below.
    pub(super) fn rows(&self) -> usize {
        self.columns.heads.len()
    }

    pub(super) fn head(&self, row: RowId) -> Option<Head> {
        self.columns.head(row.0 as usize)
    }

    fn source_mut(&mut self, source: u16) -> Option<&mut Source> {
        let source = usize::from(source);
        if source >= self.sources.len() {
            self.sources.resize_with(source + 1, Source::default);
        }
        self.sources.get_mut(source)
    }

    fn mark_seen(&mut self, source: u16, row: RowId) {
        let snapshot = self
            .sources
            .get(usize::from(source))
            .map_or(0, |source| source.snapshot);
        let row = row.0 as usize;
        if row >= self.seen.len() {
            self.seen.resize(row + 1, 0);
        }
        if let Some(seen) = self.seen.get_mut(row) {
            *seen = snapshot;
        }
    }

    pub(super) fn mark_changed(&mut self, row: RowId) {
        if row.0 & BRIEF != 0 {
            if self.columns.briefs.mark(row.0) {
                self.changed.push(row);
            }
        } else if let Some(head) = self.columns.heads.get_mut(row.0 as usize)
            && head.flags & CHANGED == 0
        {
            head.flags |= CHANGED;
            self.changed.push(row);
        }
    }

    fn remove_where(&mut self, source: u16, goes: impl Fn(u32) -> bool) -> usize {
        let heads = self.columns.heads.iter().zip(&self.seen).enumerate();
        let gone = heads.filter(|(_, (head, seen))| {
            head.source == source && head.flags & ALIVE != 0 && goes(**seen)
        });
        let gone: Vec<RowId> = gone.map(|(row, _)| RowId(row as u32)).collect();
        for row in &gone {
            self.remove_row(*row);
        }
        gone.len()
    }

    fn remove_briefs(&mut self, source: u16) -> usize {
        let gone = self.columns.briefs.remove_source(source);
        self.recalled.forget_dead(&self.columns);
        for row in &gone {
            if let Some(head) = self.head(RowId(*row)) {
                self.count(head, false);
            }
            self.mark_changed(RowId(*row));
        }
        gone.len()
    }

    fn remove_row(&mut self, row: RowId) {
        let Some(head) = self.head(row) else { return };
        self.index.remove(key_hash(&self.columns, row.0), row.0);
        self.count(head, false);
        if let Some(head) = self.columns.heads.get_mut(row.0 as usize) {
            head.flags &= !ALIVE;
        }
        self.mark_changed(row);
    }

    pub(super) fn count(&mut self, head: Head, more: bool) {
        let step = |count: usize| {
            if more {
                count + 1
            } else {
                count.saturating_sub(1)
            }
        };
        self.len = step(self.len);
        if let Some(count) = self
            .source_mut(head.source)
            .and_then(|source| source.phases.get_mut(head.phase as usize))
        {
            *count = step(*count);
        }
        let job = head.job.0 as usize;
        if job >= self.jobs.len() {
            self.jobs.resize(job + 1, 0);
        }
        if let Some(count) = self.jobs.get_mut(job) {
            *count = step(*count as usize) as u32;
        }
    }
}

fn key_hash(columns: &Columns, row: u32) -> u64 {
    let source = columns
        .heads
        .get(row as usize)
        .map_or(0, |head| head.source);
    hash(u64::from(source), columns.id(row as usize))
}
