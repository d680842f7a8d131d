//! [`RunView`]: which rows of a [`RunTable`] are shown, and in which order. Built in slices, kept up to date row by row.

use super::brief::ByRow;
use super::export::Column;
use super::row_queue::RowQueue;
use super::run_build::Build;
use super::run_match::RowMatcher;
use super::run_order::{Keys, Order};
use super::run_table::{RowId, RunTable};
use crate::model::Timestamp;
use crate::model::filter::Matcher;

/// What rows are ordered by. Rows without a value stand last in both directions; the run's id breaks ties, a number by its value.
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
    Attempt,
    ExitCode,
    User,
    Host,
    Reason,
    /// The value of one of [`Column::TAGS`].
    Tag(&'static str),
}

impl SortKey {
    pub const ALL: [SortKey; 18] = [
        SortKey::Tag(Column::TAGS[0]),
        SortKey::Tag(Column::TAGS[1]),
        SortKey::Tag(Column::TAGS[2]),
        SortKey::Tag(Column::TAGS[3]),
        SortKey::Tag(Column::TAGS[4]),
        SortKey::Status,
        SortKey::Run,
        SortKey::Job,
        SortKey::Source,
        SortKey::Started,
        SortKey::Created,
        SortKey::Duration,
        SortKey::Steps,
        SortKey::Attempt,
        SortKey::ExitCode,
        SortKey::User,
        SortKey::Host,
        SortKey::Reason,
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
            SortKey::Attempt => "attempt",
            SortKey::ExitCode => "exit",
            SortKey::User => "user",
            SortKey::Host => "host",
            SortKey::Reason => "reason",
            SortKey::Tag(key) => key,
        }
    }

    /// Whether rows held in brief can be ordered by it; they stand last where not.
    pub fn is_of_brief(self) -> bool {
        matches!(
            self,
            SortKey::Status
                | SortKey::Job
                | SortKey::Source
                | SortKey::Started
                | SortKey::Created
                | SortKey::Duration
        )
    }

    pub fn from_word(word: &str) -> Option<SortKey> {
        SortKey::ALL.into_iter().find(|key| key.word() == word)
    }
}

/// What a view shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewQuery {
    pub matcher: Matcher,
    /// `None`: all sources.
    pub sources: Option<Vec<u16>>,
    pub sort: SortKey,
    pub descending: bool,
    /// A run that goes on is placed by the duration that it has at this time.
    pub now: Timestamp,
}

/// Of more rows that wait nobody keeps a list: the view is then built anew.
const WAITING: usize = 5_000;

/// Where a row stands in a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Out,
    In,
    /// In, and its place may be wrong until [`RunView::release`].
    Loose,
    Held,
}

/// The rows that a query selects, in order.
#[derive(Debug)]
pub struct RunView {
    query: ViewQuery,
    matcher: RowMatcher,
    keys: Keys,
    order: Order,
    standing: ByRow<Standing>,
    is_holding: bool,
    held: usize,
    /// Rows that wait or stand loose; some may have been settled since.
    waiting: Vec<RowId>,
    build: Option<Build>,
    /// Rows that changed while the order was built and are not in it yet.
    late: RowQueue,
}

impl RunView {
    /// A view that shows nothing until [`RunView::rebuild_slice`] is done.
    pub fn new(query: ViewQuery) -> RunView {
        let mut view = RunView {
            query: ViewQuery::default(),
            matcher: RowMatcher::new(query.matcher.clone(), query.sources.clone()),
            keys: Keys::default(),
            order: Order::default(),
            standing: ByRow::default(),
            is_holding: false,
            held: 0,
            waiting: Vec::new(),
            build: None,
            late: RowQueue::default(),
        };
        view.set_query(query);
        view
    }

    pub fn query(&self) -> &ViewQuery {
        &self.query
    }

    /// Asks another question. The old answer stays to be seen, unchanged, until [`RunView::rebuild_slice`] is done.
    pub fn set_query(&mut self, query: ViewQuery) {
        let mut matcher = RowMatcher::new(query.matcher.clone(), query.sources.clone());
        matcher.is_answered = true;
        self.build = Some(Build::new(
            matcher,
            Keys::new(query.sort, query.descending, query.now.0),
        ));
        self.late = RowQueue::default();
        self.query = query;
    }

    pub fn is_building(&self) -> bool {
        self.build.is_some() || !self.late.is_empty()
    }

    /// Works on the new order for about `budget` rows (20,000 are a few milliseconds); true when the view is up to date.
    pub fn rebuild_slice(&mut self, table: &RunTable, budget: usize) -> bool {
        let Some(build) = &mut self.build else {
            return self.let_late_in(table, budget);
        };
        let Some(chunks) = build.slice(table, budget) else {
            return false;
        };
        let Some(build) = self.build.take() else {
            return true;
        };
        self.order = Order::from_sorted(chunks);
        self.matcher = build.matcher;
        self.keys = build.keys;
        self.standing.clear();
        for row in self.order.iter() {
            self.standing.set(row, Standing::In);
        }
        self.held = 0;
        self.waiting = Vec::new();
        self.late = build.late;
        self.let_late_in(table, budget)
    }

