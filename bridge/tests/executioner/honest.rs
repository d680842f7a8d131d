//! What is doubtful about a history or a plan is said, and nothing is said that the rows do not tell.

use std::path::Path;

use serde_json::{Value, json};

use super::make::{ask, database, facts, over, steps};
use super::site::{Place, Site};

pub(crate) const V8: &str = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY); INSERT INTO schema_version VALUES (8);
    CREATE TABLE run_summary (run_id INT, attempt_id INT, status TEXT, total_jobs INT, completed_jobs INT, failed_jobs INT, skipped_jobs INT,
        application_name TEXT DEFAULT 'x', start_time TEXT DEFAULT '2026-01-01 00:00:00', end_time TEXT DEFAULT '2026-01-01 00:01:00', exit_code INT,
        working_dir TEXT, created_at TEXT DEFAULT '2026-01-01 00:00:00', PRIMARY KEY (run_id, attempt_id));
    CREATE TABLE job_history (run_id INT, id TEXT, status TEXT, command TEXT DEFAULT 'true', attempt_id INT DEFAULT 1, application_name TEXT DEFAULT 'x',
        duration_seconds REAL, last_error TEXT, retry_history TEXT, last_run TEXT, PRIMARY KEY (run_id, attempt_id, id));
    INSERT INTO run_summary (run_id, attempt_id, status, total_jobs, completed_jobs, failed_jobs, skipped_jobs) VALUES ";
pub(crate) const JOBS: &str = "; INSERT INTO job_history (run_id, id, status, command) VALUES ";

/// A bridge over a history of schema v8 with these rows; `jobs`: of the configuration, where there is one.
pub(crate) fn site(sql: &str, jobs: Option<Value>) -> Site {
    let place = Place::new();
    let path = database(&place, &format!("{V8}{sql};"));
    let Some(jobs) = jobs else {
        return over(place, &path, &[]);
    };
    let config = path.with_file_name("x.json");
    write(&config, &jobs);
    let named = format!("ex={}", config.display());
    over(place, &path, &["--executioner-config", &named])
}

pub(crate) fn write(config: &Path, jobs: &Value) {
    let whole = json!({"application_name": "x", "working_dir": "/w", "jobs": jobs});
    std::fs::write(config, whole.to_string()).unwrap();
}

pub(crate) fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn what_is_doubtful_about_a_plan_is_told_on_either_profile() {
    let rows = format!(
        "(1, 1, 'FAILED', 3, 1, 1, 0){JOBS} (1, 'a', 'FAILED', 'true'), (1, 'b', 'SUCCESS', 'old'), (1, 'c', 'ODD', 'true')"
    );
    let jobs = json!([{"id": "a", "command": "true"}, {"id": "b", "command": "new", "dependencies": ["a"]}, {"id": "c", "command": "true"}]);
    let site = site(&rows, Some(jobs));
    for query in ["", "?profile=promised"] {
        let plan = ask(&site, &format!("runs/1/resume{query}"));
        for words in [
            "b is skipped although something that it needs runs again: its result may be stale",
            "b succeeded with another command than it has now, and is skipped",
            "c has a status that nobody knows",
        ] {
            let told = texts(&plan["warnings"]);
            let count = told.iter().filter(|told| **told == words).count();
            assert_eq!(count, 1, "{query} {words}: {told:?}");
        }
    }
}

