//! Every case of the run-history fixtures: line by line, at every split, and without harm to neighbours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use runboard_core::backend::history::{Item, Line, Naming, Reader, Summary, nth_id};
use runboard_core::model::Timestamp;
use serde_json::{Value, json};

fn read(bytes: &[u8], piece: usize) -> Vec<Item> {
    let mut reader = Reader::new();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        reader.push(piece, &mut |item| items.push(item));
    }
    items.extend(reader.rest());
    items
}

/// What we have to say of a field of an expectation. `lists_naive`: it wants a line without a zone to be warned of by itself.
fn actual(
    field: &str,
    item: &Item,
    occurrences: &HashMap<String, u32>,
    lists_naive: bool,
) -> Value {
    match (&item.content, field) {
        (_, "line") => json!(item.line),
        (Line::Blank, "outcome") => json!("blank"),
        (Line::Fault(_), "outcome") => json!("error"),
        (Line::Fault(fault), "code") => json!(fault.code()),
        (Line::Record { summary, warnings }, field) => {
            let id = summary.id(item.line);
            let occurrence = occurrences.get(&id).copied().unwrap_or(1);
            let run = summary.run(nth_id(&id, occurrence), &Naming::default());
            match field {
                // A missing zone is a notice of the file, not a warning of the line.
                "outcome" => json!(if warnings
                    .iter()
                    .all(|w| w.to_string() == "naive_timestamp" && !lists_naive)
                    && occurrence == 1
                {
                    "ok"
                } else {
                    "warn"
                }),
                "run_id" => json!(summary.run_id),
                "synthetic_id" => json!(run.id),
                "occurrence" => json!(occurrence),
                "result" => json!(summary.result),
                "failure_reason" => json!(summary.failure_reason),
                "stages_executed" => json!(summary.stages_executed),
                "stages_failed" => json!(summary.stages_failed),
                "retry_count" => json!(summary.retry_count.unwrap_or(0)),
                "metadata" => json!(summary.metadata),
                "started_at" => json!(summary.started_at),
                "ended_at" => json!(summary.ended_at),
                "started_utc" => json!(run.started_at.map(|at| at.to_string())),
                "ended_utc" => json!(run.ended_at.map(|at| at.to_string())),
                "duration_s" => json!(
                    run.started_at
                        .zip(run.ended_at)
                        .map(|(start, end)| end.since(start).as_seconds())
                ),
                "code" => Value::Null,
                other => {
                    panic!("the expectation has a field that this test does not know: {other}")
                }
            }
        }
        (_, _) => Value::Null,
    }
}

fn same(field: &str, expected: &Value, actual: &Value) -> bool {
    match (
        field,
        expected.as_str().and_then(Timestamp::parse),
        actual.as_str().and_then(Timestamp::parse),
    ) {
        ("started_utc" | "ended_utc", Some(expected), Some(actual)) => expected == actual,
        // Times are kept to microseconds.
        ("duration_s", _, _) if expected.is_number() && actual.is_number() => {
            let apart = expected.as_f64().unwrap() - actual.as_f64().unwrap();
            apart.abs() < 2e-6
        }
        _ if expected.is_number() => {
            expected.as_f64() == actual.as_f64()
                && (expected.is_f64() || actual.is_f64() || expected == actual)
        }
        _ => expected == actual,
    }
}

/// Which record of its id each item is.
fn occurrences(items: &[Item]) -> Vec<HashMap<String, u32>> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let of_item = |item: &Item| {
        let Line::Record { summary, .. } = &item.content else {
            return HashMap::new();
        };
        let id = summary.id(item.line);
        let count = seen.entry(id.clone()).or_default();
        *count += 1;
        HashMap::from([(id, *count)])
    };
    items.iter().map(of_item).collect()
}

