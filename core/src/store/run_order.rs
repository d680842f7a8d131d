//! [`Order`]: rows in sorted order, in chunks of up to 1,024, so that a change costs a binary search and the move of a few kilobytes however
//! long the list is; and [`Keys`], by which rows are compared.

use std::cmp::Ordering;

use super::brief::BRIEF;
use super::intern::Sym;
use super::run_columns::{Columns, NEVER};
use super::run_table::RunTable;
use super::run_view::SortKey;
use crate::model::run::number;

const CHUNK: usize = 1024;

/// What rows are compared by: a number and a job for each row as they were when the row was put in its place, then the id, which stays.
/// So the order holds while the table goes on.
#[derive(Debug, Default)]
pub(super) struct Keys {
    sort: SortKey,
    descending: bool,
    now: i64,
    keys: Vec<u64>,
    /// Only where rows are ordered by a text that many share.
    words: Vec<Sym>,
    /// Only where rows are ordered by their reason.
    reasons: Vec<String>,
}

impl Keys {
    pub(super) fn new(sort: SortKey, descending: bool, now: i64) -> Keys {
        Keys {
            sort,
            descending,
            now,
            keys: Vec::new(),
            words: Vec::new(),
            reasons: Vec::new(),
        }
    }

    /// Takes what the row is compared by from the table as it is now.
    pub(super) fn renew(&mut self, table: &RunTable, row: usize) {
        if is_brief(row) {
            return;
        }
        let rows = table.rows().max(row + 1);
        if row >= self.keys.len() {
            self.keys.resize(rows, 0);
        }
        let key = self.key(table.columns(), row);
        if let Some(old) = self.keys.get_mut(row) {
            *old = key;
        }
        if let Some(word) = self.word(table.columns(), row) {
            if row >= self.words.len() {
                self.words.resize(rows, Sym::EMPTY);
            }
            if let Some(old) = self.words.get_mut(row) {
                *old = word;
            }
        }
        if self.sort == SortKey::Reason {
            if row >= self.reasons.len() {
                self.reasons.resize(rows, String::new());
            }
            if let Some(old) = self.reasons.get_mut(row) {
                *old = table.columns().reason(row).unwrap_or_default().into();
            }
        }
    }

    /// What the row is compared by has not changed since it was put in its place.
    pub(super) fn is_current(&self, table: &RunTable, row: usize) -> bool {
        if is_brief(row) {
            return true;
        }
        let columns = table.columns();
        self.keys.get(row) == Some(&self.key(columns, row))
            && self
                .word(columns, row)
                .is_none_or(|word| self.words.get(row) == Some(&word))
            && (self.sort != SortKey::Reason
                || self.reasons.get(row).map(String::as_str)
                    == Some(columns.reason(row).unwrap_or_default()))
    }

    /// The shared text that a row is ordered by now.
    fn word(&self, columns: &Columns, row: usize) -> Option<Sym> {
        let rest = || columns.rest.get(row);
        match self.sort {
            SortKey::Job => columns.head(row).map(|head| head.job),
            SortKey::User => rest().map(|rest| rest.user),
            SortKey::Host => rest().map(|rest| rest.host),
            SortKey::Tag(key) => Some(columns.tag(row, key)),
            _ => None,
        }
    }

