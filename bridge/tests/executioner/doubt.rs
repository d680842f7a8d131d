//! What a plan warns of, and which command lines it offers, where a resume would not do what one thinks.

use serde_json::{Value, json};

use super::client::{JSON, MARK, Reply, send};
use super::honest::{JOBS, V8, site, texts, write};
use super::make::{ask, database, facts, over};
use super::old::V6;
use super::site::{Place, Site};

/// What is offered for copying, by what it is for.
fn offered(plan: &Value, start: &str) -> Vec<(String, String)> {
    let list = plan["by_hand"].as_array().unwrap().iter();
    let word = |word: &Value| word.as_str().unwrap().to_string();
    let line = |one: &Value| {
        let words = one["command"].as_array().unwrap().iter();
        let words: Vec<String> = words.skip(3).map(word).collect();
        (word(&one["what"]), words.join(" "))
    };
    list.map(line)
        .filter(|(what, _)| what.starts_with(start))
        .collect()
}

fn resume(site: &Site, body: &Value) -> Reply {
    let path = "/api/v1/ex/runs/1/resume";
    send(site.address, "POST", path, &[MARK, JSON], &body.to_string())
}

/// A bridge that may resume, with a command line that does nothing.
fn acting(rows: &str, jobs: &Value) -> Site {
    let place = Place::new();
    let path = database(&place, &format!("{V8}{rows};"));
    let config = path.with_file_name("x.json");
    write(&config, jobs);
    let config = format!("ex={}", config.display());
    let command = ["--executioner-command", "ex=false", "--allow-actions"];
    over(
        place,
        &path,
        &[&["--executioner-config", &config], &command[..]].concat(),
    )
}

#[test]
fn a_killed_run_is_not_said_to_go_on() {
    let rows = format!("(1, 1, 'RUNNING', 2, 0, 0, 0){JOBS} (1, 'a', 'SUCCESS', 'true')");
    let plan = ask(&site(&rows, None), "runs/1/resume");
    let told = texts(&plan["warnings"]);
    let killed = "the run was probably killed: it says RUNNING, and nothing works on it";
    assert_eq!(told[0], killed);
    assert!(!plan["warnings"].to_string().contains("goes on"), "{plan}");
}

#[test]
fn of_a_success_without_rows_only_what_is_true_is_said() {
    let place = Place::new();
    let row = "INSERT INTO run_summary VALUES (13, 'x', '2026-01-10 08:00:00', '2026-01-10 08:00:00', 'SUCCESS', 0, 0, 0, 0, 0, '2026-01-10 12:00:00', '/w')";
    let path = database(&place, &format!("{V6}{row};"));
    let plan = ask(&over(place, &path, &[]), "runs/13/resume");
    assert_eq!(plan["suggestion"], Value::Null);
    let told = texts(&plan["warnings"]);
    let fresh = "no job has a row: executioner finds no job history and starts fresh";
    assert_eq!(told[0], fresh);
    assert!(!plan.to_string().contains("skips what succeeded"), "{plan}");
}

#[test]
fn the_dry_run_that_is_offered_is_of_the_mode_that_is_shown() {
    let rows = format!(
        "(1, 1, 'FAILED', 2, 1, 1, 0){JOBS} (1, 'a', 'SUCCESS', 'true'), (1, 'b', 'FAILED', 'true')"
    );
    let site = site(&rows, Some(json!([{"id": "a"}, {"id": "b"}])));
    let own = "to see its own preview";
    let passes = "to see its own preview (a dry run passes over none of the jobs that you skip)";
    for (query, what, words) in [
        ("", own, "--resume-from 1 --dry-run"),
        (
            "?mode=failed",
            own,
            "--resume-from 1 --resume-failed-only --dry-run",
        ),
        ("?skip=b", passes, "--resume-from 1 --dry-run"),
    ] {
        let plan = ask(&site, &format!("runs/1/resume{query}"));
        assert_eq!(
            offered(&plan, own),
            [(what.to_string(), words.to_string())],
            "{query}"
        );
    }
}

