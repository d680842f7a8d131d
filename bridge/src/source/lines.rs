//! [`Lines`]: the runs of one `runs.jsonl`, held as columns and places; the text stays in the file.
//!
//! A hundred thousand runs take a few megabytes here. What a row needs beyond its columns is read again from its line.

mod problems;
mod read;
mod remove;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use runboard_core::backend::history::{
    Item, Line, Naming, Reader, Remarks, Summary, Warning, nth_id,
};
use runboard_core::model::{Lineage, Phase};

use super::by_id::ById;
use super::file::{Position, Stamp, read_at};
use super::words::Words;
use problems::Naive;

/// One record.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) offset: u64,
    len: u32,
    id: (u32, u32),
    /// Start in microseconds; rows without a time stand behind all others.
    pub(crate) at: i64,
    job: u32,
    word: u32,
    phase: Phase,
}

/// The records of one file.
pub(crate) struct Lines {
    path: PathBuf,
    naming: Naming,
    stamp: Option<Stamp>,
    /// Nothing outside of the source's folder is read: a link is no history then.
    inside: bool,
    /// Open for rows that are read again.
    file: Option<File>,
    reader: Reader,
    read: u64,
    position: Position,
    rows: Vec<Row>,
    /// Row numbers, oldest first.
    order: Vec<u32>,
    ids: String,
    by_id: HashMap<u64, u32>,
    hasher: RandomState,
    /// How often an id was seen, for ids seen more than once.
    again: HashMap<u32, u32>,
    words: Words,
    /// Rows that say where they come from.
    lineages: Vec<(u32, Lineage)>,
    /// Rows that are no longer shown.
    hidden: HashSet<u32>,
    remarks: Remarks,
    /// Why the file could not be read to its end the last time.
    failure: Option<String>,
    /// Lines with times without a zone.
    naive: Naive,
    /// What is wrong with a last line that has no end yet.
    torn: Option<String>,
    /// Grows when the file turned out to be another one than before.
    pub(crate) epoch: u64,
}

