//! Resuming: runs executioner's own command line, by its words and never through a shell. It goes on when the bridge ends.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use runboard_core::backend::runs_api::encode;
use runboard_core::model::Run;
use runboard_core::model::resume::planner::Profile;
use runboard_record::{RESUME_VARIABLE, RUN_VARIABLE, STEP_VARIABLE};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::config::Config;
use super::{AtWork, mirror};
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::resume::Mode;
use crate::serve::complain;
use crate::source::Source;

/// How long executioner may take to begin.
const BEGIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);
/// What it says beyond this is not told again.
const MAX_WORDS: usize = 2000;

fn conflict(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, why)
}

/// What is begun, and how its beginning is seen.
struct Begun {
    child: Child,
    at_work: AtWork,
    number: i64,
    attempt: u32,
    newest: Option<i64>,
    console: std::path::PathBuf,
}

pub(crate) async fn resume(
    source: &Arc<Source>,
    id: &str,
    mode: Mode,
    token: String,
    skips: Vec<String>,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run) = (source.clone(), id.to_string());
    let handle = tokio::runtime::Handle::current();
    let mut begun = blocking(move || {
        // Processes are started from within the runtime.
        let _inside = handle.enter();
        begin(&from, &run, mode, &token, &skips)
    })
    .await?;
    let since = Instant::now();
    loop {
        // Looked at first: a short run may be over by now.
        let ended = begun.child.try_wait().map_err(Problem::broken)?;
        let (from, run, newest) = (source.clone(), id.to_string(), begun.newest);
        let (detail, new) = blocking(move || {
            let detail = find(&from, &run)?;
            let state = from.look();
            let new = state
                .executioner()
                .and_then(|ex| ex.newest())
                .filter(|new| newest.is_some_and(|old| *new > old));
            Ok((detail, new))
        })
        .await?;
        // Before schema v7 a resume was a run of its own.
        let found = match new {
            Some(new) => {
                let (from, new) = (source.clone(), new.to_string());
                Some(blocking(move || find(&from, &new)).await?)
            }
            None => (detail.run.attempt > begun.attempt).then_some(detail),
        };
        if let Some(detail) = found {
            let message = format!(
                "run {} goes on as its attempt {}",
                detail.run.id, detail.run.attempt
            );
            let answer = json!({"run": encode::run(&detail.run), "message": message});
            tokio::spawn(wait(begun));
            return Ok((StatusCode::ACCEPTED, answer));
        }
        if ended.is_some() || since.elapsed() > BEGIN {
            let said = said(&begun.console);
            let why = match ended {
                Some(status) => {
                    format!("executioner ended with {status} and began no attempt: {said}")
                }
                None => format!("executioner has begun no attempt yet, and goes on: {said}"),
            };
            tokio::spawn(wait(begun));
            return Err(Problem::new(StatusCode::BAD_GATEWAY, why));
        }
        sleep(LOOK).await;
    }
}

/// Until it has ended, nobody else resumes the run.
async fn wait(mut begun: Begun) {
    let _ = begun.child.wait().await;
    let mut at_work = begun.at_work.lock().unwrap_or_else(PoisonError::into_inner);
    at_work.remove(&begun.number);
}

fn begin(
    source: &Source,
    id: &str,
    mode: Mode,
    token: &str,
    skips: &[String],
) -> Result<Begun, Problem> {
    let detail = find(source, id)?;
    let state = source.look();
    let executioner = state.executioner().ok_or_else(|| Problem::no_run(id))?;
    let missing = || Problem::no_run(id);
    let at_work = executioner.at_work.clone();
    let mut held = at_work.lock().unwrap_or_else(PoisonError::into_inner);
    let number = checked(&detail.run, &held)?;
    let (plan, to_execute) = executioner
        .plan(id, mode, Profile::Actual, skips)
        .ok_or_else(missing)?;
    if plan.token != token {
        return Err(conflict(format!(
            "run {id} or its configuration has changed since the plan was made: look at a new one"
        )));
    }
    let Some((words, config)) = executioner.to_run(number, mode, skips) else {
        return Err(conflict(format!(
            "run {id} cannot be resumed from here: the bridge was given no command line (--executioner-command) or no configuration of its application (--executioner-config)"
        )));
    };
    if to_execute == 0 {
        return Err(conflict(format!("there is nothing to resume in run {id}")));
    }
    let folder = detail.folder.clone().ok_or_else(missing)?;
    let (out, console) = mirror::console(&folder).map_err(Problem::broken)?;
    let mut command = command(&words, Some(config), out).map_err(Problem::broken)?;
    let program = words.first().map_or("", String::as_str);
    let child = command
        .spawn()
        .map_err(|error| Problem::broken(format!("{program} cannot be run: {error}")))?;
    held.insert(number);
    if let Err(error) = executioner.keep(number, config, &words) {
        complain(&format!(
            "the start of run {id} cannot be written down beside the database: {error}"
        ));
    }
    drop(held);
    Ok(Begun {
        child,
        at_work,
        number,
        attempt: detail.run.attempt,
        newest: executioner.newest_if_runs_are_new(),
        console,
    })
}

/// The number of a run that rests; nobody else is at work on it.
pub(super) fn checked(run: &Run, held: &BTreeSet<i64>) -> Result<i64, Problem> {
    let id = &run.id;
    let number: i64 = id.parse().map_err(|_| Problem::no_run(id))?;
    let goes_on = !run.phase.is_terminal() && !run.is_unfinished() && run.raw_status == "RUNNING";
    match goes_on || held.contains(&number) {
        true => Err(conflict(format!(
            "run {id} is still going on, or is being resumed"
        ))),
        false => Ok(number),
    }
}

/// executioner's command line, word by word, in a group of its own, in the configuration's folder, which prints into `out`.
pub(super) fn command(
    words: &[String],
    config: Option<&Config>,
    out: File,
) -> std::io::Result<Command> {
    let both = out.try_clone()?;
    let mut words = words.iter();
    let mut command = Command::new(words.next().map_or("", String::as_str));
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(both);
    let home = config.and_then(|config| config.path.parent());
    if let Some(home) = home.filter(|home| home.is_dir()) {
        command.current_dir(home);
    }
    for name in [
        RUN_VARIABLE,
        STEP_VARIABLE,
        RESUME_VARIABLE,
        "RUNBOARD_ECHO",
    ] {
        command.env_remove(name);
    }
    // Python keeps its words to itself when nobody sits at a terminal.
    command.env("PYTHONUNBUFFERED", "1");
    #[cfg(unix)]
    command.process_group(0);
    Ok(command)
}

/// The last of what it printed.
pub(super) fn said(console: &Path) -> String {
    let said = std::fs::read(console).unwrap_or_default();
    let tail = said
        .get(said.len().saturating_sub(MAX_WORDS)..)
        .unwrap_or_default();
    String::from_utf8_lossy(tail).trim().to_string()
}
