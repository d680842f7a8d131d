//! Files of what is shown: the CSV as Python's csv module reads it, the JSON as our own reader of the Runs API does.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use runboard_core::backend::runs_api::{decode, decode_run};
use runboard_core::model::event::{EventLevel, RunEvent};
use runboard_core::model::run_stats::{AssetCounts, RunStats};
use runboard_core::model::{
    Attempt, Family, Level, LogLine, LogStream, Phase, Run, Span, Step, StepCounts, Timestamp,
};
use runboard_core::store::download;
use runboard_core::store::export::{Column, Export, Format, csv_text};
use runboard_core::store::log_store::LogStore;
use runboard_core::store::run_table::{RowId, RunTable};
use serde_json::{Value, json};

/// What Python's csv module makes of it, as JSON.
/// When the files are written.
const NOW: Timestamp = Timestamp(1_795_000_009_000_000);

fn python_csv(csv: &str) -> Value {
    let script = "import csv, io, json, sys; print(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(), newline=''), strict=True))))";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(csv.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Text that is hard to put into any file.
const HARD: [&str; 14] = [
    "=HYPERLINK(\"http://evil\",\"x\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "a,b",
    "say \"hi\"",
    "two\nlines",
    "two\r\nlines",
    " spaces ",
    "",
    "gr\u{fc}n \u{1f600} \u{202e}",
    "'=1",
];

fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_string()
    }
}

fn hard_runs() -> Vec<Run> {
    let make = |(place, text): (usize, &&str)| {
        let mut run = Run::new(format!("r{place:02}"), *text);
        run.phase = Phase::ALL[place];
        run.raw_status = format!("{text}!");
        run.reason = Some(text.to_string());
        run.created_at = Some(Timestamp(1_795_000_000_000_000 + place as i64));
        run.started_at = run.created_at;
        run.ended_at = Some(Timestamp(1_795_000_001_500_000));
        run.tags = vec![("k".into(), text.to_string()), ("k".into(), "2".into())];
        run.command = vec!["sh".into(), text.to_string()];
        run.exit_code = Some(-9);
        run.zone_assumed = place == 1;
        run.assets = Some(7);
        run.steps = StepCounts {
            total: Some(3),
            succeeded: 1,
            failed: 1,
            ..StepCounts::default()
        };
        run
    };
    HARD.iter().enumerate().map(make).collect()
}

fn export(format: Format, columns: &[Column]) -> (Vec<Run>, String) {
    let runs = hard_runs();
    let mut table = RunTable::new();
    let rows: Vec<RowId> = runs.iter().map(|run| table.upsert(1, run).row()).collect();
    let mut export = Export::new(format, columns, vec!["zero".into(), "=one".into()], NOW);
    let mut text = String::new();
    for slice in rows.chunks(5) {
        export.rows(&table, slice);
        text.push_str(&export.take());
    }
    text.push_str(&export.finish());
    (runs, text)
}

#[test]
fn python_reads_the_csv_that_was_written() {
    let (runs, csv) = export(Format::Csv, &Column::ALL);
    let rows = python_csv(&csv);
    let header: Vec<&str> = Column::ALL.iter().map(|column| column.word()).collect();
    assert_eq!(rows[0], json!(header));
    assert_eq!(rows.as_array().unwrap().len(), runs.len() + 1);
    let rows = rows.as_array().unwrap().iter().skip(1);
    for (place, (run, row)) in runs.iter().zip(rows).enumerate() {
        let text = run.job.as_str();
        assert_eq!(
            *row,
            json!([
                "'=one",
                run.id,
                guarded(text),
                run.phase.word(),
                guarded(&run.raw_status),
                run.created_at.unwrap().to_string(),
                run.started_at.unwrap().to_string(),
                run.ended_at.unwrap().to_string(),
                runboard_core::store::json::seconds(
                    run.ended_at.unwrap().since(run.started_at.unwrap())
                ),
                "3",
                "1",
                "1",
                "7",
                "",
                "1",
                format!("k={text}; k=2"),
                guarded(text),
                "",
                "",
                format!("sh {text}"),
                "-9",
                "",
                "",
                (place == 1).to_string()
            ])
        );
    }
    // RFC 4180: every record ends with CRLF, and a bare cell holds nothing that separates.
    assert!(csv.ends_with("\r\n"));
    let mut cell = String::new();
    csv_text("a\"b", &mut cell);
    assert_eq!(cell, "\"a\"\"b\"");
}

#[test]
fn json_and_json_lines_hold_the_columns_that_were_chosen() {
    let columns = [
        Column::Source,
        Column::Id,
        Column::Job,
        Column::Duration,
        Column::Tags,
        Column::User,
        Column::ZoneAssumed,
    ];
    let (runs, whole) = export(Format::Json, &columns);
    let (_, lines) = export(Format::Jsonl, &columns);
    let whole: Vec<Value> = serde_json::from_str(&whole).unwrap();
    assert!(lines.ends_with('\n'));
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(whole, lines);
    for (place, (run, object)) in runs.iter().zip(&whole).enumerate() {
        let seconds = run
            .ended_at
            .unwrap()
            .since(run.started_at.unwrap())
            .as_seconds();
        assert_eq!(
            *object,
            json!({"source": "=one", "id": run.id, "job": run.job, "duration_s": seconds,
                "tags": [format!("k={}", run.job), "k=2"], "user": null, "zone_assumed": place == 1})
        );
    }
    let none = Export::new(Format::Json, &columns, Vec::new(), NOW).finish();
    assert_eq!(serde_json::from_str::<Value>(&none).unwrap(), json!([]));
    for format in Format::ALL {
        assert!(format.media_type().contains('/') && !format.extension().is_empty());
    }
    for column in Column::ALL {
        assert_eq!(Column::from_word(column.word()), Some(column));
    }
}