#[test]
fn a_job_with_a_comma_in_its_id_is_in_no_command_line() {
    let rows = format!(
        "(1, 1, 'FAILED', 3, 1, 2, 0){JOBS} (1, 'mid,dle', 'FAILED', 'true'), (1, 'b', 'FAILED', 'true'), (1, 'b,c', 'SUCCESS', 'true'), (1, 'c', 'SUCCESS', 'true')"
    );
    let jobs = json!([{"id": "mid,dle"}, {"id": "b"}, {"id": "b,c"}, {"id": "c"}]);
    let site = acting(&rows, &jobs);
    let plan = ask(&site, "runs/1/resume");
    let mark = "to mark failed jobs as done by hand";
    let listed = plan["by_hand"].as_array().unwrap().iter();
    let lines: Vec<_> = listed.filter(|one| one["what"] == mark).collect();
    assert_eq!(
        lines[0]["command"],
        json!(["false", "--mark-success", "-r", "1", "-j", "b"])
    );
    let why = "mid,dle can neither be marked by hand nor skipped: the command line takes its id for several, because of the comma";
    assert!(texts(&plan["warnings"]).contains(&why), "{plan}");
    assert_eq!(
        facts(&site, "1", mark),
        ["false --mark-success -r 1 -j b", why]
    );
    for skip in ["mid%2Cdle", "b,mid,dle"] {
        let reply = site.get(&format!("/api/v1/ex/runs/1/resume?skip={skip}"));
        assert_eq!(reply.status, 400, "{skip}");
        let told = reply.json()["detail"].as_str().unwrap().to_string();
        assert!(
            told.contains("the command line takes its id for several"),
            "{told}"
        );
    }
    // These are two jobs.
    let plan = ask(&site, "runs/1/resume?skip=b,c");
    assert_eq!(plan["totals"]["retry"], 1);
    let reply = resume(&site, &json!({"token": plan["token"], "skip": ["mid,dle"]}));
    assert_eq!(reply.status, 409);
    assert!(
        reply.json()["detail"]
            .as_str()
            .unwrap()
            .contains("mid,dle cannot be skipped")
    );
}

#[test]
fn what_ends_executioner_before_it_begins_is_named_instead_of_its_command_lines() {
    let rows = format!("(1, 1, 'FAILED', 3, 1, 1, 0){JOBS} (1, 'a', 'FAILED', 'true')");
    let job = |id: &str, needs: &[&str]| json!({"id": id, "dependencies": needs});
    let circle = "jobs of the configuration wait for each other in a circle: b needs c, c needs d, d needs b";
    let round = json!([
        job("a", &["b"]),
        job("b", &["c"]),
        job("c", &["d"]),
        job("d", &["b"])
    ]);
    let missing = "b needs gone, which is not in the configuration";
    for (jobs, why) in [
        (round, circle),
        (json!([job("a", &[]), job("b", &["gone"])]), missing),
    ] {
        let site = acting(&rows, &jobs);
        let plan = ask(&site, "runs/1/resume");
        assert_eq!(plan["command"], Value::Null);
        assert_eq!(offered(&plan, "to resume"), []);
        assert!(texts(&plan["warnings"]).contains(&why), "{plan}");
        assert_eq!(facts(&site, "1", "to resume only failed jobs"), [""; 0]);
        assert_eq!(
            facts(&site, "1", "to resume"),
            [format!(
                "no command line would, but end with an error: {why}"
            )]
        );
        let reply = resume(&site, &json!({"token": plan["token"]}));
        assert_eq!(reply.status, 409);
        let told = reply.json()["detail"].as_str().unwrap().to_string();
        assert!(told.ends_with(why), "{told}");
    }
}

#[test]
fn a_success_in_another_spelling_is_not_said_not_to_have_succeeded() {
    let rows = format!(
        "(1, 1, 'FAILED', 2, 1, 1, 0), (2, 1, 'FAILED', 2, 0, 0, 0)
        {JOBS} (1, 'low', 'success', 'true'), (1, 'b', 'FAILED', 'true'), (2, 'low', 'success', 'true'), (2, 'b', 'RUNNING', 'true')"
    );
    let site = site(&rows, None);
    let told = |id: &str| ask(&site, &format!("runs/{id}/resume"))["suggestion"].clone();
    let low = "the status \"success\" of low is none that executioner knows: incomplete takes it for done, and failed runs it again";
    let fits = "incomplete fits: it runs all that has not succeeded";
    assert_eq!(told("1"), format!("{fits}; {low}"));
    let better = "failed fits better here: incomplete takes b for done, although it did not succeed, and failed runs it";
    assert_eq!(told("2"), format!("{better}; {low}"));
}
