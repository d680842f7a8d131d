//! What a command prints, and how it ends, is recorded and passed on.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::folder::{BRIDGE, Folder, text};

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
