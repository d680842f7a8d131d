//! `runboard-bridge record`: runs one command as a recorded run, and is otherwise as if it were not there: the command has
//! our stdin, its output is printed as it comes, signals reach it, and its exit code is ours.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Duration;

use clap::Args;
use runboard_record::{
    Echo, Options, RESUME_VARIABLE, Recording, RunOutcome, Running, StepOutcome, Stream,
    default_dir, exit_code, words,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use self::signals::{Signals, Stop};

pub(crate) mod signals;

/// How long a command that may have had a Ctrl-C already is left to end by itself before it is sent to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a command and records it: its output, its time and its result
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// The name under which runs of the same work are found
    #[arg(long, value_name = "NAME")]
    job: String,
    /// Where runs are recorded [default: $RUNBOARD_DIR, else .runboard of the clone, else ./.runboard]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// A label of the run; may be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// The name of the step [default: the command's file name; within a recorded run the job]
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// The new run's id, chosen by who starts us
    #[arg(long, hide = true, value_name = "ID")]
    run_id: Option<String>,
    /// The run that this one re-executes
    #[arg(long, hide = true, value_name = "ID")]
    parent: Option<String>,
    /// The first run of that family
    #[arg(long, hide = true, value_name = "ID")]
    root: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(String::from("a tag is KEY=VALUE")),
    }
}

/// Runs the command to its end. The exit code is the command's own, 128 + n when signal n ended it, 127 when there is no
/// such command and 126 when it cannot be run.
pub(crate) async fn record(args: RecordArgs) -> ExitCode {
    let Some((program, arguments)) = args.command.split_first() else {
        return ExitCode::from(2);
    };
    let mut options = Options::new(args.dir.unwrap_or_else(default_dir), &args.job);
    let argv: Vec<String> = args
        .command
        .iter()
        .map(|word| word.to_string_lossy().into())
        .collect();
    options.command.clone_from(&argv);
    options.tags.extend(args.tags);
    (options.run_id, options.parent, options.root) = (args.run_id, args.parent, args.root);
    let recording = Recording::open(options);

    let own_name = || {
        Path::new(program)
            .file_name()
            .unwrap_or(program)
            .to_string_lossy()
            .into()
    };
    let by_default = || {
        if recording.is_joined() {
            args.job.clone()
        } else {
            own_name()
        }
    };
    let name = args.step.clone().unwrap_or_else(by_default);
    let cwd = std::env::current_dir().unwrap_or_default();
    if let Some(attempt) = done_before(&recording, &name, &argv, &cwd) {
        let words = format!("{name} is passed over: it succeeded in attempt {attempt}");
        recording.line(Stream::Sys, &words);
        return ExitCode::SUCCESS;
    }
    let step = recording.command_step(&name, &argv, &cwd);

    // Listening begins before the command does, so that no signal ends us while it runs on.
    let mut signals = Signals::listen();
    let mut command = Command::new(program);
    let ended = match step.spawn(command.args(arguments), Echo::Terminal) {
        Ok(running) => until_end(running, &mut signals).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok((status, None)) => {
            let code = step.finish_with(status);
            recording.finish(RunOutcome::of(status), Some(code), None);
            exit(code)
        }
        Ok((status, Some(stop))) => {
            let (code, reason) = (exit_code(status), format!("stopped by {}", stop.name()));
            step.finish(StepOutcome::Canceled, Some(code), Some(&reason));
            recording.finish(RunOutcome::Stopped, Some(code), Some(&reason));
            exit(code)
        }
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound {
                127
            } else {
                126
            };
            let reason = format!(
                "cannot run {}: {}",
                program.to_string_lossy(),
                words(&error)
            );
            let _ = writeln!(io::stderr(), "runboard: {reason}");
            step.line(Stream::Sys, &reason);
            step.finish(StepOutcome::Failed, Some(code), Some(&reason));
            recording.finish(RunOutcome::Failed, Some(code), Some(&reason));
            exit(code)
        }
    }
}

/// When a run is resumed, commands of it that have succeeded are not run again. Gives the attempt in which this one did.
fn done_before(recording: &Recording, name: &str, argv: &[String], cwd: &Path) -> Option<u64> {
    let before = std::env::var(RESUME_VARIABLE).ok()?.parse().ok()?;
    recording.succeeded_before(name, argv, cwd, before)
}

pub(crate) fn exit(code: i32) -> ExitCode {
    // The system keeps the lowest eight bits of an exit code.
    ExitCode::from((code & 0xff) as u8)
}

/// Waits for the command while passing signals on to it. Gives how it ended, and the signal that made us stop it.
pub(crate) async fn until_end(
    mut running: Running,
    signals: &mut Signals,
) -> io::Result<(ExitStatus, Option<Stop>)> {
    let pid = running.id();
    let (tell_end, mut end) = oneshot::channel();
    let (tell_output, mut output) = oneshot::channel();
    // Not the runtime's thread: it would be waited for at our end, also when a process that was left behind prints for ever.
    thread::Builder::new()
        .name(String::from("command"))
        .spawn(move || {
            let _ = tell_end.send(running.wait_command());
            let _ = running.wait();
            let _ = tell_output.send(());
        })?;

    let mut first: Option<Stop> = None;
    let mut pending: Option<(Instant, Stop)> = None;
    let status = loop {
        let due = pending.map_or_else(Instant::now, |(due, _)| due);
        tokio::select! {
            ended = &mut end => break ended.map_err(io::Error::other)??,
            stop = signals.next() => {
                if first.is_none() && stop.may_have_reached_our_group() {
                    pending = Some((Instant::now() + PATIENCE, stop));
                } else {
                    stop.send_to(pid);
                }
                first = first.or(Some(stop));
            }
            () = sleep_until(due), if pending.is_some() => {
                if let Some((_, stop)) = pending.take() && !stop.came_from_our_terminal() {
                    stop.send_to(pid);
                }
            }
        }
    };
    if first.is_none() {
        first = signals.before_the_end(exit_code(status)).await;
    }
    tokio::select! {
        _ = &mut output => {}
        _ = signals.next() => {}
    }
    Ok((status, first))
}