#[test]
fn results_that_may_be_stale_are_told_of_the_plan_that_makes_them_so() {
    let rows = format!(
        "(1, 1, 'FAILED', 4, 2, 0, 0){JOBS} (1, 'hung', 'RUNNING', 'true'), (1, 'of_hung', 'SUCCESS', 'true'), (1, 'of_new', 'SUCCESS', 'true')"
    );
    let jobs = json!([
        {"id": "hung", "command": "true"}, {"id": "of_hung", "command": "true", "dependencies": ["hung"]},
        {"id": "new", "command": "true"}, {"id": "of_new", "command": "true", "dependencies": ["new"]},
    ]);
    let site = site(&rows, Some(jobs));
    let warning = |key: &str| {
        format!(
            "{key} is skipped although something that it needs runs again: its result may be stale"
        )
    };
    let stale = |plan: &Value| -> Vec<String> {
        let told = texts(&plan["warnings"]).into_iter();
        let told = told.filter(|words| words.ends_with("may be stale"));
        told.map(String::from).collect()
    };
    let by_design = "of_hung: its design skips it although something that it needs runs again, so its result may be stale; executioner runs nothing that it needs";
    let in_fact = "of_new: executioner skips it although something that it needs runs again, so its result may be stale; by its design nothing that it needs does";
    for (query, warned, different) in [
        ("mode=incomplete", vec!["of_new"], by_design),
        (
            "mode=incomplete&profile=promised",
            vec!["of_hung", "of_new"],
            by_design,
        ),
        ("mode=failed", vec!["of_hung", "of_new"], in_fact),
        ("mode=failed&profile=promised", vec!["of_hung"], in_fact),
    ] {
        let plan = ask(&site, &format!("runs/1/resume?{query}"));
        let warned: Vec<String> = warned.into_iter().map(warning).collect();
        assert_eq!(stale(&plan), warned, "{query}");
        let told = texts(&plan["differences"]);
        let told: Vec<_> = told
            .iter()
            .filter(|words| words.contains("stale"))
            .collect();
        assert_eq!(told, [&different], "{query}");
    }
}

#[test]
fn what_one_profile_skips_and_the_other_runs_is_not_told_as_stale_in_one_of_them() {
    let rows = format!(
        "(1, 1, 'FAILED', 7, 0, 0, 0){JOBS} (1, 'hung', 'RUNNING', 'true'), (1, 'left', 'SKIPPED', 'true'), (1, 'low', 'success', 'true'),
        (1, 'none', NULL, 'true'), (1, 'bad', 'ERROR', 'true'), (1, 'late', 'TIMEOUT', 'true'), (1, 'low_too', 'success', 'true')"
    );
    let job =
        |id: &str, needs: &[&str]| json!({"id": id, "command": "true", "dependencies": needs});
    let jobs = json!([
        job("hung", &[]),
        job("left", &["hung"]),
        job("low", &["hung"]),
        job("none", &["left", "low"]),
        job("bad", &["none"]),
        job("late", &["hung", "bad"]),
        job("low_too", &["late"]),
    ]);
    let site = site(&rows, Some(jobs));
    let by_design = "low: its design skips it although something that it needs runs again, so its result may be stale; executioner runs nothing that it needs";
    for (mode, expected) in [("incomplete", vec![by_design]), ("failed", Vec::new())] {
        let plan = ask(&site, &format!("runs/1/resume?mode={mode}"));
        let told = texts(&plan["differences"]).into_iter();
        let told: Vec<_> = told.filter(|words| words.contains("stale")).collect();
        // In the one mode executioner skips low_too too, but runs what it needs; in the other it runs both.
        assert_eq!(told, expected, "{mode}");
    }
}

#[test]
fn counters_count_where_no_job_has_a_row_and_are_contradicted_where_some_have() {
    let rows = format!(
        "(1, 1, 'SUCCESS', 12, 12, 0, 0), (2, 1, 'FAILED', 12, 5, 1, 0), (3, 1, 'SUCCESS', 4, 4, 0, 0), (4, 1, 'SUCCESS', 4, 4, 0, 3), (5, 1, 'SUCCESS', 0, 0, 0, 0)
        {JOBS} (3, 'a', 'SUCCESS', 'true'), (4, 'a', 'SUCCESS', 'true')"
    );
    let site = site(&rows, None);
    let counted = |id: &str| {
        let run = ask(&site, &format!("runs/{id}"))["run"].clone();
        let of = |name: &str| run["steps"][name].as_i64().unwrap_or(0);
        let word = run["tags"]["completion"].as_str().unwrap().to_string();
        (of("succeeded"), of("failed"), of("total"), word)
    };
    let told = |id: &str| facts(&site, id, "contradiction");
    let by_summary = "no job has a row: counted by run_summary";
    assert_eq!(counted("1"), (12, 0, 12, "full".into()));
    assert_eq!(told("1"), [by_summary]);
    assert_eq!(counted("2"), (5, 1, 12, "partial".into()));
    assert_eq!(
        told("2"),
        ["it says FAILED and no job's row does", by_summary]
    );
    assert_eq!(counted("3"), (1, 0, 4, "partial".into()));
    assert_eq!(
        told("3"),
        [
            "run_summary counts 4 completed and 0 skipped, and the rows of its jobs 1 completed: the rows count here"
        ]
    );
    // Carried over from an earlier run.
    assert_eq!(counted("4"), (4, 0, 4, "full".into()));
    assert!(
        !told("4").join("\n").contains("the rows count here"),
        "{:?}",
        told("4")
    );
    assert_eq!(told("5"), ["it has no jobs"]);
}

