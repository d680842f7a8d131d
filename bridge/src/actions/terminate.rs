//! Ending a run that goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use runboard_core::backend::runs_api::encode;
use runboard_record::{Recording, words};
use serde_json::{Value, json};

use super::conflict;
use super::process::{Recorder, recorder};
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::source::{Detail, Source, head_of, last_start};

/// How long a killed process may take to be gone, and a recorder to write its last words.
const GONE: Duration = Duration::from_secs(5);

pub(super) async fn terminate(
    source: &Arc<Source>,
    id: &str,
    immediate: bool,
    grace: Duration,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run) = (source.clone(), id.to_string());
    let detail = blocking(move || find(&from, &run)).await?;
    let Some(folder) = detail.folder.clone() else {
        return Err(conflict(format!(
            "run {id} is over: only its line in the history is left"
        )));
    };
    if detail.run.phase.is_terminal() {
        return Err(conflict(format!(
            "run {id} is over: it is {}",
            detail.run.phase.word()
        )));
    }
    let message = match find_recorder(&folder) {
        None if detail.run.is_unfinished() => {
            close(&folder, "terminated; its recorder was gone").await?;
            format!("the recorder of run {id} was gone; the run is recorded as stopped")
        }
        None => {
            return Err(conflict(format!(
                "the process that records run {id} cannot be found on this machine, so nothing was signalled"
            )));
        }
        Some(recorder) if immediate => {
            end(&recorder, &folder).await?;
            format!("run {id} and all that it started were killed")
        }
        Some(recorder) => {
            recorder.ask_to_end();
            let folder = folder.clone();
            tokio::spawn(async move {
                if !recorder.ended(grace).await {
                    // It is in the log of nobody who waits; the run itself tells what became of it.
                    let _ = end(&recorder, &folder).await;
                }
            });
            let seconds = grace.as_secs();
            format!("run {id} was asked to end; what is left of it in {seconds} s is killed")
        }
    };
    let (from, run) = (source.clone(), id.to_string());
    let now = blocking(move || find(&from, &run)).await?;
    let answer = json!({"run": encode::run(&now.run), "message": message});
    Ok((StatusCode::ACCEPTED, answer))
}

/// The living process that records this run.
pub(super) fn find_recorder(folder: &Path) -> Option<Recorder> {
    let pid = |value: Option<Value>| value?.get("pid")?.as_u64();
    // Who resumed the run wrote its own number; the first recorder's stands in run.json.
    [pid(last_start(folder)), pid(head_of(folder))]
        .into_iter()
        .flatten()
        .find_map(|pid| recorder(folder, pid))
}

/// Whether somebody is at work on the run, as far as can be told.
pub(super) fn is_at_work(detail: &Detail, folder: &Path) -> bool {
    let seems = !detail.run.phase.is_terminal() && !detail.run.is_unfinished();
    let locked = std::fs::File::open(folder.join("alive")).is_ok_and(|alive| {
        matches!(
            alive.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )
    });
    seems || locked
}

/// Kills a recorder with all that it started.
pub(super) async fn kill(recorder: &Recorder) -> Result<(), Problem> {
    recorder.kill();
    match recorder.ended(GONE).await {
        true => Ok(()),
        false => Err(Problem::broken(
            "the recorder was killed and has not ended yet",
        )),
    }
}

async fn end(recorder: &Recorder, folder: &Path) -> Result<(), Problem> {
    kill(recorder).await?;
    close(folder, "terminated: it was killed").await
}

/// Writes the end of a run whose recorder cannot.
async fn close(folder: &Path, reason: &'static str) -> Result<(), Problem> {
    let folder: PathBuf = folder.to_path_buf();
    blocking(move || {
        let taken = Recording::take_up(&folder);
        let (recording, held) = taken.map_err(|error| {
            Problem::broken(format!(
                "the end of the run could not be recorded: {}",
                words(&error)
            ))
        })?;
        recording.give_up(held, reason);
        Ok(())
    })
    .await
}
