//! Who may change something, and what a repeated request does.

use serde_json::json;

use super::client::{JSON, MARK, send};
use super::site::{Place, Site};
use super::work::{change, change_with, folder, record, refused, run, site};

const ALL: [(&str, &str); 5] = [
    ("POST", "/terminate"),
    ("POST", "/reexecute"),
    ("POST", "/resume"),
    ("POST", "/steps/main/mark-success"),
    ("DELETE", ""),
];

#[test]
fn without_the_flag_nothing_changes() {
    let site = Site::start(Place::new(), &[]);
    let id = record(&site, "exit 3");
    for (method, path) in ALL {
        let reply = change(&site, method, &format!("{id}{path}"));
        assert!(refused(&reply, 403).contains("--allow-actions"), "{path}");
    }
    let capabilities = site.json("/api/v1/info")["capabilities"].clone();
    assert_eq!(capabilities["terminate"], json!([]));
    for name in ["resume", "reexecute", "delete"] {
        assert_eq!(capabilities[name], false);
    }
    assert_eq!(site.ids(""), [id]);
}

#[test]
fn pages_of_others_and_requests_without_the_header_change_nothing() {
    let site = site(&[]);
    let id = record(&site, "exit 3");
    let own = format!("http://{}", site.address);
    for (method, path) in ALL {
        let path = format!("/api/v1/runs/{id}{path}");
        let plain = send(site.address, method, &path, &[("Origin", &own)], "");
        assert!(refused(&plain, 403).contains("X-Runboard"), "{path}");
        for header in [
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Host", "evil.example"),
        ] {
            let reply = send(site.address, method, &path, &[MARK, header], "");
            refused(&reply, 403);
        }
    }
    assert_eq!(site.ids("").len(), 1);
    assert!(folder(&site, &id).exists());
}

#[test]
fn what_is_not_understood_is_said() {
    let site = site(&[]);
    let id = record(&site, "exit 3");
    for (method, path, body, status, words) in [
        ("POST", "/terminate?policy=soft", "", 400, "policy=soft"),
        ("POST", "/terminate?now=1", "", 400, "now"),
        ("POST", "/terminate", "{\"a\":1}", 400, "\"a\""),
        ("POST", "/resume", "", 400, "\"token\""),
        ("POST", "/resume", "{", 400, "JSON"),
        ("POST", "/resume", "[]", 400, "no JSON object"),
        ("POST", "/resume", "{\"token\":7}", 400, "\"token\""),
        (
            "POST",
            "/resume",
            "{\"token\":\"x\",\"mode\":\"all\"}",
            400,
            "\"mode\"",
        ),
        ("POST", "/reexecute?x=1", "", 400, "x"),
        ("DELETE", "?force=yes", "", 400, "force=yes"),
    ] {
        let reply = change_with(&site, method, &format!("{id}{path}"), &[], body);
        assert!(
            refused(&reply, status).contains(words),
            "{method} {path} {body}"
        );
    }
    let path = format!("/api/v1/runs/{id}/resume");
    let reply = send(
        site.address,
        "POST",
        &path,
        &[MARK, ("Content-Type", "text/plain")],
        "{}",
    );
    assert!(refused(&reply, 415).contains("application/json"));
    let reply = send(
        site.address,
        "POST",
        &path,
        &[MARK, JSON],
        &" ".repeat(100_000),
    );
    assert!(refused(&reply, 413).contains("65536"));
    for (method, path) in ALL {
        let body = if path == "/resume" {
            "{\"token\":\"x\"}"
        } else {
            ""
        };
        if path.ends_with("mark-success") {
            let reply = change(&site, method, &format!("{id}{path}"));
            assert!(refused(&reply, 403).contains("cannot be marked"));
            continue;
        }
        let reply = change_with(&site, method, &format!("nobody{path}"), &[], body);
        assert!(refused(&reply, 404).contains("nobody"), "{path}");
        assert_eq!(reply.json()["latest"][0]["id"], json!(id));
    }
}

#[test]
fn a_history_file_is_never_changed() {
    let place = Place::new();
    let path = place.join("h.jsonl");
    let line = super::files::summary("r1", "2026-11-21T10:00:00Z", "failed", json!({}));
    std::fs::write(&path, &line).unwrap();
    let site = Site::start(
        place,
        &[
            "--allow-actions",
            "--history",
            &format!("h={}", path.display()),
        ],
    );
    let reply = send(site.address, "DELETE", "/api/v1/h/runs/r1", &[MARK], "");
    assert!(refused(&reply, 403).contains("history file"));
    assert_eq!(site.json("/api/v1/h/info")["capabilities"]["delete"], false);
    assert_eq!(std::fs::read_to_string(path).unwrap(), line);
}

#[test]
fn the_same_key_does_it_once() {
    let site = site(&[]);
    let id = record(&site, "exit 3");
    let key = ("Idempotency-Key", "0d5c-1");
    let first = change_with(&site, "POST", &format!("{id}/reexecute"), &[key], "");
    assert_eq!(first.status, 202);
    let again = change_with(&site, "POST", &format!("{id}/reexecute"), &[key], "{}");
    assert_eq!((again.status, &again.body), (202, &first.body));
    assert_eq!(site.ids("").len(), 2);
    let other = change_with(&site, "DELETE", &id, &[key], "");
    assert!(refused(&other, 422).contains("0d5c-1"));
    let fresh = change_with(
        &site,
        "POST",
        &format!("{id}/reexecute"),
        &[("Idempotency-Key", "2")],
        "",
    );
    assert_eq!(fresh.status, 202);
    assert_ne!(fresh.json()["run"]["id"], first.json()["run"]["id"]);
    assert_eq!(site.ids("").len(), 3);
    // A refusal is repeated as well: the run is over.
    let key = ("Idempotency-Key", "3");
    let no = change_with(&site, "POST", &format!("{id}/terminate"), &[key], "");
    let same = change_with(&site, "POST", &format!("{id}/terminate"), &[key], "");
    assert_eq!(
        (refused(&no, 409), &no.body),
        (refused(&same, 409), &same.body)
    );
    for bad in ["", " ", &"k".repeat(256)] {
        let reply = change_with(&site, "DELETE", &id, &[("Idempotency-Key", bad)], "");
        assert!(refused(&reply, 400).contains("Idempotency-Key"), "{bad:?}");
    }
    assert_eq!(run(&site, &id)["status"], "failed");
}