#[test]
fn what_became_of_jobs_without_rows_is_not_known_where_the_counters_say_that_some_ran() {
    let jobs = json!([{"id": "a", "command": "true"}, {"id": "b", "command": "true"}]);
    let rows = "(1, 1, 'SUCCESS', 2, 2, 0, 0), (2, 1, 'FAILED', 2, 0, 0, 0)";
    let site = site(rows, Some(jobs));
    assert_eq!(steps(&site, "1"), ["a unknown 0 -", "b unknown 0 -"]);
    let counts = &ask(&site, "runs/1")["run"]["steps"];
    assert_eq!(
        (
            &counts["succeeded"],
            counts["skipped"].as_i64().unwrap_or(0)
        ),
        (&json!(2), 0)
    );
    assert_eq!(steps(&site, "2"), ["a skipped 0 -", "b skipped 0 -"]);
}

#[test]
fn jobs_without_rows_are_not_taken_for_nothing_to_resume() {
    let rows = format!(
        "(1, 1, 'FAILED', 3, 1, 0, 0), (2, 1, 'FAILED', 3, 1, 1, 0), (3, 1, 'SUCCESS', 1, 1, 0, 0), (4, 1, 'FAILED', 3, 0, 0, 0)
        {JOBS} (1, 'a', 'SUCCESS', 'true'), (2, 'a', 'SUCCESS', 'true'), (2, 'b', 'FAILED', 'false'), (3, 'a', 'SUCCESS', 'true'), (4, 'a', 'SKIPPED', 'true')"
    );
    let site = site(&rows, None);
    let told = |id: &str| ask(&site, &format!("runs/{id}/resume"))["suggestion"].clone();
    assert_eq!(
        told("1"),
        "2 jobs have no row and cannot be planned without the configuration"
    );
    assert_eq!(
        told("2"),
        "1 job has no row and cannot be planned without the configuration"
    );
    assert_eq!(told("3"), "there is nothing to resume");
    let both = told("4").as_str().unwrap().to_string();
    assert!(
        both.starts_with("failed fits better here: incomplete takes a for done")
            && both
                .ends_with("; 2 jobs have no row and cannot be planned without the configuration"),
        "{both}"
    );
}

#[test]
fn a_missing_dependency_ends_executioner_where_its_design_goes_on() {
    let rows = format!(
        "(1, 1, 'FAILED', 3, 1, 1, 0){JOBS} (1, 'a', 'SUCCESS', 'true'), (1, 'b', 'FAILED', 'true')"
    );
    let jobs = json!([{"id": "a", "command": "true"}, {"id": "b", "command": "true", "dependencies": ["gone"]}, {"id": "c", "command": "true"}]);
    let site = site(&rows, Some(jobs));
    for query in ["", "?profile=promised"] {
        let plan = ask(&site, &format!("runs/1/resume{query}"));
        assert_eq!(
            texts(&plan["differences"]),
            [
                "executioner ends with an error before it does anything; its design executes 1 of the jobs, skips 1 and blocks 1"
            ]
        );
        assert!(
            texts(&plan["warnings"]).contains(&"b needs gone, which is not in the configuration")
        );
    }
    // In a circle neither does anything.
    let round = json!([{"id": "a", "dependencies": ["b"]}, {"id": "b", "dependencies": ["a"]}]);
    let site = self::site(&rows, Some(round));
    assert_eq!(ask(&site, "runs/1/resume")["differences"], json!([]));
}

#[test]
fn what_incomplete_passes_over_is_suggested_in_words_that_fit_its_number() {
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 0, 0), (2, 1, 'FAILED', 2, 0, 0, 0)
        {JOBS} (1, 'a', 'SKIPPED', 'true'), (2, 'a', 'SKIPPED', 'true'), (2, 'b', 'RUNNING', 'true')"
    );
    let site = site(&rows, None);
    let told = |id: &str| ask(&site, &format!("runs/{id}/resume"))["suggestion"].clone();
    assert_eq!(
        told("1"),
        "failed fits better here: incomplete takes a for done, although it did not succeed, and failed runs it"
    );
    assert_eq!(
        told("2"),
        "failed fits better here: incomplete takes a, b for done, although they did not succeed, and failed runs them"
    );
}

