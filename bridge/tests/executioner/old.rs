//! Databases of older executioners, and of maestro: other columns, other clocks, resumes that were runs of their own.

use serde_json::json;

use super::make::{ask, database, facts, over, steps};
use super::site::{Place, ids};

const V5: &str = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, description TEXT); INSERT INTO schema_version VALUES (5, 'x');
    CREATE TABLE run_summary (run_id INTEGER PRIMARY KEY, application_name TEXT NOT NULL, start_time TIMESTAMP NOT NULL, end_time TIMESTAMP, status TEXT,
        total_jobs INTEGER DEFAULT 0, completed_jobs INTEGER DEFAULT 0, failed_jobs INTEGER DEFAULT 0, skipped_jobs INTEGER DEFAULT 0, exit_code INTEGER,
        created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE job_history (run_id INTEGER, id TEXT, command TEXT, description TEXT, status TEXT, application_name TEXT, last_run TIMESTAMP,
        retry_count INTEGER DEFAULT 0, last_error TEXT, retry_history TEXT, duration_seconds REAL, PRIMARY KEY (run_id, id));
    INSERT INTO run_summary VALUES (17, 'a+b.c', '2026-01-10 08:00:00', '2026-01-10 08:43:22', 'FAILED', 3, 2, 1, 0, 1, '2026-01-10 12:00:00');
    INSERT INTO run_summary VALUES (18, 'a+b.c', '2026-01-10 09:00:00', '2026-01-10 09:00:09', 'SUCCESS', 3, 3, 0, 2, 0, '2026-01-10 13:00:01');
    INSERT INTO run_summary VALUES (19, 'a+b.c', '2026-01-10 10:00:00', NULL, 'RUNNING', 3, 0, 0, 0, NULL, '2026-01-10 14:00:00');
    INSERT INTO run_summary VALUES (20, 'none', '2026-01-10 11:00:00', '2026-01-10 11:00:00', 'SUCCESS', 0, 0, 0, 0, 0, '2026-01-10 15:00:00');
    INSERT INTO job_history (run_id, id, command, status, application_name, last_run, duration_seconds) VALUES
        (17, 'one', 'true # a comment', 'SUCCESS', 'a+b.c', '2026-01-10 08:00:00', 2600.88), (17, 'two', 'true', 'SUCCESS', 'a+b.c', '2026-01-10 08:43:21', 0.5),
        (17, 'three', 'false', 'FAILED', 'a+b.c', NULL, NULL), (18, 'three', 'true', 'SUCCESS', 'a+b.c', '2026-01-10 09:00:01', 8.0);";

pub(crate) const V6: &str = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY); INSERT INTO schema_version VALUES (6);
    CREATE TABLE run_summary (run_id INTEGER PRIMARY KEY, application_name TEXT, start_time TEXT, end_time TEXT, status TEXT, total_jobs INT, completed_jobs INT,
        failed_jobs INT, skipped_jobs INT, exit_code INT, created_at TEXT, working_dir TEXT);
    CREATE TABLE job_history (run_id INTEGER, id TEXT, status TEXT, PRIMARY KEY (run_id, id));";

#[test]
fn a_schema_v5_history_has_its_zone_its_lineage_and_its_anomalies_said() {
    let place = Place::new();
    let path = database(&place, V5);
    let site = over(place, &path, &[]);
    assert_eq!(ids(&ask(&site, "runs")), ["20", "19", "18", "17"]);
    // Minus four hours.
    assert_eq!(
        ask(&site, "runs/17")["run"]["started_at"],
        "2026-01-10T12:00:00.000000Z"
    );
    assert_eq!(
        steps(&site, "17"),
        ["one succeeded 1 -", "two succeeded 1 -", "three failed 1 -"]
    );
    assert_eq!(
        ask(&site, "runs/17/steps")["steps"][2]["attempts"][0].get("started_at"),
        None
    );
    let resumed = &ask(&site, "runs/18")["run"];
    assert_eq!(
        (&resumed["parent"], &resumed["tags"]["lineage"]),
        (&json!("17"), &json!("inferred"))
    );
    // Carried over, not counted twice.
    assert_eq!(
        (&resumed["steps"]["total"], &resumed["steps"]["succeeded"]),
        (&json!(3), &json!(3))
    );
    let family = ask(&site, "runs/17/lineage");
    assert_eq!(
        (&family["root"], ids(&family)),
        (&json!("17"), vec!["17".into(), "18".into()])
    );
    let killed = &ask(&site, "runs/19")["run"];
    assert_eq!(
        (&killed["status"], &killed["last_seen_at"]),
        (&json!("running"), &json!("2026-01-10T14:00:00.000000Z"))
    );
    assert!(
        facts(&site, "19", "contradiction")[0]
            .contains("no job has a row, and nothing works on it")
    );
    assert_eq!(facts(&site, "20", "contradiction"), ["it has no jobs"]);
    let plan = ask(&site, "runs/17/resume");
    assert!(
        plan["warnings"]
            .to_string()
            .contains("no such column: attempt_id")
    );
    assert_eq!(plan["command"][2], "<config>");
}

