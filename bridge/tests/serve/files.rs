//! Run folders written by hand, as docs/recording.md has them.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

pub(crate) struct Run {
    pub(crate) path: PathBuf,
}

pub(crate) fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

impl Run {
    /// A run of `job` that begins now.
    pub(crate) fn begin(dir: &Path, id: &str, job: &str, created_at: &str, more: Value) -> Run {
        let run = Run {
            path: dir.join("runs").join(id),
        };
        std::fs::create_dir_all(&run.path).unwrap();
        let mut head = json!({"format": 1, "run_id": id, "job": job, "created_at": created_at});
        head.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        // As the recorder does it: never seen half written.
        std::fs::write(run.path.join("run.json.new"), head.to_string()).unwrap();
        std::fs::rename(run.path.join("run.json.new"), run.path.join("run.json")).unwrap();
        run.event(json!({"at": created_at, "event": "run", "status": "running"}));
        run
    }

    pub(crate) fn event(&self, event: Value) {
        append(
            &self.path.join("events.jsonl"),
            format!("{event}\n").as_bytes(),
        );
    }

    pub(crate) fn step(&self, key: &str, status: &str) {
        self.event(json!({"at": "2026-11-21T10:00:01Z", "event": "step", "step": key, "attempt": 1, "status": status}));
    }

    pub(crate) fn end(&self, status: &str) {
        self.event(
            json!({"at": "2026-11-21T10:00:09Z", "event": "run", "status": status, "exit_code": 0}),
        );
    }

    pub(crate) fn log(&self, bytes: &[u8]) {
        append(&self.path.join("log.tsv"), bytes);
    }

    /// `count` rows that say their own number, from `first`.
    pub(crate) fn lines(&self, first: u64, count: u64) {
        let mut text = String::new();
        for number in first..first + count {
            text.push_str(&format!(
                "2026-11-21T10:00:02.{:06}Z\ts{}\tout\tline {number}\n",
                number % 1_000_000,
                number % 3
            ));
        }
        self.log(text.as_bytes());
    }

    /// Makes it look as if nothing happened for an hour.
    pub(crate) fn age(&self) {
        for entry in std::fs::read_dir(&self.path).unwrap() {
            let file = File::options()
                .append(true)
                .open(entry.unwrap().path())
                .unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(3600))
                .unwrap();
        }
    }
}

/// A line of a run history.
pub(crate) fn summary(id: &str, started_at: &str, result: &str, metadata: Value) -> String {
    let line = json!({"run_id": id, "started_at": started_at, "ended_at": started_at, "result": result, "failure_reason": null,
        "stages_executed": ["a", "b"], "stages_failed": [], "retry_count": 0, "metadata": metadata});
    format!("{line}\n")
}
