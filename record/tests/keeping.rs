//! What is removed when a run begins, and what never is.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{dir, run_folders};
use runboard_record::{Options, Recording, RunOutcome};

/// A run folder of `bytes` bytes that ended `hours` ago.
fn old_run(dir: &Path, name: &str, hours: u64, bytes: usize) -> PathBuf {
    let folder = dir.join("runs").join(name);
    fs::create_dir_all(&folder).unwrap();
    let at = SystemTime::now() - Duration::from_secs(hours * 3_600);
    for (file, text) in [
        ("run.json", "{}".to_owned()),
        ("log.tsv", "x".repeat(bytes)),
        ("alive", String::new()),
    ] {
        fs::write(folder.join(file), text).unwrap();
        File::options()
            .append(true)
            .open(folder.join(file))
            .unwrap()
            .set_modified(at)
            .unwrap();
    }
    folder
}

fn begin(dir: &Path, keep_runs: usize, keep_bytes: u64) -> PathBuf {
    let mut options = Options::new(dir, "keeping");
    (options.keep_runs, options.keep_bytes) = (keep_runs, keep_bytes);
    let run = Recording::start(options).unwrap();
    run.finish(RunOutcome::Succeeded, None, None);
    run.folder().unwrap().to_path_buf()
}

#[test]
fn the_newest_runs_are_kept_and_the_history_stays() {
    let dir = dir("keep-runs");
    let old: Vec<PathBuf> = (0..5)
        .map(|n| old_run(dir.path(), &format!("old{n}"), 10 - n, 10))
        .collect();
    fs::write(dir.path().join("runs.jsonl"), "{\"run_id\": \"old0\"}\n").unwrap();
    let own = begin(dir.path(), 3, u64::MAX);
    let mut left = run_folders(dir.path());
    left.sort();
    let mut expected = vec![
        old[3].clone(),
        old[4].clone(),
        dir.path().join("runs").join(own.file_name().unwrap()),
    ];
    expected.sort();
    assert_eq!(left, expected);
    let history = fs::read_to_string(dir.path().join("runs.jsonl")).unwrap();
    assert!(history.starts_with("{\"run_id\": \"old0\"}\n") && history.lines().count() == 2);
}

#[test]
fn runs_beyond_the_bytes_are_removed_oldest_first() {
    let dir = dir("keep-bytes");
    for (name, hours) in [("oldest", 3), ("middle", 2), ("newest", 1)] {
        old_run(dir.path(), name, hours, 10_000);
    }
    begin(dir.path(), 200, 25_000);
    let left = run_folders(dir.path());
    assert_eq!(left.len(), 3);
    assert!(!left.iter().any(|path| path.ends_with("oldest")));
}

#[test]
fn what_lives_is_a_link_or_has_another_name_is_never_touched() {
    let dir = dir("keep-safe");
    let outside = dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "x").unwrap();
    let old = old_run(dir.path(), "old", 9, 10);
    symlink(&outside, old.join("link")).unwrap();
    let runs = dir.path().join("runs");
    symlink(&outside, runs.join("linked")).unwrap();
    fs::create_dir(runs.join(".hidden")).unwrap();
    fs::create_dir(runs.join("no run")).unwrap();
    fs::write(runs.join("file"), "x").unwrap();
    let live = old_run(dir.path(), "live", 9, 10);
    File::options()
        .append(true)
        .open(live.join("alive"))
        .unwrap()
        .set_modified(SystemTime::now())
        .unwrap();
    let own = begin(dir.path(), 0, 0);
    assert!(!old.exists());
    assert!(outside.join("precious").exists());
    for name in ["linked", ".hidden", "no run", "file", "live"] {
        assert!(runs.join(name).symlink_metadata().is_ok(), "{name}");
    }
    assert!(own.exists());
}