fn hard_steps() -> Vec<Step> {
    let make = |(place, text): (usize, &&str)| {
        let mut step = Step::queued(format!("s{place}{text}"), place as u32);
        step.phase = Phase::ALL[place];
        step.raw_status = format!("RAW {text}");
        step.started_at = Some(Timestamp(1_795_000_000_000_000));
        step.reason = Some(text.to_string());
        step.needs = vec![text.to_string()];
        step.attempts = vec![Attempt {
            number: 2,
            phase: Phase::Failed,
            raw_status: "failed".into(),
            started_at: step.started_at,
            ended_at: Some(Timestamp(1_795_000_000_000_001)),
            exit_code: Some(-1),
            reason: None,
        }];
        step
    };
    HARD.iter().enumerate().map(make).collect()
}

#[test]
fn tabs_download_what_the_runs_api_would_send() {
    let steps = hard_steps();
    let text = download::steps("r", &mut steps.iter());
    assert_eq!(decode::step_list(text.as_bytes()).unwrap().value, steps);

    let event = |(place, text): (usize, &&str)| RunEvent {
        n: place as u64 + 3,
        time: Some(Timestamp(1_795_000_000_000_000)),
        kind: text.to_string(),
        step: Some(text.to_string()),
        attempt: Some(1),
        level: (place % 2 == 0).then_some(EventLevel::Critical),
        raw_level: (place % 2 == 1).then(|| "loud".to_string()),
        message: text.to_string(),
        detail: Some("17".into()),
        error: None,
        facts: Vec::new(),
    };
    let events: Vec<RunEvent> = HARD.iter().enumerate().map(event).collect();
    let text = download::events("r", &mut events.iter());
    assert_eq!(
        decode_run::events(text.as_bytes()).unwrap().value.events,
        events
    );

    let stats = RunStats {
        duration: Some(Span(1_500_001)),
        steps: Some(StepCounts::default()),
        assets: Some(AssetCounts {
            materialized: 3,
            ..AssetCounts::default()
        }),
        ..RunStats::default()
    };
    let text = download::stats("r", &stats);
    assert_eq!(decode_run::stats(text.as_bytes()).unwrap().value, stats);
    assert!(text.contains("\"queue_s\": null"));

    let family = Family {
        root: "r00".into(),
        parent: None,
        runs: hard_runs(),
        missing: vec!["gone".into()],
    };
    let text = download::lineage("r", &family);
    let read = decode_run::lineage(text.as_bytes()).unwrap().value;
    assert!(read == family);
    let text = download::run(&family.runs[7]);
    assert_eq!(
        decode::one_run(text.as_bytes()).unwrap().value,
        family.runs[7]
    );
}

#[test]
fn log_lines_are_downloaded_as_they_are_shown_and_exactly() {
    let mut log = LogStore::new(usize::MAX);
    let lines = HARD.map(|text| LogLine {
        at: None,
        step: "s".into(),
        stream: LogStream::Err,
        level: Level::Warn,
        text: format!("\u{1b}[31m{text}\r"),
    });
    log.append(1, &lines);
    let text = download::log_lines("r", &log, &mut [2, 5, 99].into_iter());
    let value: Value = serde_json::from_str(&text).unwrap();
    let line = |n: usize| json!({"n": n, "step": "s", "stream": "err", "level": "warn", "text": lines[n - 1].text});
    assert_eq!(value, json!({"run": "r", "lines": [line(2), line(5)]}));
}

#[test]
fn a_file_in_parts_is_the_file() {
    let mut log = LogStore::new(usize::MAX);
    let lines = HARD.map(|text| LogLine {
        at: None,
        step: String::new(),
        stream: LogStream::Out,
        level: Level::Unset,
        text: text.into(),
    });
    log.append(1, &lines);
    let part = |from: u64, to: u64| download::log_lines("\": [\n", &log, &mut (from..to));
    let all = part(1, 15);
    for cuts in [
        &[1, 15][..],
        &[1, 2, 15],
        &[1, 4, 4, 5, 15],
        &[1, 1, 15, 30],
    ] {
        let parts = cuts.windows(2).map(|pair| part(pair[0], pair[1])).collect();
        assert_eq!(download::joined(parts).concat(), all, "{cuts:?}");
    }
    assert_eq!(
        download::joined(vec![part(9, 9), part(9, 9)]).concat(),
        part(9, 9)
    );
}

#[test]
fn a_plan_is_downloaded_with_all_that_is_shown_of_it() {
    let shown = json!({"mode": "failed", "profile": "promised", "expected_by": "the medians", "suggestion": "incomplete fits",
        "warnings": ["stale"], "differences": ["b: otherwise"], "command": ["rerun", "r"],
        "steps": [
            {"key": "a", "plan": "skip", "reason": "it succeeded"},
            {"key": "b", "plan": "retry", "reason": "it failed", "expected_s": 12.5, "expected_of": 7},
            {"key": "c", "plan": "run", "reason": "it never ran", "within": "b", "expected_of": 2}]});
    let plan = decode_run::resume_plan(shown.to_string().as_bytes()).unwrap();
    let text = download::plan("r", &plan.value);
    let mut saved: Value = serde_json::from_str(&text).unwrap();
    saved.as_object_mut().unwrap().remove("run");
    assert_eq!(saved, shown);
}
