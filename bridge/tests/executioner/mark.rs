//! Marking a failed job as done by hand, through executioner's own command line.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::client::{JSON, MARK, Reply, send};
use super::honest::{JOBS, site as honest};
use super::make::{Checkout, ask, facts, steps};
use super::site::{Place, Site};

fn mark(site: &Site, source: &str, job: &str, token: &Value) -> Reply {
    let path = format!("/api/v1/{source}runs/1/steps/{job}/mark-success");
    let body = json!({"token": token}).to_string();
    send(site.address, "POST", &path, &[MARK, JSON], &body)
}

fn refused(reply: &Reply, status: u16) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{text}");
    reply.json()["detail"].as_str().unwrap().into()
}

#[test]
fn a_failed_job_is_marked_and_a_resume_leaves_it_alone() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &["--allow-actions"]);
    assert_eq!(ask(&site, "info")["capabilities"]["mark_success"], true);
    let plan = ask(&site, "runs/1/resume");
    for (job, words) in [
        ("download_data", "it is SUCCESS, and only FAILED"),
        ("cleanup", "run 1 has no row of it"),
        ("no%20job", "no job cannot be marked"),
    ] {
        let why = refused(&mark(&site, "ex/", job, &plan["token"]), 409);
        assert!(why.contains(words), "{why}");
    }
    let why = refused(&mark(&site, "ex/", "transform_part2", &json!("old")), 409);
    assert!(why.contains("has changed since the plan"), "{why}");
    assert_eq!(steps(&site, "1")[3], "transform_part2 failed 1 1");

    let reply = mark(&site, "ex/", "transform_part2", &plan["token"]);
    assert_eq!(
        reply.status,
        202,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    assert_eq!(
        reply.json()["message"],
        "transform_part2 is marked as SUCCESS: a resume of run 1 leaves it alone"
    );
    // Nothing was executed, and the run is as it was.
    assert_eq!(ask(&site, "runs/1")["run"]["status"], "failed");
    assert!(steps(&site, "1")[3].starts_with("transform_part2 succeeded"));
    let now = ask(&site, "runs/1/resume");
    assert_eq!(
        now["totals"],
        json!({"skip": 4, "retry": 0, "run": 4, "blocked": 0})
    );
    let told = facts(&site, "1", "marked by hand");
    assert!(
        told[0].starts_with("transform_part2 as SUCCESS, "),
        "{told:?}"
    );
    let who = told[0].trim_start_matches("transform_part2 as SUCCESS, ");
    assert!(who.contains(" by ") && !who.contains("uid "), "{who}");
    let odd = format!(
        "its row says SUCCESS although its last try failed: it was marked as successful by hand, {who}"
    );
    let note = facts(&site, "1", "contradiction").pop();
    assert_eq!(note, Some(format!("transform_part2: {odd}")));
    let step = ask(&site, "runs/1/steps")["steps"][3].clone();
    assert!(step["reason"].as_str().unwrap().starts_with(&odd), "{step}");
    // Nor is it told otherwise by whoever looked while it was being marked.
    let events = ask(&site, "runs/1/events").to_string();
    assert!(
        events.contains(who) && !events.contains("nothing records by whom"),
        "{events}"
    );
    assert!(ask(&site, "info")["problems"].is_null());
    // It is done once: what was looked at before is no more.
    let why = refused(&mark(&site, "ex/", "transform_part2", &plan["token"]), 409);
    assert!(why.contains("has changed since the plan"), "{why}");
    let why = refused(&mark(&site, "ex/", "transform_part2", &now["token"]), 409);
    assert!(why.contains("it is SUCCESS"), "{why}");
}

#[test]
fn a_command_line_that_marks_nothing_is_told_with_its_words() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    // Another database than the one that is shown.
    let text = std::fs::read_to_string(&checkout.script).unwrap();
    let own = "def mark(args):\n";
    assert!(text.contains(own));
    let text = text.replace(
        own,
        "def mark(args):\n    print('another place'); return 0\n",
    );
    std::fs::write(&checkout.script, text).unwrap();
    let site = checkout.site(place, &["--allow-actions"]);
    let plan = ask(&site, "runs/1/resume");
    let why = refused(&mark(&site, "ex/", "transform_part2", &plan["token"]), 502);
    assert!(
        why.contains("transform_part2 is not marked") && why.contains("another place"),
        "{why}"
    );
    assert!(facts(&site, "1", "marked by hand").is_empty());
}

#[test]
fn no_job_is_marked_while_its_run_goes_on_or_where_actions_are_off() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &[]);
    assert_eq!(ask(&site, "info")["capabilities"]["mark_success"], false);
    let plan = ask(&site, "runs/1/resume");
    let why = refused(&mark(&site, "ex/", "transform_part2", &plan["token"]), 403);
    assert!(why.contains("--allow-actions"), "{why}");

    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &["--allow-actions"]);
    let why = refused(&mark(&site, "", "main", &json!("x")), 403);
    assert!(why.contains("cannot be marked"), "{why}");
    // Somebody else began an attempt.
    let database = Connection::open(&checkout.database).unwrap();
    let now = "datetime('now', 'localtime')";
    let sql = format!(
        "INSERT INTO run_summary (run_id, attempt_id, application_name, start_time, status, total_jobs) VALUES (1, 2, 'data_pipeline', {now}, 'RUNNING', 8)"
    );
    database.execute_batch(&sql).unwrap();
    let plan = ask(&site, "runs/1/resume");
    let why = refused(&mark(&site, "ex/", "transform_part2", &plan["token"]), 409);
    assert!(why.contains("still going on"), "{why}");
}

/// The row of such a job keeps the length of its failure.
#[test]
fn what_was_marked_by_hand_does_not_tell_how_long_a_job_takes() {
    let tries = r#"[{"attempt": 1, "timestamp": "2026-01-01T00:00:01", "duration": 1.0, "success": false, "exit_code": 1, "status": "FAILED"}]"#;
    let runs = (1..=9).map(|id| format!("({id}, 1, 'SUCCESS', 1, 1, 0, 0)"));
    let jobs = (1..=9).map(|id| format!("({id}, 'a', 'SUCCESS', 'true')"));
    let rows = format!(
        "{} {JOBS} {}; UPDATE job_history SET duration_seconds = 60;
        UPDATE job_history SET duration_seconds = 1, retry_history = '{tries}' WHERE run_id > 4;
        UPDATE job_history SET status = 'FAILED' WHERE run_id = 9",
        Vec::from_iter(runs).join(", "),
        Vec::from_iter(jobs).join(", ")
    );
    let site = honest(&rows, Some(json!([{"id": "a", "command": "true"}])));
    let plan = ask(&site, "runs/9/resume");
    let step = &plan["steps"][0];
    assert_eq!(
        (&step["expected_s"], &step["expected_of"]),
        (&Value::Null, &json!(4))
    );
}
