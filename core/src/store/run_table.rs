//! [`RunTable`]: the runs of all sources as typed columns, for up to a million rows.

use super::hash_index::{HashIndex, hash};
use super::intern::Sym;
use super::run_columns::{ALIVE, CHANGED, Columns, Head, NEVER, Rest, Times};
use crate::model::{Phase, Run, StepCounts, Timestamp};

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
            Upsert::Inserted(row) | Upsert::Updated(row) | Upsert::Unchanged(row) | Upsert::Stale(row) => row,
        }
    }
}

/// A full snapshot being read; see [`RunTable::begin_snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(u32);

const PHASES: usize = Phase::ALL.len();

/// The runs of all sources.
#[derive(Debug, Default)]
pub struct RunTable {
    columns: Columns,
    /// By row: the snapshot in which it was seen last.
    seen: Vec<u32>,
    index: HashIndex,
    /// Rows that may be used anew.
    free: Vec<RowId>,
    /// Removed rows that the views were told of by the last [`RunTable::take_changes`].
    told: Vec<RowId>,
    changed: Vec<RowId>,
    sources: Vec<Source>,
    epoch: u32,
    /// By interned text: how many runs have it as their job.
    jobs: Vec<u32>,
    len: usize,
}

/// What is known of one source's runs.
#[derive(Clone, Debug, Default)]
struct Source {
    phases: [usize; PHASES],
    /// The snapshot that is being read.
    snapshot: u32,
}

impl RunTable {
    pub fn new() -> RunTable {
        RunTable::default()
    }

    /// Takes a run in. `source` is the source's place in the configuration. An older version than the one held is left out.
    pub fn upsert(&mut self, source: u16, run: &Run) -> Upsert {
        let (head, times, rest) = self.columns.encode(source, run);
        let Some(row) = self.find(source, &run.id) else {
            let row = self.free.pop().unwrap_or(RowId(self.columns.heads.len() as u32));
            self.columns.put(row.0 as usize, head, times, rest);
            self.mark_seen(source, row);
            let columns = &self.columns;
            self.index.insert(hash(u64::from(source), &run.id), row.0, |other| key_hash(columns, other));
            self.count(head, true);
            self.mark_changed(row);
            return Upsert::Inserted(row);
        };
        self.mark_seen(source, row);
        let Some((old, old_version)) = self.head(row).zip(self.rest(row).map(|rest| rest.version)) else { return Upsert::Stale(row) };
        if old_version > run.version {
            return Upsert::Stale(row);
        }
        if self.columns.is_same(row.0 as usize, head, times, rest) {
            return Upsert::Unchanged(row);
        }
        self.count(old, false);
        self.columns.put(row.0 as usize, Head { flags: head.flags | old.flags & CHANGED, ..head }, times, rest);
        self.count(head, true);
        self.mark_changed(row);
        Upsert::Updated(row)
    }

    pub fn remove(&mut self, source: u16, id: &str) -> Option<RowId> {
        let row = self.find(source, id)?;
        self.remove_row(row);
        Some(row)
    }

    /// Removes all runs of a source; how many there were.
    pub fn remove_source(&mut self, source: u16) -> usize {
        self.remove_where(source, |_| true)
    }

    /// A full list of the source begins to be read: rows that are not upserted until [`RunTable::end_snapshot`] go then.
    pub fn begin_snapshot(&mut self, source: u16) -> Epoch {
        self.epoch = self.epoch.wrapping_add(1);
        let epoch = self.epoch;
        if let Some(source) = self.source_mut(source) {
            source.snapshot = epoch;
        }
        Epoch(epoch)
    }

    /// The full list was read to its end. Rows missing from it are removed; how many. An epoch older than the latest begun one does nothing.
    pub fn end_snapshot(&mut self, source: u16, epoch: Epoch) -> usize {
        if self.source_mut(source).is_none_or(|source| source.snapshot != epoch.0) {
            return 0;
        }
        self.remove_where(source, |seen| seen != epoch.0)
    }