    /// The number of a row now. Ascending order is shown: descending ones are turned over, and rows without a value are last in both.
    fn key(&self, columns: &Columns, row: usize) -> u64 {
        let (Some(head), Some(times)) = (columns.head(row), columns.times(row)) else {
            return u64::MAX;
        };
        let rest = columns.rest.get(row);
        let time = |time: i64| (time != NEVER).then_some(time);
        let value = match self.sort {
            // Phases stand in the enum in the order in which they are shown.
            SortKey::Status => Some(
                head.phase as i64 * 2
                    + i64::from(times.last_seen != NEVER && !head.phase.is_terminal()),
            ),
            SortKey::Source => Some(i64::from(head.source)),
            SortKey::Started => time(times.started),
            SortKey::Created => time(times.ordered()),
            SortKey::Duration => time(times.started).and_then(|start| {
                let end = time(times.ended)
                    .or((head.phase.is_active() && times.last_seen == NEVER).then_some(self.now))?;
                Some(end.saturating_sub(start))
            }),
            SortKey::Steps => rest.and_then(|rest| {
                let done = i64::from(rest.steps.succeeded)
                    + i64::from(rest.steps.failed)
                    + i64::from(rest.steps.skipped);
                (rest.steps.total.is_some() || done > 0)
                    .then(|| done << 24 | i64::from(rest.steps.total.unwrap_or(0).min(0xff_ffff)))
            }),
            SortKey::Run => rest.map(|_| prefix(columns.id_bytes(row))),
            SortKey::Job => Some(prefix(columns.texts.get(head.job).as_bytes())),
            SortKey::User | SortKey::Host | SortKey::Tag(_) => {
                let text = columns
                    .texts
                    .get(self.word(columns, row).unwrap_or_default());
                (!text.is_empty()).then(|| prefix(text.as_bytes()))
            }
            SortKey::Reason => columns.reason(row).map(|text| prefix(text.as_bytes())),
            SortKey::Attempt => rest.map(|rest| i64::from(rest.attempt)),
            SortKey::ExitCode => columns.exit_code(row),
        };
        let Some(value) = value else { return u64::MAX };
        // i64 in the order of u64.
        let ascending = value as u64 ^ 1 << 63;
        (if self.descending {
            !ascending
        } else {
            ascending
        })
        .min(u64::MAX - 1)
    }

    /// The number by which a row has its place. What is written down of a brief row stays as it is, so that it needs none of its own.
    pub(super) fn of(&self, table: &RunTable, row: u32) -> u64 {
        match is_brief(row as usize) {
            true => self.key(table.columns(), row as usize),
            false => self.keys.get(row as usize).copied().unwrap_or(u64::MAX),
        }
    }

    pub(super) fn compare(&self, table: &RunTable, a: u32, b: u32) -> Ordering {
        let (columns, a_row, b_row) = (table.columns(), a as usize, b as usize);
        let texts = || {
            let order = match self.sort {
                SortKey::Run => columns.id_bytes(a_row).cmp(columns.id_bytes(b_row)),
                SortKey::Reason => self.reasons.get(a_row).cmp(&self.reasons.get(b_row)),
                SortKey::Job | SortKey::User | SortKey::Host | SortKey::Tag(_) => {
                    let word = |row: usize| match is_brief(row) {
                        true => self.word(columns, row).unwrap_or_default(),
                        false => self.words.get(row).copied().unwrap_or_default(),
                    };
                    let (a, b) = (word(a_row), word(b_row));
                    if a == b {
                        Ordering::Equal
                    } else {
                        columns.texts.get(a).cmp(columns.texts.get(b))
                    }
                }
                _ => Ordering::Equal,
            };
            if self.descending {
                order.reverse()
            } else {
                order
            }
        };
        let source = |row: usize| columns.head(row).map(|head| head.source);
        let number = |row: u32| columns.briefs.number(row);
        self.of(table, a)
            .cmp(&self.of(table, b))
            .then_with(texts)
            .then_with(|| self.ids(columns.id_bytes(a_row), columns.id_bytes(b_row)))
            .then_with(|| source(a_row).cmp(&source(b_row)))
            .then_with(|| number(a).cmp(&number(b)))
            .then(a.cmp(&b))
    }

    /// Of two numbers that began in one second (not every source knows less) the higher one is the newer; texts stand behind.
    fn ids(&self, a: &[u8], b: &[u8]) -> Ordering {
        let order = match (number(a), number(b)) {
            (Some(a), Some(b)) if self.descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        order.then_with(|| a.cmp(b))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u64>()
            + self.words.capacity() * size_of::<Sym>()
            + self.reasons.capacity() * size_of::<String>()
            + self.reasons.iter().map(String::capacity).sum::<usize>()
    }
}

fn is_brief(row: usize) -> bool {
    row as u32 & BRIEF != 0
}

/// The first 8 bytes, in their order.
fn prefix(text: &[u8]) -> i64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(text) {
        *to = *from;
    }
    (u64::from_be_bytes(head) ^ 1 << 63) as i64
}

