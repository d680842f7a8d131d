//! Resumes that were runs of their own: what they carried over from the run before has no row in them.

use serde_json::{Value, json};

use super::honest::{texts, write};
use super::make::{ask, database, over};
use super::old::V6;
use super::site::{Place, Site};

/// Such a history, as old executioners left it: 18 failed again behind 17, 29 succeeded behind 28, and 20 says nothing of the run before it.
fn site(jobs: Option<Value>) -> Site {
    let place = Place::new();
    let run = |id: i64, rest: &str| {
        format!(
            "({id}, 'x', '2026-01-{id} 08:00:00', '2026-01-{id} 08:01:00', {rest}, '2026-01-{id} 08:00:00', '/w')"
        )
    };
    let runs = [
        run(17, "'FAILED', 5, 2, 1, 0, 1"),
        run(18, "'FAILED', 5, 2, 1, 2, 1"),
        run(20, "'SUCCESS', 5, 5, 0, 3, 0"),
        run(28, "'FAILED', 5, 3, 1, 0, 1"),
        run(29, "'SUCCESS', 5, 5, 0, 3, 0"),
    ];
    let sql = format!(
        "{V6} INSERT INTO run_summary VALUES {};
        INSERT INTO job_history VALUES (17, 'a', 'SUCCESS'), (17, 'b', 'SUCCESS'), (17, 'c', 'FAILED'), (18, 'c', 'FAILED'),
        (20, 'd', 'SUCCESS'), (20, 'e', 'SUCCESS'),
        (28, 'a', 'SUCCESS'), (28, 'b', 'SUCCESS'), (28, 'c', 'SUCCESS'), (28, 'd', 'FAILED'), (29, 'd', 'SUCCESS'), (29, 'e', 'SUCCESS');
        UPDATE run_summary SET application_name = 'y' WHERE run_id = 20;",
        runs.join(", ")
    );
    let path = database(&place, &sql);
    let Some(jobs) = jobs else {
        return over(place, &path, &[]);
    };
    let mut args = Vec::new();
    for app in ["x", "y"] {
        let config = path.with_file_name(format!("{app}.json"));
        write(&config, &jobs);
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("\"x\"", &format!("\"{app}\""))).unwrap();
        args.extend([
            "--executioner-config".into(),
            format!("ex={}", config.display()),
        ]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    over(place, &path, &args)
}

fn chain() -> Value {
    json!([{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d", "dependencies": ["c"]}, {"id": "e", "dependencies": ["d"]}])
}

/// `key status reason` of each step.
fn told(site: &Site, id: &str) -> Vec<String> {
    let list = ask(site, &format!("runs/{id}/steps"));
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or("-").to_string();
    let steps = list["steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            ["key", "status", "reason"]
                .map(|name| text(step, name))
                .join(" ")
        })
        .collect()
}

#[test]
fn a_configuration_changes_nothing_about_how_much_of_a_resumed_run_is_done() {
    for jobs in [None, Some(chain())] {
        let is_configured = jobs.is_some();
        let site = site(jobs);
        let list = ask(&site, "runs");
        for (id, counted) in [
            ("17", [2, 1, 5]),
            ("18", [2, 1, 5]),
            ("20", [5, 0, 5]),
            ("28", [3, 1, 5]),
            ("29", [5, 0, 5]),
        ] {
            let run = ask(&site, &format!("runs/{id}"))["run"].clone();
            let of = |name: &str| run["steps"][name].as_i64().unwrap_or(0);
            assert_eq!(
                ["succeeded", "failed", "total"].map(of),
                counted,
                "{id} {run}"
            );
            let done: i64 = ["succeeded", "failed", "skipped"].map(of).iter().sum();
            assert_eq!(done == 5, is_configured || counted[0] == 5, "{id} {run}");
            let word = match counted[0] {
                5 => "full",
                _ => "partial",
            };
            assert_eq!(run["tags"]["completion"], word);
            let mut rows = list["runs"].as_array().unwrap().iter();
            let row = rows.find(|row| row["id"] == id).unwrap();
            assert_eq!(row["steps"], run["steps"]);
        }
    }
}

#[test]
fn what_was_carried_over_is_told_with_the_run_in_which_it_succeeded() {
    let site = site(Some(chain()));
    let over = |run: &str| {
        format!(
            "skipped carried over: it succeeded in run {run}, from which this run went on (inferred)"
        )
    };
    assert_eq!(
        told(&site, "29"),
        [
            format!("a {}", over("28")),
            format!("b {}", over("28")),
            format!("c {}", over("28")),
            "d succeeded -".into(),
            "e succeeded -".into(),
        ]
    );
    assert_eq!(
        told(&site, "18")[1..],
        [
            format!("b {}", over("17")),
            "c failed no reason is told".into(),
            "d upstream_failed dependency failed: c".into(),
            "e upstream_failed dependency failed: c".into(),
        ]
    );
    // Which run it was is not known.
    assert_eq!(
        told(&site, "20")[0],
        "a skipped carried over from an earlier run"
    );
}

#[test]
fn a_plan_says_that_what_was_carried_over_succeeded_and_runs_again() {
    let site = site(Some(chain()));
    let plan = ask(&site, "runs/18/resume");
    let steps = plan["steps"].as_array().unwrap().iter();
    let word = |step: &Value, name: &str| step[name].as_str().unwrap().to_string();
    let steps: Vec<_> = steps
        .map(|step| {
            ["key", "plan", "reason"]
                .map(|name| word(step, name))
                .join(" ")
        })
        .collect();
    assert_eq!(
        steps,
        [
            "a run it succeeded in run 17, and has no row in this one",
            "b run it succeeded in run 17, and has no row in this one",
            "c retry it failed",
            "d run it never ran",
            "e run it never ran",
        ]
    );
    let words = "a, b succeeded in run 17, from which this run went on (inferred), and have no row in this one: executioner runs them again";
    assert!(texts(&plan["warnings"]).contains(&words), "{plan}");
    let failed = ask(&site, "runs/18/resume?mode=failed");
    let different = texts(&failed["differences"]);
    assert!(
        different[0].starts_with("a: executioner runs it (it succeeded in run 17, and has no row in this one); its design skips it"),
        "{different:?}"
    );
    // Nothing was carried over there.
    assert!(
        !ask(&site, "runs/17/resume")["warnings"]
            .to_string()
            .contains("succeeded in run")
    );
}

/// What a run carried over is known by the rows of the runs in front of it.
#[test]
fn a_run_is_told_anew_when_the_run_in_front_of_it_changes() {
    let site = site(Some(chain()));
    assert!(told(&site, "29")[0].contains("carried over"));
    let writer = rusqlite::Connection::open(site.place.join("made.db")).unwrap();
    writer
        .execute(
            "UPDATE job_history SET status = 'FAILED' WHERE run_id = 28 AND id = 'a'",
            (),
        )
        .unwrap();
    site.eventually("/api/v1/ex/runs/29/steps", |list| {
        !list["steps"][0]["reason"].to_string().contains("run 28")
    });
}
