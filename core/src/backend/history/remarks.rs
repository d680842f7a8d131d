//! [`Remarks`]: what was odd about a history's lines: the first few of them, and how many there were of each kind.

use super::decode::Line;
use super::reader::Item;

/// So many lines that are no record are listed, and so many remarks on records: neither hides the other.
const LISTED: usize = 40;

/// Those of one reading.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    faults: Vec<String>,
    warnings: Vec<String>,
    /// Some are not listed.
    is_cut: bool,
    /// How often each word of reports came.
    counts: Vec<(String, u64)>,
}

impl Remarks {
    /// Counts a word of reports, whether or not its line is listed.
    pub fn count(&mut self, code: &str) {
        match self.counts.iter_mut().find(|(own, _)| own == code) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((code.into(), 1)),
        }
    }

    /// Keeps words for a line, a fault when it is no record; gives them when there was room for them.
    pub fn keep(&mut self, is_fault: bool, words: &dyn Fn() -> String) -> Option<String> {
        let list = match is_fault {
            true => &mut self.faults,
            false => &mut self.warnings,
        };
        if list.len() >= LISTED {
            self.is_cut = true;
            return None;
        }
        let words = words();
        list.push(words.clone());
        Some(words)
    }

    /// Keeps what is odd about a line, with its place.
    pub(super) fn tell(&mut self, item: &Item, what: &str) -> Option<String> {
        let is_fault = matches!(item.content, Line::Fault(_));
        self.keep(is_fault, &|| {
            let (line, offset) = (item.line.to_string(), item.offset.to_string());
            ["line ", &line, " (byte ", &offset, "): ", what].concat()
        })
    }

    /// Whether some line was no record.
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// How many there were of each kind, when not all are listed.
    pub fn summary(&self) -> Option<String> {
        if !self.is_cut {
            return None;
        }
        let all: u64 = self.counts.iter().map(|(_, count)| count).sum();
        let mut words = [&all.to_string(), " remarks, of which the first are listed"].concat();
        let mut before = ": ";
        for (code, count) in &self.counts {
            for part in [before, &count.to_string(), " ", code] {
                words.push_str(part);
            }
            before = ", ";
        }
        Some(words)
    }

    /// Those that are listed: lines that are no record first.
    pub fn listed(&self) -> Vec<String> {
        [self.faults.as_slice(), &self.warnings].concat()
    }

    /// All that there is to tell, in the order of its weight.
    pub(super) fn told(&self) -> Vec<String> {
        let mut list: Vec<String> = self.summary().into_iter().collect();
        list.append(&mut self.listed());
        list
    }
}
