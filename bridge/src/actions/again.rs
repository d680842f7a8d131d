//! Running again: a run as a new one, or what has not succeeded in it. Both are work of another process of this program, which
//! goes on when the bridge ends.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use runboard_core::backend::runs_api::encode;
use runboard_record::{RESUME_VARIABLE, RUN_VARIABLE, STEP_VARIABLE, new_run_id};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::conflict;
use super::terminate::is_at_work;
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::resume::Mode;
use crate::resume::cmd::NOT_NOW;
use crate::resume::recorded::Plan;
use crate::source::{Detail, Source, events, head_of};

/// How long a recorder may take to begin.
const BEGIN: Duration = Duration::from_secs(10);
/// How often it is looked for meanwhile.
const LOOK: Duration = Duration::from_millis(10);
/// What a recorder says beyond this is not told.
const MAX_WORDS: u64 = 4096;

pub(super) async fn reexecute(
    source: &Arc<Source>,
    id: &str,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run) = (source.clone(), id.to_string());
    let (id_of_new, command) = blocking(move || {
        let detail = find(&from, &run)?;
        like(&detail, &run)
    })
    .await?;
    let look = || {
        let (from, run) = (source.clone(), id_of_new.clone());
        blocking(move || Ok(from.look().head(&run)))
    };
    match begun(command, look).await? {
        Ok(run) => {
            let message = format!("run {id_of_new} re-executes run {id}");
            let answer = json!({"run": encode::run(&run), "message": message});
            Ok((StatusCode::ACCEPTED, answer))
        }
        Err(ended) => Err(Problem::broken(format!(
            "the run could not be started: {}",
            ended.words.trim()
        ))),
    }
}

/// The command that records the same once more, and the new run's id.
fn like(detail: &Detail, id: &str) -> Result<(String, Command), Problem> {
    let Some(folder) = &detail.folder else {
        let why = format!(
            "run {id} cannot be re-executed: its folder is gone, and nothing else says where it ran"
        );
        return Err(conflict(why));
    };
    let head = head_of(folder).unwrap_or(Value::Null);
    let text = |key: &str| {
        head.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let words = head.get("command").and_then(Value::as_array);
    let command: Option<Vec<&str>> =
        words.map(|words| words.iter().filter_map(Value::as_str).collect());
    let whole = words.map_or(0, Vec::len);
    let Some(command) = command.filter(|words| !words.is_empty() && words.len() == whole) else {
        return Err(conflict(format!(
            "run {id} cannot be re-executed: its run.json holds no command"
        )));
    };
    let Some(cwd) =
        text("cwd").filter(|cwd| Path::new(cwd).is_absolute() && Path::new(cwd).is_dir())
    else {
        let cwd = text("cwd").unwrap_or("where it ran");
        return Err(conflict(format!(
            "run {id} cannot be re-executed: its folder {cwd} is not there"
        )));
    };
    if command.iter().any(|word| word.contains('\u{fffd}')) || cwd.contains('\u{fffd}') {
        let why = "an argument is no UTF-8 text, so it was not recorded exactly";
        return Err(conflict(format!("run {id} cannot be re-executed: {why}")));
    }
    let new = new_run_id();
    let mut recorder = own(&["record"], folder)?;
    recorder
        .arg(format!("--job={}", text("job").unwrap_or_default()))
        .arg(format!("--run-id={new}"))
        .arg(format!("--parent={id}"))
        .arg(format!(
            "--root={}",
            text("root").or(text("parent")).unwrap_or(id)
        ));
    for (key, value) in head
        .get("tags")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if key.is_empty() || key.contains('=') {
            return Err(conflict(format!(
                "run {id} cannot be re-executed: its tag {key:?} cannot be given to another run"
            )));
        }
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), String::from);
        recorder.arg(format!("--tag={key}={value}"));
    }
    if let Some(step) = step_of(folder, &command) {
        recorder.arg(format!("--step={step}"));
    }
    recorder.arg("--").args(command).current_dir(cwd);
    Ok((new, recorder))
}

/// The step that the run's own command was.
fn step_of(folder: &Path, command: &[&str]) -> Option<String> {
    let mut step = None;
    let take = &mut |event: events::Event| {
        let is = event.detail.get("argv") == Some(&json!(command))
            && event.detail.get("within").is_none();
        if is && event.detail.get("status") == Some(&json!("running")) {
            step = event.step;
        }
        step.is_none()
    };
    events::read(&folder.join("events.jsonl"), 0, 0, take).ok()?;
    step
}

