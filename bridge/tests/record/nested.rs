//! Several recorders: side by side, one within the other, and none.

use std::fs;
use std::process::{Child, Stdio};

use serde_json::json;

use crate::folder::{BRIDGE, Folder, text};

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

#[test]
fn the_run_names_the_command_that_failed_and_not_those_around_it() {
    let folder = Folder::new("cause");
    let inner = "\"$BRIDGE\" record --job ci -- \"$BRIDGE\" record --job unit -- sh -c 'exit 7'";
    let output = folder.record(inner).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let line = &folder.history()[0];
    assert_eq!(line["failure_reason"], "unit: exit code 7", "{line}");
    assert_eq!(line["stages_failed"], json!(["main", "ci", "unit"]));
}
