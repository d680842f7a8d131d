//! A program that serves, for as long as a stage needs it.

use std::process::Command;
use std::time::Duration;

use crate::fail::{Done, Fail};
use crate::proc::{self, Group};

pub(crate) struct Server {
    pub(crate) group: Group,
    pub(crate) url: String,
    /// Kept, so that the program can go on talking.
    _lines: std::sync::mpsc::Receiver<proc::Line>,
}

impl Server {
    /// A program whose first line is its address.
    pub(crate) fn of(command: &mut Command, name: &str, patience: Duration) -> Done<Server> {
        let bad = |why: String| {
            Fail::new(
                format!("{name} did not start: {why}"),
                "run it again with -v",
            )
        };
        let (group, lines) = Group::spawn_heard(command).map_err(|error| bad(error.to_string()))?;
        let line = lines
            .recv_timeout(patience)
            .map_err(|error| bad(error.to_string()))?;
        let url = String::from_utf8_lossy(&line.1).trim().to_owned();
        if !url.starts_with("http://") {
            return Err(bad(url));
        }
        Ok(Server {
            group,
            url,
            _lines: lines,
        })
    }
}
