//! Work that is recorded, and how these tests ask for changes of it.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::client::{JSON, MARK, PATIENCE, Reply, send};
use super::site::{Place, Site, bridge};

pub(crate) fn site(extra: &[&str]) -> Site {
    let mut args = vec!["--allow-actions"];
    args.extend(extra);
    // What is run again has the bridge's environment.
    let env = [("BRIDGE", env!("CARGO_BIN_EXE_runboard-bridge"))];
    Site::start_with(Place::new(), &args, &env)
}

/// A change with the header that it needs.
pub(crate) fn change(site: &Site, method: &str, path: &str) -> Reply {
    change_with(site, method, path, &[], "")
}

pub(crate) fn change_with(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut all = vec![MARK];
    if !body.is_empty() {
        all.push(JSON);
    }
    all.extend(headers);
    send(
        site.address,
        method,
        &format!("/api/v1/runs/{path}"),
        &all,
        body,
    )
}

/// The words of a refusal with that status.
pub(crate) fn refused(reply: &Reply, status: u16) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    reply.json()["detail"].as_str().unwrap().to_string()
}

/// The recorder's command for a script; `$BRIDGE record` in it is a step of the same run.
pub(crate) fn recorder(site: &Site, script: &str) -> Command {
    let mut command = bridge();
    command
        .args([
            "record", "--job", "work", "--step", "main", "--tag", "k=v", "--dir",
        ])
        .arg(site.place.join("rec"))
        .args(["--", "sh", "-c", script])
        .env("BRIDGE", env!("CARGO_BIN_EXE_runboard-bridge"))
        .current_dir(&site.place.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Records a script to its end and gives the run's id.
pub(crate) fn record(site: &Site, script: &str) -> String {
    let before = site.ids("");
    recorder(site, script).status().unwrap();
    let new = site.ids("").into_iter().find(|id| !before.contains(id));
    new.expect("no run was recorded")
}

/// A recorder at work in a group of its own, whose script has written the file `begun`.
pub(crate) struct Work {
    pub(crate) child: Child,
    pub(crate) id: String,
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -s KILL -- -{}", self.child.id())])
            .output();
        let _ = self.child.wait();
    }
}

pub(crate) fn begin(site: &Site, script: &str) -> Work {
    let before = site.ids("");
    let child = recorder(site, script).process_group(0).spawn().unwrap();
    let begun = site.place.join("begun");
    until("the script's begin", || begun.exists().then_some(()));
    let id = until("the run", || {
        site.ids("").into_iter().find(|id| !before.contains(id))
    });
    Work { child, id }
}

pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::yield_now();
    }
}

/// Whether a process is there and is more than a body that nobody has buried.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Waits until the history has so many lines: a run's line comes behind its last event.
pub(crate) fn written(site: &Site, lines: usize) {
    let path = site.place.join("rec/runs.jsonl");
    until("the lines", || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() >= lines).then_some(())
    });
}

pub(crate) fn folder(site: &Site, id: &str) -> PathBuf {
    site.place.join("rec/runs").join(id)
}

pub(crate) fn run(site: &Site, id: &str) -> Value {
    site.json(&format!("/api/v1/runs/{id}"))["run"].clone()
}

pub(crate) fn over(site: &Site, id: &str, status: &str) -> Value {
    let path = format!("/api/v1/runs/{id}");
    site.eventually(&path, |answer| answer["run"]["status"] == status)["run"].clone()
}

/// `key:status:attempts` of each step.
pub(crate) fn steps(site: &Site, id: &str) -> Vec<String> {
    let steps = site.json(&format!("/api/v1/runs/{id}/steps"));
    let word = |step: &Value| {
        let tries = step["attempts"].as_array().map_or(0, Vec::len);
        let text = |key: &str| step[key].as_str().unwrap().to_string();
        format!("{}:{}:{tries}", text("key"), text("status"))
    };
    steps["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(word)
        .collect()
}