pub(super) async fn resume(
    source: &Arc<Source>,
    id: &str,
    mode: Mode,
    token: String,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run) = (source.clone(), id.to_string());
    let (command, attempt) = blocking(move || {
        let detail = find(&from, &run)?;
        let Some(folder) = &detail.folder else {
            return Err(conflict(format!(
                "run {run} cannot be resumed: its folder is gone"
            )));
        };
        if is_at_work(&detail, folder) {
            return Err(conflict(format!(
                "run {run} is still going on, or is being resumed"
            )));
        }
        let plan =
            Plan::of(folder, &detail.run, &detail.steps, mode, false).map_err(Problem::broken)?;
        if plan.token != token {
            return Err(conflict(format!(
                "run {run} has changed since the plan was made: look at a new one"
            )));
        }
        if plan.todo.is_empty() {
            return Err(conflict(format!("there is nothing to resume in run {run}")));
        }
        let mut command = own(&["resume", "--quiet", "--mode", mode.word()], folder)?;
        command.args(["--token", &token, "--", &run]);
        Ok((command, detail.run.attempt))
    })
    .await?;
    let look = || {
        let (from, run) = (source.clone(), id.to_string());
        blocking(move || {
            let found = find(&from, &run)?.run;
            Ok((found.attempt > attempt).then_some(found))
        })
    };
    match begun(command, look).await? {
        Ok(run) => {
            let message = format!("run {id} goes on as its attempt {}", run.attempt);
            let answer = json!({"run": encode::run(&run), "message": message});
            Ok((StatusCode::ACCEPTED, answer))
        }
        Err(ended) => {
            let why = ended.words.trim().trim_start_matches("runboard-bridge: ");
            Err(match ended.code {
                Some(code) if code == i32::from(NOT_NOW) => conflict(why),
                _ => Problem::broken(format!("run {id} could not be resumed: {why}")),
            })
        }
    }
}

/// A recorder that did not begin.
struct Ended {
    code: Option<i32>,
    /// What it said.
    words: String,
}

/// Starts a recorder, and waits until `look` finds what it makes.
async fn begun<T, F>(
    command: Command,
    mut look: impl FnMut() -> F,
) -> Result<Result<T, Ended>, Problem>
where
    F: Future<Output = Result<Option<T>, Problem>>,
{
    let (mut child, said) = start(command)?;
    let begun = Instant::now();
    loop {
        // Before it is looked for: a short run may be over by now.
        let ended = child.try_wait().map_err(Problem::broken)?;
        if let Some(found) = look().await? {
            tokio::spawn(async move { child.wait().await });
            return Ok(Ok(found));
        }
        if ended.is_some() || begun.elapsed() > BEGIN {
            return Ok(Err(Ended {
                code: ended.and_then(|status| status.code()),
                words: words_of(said).await,
            }));
        }
        sleep(LOOK).await;
    }
}

/// What a recorder has said, if it has ended.
async fn words_of(said: JoinHandle<String>) -> String {
    let words = timeout(Duration::from_secs(1), said).await;
    words.ok().and_then(Result::ok).unwrap_or_default()
}

/// This very program, told where `folder`'s run is recorded.
fn own(words: &[&str], folder: &Path) -> Result<Command, Problem> {
    let program = std::env::current_exe().map_err(Problem::broken)?;
    let dir: Option<PathBuf> = std::fs::canonicalize(folder)
        .ok()
        .and_then(|folder| Some(folder.parent()?.parent()?.to_path_buf()));
    let mut command = Command::new(program);
    command.args(words);
    if let Some(dir) = dir {
        command.arg("--dir").arg(dir);
    }
    Ok(command)
}

/// Starts a recorder in a group of its own, which neither our terminal nor our end reaches. What it says comes when it has ended.
fn start(mut command: Command) -> Result<(Child, JoinHandle<String>), Problem> {
    for name in [
        RUN_VARIABLE,
        STEP_VARIABLE,
        RESUME_VARIABLE,
        "RUNBOARD_ECHO",
    ] {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| {
        Problem::broken(format!("this program could not be started again: {error}"))
    })?;
    let stderr = child.stderr.take();
    let said = tokio::spawn(async move {
        let mut words = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(MAX_WORDS).read_to_end(&mut words).await;
            // Read on, so that it never waits for us.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&words).into_owned()
    });
    Ok((child, said))
}