/// Rows in order.
#[derive(Debug, Default)]
pub(super) struct Order {
    chunks: Vec<Vec<u32>>,
    len: usize,
}

impl Order {
    pub(super) fn from_sorted(chunks: Vec<Vec<u32>>) -> Order {
        Order {
            len: chunks.iter().map(Vec::len).sum(),
            chunks,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, place: usize) -> Option<u32> {
        let mut left = place;
        for chunk in &self.chunks {
            match chunk.get(left) {
                Some(row) => return Some(*row),
                None => left -= chunk.len(),
            }
        }
        None
    }

    pub(super) fn range(&self, places: std::ops::Range<usize>) -> Vec<u32> {
        let mut rows = Vec::new();
        let mut start = 0;
        for chunk in &self.chunks {
            let from = places.start.saturating_sub(start).min(chunk.len());
            let to = places.end.saturating_sub(start).min(chunk.len());
            rows.extend_from_slice(chunk.get(from..to).unwrap_or_default());
            start += chunk.len();
            if start >= places.end {
                break;
            }
        }
        rows
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flatten().copied()
    }

    pub(super) fn insert(&mut self, row: u32, compare: impl Fn(u32, u32) -> Ordering) {
        self.len += 1;
        let (at, place) = self.search(row, &compare);
        let last = self.chunks.len().saturating_sub(1);
        let Some(chunk) = self.chunks.get_mut(at.min(last)) else {
            self.chunks.push(vec![row]);
            return;
        };
        let mut place = if at > last { chunk.len() } else { place };
        let mut at = at.min(last);
        if chunk.len() >= CHUNK {
            // Rows that come in order leave full chunks behind, not halves.
            let split = match place {
                0 => 0,
                place if place >= chunk.len() => chunk.len(),
                _ => CHUNK / 2,
            };
            let half = chunk.split_off(split);
            chunk.shrink_to_fit();
            if place > split || split == CHUNK {
                place -= split;
                at += 1;
                self.chunks.insert(at, half);
            } else {
                self.chunks.insert(at + 1, half);
            }
        }
        if let Some(chunk) = self.chunks.get_mut(at) {
            chunk.insert(place.min(chunk.len()), row);
        }
    }

    /// Takes a row out; false when it was not there.
    pub(super) fn remove(&mut self, row: u32, compare: impl Fn(u32, u32) -> Ordering) -> bool {
        let Some((at, place)) = self.locate(row, compare) else {
            return false;
        };
        let Some(chunk) = self.chunks.get_mut(at) else {
            return false;
        };
        chunk.remove(place);
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
        self.len -= 1;
        true
    }

    pub(super) fn place_of(
        &self,
        row: u32,
        compare: impl Fn(u32, u32) -> Ordering,
    ) -> Option<usize> {
        let (at, place) = self.locate(row, compare)?;
        Some(self.chunks.iter().take(at).map(Vec::len).sum::<usize>() + place)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let held: usize = self
            .chunks
            .iter()
            .map(|chunk| chunk.capacity() * size_of::<u32>())
            .sum();
        held + self.chunks.capacity() * size_of::<Vec<u32>>()
    }

    /// Where a row stands. Should the order not hold, looking at every row still finds it.
    fn locate(&self, row: u32, compare: impl Fn(u32, u32) -> Ordering) -> Option<(usize, usize)> {
        let (at, place) = self.search(row, &compare);
        if self.chunks.get(at).and_then(|chunk| chunk.get(place)) == Some(&row) {
            return Some((at, place));
        }
        let find = |chunk: &Vec<u32>| chunk.iter().position(|other| *other == row);
        self.chunks
            .iter()
            .enumerate()
            .find_map(|(at, chunk)| find(chunk).map(|place| (at, place)))
    }

    /// The first place whose row is not before `row`.
    fn search(&self, row: u32, compare: &impl Fn(u32, u32) -> Ordering) -> (usize, usize) {
        let before = |other: &u32| compare(*other, row) == Ordering::Less;
        let at = self
            .chunks
            .partition_point(|chunk| chunk.last().is_some_and(before));
        (
            at,
            self.chunks
                .get(at)
                .map_or(0, |chunk| chunk.partition_point(before)),
        )
    }
}
