//! Child processes: each in a group of its own, so that it can be ended with everything it started.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use runboard_record::{RUN_VARIABLE, Stream};

const TICK: Duration = Duration::from_millis(100);
/// After Ctrl-C a child is asked, asked again, and then ended.
const PATIENCE: [(Duration, &str); 3] = [
    (Duration::ZERO, "INT"),
    (Duration::from_millis(2500), "TERM"),
    (Duration::from_secs(5), "KILL"),
];
const LINE_LIMIT: u64 = 64 * 1024;

static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on Ctrl-C, a closed terminal and `kill` ask for a stop, and nothing dies before its children.
pub(crate) fn listen() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(STOP.get_or_init(Arc::default)))?;
    }
    Ok(())
}

pub(crate) fn stop_asked() -> bool {
    STOP.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// A command without what cargo set for this program, so that a build by hand and a build from here are the same build;
/// and without the record of this run, so that what a test records stays its own.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    const CARGO: &[&str] = &[
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ];
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command.env_remove(RUN_VARIABLE).env_remove("OUT_DIR");
    command
}

/// A child and all that it starts.
pub(crate) struct Group {
    child: Child,
    asked: Option<Instant>,
    level: usize,
    over: bool,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(Self {
            child,
            asked: None,
            level: 0,
            over: false,
        })
    }

    /// The same with a channel on which its lines arrive.
    pub(crate) fn spawn_heard(command: &mut Command) -> io::Result<(Self, Receiver<Line>)> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Self::spawn(command)?;
        let (send, lines) = mpsc::sync_channel(1024);
        pump(group.child.stdout.take(), Stream::Out, &send);
        pump(group.child.stderr.take(), Stream::Err, &send);
        Ok((group, lines))
    }

    /// Asks the group to end; called again, it gets less patient.
    pub(crate) fn ask(&mut self) {
        let since = *self.asked.get_or_insert_with(Instant::now);
        while let Some((_, signal)) = PATIENCE
            .get(self.level)
            .filter(|(after, _)| since.elapsed() >= *after)
        {
            self.signal(signal);
            self.level += 1;
        }
    }

    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        if status.is_some() && !self.over {
            self.over = true;
            // The leader is gone: nothing that it started may outlive it.
            self.signal("TERM");
        }
        Ok(status)
    }

    /// Ends the group and waits for it.
    pub(crate) fn stop(&mut self) {
        while matches!(self.ended(), Ok(None)) {
            self.ask();
            thread::sleep(TICK);
        }
    }

    /// Through the shell's own `kill`: a system call would need unsafe code, /bin/kill is not everywhere.
    fn signal(&self, name: &str) {
        let script = format!("kill -s {name} -- -{}", self.child.id());
        let _ = Command::new("sh")
            .args(["-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a child does while it runs.
pub(crate) enum Event<'a> {
    Line(Stream, &'a [u8]),
    /// Time has passed.
    Tick,
}

/// How a child ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stopped: bool,
}

/// Runs a command to its end and hands on every line as it is printed.
pub(crate) fn run(command: &mut Command, mut on: impl FnMut(Event<'_>)) -> io::Result<Ended> {
    let (mut group, lines) = Group::spawn_heard(command)?;
    let mut stopped = false;
    let mut ended = None;
    loop {
        match lines.recv_timeout(TICK) {
            Ok((stream, line)) => on(Event::Line(stream, &line)),
            Err(RecvTimeoutError::Timeout) => on(Event::Tick),
            // Both ends are closed: only the exit code is missing.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(TICK / 10),
        }
        if stop_asked() {
            stopped = true;
            group.ask();
        }
        if ended.is_none() {
            ended = group.ended()?.map(|status| (status, Instant::now()));
        }
        if let Some((status, at)) = ended {
            // A grandchild may hold the pipe: its words are not waited for.
            let closed = matches!(
                drain(&lines, &mut on),
                Err(mpsc::TryRecvError::Disconnected)
            );
            if closed || at.elapsed() > Duration::from_secs(2) {
                return Ok(Ended { status, stopped });
            }
        }
    }
}

/// A line without its newline, and where it was printed.
pub(crate) type Line = (Stream, Vec<u8>);

fn drain(lines: &Receiver<Line>, on: &mut impl FnMut(Event<'_>)) -> Result<(), mpsc::TryRecvError> {
    loop {
        let (stream, line) = lines.try_recv()?;
        on(Event::Line(stream, &line));
    }
}

fn pump(source: Option<impl Read + Send + 'static>, stream: Stream, to: &mpsc::SyncSender<Line>) {
    let (Some(source), to) = (source, to.clone()) else {
        return;
    };
    thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut line = Vec::new();
        while matches!(reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line), Ok(read) if read > 0)
        {
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if to.send((stream, std::mem::take(&mut line))).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = command("sh");
        command.args(["-c", script]);
        command
    }

    fn lines_of(script: &str) -> (Vec<String>, Option<i32>) {
        let mut lines = Vec::new();
        let ended = run(&mut shell(script), |event| {
            if let Event::Line(_, line) = event {
                lines.push(String::from_utf8_lossy(line).into_owned());
            }
        });
        (lines, ended.unwrap().status.code())
    }

    #[test]
    fn every_line_and_the_exit_code_arrive() {
        let (lines, code) = lines_of("printf 'a\\n\\nb'; exit 3");
        assert_eq!(
            (lines, code),
            (vec!["a".into(), "".into(), "b".into()], Some(3))
        );
    }

    #[test]
    fn a_grandchild_neither_blocks_the_end_nor_outlives_it() {
        let start = Instant::now();
        let (lines, _) = lines_of("sleep 60 & echo $!");
        assert!(start.elapsed() < Duration::from_secs(20));
        let pid = lines.first().unwrap();
        thread::sleep(Duration::from_millis(300));
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }

    #[test]
    fn a_stubborn_group_is_ended() {
        let mut group = Group::spawn(&mut shell("trap '' INT; sleep 60")).unwrap();
        thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        group.stop();
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_record_of_this_run_is_not_handed_down() {
        let removed = |name: &str| {
            command("x")
                .get_envs()
                .any(|(key, value)| key == name && value.is_none())
        };
        assert!(removed(RUN_VARIABLE));
        assert!(!removed("PATH"));
    }
}
