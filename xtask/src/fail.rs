//! What failed and how to mend it, in one line, with the end of the output that shows it.

use std::collections::VecDeque;
use std::fmt;

/// How many lines of a failed tool's output are shown from one place.
const TAIL: usize = 30;

/// The lines of a failing tool that are worth showing: from the first error on, and the last ones.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    head: Vec<String>,
    tail: VecDeque<String>,
    left_out: usize,
}

impl Excerpt {
    pub(crate) fn add(&mut self, line: &str) {
        let line = line.trim_end();
        let error = ["error", "---- ", "thread '", "Error"]
            .iter()
            .any(|mark| line.trim_start().starts_with(mark));
        if line.is_empty() && self.head.is_empty() {
            return;
        }
        if (error || !self.head.is_empty()) && self.head.len() < TAIL {
            // What stood before the first error says little.
            self.tail.clear();
            self.head.push(String::from(line));
            return;
        }
        self.tail.push_back(String::from(line));
        // Without an error to begin with, the end is all there is to show.
        let room = if self.head.is_empty() { TAIL } else { TAIL / 3 };
        while self.tail.len() > room {
            self.tail.pop_front();
            self.left_out += usize::from(!self.head.is_empty());
        }
    }

    pub(crate) fn last(&self) -> &str {
        self.tail
            .back()
            .or(self.head.last())
            .map_or("", String::as_str)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.head.clone();
        if self.left_out > 0 {
            lines.push(format!("... {} lines ...", self.left_out));
        }
        lines.extend(self.tail.iter().cloned());
        lines
    }
}

#[derive(Debug, Default)]
pub(crate) struct Fail {
    pub(crate) what: String,
    pub(crate) mend: String,
    pub(crate) tail: Vec<String>,
    pub(crate) exit: Option<i32>,
    /// Somebody pressed Ctrl-C.
    pub(crate) stopped: bool,
}

pub(crate) type Done<T = ()> = Result<T, Fail>;

impl Fail {
    pub(crate) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: mend.into(),
            ..Self::default()
        }
    }

    pub(crate) fn stopped() -> Self {
        Self {
            what: String::from("stopped"),
            stopped: true,
            ..Self::default()
        }
    }

    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let mend = if error.raw_os_error() == Some(28) {
            "free some disk space"
        } else {
            "check the file's folder and its rights"
        };
        Self::new(format!("{}: {error}", path.display()), mend)
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.mend.is_empty() {
            Ok(())
        } else {
            write!(f, " -> {}", self.mend)
        }
    }
}

/// What a tool's last words say about the way out, if they are words that we know.
pub(crate) fn advice<'a>(tail: impl IntoIterator<Item = &'a String>) -> Option<&'static str> {
    const NETWORK: &[&str] = &[
        "could not resolve host",
        "couldn't resolve host",
        "failed to download",
        "failed to fetch",
        "failed to query replaced source",
        "spurious network error",
        "connection refused",
        "network is unreachable",
        "enotfound",
        "eai_again",
        "econnrefused",
        "etimedout",
        "could not connect to server",
        "temporary failure resolving",
        "you're using offline mode",
        "--offline",
    ];
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["no space left on device"],
            "the disk is full: free some space and run the command again",
        ),
        (
            NETWORK,
            "the network or the package registry cannot be reached: connect, or set the proxy, and run the command again",
        ),
        (
            &["lock file", "needs to be updated but --locked"],
            "Cargo.lock does not fit Cargo.toml: run `cargo update --workspace` and commit Cargo.lock",
        ),
        (
            &["permission denied", "eacces"],
            "a file may not be written: check the owner of the clone and of the user's cache",
        ),
        (
            &["linker `cc` not found", "linker `cc`"],
            "no C linker: install one, on Debian with `apt-get install -y gcc libc6-dev`",
        ),
    ];
    let tail: Vec<String> = tail.into_iter().map(|line| line.to_lowercase()).collect();
    let said = |word: &str| tail.iter().any(|line| line.contains(word));
    KNOWN
        .iter()
        .find(|(words, _)| words.iter().any(|word| said(word)))
        .map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(line: &str) -> Option<&'static str> {
        advice(&[String::from("something else"), String::from(line)])
    }

    #[test]
    fn known_causes_are_recognised() {
        assert!(on("npm error code ENOTFOUND").unwrap().contains("network"));
        assert!(
            on("  [6] Could not resolve host: index.crates.io")
                .unwrap()
                .contains("network")
        );
        assert!(
            on("write error: No space left on device (os error 28)")
                .unwrap()
                .contains("disk is full")
        );
        assert!(on("error[E0432]: unresolved import").is_none());
    }

    fn excerpt(lines: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut excerpt = Excerpt::default();
        lines.into_iter().for_each(|line| excerpt.add(&line));
        excerpt.lines()
    }

    #[test]
    fn an_excerpt_begins_at_the_first_error_and_has_the_end() {
        let before = (0..50).map(|at| format!("Compiling {at}"));
        let after = (0..100).map(|at| format!("  more {at}"));
        let lines = excerpt(
            before
                .clone()
                .chain([String::from("error[E0432]: no")])
                .chain(after),
        );
        assert_eq!(lines.first().unwrap(), "error[E0432]: no");
        assert_eq!(lines.last().unwrap(), "  more 99");
        assert!(
            lines.iter().any(|line| line == "... 61 lines ..."),
            "{lines:?}"
        );
        assert_eq!(excerpt(before).len(), TAIL);
    }

    #[test]
    fn a_failure_is_one_line() {
        let fail = Fail::new("npm is missing", "install Node.js 20");
        assert_eq!(fail.to_string(), "npm is missing -> install Node.js 20");
        assert_eq!(Fail::stopped().to_string(), "stopped");
    }
}