/// What is otherwise than expected.
fn check(file: &Path, expectation: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap();
    let expected: Value = serde_json::from_slice(&std::fs::read(expectation).unwrap()).unwrap();
    let mut items = read(&bytes, 1 << 20);
    // An expectation has one entry for a line: of several records in one it is the last, which the format's rule takes.
    items.reverse();
    items.dedup_by_key(|item| item.line);
    items.reverse();
    let nth = occurrences(&items);
    let mut faults = Vec::new();
    let lines = expected["lines"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, case) in lines.iter().enumerate() {
        let number = case["line"].as_u64().unwrap_or(index as u64 + 1);
        let Some(place) = items.iter().position(|item| item.line == number) else {
            faults.push(format!("line {number}: there is none"));
            continue;
        };
        let (item, here) = (&items[place], &nth[place]);
        let mut warnings: Vec<String> = Vec::new();
        if let Line::Record {
            warnings: found, ..
        } = &item.content
        {
            warnings = found.iter().map(ToString::to_string).collect();
            if here.values().any(|count| *count > 1) {
                warnings.push("duplicate_run_id".into());
            }
        }
        let lists_naive = texts(&case["warnings"]).contains(&"naive_timestamp");
        let is_naive = warnings.iter().any(|one| one == "naive_timestamp");
        for (field, value) in case.as_object().unwrap() {
            match field.as_str() {
                "note" | "original_python" => {}
                "warnings" => {
                    let wanted = texts(value);
                    let missing = wanted
                        .iter()
                        .filter(|w| !warnings.iter().any(|found| found == *w))
                        .count();
                    let extra = warnings
                        .iter()
                        .filter(|w| *w != "naive_timestamp" && !wanted.contains(&w.as_str()))
                        .count();
                    if missing + extra > 0 {
                        faults.push(format!(
                            "line {number}: warnings {warnings:?}, expected {wanted:?}"
                        ));
                    }
                }
                // Without a zone nobody can tell the instant.
                "started_utc" | "ended_utc" if value.is_null() && is_naive => {}
                field => {
                    let found = actual(field, item, here, lists_naive);
                    if !same(field, value, &found) {
                        faults.push(format!(
                            "line {number}: {field} is {found}, expected {value}"
                        ));
                    }
                }
            }
        }
    }
    if let Some(summary) = expected["summary"].as_object() {
        let count =
            |test: fn(&Line) -> bool| items.iter().filter(|item| test(&item.content)).count();
        for (field, value) in summary {
            let found = match field.as_str() {
                "physical_lines" => items.len(),
                "blank" => count(|line| matches!(line, Line::Blank)),
                "records" => count(|line| matches!(line, Line::Record { .. })),
                "errors" => count(|line| matches!(line, Line::Fault(_))),
                "distinct_run_ids" => {
                    let own = |item: &Item| matches!(&item.content, Line::Record { summary, .. } if summary.run_id.as_deref().is_some_and(|id| !id.is_empty()));
                    items
                        .iter()
                        .filter(|item| own(item))
                        .map(|item| record(item).id(item.line))
                        .collect::<std::collections::HashSet<_>>()
                        .len()
                }
                _ => continue,
            };
            if json!(found) != *value {
                faults.push(format!("{field} is {found}, expected {value}"));
            }
        }
    }
    let name = file.display();
    faults
        .into_iter()
        .map(|fault| format!("{name}: {fault}"))
        .collect()
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(Value::as_str).collect()
}

fn record(item: &Item) -> &Summary {
    match &item.content {
        Line::Record { summary, .. } => summary,
        other => panic!("no record: {other:?}"),
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixture/jsonl")
        .join(name)
}

#[test]
fn every_case_of_the_fixtures_reads_as_expected() {
    let mut folders = vec![fixture("")];
    folders.extend(
        std::env::var_os("RUNBOARD_EXTRA_CASES")
            .map(|dir| PathBuf::from(dir).join("jsonl"))
            .filter(|dir| dir.is_dir()),
    );
    let (mut checked, mut faults) = (0, Vec::new());
    for folder in folders {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let expectation = path.with_extension("expected.json");
            if path.extension().is_some_and(|ext| ext == "jsonl") && expectation.exists() {
                faults.extend(check(&path, &expectation));
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pieces_of_any_size_give_the_same_lines() {
    let bytes = std::fs::read(fixture("edge.jsonl")).unwrap();
    let whole = read(&bytes, bytes.len());
    for piece in (1..300).chain([1000, 4096]) {
        assert_eq!(read(&bytes, piece), whole, "pieces of {piece} bytes");
    }
    let end = whole.last().map(|item| item.offset + item.len);
    assert_eq!(end, Some(bytes.len() as u64));
}

#[test]
fn a_ruined_line_costs_only_itself() {
    let bytes = std::fs::read(fixture("edge.jsonl")).unwrap();
    let whole = read(&bytes, bytes.len());
    // A fixed walk over the file: every 7th byte is ruined in five ways, one at a time.
    for at in (3..bytes.len()).step_by(7) {
        for byte in [0u8, b'"', b'{', 0xff, b'\\'] {
            let mut ruined = bytes.clone();
            if ruined[at] == b'\n' {
                continue;
            }
            ruined[at] = byte;
            let items = read(&ruined, 4096);
            assert_eq!(items.len(), whole.len());
            let differing = items.iter().zip(&whole).filter(|(a, b)| a != b).count();
            assert!(differing <= 1, "byte {at}: {differing} lines changed");
        }
    }
}

#[test]
fn stages_become_steps_with_their_attempts() {
    let text = br#"{"run_id":"r","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:09Z","result":"failed","failure_reason":"b","stages_executed":["a","b"],"stages_failed":["b"],"retry_count":1,"metadata":{"job":"j","command":["x","y z"],"exit_code":3,"host":"h","user":"u","tags":{"k":"v"},"manual":true,"lost_lines":0,"stages":[{"stage":"a","attempt":1,"started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:01Z","result":"succeeded","exit_code":0},{"stage":"b","attempt":1,"result":"failed","exit_code":1},{"stage":"b","attempt":2,"result":"failed","exit_code":3},{"stage":"c","result":"skipped"}]}}
"#;
    let items = read(text, 64);
    let summary = record(&items[0]);
    let naming = Naming {
        job: "file".into(),
        ..Naming::default()
    };
    let run = summary.run("r".into(), &naming);
    assert_eq!(
        (run.job.as_str(), run.exit_code, run.command.len()),
        ("j", Some(3), 2)
    );
    let tags: Vec<String> = run.tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(tags, ["k=v", "retry_count=1", "manual=true"]);
    let steps = summary.steps(&naming);
    let told: Vec<String> = steps
        .iter()
        .map(|s| format!("{} {} {}", s.key, s.phase.word(), s.attempts.len()))
        .collect();
    assert_eq!(told, ["a succeeded 1", "b failed 2", "c skipped 1"]);
    assert_eq!(
        (
            run.steps.total,
            run.steps.succeeded,
            run.steps.failed,
            run.steps.skipped
        ),
        (Some(3), 1, 1, 1)
    );
}
