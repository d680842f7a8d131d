//! `runboard-bridge resume`: runs again what has not succeeded in a recorded run; the same run goes on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use runboard_core::model::Phase;
use runboard_core::model::resume::PlanVerb;
use runboard_record::{
    Echo, RESUME_VARIABLE, Recording, RunOutcome, StepOutcome, Stream, default_dir, exit_code,
    is_run_id, words,
};

use super::Mode;
use super::recorded::{Plan, Todo};
use crate::record_cmd::signals::Signals;
use crate::record_cmd::{exit, until_end};
use crate::source::recorded;

/// The run is another one's now, or has changed since the plan (sysexits' EX_TEMPFAIL).
pub(crate) const NOT_NOW: u8 = 75;

/// Runs again what has not succeeded in a recorded run; the same run goes on, with a new attempt for each step
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run's id
    run: String,
    /// Where runs are recorded [default: $RUNBOARD_DIR, else .runboard of the clone, else ./.runboard]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Which steps: all that have not succeeded, or only those that failed
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// Only if the plan with this token still holds
    #[arg(long, hide = true)]
    token: Option<String>,
    /// Print nothing of what the commands print
    #[arg(long)]
    quiet: bool,
}

/// Exit code 0 when the run has succeeded now, 75 when it cannot be resumed now, else that of the command that failed.
pub(crate) async fn resume(args: ResumeArgs) -> ExitCode {
    match try_resume(args).await {
        Ok(code) => exit(code),
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "runboard-bridge: {why}");
            ExitCode::from(NOT_NOW)
        }
    }
}

async fn try_resume(args: ResumeArgs) -> Result<i32, String> {
    let id = &args.run;
    let folder = args.dir.unwrap_or_else(default_dir).join("runs").join(id);
    let there = std::fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
    if !is_run_id(id) || !there {
        return Err(format!("there is no run {id} in {}", folder.display()));
    }
    let taken = Recording::take_up(&folder);
    let (recording, held) =
        taken.map_err(|error| format!("run {id} cannot be resumed: {}", words(&error)))?;
    // Nobody else resumes it from here on, so what is read now holds.
    let (run, steps) = recorded(&folder, id).ok_or_else(|| format!("there is no run {id}"))?;
    let going_on = !run.phase.is_terminal() && !run.is_unfinished();
    let plan = Plan::of(&folder, &run, &steps, args.mode, going_on)
        .map_err(|error| format!("run {id}: {}", words(&error)))?;
    if going_on {
        return Err(format!("run {id} is still going on"));
    }
    if args.token.is_some_and(|token| token != plan.token) {
        return Err(format!("run {id} has changed since the plan was made"));
    }
    if plan.todo.is_empty() {
        return Err(format!("there is nothing to resume in run {id}"));
    }
    let before = recording.events_so_far();
    let attempt = run.attempt.saturating_add(1);
    recording
        .goes_on(attempt, held)
        .map_err(|error| words(&error))?;
    let echo = if args.quiet {
        Echo::Quiet
    } else {
        Echo::Terminal
    };
    let mut signals = Signals::listen();
    for todo in &plan.todo {
        match one(&recording, todo, before, echo, &mut signals).await {
            (StepOutcome::Succeeded, _, _) => {}
            (outcome, code, reason) => {
                let end = match outcome {
                    StepOutcome::Canceled => RunOutcome::Stopped,
                    _ => RunOutcome::Failed,
                };
                recording.finish(end, Some(code), reason.as_deref());
                return Ok(code);
            }
        }
    }
    // What was to be left alone, and is not well: the rest has just been run.
    let alone = |key: &str| {
        plan.steps
            .iter()
            .any(|step| step.key == key && matches!(step.plan, PlanVerb::Skip | PlanVerb::Blocked))
    };
    let left = recorded(&folder, id).and_then(|(_, steps)| {
        steps.into_iter().find(|step| {
            let well = step.phase.is_success() || step.phase == Phase::Skipped;
            !well && !step.attempts.is_empty() && alone(&step.key)
        })
    });
    match left {
        None => {
            recording.finish(RunOutcome::Succeeded, Some(0), None);
            Ok(0)
        }
        Some(step) => {
            let reason = format!("{} was not run again and has not succeeded", step.key);
            recording.finish(RunOutcome::Failed, Some(1), Some(&reason));
            Ok(1)
        }
    }
}

/// Runs one command as the next attempt of its step.
async fn one(
    recording: &Recording,
    todo: &Todo,
    before: u64,
    echo: Echo,
    signals: &mut Signals,
) -> (StepOutcome, i32, Option<String>) {
    let step = recording.command_step(&todo.key, &todo.argv, &todo.cwd);
    let Some((program, arguments)) = todo.argv.split_first() else {
        return (StepOutcome::Failed, 1, None);
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(Path::new(&todo.cwd))
        .stdin(Stdio::null())
        .env(RESUME_VARIABLE, before.to_string());
    let ended = match step.spawn(&mut command, echo) {
        Ok(running) => until_end(running, signals).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok((status, None)) => (StepOutcome::of(status), step.finish_with(status), None),
        Ok((status, Some(stop))) => {
            let (code, reason) = (exit_code(status), format!("stopped by {}", stop.name()));
            step.finish(StepOutcome::Canceled, Some(code), Some(&reason));
            (StepOutcome::Canceled, code, Some(reason))
        }
        Err(error) => {
            let reason = format!("cannot run {program}: {}", words(&error));
            step.line(Stream::Sys, &reason);
            step.finish(StepOutcome::Failed, Some(126), Some(&reason));
            (
                StepOutcome::Failed,
                126,
                Some(format!("{}: {reason}", todo.key)),
            )
        }
    }
}
