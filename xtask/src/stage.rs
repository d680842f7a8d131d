//! A command's stages: each is a line on the terminal with its time and a step of the recorded run with its output.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use runboard_record::{Options, Recording, RunOutcome, Step, StepOutcome, Stream};

use crate::fail::{Done, Excerpt, Fail, advice};
use crate::proc::{self, Event};

/// A long stage says that it lives this often.
const HEARTBEAT: Duration = Duration::from_secs(15);
const WIDTH: usize = 78;

/// One `cargo xtask` command.
pub(crate) struct Session {
    recording: Recording,
    verbose: bool,
    started: Instant,
}

impl Session {
    pub(crate) fn start(job: &str, stages: &[&str], verbose: bool) -> Self {
        let mut options = Options::new(runboard_record::default_dir(), job);
        // As it was typed, not where cargo keeps this program.
        options.command = ["cargo", "xtask"]
            .map(String::from)
            .into_iter()
            .chain(std::env::args().skip(1))
            .collect();
        if let Some(branch) = branch() {
            options = options.tag("branch", branch);
        }
        let recording = Recording::open(options);
        recording.plan(stages);
        Self {
            recording,
            verbose,
            started: Instant::now(),
        }
    }

    /// Does one stage: its end is printed with its time, and its failure with what the tools said last.
    pub(crate) fn stage<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Stage<'_>) -> Done<T>,
    ) -> Done<T> {
        if proc::stop_asked() {
            return Err(Fail::stopped());
        }
        let step = self.recording.step(name);
        let mut stage = Stage {
            name,
            step: &step,
            verbose: self.verbose,
            started: Instant::now(),
            beat: Instant::now(),
            live: std::io::stdout().is_terminal() && !self.verbose,
            note: String::new(),
            heard: Excerpt::default(),
        };
        stage.progress();
        let result = work(&mut stage);
        let (word, outcome, code) = match &result {
            Ok(_) => ("ok", StepOutcome::Succeeded, Some(0)),
            Err(fail) if fail.stopped => ("stopped", StepOutcome::Canceled, fail.exit),
            Err(fail) => ("failed", StepOutcome::Failed, fail.exit),
        };
        stage.close(word);
        let reason = result.as_ref().err().map(ToString::to_string);
        if let Err(fail) = &result
            && !fail.stopped
        {
            tell(fail, self.verbose);
            step.line(Stream::Sys, &fail.to_string());
        }
        step.finish(outcome, code, reason.as_deref());
        result
    }

    /// Said once, where the packages could not be had and the command goes on.
    pub(crate) fn without_optimiser(&self) {
        let text = "the app is built in one piece and without the optimiser, so it is larger; tests and releases need it";
        self.recording.line(Stream::Sys, text);
        println!("  {text}");
    }

    pub(crate) fn verbose(&self) -> bool {
        self.verbose
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Closes the record and gives the exit code of the whole command.
    pub(crate) fn finish(self, result: Done) -> ExitCode {
        let (outcome, code, reason) = match result {
            Ok(()) => (RunOutcome::Succeeded, 0, None),
            Err(fail) if fail.stopped => (RunOutcome::Stopped, 130, Some(fail.what)),
            Err(fail) => (RunOutcome::Failed, 1, Some(fail.what)),
        };
        if outcome == RunOutcome::Stopped {
            println!("  stopped after {}", seconds(self.started.elapsed()));
        }
        self.recording
            .finish(outcome, Some(i32::from(code)), reason.as_deref());
        ExitCode::from(code)
    }
}

/// Prints a failure: the end of the output, then the line that says what to do.
fn tell(fail: &Fail, shown: bool) {
    let mut text = String::new();
    if !shown {
        for line in &fail.tail {
            text.push_str(&format!("    | {line}\n"));
        }
    }
    eprintln!("{text}  error: {fail}");
}

pub(crate) struct Stage<'a> {
    name: &'a str,
    step: &'a Step,
    verbose: bool,
    started: Instant,
    beat: Instant,
    /// The line of this stage is rewritten in place.
    live: bool,
    note: String,
    heard: Excerpt,
}

