//! A running bridge over a folder of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::client::{PATIENCE, Reply, Stream, open};

pub(crate) fn bridge() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runboard-bridge"));
    for name in ["RUNBOARD_RUN", "RUNBOARD_DIR"] {
        command.env_remove(name);
    }
    command
}

/// What the bridge says when it cannot start.
pub(crate) fn refused(place: &Place, args: &[&str]) -> String {
    let output = bridge()
        .arg("serve")
        .arg("--dir")
        .arg(place.join("rec"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{args:?}"
    );
    String::from_utf8(output.stderr).unwrap()
}

/// A folder that goes when the test ends.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "serve-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(path.join("dist")).unwrap();
        std::fs::write(
            path.join("dist/index.html"),
            "<!doctype html><title>app</title>",
        )
        .unwrap();
        Place(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
    extra: Vec<String>,
}

impl Site {
    pub(crate) fn start(place: Place, extra: &[&str]) -> Site {
        Site::start_with(place, extra, &[])
    }

    /// Starts with these environment variables as well.
    pub(crate) fn start_with(place: Place, extra: &[&str], env: &[(&str, &str)]) -> Site {
        let extra: Vec<String> = extra.iter().map(ToString::to_string).collect();
        let (child, address) = launch(&place, &extra, env);
        Site {
            place,
            address,
            child,
            extra,
        }
    }

    /// Kills the bridge and starts another over the same files.
    pub(crate) fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.child, self.address) = launch(&self.place, &self.extra, &[]);
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let (status, headers, body) = open(self.address, method, path, headers);
        Reply {
            status,
            headers,
            body: body.whole(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[])
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(
            reply.status,
            200,
            "{path}: {}",
            String::from_utf8_lossy(&reply.body)
        );
        reply.json()
    }

    pub(crate) fn stream(&self, query: &str) -> Stream {
        self.stream_with("/api/v1/", query, &[])
    }

    pub(crate) fn stream_with(&self, base: &str, query: &str, headers: &[(&str, &str)]) -> Stream {
        let (status, headers, body) = open(
            self.address,
            "GET",
            &format!("{base}stream?{query}"),
            headers,
        );
        assert_eq!(status, 200);
        assert!(headers.contains(&("content-type".into(), "text/event-stream".into())));
        Stream::new(body)
    }

    /// Asks again and again until the answer is as wanted.
    pub(crate) fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).json();
            if wanted(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} stays {answer}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn ids(&self, query: &str) -> Vec<String> {
        ids(&self.json(&format!("/api/v1/runs?{query}")))
    }
}

pub(crate) fn ids(list: &Value) -> Vec<String> {
    list["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_str().unwrap().to_string())
        .collect()
}

fn launch(place: &Place, extra: &[String], env: &[(&str, &str)]) -> (Child, SocketAddr) {
    let mut command = bridge();
    command.arg("serve");
    if !extra.iter().any(|word| word == "--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    let mut child = command
        .arg("--dist")
        .arg(place.join("dist"))
        .arg("--dir")
        .arg(place.join("rec"))
        .args(extra)
        .envs(env.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    // Who listens everywhere is asked here.
    let told = line.trim().replace("0.0.0.0", "127.0.0.1");
    let Some(address) = told
        .strip_prefix("http://")
        .and_then(|rest| rest.trim_end_matches('/').parse().ok())
    else {
        let mut error = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut error)
            .unwrap();
        panic!("the bridge did not start: {line}{error}");
    };
    (child, address)
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
