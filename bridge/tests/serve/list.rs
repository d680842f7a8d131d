//! The list: filters, order, pages.

use serde_json::json;

use super::files::{Run, append, summary};
use super::site::{Place, Site, ids};

fn site() -> Site {
    let place = Place::new();
    let dir = place.join("rec");
    let runs = [
        (
            "r1",
            "etl_daily",
            "2026-11-01T10:00:00Z",
            "succeeded",
            json!({"tags": {"team": "core", "env": "prod"}}),
        ),
        (
            "r2",
            "etl_hourly",
            "2026-11-02T10:00:00Z",
            "failed",
            json!({"tags": {"team": "core"}, "user": "ada"}),
        ),
        ("r3", "report", "2026-11-03T10:00:00Z", "stopped", json!({})),
        (
            "r4",
            "report",
            "2026-11-04T10:00:00Z",
            "running",
            json!({"host": "node7"}),
        ),
    ];
    for (id, job, at, status, more) in runs {
        let run = Run::begin(&dir, id, job, at, more);
        if status != "running" {
            run.end(status);
        }
    }
    // One line belongs to a folder, one stands for itself.
    append(
        &dir.join("runs.jsonl"),
        summary(
            "r1",
            "2026-11-01T10:00:00Z",
            "success",
            json!({"job": "etl_daily"}),
        )
        .as_bytes(),
    );
    append(
        &dir.join("runs.jsonl"),
        summary(
            "old",
            "2026-10-01T10:00:00Z",
            "failed",
            json!({"job": "etl_old", "tags": {"team": "x"}}),
        )
        .as_bytes(),
    );
    Site::start(place, &[])
}

#[test]
fn filters_find_what_they_say() {
    let site = site();
    for (query, expected) in [
        ("", "r4 r3 r2 r1 old"),
        ("order=asc", "old r1 r2 r3 r4"),
        ("status=failed", "r2 old"),
        ("status=FAILED,running", "r4 r2 old"),
        ("status=stopped", "r3"),
        ("status=canceled", "r3"),
        ("status=success", ""),
        ("job=etl_*", "r2 r1 old"),
        ("job=etl_daily&job=report", "r4 r3 r1"),
        ("job=etl_%3Faily", "r1"),
        ("since=2026-11-02T10:00:00Z", "r4 r3 r2"),
        ("since=2026-11-02&until=2026-11-03T12:00", "r3 r2"),
        ("tag=team%3Dcore", "r2 r1"),
        ("tag=team=core,env=prod", "r1"),
        ("tag=team", "r2 r1 old"),
        ("q=NODE7", "r4"),
        ("q=ada", "r2"),
        ("latest=1", "r4"),
        ("latest", "r4"),
        ("latest=true&job=etl_*", "r2"),
        ("limit=2", "r4 r3"),
    ] {
        assert_eq!(site.ids(query).join(" "), expected, "{query}");
    }
    assert_eq!(site.json("/api/v1/runs?status=failed")["total"], 2);
    let row = &site.json("/api/v1/local/runs?latest=1")["runs"][0];
    assert_eq!(
        (row["status"].as_str(), row["host"].as_str()),
        (Some("running"), Some("node7"))
    );
}

#[test]
fn what_is_not_understood_is_named() {
    let site = site();
    for (query, word) in [
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("order=up", "order"),
        ("order=", "order"),
        ("limit=", "limit"),
        ("since=soon", "since"),
        ("until=2026-13-01", "until"),
        ("cursor=nonsense", "cursor"),
        ("latest=maybe", "latest"),
        ("staus=failed", "staus"),
        ("job=%FF", "job"),
    ] {
        let reply = site.get(&format!("/api/v1/runs?{query}"));
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (400, Some("application/problem+json")),
            "{query}"
        );
        assert!(
            reply.json()["detail"].as_str().unwrap().starts_with(word),
            "{query}: {}",
            reply.json()
        );
    }
}

#[test]
fn pages_are_stable_while_runs_arrive() {
    let place = Place::new();
    let dir = place.join("rec");
    for number in 0..50 {
        // Ten share each second: the id decides among them.
        let run = Run::begin(
            &dir,
            &format!("r{number:02}"),
            "j",
            &format!("2026-11-01T10:00:0{}Z", number / 10),
            json!({}),
        );
        run.end("succeeded");
    }
    let site = Site::start(place, &[]);
    let (mut seen, mut next, mut round) = (Vec::new(), None::<String>, 0);
    loop {
        let cursor = next
            .map(|next| format!("&cursor={next}"))
            .unwrap_or_default();
        let page = site.json(&format!("/api/v1/runs?limit=7{cursor}"));
        seen.extend(ids(&page));
        Run::begin(
            &dir,
            &format!("new{round}"),
            "j",
            "2026-11-02T10:00:00Z",
            json!({}),
        );
        round += 1;
        next = page["next"].as_str().map(String::from);
        if next.is_none() {
            break;
        }
    }
    let mut expected: Vec<String> = (0..50).map(|number| format!("r{number:02}")).collect();
    expected.reverse();
    assert_eq!(seen, expected);
    assert_eq!(
        site.ids("order=asc&limit=3&cursor=1793527200000000.r03"),
        ["r04", "r05", "r06"]
    );
}

#[test]
fn every_answer_names_its_place() {
    let site = site();
    for path in ["runs", "runs/r1", "runs/r1/steps", "runs/r1/logs"] {
        assert!(
            site.json(&format!("/api/v1/{path}"))["cursor"].is_string(),
            "{path}"
        );
    }
}
