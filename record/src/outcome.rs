//! How a step and a run end, and the words that the files use for it.

use std::process::ExitStatus;

/// How one attempt of a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It did what it should.
    Succeeded,
    /// It ran and failed.
    Failed,
    /// It was not needed.
    Skipped,
    /// It was stopped before its end.
    Canceled,
}

impl StepOutcome {
    /// Success for exit code 0, failure for all else.
    #[must_use]
    pub fn of(status: ExitStatus) -> Self {
        if status.success() {
            Self::Succeeded
        } else {
            Self::Failed
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Canceled => "canceled",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// Everything that mattered succeeded.
    Succeeded,
    /// Something that mattered failed.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

impl RunOutcome {
    /// Success for exit code 0, failure for all else.
    #[must_use]
    pub fn of(status: ExitStatus) -> Self {
        if status.success() {
            Self::Succeeded
        } else {
            Self::Failed
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// The run-history format has its own word for success.
    pub(crate) fn history_word(self) -> &'static str {
        match self {
            Self::Succeeded => "success",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// Where a line of the log was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// The recorder's own words.
    Sys,
}

impl Stream {
    pub(crate) const ALL: [Self; 3] = [Self::Out, Self::Err, Self::Sys];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Err => "err",
            Self::Sys => "sys",
        }
    }
}

/// The exit code that a shell would give: the command's own, or 128 + n when signal n ended it.
#[must_use]
pub fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + signal(status).unwrap_or(0))
}

/// Why a command failed: `exit code 101`, `killed by signal 9 (SIGKILL)`; nothing when it did not fail.
pub(crate) fn reason(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    Some(match (status.code(), signal(status)) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(number)) => match signal_name(number) {
            Some(name) => format!("killed by signal {number} ({name})"),
            None => format!("killed by signal {number}"),
        },
        (None, None) => String::from("ended without an exit code"),
    })
}

fn signal_name(number: i32) -> Option<&'static str> {
    // The numbers that are the same on every Unix.
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}
