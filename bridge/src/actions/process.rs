//! The process that records a run: found beyond doubt, asked to end, or ended with all that it started.
//!
//! A pid on a disk may by now be anybody's. The recorder is the process that has this very run's `alive` open, which no other has, and it
//! is held by a pidfd before that is looked at: whatever becomes of the number, no signal reaches another process.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, getpgid, kill_process_group, pidfd_open, pidfd_send_signal,
};
use tokio::time::{Instant, sleep};

/// A process is looked for below the recorder so many times, as it may start others meanwhile.
const ROUNDS: usize = 20;
/// How often an end that is waited for is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// A run's recorder, alive when it was found.
pub(super) struct Recorder {
    pid: i32,
    held: OwnedFd,
}

/// The process `pid`, if it records the run in `folder`.
pub(super) fn recorder(folder: &Path, pid: u64) -> Option<Recorder> {
    let number = i32::try_from(pid).ok().filter(|pid| *pid > 1)?;
    let held = pidfd_open(Pid::from_raw(number)?, PidfdFlags::empty()).ok()?;
    let alive = std::fs::symlink_metadata(folder.join("alive"))
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let own = std::process::id() == u32::try_from(number).ok()?;
    let open = std::fs::read_dir(format!("/proc/{number}/fd")).ok()?;
    let has_it = open.flatten().any(|entry| {
        std::fs::metadata(entry.path())
            .is_ok_and(|file| file.dev() == alive.dev() && file.ino() == alive.ino())
    });
    (has_it && !own).then_some(Recorder { pid: number, held })
}

impl Recorder {
    /// Asks it to end; the recorder passes that on to its command.
    pub(super) fn ask_to_end(&self) {
        // It may have just ended, which is what was wanted.
        let _ = pidfd_send_signal(&self.held, Signal::TERM);
    }

    /// Waits for its end; `false`: it did not come in time.
    pub(super) async fn ended(&self, within: Duration) -> bool {
        let begun = Instant::now();
        loop {
            // A pidfd is readable when its process has ended.
            let mut held = [PollFd::new(&self.held, PollFlags::IN)];
            if poll(&mut held, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
                return true;
            }
            if begun.elapsed() >= within {
                return false;
            }
            sleep(LOOK).await;
        }
    }

    /// Ends it and all that it started. Everything is stopped first, so that nothing is started meanwhile.
    pub(super) fn kill(&self) {
        let _ = pidfd_send_signal(&self.held, Signal::STOP);
        let mut found: BTreeMap<i32, OwnedFd> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let fresh: Vec<i32> = below(self.pid)
                .into_iter()
                .filter(|pid| !found.contains_key(pid))
                .collect();
            if fresh.is_empty() {
                break;
            }
            for pid in fresh {
                let held =
                    Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
                // Looked at again now that it is held: the number may have gone to another.
                if let Some(held) = held.filter(|_| below(self.pid).contains(&pid)) {
                    let _ = pidfd_send_signal(held.as_fd(), Signal::STOP);
                    found.insert(pid, held);
                }
            }
        }
        let group = Pid::from_raw(self.pid);
        // Its own group has also those whose parents are gone; another's group is not ours to end.
        if let Some(group) =
            group.filter(|pid| getpgid(Some(*pid)).is_ok_and(|leader| leader == *pid))
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
        for held in found.values() {
            let _ = pidfd_send_signal(held, Signal::KILL);
        }
        let _ = pidfd_send_signal(&self.held, Signal::KILL);
    }
}

/// All processes that come from `pid`.
fn below(pid: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(own) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        // `PID (NAME) STATE PARENT …`, where the name may hold anything.
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(own);
        }
    }
    let mut all = Vec::new();
    let mut next = vec![pid];
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            all.push(child);
            next.push(child);
        }
    }
    all
}
