//! What a source keeps is shown as it stands.

use runboard_core::backend::Backend as _;
use serde_json::Value;

use super::list;
use super::server::{got, source};

#[test]
fn a_line_of_a_file_is_shown_as_it_stands() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixture/jsonl/edge.jsonl"
    );
    let bytes = std::fs::read(path).unwrap();
    let lines: Vec<String> = bytes
        .split(|byte| *byte == b'\n')
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let (server, history) = source("runs.jsonl", true);
    *server.file.borrow_mut() = bytes;
    list(&history, 100);
    let raw = |id: &str| got(history.raw(id)).unwrap().value;
    for (id, line) in [
        ("negative", 11),
        ("line-9", 9),
        ("bad-utf8", 13),
        ("precise", 19),
    ] {
        assert_eq!(raw(id), lines[line - 1]);
    }
    // Without what is no part of the record.
    let first = lines[0].trim_start_matches('\u{feff}').trim_end();
    assert_eq!(raw("bom-crlf"), first);
    // What is no JSON is told as a text of it.
    for (id, line) in [("nan", 12), ("glued-after-torn", 16)] {
        assert_eq!(raw(id), Value::from(lines[line - 1].as_str()).to_string());
    }
    // A tab of the run after the other reads the line once.
    let asked = server.asked.borrow().len();
    raw("precise");
    got(history.facts("precise")).unwrap();
    assert_eq!(server.asked.borrow().len(), asked + 1);
}

#[test]
fn a_record_of_the_pipelines_own_api_is_shown_as_it_came() {
    let (server, history) = source("https://x/api/pipeline/", false);
    let odd = r#"{"result":"success", "run_id":"odd","started_at":"2025-01-15T10:00:00Z","retry_count":"two","stages_executed":{"a":1},"stages_failed":null,"metadata":{"n":1.50}}"#;
    let twice = odd.replace("odd", "twice").replace("1.50", "2.50");
    let rows = [
        odd.to_string(),
        twice.clone(),
        twice.replace("2.50", "3.50"),
    ];
    *server.rows.borrow_mut() = rows.to_vec();
    list(&history, 100);
    for (id, row) in ["odd", "twice", "twice#2"].into_iter().zip(&rows) {
        assert_eq!(got(history.raw(id)).unwrap().value, *row);
    }
}
