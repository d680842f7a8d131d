//! What signals do to the recorder and to its command.

use rustix::process::{Signal, kill_process, kill_process_group, test_kill_process};
use serde_json::{Value, json};

use crate::folder::{Folder, pid, started, text};

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
