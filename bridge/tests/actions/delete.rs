//! Removing runs, and nothing else.

use std::os::unix::fs::symlink;

use serde_json::json;

use super::files::{Run, append, summary};
use super::work::{begin, change, folder, record, refused, site, until};

const AT: &str = "2026-11-21T10:00:00Z";

#[test]
fn folder_and_line_are_gone_and_the_others_stay() {
    let mut site = site(&[]);
    let (first, second) = (record(&site, "echo a"), record(&site, "echo b"));
    let third = record(&site, "exit 1");
    let lines = || std::fs::read_to_string(site.place.join("rec/runs.jsonl")).unwrap();
    let (before, kept) = (lines().len(), lines().lines().nth(1).unwrap().to_string());
    let mut stream = site.stream("topic=runs");
    stream.until_named("live");
    for id in [&first, &third] {
        let reply = change(&site, "DELETE", id);
        assert_eq!((reply.status, reply.json()), (200, json!({"deleted": id})));
        let event = stream.until_named("removed").pop().unwrap();
        assert_eq!(event.data["ids"], json!([id]));
        assert_eq!(site.get(&format!("/api/v1/runs/{id}")).status, 404);
        assert!(!folder(&site, id).exists());
        refused(&change(&site, "DELETE", id), 404);
    }
    assert_eq!(site.ids(""), [second.as_str()]);
    assert_eq!(site.json("/api/v1/runs")["total"], 1);
    assert_eq!(
        (lines().len(), lines().lines().nth(1)),
        (before, Some(kept.as_str()))
    );
    assert!(!lines().contains(&first));
    // What is appended behind is read, and a bridge that starts anew sees the same.
    let fourth = record(&site, "echo d");
    site.restart();
    assert_eq!(site.ids(""), [fourth.as_str(), &second]);
    assert!(site.json("/api/v1/info")["problems"].is_null());
    assert_eq!(
        std::fs::read_dir(site.place.join("rec/runs"))
            .unwrap()
            .count(),
        2
    );
}

#[test]
fn a_run_of_which_only_the_line_is_left_can_go() {
    let site = site(&[]);
    let path = site.place.join("rec/runs.jsonl");
    std::fs::create_dir_all(site.place.join("rec")).unwrap();
    for id in ["a", "b", "a"] {
        append(&path, summary(id, AT, "success", json!({})).as_bytes());
    }
    assert_eq!(site.json("/api/v1/runs")["total"], 2);
    assert_eq!(change(&site, "DELETE", "a").status, 200);
    assert_eq!(site.ids(""), ["b"]);
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        text.lines().filter(|line| !line.trim().is_empty()).count(),
        1
    );
}

#[test]
fn what_goes_on_is_only_deleted_by_force() {
    let site = site(&[]);
    let mut work = begin(
        &site,
        "trap '' TERM; echo > begun; while :; do sleep 0.01; done",
    );
    let reply = change(&site, "DELETE", &work.id);
    assert!(refused(&reply, 409).contains("force=true"));
    assert!(folder(&site, &work.id).exists());
    let reply = change(&site, "DELETE", &format!("{}?force=true", work.id));
    assert_eq!(reply.status, 200);
    assert!(!work.child.wait().unwrap().success());
    assert!(site.ids("").is_empty());
    let line = std::fs::read_to_string(site.place.join("rec/runs.jsonl")).unwrap_or_default();
    assert_eq!(line.trim(), "");
}

#[test]
fn nothing_behind_a_link_is_touched() {
    let site = site(&[]);
    let dir = site.place.join("rec");
    let outside = Run::begin(&site.place.join("elsewhere"), "secret", "j", AT, json!({}));
    outside.end("succeeded");
    std::fs::create_dir_all(dir.join("runs")).unwrap();
    symlink(&outside.path, dir.join("runs/linked")).unwrap();
    refused(&change(&site, "DELETE", "linked"), 404);
    let run = Run::begin(&dir, "own", "j", AT, json!({}));
    run.end("succeeded");
    symlink(&outside.path, run.path.join("folder")).unwrap();
    symlink(outside.path.join("events.jsonl"), run.path.join("log.tsv")).unwrap();
    assert_eq!(change(&site, "DELETE", "own").status, 200);
    assert!(!run.path.exists() && dir.join("runs/linked").symlink_metadata().is_ok());
    assert!(outside.path.join("events.jsonl").exists());
    for id in ["..", "%2e%2e", "..%2Felsewhere", ".", "a%2Fb"] {
        refused(&change(&site, "DELETE", id), 404);
    }
    // The folder of all runs is a link itself.
    std::fs::rename(dir.join("runs"), dir.join("moved")).unwrap();
    symlink(site.place.join("elsewhere/runs"), dir.join("runs")).unwrap();
    until("the linked run", || {
        site.ids("").contains(&"secret".into()).then_some(())
    });
    let reply = change(&site, "DELETE", "secret");
    assert!(refused(&reply, 409).contains("is a link"));
    assert!(outside.path.join("events.jsonl").exists());
}
