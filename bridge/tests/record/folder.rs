//! A folder to record in, and what was recorded there.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::Value;

pub(crate) const BRIDGE: &str = env!("CARGO_BIN_EXE_runboard-bridge");

pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("bridge-record-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Any program in this folder, which is also where it records.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_remove("RUNBOARD_RUN")
            .env_remove("RUNBOARD_ECHO");
        command
            .env("RUNBOARD_DIR", &self.0)
            .env("BRIDGE", BRIDGE)
            .current_dir(&self.0);
        command
    }

    pub(crate) fn record(&self, script: &str) -> Command {
        let mut command = self.command(BRIDGE);
        command.args([
            "record", "--job", "test", "--step", "main", "--", "sh", "-c", script,
        ]);
        command
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        let entries = fs::read_dir(self.0.join("runs")).into_iter().flatten();
        entries.map(|entry| Run(entry.unwrap().path())).collect()
    }

    pub(crate) fn run(&self) -> Run {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1);
        runs.remove(0)
    }

    pub(crate) fn history(&self) -> Vec<Value> {
        json_lines(&self.0.join("runs.jsonl"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

pub(crate) struct Run(pub(crate) PathBuf);

impl Run {
    pub(crate) fn events(&self) -> Vec<Value> {
        json_lines(&self.0.join("events.jsonl"))
    }

    pub(crate) fn end(&self) -> Value {
        self.events().last().unwrap().clone()
    }

    /// Step, stream and text of every row.
    pub(crate) fn rows(&self) -> Vec<[Vec<u8>; 3]> {
        let log = fs::read(self.0.join("log.tsv")).unwrap();
        let lines = log.split_inclusive(|byte| *byte == b'\n');
        let row = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").expect("a torn row");
            let mut columns = line.splitn(4, |byte| *byte == b'\t').skip(1);
            [(); 3].map(|()| columns.next().expect("four columns").to_vec())
        };
        lines.map(row).collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let rows = self.rows();
        let text = |row: &[Vec<u8>; 3]| {
            row.each_ref()
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .join("|")
        };
        rows.iter().map(text).collect()
    }
}

pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        sleep(Duration::from_millis(5));
    }
}

/// Starts a recorder in a group of its own, whose command has printed its process id. Gives that too.
pub(crate) fn started(command: &mut Command, folder: &Folder) -> (Child, Pid) {
    let child = command
        .process_group(0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = until("the first line", || {
        let log = fs::read_to_string(folder.runs().first()?.0.join("log.tsv")).ok()?;
        let (line, _) = log.split_once('\n')?;
        line.rsplit('\t').next()?.parse().ok()
    });
    (child, Pid::from_raw(pid).unwrap())
}

pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
