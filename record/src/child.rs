//! A command whose output is recorded: two pipes, a thread for each, and an end also when somebody keeps a pipe open.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::echo::{ECHO_VARIABLE, Echo, Route, Routes, Target};
use crate::outcome::Stream;
use crate::step::{Step, StepState};
use crate::{RUN_VARIABLE, STEP_VARIABLE};

/// How long a pipe may stay silent after the command's own end. A process that it left behind may hold the pipe for ever.
const GRACE: Duration = Duration::from_secs(1);

/// What a pipe holds at most on Linux unless told otherwise, so the most that one read can give.
const CHUNK: usize = 64 * 1024;

/// A command that runs and is recorded.
pub struct Running {
    child: Child,
    /// Nothing when the run is silent: the command then has our own output.
    pumps: Option<Pumps>,
    step: Arc<StepState>,
}

impl Step {
    /// Runs a command to its end as (part of) this step. Its stdout and stderr go to the log and, as `echo` says, to our
    /// own; its stdin is what the caller has set. The step is not finished by it: see [`Step::finish_with`].
    ///
    /// # Errors
    /// The command could not be started (not found, not executable, no more processes or pipes).
    pub fn run(&self, command: &mut Command, echo: Echo) -> io::Result<ExitStatus> {
        self.spawn(command, echo)?.wait()
    }

    /// Starts a command as [`Step::run`] does, for callers who do something meanwhile.
    ///
    /// # Errors
    /// As for [`Step::run`].
    pub fn spawn(&self, command: &mut Command, echo: Echo) -> io::Result<Running> {
        let step = Arc::clone(&self.state);
        let recording = &step.recording;
        command
            .env(RUN_VARIABLE, recording.child_variable())
            .env(STEP_VARIABLE, step.name());
        if recording.folder().is_none() {
            command.stdout(own_or_null(echo, Stdio::inherit()));
            command.stderr(own_or_null(echo, Stdio::inherit()));
            return Ok(Running {
                child: command.spawn()?,
                pumps: None,
                step,
            });
        }
        let mut pumps = Pumps::new();
        let Routes { out, err } = Routes::new(recording.is_joined(), echo);
        let (out_pipe, out_inode, out_print) = pumps.stream(&step, Stream::Out, out)?;
        let (err_pipe, err_inode, err_print) = pumps.stream(&step, Stream::Err, err)?;
        let passed_on = format!("{out_inode} {err_inode} {out_print} {err_print}");
        command
            .env(ECHO_VARIABLE, passed_on)
            .stdout(out_pipe)
            .stderr(err_pipe);
        let child = command.spawn();
        // The command keeps its copy of the pipes' ends as long as it lives, and we would never see theirs.
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        Ok(Running {
            child: child?,
            pumps: Some(pumps),
            step,
        })
    }
}

fn own_or_null(echo: Echo, own: Stdio) -> Stdio {
    if echo == Echo::Quiet {
        Stdio::null()
    } else {
        own
    }
}

impl Running {
    /// The command's process id, valid as long as this value was not waited for.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The command's end, when it has come: its output may not be all there yet.
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends the command at once (SIGKILL); [`Running::wait`] is still needed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    /// Waits for the command's end only; [`Running::wait`] is still needed for what it has printed.
    ///
    /// # Errors
    /// The system cannot tell how the command ended.
    pub fn wait_command(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Waits for the command's end and for all that it has printed. A process that the command has left behind and that
    /// holds its output is waited for as long as it prints, and then no longer.
    ///
    /// # Errors
    /// The system cannot tell how the command ended.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        if let Some(pumps) = self.pumps
            && !pumps.drain()
        {
            self.step
                .note("a process that the command left behind still holds its output");
        }
        status
    }
}

/// The threads that carry a command's output.
struct Pumps {
    /// Our own ends of the print-only pipes, through which nested recorders find them.
    print_ends: Vec<PipeWriter>,
    activity: Vec<Arc<Activity>>,
    /// Never sent to: it is closed when the last thread has ended.
    done: Sender<()>,
    all_done: Receiver<()>,
}