#[test]
fn command_lines_are_offered_once_and_none_to_resume_what_has_succeeded() {
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 1, 0), (2, 1, 'SUCCESS', 1, 1, 0, 0), (3, 1, 'SUCCESS', 2, 1, 1, 0)
        {JOBS} (1, 'a', 'FAILED', 'true'), (2, 'a', 'SUCCESS', 'true'), (3, 'a', 'SUCCESS', 'true'), (3, 'b', 'FAILED', 'true')"
    );
    let site = site(&rows, None);
    let offered = |path: &str| -> Vec<String> {
        let plan = ask(&site, path);
        let list = plan["by_hand"].as_array().unwrap().iter();
        list.filter(|one| one["what"].as_str().unwrap().starts_with("to resume"))
            .map(|one| one["what"].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(offered("runs/1/resume"), ["to resume only failed jobs"]);
    assert_eq!(
        offered("runs/1/resume?mode=failed"),
        ["to resume all remaining jobs"]
    );
    assert_eq!(offered("runs/2/resume"), [""; 0]);
    assert_eq!(facts(&site, "2", "to resume only failed jobs"), [""; 0]);
    assert_eq!(facts(&site, "2", "to show this run").len(), 1);
    // It says SUCCESS, and a job has failed.
    assert_eq!(offered("runs/3/resume"), ["to resume only failed jobs"]);
    assert_eq!(facts(&site, "1", "to resume all remaining jobs").len(), 1);
}

#[test]
fn a_killed_run_is_offered_as_unfinished_instead_of_one_that_is_not_there() {
    let rows = "(1, 1, 'RUNNING', 1, 0, 0, 0), (2, 1, 'FAILED', 1, 0, 1, 0)";
    let reply = site(rows, None).get("/api/v1/ex/runs/9");
    assert_eq!(reply.status, 404);
    let latest = reply.json()["latest"].clone();
    let word = |at: usize| (latest[at]["id"].clone(), latest[at]["phase"].clone());
    assert_eq!(word(0), (json!("2"), json!("failed")));
    assert_eq!(word(1), (json!("1"), json!("unfinished")));
}

#[test]
fn the_failed_mode_is_told_to_run_more_where_it_does() {
    let rows = format!(
        "(1, 1, 'FAILED', 2, 0, 1, 0){JOBS} (1, 'a', 'FAILED', 'true'), (1, 'b', 'SUCCESS', 'true')"
    );
    let job = |id: &str| json!({"id": id, "command": "true"});
    let words = "executioner's --resume-failed-only runs every job that has not succeeded, also those that never began";
    for (jobs, query, expected) in [
        (json!([job("a"), job("b"), job("new")]), "mode=failed", true),
        (
            json!([job("a"), job("b"), job("new")]),
            "mode=incomplete",
            false,
        ),
        (
            json!([job("a"), job("b"), job("new")]),
            "mode=failed&profile=promised",
            false,
        ),
        (json!([job("a"), job("b")]), "mode=failed", false),
    ] {
        let site = site(&rows, Some(jobs));
        let plan = ask(&site, &format!("runs/1/resume?{query}"));
        let told = texts(&plan["warnings"]);
        assert_eq!(told.contains(&words), expected, "{query} {told:?}");
    }
}

#[test]
fn recent_runs_of_all_applications_are_named_with_theirs_where_no_configuration_is_given() {
    let rows = "(1, 1, 'SUCCESS', 1, 1, 0, 0), (2, 1, 'FAILED', 1, 0, 1, 0);
        UPDATE run_summary SET application_name = 'other' WHERE run_id = 2";
    let told = |jobs: Option<Value>| {
        let reply = site(rows, jobs).get("/api/v1/ex/runs/9");
        reply.json()["detail"].as_str().unwrap().to_string()
    };
    let without = told(None);
    assert!(
        without.contains("\n\nRecent runs of this history:\n  Run 2 - other - FAILED  - 2026-01-01 00:00:00\n  Run 1 - x - SUCCESS - 2026"),
        "{without}"
    );
    let with = told(Some(json!([{"id": "a"}])));
    assert!(
        with.contains(
            "\n\nRecent runs for this config:\n  Run 1 - SUCCESS - 2026-01-01 00:00:00\n\nUse"
        ),
        "{with}"
    );
}
