//! What can be read of a [`RunTable`]: single values of rows, whole runs for the screen, counts, and names for completion.

use super::intern::Sym;
use super::run_columns::{ALIVE, Head, NEVER, Rest, Times};
use super::run_table::{PHASES, RowId, RunTable, Source};
use crate::model::stats::Sample;
use crate::model::wall::WallRun;
use crate::model::{Phase, Run, StepCounts, Timestamp};

impl RunTable {
    /// Rows whose id begins with `prefix`, at most `limit`, in one source or in all. A whole id gives only its own rows.
    pub fn find_prefix(&self, source: Option<u16>, prefix: &str, limit: usize) -> Vec<RowId> {
        let of_source = |head: &Head| {
            head.flags & ALIVE != 0 && source.is_none_or(|source| head.source == source)
        };
        let rows = |is_it: &dyn Fn(&[u8]) -> bool| -> Vec<RowId> {
            let heads = self
                .columns
                .heads
                .iter()
                .enumerate()
                .filter(|(_, head)| of_source(head));
            heads
                .filter(|(row, _)| is_it(self.columns.id_bytes(*row)))
                .map(|(row, _)| RowId(row as u32))
                .take(limit)
                .collect()
        };
        let whole = rows(&|id| id == prefix.as_bytes());
        if whole.is_empty() {
            rows(&|id| id.starts_with(prefix.as_bytes()))
        } else {
            whole
        }
    }

    /// The run, built anew: for rows on the screen. The whole one, or of a brief row that was not told in full lately what there is
    /// ([`Run::brief`]). `None` when the row was removed.
    pub fn get(&self, row: RowId) -> Option<Run> {
        if let Some(run) = self.recalled.get(row) {
            return Some(run.clone());
        }
        if self.is_alive(row) {
            self.columns.decode(row.0 as usize)
        } else {
            None
        }
    }

    pub fn is_alive(&self, row: RowId) -> bool {
        self.head(row).is_some_and(|head| head.flags & ALIVE != 0)
    }

    /// The source's number. As all getters of single values: of a removed row the last value, of one that never was the emptiest.
    pub fn source(&self, row: RowId) -> u16 {
        self.head(row).map_or(0, |head| head.source)
    }

    /// Empty for a brief row that was not told in full lately.
    pub fn id(&self, row: RowId) -> &str {
        if let Some(run) = self.recalled.get(row) {
            return &run.id;
        }
        self.columns.id(row.0 as usize)
    }

    pub fn job(&self, row: RowId) -> &str {
        self.head(row)
            .map_or("", |head| self.columns.texts.get(head.job))
    }

    /// The number by which the job's name is held: the same for the same name.
    pub(super) fn job_number(&self, row: RowId) -> usize {
        self.head(row).map_or(0, |head| head.job.0 as usize)
    }

    /// A number that stands for the value of a row's tag as long as the table lives, and the value; 0 and nothing where it has no such tag.
    pub(super) fn tag_number(&self, row: RowId, key: &str) -> (usize, &str) {
        let pair = |tag: u32| {
            let (name, value) = *self.columns.tags.pairs.get(tag as usize)?;
            let is_it = self.columns.texts.get(name) == key;
            is_it.then(|| (tag as usize + 1, self.columns.texts.get(value)))
        };
        let found = self.columns.tags_of(row.0 as usize).find_map(pair);
        found.unwrap_or((0, ""))
    }

    pub fn phase(&self, row: RowId) -> Phase {
        self.head(row).map_or(Phase::Unknown, |head| head.phase)
    }

    /// The source's version of the row; 0 of one that is held in brief.
    pub fn version(&self, row: RowId) -> u64 {
        self.rest(row).map_or(0, |rest| rest.version)
    }

    pub fn raw_status(&self, row: RowId) -> &str {
        self.head(row)
            .map_or("", |head| self.columns.statuses.get(head.raw_status))
    }

    /// As [`Run::is_unfinished`].
    pub fn is_unfinished(&self, row: RowId) -> bool {
        self.columns
            .times(row.0 as usize)
            .is_some_and(|times| times.last_seen != NEVER)
            && !self.phase(row).is_terminal()
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
        self.rest(row)
            .map_or_else(StepCounts::default, |rest| rest.steps)
    }

    /// What statistics need of a row.
    pub fn sample(&self, row: RowId) -> Sample<'_> {
        let length = |end: Timestamp| Some(end.since(self.started_at(row)?));
        Sample {
            job: self.job(row),
            phase: self.phase(row),
            at: self.ordered_at(row),
            duration: self.ended_at(row).and_then(length),
        }
    }

    /// What a wall needs of a row.
    pub fn wall_run(&self, row: RowId) -> WallRun<'_> {
        WallRun {
            source: self.source(row),
            job: self.job(row),
            phase: self.phase(row),
            is_unfinished: self.is_unfinished(row),
            at: self.ordered_at(row),
            started_at: self.started_at(row),
        }
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
        for (_, source) in self
            .sources
            .iter()
            .enumerate()
            .filter(|(number, _)| of_source(*number))
        {
            for (count, more) in counts.iter_mut().zip(source.phases) {
                *count += more;
            }
        }
        counts
    }

    /// Sources that have runs, ascending.
    pub fn sources(&self) -> Vec<u16> {
        (0..self.sources.len() as u16)
            .filter(|source| self.source_len(*source) > 0)
            .collect()
    }

    /// Job names of the runs in the table, sorted: for completion.
    pub fn jobs(&self) -> Vec<&str> {
        let used = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        let mut jobs: Vec<&str> = used
            .map(|(sym, _)| self.columns.texts.get(Sym(sym as u32)))
            .collect();
        jobs.sort_unstable();
        jobs
    }

    /// Tag keys that were ever seen, sorted: for completion.
    pub fn tag_keys(&self) -> Vec<&str> {
        let mut keys: Vec<Sym> = self
            .columns
            .tags
            .pairs
            .iter()
            .map(|(key, _)| *key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut keys: Vec<&str> = keys
            .into_iter()
            .map(|key| self.columns.texts.get(key))
            .collect();
        keys.sort_unstable();
        keys
    }

    /// The values that tags of a key have had, in order.
    pub fn tag_values(&self, key: &str) -> Vec<&str> {
        let texts = &self.columns.texts;
        let pairs = self.columns.tags.pairs.iter();
        let own = pairs.filter(|(own, _)| texts.get(*own) == key);
        let mut values: Vec<&str> = own.map(|(_, value)| texts.get(*value)).collect();
        values.sort_unstable();
        values
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        let rows = self.free.capacity() + self.told.capacity();
        self.columns.memory_bytes()
            + self.index.memory_bytes()
            + self.answers.memory_bytes()
            + self.changed.memory_bytes()
            + self.recalled.memory_bytes()
            + (self.seen.capacity() + self.jobs.capacity() + rows) * size_of::<u32>()
            + self.sources.capacity() * size_of::<Source>()
    }

    pub(super) fn rest(&self, row: RowId) -> Option<&Rest> {
        self.columns.rest.get(row.0 as usize)
    }

    fn time(&self, row: RowId, which: impl Fn(&Times) -> i64) -> Option<Timestamp> {
        self.columns
            .times(row.0 as usize)
            .map(|times| which(&times))
            .filter(|time| *time != NEVER)
            .map(Timestamp)
    }
}
