//! What a history tells of itself and of its records: how the pipeline stands, what is wrong with lines, what metadata holds.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use super::files::{append, summary};
use super::history::{AT, history};
use super::site::{Place, Site};

#[test]
fn the_health_of_the_pipeline_is_told_by_the_rules_of_its_project() {
    let run = |id: &str, hour: u32, result: &str| {
        let at = format!("2026-11-21T{hour:02}:00:00Z");
        let line = summary(id, &at, result, json!({}));
        line.replace("\"stages_failed\":[]", "\"stages_failed\":[\"a\"]")
    };
    let health = |site: &Site| {
        let info = site.json("/api/v1/etl/info");
        let list = info["health"].as_array().unwrap();
        assert_eq!((list.len(), &list[0]["kind"]), (1, &json!("run health")));
        let text = |name: &str| list[0][name].as_str().unwrap().to_string();
        [text("name"), text("standing"), text("words")]
    };
    // By when they began, not by where they stand.
    let lines = [
        run("new", 9, "failed"),
        run("older", 8, "failed"),
        run("oldest", 1, "success"),
        run("old", 2, "success"),
    ];
    let site = history(lines.concat().as_bytes());
    assert_eq!(
        health(&site),
        [
            "degraded",
            "ill",
            "the two newest runs failed in a; by the newest 4 of 4 runs"
        ]
    );
    let path = site.place.join("h.jsonl");
    append(&path, run("fine", 10, "success").as_bytes());
    append(&path, run("late", 3, "failed").as_bytes());
    assert_eq!(
        health(&site),
        [
            "unstable",
            "ill",
            "3 of the newest 5 runs failed; by the newest 5 of 6 runs"
        ]
    );
    for hour in [11, 12] {
        let line = run(&format!("good{hour}"), hour, "success");
        append(&path, line.as_bytes());
    }
    assert_eq!(
        health(&site)[..2],
        ["healthy".to_string(), "good".to_string()]
    );
    // Recorded runs are of many pipelines.
    assert_eq!(site.json("/api/v1/info").get("health"), None);
}

#[test]
fn lines_without_a_zone_are_one_problem_of_their_file() {
    let naive = |number: u32| {
        summary(
            &format!("r{number}"),
            "2026-11-21T10:00:00",
            "success",
            json!({}),
        )
    };
    let problems = |site: &Site| {
        let info = site.json("/api/v1/etl/info");
        let list = info["problems"].as_array().cloned().unwrap_or_default();
        let text = |problem: Value| problem.as_str().unwrap().to_string();
        list.into_iter().map(text).collect::<Vec<_>>()
    };
    let first = summary("r0", AT, "success", json!({}));
    let site = history([first.as_str(), &naive(1)].concat().as_bytes());
    let place = format!("line 2 (byte {})", first.len());
    assert_eq!(
        problems(&site),
        [format!("h.jsonl {place}: naive_timestamp")]
    );
    let path = site.place.join("h.jsonl");
    append(&path, b"{}\n");
    for number in 2..400 {
        append(&path, naive(number).as_bytes());
    }
    let told = problems(&site);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("missing_run_id"), "{told:?}");
    assert_eq!(
        told[0],
        format!("h.jsonl: naive_timestamp in 399 lines, first in {place}")
    );
}

/// What there is once is never behind what there is many times, as pages list no more than so many.
#[test]
fn the_first_of_many_problems_say_how_many_there_are_and_which_lines_are_no_record() {
    let mut text = String::new();
    for number in 0..300 {
        let at = "2026-11-21T10:00:00";
        let line = summary(&format!("r{number}"), at, "success", json!({}));
        text.push_str(&line.replacen('{', "{\"more\":1,", 1));
    }
    let bad = text.len();
    text.push_str("no json\n");
    let torn = text.len();
    text.push_str("{\"run_id\":");
    let site = history(text.as_bytes());
    let info = site.json("/api/v1/etl/info");
    let list = info["problems"].as_array().unwrap();
    assert_eq!(
        list[..4],
        [
            json!(
                "h.jsonl: 601 remarks, of which the first are listed: 300 extra_fields, 300 naive_timestamp, 1 bad_json"
            ),
            json!(format!(
                "h.jsonl line 302 (byte {torn}): truncated_last_line"
            )),
            json!("h.jsonl: naive_timestamp in 300 lines, first in line 1 (byte 0)"),
            json!(format!("h.jsonl line 301 (byte {bad}): bad_json")),
        ]
    );
    assert_eq!(list.len(), 44);
    // A file in its place has its own.
    std::fs::write(site.place.join("h.jsonl"), "{}\n").unwrap();
    let info = site.json("/api/v1/etl/info");
    assert_eq!(info["problems"].as_array().unwrap().len(), 1, "{info}");
}

