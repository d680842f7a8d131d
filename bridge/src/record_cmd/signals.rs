//! The signals that stop a recorded command: heard by us, and passed on to the command when it has not had them.

use std::fs::{self, File};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};
use tokio::time::timeout;

/// How late a signal may be that a command seems to have ended by.
const LATE: Duration = Duration::from_millis(500);

/// How long the signals that have arrived take to be told.
const AT_ONCE: Duration = Duration::from_millis(5);

/// A signal that asks us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Hangup,
    Interrupt,
    Quit,
    Terminate,
}

impl Stop {
    const ALL: [Self; 4] = [Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::Hangup => Signal::HUP,
            Self::Interrupt => Signal::INT,
            Self::Quit => Signal::QUIT,
            Self::Terminate => Signal::TERM,
        }
    }

    /// Whether a shell gives this code for a command that one of them has ended.
    fn is_exit_code(code: i32) -> bool {
        Self::ALL
            .iter()
            .any(|stop| code == 128 + stop.signal().as_raw())
    }

    /// Whether it is usually sent to the whole group, so that the command has it already: a terminal's keys do that.
    /// Many programs take a second Ctrl-C as "at once, without cleaning up", so it is not passed on lightly.
    pub(crate) fn may_have_reached_our_group(self) -> bool {
        matches!(self, Self::Interrupt | Self::Quit)
    }

    /// Whether it came from the keys of a terminal, as far as can be told: we are the group that the terminal talks to.
    pub(crate) fn came_from_our_terminal(self) -> bool {
        let foreground = File::open("/dev/tty")
            .ok()
            .and_then(|tty| tcgetpgrp(tty).ok());
        self.may_have_reached_our_group() && foreground == Some(getpgrp())
    }

    /// Passes it on. The command may just have ended, which is what was wanted.
    pub(crate) fn send_to(self, pid: u32) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, self.signal());
        }
    }
}

/// All of them, from now on.
pub(crate) struct Signals {
    listeners: Vec<(Stop, Listener)>,
    child: Option<Listener>,
}

impl Signals {
    pub(crate) fn listen() -> Self {
        let ignored = ignored();
        let listener = |stop: Stop| {
            let number = stop.signal().as_raw();
            // What we were told to ignore (nohup, a shell's `&`) the command shall ignore too; a listener would undo it for both.
            if ignored & (1 << (number - 1)) != 0 {
                return None;
            }
            Some((stop, signal(SignalKind::from_raw(number)).ok()?))
        };
        Self {
            listeners: Stop::ALL.into_iter().filter_map(listener).collect(),
            child: signal(SignalKind::child()).ok(),
        }
    }

    /// The next one. Where none can be heard this waits for ever.
    pub(crate) async fn next(&mut self) -> Stop {
        poll_fn(|context| {
            for (stop, listener) in &mut self.listeners {
                if let Poll::Ready(Some(())) = listener.poll_recv(context) {
                    return Poll::Ready(*stop);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// A signal that was sent before the command's end, which is told to us by another way and may overtake it: both went
    /// to the whole group, or the command ended by what we passed on. The system's own signal of that end comes after it.
    pub(crate) async fn before_the_end(&mut self, code: i32) -> Option<Stop> {
        if let Some(child) = &mut self.child {
            let _ = timeout(LATE, child.recv()).await;
        }
        let patience = if Stop::is_exit_code(code) {
            LATE
        } else {
            AT_ONCE
        };
        timeout(patience, self.next()).await.ok()
    }
}

/// The signals that this process was started to ignore, as bits; none where the system does not tell.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    field
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}
