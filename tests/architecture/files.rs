//! The files of the clone, as the rules see them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file; its path is relative to the clone, with `/` between the folders.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is(&self, kinds: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, kind)| kinds.contains(&kind))
    }

    pub(crate) fn below(&self, folder: &str) -> bool {
        self.path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file that is not ignored by .gitignore, in order.
pub(crate) fn all() -> Vec<File> {
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap_or_default();
    let mut skip: Vec<String> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('/'))
        .map(|line| line.trim_end_matches('/').to_owned())
        .collect();
    skip.extend([".git", "node_modules"].map(String::from));
    let mut files = Vec::new();
    walk(&root(), "", &skip, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(
        files.iter().any(|file| file.path == "Cargo.toml"),
        "the clone was not found"
    );
    files
}

fn walk(folder: &Path, relative: &str, skip: &[String], files: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if relative.is_empty() {
            name.clone()
        } else {
            format!("{relative}/{name}")
        };
        if skip.contains(&path) || name == "node_modules" || name == "__pycache__" {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), &path, skip, files);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
}

/// The files of one kind below a folder. With `must`, an empty answer means that a rule has lost its subject.
pub(crate) fn below<'a>(
    files: &'a [File],
    folder: &str,
    kinds: &[&str],
    must: bool,
) -> Vec<&'a File> {
    let found: Vec<&File> = files
        .iter()
        .filter(|file| file.below(folder) && file.is(kinds))
        .collect();
    assert!(
        !must || !found.is_empty(),
        "no {kinds:?} file below {folder}/: the rule would check nothing"
    );
    found
}

/// The lines of a text with their numbers, from 1.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}
