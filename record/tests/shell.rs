//! The script in `docs/recording.md` writes what the document says.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{dir, events, run_folders};
use runboard_record::is_run_id;
use serde_json::{Value, json};

#[test]
fn the_documented_script_records_a_command_and_passes_its_exit_code_on() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recording.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page
        .split_once("\n## 9. From a shell script\n")
        .expect("section 9");
    let (_, block) = section.split_once("```sh\n").expect("a script");
    let (script, _) = block.split_once("```").expect("its end");

    let dir = dir("shell");
    let command = "echo one; printf '\\ttwo' >&2; exit 3";
    let status = Command::new("sh")
        .args(["-c", script, "record.sh", "by hand", "sh", "-c", command])
        .env("RUNBOARD_DIR", dir.path())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(3));

    let folders = run_folders(dir.path());
    assert_eq!(folders.len(), 1);
    let folder = &folders[0];
    let about: Value = serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
    assert_eq!(
        about["run_id"],
        folder.file_name().unwrap().to_str().unwrap()
    );
    assert!(is_run_id(about["run_id"].as_str().unwrap()));
    assert_eq!(about["job"], "by hand");
    let said: Vec<Value> = events(folder)
        .iter()
        .map(|event| json!([event["event"], event["status"]]))
        .collect();
    assert_eq!(
        said,
        [
            json!(["run", "running"]),
            json!(["step", "running"]),
            json!(["step", "failed"]),
            json!(["run", "failed"])
        ]
    );
    assert_eq!(events(folder)[3]["exit_code"], 3);
    let log = fs::read_to_string(folder.join("log.tsv")).unwrap();
    let texts: Vec<&str> = log
        .lines()
        .map(|row| row.split_once('\t').unwrap().1)
        .collect();
    assert_eq!(texts, ["main\tout\tone", "main\tout\t\ttwo"]);
}