#[test]
fn counters_that_lie_are_contradicted_by_the_rows() {
    let place = Place::new();
    let sql = format!("{V6}
        INSERT INTO run_summary VALUES (28, 'x', '2026-01-01 00:00:00', '2026-01-01 00:01:00', 'FAILED', 2, 1, 1, 0, 1, '2026-01-01 00:00:00', '/w');
        INSERT INTO job_history VALUES (28, 'a', 'SUCCESS'), (28, 'b', 'SUCCESS'), (29, 'lost', 'success'), (30, X'00ff', 'SUCCESS');
        INSERT INTO run_summary (run_id, application_name, start_time, status) VALUES (31, 'x', 'yesterday', 'DONE');");
    let path = database(&place, &sql);
    let site = over(place, &path, &[]);
    assert_eq!(ask(&site, "runs/28")["run"]["steps"]["succeeded"], 2);
    assert!(
        facts(&site, "28", "contradiction")
            .join("\n")
            .contains("counts 1 failed, the rows of its jobs 0")
    );
    // A run that only its jobs know, with a word that is none of executioner's.
    assert_eq!(steps(&site, "29"), ["lost unknown 1 -"]);
    assert_eq!(ask(&site, "runs/29")["run"]["status"], "unknown");
    let odd = facts(&site, "31", "contradiction").join("\n");
    assert!(
        odd.contains("\"DONE\"") && odd.contains("start_time is no time: \"yesterday\""),
        "{odd}"
    );
    assert!(
        ask(&site, "info")["problems"][0]
            .as_str()
            .unwrap()
            .contains("id holds 2 bytes where a text belongs")
    );
}

#[test]
fn maestros_write_ahead_log_is_read_with_its_own_clock() {
    let place = Place::new();
    let sql = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
        CREATE TABLE run_summary (run_id INTEGER, attempt_id INTEGER, application_name TEXT, start_time TEXT, end_time TEXT, status TEXT, total_jobs INT,
            completed_jobs INT, failed_jobs INT, skipped_jobs INT, exit_code INT, config_path TEXT, created_at TEXT, PRIMARY KEY (run_id, attempt_id));
        CREATE TABLE job_history (run_id INTEGER, attempt_id INTEGER, id TEXT, status TEXT, duration_seconds REAL, retry_history TEXT, last_run TEXT, last_exit_code INT);
        CREATE TABLE events (id INTEGER PRIMARY KEY, event_type TEXT);
        INSERT INTO run_summary VALUES (1, 1, 'basic_test', '2026-03-20T14:00:00Z', '2026-03-20T14:00:03Z', 'SUCCESS', 1, 1, 0, 0, 0, 'testdata/basic.json', '2026-03-20 14:00:00');
        INSERT INTO job_history VALUES (1, 1, 'a', 'SUCCESS', 2.0, '[{\"attempt\":1,\"timestamp\":\"2026-03-20T10:00:02.5\",\"duration\":2000000000,\"success\":true,\"exit_code\":0,\"status\":\"SUCCESS\"}]', '2026-03-20T14:00:00.5Z', 0);";
    let path = place.join("maestro.db");
    // Held open, so that all of it stays in the log.
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch(sql).unwrap();
    let site = over(place, &path, &[]);
    let run = &ask(&site, "runs/1")["run"];
    assert_eq!(
        (&run["started_at"], run.get("zone_assumed")),
        (&json!("2026-03-20T14:00:00.000000Z"), None)
    );
    let step = &ask(&site, "runs/1/steps")["steps"][0];
    assert_eq!(
        (&step["started_at"], &step["ended_at"]),
        (
            &json!("2026-03-20T14:00:00.500000Z"),
            &json!("2026-03-20T14:00:02.500000Z")
        )
    );
    assert_eq!(facts(&site, "1", "config"), ["testdata/basic.json"]);
    assert_eq!(
        facts(&site, "1", "attempt 1"),
        ["SUCCESS 1/1, exit code 0, 2026-03-20T14:00:00Z to 2026-03-20T14:00:03Z"]
    );
    writer
        .execute("UPDATE run_summary SET status = 'FAILED'", ())
        .unwrap();
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "failed"
    });
    // Nobody else has it open, and no log is left: it is read without one being made.
    drop(writer);
    site.eventually("/api/v1/ex/info", |info| info.get("problems").is_none());
    assert_eq!(ask(&site, "runs/1")["run"]["status"], "failed");
    assert!(!path.with_file_name("maestro.db-wal").exists());
}

#[test]
fn metadata_of_the_design_is_shown_where_there_is_a_table_for_it() {
    let place = Place::new();
    let path = database(&place, &format!("{V5} CREATE TABLE run_metadata (run_id INTEGER PRIMARY KEY, config_path TEXT, config_hash TEXT, parent_run_id INTEGER, failure_summary TEXT, user TEXT);
        INSERT INTO run_metadata VALUES (17, '/etc/a.json', 'abc', 16, 'the disk was full', 'ada');"));
    let site = over(place, &path, &[]);
    let run = &ask(&site, "runs/17")["run"];
    assert_eq!(
        (&run["user"], &run["reason"], &run["parent"]),
        (&json!("ada"), &json!("the disk was full"), &json!("16"))
    );
    assert_eq!(facts(&site, "17", "config hash"), ["abc"]);
    assert_eq!(ask(&site, "runs/17/resume")["command"][2], "/etc/a.json");
}