    /// Rows inserted, updated or removed since the last call, each once: for [`super::run_view::RunView::changed`] of every view.
    pub fn take_changes(&mut self) -> Vec<RowId> {
        for row in std::mem::take(&mut self.told) {
            self.columns.free(row.0 as usize);
            self.free.push(row);
        }
        let changed = std::mem::take(&mut self.changed);
        for row in &changed {
            if let Some(head) = self.columns.heads.get_mut(row.0 as usize) {
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
            self.columns.heads.get(row as usize).is_some_and(|head| head.source == source)
                && self.columns.id_bytes(row as usize) == id.as_bytes()
        };
        self.index.find(hash(u64::from(source), id), is_it).map(RowId)
    }

    /// Rows whose id begins with `prefix`, at most `limit`, in one source or in all. A whole id gives only its own rows.
    pub fn find_prefix(&self, source: Option<u16>, prefix: &str, limit: usize) -> Vec<RowId> {
        let of_source = |head: &Head| head.flags & ALIVE != 0 && source.is_none_or(|source| head.source == source);
        let rows = |is_it: &dyn Fn(&[u8]) -> bool| -> Vec<RowId> {
            let heads = self.columns.heads.iter().enumerate().filter(|(_, head)| of_source(head));
            heads.filter(|(row, _)| is_it(self.columns.id_bytes(*row))).map(|(row, _)| RowId(row as u32)).take(limit).collect()
        };
        let whole = rows(&|id| id == prefix.as_bytes());
        if whole.is_empty() { rows(&|id| id.starts_with(prefix.as_bytes())) } else { whole }
    }

    /// The whole run, built anew: for rows on the screen. `None` when the row was removed.
    pub fn get(&self, row: RowId) -> Option<Run> {
        if self.is_alive(row) { self.columns.decode(row.0 as usize) } else { None }
    }

    pub fn is_alive(&self, row: RowId) -> bool {
        self.head(row).is_some_and(|head| head.flags & ALIVE != 0)
    }

    /// The source's number. As all getters of single values: of a removed row the last value, of one that never was the emptiest.
    pub fn source(&self, row: RowId) -> u16 {
        self.head(row).map_or(0, |head| head.source)
    }

    pub fn id(&self, row: RowId) -> &str {
        self.columns.id(row.0 as usize)
    }

    pub fn job(&self, row: RowId) -> &str {
        self.head(row).map_or("", |head| self.columns.texts.get(head.job))
    }

    pub fn phase(&self, row: RowId) -> Phase {
        self.head(row).map_or(Phase::Unknown, |head| head.phase)
    }

    pub fn raw_status(&self, row: RowId) -> &str {
        self.head(row).map_or("", |head| self.columns.statuses.get(head.raw_status))
    }

    /// As [`Run::is_unfinished`].
    pub fn is_unfinished(&self, row: RowId) -> bool {
        self.times(row).is_some_and(|times| times.last_seen != NEVER) && !self.phase(row).is_terminal()
    }

    pub fn created_at(&self, row: RowId) -> Option<Timestamp> {
        self.time(row, |times| times.created)
    }

    pub fn started_at(&self, row: RowId) -> Option<Timestamp> {
        self.time(row, |times| times.started)
    }

    pub fn ended_at(&self, row: RowId) -> Option<Timestamp> {
        self.time(row, |times| times.ended)
    }

    /// As [`Run::ordered_at`].
    pub fn ordered_at(&self, row: RowId) -> Option<Timestamp> {
        self.time(row, Times::ordered)
    }

    pub fn steps(&self, row: RowId) -> StepCounts {
        self.rest(row).map_or_else(StepCounts::default, |rest| rest.steps)
    }

    /// Runs in the table.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Runs of one source.
    pub fn source_len(&self, source: u16) -> usize {
        self.phase_counts(Some(source)).iter().sum()
    }

    /// Runs by phase, of one source or of all, in the order of [`Phase::ALL`].
    pub fn phase_counts(&self, source: Option<u16>) -> [usize; PHASES] {
        let mut counts = [0; PHASES];
        let of_source = |number: usize| source.is_none_or(|source| usize::from(source) == number);
        for (_, source) in self.sources.iter().enumerate().filter(|(number, _)| of_source(*number)) {
            for (count, more) in counts.iter_mut().zip(source.phases) {
                *count += more;
            }
        }
        counts
    }

    /// Sources that have runs, ascending.
    pub fn sources(&self) -> Vec<u16> {
        (0..self.sources.len() as u16).filter(|source| self.source_len(*source) > 0).collect()
    }

    /// Job names of the runs in the table, sorted: for completion.
    pub fn jobs(&self) -> Vec<&str> {
        let used = self.jobs.iter().enumerate().filter(|(_, count)| **count > 0);
        let mut jobs: Vec<&str> = used.map(|(sym, _)| self.columns.texts.get(Sym(sym as u32))).collect();
        jobs.sort_unstable();
        jobs
    }

    /// Tag keys that were ever seen, sorted: for completion.
    pub fn tag_keys(&self) -> Vec<&str> {
        let mut keys: Vec<Sym> = self.columns.tags.pairs.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut keys: Vec<&str> = keys.into_iter().map(|key| self.columns.texts.get(key)).collect();
        keys.sort_unstable();
        keys
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        let rows = self.free.capacity() + self.told.capacity() + self.changed.capacity();
        self.columns.memory_bytes()
            + self.index.memory_bytes()
            + (self.seen.capacity() + self.jobs.capacity() + rows) * size_of::<u32>()
            + self.sources.capacity() * size_of::<Source>()
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Rows there are, free ones included: their numbers are below.
    pub(super) fn rows(&self) -> usize {
        self.columns.heads.len()
    }

    fn head(&self, row: RowId) -> Option<Head> {
        self.columns.heads.get(row.0 as usize).copied()
    }

    fn times(&self, row: RowId) -> Option<&Times> {
        self.columns.times.get(row.0 as usize)
    }

    fn rest(&self, row: RowId) -> Option<&Rest> {
        self.columns.rest.get(row.0 as usize)
    }

    fn time(&self, row: RowId, which: impl Fn(&Times) -> i64) -> Option<Timestamp> {
        self.times(row).map(which).filter(|time| *time != NEVER).map(Timestamp)
    }

    fn source_mut(&mut self, source: u16) -> Option<&mut Source> {
        let source = usize::from(source);
        if source >= self.sources.len() {
            self.sources.resize_with(source + 1, Source::default);
        }
        self.sources.get_mut(source)
    }

    fn mark_seen(&mut self, source: u16, row: RowId) {
        let snapshot = self.sources.get(usize::from(source)).map_or(0, |source| source.snapshot);
        let row = row.0 as usize;
        if row >= self.seen.len() {
            self.seen.resize(row + 1, 0);
        }
        if let Some(seen) = self.seen.get_mut(row) {
            *seen = snapshot;
        }
    }

    fn mark_changed(&mut self, row: RowId) {
        if let Some(head) = self.columns.heads.get_mut(row.0 as usize)
            && head.flags & CHANGED == 0
        {
            head.flags |= CHANGED;
            self.changed.push(row);
        }
    }

    fn remove_where(&mut self, source: u16, goes: impl Fn(u32) -> bool) -> usize {
        let heads = self.columns.heads.iter().zip(&self.seen).enumerate();
        let gone = heads.filter(|(_, (head, seen))| head.source == source && head.flags & ALIVE != 0 && goes(**seen));
        let gone: Vec<RowId> = gone.map(|(row, _)| RowId(row as u32)).collect();
        for row in &gone {
            self.remove_row(*row);
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

    fn count(&mut self, head: Head, more: bool) {
        let step = |count: usize| if more { count + 1 } else { count.saturating_sub(1) };
        self.len = step(self.len);
        if let Some(count) = self.source_mut(head.source).and_then(|source| source.phases.get_mut(head.phase as usize)) {
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
    let source = columns.heads.get(row as usize).map_or(0, |head| head.source);
    hash(u64::from(source), columns.id(row as usize))
}
