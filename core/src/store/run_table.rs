//! [`RunTable`]: the runs of all sources as typed columns, for up to a million rows.

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

/// The runs of all sources.
#[derive(Debug, Default)]
pub struct RunTable {}

impl RunTable {
    pub fn new() -> RunTable {
        RunTable::default()
    }

    /// Takes a run in. `source` is the source's place in the configuration.
    pub fn upsert(&mut self, source: u16, run: &Run) -> Upsert {
        let _ = (source, run);
        todo!()
    }

    pub fn remove(&mut self, source: u16, id: &str) -> Option<RowId> {
        let _ = (source, id);
        todo!()
    }

    /// Removes all runs of a source; how many there were.
    pub fn remove_source(&mut self, source: u16) -> usize {
        let _ = source;
        todo!()
    }

    /// A full list of the source begins to be read: rows that are not upserted until [`RunTable::end_snapshot`] go then.
    pub fn begin_snapshot(&mut self, source: u16) -> Epoch {
        let _ = source;
        todo!()
    }

    /// The full list was read to its end. Rows missing from it are removed; how many. An epoch older than the latest begun one does nothing.
    pub fn end_snapshot(&mut self, source: u16, epoch: Epoch) -> usize {
        let _ = (source, epoch);
        todo!()
    }

    /// Rows inserted, updated or removed since the last call, each once: for [`super::run_view::RunView::changed`] of every view.
    pub fn take_changes(&mut self) -> Vec<RowId> {
        todo!()
    }

    pub fn find(&self, source: u16, id: &str) -> Option<RowId> {
        let _ = (source, id);
        todo!()
    }

    /// Rows whose id begins with `prefix`, at most `limit`, in one source or in all. A whole id gives only its own rows.
    pub fn find_prefix(&self, source: Option<u16>, prefix: &str, limit: usize) -> Vec<RowId> {
        let _ = (source, prefix, limit);
        todo!()
    }

    /// The whole run, built anew: for rows on the screen. `None` when the row was removed.
    pub fn get(&self, row: RowId) -> Option<Run> {
        let _ = row;
        todo!()
    }

    pub fn is_alive(&self, row: RowId) -> bool {
        let _ = row;
        todo!()
    }

    /// The getters below give nothing (0, "", `None`, Unknown) for a row that never was, and the last values of a removed one.
    pub fn source(&self, row: RowId) -> u16 {
        let _ = row;
        todo!()
    }
    pub fn id(&self, row: RowId) -> &str {
        let _ = row;
        todo!()
    }
    pub fn job(&self, row: RowId) -> &str {
        let _ = row;
        todo!()
    }
    pub fn phase(&self, row: RowId) -> Phase {
        let _ = row;
        todo!()
    }
    pub fn raw_status(&self, row: RowId) -> &str {
        let _ = row;
        todo!()
    }
    pub fn is_unfinished(&self, row: RowId) -> bool {
        let _ = row;
        todo!()
    }
    pub fn created_at(&self, row: RowId) -> Option<Timestamp> {
        let _ = row;
        todo!()
    }
    pub fn started_at(&self, row: RowId) -> Option<Timestamp> {
        let _ = row;
        todo!()
    }
    pub fn ended_at(&self, row: RowId) -> Option<Timestamp> {
        let _ = row;
        todo!()
    }
    pub fn ordered_at(&self, row: RowId) -> Option<Timestamp> {
        let _ = row;
        todo!()
    }
    pub fn steps(&self, row: RowId) -> StepCounts {
        let _ = row;
        todo!()
    }

    /// Runs in the table.
    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs of one source.
    pub fn source_len(&self, source: u16) -> usize {
        let _ = source;
        todo!()
    }

    /// Runs by phase, of one source or of all, in the order of [`Phase::ALL`].
    pub fn phase_counts(&self, source: Option<u16>) -> [usize; Phase::ALL.len()] {
        let _ = source;
        todo!()
    }

    /// Sources that have runs, ascending.
    pub fn sources(&self) -> Vec<u16> {
        todo!()
    }

    /// Job names of the runs in the table, sorted: for completion.
    pub fn jobs(&self) -> Vec<&str> {
        todo!()
    }

    /// Tag keys that were ever seen, sorted: for completion.
    pub fn tag_keys(&self) -> Vec<&str> {
        todo!()
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        todo!()
    }
}
