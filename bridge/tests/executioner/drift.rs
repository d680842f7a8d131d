//! What the configuration has today and what a run had are told apart.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{JSON, MARK, send};
use super::honest::{JOBS, V8, texts, write};
use super::make::{ask, database, facts, over, steps};
use super::site::{Place, Site};

/// A bridge over a history of schema v8 with these rows, and its configuration; `more`: statements behind them, with `{config}` and `{hash}` of it.
fn site(sql: &str, jobs: &Value, more: &str) -> (Site, PathBuf) {
    let place = Place::new();
    let config = place.join("x.json");
    write(&config, jobs);
    let more = more
        .replace("{config}", config.to_str().unwrap())
        .replace("{hash}", &hash(&config));
    let path = database(&place, &format!("{V8}{sql};{more}"));
    let named = format!("ex={}", config.display());
    (
        over(place, &path, &["--executioner-config", &named]),
        config,
    )
}

fn hash(path: &Path) -> String {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(std::fs::read(path).unwrap());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Each needs the one in front of it.
fn chain(keys: &[&str]) -> Value {
    let one = |at: usize| {
        let before: Vec<&str> = at.checked_sub(1).map(|at| keys[at]).into_iter().collect();
        json!({"id": keys[at], "command": "true", "dependencies": before})
    };
    (0..keys.len()).map(one).collect()
}

fn keys(site: &Site, id: &str) -> Vec<String> {
    let list = steps(site, id).into_iter();
    list.map(|step| step.split(' ').next().unwrap().into())
        .collect()
}

const METADATA: &str =
    "CREATE TABLE run_metadata (run_id INTEGER PRIMARY KEY, config_path TEXT, config_hash TEXT);";

#[test]
fn a_run_keeps_its_own_number_of_jobs_when_jobs_are_added_later() {
    // Of 1 two jobs did not begin, of 2 all have a row, 3 is as the configuration is, 4 tells no number, 5 has a failed job in front of the added ones.
    let rows = format!(
        "(1, 1, 'FAILED', 4, 1, 1, 0), (2, 1, 'SUCCESS', 2, 2, 0, 0), (3, 1, 'FAILED', 6, 1, 1, 0), (4, 1, 'FAILED', NULL, 1, 1, 0)
        {JOBS} (1, 'a', 'SUCCESS', 'true'), (1, 'b', 'FAILED', 'true'), (2, 'a', 'SUCCESS', 'true'), (2, 'b', 'SUCCESS', 'true'),
        (3, 'a', 'SUCCESS', 'true'), (3, 'b', 'FAILED', 'true'), (4, 'a', 'SUCCESS', 'true'), (4, 'b', 'FAILED', 'true')"
    );
    let (site, _) = site(&rows, &chain(&["a", "b", "c", "d", "e", "f"]), "");
    let counted = |id: &str| {
        let in_list = ask(&site, "runs")["runs"].as_array().unwrap().clone();
        let in_list = in_list.into_iter().find(|run| run["id"] == id).unwrap();
        let run = ask(&site, &format!("runs/{id}"))["run"].clone();
        assert_eq!(run["steps"]["total"], in_list["steps"]["total"]);
        let done = run["steps"]["succeeded"].as_i64().unwrap_or(0);
        format!("{done}/{}", run["steps"]["total"])
    };
    let told = |id: &str| facts(&site, id, "configuration");
    assert_eq!(counted("1"), "1/4");
    assert_eq!(keys(&site, "1"), ["a", "b"]);
    assert_eq!(
        told("1"),
        [
            "the configuration now has 6 jobs and the run had 4: c, d, e, f have no row in it and are left out of its steps, as nothing tells which of its jobs were there then"
        ]
    );
    assert_eq!(counted("2"), "2/2");
    assert_eq!(keys(&site, "2"), ["a", "b"]);
    assert_eq!(
        told("2"),
        [
            "the configuration now has 6 jobs and the run had 2: c, d, e, f have no row in it and are left out of its steps"
        ]
    );
    // A configuration that grew makes no contradiction of a run that was well.
    assert_eq!(facts(&site, "2", "contradiction"), [""; 0]);
    for id in ["3", "4"] {
        assert_eq!(counted(id), "1/6");
        assert_eq!(
            steps(&site, id)[1..3],
            ["b failed 1 -", "c upstream_failed 0 -"]
        );
        assert_eq!(told(id), [""; 0]);
    }
    // A resume would run them all the same.
    let plan = ask(&site, "runs/2/resume");
    assert_eq!(plan["totals"]["run"], 4);
    let warned = "the configuration has 6 jobs, and the run had 2: c, d, e, f were added since";
    assert!(texts(&plan["warnings"]).contains(&warned), "{plan}");
    // Which of them were added is not known.
    let plan = ask(&site, "runs/1/resume");
    let warned = "the configuration has 6 jobs, and the run had 4";
    assert!(texts(&plan["warnings"]).contains(&warned), "{plan}");
}

#[test]
fn a_job_that_took_the_place_of_another_is_none_of_the_run() {
    let rows = format!(
        "(1, 1, 'SUCCESS', 2, 2, 0, 0), (2, 2, 'FAILED', 2, 0, 1, 0)
        {JOBS} (1, 'a', 'SUCCESS', 'true'), (1, 'old', 'SUCCESS', 'true'), (2, 'a', 'FAILED', 'true'), (2, 'old', 'SUCCESS', 'true')"
    );
    let more = format!("{METADATA} INSERT INTO run_metadata VALUES (2, '{{config}}', '{{hash}}');");
    let (site, _) = site(&rows, &chain(&["a", "new"]), &more);
    assert_eq!(keys(&site, "1"), ["a", "old"]);
    let plan = ask(&site, "runs/1/resume");
    let warned = "new was added to the configuration since the run";
    assert!(texts(&plan["warnings"]).contains(&warned), "{plan}");
    // The run is recorded to have had this very configuration: the other job is of an earlier attempt.
    assert_eq!(
        steps(&site, "2"),
        [
            "a failed 1 -",
            "new upstream_failed 0 -",
            "old succeeded 1 -"
        ]
    );
    assert_eq!(ask(&site, "runs/2")["run"]["steps"]["total"], 2);
    assert_eq!(facts(&site, "2", "configuration"), [""; 0]);
}

/// Attempts can be of different configurations, and only of the last one a run keeps the number of jobs that counts.
#[test]
fn a_job_that_did_not_begin_is_not_said_to_be_added_because_earlier_attempts_had_others() {
    let rows = format!(
        "(1, 1, 'FAILED', 2, 1, 1, 0), (1, 2, 'FAILED', 2, 0, 1, 0), (2, 1, 'FAILED', 5000000000, 0, 1, 0), (3, 1, 'FAILED', 0, 5, 0, 0)
        {JOBS} (1, 'a', 'FAILED', 'true'), (1, 'old', 'SUCCESS', 'true'), (2, 'a', 'FAILED', 'true')"
    );
    let more =
        "INSERT INTO job_history (run_id, attempt_id, id, status) VALUES (1, 2, 'a', 'FAILED');";
    let (site, _) = site(&rows, &chain(&["a", "new"]), more);
    let plan = ask(&site, "runs/1/resume");
    assert!(!plan["warnings"].to_string().contains("added"), "{plan}");
    assert_eq!(
        facts(&site, "1", "configuration"),
        [
            "the configuration now has 2 jobs and the run had 2: new has no row in it and is left out of its steps, as nothing tells which of its jobs were there then"
        ]
    );
    // Numbers that cannot be: neither is taken for none.
    assert_eq!(ask(&site, "runs/2")["run"]["steps"]["total"], u32::MAX);
    let plan = ask(&site, "runs/3/resume");
    assert!(!plan["warnings"].to_string().contains("added"), "{plan}");
}

#[test]
fn of_several_configurations_of_an_application_the_runs_own_is_taken_or_none() {
    let place = Place::new();
    let [dev, prod] = ["dev.json", "prod.json"].map(|name| {
        let config = place.join(name);
        let text = json!({"application_name": "x", "working_dir": format!("/{name}"), "jobs": chain(&["a", name])});
        std::fs::write(&config, text.to_string()).unwrap();
        config
    });
    let rows = format!(
        "(1, 1, 'FAILED', 2, 0, 1, 0), (2, 1, 'FAILED', 2, 0, 1, 0), (3, 1, 'FAILED', 2, 0, 1, 0)
        {JOBS} (1, 'a', 'FAILED', 'true'), (2, 'a', 'FAILED', 'true'), (3, 'a', 'FAILED', 'true');
        UPDATE run_summary SET working_dir = '/prod.json' WHERE run_id = 1;
        {METADATA} INSERT INTO run_metadata VALUES (2, '{}', NULL)",
        dev.display()
    );
    let path = database(&place, &format!("{V8}{rows};"));
    let [of_dev, of_prod] = [&dev, &prod].map(|path| format!("ex={}", path.display()));
    let words = [
        "--executioner-config",
        &of_dev,
        "--executioner-config",
        &of_prod,
    ];
    let more = ["--executioner-command", "ex=false", "--allow-actions"];
    let site = over(place, &path, &[&words[..], &more[..]].concat());
    assert_eq!(keys(&site, "1"), ["a", "prod.json"]);
    assert_eq!(keys(&site, "2"), ["a", "dev.json"]);
    assert_eq!(keys(&site, "3"), ["a"]);
    let plan = ask(&site, "runs/3/resume");
    let told = plan["warnings"].to_string();
    for words in [
        "several configurations of x",
        "dev.json, ",
        "nothing tells which of them the run had",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // Another one's jobs are not run by a guess.
    let body = json!({"token": plan["token"], "mode": plan["mode"]}).to_string();
    let reply = send(
        site.address,
        "POST",
        "/api/v1/ex/runs/3/resume",
        &[MARK, JSON],
        &body,
    );
    assert_eq!(reply.status, 409);
    assert!(
        reply.json()["detail"]
            .as_str()
            .unwrap()
            .contains("several configurations of x")
    );
    // One that cannot be read is not one that was not given.
    std::fs::write(&dev, "{").unwrap();
    std::fs::write(&prod, "{").unwrap();
    let told = ask(&site, "runs/3/resume")["warnings"].to_string();
    assert!(told.contains("dev.json cannot be read: EOF"), "{told}");
}

#[test]
fn a_configuration_that_the_history_records_is_held_against_todays() {
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 1, 0), (2, 1, 'FAILED', 1, 0, 1, 0), (3, 1, 'FAILED', 1, 0, 1, 0), (4, 1, 'FAILED', 1, 0, 1, 0)
        {JOBS} (1, 'a', 'FAILED', 'true'), (2, 'a', 'FAILED', 'true'), (3, 'a', 'FAILED', 'true'), (4, 'a', 'FAILED', 'true')"
    );
    let more = format!(
        "{METADATA} INSERT INTO run_metadata VALUES (1, '{{config}}', '0123abcd'), (2, '/elsewhere/x.json', '{{hash}}'), (3, './x.json', upper('{{hash}}'));"
    );
    let (site, config) = site(&rows, &chain(&["a"]), &more);
    let told = |id: &str| -> Vec<String> {
        let plan = ask(&site, &format!("runs/{id}/resume"));
        let told = texts(&plan["warnings"]).into_iter();
        let told = told.filter(|text| text.contains("configuration"));
        told.map(String::from).collect()
    };
    assert_eq!(
        told("1"),
        ["the configuration is another one than when the run was started"]
    );
    let own = config.display();
    assert_eq!(
        told("2"),
        [format!(
            "the run was started with the configuration /elsewhere/x.json, and the bridge has {own}"
        )]
    );
    for id in ["3", "4"] {
        assert_eq!(told(id), [""; 0]);
    }
}

