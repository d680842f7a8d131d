//! Listing and showing runs of the real databases of today's executioner.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use super::make::{Checkout, ask, complaints, copied, facts, over, steps};
use super::site::{Place, ids};

#[test]
fn attempts_of_a_run_are_one_run_and_the_rows_beat_the_counters() {
    let place = Place::new();
    let database = copied(&place, "history_v8_attempts.db");
    let site = over(place, &database, &[]);
    let list = ask(&site, "runs");
    // Newest first, by when their last attempts were made.
    assert_eq!(ids(&list), ["778", "1", "777"]);
    let run = &list["runs"][1];
    assert_eq!(
        (&run["attempt"], &run["status"], &run["raw_status"]),
        (&json!(5), &json!("succeeded"), &json!("SUCCESS"))
    );
    assert_eq!(
        (&run["zone_assumed"], &run["started_at"]),
        (&json!(true), &json!("2026-11-21T01:53:04.000000Z"))
    );
    assert_eq!(
        facts(&site, "1", "attempt 2"),
        [
            "FAILED 3/8 (1 failed) (3 skipped), exit code 1, 2026-11-21 01:47:08 to 2026-11-21 01:47:09 by the runner's clock"
        ]
    );
    assert_eq!(
        steps(&site, "1")[3..5],
        [
            "transform_part2 succeeded 2 1",
            "merge_results succeeded 1 0"
        ]
    );
    let notes = facts(&site, "1", "contradiction").join("\n");
    for words in [
        "transform_part2: its row says SUCCESS although its last try failed: it was marked",
        "attempt 4: it is of application data_pipeline, not other_app",
        "attempt 1: run_summary counts 1 failed, the rows of its jobs 0",
    ] {
        assert!(notes.contains(words), "{notes}");
    }
    // Ctrl-C: the run counts nothing, and its job's row says that it succeeded.
    assert_eq!(ask(&site, "runs/778")["run"]["steps"]["succeeded"], 1);
    assert!(
        facts(&site, "778", "contradiction")
            .join("\n")
            .contains("counts 0 completed, the rows of its jobs 1")
    );
    // Filters are those of every source.
    for (query, expected) in [
        ("status=failed", vec!["778", "777"]),
        ("job=data_*", vec!["777"]),
        ("limit=1", vec!["778"]),
        ("since=2026-11-21T01:50:00Z", vec!["778", "1"]),
        ("tag=completion%3Dpartial", vec!["778", "777"]),
        ("tag=completion%3Dfull", vec!["1"]),
        // However many there are.
        ("tag=contradictions", vec!["778", "1"]),
    ] {
        assert_eq!(
            ids(&ask(&site, &format!("runs?{query}"))),
            expected,
            "{query}"
        );
    }
}

