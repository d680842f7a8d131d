//! Resuming: runs executioner's own command line, by its words and never through a shell. It goes on when the bridge ends.

use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use runboard_core::backend::runs_api::encode;
use runboard_core::model::Run;
use runboard_core::model::resume::planner::Profile;
use runboard_record::{RESUME_VARIABLE, RUN_VARIABLE, STEP_VARIABLE};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::at_work::Numbers;
use super::config::Config;
use super::hand::TAKEN_FOR_SEVERAL;
use super::{Executioner, mirror};
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::resume::Mode;
use crate::serve::complain;
use crate::source::{Detail, Source};

/// How long executioner may take to begin.
const BEGIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);
/// What it says beyond this is not told again.
const MAX_WORDS: usize = 2000;

fn conflict(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, why)
}

/// What is begun, and how its beginning is seen. Its run is held until it ends, whether or not somebody waits for that.
struct Begun {
    ended: oneshot::Receiver<std::io::Result<ExitStatus>>,
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
        let ended = begun.ended.try_recv().ok();
        let (from, run) = (source.clone(), id.to_string());
        let (newest, attempt) = (begun.newest, begun.attempt);
        let found = blocking(move || new_attempt(&from, &run, newest, attempt)).await;
        if let Ok(Some(detail)) = found {
            let message = format!(
                "run {} goes on as its attempt {}",
                detail.run.id, detail.run.attempt
            );
            let answer = json!({"run": encode::run(&detail.run), "message": message});
            return Ok((StatusCode::ACCEPTED, answer));
        }
        if ended.is_some() || since.elapsed() > BEGIN {
            let said = said(&begun.console);
            let how = match ended {
                Some(Ok(status)) => format!("ended with {status}"),
                Some(Err(error)) => format!("was started, and how it ended is not known ({error})"),
                None => "goes on".to_string(),
            };
            let why = match found {
                Ok(_) => format!("executioner {how} and has begun no attempt: {said}"),
                // A history may be away for a moment, and what was started goes on.
                Err(problem) => format!(
                    "executioner {how}, and nobody can tell whether it has begun an attempt ({}): {said}",
                    problem.detail
                ),
            };
            return Err(Problem::new(StatusCode::BAD_GATEWAY, why));
        }
        sleep(LOOK).await;
    }
}

/// What the resume has begun, once it is in the history. Blocks.
fn new_attempt(
    source: &Source,
    id: &str,
    newest: Option<i64>,
    attempt: u32,
) -> Result<Option<Detail>, Problem> {
    let detail = find(source, id)?;
    let new = source
        .look()
        .executioner()
        .and_then(Executioner::newest)
        .filter(|new| newest.is_some_and(|old| *new > old));
    // Before schema v7 a resume was a run of its own.
    match new {
        Some(new) => find(source, &new.to_string()).map(Some),
        None => Ok(Some(detail).filter(|detail| detail.run.attempt > attempt)),
    }
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
    if let Some(job) = skips.iter().find(|job| job.contains(',')) {
        return Err(conflict(format!(
            "{job} cannot be skipped: {TAKEN_FOR_SEVERAL}"
        )));
    }
    let at_work = executioner.at_work.clone();
    let mut runs = at_work.runs();
    let number = checked(&detail.run, &runs)?;
    let (plan, to_execute) = executioner
        .plan(id, mode, Profile::Actual, skips)
        .ok_or_else(missing)?;
    if plan.token != token {
        return Err(conflict(format!(
            "run {id} or its configuration has changed since the plan was made: look at a new one"
        )));
    }
    let (words, config) = executioner
        .to_run(number, mode, skips)
        .map_err(|why| conflict(format!("run {id} cannot be resumed from here: {why}")))?;
    let faults = config.faults();
    if !faults.is_empty() {
        let why = faults.join("; ");
        return Err(conflict(format!(
            "run {id} cannot be resumed: executioner ends with an error before it does anything, as {why}"
        )));
    }
    if to_execute == 0 {
        return Err(conflict(format!("there is nothing to resume in run {id}")));
    }
    let folder = detail.folder.clone().ok_or_else(missing)?;
    let (out, console) = mirror::console(&folder).map_err(Problem::broken)?;
    let mut command = command(&words, Some(config), out).map_err(Problem::broken)?;
    let program = words.first().map_or("", String::as_str);
    let mut child = command
        .spawn()
        .map_err(|error| Problem::broken(format!("{program} cannot be run: {error}")))?;
    let held = at_work.hold(&mut runs, number, None);
    drop(runs);
    let (tell, ended) = oneshot::channel();
    tokio::spawn(async move {
        let status = child.wait().await;
        drop(held);
        // Nobody may wait for it any more.
        let _ = tell.send(status);
    });
    if let Err(error) = executioner.keep(number, config, &words) {
        complain(&format!(
            "the start of run {id} cannot be written down beside the database: {error}"
        ));
    }
    Ok(Begun {
        ended,
        attempt: detail.run.attempt,
        newest: executioner.newest_if_runs_are_new(),
        console,
    })
}

/// The number of a run that rests; nobody else is at work on it.
pub(super) fn checked(run: &Run, held: &Numbers) -> Result<i64, Problem> {
    let id = &run.id;
    let number: i64 = id.parse().map_err(|_| Problem::no_run(id))?;
    let goes_on = !run.phase.is_terminal() && !run.is_unfinished() && run.raw_status == "RUNNING";
    match goes_on || held.contains_key(&number) {
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
