//! Runs of a pipeline's own API that are opened by a link, before any list was read.

use runboard_core::backend::history::History;
use runboard_core::backend::{Backend as _, BackendError};

use super::list;
use super::server::{got, line, source};

/// A record with that id and reason.
fn record(id: &str, number: u32, reason: &str) -> String {
    let line = line(number, "failed").replace(&format!("run-{number}"), id);
    line.replace(
        "\"failure_reason\":null",
        &format!("\"failure_reason\":\"{reason}\""),
    )
}

/// So many others in front of what the server has, the newest first.
fn rows(others: u32) -> Vec<String> {
    let mut rows: Vec<String> = (0..others)
        .rev()
        .map(|number| line(number, "success"))
        .collect();
    rows.extend([
        record("dup", 3, "the newest"),
        record("a/b", 2, "a path"),
        record("dup", 1, "the oldest"),
    ]);
    rows
}

/// The reason of a run that a page asks for which knows nothing else, and what was asked.
fn opened(rows: &[String], id: &str) -> (Option<String>, Vec<String>) {
    let (server, history) = source("https://x/api/pipeline/", false);
    *server.rows.borrow_mut() = rows.to_vec();
    let run = got(history.run(id)).unwrap().value;
    assert_eq!(run.id, id);
    (run.reason, server.asked.take())
}

fn asked(paths: &[&str]) -> Vec<String> {
    let whole = |path: &&str| format!("https://x/api/pipeline/{path} ");
    paths.iter().map(whole).collect()
}

#[test]
fn a_link_opens_the_record_that_the_list_has_under_its_id() {
    for (id, reason) in [
        ("dup", Some("the newest")),
        ("dup#2", Some("the oldest")),
        ("a/b", Some("a path")),
        ("run-7", None),
    ] {
        let (told, requests) = opened(&rows(20), id);
        assert_eq!(told.as_deref(), reason, "{id}");
        assert_eq!(requests, asked(&["runs?limit=100"]), "{id}");
    }
}

#[test]
fn what_only_the_list_has_a_name_for_is_looked_for_as_far_as_it_goes() {
    let rows = rows(1000);
    for (id, reason, paths) in [
        (
            "a/b",
            Some("a path"),
            &["runs?limit=100", "runs?limit=400", "runs?limit=1600"][..],
        ),
        (
            "dup#2",
            Some("the oldest"),
            &[
                "runs?limit=100",
                "runs/dup%232",
                "runs?limit=400",
                "runs?limit=1600",
            ],
        ),
        // What the server has is not looked for.
        ("run-7", None, &["runs?limit=100", "runs/run-7"]),
    ] {
        let (told, requests) = opened(&rows, id);
        assert_eq!(told.as_deref(), reason, "{id}");
        assert_eq!(requests, asked(paths), "{id}");
    }
}

#[test]
fn what_nobody_has_is_missing_and_is_looked_for_once() {
    let (server, history) = source("https://x/api/pipeline/", false);
    *server.rows.borrow_mut() = rows(200);
    let missing = |history: &History, id: &str| {
        let Err(BackendError::NotFound(missing)) = got(history.run(id)) else {
            panic!("there is no such run");
        };
        missing.detail.clone()
    };
    assert_eq!(missing(&history, "nothing"), "Run nothing not found");
    assert_eq!(server.asked.borrow().len(), 3);
    server.asked.take();
    // All of the list is known by now.
    assert_eq!(missing(&history, "x/y"), "Run x%2Fy not found");
    assert_eq!(server.asked.take(), asked(&["runs/x%2Fy"]));
    list(&history, 100);
    server.asked.take();
    got(history.run("run-7")).unwrap();
    assert_eq!(server.asked.take(), asked(&["runs/run-7"]));
}