#[test]
fn what_only_the_tries_tell_is_told() {
    let place = Place::new();
    let database = copied(&place, "history_v8_statuses.db");
    let site = over(place, &database, &[]);
    assert_eq!(
        steps(&site, "1"),
        [
            "ok succeeded 1 0",
            "tmo timed_out 1 -1",
            "post succeeded 1 0",
            "flaky succeeded 2 0",
            "norety failed 1 9",
            "multi succeeded 1 0",
            "sig failed 1 -9",
            "pre failed 1 -",
            "empty succeeded 1 -",
        ]
    );
    let list = ask(&site, "runs/1/steps");
    assert_eq!(list["steps"][3]["attempts"][0]["exit_code"], 3);
    // No time is told of it, and none is made up.
    assert_eq!(list["steps"][8].get("started_at"), None);
    // Told in whole seconds; its row was written after one that ended within the same.
    let ended = |place: usize| list["steps"][place]["ended_at"].as_str().unwrap();
    assert_eq!(
        [ended(6), ended(7)],
        ["2026-11-21T01:49:39.682850Z", "2026-11-21T01:49:39.682851Z"]
    );
    let why =
        "tmo: Job failed after 1 attempts (status: TIMEOUT, exit code: -1), and 3 more failed";
    assert_eq!(ask(&site, "runs/1")["run"]["reason"], why);
    let notes = facts(&site, "1", "contradiction").join("\n");
    assert!(
        notes.contains("run_summary counts 5 failed, the rows of its jobs 4")
            && notes.contains("post: its row says SUCCESS although its post-check failed"),
        "{notes}"
    );
    // Killed: it says that it goes on, and nothing works on it.
    let killed = &ask(&site, "runs/2")["run"];
    assert_eq!(
        (&killed["raw_status"], &killed["last_seen_at"]),
        (&json!("RUNNING"), &json!("2026-11-21T01:49:39.958211Z"))
    );
    assert!(facts(&site, "2", "zone")[0].starts_with("UTC\u{2212}05:00, assumed"));
    // It says SUCCESS, and a job has failed.
    assert!(facts(&site, "3", "contradiction")[0].contains("SUCCESS although jobs failed"));
    let counts = &ask(&site, "runs/3")["run"]["steps"];
    assert_eq!(
        (&counts["succeeded"], &counts["failed"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn logs_of_a_run_are_one_log_that_a_restart_does_not_repeat() {
    let place = Place::new();
    let database = copied(&place, "history_v8_statuses.db");
    let mut site = over(place, &database, &[]);
    let texts = |answer: &Value| -> Vec<String> {
        let lines = answer["lines"].as_array().unwrap().iter();
        lines
            .map(|line| line["text"].as_str().unwrap().to_string())
            .collect()
    };
    let own = texts(&ask(&site, "runs/1/logs?step=multi&stream=out"));
    assert_eq!(
        own,
        [
            "l1",
            "l2 \u{1b}[1;32mgreen\u{1b}[0m",
            "50%",
            "100%",
            "\\xff\\xfe bad utf8",
            "\u{fc}n\u{ef}",
            "",
            "  indented",
            "last no newline"
        ]
    );
    let whole = ask(&site, "runs/1/logs");
    assert_eq!(whole["total"], 11);
    site.restart();
    assert_eq!(ask(&site, "runs/1/logs")["total"], 11);
    let events = ask(&site, "runs/1/events");
    assert_eq!(events["total"], ask(&site, "runs/1/events")["total"]);
    // A bare \xff ended the capture, which only the log says.
    assert!(
        texts(&ask(&site, "runs/3/logs?step=bytes"))[1].contains("Error reading process output")
    );
}

#[test]
fn lines_of_jobs_carry_the_level_that_their_log_files_have() {
    let place = Place::new();
    let database = copied(&place, "history_v8_statuses.db");
    let site = over(place, &database, &[]);
    let lines = |query: &str| -> Vec<String> {
        let answer = ask(&site, &format!("runs/3/logs?{query}"));
        let word = |line: &Value, name: &str| line[name].as_str().unwrap_or("-").to_string();
        let lines = answer["lines"].as_array().unwrap().iter();
        lines
            .map(|line| [word(line, "step"), word(line, "level"), word(line, "text")].join(" "))
            .collect()
    };
    assert_eq!(
        lines("step=bytes&step=multi2&level=error"),
        [
            "bytes error Error reading process output: 'utf-8' codec can't decode byte 0xff in position 4: invalid start byte",
            "multi2 error Job multi2: FAILED with exit code 3",
        ]
    );
    let info = lines("step=multi2&level=info");
    assert_eq!(info.len(), 4, "{info:?}");
    assert!(
        info[0].starts_with("multi2 info Executing job - multi2"),
        "{info:?}"
    );
    assert_eq!(info[3], "multi2 info ValueError: boom");
}

#[test]
fn the_designs_example_is_shown_with_what_waits_for_the_failed_job() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &[]);
    assert_eq!(
        steps(&site, "1"),
        [
            "download_data succeeded 1 0",
            "validate_data succeeded 1 0",
            "transform_part1 succeeded 1 0",
            "transform_part2 failed 1 1",
            "merge_results upstream_failed 0 -",
            "generate_report upstream_failed 0 -",
            "send_notification upstream_failed 0 -",
            "cleanup upstream_failed 0 -",
        ]
    );
    let cleanup = &ask(&site, "runs/1/steps")["steps"][7];
    assert_eq!(
        (&cleanup["raw_status"], &cleanup["reason"]),
        (
            &json!("SKIPPED"),
            &json!("dependency failed: transform_part2")
        )
    );
    let failed = facts(&site, "1", "failed job");
    assert!(failed[0].starts_with("transform_part2: Data transformation. Reason: Job failed after 1 attempts (status: FAILED, exit code: 1). Log: /"), "{failed:?}");
    let config = checkout.config.display().to_string();
    let program = format!("python3 {}", checkout.script.display());
    assert_eq!(
        facts(&site, "1", "to resume only failed jobs"),
        [format!(
            "{program} -c {config} --resume-from 1 --resume-failed-only"
        )]
    );
    // An id that is not there.
    let reply = site.get("/api/v1/ex/runs/999");
    let told = reply.json()["detail"].as_str().unwrap().to_string();
    assert_eq!(reply.status, 404);
    assert!(told.starts_with("Error: Run ID 999 not found in history.\n\nRecent runs for this config:\n  Run 1 - FAILED  - 20"), "{told}");
    assert!(told.ends_with("\n\nUse --list-runs to see all available runs."));
    assert_eq!(
        (
            &reply.json()["latest"][0]["id"],
            &reply.json()["latest"][0]["phase"]
        ),
        (&json!("1"), &json!("failed"))
    );
}

#[test]
fn a_file_that_is_no_history_is_a_source_that_cannot_be_read_until_it_is_there() {
    let text = "this is no database at all, only a text that is long enough to have a header";
    for (content, why) in [
        (Some(text), "file is not a database"),
        (None, "there is no such file (yet)"),
    ] {
        let place = Place::new();
        let path = place.join("x.db");
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let mut site = over(place, &path, &[]);
        let told = format!("the history {} cannot be read: {why}", path.display());
        for asked in [
            "info",
            "runs",
            "runs/5",
            "runs/5/resume",
            "stream?topic=runs",
        ] {
            let reply = site.get(&format!("/api/v1/ex/{asked}"));
            assert_eq!(
                (reply.status, &reply.json()["detail"]),
                (503, &json!(told)),
                "{asked}"
            );
        }
        // Others are served.
        assert_eq!(site.json("/api/v1/runs")["total"], 0);
        let mut warned = String::new();
        let stderr = site.child.stderr.as_mut().unwrap();
        BufReader::new(stderr).read_line(&mut warned).unwrap();
        assert_eq!(
            warned,
            format!("runboard-bridge: warning: source ex: {told}\n")
        );
        // The file comes later.
        let real = super::make::fixture("history_v8_attempts.db");
        std::fs::copy(&real, &path).unwrap();
        assert_eq!(ids(&ask(&site, "runs")).len(), 3);
        assert_eq!(ask(&site, "info").get("problems"), None);
        // And goes.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(site.get("/api/v1/ex/runs/1").status, 503);
        std::fs::copy(&real, &path).unwrap();
        assert_eq!(ids(&ask(&site, "runs")).len(), 3);
        // One without a byte is an empty history, whatever was there before.
        std::fs::write(&path, "").unwrap();
        assert_eq!(ask(&site, "runs")["total"], 0);
        assert_eq!(site.get("/api/v1/ex/runs/1").status, 404);
        assert_eq!(complaints(site), "");
    }
}

#[test]
fn a_history_without_runs_or_tables_is_empty_and_not_unreadable() {
    let sqls = [
        "",
        "PRAGMA user_version = 1",
        "CREATE TABLE job_history (run_id INT); CREATE TABLE run_summary (run_id INT)",
    ];
    for (sql, problems) in sqls.into_iter().zip([1, 1, 0]) {
        let place = Place::new();
        let path = place.join("made.db");
        std::fs::write(&path, "").unwrap();
        super::make::database(&place, sql);
        let site = over(place, &path, &[]);
        assert_eq!(ask(&site, "runs")["total"], 0, "{sql}");
        let info = ask(&site, "info");
        let told = info["problems"].as_array().map_or(0, Vec::len);
        assert_eq!(told, problems, "{sql}: {info}");
        assert_eq!(site.get("/api/v1/ex/runs/5").status, 404);
        assert_eq!(complaints(site), "");
    }
}
