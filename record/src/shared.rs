//! What the handles of one run share: its files, its stages, and its end, which comes once.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::history::{self, Stage};
use crate::journal::{Events, Log, Loss, words};
use crate::options::Options;
use crate::outcome::{RunOutcome, StepOutcome};
use crate::time::now;

/// Dropping the last handle of a run that was not finished records that it failed without a result.
pub(crate) struct Shared {
    pub(crate) kind: Kind,
    /// Nothing when the run is silent.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) log: Mutex<Log>,
    pub(crate) events: Mutex<Events>,
    pub(crate) stages: Mutex<Vec<Stage>>,
    pub(crate) ended: AtomicBool,
    /// Dropped at the end, which ends the thread that touches `alive`.
    pub(crate) pulse: Mutex<Option<Sender<()>>>,
}

/// Whose run it is.
pub(crate) enum Kind {
    Own(Box<Own>),
    Joined,
    Silent,
}

/// A run that this process has begun.
pub(crate) struct Own {
    pub(crate) id: String,
    /// When it was made, or resumed.
    pub(crate) begun_at: String,
    pub(crate) options: Options,
}

/// A lock whose holder panicked still guards sound data here: every change is one call.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One line for the user. Nobody can be told when stderr is closed, so that is not an error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "runboard: {text}");
}

impl Shared {
    pub(crate) fn event(&self, event: &Value) {
        if self.folder.is_some() {
            lock(&self.events).append(&event.to_string());
        }
    }

    pub(crate) fn append_rows(&self, rows: &[u8]) {
        if self.folder.is_none() {
            return;
        }
        let said = lock(&self.log).append(|| format!("{}\t\tsys\t", now()), rows);
        if let Some(loss) = said {
            self.loss_event(&loss);
        }
    }

    fn loss_event(&self, loss: &Loss) {
        self.event(&json!({
            "at": now(), "event": "loss", "lines": loss.lines, "bytes": loss.bytes, "reason": loss.reason
        }));
    }

    pub(crate) fn end_step(
        &self,
        name: &str,
        attempt: u32,
        outcome: StepOutcome,
        exit_code: Option<i32>,
        reason: Option<String>,
    ) {
        let at = now();
        let mut event = json!({
            "at": at, "event": "step", "step": name, "attempt": attempt, "status": outcome.word()
        });
        set(&mut event, "exit_code", exit_code.map(Value::from));
        set(&mut event, "reason", reason.clone().map(Value::from));
        let mut stages = lock(&self.stages);
        let open = stages
            .iter_mut()
            .find(|stage| stage.is(name, attempt) && stage.runs());
        if let Some(stage) = open {
            stage.end(outcome.word(), &at, exit_code, reason);
            drop(stages);
            self.event(&event);
        }
    }

    pub(crate) fn finish(&self, outcome: RunOutcome, exit_code: Option<i32>, reason: Option<&str>) {
        if self.ended.swap(true, Ordering::SeqCst) {
            return;
        }
        let Some(folder) = &self.folder else { return };
        let at = now();
        let canceled: Vec<Stage> = {
            let mut stages = lock(&self.stages);
            let open = stages.iter_mut().filter(|stage| stage.runs());
            open.map(|stage| {
                stage.end(StepOutcome::Canceled.word(), &at, None, None);
                stage.clone()
            })
            .collect()
        };
        for stage in canceled {
            self.event(&stage.end_event());
        }
        // The last chance to end a torn row and to say in the log itself what is missing.
        self.append_rows(b"");
        let (unsaid, total) = {
            let mut log = lock(&self.log);
            (log.take_unsaid(), log.total().clone())
        };
        if let Some(loss) = unsaid {
            self.loss_event(&loss);
        }
        if let Kind::Own(own) = &self.kind {
            let mut stages = history::stages_of(folder);
            history::merge(&mut stages, &lock(&self.stages));
            let reason = reason
                .map(String::from)
                .or_else(|| history::first_failure(outcome, &stages));
            let at = now();
            let mut event = json!({"at": at, "event": "run", "status": outcome.word()});
            set(&mut event, "exit_code", exit_code.map(Value::from));
            set(&mut event, "reason", reason.clone().map(Value::from));
            self.event(&event);
            let end = history::End {
                at,
                outcome,
                exit_code,
                reason,
                lost: &total,
            };
            if let Err(error) = history::append(own, &end, &stages) {
                say(&format!(
                    "this run's line in runs.jsonl could not be written: {}",
                    words(&error)
                ));
            }
        }
        lock(&self.pulse).take();
        if !total.is_empty() {
            say(&total.sentence());
        }
        if let Some(why) = lock(&self.events).trouble() {
            say(&format!("events of this run could not be recorded: {why}"));
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.finish(
            RunOutcome::Failed,
            None,
            Some("the run was left without a result"),
        );
    }
}

/// A field that is only there when it is known.
pub(crate) fn set(event: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (event.as_object_mut(), value) {
        fields.insert(key.to_owned(), value);
    }
}