#[test]
fn of_a_run_without_rows_nothing_is_said_that_nobody_knows() {
    let rows = format!(
        "(247, 1, 'FAILED', 3, 2, 0, 0), (246, 1, 'FAILED', 3, 0, 0, 0), (245, 1, 'FAILED', 3, 1, 0, 0), (244, 1, 'FAILED', 1, 1, 0, 0)
        {JOBS} (245, 'a', 'SUCCESS', 'true')"
    );
    let (site, _) = site(&rows, &chain(&["a", "b", "c"]), "");
    let plan = |id: &str, query: &str| ask(&site, &format!("runs/{id}/resume{query}"));
    for query in ["", "?profile=promised", "?mode=failed"] {
        let plan = plan("247", query);
        for step in plan["steps"].as_array().unwrap() {
            assert_eq!(
                (&step["plan"], &step["reason"]),
                (&json!("run"), &json!("nothing is recorded of it")),
                "{query}"
            );
        }
        let warned = "no job has a row: executioner finds no job history and starts fresh, so the 2 jobs that are counted as completed (of 3) run again too";
        assert!(texts(&plan["warnings"]).contains(&warned), "{plan}");
        assert!(!plan["differences"].to_string().contains("never ran"));
    }
    let failed = plan("247", "?mode=failed");
    assert!(
        texts(&failed["differences"])[0]
            .contains("executioner runs it (nothing is recorded of it)"),
        "{failed}"
    );
    let warned = "no job has a row: executioner finds no job history and starts fresh";
    assert!(texts(&plan("246", "")["warnings"]).contains(&warned));
    let one = plan("244", "")["warnings"].to_string();
    assert!(
        one.contains("so the 1 job that is counted as completed (of 1) runs again too"),
        "{one}"
    );
    // One row is a history: what has none did not begin.
    let known = plan("245", "");
    assert_eq!(known["steps"][1]["reason"], "it never ran");
    assert!(!known["warnings"].to_string().contains("starts fresh"));
}