#[derive(Default)]
struct Activity {
    chunks: AtomicU64,
    /// True while the thread waits for bytes or has ended; false while it has bytes to write.
    idle: AtomicBool,
}

impl Pumps {
    fn new() -> Self {
        let (done, all_done) = mpsc::channel();
        Self {
            print_ends: Vec::new(),
            activity: Vec::new(),
            done,
            all_done,
        }
    }

    /// Begins to carry one stream. Gives the end for the command, its number, and the path of the pipe by which a nested
    /// recorder prints to the same place.
    fn stream(
        &mut self,
        step: &Arc<StepState>,
        stream: Stream,
        route: Route,
    ) -> io::Result<(PipeWriter, u64, String)> {
        let (reader, writer) = io::pipe()?;
        let print = match (route.pass_on, route.target.again()) {
            (Some(path), _) => path,
            (None, None) => String::from("-"),
            (None, Some(target)) => {
                let (print_reader, print_end) = io::pipe()?;
                let path = path_of(&print_end);
                self.print_ends.push(print_end);
                self.thread(print_reader, target, |_| ())?;
                path
            }
        };
        let number = inode_of(&writer).unwrap_or(0);
        let state = Arc::clone(step);
        let log = route.log;
        self.thread(reader, route.target, move |chunk| match chunk {
            _ if !log => {}
            Some(bytes) => state.write(stream, bytes),
            None => state.flush(stream),
        })?;
        Ok((writer, number, print))
    }

    fn thread(
        &mut self,
        mut from: PipeReader,
        mut target: Target,
        mut log: impl FnMut(Option<&[u8]>) + Send + 'static,
    ) -> io::Result<()> {
        let activity = Arc::new(Activity::default());
        self.activity.push(Arc::clone(&activity));
        let done = self.done.clone();
        thread::Builder::new()
            .name(String::from("recorder"))
            .spawn(move || {
                let mut buffer = vec![0; CHUNK];
                loop {
                    activity.idle.store(true, Ordering::SeqCst);
                    let read = from.read(&mut buffer);
                    activity.idle.store(false, Ordering::SeqCst);
                    activity.chunks.fetch_add(1, Ordering::SeqCst);
                    let chunk = match read {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Ok(0) | Err(_) => break,
                        Ok(count) => buffer.get(..count).unwrap_or_default(),
                    };
                    log(Some(chunk));
                    match target.print(chunk) {
                        Ok(()) => {}
                        // Nobody reads us any more: the command shall feel it as it would without us.
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                        Err(_) => target = Target::Nowhere,
                    }
                }
                drop(from);
                log(None);
                activity.idle.store(true, Ordering::SeqCst);
                drop(done);
            })?;
        Ok(())
    }

    /// Waits until all is carried, or until every pipe that is still open has been silent for a while: false then.
    fn drain(self) -> bool {
        drop(self.print_ends);
        drop(self.done);
        let chunks = || {
            self.activity
                .iter()
                .map(|one| one.chunks.load(Ordering::SeqCst))
                .sum::<u64>()
        };
        let mut before = chunks();
        while let Err(RecvTimeoutError::Timeout) = self.all_done.recv_timeout(GRACE) {
            let idle = self
                .activity
                .iter()
                .all(|one| one.idle.load(Ordering::SeqCst));
            let now = chunks();
            if idle && now == before {
                return false;
            }
            before = now;
        }
        true
    }
}

#[cfg(unix)]
fn inode_of(pipe: &PipeWriter) -> Option<u64> {
    crate::echo::inode_of(std::os::fd::AsFd::as_fd(pipe))
}

/// Where another process of the same user finds this end (Linux; elsewhere nothing is there, and the parent logs).
#[cfg(unix)]
fn path_of(pipe: &PipeWriter) -> String {
    let number = std::os::fd::AsRawFd::as_raw_fd(pipe);
    format!("/proc/{}/fd/{number}", std::process::id())
}

#[cfg(not(unix))]
fn inode_of(_pipe: &PipeWriter) -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn path_of(_pipe: &PipeWriter) -> String {
    String::from("-")
}
