//! Folders for tests, and the files of runs as they are written in `docs/recording.md`.

#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A folder that is gone with the test that succeeded; a failed test leaves it to be looked at.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A new empty folder.
pub(crate) fn dir(name: &str) -> Folder {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("record-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    Folder(path)
}

fn json_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "a torn line in {}",
        path.display()
    );
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

pub(crate) fn events(run: &Path) -> Vec<Value> {
    json_lines(&run.join("events.jsonl"))
}

pub(crate) fn history(dir: &Path) -> Vec<Value> {
    json_lines(&dir.join("runs.jsonl"))
}

/// Step, stream and text of every row of a log that is text.
pub(crate) fn rows(run: &Path) -> Vec<[String; 3]> {
    let text = fs::read_to_string(run.join("log.tsv")).unwrap();
    let row = |line: &str| {
        let mut columns = line.splitn(4, '\t');
        assert_eq!(columns.next().unwrap().len(), 27, "{line:?}");
        [(); 3].map(|()| columns.next().unwrap().to_owned())
    };
    text.split_terminator('\n').map(row).collect()
}

/// The folders of all runs below `dir`, in no order.
pub(crate) fn run_folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("runs")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}
