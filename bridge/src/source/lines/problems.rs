//! What is wrong with a file of lines, for people.

use runboard_core::backend::history::{Item, Line, Warning, health};

use super::Lines;

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
        let mut list = Vec::new();
        // What there is once stands in front of what may be long.
        if let Some(summary) = self.remarks.summary() {
            list.push(format!("{}: {summary}", self.name()));
        }
        list.extend(self.failure.clone());
        list.extend(self.torn.clone());
        if let Some(why) = self.unopened() {
            list.push(format!("{}: {why}", self.name()));
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
        list.append(&mut self.remarks.listed());
        list
    }

    /// Why the file cannot be read at all. That of a recording folder comes with the first run that ends.
    fn unopened(&self) -> Option<&'static str> {
        match (self.inside, self.stamp.is_some(), self.file.is_some()) {
            (true, _, _) | (false, true, true) => None,
            (false, false, _) => Some("there is no such file (yet)"),
            (false, true, false) => Some("it cannot be opened"),
        }
    }

    /// Why nothing is known of runs, although there may be some.
    pub(crate) fn unread(&self) -> Option<&'static str> {
        let has_unread = self.remarks.has_faults() || self.torn.is_some() || self.failure.is_some();
        let unread = (self.rows.is_empty() && has_unread).then_some(health::NOTHING_READ);
        self.unopened().or(unread)
    }

    /// What is odd about a line that was taken in.
    pub(super) fn keep(&mut self, item: &Item, odd: &str) {
        let mut remarks = std::mem::take(&mut self.remarks);
        let is_fault = matches!(item.content, Line::Fault(_));
        remarks.keep(is_fault, &|| self.at(item, odd));
        self.remarks = remarks;
    }

    /// A problem of one line.
    pub(super) fn at(&self, item: &Item, odd: &str) -> String {
        format!("{} {}: {odd}", self.name(), place((item.line, item.offset)))
    }
}

fn place((line, offset): (u64, u64)) -> String {
    format!("line {line} (byte {offset})")
}
