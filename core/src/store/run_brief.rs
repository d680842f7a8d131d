//! Brief rows in a [`RunTable`]: taken in, told in full for a while, and found by texts that the table does not hold.

use super::brief::BRIEF;
use super::run_columns::{ALIVE, Columns, Head, NEVER, Times, ZONE_ASSUMED};
use super::run_table::{RowId, RunTable, Upsert};
use crate::model::filter::Matcher;
use crate::model::{Run, Timestamp};

/// Brief rows that are held in full at the same time: some screens of them.
const RECALLED: usize = 512;

/// The brief rows that were told in full lately.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    runs: Vec<(RowId, Run)>,
    /// Where the next one goes.
    next: usize,
}

impl Recalled {
    pub(super) fn get(&self, row: RowId) -> Option<&Run> {
        if row.0 & BRIEF == 0 {
            return None;
        }
        let found = self.runs.iter().find(|(other, _)| *other == row);
        found.map(|(_, run)| run)
    }

    pub(super) fn find(&self, columns: &Columns, source: u16, id: &str) -> Option<RowId> {
        let is_of = |row: RowId| columns.head(row.0 as usize).map(|head| head.source);
        let mut runs = self.runs.iter();
        let found = runs.find(|(row, run)| run.id == id && is_of(*row) == Some(source));
        found.map(|(row, _)| *row)
    }

    fn put(&mut self, row: RowId, run: Run) {
        if let Some((_, old)) = self.runs.iter_mut().find(|(other, _)| *other == row) {
            *old = run;
            return;
        }
        match self.runs.get_mut(self.next) {
            Some(slot) => *slot = (row, run),
            None => self.runs.push((row, run)),
        }
        self.next = (self.next + 1) % RECALLED;
    }

    /// What stands in a row that is no more, or in one that changed.
    pub(super) fn forget_dead(&mut self, columns: &Columns) {
        let is_alive = |row: RowId| {
            let head = columns.head(row.0 as usize);
            head.is_some_and(|head| head.flags & ALIVE != 0)
        };
        self.runs.retain(|(row, _)| is_alive(*row));
        self.next = self.runs.len() % RECALLED;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let texts = |run: &Run| {
            let tags = run.tags.iter();
            run.id.len()
                + run.reason.as_ref().map_or(0, String::len)
                + tags
                    .map(|(key, value)| key.len() + value.len())
                    .sum::<usize>()
        };
        let held = self.runs.iter().map(|(_, run)| texts(run)).sum::<usize>();
        self.runs.capacity() * size_of::<(RowId, Run)>() + held
    }
}

impl Columns {
    pub(super) fn head(&self, row: usize) -> Option<Head> {
        match row as u32 & BRIEF {
            0 => self.heads.get(row).copied(),
            _ => self.briefs.head(row as u32),
        }
    }

    pub(super) fn times(&self, row: usize) -> Option<Times> {
        match row as u32 & BRIEF {
            0 => self.times.get(row).copied(),
            _ => self.briefs.times(row as u32),
        }
    }

    /// What is held of a brief row.
    pub(super) fn decode_brief(&self, row: usize, head: Head, times: Times) -> Option<Run> {
        let time = |time: i64| (time != NEVER).then_some(Timestamp(time));
        Some(Run {
            phase: head.phase,
            raw_status: self.statuses.get(head.raw_status).to_string(),
            started_at: time(times.started),
            ended_at: time(times.ended),
            zone_assumed: head.flags & ZONE_ASSUMED != 0,
            brief: Some(self.briefs.number(row as u32)?),
            ..Run::new("", self.texts.get(head.job))
        })
    }
}

impl RunTable {
    pub(super) fn upsert_brief(&mut self, source: u16, number: u32, run: &Run) -> Upsert {
        let (head, times, _) = self.columns.encode(source, run);
        let times = Times {
            created: NEVER,
            last_seen: NEVER,
            ..times
        };
        let row = RowId(self.columns.briefs.row_for(source, number));
        let old = self.is_alive(row).then(|| self.head(row)).flatten();
        self.columns.briefs.put(row.0, head, times);
        if let Some(old) = old {
            self.count(old, false);
        }
        self.count(head, true);
        self.mark_changed(row);
        match old {
            Some(_) => Upsert::Updated(row),
            None => Upsert::Inserted(row),
        }
    }

    /// Whether only what lists order and filter by is held of the row.
    pub fn is_brief(&self, row: RowId) -> bool {
        row.0 & BRIEF != 0
    }

    /// The source of a brief row and the number by which that knows its run, unless the run is here in full.
    pub fn missing(&self, row: RowId) -> Option<(u16, u32)> {
        let is_missing = self.is_brief(row) && self.is_alive(row);
        if !is_missing || self.recalled.get(row).is_some() {
            return None;
        }
        Some((self.source(row), self.columns.briefs.number(row.0)?))
    }

    /// Keeps a run that its source told in full, for a while. False where it is not the run that the brief row is of.
    pub fn put_recalled(&mut self, source: u16, number: u32, run: Run) -> bool {
        let Some(row) = self.columns.briefs.row(source, number).map(RowId) else {
            return false;
        };
        let is_it = self.is_alive(row)
            && self.phase(row) == run.phase
            && self.raw_status(row) == run.raw_status
            && self.started_at(row) == run.started_at;
        if is_it {
            self.recalled.put(row, run);
        }
        is_it
    }

    /// Another question about texts is asked: no brief row is known to be meant.
    pub fn ask_texts(&mut self) {
        self.answers = Default::default();
    }

    /// Brief rows of a source from the number `from` on that a filter may mean as far as the table knows: at most `limit`, and of no more than
    /// forty times as many that are looked at. And the number from which to go on; `None` at the end.
    pub fn unanswered(
        &self,
        source: u16,
        from: u32,
        limit: usize,
        matcher: &Matcher,
    ) -> (Vec<u32>, Option<u32>) {
        let end = self.columns.briefs.end(source);
        let mut wanted = Vec::new();
        for number in from..end {
            if wanted.len() >= limit || (number - from) as usize >= limit * 40 {
                return (wanted, Some(number));
            }
            let row = self.columns.briefs.row(source, number).map(RowId);
            let may_be = |row: RowId| {
                self.is_alive(row)
                    && matcher.takes_status(self.phase(row), self.raw_status(row), false)
                    && matcher.takes_time(self.ordered_at(row))
                    && matcher.takes_job(self.job(row))
            };
            if row.is_some_and(may_be) {
                wanted.push(number);
            }
        }
        (wanted, None)
    }

    /// Whether any row is held in brief.
    pub fn has_briefs(&self) -> bool {
        self.columns.briefs.rows() > 0
    }

    /// How many numbers of brief rows a source has given out.
    pub fn briefs(&self, source: u16) -> u32 {
        self.columns.briefs.end(source)
    }

    /// What a source told of a brief row decides whether the question takes it.
    pub fn answer(&mut self, source: u16, number: u32, run: &Run, matcher: &Matcher) {
        let row = self.columns.briefs.row(source, number);
        if let Some(row) = row.filter(|_| matcher.matches(run)) {
            self.answers.set(row, true);
            self.mark_changed(RowId(row));
        }
    }
}
