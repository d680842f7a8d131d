//! [`LogSelect`]: which lines of a log are shown, kept up to date in slices as the log grows at both ends.

use std::ops::Range;

use wildmatch::WildMatch;

use super::line_set::LineSet;
use super::log_block::Facts;
use super::log_store::LogStore;
use super::needle::Needle;
use crate::model::{Level, LogStream, Timestamp};

/// Which lines to show. An empty list does not narrow.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    pub levels: Vec<Level>,
    pub streams: Vec<LogStream>,
    /// Step names with `*` and `?`.
    pub steps: Vec<String>,
    /// Only lines that hold this text.
    pub text: Option<Needle>,
    /// Only lines of this time, both ends included; lines without a time are none of them.
    pub during: Option<(Timestamp, Timestamp)>,
}

impl LogFilter {
    /// Whether it leaves every line.
    pub fn is_all(&self) -> bool {
        self.levels.is_empty()
            && self.streams.is_empty()
            && self.steps.is_empty()
            && self.text.is_none()
            && self.during.is_none()
    }
}

/// The lines that a filter selects, in order.
#[derive(Debug)]
pub struct LogSelect {
    filter: LogFilter,
    is_all: bool,
    levels: u8,
    streams: u8,
    steps: Vec<WildMatch>,
    /// By step: whether its name matches, as far as it was asked.
    step_known: Vec<Option<bool>>,
    set: LineSet,
}

impl LogSelect {
    pub fn new(filter: LogFilter) -> LogSelect {
        let mask = |bits: &mut dyn Iterator<Item = u8>| bits.fold(0, |mask, bit| mask | 1 << bit);
        let or_all = |mask: u8| if mask == 0 { u8::MAX } else { mask };
        LogSelect {
            is_all: filter.is_all(),
            levels: or_all(mask(&mut filter.levels.iter().map(|level| *level as u8))),
            streams: or_all(mask(&mut filter.streams.iter().map(|stream| *stream as u8))),
            steps: filter
                .steps
                .iter()
                .map(|pattern| WildMatch::new(pattern))
                .collect(),
            step_known: Vec::new(),
            set: LineSet::default(),
            filter,
        }
    }

    pub fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Every line is shown: places are numbers, and nothing is stored.
    pub fn is_all(&self) -> bool {
        self.is_all
    }

    /// Looks at up to `budget` more lines (100,000 are a few milliseconds, fewer with a text); true when all lines of the store have been
    /// looked at. To be called after every change of the store, before the places are used.
    pub fn advance(&mut self, store: &LogStore, budget: usize) -> bool {
        let (behind, before) = self.set.open(store);
        if self.is_all {
            self.set.extend_back(behind.end, []);
            self.set.extend_front(before.start, &[]);
            return true;
        }
        let mut budget = budget.max(1) as u64;
        let now = behind.start..behind.end.min(behind.start.saturating_add(budget));
        if !now.is_empty() {
            let found = self.select(store, now.clone());
            self.set.extend_back(now.end, found);
            budget -= now.end - now.start;
        }
        let front = before.start.max(before.end.saturating_sub(budget))..before.end;
        if now.end == behind.end && !front.is_empty() {
            let found = self.select(store, front.clone());
            self.set.extend_front(front.start, &found);
        }
        now.end == behind.end && (before.is_empty() || front.start == before.start && budget > 0)
    }

    /// Lines selected so far.
    pub fn len(&self) -> usize {
        if self.is_all {
            (self.set.looked().end - self.set.looked().start) as usize
        } else {
            self.set.len()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the line at a place, from 0.
    pub fn get(&self, place: usize) -> Option<u64> {
        if !self.is_all {
            return self.set.get(place);
        }
        (place < self.len()).then(|| self.set.looked().start + place as u64)
    }

    /// The place of a line, or of the first selected line behind it; [`LogSelect::len`] when there is none.
    pub fn place_of(&self, number: u64) -> usize {
        if !self.is_all {
            return self.set.below(number);
        }
        let looked = self.set.looked();
        (number.clamp(looked.start, looked.end) - looked.start) as usize
    }

    pub fn contains(&self, number: u64) -> bool {
        self.get(self.place_of(number)) == Some(number)
    }

    pub fn memory_bytes(&self) -> usize {
        self.set.memory_bytes()
    }

    fn select(&mut self, store: &LogStore, lines: Range<u64>) -> Vec<u64> {
        let mut found = Vec::new();
        let mut number = lines.start;
        while number < lines.end {
            let Some((block, start)) = store.locate(number) else {
                break;
            };
            let end = (block.len() as u64).min(start as u64 + lines.end - number) as usize;
            for (index, facts) in block.all_facts().iter().enumerate().take(end).skip(start) {
                if self.matches(store, *facts)
                    && self
                        .filter
                        .text
                        .as_ref()
                        .is_none_or(|text| text.is_in(block.text(index)))
                    && self.filter.during.is_none_or(|(from, to)| {
                        block.at(index).is_some_and(|at| from <= at && at <= to)
                    })
                {
                    found.push(block.first + index as u64);
                }
            }
            number = block.first + end as u64;
        }
        found
    }

    fn matches(&mut self, store: &LogStore, facts: Facts) -> bool {
        let bit = |mask: u8, bit: u8| mask >> bit & 1 == 1;
        bit(self.levels, facts.level() as u8)
            && bit(self.streams, facts.stream() as u8)
            && self.step_matches(store, facts.step())
    }

    fn step_matches(&mut self, store: &LogStore, step: u32) -> bool {
        if self.steps.is_empty() {
            return true;
        }
        let at = step as usize;
        if at >= self.step_known.len() {
            self.step_known.resize(at + 1, None);
        }
        let Some(known) = self.step_known.get_mut(at) else {
            return false;
        };
        *known.get_or_insert_with(|| {
            self.steps
                .iter()
                .any(|pattern| pattern.matches(store.step_name(step)))
        })
    }
}