impl Stage<'_> {
    /// Runs a tool. Its output goes to the record; the end of it is shown when it fails.
    pub(crate) fn run(&mut self, command: &mut Command) -> Done {
        self.run_with(command, |_| ())
    }

    /// The same, handing on each line.
    pub(crate) fn run_with(&mut self, command: &mut Command, mut each: impl FnMut(&str)) -> Done {
        let shown = command_line(command);
        self.say(&format!("$ {shown}"));
        self.heard = Excerpt::default();
        let ended = proc::run(command, |event| match event {
            Event::Line(stream, line) => {
                self.step.write(stream, line);
                self.step.write(stream, b"\n");
                let text = String::from_utf8_lossy(line);
                each(&text);
                self.hear(&text);
            }
            Event::Tick => self.progress(),
        });
        let ended = ended.map_err(|error| {
            Fail::new(
                format!("{shown} did not start: {error}"),
                "`cargo xtask doctor` shows what is missing",
            )
        })?;
        if ended.stopped {
            return Err(Fail {
                exit: Some(130),
                ..Fail::stopped()
            });
        }
        if ended.status.success() {
            return Ok(());
        }
        let tail = self.heard.lines();
        let mend = advice(&tail).unwrap_or("the lines above say why; -v shows all of the output");
        Err(Fail {
            what: format!("{shown}: {}", reason(ended.status)),
            mend: String::from(mend),
            tail,
            exit: Some(runboard_record::exit_code(ended.status)),
            stopped: false,
        })
    }

    fn hear(&mut self, text: &str) {
        if self.verbose {
            println!("    {text}");
        }
        self.heard.add(text);
        self.progress();
    }

    /// A line of our own for the record, and for the terminal with -v.
    pub(crate) fn say(&mut self, text: &str) {
        self.step.line(Stream::Sys, text);
        if self.verbose {
            println!("    {text}");
        }
    }

    /// A line for the terminal and the record.
    pub(crate) fn show(&mut self, text: &str) {
        self.wipe();
        self.step.line(Stream::Out, text);
        println!("  {text}");
    }

    /// What stands behind the stage's name when it has ended.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.note = text.into();
    }

    fn progress(&mut self) {
        let due = if self.live {
            Duration::from_secs(1)
        } else {
            HEARTBEAT
        };
        let first = self.live && self.started.elapsed() < Duration::from_millis(50);
        if self.verbose || (self.beat.elapsed() < due && !first) {
            return;
        }
        self.beat = Instant::now();
        let line = format!(
            "  {:>9}  {:>7}  {}  {}",
            "...",
            seconds(self.started.elapsed()),
            self.name,
            self.heard.last().trim()
        );
        let line: String = line
            .chars()
            .filter(|c| !c.is_control())
            .take(WIDTH)
            .collect();
        if self.live {
            print!("\r\x1b[2K{line}");
            let _ = std::io::stdout().flush();
        } else {
            println!("{}", line.trim_end());
        }
    }

    fn wipe(&self) {
        if self.live {
            print!("\r\x1b[2K");
        }
    }

    fn close(&self, word: &str) {
        self.wipe();
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!("  ({})", self.note)
        };
        println!(
            "  {word:>9}  {:>7}  {}{note}",
            seconds(self.started.elapsed()),
            self.name
        );
    }
}

fn reason(status: std::process::ExitStatus) -> String {
    status.code().map_or_else(
        || {
            format!(
                "ended by signal {}",
                runboard_record::exit_code(status) - 128
            )
        },
        |code| format!("exit code {code}"),
    )
}

/// A command as one would type it, without the folders of its program.
pub(crate) fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn seconds(time: Duration) -> String {
    let tenths = time.as_millis().saturating_add(50) / 100;
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{}m {:02}s", tenths / 600, tenths / 10 % 60)
    }
}

/// The branch that is checked out, read without git.
fn branch() -> Option<String> {
    let head = std::fs::read_to_string(".git/HEAD").ok()?;
    head.trim()
        .strip_prefix("ref: refs/heads/")
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let of = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(of(40), "0.0 s");
        assert_eq!(of(12_340), "12.3 s");
        assert_eq!(of(59_940), "59.9 s");
        assert_eq!(of(59_960), "1m 00s");
        assert_eq!(of(135_000), "2m 15s");
    }

    #[test]
    fn a_command_is_shown_without_its_folder() {
        let mut command = Command::new("/somewhere/bin/trunk");
        command.args(["build", "--release"]);
        assert_eq!(command_line(&command), "trunk build --release");
    }
}