impl Lines {
    pub(crate) fn new(path: PathBuf, job: &str, inside: bool) -> Lines {
        Lines {
            path,
            naming: Naming {
                job: job.to_string(),
                ..Naming::default()
            },
            stamp: None,
            inside,
            file: None,
            reader: Reader::new(),
            read: 0,
            position: Position::default(),
            rows: Vec::new(),
            order: Vec::new(),
            ids: String::new(),
            by_id: HashMap::new(),
            hasher: RandomState::new(),
            again: HashMap::new(),
            words: Words::default(),
            lineages: Vec::new(),
            hidden: HashSet::new(),
            remarks: Remarks::default(),
            failure: None,
            naive: Naive::default(),
            torn: None,
            epoch: 0,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Behind the last whole line that was taken in.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many rows are shown.
    pub(crate) fn shown(&self) -> usize {
        self.rows.len() - self.hidden.len()
    }

    pub(crate) fn is_hidden(&self, number: u32) -> bool {
        self.hidden.contains(&number)
    }

    pub(crate) fn row(&self, number: u32) -> Option<&Row> {
        self.rows.get(number as usize)
    }

    pub(crate) fn id(&self, row: &Row) -> &str {
        self.ids
            .get(row.id.0 as usize..row.id.1 as usize)
            .unwrap_or_default()
    }

    /// By what rows are ordered.
    pub(super) fn key(&self, row: &Row) -> (i64, ById<&str>) {
        (row.at, ById(self.id(row)))
    }

    pub(crate) fn job(&self, row: &Row) -> &str {
        self.words.text(row.job)
    }

    pub(crate) fn lineages(&self) -> &[(u32, Lineage)] {
        &self.lineages
    }

    /// Row numbers, oldest first.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The first row that begins at or behind `offset`.
    pub(crate) fn first_from(&self, offset: u64) -> usize {
        self.rows.partition_point(|row| row.offset < offset)
    }

    fn name(&self) -> String {
        self.path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Looks at the file again and takes in what was appended.
    pub(crate) fn refresh(&mut self) {
        let stamp = match self.inside {
            true => Stamp::of(&self.path),
            false => std::fs::metadata(&self.path)
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|meta| Stamp::from(&meta)),
        };
        if stamp == self.stamp {
            return;
        }
        // Replaced by an editor or by rotation, or written without growing, as who deletes a line does: lines may have gone anywhere in it.
        if self.stamp.zip(stamp).is_some_and(|(old, new)| {
            old.inode != new.inode || (old.len == new.len && old.modified != new.modified)
        }) {
            self.forget();
        }
        self.stamp = stamp;
        match File::open(&self.path) {
            Ok(file) => {
                self.read_more(&file);
                self.file = Some(file);
            }
            Err(_) => self.forget(),
        }
    }

    /// The file is gone or another one: its rows are no longer there.
    fn forget(&mut self) {
        if self.read == 0 && self.rows.is_empty() {
            return;
        }
        let epoch = self.epoch + 1;
        let fresh = Lines::new(
            std::mem::take(&mut self.path),
            &self.naming.job,
            self.inside,
        );
        *self = Lines {
            epoch,
            stamp: self.stamp,
            ..fresh
        };
    }

    fn read_more(&mut self, file: &File) {
        // A shorter file, or one that begins otherwise, was truncated or rotated.
        let shrunk = file.metadata().is_ok_and(|meta| meta.len() < self.read);
        if shrunk || !self.position.holds(file) {
            self.forget();
        }
        let before = self.rows.len();
        let mut buffer = vec![0; 1 << 20];
        let mut reader = std::mem::take(&mut self.reader);
        let mut failure = None;
        loop {
            match read_at(file, &mut buffer, self.read) {
                Ok(0) => break,
                Ok(len) => {
                    self.read += len as u64;
                    reader.push(buffer.get(..len).unwrap_or_default(), &mut |item| {
                        self.take(item)
                    });
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        // A last line without its newline counts when it is whole; else somebody may be writing it, and it is told as long as it stays so.
        self.torn = None;
        // A position stands behind a newline: whoever comes back to it is told of such a line once more.
        let settled = reader.settled();
        for item in reader.rest() {
            match &item.content {
                Line::Record { .. } => self.take(item),
                Line::Fault(fault) => self.torn = Some(self.at(&item, fault.code())),
                Line::Blank => {}
            }
        }
        let settled = Position::of(file, settled);
        self.reader = reader;
        match settled {
            Ok(position) => self.position = position,
            Err(error) => failure = Some(error),
        }
        self.failure = failure.map(|error| format!("{}: {error}", self.name()));
        self.sort_in(before);
    }

    fn take(&mut self, item: Item) {
        let mut odd: Vec<String> = Vec::new();
        match &item.content {
            Line::Blank => {}
            Line::Fault(fault) => odd.push(fault.code().into()),
            Line::Record { summary, warnings } => {
                // A missing zone alone is common, and is told once of all such lines.
                if warnings.contains(&Warning::NaiveTimestamp) {
                    self.naive.add(&item);
                }
                odd.extend(warnings.iter().map(ToString::to_string));
                if self.add(&item, summary) {
                    odd.push(Warning::DuplicateRunId.to_string());
                }
            }
        }
        for code in &odd {
            self.remarks.count(code);
        }
        if !odd.is_empty() && odd != [Warning::NaiveTimestamp.to_string()] {
            self.keep(&item, &odd.join(", "));
        }
    }

    /// Adds a record; `true` when its id had been there before.
    fn add(&mut self, item: &Item, summary: &Summary) -> bool {
        let mut id = summary.id(item.line);
        let number = self.rows.len() as u32;
        // A run that was resumed has a line for each of its ends; the last one counts.
        let before = self.find(&id);
        let first = before.filter(|_| !self.inside);
        if let Some(before) = before.filter(|_| self.inside) {
            self.hide(before);
        }
        if let Some(first) = first {
            let own = id.clone();
            // Another record may have that very name: the count goes on until a name is free.
            loop {
                let count = self.again.entry(first).or_insert(1);
                *count += 1;
                id = nth_id(&own, *count);
                if self.find(&id).is_none() {
                    break;
                }
            }
        }
        let (Ok(from), Ok(to), Ok(len)) = (
            u32::try_from(self.ids.len()),
            u32::try_from(self.ids.len() + id.len()),
            u32::try_from(item.len),
        ) else {
            return first.is_some();
        };
        self.ids.push_str(&id);
        let mut slot = self.hasher.hash_one(id.as_str());
        while self.by_id.contains_key(&slot) {
            slot = slot.wrapping_add(1);
        }
        self.by_id.insert(slot, number);
        let at = runboard_core::model::time::parse_written(
            summary.started_at.as_deref().unwrap_or_default(),
        );
        self.rows.push(Row {
            offset: item.offset,
            len,
            id: (from, to),
            at: at.map_or(i64::MIN, |time| self.naming.zone.instant(time).0),
            job: self.words.number(summary.job(&self.naming)),
            word: self
                .words
                .number(summary.result.as_deref().unwrap_or_default()),
            phase: summary.phase(),
        });
        let named = |key: &str| Some(summary.metadata.get(key)?.as_str()?.to_string());
        let lineage = Lineage {
            root: named("root"),
            parent: named("parent"),
        };
        if lineage != Lineage::default() {
            self.lineages.push((number, lineage));
        }
        first.is_some()
    }

    /// The row with that id.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        let mut slot = self.hasher.hash_one(id);
        loop {
            let number = *self.by_id.get(&slot)?;
            if !self.is_hidden(number) && self.row(number).is_some_and(|row| self.id(row) == id) {
                return Some(number);
            }
            slot = slot.wrapping_add(1);
        }
    }

    fn sort_in(&mut self, from: usize) {
        let mut order = std::mem::take(&mut self.order);
        let fresh = self.rows.len() - from;
        let key = |number: &u32| self.row(*number).map(|row| self.key(row));
        if fresh > 64 {
            order.extend(
                (from as u32..self.rows.len() as u32).filter(|number| !self.is_hidden(*number)),
            );
            order.sort_by(|a, b| key(a).cmp(&key(b)));
        } else {
            for number in
                (from as u32..self.rows.len() as u32).filter(|number| !self.is_hidden(*number))
            {
                let at = order.partition_point(|other| key(other) < key(&number));
                order.insert(at, number);
            }
        }
        self.order = order;
    }
}
