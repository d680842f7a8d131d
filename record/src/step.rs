//! One attempt of one step of a run.

use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::lines::{Lines, Prefix};
use crate::outcome::{StepOutcome, Stream, exit_code, reason};
use crate::recording::Recording;
use crate::shared::lock;
use crate::time::now;

/// A step that runs. Dropping it without finishing it records that it failed: something went wrong between.
pub struct Step {
    pub(crate) state: Arc<StepState>,
}

pub(crate) struct StepState {
    pub(crate) recording: Recording,
    name: String,
    attempt: u32,
    streams: [Mutex<Splitter>; 3],
    ended: AtomicBool,
}

#[derive(Default)]
struct Splitter {
    lines: Lines,
    rows: Vec<u8>,
}

impl Step {
    pub(crate) fn new(recording: Recording, name: String, attempt: u32) -> Self {
        let ended = AtomicBool::new(false);
        Self {
            state: Arc::new(StepState {
                recording,
                name,
                attempt,
                streams: Default::default(),
                ended,
            }),
        }
    }

    /// The step's name, as it is recorded.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// How often this step has been run in this run, this time included.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.state.attempt
    }

    /// Appends one line to the log. A newline within `text` begins another.
    pub fn line(&self, stream: Stream, text: &str) {
        self.state.write(stream, format!("{text}\n").as_bytes());
    }

    /// Appends bytes as they are printed; a line is written when its end comes.
    pub fn write(&self, stream: Stream, bytes: &[u8]) {
        self.state.write(stream, bytes);
    }

    /// The step has ended. Without `reason` a failure is explained by its exit code.
    pub fn finish(self, outcome: StepOutcome, exit_code: Option<i32>, reason: Option<&str>) {
        self.state.end(outcome, exit_code, reason);
    }

    /// The step has ended as its command has. Gives the exit code that a shell would give.
    pub fn finish_with(self, status: ExitStatus) -> i32 {
        let code = exit_code(status);
        self.state.end(
            StepOutcome::of(status),
            Some(code),
            reason(status).as_deref(),
        );
        code
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.state.end(
            StepOutcome::Failed,
            None,
            Some("it was left without a result"),
        );
    }
}

impl StepState {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn write(&self, stream: Stream, bytes: &[u8]) {
        self.rows(stream, |lines, prefix, rows| {
            lines.push(bytes, prefix, rows)
        });
    }

    /// Ends a line that has no newline.
    pub(crate) fn flush(&self, stream: Stream) {
        self.rows(stream, |lines, prefix, rows| lines.flush(prefix, rows));
    }

    pub(crate) fn note(&self, text: &str) {
        self.write(Stream::Sys, format!("{text}\n").as_bytes());
    }

    fn rows(&self, stream: Stream, fill: impl FnOnce(&mut Lines, &Prefix, &mut Vec<u8>)) {
        if self.recording.folder().is_none() {
            return;
        }
        let [out, err, sys] = &self.streams;
        let mut splitter = lock(match stream {
            Stream::Out => out,
            Stream::Err => err,
            Stream::Sys => sys,
        });
        let Splitter { lines, rows } = &mut *splitter;
        fill(lines, &Prefix::new(&now(), &self.name, stream.word()), rows);
        if !rows.is_empty() {
            self.recording.append_rows(rows);
            rows.clear();
        }
    }

    fn end(&self, outcome: StepOutcome, exit_code: Option<i32>, reason: Option<&str>) {
        if self.ended.swap(true, Ordering::SeqCst) {
            return;
        }
        for stream in Stream::ALL {
            self.flush(stream);
        }
        let by_code = || match (outcome, exit_code) {
            (StepOutcome::Failed, Some(code)) => Some(format!("exit code {code}")),
            _ => None,
        };
        let reason = reason.map(String::from).or_else(by_code);
        self.recording
            .end_step(&self.name, self.attempt, outcome, exit_code, reason);
    }
}
