//! Histories: one file of lines as a source.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::files::{append, summary};
use super::site::{Place, Site, ids};

pub(crate) const AT: &str = "2026-11-21T10:00:00Z";

pub(crate) fn history(text: &[u8]) -> Site {
    let place = Place::new();
    let path = place.join("h.jsonl");
    std::fs::write(&path, text).unwrap();
    let argument = format!("etl={}", path.display());
    Site::start(place, &["--history", &argument])
}

#[test]
fn every_record_of_a_ruined_file_is_found() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixture/jsonl/edge.jsonl");
    let site = history(&std::fs::read(fixture).unwrap());
    let list = site.json("/api/v1/etl/runs?limit=5000&order=asc");
    assert_eq!((list["total"].as_u64(), ids(&list).len()), (Some(18), 18));
    // Rows without a time come first here, and last in the usual order.
    assert_eq!(ids(&list)[..2], ["odd-time", "old-but-last"]);
    for id in ids(&list) {
        let path: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(
            site.json(&format!("/api/v1/etl/runs/{path}"))["run"]["id"],
            id
        );
        let logs = site.json(&format!("/api/v1/etl/runs/{path}/logs"));
        assert_eq!(logs["total"], 0);
    }
    let second = site.json("/api/v1/etl/runs/bom-crlf%232");
    assert_eq!(second["run"]["reason"], "second record, same run_id");
    assert_eq!(
        site.json("/api/v1/etl/runs/bom-crlf")["run"]["status"],
        "succeeded"
    );
    assert_eq!(
        site.json("/api/v1/etl/runs/a%2Fb%3Fc%23d%252F../steps")["steps"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(site.json("/api/v1/etl/runs/aware-utc")["run"]["job"], "etl");
    let problems: Vec<Value> = site.json("/api/v1/etl/info")["problems"]
        .as_array()
        .unwrap()
        .clone();
    for part in [
        "h.jsonl line 15 (byte ",
        "not_an_object",
        "line 13 (byte 2685): invalid_utf8",
        "h.jsonl line 21 (byte ",
        "truncated_last_line",
        "salvaged_after_torn_write",
    ] {
        assert!(
            problems
                .iter()
                .any(|problem| problem.as_str().unwrap().contains(part)),
            "{part}: {problems:?}"
        );
    }
}

#[test]
fn a_line_that_another_program_blanks_out_is_gone() {
    let lines = [
        summary("r1", AT, "success", json!({})),
        summary("r2", AT, "failed", json!({})),
    ];
    let site = history(lines.concat().as_bytes());
    let path = site.place.join("h.jsonl");
    assert_eq!(ids(&site.json("/api/v1/etl/runs")), ["r2", "r1"]);
    let blank = format!("{}\n{}", " ".repeat(lines[0].len() - 1), lines[1]);
    std::fs::write(&path, blank).unwrap();
    assert_eq!(ids(&site.json("/api/v1/etl/runs")), ["r2"]);
    assert_eq!(site.get("/api/v1/etl/runs/r1").status, 404);
}

#[test]
fn lines_that_are_appended_are_seen_and_a_torn_one_waits() {
    let site = history(summary("r1", AT, "success", json!({})).as_bytes());
    let path = site.place.join("h.jsonl");
    let mut stream = site.stream_with("/api/v1/etl/", "topic=runs", &[]);
    stream.until_named("live");
    let line = summary("r2", AT, "failed", json!({}));
    append(&path, &line.as_bytes()[..40]);
    append(&path, b"");
    assert_eq!(ids(&site.json("/api/v1/etl/runs")), ["r1"]);
    let told = |what: &str| {
        let info = site.json("/api/v1/etl/info");
        let problems = info["problems"].as_array().into_iter().flatten();
        let is_so = |problem: &&Value| problem.as_str().unwrap().contains(what);
        problems.filter(is_so).count()
    };
    assert_eq!(told("truncated_last_line"), 1);
    // It is whole, though its newline is not there yet.
    append(&path, &line.as_bytes()[40..line.len() - 1]);
    let event = stream.until_named("runs").pop().unwrap();
    assert_eq!(ids(&event.data), ["r2"]);
    assert_eq!(told("truncated_last_line"), 0);
    append(&path, b"\n");
    assert_eq!(ids(&site.json("/api/v1/etl/runs?status=failed")), ["r2"]);
    assert_eq!(ids(&site.json("/api/v1/etl/runs?tag=nothing")).len(), 0);
    // Coming back later: only what is new, and the line that had no newline then.
    append(&path, summary("r3", AT, "stopped", json!({})).as_bytes());
    let back = site
        .stream_with(
            "/api/v1/etl/",
            "topic=runs",
            &[("Last-Event-ID", &event.id)],
        )
        .until_named("live");
    assert_eq!(ids(&back[0].data), ["r2", "r3"]);
    let over = site
        .stream_with("/api/v1/etl/", "topic=run:r3", &[])
        .until_named("live");
    assert_eq!(
        over.iter()
            .map(|event| event.name.as_str())
            .collect::<Vec<_>>(),
        ["end", "live"]
    );
}

#[test]
fn rotation_and_truncation_are_gaps() {
    let site = history(
        (0..5)
            .map(|n| summary(&format!("old{n}"), AT, "success", json!({})))
            .collect::<String>()
            .as_bytes(),
    );
    let path = site.place.join("h.jsonl");
    let stream = || {
        let mut stream = site.stream_with("/api/v1/etl/", "topic=runs", &[]);
        stream.until_named("live");
        stream
    };
    let cursor = site.json("/api/v1/etl/runs")["cursor"]
        .as_str()
        .unwrap()
        .to_string();
    let mut open = stream();
    std::fs::rename(&path, site.place.join("h.jsonl.1")).unwrap();
    open.until_named("gap");
    std::fs::write(
        &path,
        (0..9)
            .map(|n| summary(&format!("new{n}"), AT, "success", json!({})))
            .collect::<String>(),
    )
    .unwrap();
    open.until(|event| event.name == "gap" || event.name == "runs");
    assert_eq!(ids(&site.json("/api/v1/etl/runs?order=asc"))[0], "new0");
    let late = site
        .stream_with("/api/v1/etl/", &format!("topic=runs&after={cursor}"), &[])
        .until_named("live");
    assert_eq!(late[0].name, "gap");
    let mut open = stream();
    std::fs::write(&path, summary("short", AT, "success", json!({}))).unwrap();
    open.until_named("gap");
    assert_eq!(ids(&site.json("/api/v1/etl/runs")), ["short"]);
}

#[test]
fn who_falls_far_behind_is_told_to_read_anew() {
    let site = history(b"");
    let path = site.place.join("h.jsonl");
    let mut slow = site.stream_with("/api/v1/etl/", "topic=runs", &[]);
    slow.until_named("live");
    // It reads nothing while much happens; meanwhile the bridge holds one batch for it, and others are served.
    let mut sent = 0;
    for round in 0..30 {
        let text = (0..1000).fold(String::new(), |mut text, n| {
            let _ = write!(
                text,
                "{}",
                summary(
                    &format!("r{round}-{n}"),
                    AT,
                    "success",
                    json!({"job": "j".repeat(200)})
                )
            );
            text
        });
        append(&path, text.as_bytes());
        sent += 1000;
        site.eventually("/api/v1/etl/runs?limit=1", |list| list["total"] == sent);
    }
    let gap = slow.until_named("gap").pop().unwrap();
    assert_eq!(gap.data["topic"], "runs");
    // It goes on from there, behind rounds that were not told of yet, and behind another gap if those are many.
    for n in 0.. {
        let id = format!("last{n}");
        append(&path, summary(&id, AT, "success", json!({})).as_bytes());
        let is_next = |event: &super::client::Event| {
            event.name == "gap" || event.name == "runs" && ids(&event.data).contains(&id)
        };
        let told = slow.until(is_next).pop().unwrap();
        if told.name == "runs" {
            break;
        }
    }
}

#[test]
fn a_hundred_thousand_runs_are_paged_whole() {
    let mut text = String::new();
    for number in 0..100_000_u64 {
        let result = if number % 10 == 0 {
            "failed"
        } else {
            "success"
        };
        let at = format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            1 + number / 28_000,
            1 + number / 1000 % 28,
            number / 60 % 24,
            number % 60,
            number % 60
        );
        text.push_str(&summary(
            &format!("run-{number:06}"),
            &at,
            result,
            json!({"job": format!("job{}", number % 7), "tags": {"n": (number % 3).to_string()}}),
        ));
    }
    let size = text.len();
    let site = history(text.as_bytes());
    let begun = std::time::Instant::now();
    let list = site.json("/api/v1/etl/runs?limit=100");
    println!(
        "{} MB: first page after {:?}",
        size / 1_000_000,
        begun.elapsed()
    );
    assert_eq!(list["total"], 100_000);
    for (query, total) in [
        ("status=failed", json!(10_000)),
        ("job=job3", json!(14_286)),
        ("tag=n=2&limit=10", Value::Null),
        ("q=run-099999", json!(1)),
    ] {
        let begun = std::time::Instant::now();
        let found = site.json(&format!("/api/v1/etl/runs?{query}"));
        println!("{query}: {:?}, total {}", begun.elapsed(), found["total"]);
        assert_eq!(found["total"], total, "{query}");
    }
    let (mut seen, mut next) = (std::collections::HashSet::new(), String::new());
    loop {
        let page = site.json(&format!("/api/v1/etl/runs?limit=5000{next}"));
        seen.extend(ids(&page));
        match page["next"].as_str() {
            Some(key) => next = format!("&cursor={key}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 100_000);
}

#[test]
fn the_pipelines_own_api_is_served_over_the_histories() {
    let lines = r#"{"run_id":"a","started_at":"2025-01-15T10:00:00","result":"success","stages_executed":["x"],"stages_failed":[],"retry_count":0,"metadata":{}}
{"run_id":"late","started_at":"2025-01-15T23:00:00-06:00","result":"failed","failure_reason":"why","stages_executed":["x"],"stages_failed":["x"],"retry_count":2,"metadata":{"manual":true}}
{"run_id":"early","started_at":"2025-01-16T04:30:00+00:00","result":"stopped","metadata":{"x":NaN}}
"#;
    let site = history(lines.as_bytes());
    let list = |query: &str| site.json(&format!("/api/pipeline/runs{query}"));
    let names = |answer: &Value| -> Vec<String> {
        let runs = answer["runs"].as_array().unwrap().iter();
        runs.map(|run| run["run_id"].as_str().unwrap().to_string())
            .collect()
    };
    let all = list("");
    // By instant: 23:00-06:00 is behind 04:30Z of the next day, although its text is smaller.
    assert_eq!(names(&all), ["late", "early", "a"]);
    assert_eq!(all["total"], 3);
    assert_eq!(
        all["runs"][0],
        json!({"run_id": "late", "started_at": "2025-01-15T23:00:00-06:00", "ended_at": null, "result": "failed", "failure_reason": "why",
            "stages_executed": ["x"], "stages_failed": ["x"], "retry_count": 2, "metadata": {"manual": true}})
    );
    assert_eq!(all["runs"][1]["metadata"], json!({"x": null}));
    for (query, expected) in [
        ("?limit=1", vec!["late"]),
        ("?limit=0", vec![]),
        ("?limit=-1", vec!["late", "early"]),
        ("?result=success", vec!["a"]),
        ("?result=Success", vec![]),
        ("?result=", vec!["late", "early", "a"]),
        ("?result=failed&limit=5", vec!["late"]),
    ] {
        assert_eq!(names(&list(query)), expected, "{query}");
    }
    assert_eq!(list("/early")["result"], "stopped");
    let missing = site.get("/api/pipeline/runs/nothing");
    assert_eq!(
        (missing.status, missing.json()),
        (404, json!({"detail": "Run nothing not found"}))
    );
    let wrong = site.get("/api/pipeline/runs?limit=x");
    assert_eq!(
        (wrong.status, &wrong.json()["detail"][0]["loc"]),
        (422, &json!(["query", "limit"]))
    );
}

#[test]
fn records_that_began_together_stand_in_the_order_of_their_file() {
    let mut lines = String::new();
    for (id, reason) in [("x", "1"), ("y", "2"), ("x", "3"), ("w", "4")] {
        let line = summary(id, AT, "failed", json!({}));
        lines.push_str(&line.replace(
            "\"failure_reason\":null",
            &format!("\"failure_reason\":\"{reason}\""),
        ));
    }
    lines.push_str(&summary(
        "new",
        "2026-11-22T10:00:00Z",
        "success",
        json!({}),
    ));
    let site = history(lines.as_bytes());
    let list = site.json("/api/pipeline/runs");
    let reasons: Vec<&Value> = list["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["failure_reason"])
        .collect();
    assert_eq!(json!(reasons), json!([null, "1", "2", "3", "4"]));
    // So both of its interfaces call the same record by the same name.
    for (id, reason) in [("x", "1"), ("x%232", "3")] {
        let run = site.json(&format!("/api/v1/etl/runs/{id}"));
        assert_eq!(run["run"]["reason"], reason, "{id}");
    }
}
