//! [`LogIndex`]: how many rows a log has and where every 1024th begins, kept up as the file grows.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::source::{Position, read_at};

/// Rows between two marks.
const STEP: u64 = 1024;
const CHUNK: usize = 1 << 20;

/// The rows of one log file.
#[derive(Clone, Debug)]
pub(crate) struct LogIndex {
    path: PathBuf,
    /// Where rows 1, 1025, 2049, … begin.
    marks: Vec<u64>,
    /// Whole rows.
    pub(crate) rows: u64,
    /// Behind the last whole row.
    pub(crate) end: Position,
    /// Up to here there is no further newline.
    scanned: u64,
}

impl LogIndex {
    pub(crate) fn new(path: &Path) -> LogIndex {
        LogIndex {
            path: path.to_path_buf(),
            marks: vec![0],
            rows: 0,
            end: Position::default(),
            scanned: 0,
        }
    }

    /// Takes in what was appended. Gives the open file; `None`: there is no log (yet).
    pub(crate) fn update(&mut self) -> io::Result<Option<File>> {
        // Links are not followed and pipes are not opened: see `Stamp::of`.
        if !std::fs::symlink_metadata(&self.path).is_ok_and(|meta| meta.is_file()) {
            *self = LogIndex::new(&self.path);
            return Ok(None);
        }
        let file = File::open(&self.path)?;
        let len = file.metadata()?.len();
        if len < self.scanned || !self.end.holds(&file) {
            *self = LogIndex::new(&self.path);
        }
        let mut end = self.end.offset;
        let mut buffer = Vec::new();
        while self.scanned < len {
            buffer.resize(CHUNK.min((len - self.scanned) as usize), 0);
            let got = read_at(&file, &mut buffer, self.scanned)?;
            if got == 0 {
                break;
            }
            for found in memchr::memchr_iter(b'\n', buffer.get(..got).unwrap_or_default()) {
                end = self.scanned + found as u64 + 1;
                self.rows += 1;
                if self.rows.is_multiple_of(STEP) {
                    self.marks.push(end);
                }
            }
            self.scanned += got as u64;
        }
        self.end = Position::of(&file, end)?;
        Ok(Some(file))
    }

    /// The nearest known beginning of a row at or before row `number` (from 1): its offset and its number.
    pub(crate) fn mark(&self, number: u64) -> (u64, u64) {
        let slot = (number.saturating_sub(1) / STEP).min(self.marks.len().saturating_sub(1) as u64);
        (
            self.marks.get(slot as usize).copied().unwrap_or(0),
            slot * STEP + 1,
        )
    }
}