    /// True when none is left. Each costs several times what a row of an order costs that is built.
    fn let_late_in(&mut self, table: &RunTable, budget: usize) -> bool {
        let rows = self.late.take(budget / 6 + 1);
        let is_holding = std::mem::take(&mut self.is_holding);
        self.changed(table, &rows);
        self.is_holding = is_holding;
        self.late.is_empty()
    }

    /// Takes in rows that were inserted, updated or removed: O(log n) each.
    pub fn changed(&mut self, table: &RunTable, rows: &[RowId]) {
        if let Some(build) = &mut self.build {
            build.note_changed(rows);
            return;
        }
        // First everything that moves is taken out, while the others still stand in order; then it is put in.
        let mut moved = Vec::new();
        for row in rows {
            match self.standing(*row) {
                Standing::Out => moved.push(*row),
                Standing::Held if self.is_holding && self.takes(table, *row) => {}
                Standing::Held => {
                    self.held -= 1;
                    self.set_standing(*row, Standing::Out);
                    moved.push(*row);
                }
                Standing::In | Standing::Loose if self.is_holding && table.is_alive(*row) => {
                    if self.standing(*row) == Standing::In {
                        self.set_standing(*row, Standing::Loose);
                        self.wait(*row);
                    }
                }
                Standing::In if self.stays(table, *row) => {}
                Standing::In | Standing::Loose => {
                    self.take_out(table, *row);
                    moved.push(*row);
                }
            }
        }
        for row in moved {
            if self.standing(row) != Standing::Out || !self.takes(table, row) {
                continue;
            }
            if self.is_holding {
                self.held += 1;
                self.set_standing(row, Standing::Held);
                self.wait(row);
            } else {
                self.put_in(table, row);
            }
        }
    }

    /// While on, no row that is shown moves: new rows wait behind [`RunView::held`] and changed ones keep their place. Removed rows go.
    /// Switching it off lets nothing in by itself: that is [`RunView::release`].
    pub fn set_hold(&mut self, hold: bool) {
        self.is_holding = hold;
    }

    pub fn is_holding(&self) -> bool {
        self.is_holding
    }

    /// How many matching rows wait.
    pub fn held(&self) -> usize {
        self.held
    }

    fn wait(&mut self, row: RowId) {
        if self.waiting.len() < WAITING {
            self.waiting.push(row);
        }
    }

    /// Shows what waits and puts changed rows in their places; with very many, [`RunView::rebuild_slice`] does it. Hold stays as it is.
    pub fn release(&mut self, table: &RunTable) {
        if self.waiting.len() >= WAITING {
            return self.set_query(self.query.clone());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let is_holding = std::mem::take(&mut self.is_holding);
        self.changed(table, &waiting);
        if self.build.is_some() {
            self.waiting = waiting;
        }
        self.is_holding = is_holding;
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a place, from 0.
    pub fn get(&self, place: usize) -> Option<RowId> {
        self.order.get(place).map(RowId)
    }

    /// The rows of a window.
    pub fn rows(&self, places: std::ops::Range<usize>) -> Vec<RowId> {
        self.order.range(places).into_iter().map(RowId).collect()
    }

    /// All rows in order: for export.
    pub fn iter(&self) -> impl Iterator<Item = RowId> {
        self.order.iter().map(RowId)
    }

    /// Where a row stands, if it is shown.
    pub fn place_of(&self, table: &RunTable, row: RowId) -> Option<usize> {
        if !matches!(self.standing(row), Standing::In | Standing::Loose) {
            return None;
        }
        self.order
            .place_of(row.0, |a, b| self.keys.compare(table, a, b))
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        self.keys.memory_bytes()
            + self.order.memory_bytes()
            + self.standing.memory_bytes()
            + self.waiting.capacity() * size_of::<RowId>()
            + self.late.memory_bytes()
    }

    fn takes(&mut self, table: &RunTable, row: RowId) -> bool {
        self.matcher.takes(table, row.0 as usize)
    }

    /// The row is asked for as before, and by the same number.
    fn stays(&mut self, table: &RunTable, row: RowId) -> bool {
        self.takes(table, row) && self.keys.is_current(table, row.0 as usize)
    }

    fn take_out(&mut self, table: &RunTable, row: RowId) {
        let keys = &self.keys;
        self.order.remove(row.0, |a, b| keys.compare(table, a, b));
        self.set_standing(row, Standing::Out);
    }

    fn put_in(&mut self, table: &RunTable, row: RowId) {
        self.keys.renew(table, row.0 as usize);
        let keys = &self.keys;
        self.order.insert(row.0, |a, b| keys.compare(table, a, b));
        self.set_standing(row, Standing::In);
    }

    fn standing(&self, row: RowId) -> Standing {
        self.standing.get(row.0)
    }

    fn set_standing(&mut self, row: RowId, standing: Standing) {
        self.standing.set(row.0, standing);
    }
}
