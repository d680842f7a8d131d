//! One run: its head, its steps, and what becomes of runs that were cut short.

use serde_json::{Value, json};

use super::files::{Run, append, summary};
use super::site::{Place, Site};

const AT: &str = "2026-11-21T10:00:00Z";

#[test]
fn a_run_is_folded_from_its_events() {
    let place = Place::new();
    let head = json!({"command": ["make", "all"], "user": "ada", "host": "n1", "parent": "p", "root": "q", "tags": {"k": "v"}});
    let run = Run::begin(&place.join("rec"), "r1", "build", AT, head);
    run.event(json!({"at": AT, "event": "plan", "steps": ["fmt", "unit", "pack"]}));
    run.step("fmt", "running");
    run.step("fmt", "succeeded");
    run.event(json!({"at": AT, "event": "step", "step": "unit", "attempt": 1, "status": "failed", "exit_code": 101, "reason": "exit code 101"}));
    run.event(
        json!({"at": AT, "event": "step", "step": "unit", "attempt": 2, "status": "running"}),
    );
    run.event(json!({"at": AT, "event": "loss", "lines": 12, "bytes": 840}));
    append(
        &run.path.join("events.jsonl"),
        b"not json\n\n{\"event\": \"of a newer recorder\"}\n{\"event\": \"run\", \"sta",
    );
    let site = Site::start(place, &[]);
    let answer = site.json("/api/v1/runs/r1");
    let row = &answer["run"];
    assert_eq!(row["status"], "running");
    assert_eq!(
        row["steps"],
        json!({"total": 3, "succeeded": 1, "failed": 0, "running": 1, "skipped": 0})
    );
    assert_eq!(
        (&row["command"], &row["parent"], &row["root"]),
        (&json!(["make", "all"]), &json!("p"), &json!("q"))
    );
    assert_eq!(
        row["tags"],
        json!({"k": "v", "lost_lines": "12", "lost_bytes": "840"})
    );
    let told = |query: &str| -> Vec<String> {
        let steps = site.json(&format!("/api/v1/runs/r1/steps{query}"));
        let word = |step: &Value| {
            format!(
                "{}:{}:{}",
                step["key"].as_str().unwrap(),
                step["status"].as_str().unwrap(),
                step["attempts"].as_array().map_or(0, Vec::len)
            )
        };
        steps["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(word)
            .collect()
    };
    assert_eq!(
        told(""),
        ["fmt:succeeded:1", "unit:running:2", "pack:queued:0"]
    );
    assert_eq!(
        told("?status=succeeded,queued"),
        ["fmt:succeeded:1", "pack:queued:0"]
    );
    assert_eq!(told("?status=in_progress"), ["unit:running:2"]);
    assert_eq!(told("?pattern=*n*t"), ["unit:running:2"]);
    let problems = site.json("/api/v1/info")["problems"].to_string();
    assert!(
        problems.contains("runs/r1/events.jsonl: byte") && problems.contains("JSON"),
        "{problems}"
    );
    // The torn line is finished, and one more says the end.
    append(&run.path.join("events.jsonl"), b"tus\": \"running\"}\n");
    run.end("failed");
    site.eventually("/api/v1/runs/r1", |answer| {
        answer["run"]["status"] == "failed"
    });
    assert_eq!(
        told(""),
        ["fmt:succeeded:1", "unit:unknown:2", "pack:skipped:0"]
    );
}

#[test]
fn a_run_that_rests_is_unfinished_with_the_time_it_was_seen() {
    let place = Place::new();
    let run = Run::begin(&place.join("rec"), "r1", "build", AT, json!({}));
    let site = Site::start(place, &[]);
    assert!(site.json("/api/v1/runs/r1")["run"]["last_seen_at"].is_null());
    let mut stream = site.stream("topic=runs");
    stream.until_named("live");
    run.age();
    let seen = stream.until_named("runs").pop().unwrap();
    assert!(
        seen.data["runs"][0]["last_seen_at"].is_string(),
        "{}",
        seen.data
    );
    assert_eq!(seen.data["runs"][0]["status"], "running");
    assert_eq!(site.ids("status=unfinished"), ["r1"]);
    assert_eq!(site.ids("status=running").len(), 0);
    // It lives after all: newer news than "unfinished".
    run.step("a", "running");
    let back = stream.until_named("runs").pop().unwrap();
    assert!(back.data["runs"][0]["last_seen_at"].is_null());
    assert!(back.data["runs"][0]["version"].as_u64() > seen.data["runs"][0]["version"].as_u64());
}

#[test]
fn folder_and_line_of_a_run_show_as_one() {
    let place = Place::new();
    let dir = place.join("rec");
    let run = Run::begin(&dir, "r1", "of the folder", AT, json!({}));
    run.step("a", "running");
    append(
        &dir.join("runs.jsonl"),
        summary(
            "r1",
            AT,
            "failed",
            json!({"job": "of the line", "exit_code": 7}),
        )
        .as_bytes(),
    );
    let site = Site::start(place, &[]);
    // The disk was full for the folder's last words; the line has them.
    let row = site.json("/api/v1/runs/r1")["run"].clone();
    assert_eq!(
        (&row["job"], &row["status"], &row["exit_code"]),
        (&json!("of the folder"), &json!("failed"), &json!(7))
    );
    assert_eq!(
        site.json("/api/v1/runs/r1/steps")["steps"][0]["status"],
        "unknown"
    );
    assert_eq!(site.ids("").len(), 1);
    // The folder is cleared away, the line stays.
    let mut stream = site.stream("topic=runs");
    stream.until_named("live");
    std::fs::remove_dir_all(&run.path).unwrap();
    let event = stream.next().unwrap();
    assert_eq!(
        (event.name.as_str(), &event.data["runs"][0]["job"]),
        ("runs", &json!("of the line"))
    );
    assert_eq!(
        site.json("/api/v1/runs/r1/steps")["steps"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn hostile_texts_stay_texts() {
    let place = Place::new();
    let nasty = "</script><img src=x onerror=alert(1)>\u{0}\u{1b}[31m\u{202e}\u{2028}\"\\\n\r\n\ndata: x\nid: 9\n\nevent: end";
    let run = Run::begin(
        &place.join("rec"),
        "r1",
        nasty,
        AT,
        json!({"tags": {nasty: nasty, "__proto__": "x"}, "command": [nasty], "user": nasty}),
    );
    run.event(json!({"at": AT, "event": "plan", "steps": [nasty]}));
    let site = Site::start(place, &[]);
    assert_eq!(site.json("/api/v1/runs/r1")["run"]["job"], nasty);
    assert_eq!(site.json("/api/v1/runs/r1/steps")["steps"][0]["key"], nasty);
    let mut stream = site.stream("topic=runs&topic=run:r1");
    stream.until_named("live");
    run.event(json!({"at": AT, "event": "run", "status": nasty, "reason": nasty}));
    run.log(format!("{AT}\t{}\tout\t</script>\u{1b}[31m\u{2028}\r\n", "a b").as_bytes());
    let seen = stream.until_named("log");
    assert_eq!(seen[0].data["runs"][0]["reason"], nasty);
    assert_eq!(seen[0].data["runs"][0]["status"], "unknown");
    assert_eq!(
        seen.last().unwrap().data["lines"][0]["text"],
        "</script>\u{1b}[31m\u{2028}\r"
    );
    assert!(seen.iter().all(|event| event.name != "end"));
}

#[test]
fn what_is_no_run_is_not_shown() {
    let place = Place::new();
    let dir = place.join("rec");
    std::fs::create_dir_all(dir.join("runs/empty")).unwrap();
    Run::begin(&dir, "ok", "j", AT, json!({}));
    std::fs::write(dir.join("runs/file"), "x").unwrap();
    let outside = Run::begin(&place.join("elsewhere"), "secret", "j", AT, json!({}));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside.path, dir.join("runs/linked")).unwrap();
        std::os::unix::fs::symlink(
            outside.path.join("events.jsonl"),
            dir.join("runs/ok/log.tsv"),
        )
        .unwrap();
    }
    let site = Site::start(place, &[]);
    assert_eq!(site.ids(""), ["ok"]);
    assert_eq!(site.json("/api/v1/runs/ok/logs")["total"], 0);
    assert_eq!(site.get("/api/v1/runs/ok/log").status, 404);
    for id in [
        "empty",
        "linked",
        "..",
        "%2e%2e",
        "..%2Felsewhere%2Fruns%2Fsecret",
        "nothing",
    ] {
        let reply = site.get(&format!("/api/v1/runs/{id}"));
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (404, Some("application/problem+json")),
            "{id}"
        );
    }
    assert!(
        site.get("/api/v1/runs/a%20b").json()["detail"]
            .as_str()
            .unwrap()
            .contains("a b")
    );
}
