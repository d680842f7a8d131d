//! What a run leaves in its folder and in `runs.jsonl`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use std::process::Command;
use std::thread;

use common::{Folder, dir, events, history, rows};
use runboard_record::{Echo, Options, Recording, RunOutcome, StepOutcome, Stream, is_run_id};
use serde_json::{Value, json};

fn start(name: &str) -> (Recording, Folder) {
    let dir = dir(name);
    let run = Recording::start(Options::new(dir.path(), "a job").tag("branch", "main")).unwrap();
    (run, dir)
}

#[test]
fn a_run_has_a_folder_with_its_steps_and_a_line_in_the_history() {
    let (run, dir) = start("whole");
    let id = run.run_id().unwrap().to_owned();
    assert!(is_run_id(&id) && id.len() == 12 && id.starts_with('r'));
    run.plan(&["fmt", "clippy"]);
    let fmt = run.step("fmt");
    fmt.line(Stream::Out, "one\ntwo");
    fmt.finish(StepOutcome::Succeeded, Some(0), None);
    let clippy = run.step("clippy");
    clippy.write(Stream::Err, b"no newl");
    clippy.write(Stream::Err, b"ine");
    clippy.finish(StepOutcome::Failed, Some(101), None);
    run.line(Stream::Sys, "the run itself");
    run.finish(RunOutcome::Failed, Some(101), None);
    run.finish(RunOutcome::Succeeded, Some(0), None);

    let folder = dir.path().join("runs").join(&id);
    let about: Value =
        serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap();
    assert_eq!(about["run_id"], id);
    assert_eq!(about["job"], "a job");
    assert_eq!(about["tags"], json!({"branch": "main"}));
    assert_eq!(about["format"], 1);
    assert!(folder.join("alive").is_file());

    let said: Vec<Value> = events(&folder)
        .into_iter()
        .map(|mut event| {
            let at = event.as_object_mut().unwrap().remove("at").unwrap();
            assert!(at.as_str().unwrap().ends_with('Z') && at.as_str().unwrap().len() == 27);
            event
        })
        .collect();
    assert_eq!(
        said,
        [
            json!({"event": "run", "status": "running"}),
            json!({"event": "plan", "steps": ["fmt", "clippy"]}),
            json!({"event": "step", "step": "fmt", "attempt": 1, "status": "running"}),
            json!({"event": "step", "step": "fmt", "attempt": 1, "status": "succeeded", "exit_code": 0}),
            json!({"event": "step", "step": "clippy", "attempt": 1, "status": "running"}),
            json!({"event": "step", "step": "clippy", "attempt": 1, "status": "failed", "exit_code": 101,
                "reason": "exit code 101"}),
            json!({"event": "run", "status": "failed", "exit_code": 101, "reason": "clippy: exit code 101"}),
        ]
    );
    let words =
        |[step, stream, text]: &[&str; 3]| [step.to_string(), stream.to_string(), text.to_string()];
    let expected = [
        ["fmt", "out", "one"],
        ["fmt", "out", "two"],
        ["clippy", "err", "no newline"],
        ["", "sys", "the run itself"],
    ];
    assert_eq!(
        rows(&folder),
        expected.iter().map(words).collect::<Vec<_>>()
    );

    let lines = history(dir.path());
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    let mut seeds = [
        "run_id",
        "started_at",
        "ended_at",
        "result",
        "failure_reason",
        "stages_executed",
        "stages_failed",
        "retry_count",
        "metadata",
    ];
    seeds.sort_unstable();
    assert_eq!(keys, seeds);
    assert_eq!(line["run_id"], id);
    assert_eq!(line["started_at"], about["created_at"]);
    assert_eq!(line["result"], "failed");
    assert_eq!(line["failure_reason"], "clippy: exit code 101");
    assert_eq!(line["stages_executed"], json!(["fmt", "clippy"]));
    assert_eq!(line["stages_failed"], json!(["clippy"]));
    assert_eq!(line["retry_count"], 0);
    let metadata = &line["metadata"];
    assert_eq!(metadata["job"], "a job");
    assert_eq!(metadata["exit_code"], 101);
    assert_eq!(metadata["stages"][1]["result"], "failed");
    assert_eq!(metadata["stages"][1]["exit_code"], 101);
    assert_eq!(
        (&metadata["lost_lines"], &metadata["lost_bytes"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn the_same_step_again_is_its_next_attempt_and_can_mend_the_first() {
    let (run, dir) = start("attempts");
    let first = run.step("flaky");
    assert_eq!(first.attempt(), 1);
    first.finish(StepOutcome::Failed, Some(1), None);
    let second = run.step("flaky");
    assert_eq!(second.attempt(), 2);
    second.finish(StepOutcome::Succeeded, Some(0), None);
    run.step("not needed")
        .finish(StepOutcome::Skipped, None, Some("nothing changed"));
    run.finish(RunOutcome::Succeeded, Some(0), None);
    let line = &history(dir.path())[0];
    assert_eq!(line["result"], "success");
    assert_eq!(line["failure_reason"], Value::Null);
    assert_eq!(line["retry_count"], 1);
    assert_eq!(line["stages_executed"], json!(["flaky"]));
    assert_eq!(line["stages_failed"], json!([]));
    assert_eq!(line["metadata"]["stages"][2]["result"], "skipped");
}

#[test]
fn a_run_or_step_that_is_dropped_has_failed_and_open_steps_are_canceled() {
    let (run, dir) = start("dropped");
    drop(run.step("forgotten"));
    drop(run);
    let line = &history(dir.path())[0];
    assert_eq!(line["result"], "failed");
    assert_eq!(line["metadata"]["stages"][0]["result"], "failed");

    let (run, dir) = start("open");
    let step = run.step("open");
    run.finish(RunOutcome::Stopped, Some(130), None);
    step.finish(StepOutcome::Succeeded, Some(0), None);
    let line = &history(dir.path())[0];
    assert_eq!(line["result"], "stopped");
    assert_eq!(line["metadata"]["stages"][0]["result"], "canceled");
    let folder = run.folder().unwrap();
    assert_eq!(events(folder).last().unwrap()["status"], "stopped");
}

#[test]
fn names_that_would_break_the_files_are_made_harmless() {
    let (run, _dir) = start("names");
    let step = run.step("a\tb\nc");
    assert_eq!(step.name(), "a b c");
    step.line(Stream::Out, "x");
    step.finish(StepOutcome::Succeeded, None, None);
    assert_eq!(run.step(" ").name(), "step");
    assert_eq!(rows(run.folder().unwrap()), [["a b c", "out", "x"]]);
}

#[test]
fn a_commands_output_is_kept_exactly_and_its_status_given() {
    let (run, _dir) = start("bytes");
    let step = run.step("bytes");
    // All byte values but LF, then LF, then a line without one.
    let script = r"i=0; while [ $i -lt 256 ]; do [ $i -eq 10 ] || printf \\$(printf %o $i); i=$((i+1)); done; printf '\nend'; exit 7";
    let status = step
        .run(Command::new("sh").args(["-c", script]), Echo::Quiet)
        .unwrap();
    assert_eq!(status.code(), Some(7));
    assert_eq!(step.finish_with(status), 7);
    let log = std::fs::read(run.folder().unwrap().join("log.tsv")).unwrap();
    let mut lines = log.split(|byte| *byte == b'\n');
    let text = |row: &[u8]| {
        row[row.windows(5).position(|part| part == b"\tout\t").unwrap() + 5..].to_vec()
    };
    let all: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').collect();
    assert_eq!(text(lines.next().unwrap()), all);
    assert_eq!(text(lines.next().unwrap()), b"end");
    assert_eq!(lines.next(), Some(&b""[..]));
}

#[test]
fn two_recorders_and_two_threads_each_do_not_mix() {
    let dir = dir("mix");
    let runs: Vec<Recording> = (0..2)
        .map(|_| Recording::start(Options::new(dir.path(), "mix")).unwrap())
        .collect();
    thread::scope(|scope| {
        for (number, run) in runs.iter().enumerate() {
            for part in 0..2 {
                scope.spawn(move || {
                    let step = run.step(&format!("part {part}"));
                    for line in 0..2_000 {
                        step.line(
                            Stream::Out,
                            &format!("run {number} part {part} line {line}"),
                        );
                    }
                    step.finish(StepOutcome::Succeeded, None, None);
                });
            }
        }
    });
    for (number, run) in runs.iter().enumerate() {
        run.finish(RunOutcome::Succeeded, Some(0), None);
        let rows = rows(run.folder().unwrap());
        assert_eq!(rows.len(), 4_000);
        for part in 0..2 {
            let step = format!("part {part}");
            let texts: Vec<&String> = rows
                .iter()
                .filter(|row| row[0] == step)
                .map(|row| &row[2])
                .collect();
            let expected: Vec<String> = (0..2_000)
                .map(|line| format!("run {number} part {part} line {line}"))
                .collect();
            assert_eq!(texts, expected.iter().collect::<Vec<_>>());
        }
    }
    let ids: Vec<Value> = history(dir.path())
        .iter()
        .map(|line| line["run_id"].clone())
        .collect();
    assert_eq!(ids, [runs[0].run_id().unwrap(), runs[1].run_id().unwrap()]);
}

#[test]
fn a_joined_run_gets_steps_and_lines_but_no_end() {
    let (run, dir) = start("joined");
    run.step("build").finish(StepOutcome::Failed, Some(1), None);
    let joined = Recording::join(run.folder().unwrap()).unwrap();
    assert!(joined.is_joined() && joined.run_id() == run.run_id());
    let again = joined.step("build");
    assert_eq!(again.attempt(), 2);
    again.line(Stream::Out, "from within");
    again.finish(StepOutcome::Succeeded, Some(0), None);
    joined.finish(RunOutcome::Succeeded, Some(0), None);
    let folder = run.folder().unwrap();
    assert!(
        events(folder)
            .iter()
            .all(|event| event["event"] != "run" || event["status"] == "running")
    );
    assert!(history(dir.path()).is_empty());
    run.finish(RunOutcome::Succeeded, Some(0), None);
    let line = &history(dir.path())[0];
    assert_eq!(line["metadata"]["stages"].as_array().unwrap().len(), 2);
    assert_eq!(line["stages_failed"], json!([]));
}

#[test]
fn a_silent_run_runs_its_commands_and_writes_nothing() {
    let run = Recording::silent();
    assert_eq!((run.run_id(), run.folder()), (None, None));
    let step = run.step("quiet");
    step.line(Stream::Out, "nowhere");
    let mut command = Command::new("sh");
    let status = step
        .run(
            command.args(["-c", "[ \"$RUNBOARD_RUN\" = off ]"]),
            Echo::Quiet,
        )
        .unwrap();
    assert!(status.success());
    run.finish(RunOutcome::Succeeded, Some(0), None);
}

#[test]
fn a_command_that_does_not_exist_is_an_error_and_nothing_hangs() {
    let (run, _dir) = start("missing");
    let step = run.step("missing");
    let error = step
        .run(&mut Command::new("/no/such/command"), Echo::Quiet)
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_process_that_is_left_behind_does_not_hold_the_step() {
    let (run, _dir) = start("behind");
    let step = run.step("behind");
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 & echo $!"]);
    let status = step.run(&mut command, Echo::Quiet).unwrap();
    step.finish_with(status);
    let rows = rows(run.folder().unwrap());
    let pid = &rows[0][2];
    assert_eq!(rows[1][1], "sys");
    // It is not ours to end, so it must still be there; this test has to clean up.
    assert!(
        Command::new("sh")
            .args(["-c", &format!("kill {pid}")])
            .status()
            .unwrap()
            .success()
    );
}
