//! Where a recorded command's output goes besides the log, and how a nested recorder's output avoids being logged twice.
//!
//! A nested recorder prints into a pipe that its parent records. If it logged and printed there, every line would be in the
//! log twice. So the parent tells its child, in a variable, which pipes it records and which pipes it only prints from; a
//! nested recorder that finds its own output to be a recorded pipe logs for itself and prints to the other one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

/// `INODE INODE PATH PATH` of the recorded pipes and of those that are only printed, out before err; `-` for neither.
pub(crate) const ECHO_VARIABLE: &str = "RUNBOARD_ECHO";

/// What happens with a command's output besides being logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// It is also printed, byte for byte, to our own stdout and stderr.
    Terminal,
    /// It is only logged.
    Quiet,
}

/// Where the bytes of one stream are printed.
pub(crate) enum Target {
    Stdout,
    Stderr,
    Pipe(File),
    Nowhere,
}

impl Target {
    /// A second way to the same place.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Stdout => Some(Self::Stdout),
            Self::Stderr => Some(Self::Stderr),
            Self::Pipe(pipe) => pipe.try_clone().ok().map(Self::Pipe),
            Self::Nowhere => None,
        }
    }

    /// Prints all bytes at once, also when our output was made non-blocking by whoever shares it.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => write_all(&mut io::stdout().lock(), bytes),
            Self::Stderr => write_all(&mut io::stderr().lock(), bytes),
            Self::Pipe(pipe) => write_all(pipe, bytes),
            Self::Nowhere => Ok(()),
        }
    }
}

fn write_all(out: &mut dyn Write, mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let result = if bytes.is_empty() {
            out.flush().map(|()| 0)
        } else {
            out.write(bytes)
        };
        match result {
            Ok(_) if bytes.is_empty() => return Ok(()),
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(error),
        }
    }
}

/// What one stream of a recorded command passes through.
pub(crate) struct Route {
    /// False when our parent logs what we print.
    pub(crate) log: bool,
    pub(crate) target: Target,
    /// Where a nested recorder of the command is to print, when that is not a pipe of ours.
    pub(crate) pass_on: Option<String>,
}

impl Route {
    fn own(target: Target) -> Self {
        Self {
            log: true,
            target,
            pass_on: None,
        }
    }
}

/// The routes of both streams.
pub(crate) struct Routes {
    pub(crate) out: Route,
    pub(crate) err: Route,
}

impl Routes {
    /// `joined`: whether we write into the run of a parent, which may be printing for us.
    pub(crate) fn new(joined: bool, echo: Echo) -> Self {
        if echo == Echo::Quiet {
            return Self {
                out: Route::own(Target::Nowhere),
                err: Route::own(Target::Nowhere),
            };
        }
        let parent = if joined {
            std::env::var(ECHO_VARIABLE).ok()
        } else {
            None
        };
        let parent = parent.as_deref().and_then(Parent::parse);
        let route = |own: Target| match &parent {
            Some(parent) => parent.route(own),
            None => Route::own(own),
        };
        Self {
            out: route(Target::Stdout),
            err: route(Target::Stderr),
        }
    }
}

struct Parent {
    recorded: (u64, u64),
    print: (String, String),
}

impl Parent {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let recorded = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self {
            recorded,
            print: (words.next()?.to_owned(), words.next()?.to_owned()),
        })
    }

    /// Our own stream is printed where the parent does not log it; if that place cannot be opened, the parent logs for us.
    fn route(&self, own: Target) -> Route {
        let path = match inode(&own) {
            Some(number) if number == self.recorded.0 => &self.print.0,
            Some(number) if number == self.recorded.1 => &self.print.1,
            _ => return Route::own(own),
        };
        let pass_on = Some(path.clone());
        match open_pipe(path) {
            _ if path == "-" => Route {
                log: true,
                target: Target::Nowhere,
                pass_on,
            },
            Some(pipe) => Route {
                log: true,
                target: Target::Pipe(pipe),
                pass_on,
            },
            None => Route {
                log: false,
                target: own,
                pass_on,
            },
        }
    }
}

#[cfg(unix)]
fn open_pipe(path: &str) -> Option<File> {
    use std::os::unix::fs::FileTypeExt;
    let is_pipe = std::fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo());
    if is_pipe {
        OpenOptions::new().write(true).open(path).ok()
    } else {
        None
    }
}

#[cfg(unix)]
fn inode(target: &Target) -> Option<u64> {
    use std::os::fd::AsFd;
    match target {
        Target::Stdout => inode_of(io::stdout().as_fd()),
        Target::Stderr => inode_of(io::stderr().as_fd()),
        Target::Pipe(_) | Target::Nowhere => None,
    }
}

/// The number that tells a pipe from all others of this machine.
#[cfg(unix)]
pub(crate) fn inode_of(pipe: std::os::fd::BorrowedFd<'_>) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(
        File::from(pipe.try_clone_to_owned().ok()?)
            .metadata()
            .ok()?
            .ino(),
    )
}

#[cfg(not(unix))]
fn open_pipe(_path: &str) -> Option<File> {
    None
}

#[cfg(not(unix))]
fn inode(_target: &Target) -> Option<u64> {
    None
}