#[test]
fn what_a_record_holds_besides_is_told_value_by_value() {
    let metadata = json!({
        "manual": true, "run_health_reasons": ["a lock", 3], "cluster": {"name": "k8s", "nodes": [{"cpu": 4}, {}]}, "user": {"id": 7}, "note": null,
    });
    let line = summary("r1", AT, "success", metadata);
    let bare = "{\"run_id\":\"r2\",\"started_at\":\"2026-11-21T10:00:00Z\",\"result\":\"success\",\"priority\":5}\n";
    let site = history([line.as_str(), bare].concat().as_bytes());
    let facts = |id: &str| {
        let answer = site.json(&format!("/api/v1/etl/runs/{id}/facts"));
        let list = answer["facts"].as_array().unwrap().clone().into_iter();
        let pair = |fact: Value| {
            let text = |name: &str| fact[name].as_str().unwrap().to_string();
            format!("{}={}", text("name"), text("value"))
        };
        list.map(pair).collect::<Vec<_>>()
    };
    assert_eq!(site.json("/api/v1/etl/info")["capabilities"]["facts"], true);
    let mut told = facts("r1");
    told.sort();
    assert_eq!(
        told,
        [
            "cluster.name=k8s",
            "cluster.nodes[0].cpu=4",
            "cluster.nodes[1]={}",
            "note=null",
            "retry_count=0",
            "run_health_reasons=a lock\n3",
            "user.id=7",
        ]
    );
    assert_eq!(facts("r2"), ["retry_count=-", "priority=5"]);
}

fn health_of(site: &Site) -> [String; 3] {
    let info = site.json("/api/v1/etl/info");
    ["name", "standing", "words"].map(|name| info["health"][0][name].as_str().unwrap().to_string())
}

fn first_problem(site: &Site) -> Value {
    site.json("/api/v1/etl/info")["problems"][0].clone()
}

/// The first line of what the operator is told.
fn warning(site: &mut Site) -> String {
    let mut line = String::new();
    let stderr = site.child.stderr.as_mut().unwrap();
    BufReader::new(stderr).read_line(&mut line).unwrap();
    line
}

#[test]
fn of_a_file_that_is_missing_nothing_is_claimed_until_it_is_there() {
    let place = Place::new();
    let path = place.join("h.jsonl");
    let mut site = Site::start(place, &["--history", &format!("etl={}", path.display())]);
    let why = "there is no such file (yet)";
    assert_eq!(
        warning(&mut site),
        format!(
            "runboard-bridge: warning: source etl: {}: {why}\n",
            path.display()
        )
    );
    assert_eq!(health_of(&site), ["unknown", "unknown", why]);
    assert_eq!(first_problem(&site), format!("h.jsonl: {why}"));
    assert_eq!(site.json("/api/v1/etl/runs")["total"], 0);
    // An empty one is a history without runs.
    append(&path, b"");
    assert_eq!(health_of(&site), ["healthy", "good", "there are no runs"]);
    assert_eq!(first_problem(&site), Value::Null);
    append(&path, summary("r1", AT, "success", json!({})).as_bytes());
    assert_eq!(health_of(&site), ["healthy", "good", "by the newest run"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(health_of(&site), ["unknown", "unknown", why]);
}

#[test]
fn of_a_file_of_which_nothing_is_a_run_nothing_is_claimed() {
    let why = "nothing in it could be read as a run";
    for bytes in [
        &b"[\n  {\n    \"run_id\": \"a\"\n  }\n]\n"[..],
        b"\x89PNG\r\n\x1a\n\x00",
        b"SQLite format 3\0",
    ] {
        let mut site = history(bytes);
        assert_eq!(health_of(&site), ["unknown", "unknown", why], "{bytes:?}");
        let warned = warning(&mut site);
        assert!(
            warned.starts_with("runboard-bridge: warning: source etl: ")
                && warned.ends_with(&format!("h.jsonl: {why}\n")),
            "{warned}"
        );
        let run = ["\n", &summary("r1", AT, "success", json!({}))].concat();
        append(&site.place.join("h.jsonl"), run.as_bytes());
        assert_eq!(health_of(&site), ["healthy", "good", "by the newest run"]);
    }
}
