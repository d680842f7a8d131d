//! [`RunView`]: which rows of a [`RunTable`] are shown, and in which order. Built in slices, kept up to date row by row.

use super::run_table::{RowId, RunTable};
use crate::model::Timestamp;
use crate::model::filter::Matcher;

/// What rows are ordered by. Rows without a value stand last in both directions; the run's id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    Status,
    Run,
    Job,
    Source,
    Started,
    #[default]
    Created,
    Duration,
    Steps,
}

impl SortKey {
    pub const ALL: [SortKey; 8] = [
        SortKey::Status,
        SortKey::Run,
        SortKey::Job,
        SortKey::Source,
        SortKey::Started,
        SortKey::Created,
        SortKey::Duration,
        SortKey::Steps,
    ];

    /// The word of links.
    pub fn word(self) -> &'static str {
        match self {
            SortKey::Status => "status",
            SortKey::Run => "run",
            SortKey::Job => "job",
            SortKey::Source => "source",
            SortKey::Started => "started",
            SortKey::Created => "created",
            SortKey::Duration => "duration",
            SortKey::Steps => "steps",
        }
    }

    pub fn from_word(word: &str) -> Option<SortKey> {
        SortKey::ALL.into_iter().find(|key| key.word() == word)
    }
}

/// What a view shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewQuery {
    pub matcher: Matcher,
    /// `None`: all sources.
    pub sources: Option<Vec<u16>>,
    pub sort: SortKey,
    pub descending: bool,
    /// A run that goes on is placed by the duration that it has at this time.
    pub now: Timestamp,
}

/// The rows that a query selects, in order.
#[derive(Debug)]
pub struct RunView {}

impl RunView {
    /// A view that shows nothing until [`RunView::rebuild_slice`] is done.
    pub fn new(query: ViewQuery) -> RunView {
        let _ = query;
        todo!()
    }

    pub fn query(&self) -> &ViewQuery {
        todo!()
    }

    /// Asks another question. The old answer stays to be seen until [`RunView::rebuild_slice`] is done.
    pub fn set_query(&mut self, query: ViewQuery) {
        let _ = query;
        todo!()
    }

    pub fn is_building(&self) -> bool {
        todo!()
    }

    /// Works on the new order for about `budget` rows (20,000 are a few milliseconds); true when the view is up to date.
    pub fn rebuild_slice(&mut self, table: &RunTable, budget: usize) -> bool {
        let _ = (table, budget);
        todo!()
    }

    /// Takes in rows that were inserted, updated or removed: O(log n) each.
    pub fn changed(&mut self, table: &RunTable, rows: &[RowId]) {
        let _ = (table, rows);
        todo!()
    }

    /// While on, no row that is shown moves: new rows wait behind [`RunView::held`] and changed ones keep their place. Removed rows go.
    pub fn set_hold(&mut self, hold: bool) {
        let _ = hold;
        todo!()
    }

    pub fn is_holding(&self) -> bool {
        todo!()
    }

    /// How many matching rows wait.
    pub fn held(&self) -> usize {
        todo!()
    }

    /// Shows what waits and puts changed rows in their places. Hold stays as it is.
    pub fn release(&mut self, table: &RunTable) {
        let _ = table;
        todo!()
    }

    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a place, from 0.
    pub fn get(&self, place: usize) -> Option<RowId> {
        let _ = place;
        todo!()
    }

    /// The rows of a window.
    pub fn rows(&self, places: std::ops::Range<usize>) -> Vec<RowId> {
        let _ = places;
        todo!()
    }

    /// Where a row stands, if it is shown.
    pub fn place_of(&self, table: &RunTable, row: RowId) -> Option<usize> {
        let _ = (table, row);
        todo!()
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        todo!()
    }
}
