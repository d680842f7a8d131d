//! What is told of a single job: how it stands, and why it failed.

use serde_json::json;

use super::honest::{JOBS, site};
use super::make::{ask, facts};

#[test]
fn a_job_without_tries_keeps_its_reason_and_its_oddities() {
    let rows = format!(
        "(1, 1, 'FAILED', 3, 1, 2, 0){JOBS} (1, 'a', 'FAILED', 'true'), (1, 'b', 'SUCCESS', 'true'), (1, 'c', 'FAILED', 'true');
        UPDATE job_history SET last_error = 'Pre-check failed' WHERE id = 'a';
        UPDATE job_history SET last_error = 'Post-check failed' WHERE id = 'b';
        UPDATE job_history SET retry_history = 'torn' WHERE id = 'c'"
    );
    let site = site(&rows, None);
    let list = ask(&site, "runs/1/steps");
    let reason = |at: usize| list["steps"][at]["reason"].as_str().unwrap().to_string();
    assert_eq!(reason(0), "Pre-check failed");
    assert_eq!(
        reason(1),
        "its row says SUCCESS although its post-check failed, so a resume skips it (Post-check failed)"
    );
    assert_eq!(reason(2), "no reason is told");
    let failed = facts(&site, "1", "failed job");
    assert!(
        failed[1].starts_with("c. Reason: no reason is told. Log: "),
        "{failed:?}"
    );
    assert!(
        facts(&site, "1", "contradiction")
            .join("\n")
            .contains("c: retry_history cannot be read as JSON")
    );
    assert_eq!(
        ask(&site, "runs/1")["run"]["reason"],
        "a: Pre-check failed, and 1 more failed"
    );
}

#[test]
fn a_failure_is_told_alike_in_the_list_in_the_steps_and_among_the_facts() {
    let tries = r#"[{"attempt": 1, "success": false, "exit_code": 3, "status": "FAILED"}]"#;
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 1, 0), (2, 1, 'FAILED', 1, 0, 1, 0), (3, 1, 'FAILED', 1, 0, 0, 0){JOBS} (1, 'f', 'FAILED', 'true'), (2, 'f', 'FAILED', 'true'), (3, 'f', NULL, 'true');
        UPDATE job_history SET retry_history = '{tries}' WHERE run_id = 2"
    );
    let site = site(&rows, None);
    for (id, why) in [("1", "no reason is told"), ("2", "exit code 3")] {
        let run = ask(&site, &format!("runs/{id}"))["run"].clone();
        assert_eq!(run["reason"], format!("f: {why}"));
        let failed = facts(&site, id, "failed job");
        assert!(
            failed[0].starts_with(&format!("f. Reason: {why}. Log: ")),
            "{failed:?}"
        );
    }
    assert!(facts(&site, "3", "contradiction").contains(&"f: it has no status".into()));
}

#[test]
fn a_job_that_says_running_in_a_run_that_ended_is_not_counted_as_running() {
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 0, 0), (2, 1, 'RUNNING', 1, 0, 0, 0){JOBS} (1, 'a', 'RUNNING', 'true'), (2, 'a', 'RUNNING', 'true')"
    );
    let site = site(&rows, None);
    for (id, reason) in [
        ("1", "it was at work when the run ended"),
        ("2", "it was at work when the run was last seen"),
    ] {
        let step = &ask(&site, &format!("runs/{id}/steps"))["steps"][0];
        assert_eq!(
            (&step["status"], &step["raw_status"], &step["reason"]),
            (&json!("unknown"), &json!("RUNNING"), &json!(reason))
        );
        let run = &ask(&site, &format!("runs/{id}"))["run"];
        assert_eq!(run["steps"]["running"].as_i64().unwrap_or(0), 0);
    }
}