#[test]
fn who_follows_a_run_is_told_when_its_configuration_changes() {
    // 1 is over, 2 was killed, 3 is of another application.
    let rows = format!(
        "(1, 1, 'FAILED', 1, 0, 1, 0), (2, 1, 'RUNNING', 1, 0, 0, 0), (3, 1, 'FAILED', 1, 0, 1, 0)
        {JOBS} (1, 'a', 'FAILED', 'true'), (2, 'a', 'SUCCESS', 'true'), (3, 'a', 'FAILED', 'true'); UPDATE run_summary SET application_name = 'y' WHERE run_id = 3"
    );
    let (site, config) = site(&rows, &chain(&["a"]), "");
    let known = |id: &str| {
        let version = &ask(&site, &format!("runs/{id}"))["run"]["version"];
        version.as_u64().unwrap()
    };
    let versions = ["1", "2", "3"].map(known);
    let token = ask(&site, "runs/1/resume")["token"].clone();
    let mut list = site.stream_with("/api/v1/ex/", "topic=runs", &[]);
    let mut one = site.stream_with("/api/v1/ex/", "topic=run:2", &[]);
    for stream in [&mut list, &mut one] {
        stream.until_named("live");
    }
    write(&config, &chain(&["a", "b"]));
    let told = list.until_named("runs").pop().unwrap().data;
    let told: Vec<(&str, u64)> = told["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            (
                run["id"].as_str().unwrap(),
                run["version"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told.iter().map(|run| run.0).collect::<Vec<_>>(), ["1", "2"]);
    assert!(told[0].1 > versions[0] && told[1].1 > versions[1]);
    let told = one.until_named("runs").pop().unwrap().data;
    assert!(told["runs"][0]["version"].as_u64().unwrap() > versions[1]);
    assert_ne!(ask(&site, "runs/1/resume")["token"], token);
    assert_eq!(known("3"), versions[2]);
}
