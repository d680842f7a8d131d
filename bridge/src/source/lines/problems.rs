//! What is wrong with a file of lines, for people.

use runboard_core::backend::history::{Item, Warning};

use super::Lines;

const MAX_PROBLEMS: usize = 100;

/// How many lines have times without a zone, and the first of them with its offset.
#[derive(Default)]
pub(super) struct Naive {
    count: u64,
    first: (u64, u64),
}

impl Naive {
    pub(super) fn add(&mut self, item: &Item) {
        if self.count == 0 {
            self.first = (item.line, item.offset);
        }
        self.count += 1;
    }
}

impl Lines {
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut list = self.problems.clone();
        list.extend(self.torn.clone());
        if self.stamp.is_none() && !self.inside {
            list.push(format!("{}: there is no such file (yet)", self.name()));
        }
        let code = Warning::NaiveTimestamp;
        let first = place(self.naive.first);
        match self.naive.count {
            0 => {}
            1 => list.push(format!("{} {first}: {code}", self.name())),
            count => list.push(format!(
                "{}: {code} in {count} lines, first in {first}",
                self.name()
            )),
        }
        if self.more_problems > 0 {
            list.push(format!("{}: {} more", self.name(), self.more_problems));
        }
        list
    }

    pub(super) fn problem(&mut self, text: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text)
        } else {
            self.more_problems += 1
        }
    }

    /// A problem of one line.
    pub(super) fn at(&self, item: &Item, odd: &str) -> String {
        format!("{} {}: {odd}", self.name(), place((item.line, item.offset)))
    }
}

fn place((line, offset): (u64, u64)) -> String {
    format!("line {line} (byte {offset})")
}
