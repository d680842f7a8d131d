//! `runboard-bridge record`, the real program, with real signals and a really full disk.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde_json::{Value, json};

const BRIDGE: &str = env!("CARGO_BIN_EXE_runboard-bridge");

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("bridge-record-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Any program in this folder, which is also where it records.
    fn command(&self, program: &str) -> Command {
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

    fn record(&self, script: &str) -> Command {
        let mut command = self.command(BRIDGE);
        command.args([
            "record", "--job", "test", "--step", "main", "--", "sh", "-c", script,
        ]);
        command
    }

    fn runs(&self) -> Vec<Run> {
        let entries = fs::read_dir(self.0.join("runs")).into_iter().flatten();
        entries.map(|entry| Run(entry.unwrap().path())).collect()
    }

    fn run(&self) -> Run {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1);
        runs.remove(0)
    }

    fn history(&self) -> Vec<Value> {
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

fn json_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

struct Run(PathBuf);

impl Run {
    fn events(&self) -> Vec<Value> {
        json_lines(&self.0.join("events.jsonl"))
    }

    fn end(&self) -> Value {
        self.events().last().unwrap().clone()
    }

    /// Step, stream and text of every row.
    fn rows(&self) -> Vec<[Vec<u8>; 3]> {
        let log = fs::read(self.0.join("log.tsv")).unwrap();
        let lines = log.split_inclusive(|byte| *byte == b'\n');
        let row = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").expect("a torn row");
            let mut columns = line.splitn(4, |byte| *byte == b'\t').skip(1);
            [(); 3].map(|()| columns.next().expect("four columns").to_vec())
        };
        lines.map(row).collect()
    }

    fn texts(&self) -> Vec<String> {
        let rows = self.rows();
        let text = |row: &[Vec<u8>; 3]| {
            row.each_ref()
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .join("|")
        };
        rows.iter().map(text).collect()
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
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
fn started(command: &mut Command, folder: &Folder) -> (Child, Pid) {
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

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_command_is_recorded_and_otherwise_as_if_alone() {
    let folder = Folder::new("plain");
    let mut command = folder.command(BRIDGE);
    command.args([
        "record",
        "--job",
        "a job",
        "--tag",
        "branch=main",
        "--tag",
        "k=v=w",
        "--",
        "/bin/sh",
        "-c",
    ]);
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .arg("echo out; echo err >&2; printf last; exit 9")
        .output()
        .unwrap();
    assert_eq!(status.code(), Some(9));
    assert_eq!(
        (text(&stdout), text(&stderr)),
        ("out\nlast".into(), "err\n".into())
    );
    let run = folder.run();
    let mut texts = run.texts();
    texts.sort();
    assert_eq!(texts, ["sh|err|err", "sh|out|last", "sh|out|out"]);
    assert_eq!(run.end()["reason"], "sh: exit code 9");
    let line = &folder.history()[0];
    assert_eq!(line["run_id"], run.0.file_name().unwrap().to_str().unwrap());
    assert_eq!(line["result"], "failed");
    assert_eq!(
        line["metadata"]["tags"],
        json!({"branch": "main", "k": "v=w"})
    );
    assert_eq!(line["metadata"]["command"][0], "/bin/sh");
}

#[test]
fn binary_output_and_stdin_pass_unchanged() {
    let folder = Folder::new("binary");
    let bytes: Vec<u8> = (0..=255).collect();
    fs::write(folder.0.join("in"), &bytes).unwrap();
    let input = fs::File::open(folder.0.join("in")).unwrap();
    let output = folder.record("cat").stdin(input).output().unwrap();
    assert_eq!(output.stdout, bytes);
    let rows = folder.run().rows();
    assert_eq!(rows.len(), 2);
    assert_eq!([&rows[0][2], &b"\n"[..], &rows[1][2]].concat(), bytes);
}

#[test]
fn a_line_of_a_megabyte_is_cut_and_rejoins_exactly() {
    let folder = Folder::new("long");
    let mut line: Vec<u8> = (0..1_000_000)
        .map(|at: u32| b'a' + (at % 23) as u8)
        .collect();
    line.extend_from_slice(b"\nnext\n");
    fs::write(folder.0.join("in"), &line).unwrap();
    let output = folder.record("cat in").output().unwrap();
    assert_eq!(output.stdout, line);
    let rows = folder.run().rows();
    assert!(rows.iter().all(|row| row[2].len() <= 64 * 1024));
    let mut rejoined = Vec::new();
    for [_, stream, text] in rows {
        rejoined.extend_from_slice(&text);
        if stream == b"out" {
            rejoined.push(b'\n');
        } else {
            assert_eq!(stream, b"out+");
        }
    }
    assert!(rejoined == line);
}

#[test]
fn two_recorders_at_once_do_not_mix() {
    let folder = Folder::new("two");
    let script =
        |name: &str| format!("i=0; while [ $i -lt 500 ]; do echo {name} $i; i=$((i+1)); done");
    let children: Vec<Child> = ["a", "b"]
        .map(|name| {
            folder
                .record(&script(name))
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .into();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut names = Vec::new();
    for run in folder.runs() {
        let texts = run.texts();
        let name = texts[0].split(['|', ' ']).nth(2).unwrap().to_owned();
        let expected: Vec<String> = (0..500).map(|i| format!("main|out|{name} {i}")).collect();
        assert_eq!(texts, expected);
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(folder.history().len(), 2);
}

#[test]
fn after_kill_9_what_was_written_is_there_and_no_end() {
    let folder = Folder::new("kill9");
    let (mut child, command) = started(&mut folder.record("echo $$; exec sleep 600"), &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    kill_process(command, Signal::KILL).unwrap();
    let run = folder.run();
    assert_eq!(run.rows().len(), 1);
    let statuses: Vec<Value> = run
        .events()
        .iter()
        .map(|event| event["status"].clone())
        .collect();
    assert_eq!(statuses, ["running", "running"]);
    assert!(run.0.join("run.json").is_file() && run.0.join("alive").is_file());
    assert!(folder.history().is_empty());
}

#[test]
fn on_a_full_disk_all_is_printed_and_what_is_missing_is_counted_and_said() {
    let folder = Folder::new("full");
    let script = "i=0; while [ $i -lt 3000 ]; do echo \"line $i ..................................\"; i=$((i+1)); done; exit 5";
    // A file that may not grow is as good as a disk that may not: the log is refused, smaller files are not.
    let limited = "trap '' 25; ulimit -f 64; exec \"$BRIDGE\" record --job full --step main -- sh -c \"$SCRIPT\"";
    let output = folder
        .command("sh")
        .args(["-c", limited])
        .env("SCRIPT", script)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5));
    let printed = text(&output.stdout);
    let printed: Vec<&str> = printed.lines().collect();
    assert_eq!(printed.len(), 3_000);

    let run = folder.run();
    let log = fs::read_to_string(run.0.join("log.tsv")).unwrap();
    let kept: Vec<&str> = log
        .split_terminator('\n')
        .map(|row| row.splitn(4, '\t').nth(3).unwrap_or(""))
        .collect();
    let whole = if log.ends_with('\n') {
        kept.len()
    } else {
        kept.len() - 1
    };
    assert!(whole > 100 && whole < 3_000);
    assert_eq!(kept[..whole], printed[..whole]);

    let line = &folder.history()[0];
    let (lines, bytes) = (
        &line["metadata"]["lost_lines"],
        &line["metadata"]["lost_bytes"],
    );
    let kept_bytes: usize = kept.iter().map(|line| line.len()).sum();
    let printed_bytes: usize = printed.iter().map(|line| line.len()).sum();
    assert!(printed[whole].starts_with(kept.get(whole).unwrap_or(&"")));
    assert_eq!(*bytes, printed_bytes - kept_bytes);
    // A row of which only the newline is missing is not lost.
    let only_newline = kept.get(whole).is_some_and(|torn| *torn == printed[whole]);
    assert_eq!(*lines, 3_000 - whole - usize::from(only_newline));
    let loss: Vec<Value> = run
        .events()
        .into_iter()
        .filter(|event| event["event"] == "loss")
        .collect();
    assert_eq!(loss.len(), 1);
    assert_eq!((&loss[0]["lines"], &loss[0]["bytes"]), (lines, bytes));
    assert_eq!(
        text(&output.stderr),
        format!("runboard: {lines} lines ({bytes} bytes) could not be recorded: File too large\n")
    );
    assert_eq!(
        (&run.end()["event"], &run.end()["exit_code"]),
        (&json!("run"), &json!(5))
    );
}

#[test]
fn ctrl_c_stops_the_run() {
    let folder = Folder::new("ctrl-c");
    let (mut child, command) = started(&mut folder.record("echo $$; exec sleep 600"), &folder);
    kill_process_group(pid(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(test_kill_process(command).is_err());
    let run = folder.run();
    assert_eq!(run.end()["status"], "stopped");
    assert_eq!(run.end()["reason"], "stopped by SIGINT");
    assert_eq!(run.events()[2]["status"], "canceled");
    let line = &folder.history()[0];
    assert_eq!(
        (&line["result"], &line["metadata"]["exit_code"]),
        (&json!("stopped"), &json!(130))
    );
}

#[test]
fn a_command_that_cleans_up_after_ctrl_c_is_recorded_to_its_own_end() {
    let folder = Folder::new("cleans");
    let script = "trap 'echo cleaning; exit 7' INT; echo $$; while :; do sleep 0.05; done";
    let (mut child, _) = started(&mut folder.record(script), &folder);
    kill_process_group(pid(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let run = folder.run();
    assert_eq!(run.texts().last().unwrap(), "main|out|cleaning");
    assert_eq!(run.end()["status"], "stopped");
    assert_eq!(folder.history()[0]["result"], "stopped");
}

#[test]
fn a_signal_to_the_recorder_alone_reaches_the_command() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let folder = Folder::new(&format!("signal-{code}"));
        let (mut child, command) = started(&mut folder.record("echo $$; exec sleep 600"), &folder);
        kill_process(pid(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(test_kill_process(command).is_err());
        assert_eq!(folder.run().end()["status"], "stopped");
        assert_eq!(folder.history()[0]["result"], "stopped");
    }
}

#[test]
fn a_signal_that_ends_the_command_alone_is_a_failure() {
    let folder = Folder::new("killed");
    let output = folder.record("kill -9 $$").output().unwrap();
    assert_eq!(output.status.code(), Some(137));
    assert_eq!(
        folder.run().end()["reason"],
        "main: killed by signal 9 (SIGKILL)"
    );
    assert_eq!(folder.history()[0]["result"], "failed");
}

#[test]
#[cfg(target_os = "linux")]
fn a_hangup_that_is_ignored_stays_ignored() {
    let folder = Folder::new("nohup");
    let script = "trap '' HUP; exec \"$BRIDGE\" record --job t -- grep SigIgn /proc/self/status";
    let output = folder.command("sh").args(["-c", script]).output().unwrap();
    let mask = text(&output.stdout);
    let mask = u64::from_str_radix(mask.split_whitespace().nth(1).unwrap(), 16).unwrap();
    assert_eq!(mask & 1, 1);
}

#[test]
fn a_command_that_cannot_be_run_is_a_recorded_failure() {
    let folder = Folder::new("missing");
    fs::write(folder.0.join("plain"), "no program").unwrap();
    for (command, code) in [("/no/such/command", 127), ("./plain", 126)] {
        let output = folder
            .command(BRIDGE)
            .args(["record", "--job", "t", "--", command])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = text(&output.stderr);
        assert!(
            said.starts_with(&format!("runboard: cannot run {command}: "))
                && said.lines().count() == 1
        );
        let history = folder.history();
        assert_eq!(history.last().unwrap()["metadata"]["exit_code"], code);
        assert_eq!(history.last().unwrap()["result"], "failed");
    }
}

#[test]
fn where_nothing_can_be_recorded_the_command_runs_and_one_line_says_why() {
    let folder = Folder::new("readonly");
    fs::write(folder.0.join("file"), "").unwrap();
    let nested = "\"$BRIDGE\" record --job inner -- sh -c 'echo inside; exit 4'";
    let mut command = folder.command(BRIDGE);
    let output = command
        .args([
            "record",
            "--job",
            "t",
            "--dir",
            "file/below",
            "--",
            "sh",
            "-c",
            nested,
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(text(&output.stdout), "inside\n");
    assert_eq!(
        text(&output.stderr),
        "runboard: this run is not recorded: file/below: Not a directory\n"
    );
    assert!(folder.runs().is_empty());
}

#[test]
fn nested_recorders_are_steps_of_the_run_and_every_line_is_logged_and_printed_once() {
    let folder = Folder::new("nested");
    let script = "echo begin
        \"$BRIDGE\" record --job build -- sh -c 'echo building; echo warning >&2; exit 1'
        \"$BRIDGE\" record --job build -- echo again 2>&1
        \"$BRIDGE\" record --job x --step outer -- \"$BRIDGE\" record --job inner -- echo deep
        \"$BRIDGE\" record --job file -- echo aside > aside
        RUNBOARD_RUN=off \"$BRIDGE\" record --job hidden -- echo unrecorded
        echo end";
    let output = folder.record(script).output().unwrap();
    assert!(output.status.success());
    let mut printed: Vec<String> = text(&output.stdout).lines().map(String::from).collect();
    printed.sort();
    assert_eq!(
        printed,
        ["again", "begin", "building", "deep", "end", "unrecorded"]
    );
    assert_eq!(text(&output.stderr), "warning\n");
    assert_eq!(
        fs::read_to_string(folder.0.join("aside")).unwrap(),
        "aside\n"
    );

    let run = folder.run();
    let mut texts = run.texts();
    texts.sort();
    let expected = if cfg!(target_os = "linux") {
        [
            "build|err|warning",
            "build|out|again",
            "build|out|building",
            "file|out|aside",
            "inner|out|deep",
            "main|out|begin",
            "main|out|end",
            "main|out|unrecorded",
        ]
    } else {
        [
            "file|out|aside",
            "main|err|warning",
            "main|out|again",
            "main|out|begin",
            "main|out|building",
            "main|out|deep",
            "main|out|end",
            "main|out|unrecorded",
        ]
    };
    assert_eq!(texts, expected);
    let history = folder.history();
    assert_eq!(history.len(), 1);
    let line = &history[0];
    assert_eq!(
        line["stages_executed"],
        json!(["main", "build", "outer", "inner", "file"])
    );
    assert_eq!(line["retry_count"], 1);
    assert_eq!(
        (&line["result"], &line["stages_failed"]),
        (&json!("success"), &json!([]))
    );
}

#[test]
fn off_records_nothing_and_a_reader_that_goes_away_is_felt() {
    let folder = Folder::new("off");
    let output = folder
        .record("echo $RUNBOARD_RUN; exit 3")
        .env("RUNBOARD_RUN", "off")
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(3), "off\n".into())
    );
    assert!(folder.runs().is_empty() && folder.history().is_empty());

    // `record -- yes | head -n 1` ends, as it does without the recorder.
    let mut child = folder
        .record("exec yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(141));
}

#[test]
fn the_default_folder_is_the_clones() {
    let folder = Folder::new("default");
    fs::create_dir_all(folder.0.join("clone/.git")).unwrap();
    fs::create_dir_all(folder.0.join("clone/a/b")).unwrap();
    let mut command = folder.record("true");
    let status = command
        .env_remove("RUNBOARD_DIR")
        .current_dir(folder.0.join("clone/a/b"))
        .status()
        .unwrap();
    assert!(status.success());
    assert!(folder.0.join("clone/.runboard/runs.jsonl").is_file());
}
