//! Marking a failed job as done by hand: `executioner.py --mark-success`, by its words and never through a shell, as a resume is run.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use runboard_core::backend::runs_api::encode;
use runboard_core::model::resume::planner::Profile;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Child;
use tokio::time::timeout;

use super::at_work::Held;
use super::hand::TAKEN_FOR_SEVERAL;
use super::kept::Mark;
use super::mirror;
use super::run_cli::{checked, command, said};
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::resume::Mode;
use crate::serve::complain;
use crate::source::Source;

/// How long the command line may take. It changes a few rows.
const LONGEST: Duration = Duration::from_secs(20);
const SUCCESS: &str = "SUCCESS";

fn conflict(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, why)
}

/// What is begun.
struct Begun {
    child: Child,
    held: Held,
    mark: Mark,
    console: PathBuf,
}

pub(crate) async fn mark(
    source: &Arc<Source>,
    id: &str,
    job: &str,
    token: String,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run, key) = (source.clone(), id.to_string(), job.to_string());
    let handle = tokio::runtime::Handle::current();
    let Begun {
        mut child,
        held,
        mark,
        console,
    } = blocking(move || {
        // Processes are started from within the runtime.
        let _inside = handle.enter();
        begin(&from, &run, &key, &token)
    })
    .await?;
    // It asks whether that is meant; whoever asked us has agreed to it.
    if let Some(mut to) = child.stdin.take() {
        // One that does not ask may be gone by now.
        let _ = to.write_all(b"y\n").await;
    }
    let ended = match timeout(LONGEST, child.wait()).await {
        Ok(ended) => ended.map_err(Problem::broken)?.to_string(),
        Err(_) => {
            let _ = child.kill().await;
            format!("nothing within {} s, and was ended", LONGEST.as_secs())
        }
    };
    let (from, run, key) = (source.clone(), id.to_string(), job.to_string());
    blocking(move || {
        let detail = find(&from, &run)?;
        let state = from.look();
        let executioner = state.executioner().ok_or_else(|| Problem::no_run(&run))?;
        let number = held.number;
        let now = executioner.status(number, &key);
        // What the rows say counts, not what the command line says of itself.
        if now.as_deref() != Some(SUCCESS) {
            let why = format!(
                "executioner ended with {ended} and {key} is not marked: {}",
                said(&console)
            );
            return Err(Problem::new(StatusCode::BAD_GATEWAY, why));
        }
        if let Err(error) = executioner.kept.marked(number, &mark) {
            complain(&format!(
                "that {key} of run {run} was marked cannot be written down beside the database: {error}"
            ));
        }
        // From now on it is known from there.
        drop(held);
        let message = format!("{key} is marked as {SUCCESS}: a resume of run {run} leaves it alone");
        let answer = json!({"run": encode::run(&detail.run), "message": message});
        Ok((StatusCode::ACCEPTED, answer))
    })
    .await
}

fn begin(source: &Source, id: &str, job: &str, token: &str) -> Result<Begun, Problem> {
    let detail = find(source, id)?;
    let state = source.look();
    let executioner = state.executioner().ok_or_else(|| Problem::no_run(id))?;
    let at_work = executioner.at_work.clone();
    let mut runs = at_work.runs();
    let number = checked(&detail.run, &runs)?;
    let plan = executioner.plan(id, Mode::Incomplete, Profile::Actual, &[]);
    let (plan, _) = plan.ok_or_else(|| Problem::no_run(id))?;
    if plan.token != token {
        return Err(conflict(format!(
            "run {id} or its configuration has changed since the plan was made: look at a new one"
        )));
    }
    match executioner.status(number, job).as_deref() {
        Some("FAILED" | "ERROR" | "TIMEOUT") => {}
        Some(other) => {
            return Err(conflict(format!(
                "{job} cannot be marked: it is {other}, and only FAILED, ERROR and TIMEOUT can be"
            )));
        }
        None => {
            return Err(conflict(format!(
                "{job} cannot be marked: run {id} has no row of it"
            )));
        }
    }
    if job.contains(',') {
        return Err(conflict(format!(
            "{job} cannot be marked from here: {TAKEN_FOR_SEVERAL}"
        )));
    }
    let Some((words, config)) = executioner.to_mark(number, job) else {
        return Err(conflict(
            "no job can be marked from here: the bridge was given no command line (--executioner-command)",
        ));
    };
    let folder = detail.folder.clone().ok_or_else(|| Problem::no_run(id))?;
    let (out, console) = mirror::console(&folder).map_err(Problem::broken)?;
    let mut command = command(&words, config, out).map_err(Problem::broken)?;
    let program = words.first().map_or("", String::as_str);
    let child = command
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Problem::broken(format!("{program} cannot be run: {error}")))?;
    // Whoever looks before it is written down is told of it too.
    let mark = Mark::new(job);
    let held = at_work.hold(&mut runs, number, Some(mark.clone()));
    Ok(Begun {
        child,
        held,
        mark,
        console,
    })
}
