//! Resuming through executioner's own command line.

use serde_json::{Value, json};

use super::client::{Event, JSON, MARK, Reply, send};
use super::make::{Checkout, ask, facts, over, steps};
use super::site::{Place, Site};

fn resume(site: &Site, plan: &Value, more: Value) -> Reply {
    let mut body = json!({"token": plan["token"], "mode": plan["mode"]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    send(
        site.address,
        "POST",
        "/api/v1/ex/runs/1/resume",
        &[MARK, JSON],
        &body.to_string(),
    )
}

fn words(plan: &Value) -> Vec<String> {
    let word = |step: &Value| {
        format!(
            "{}:{}",
            step["key"].as_str().unwrap(),
            step["plan"].as_str().unwrap()
        )
    };
    plan["steps"].as_array().unwrap().iter().map(word).collect()
}

fn texts(lines: &Value) -> Vec<&str> {
    let lines = lines.as_array().unwrap().iter();
    lines.map(|line| line["text"].as_str().unwrap()).collect()
}

fn detail(reply: &Reply, status: u16) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{text}");
    reply.json()["detail"].as_str().unwrap().into()
}

#[test]
fn a_failed_run_is_planned_resumed_watched_and_succeeds() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &["--allow-actions"]);
    let plan = ask(&site, "runs/1/resume");
    assert_eq!(
        plan["totals"],
        json!({"skip": 3, "retry": 1, "run": 4, "blocked": 0})
    );
    assert_eq!(
        words(&plan)[3..5],
        ["transform_part2:retry", "merge_results:run"]
    );
    assert_eq!(plan["differences"], json!([]));
    let info = ask(&site, "info");
    assert_eq!(info["capabilities"]["resume_profiles"], true);
    let local = site.json("/api/v1/info");
    assert_eq!(local["capabilities"]["resume_profiles"], false);
    // Only failed ones: today's executioner runs the rest too, and its design does not.
    let failed = ask(&site, "runs/1/resume?mode=failed");
    assert_eq!(failed["totals"]["run"], 4);
    let different = failed["differences"].to_string();
    assert!(different.contains("merge_results: executioner runs it (it never ran); its design skips it (it is not among what is to run)"), "{different}");
    let promised = ask(&site, "runs/1/resume?mode=failed&profile=promised");
    assert_eq!(
        promised["totals"],
        json!({"skip": 7, "retry": 1, "run": 0, "blocked": 0})
    );

    assert!(
        detail(
            &resume(
                &site,
                &json!({"token": "old", "mode": "incomplete"}),
                json!({})
            ),
            409
        )
        .contains("has changed since the plan")
    );
    // Another wish is another plan.
    assert!(
        detail(&resume(&site, &plan, json!({"mode": "failed"})), 409)
            .contains("has changed since the plan")
    );
    std::fs::write(checkout.home.join("fixed"), "").unwrap();
    let mut stream = site.stream_with("/api/v1/ex/", "topic=run:1", &[]);
    stream.until_named("live");
    let reply = resume(&site, &plan, json!({}));
    assert_eq!(
        reply.status,
        202,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    assert_eq!(
        (&reply.json()["run"]["id"], &reply.json()["run"]["attempt"]),
        (&json!("1"), &json!(2))
    );
    let notified = |event: &Event| event.name == "log" && event.data.to_string().contains("notify");
    let mut told = stream.until(notified);
    // What is printed last, after the row says that the run is over, is told before its end is.
    told.extend(stream.until_named("end"));
    let told: String = told.iter().map(|event| event.data.to_string()).collect();
    for words in ["Updated run summary for run ID: 1", "Jobs Skipped: 3"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "succeeded"
    });
    assert_eq!(
        steps(&site, "1")[3..5],
        [
            "transform_part2 succeeded 2 0",
            "merge_results succeeded 1 0"
        ]
    );
    let path = "/api/v1/ex/runs/1/logs?tail=400";
    let log = site.eventually(path, |log| {
        texts(&log["lines"]).contains(&"Jobs Skipped: 3")
    });
    let lines = texts(&log["lines"]);
    let at = |words: &str| {
        let place = lines.iter().rposition(|line| line.starts_with(words));
        place.unwrap_or_else(|| panic!("{words}: {lines:#?}"))
    };
    // Whole seconds in the run's own log and in what is printed, milliseconds in those of jobs: the order is that in which it was written.
    let order = [
        "Starting job 'cleanup'",
        "Executing job - cleanup",
        "cleanup",
        "Job cleanup: SUCCESS",
        "Job 'cleanup' completed",
        "Updated run summary",
        "Jobs Completed: 8",
    ];
    let places: Vec<usize> = order.map(at).to_vec();
    assert!(places.is_sorted(), "{places:?} {lines:#?}");
    // Beside the database, not in it.
    assert!(facts(&site, "1", "resumed")[0].contains("from run 1, with "));
    assert!(
        checkout
            .database
            .with_file_name("jobs_history.db.runboard.jsonl")
            .exists()
    );
    let over = ask(&site, "runs/1/resume");
    assert_eq!(
        (&over["totals"]["skip"], &over["command"]),
        (&json!(8), &Value::Null)
    );
    site.eventually("/api/v1/ex/runs/1/resume", |plan| {
        detail(&resume(&site, plan, json!({})), 409).contains("nothing to resume")
    });
}

#[test]
fn one_resume_at_a_time_and_none_where_actions_are_off() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    let config = std::fs::read_to_string(&checkout.config).unwrap();
    checkout.fail();
    std::fs::write(
        &checkout.config,
        config.replace("test -f", "while [ ! -e go ]; do sleep 0.02; done; test -f"),
    )
    .unwrap();
    let site = checkout.site(place, &["--allow-actions"]);
    let plan = ask(&site, "runs/1/resume");
    assert_eq!(resume(&site, &plan, json!({})).status, 202);
    for _ in 0..3 {
        let again = ask(&site, "runs/1/resume");
        assert!(detail(&resume(&site, &again, json!({})), 409).contains("still going on"));
    }
    std::fs::write(checkout.home.join("go"), "").unwrap();
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "failed" && answer["run"]["attempt"] == 2
    });

    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &[]);
    let plan = ask(&site, "runs/1/resume");
    assert_eq!(plan["totals"]["retry"], 1);
    assert!(detail(&resume(&site, &plan, json!({})), 403).contains("--allow-actions"));
}

#[test]
fn what_is_passed_over_reaches_the_command_line_by_words() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &["--allow-actions"]);
    let plan = ask(&site, "runs/1/resume?skip=transform_part2,cleanup");
    assert_eq!(
        (&plan["totals"]["skip"], &plan["totals"]["run"]),
        (&json!(5), &json!(3))
    );
    let command = plan["command"].as_array().unwrap();
    assert_eq!(
        command[command.len() - 2..],
        [json!("--skip"), json!("transform_part2,cleanup")]
    );
    assert_eq!(
        resume(
            &site,
            &plan,
            json!({"skip": ["transform_part2", "cleanup"]})
        )
        .status,
        202
    );
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "succeeded"
    });
    assert_eq!(steps(&site, "1")[3], "transform_part2 failed 1 1");
}

#[test]
fn a_configuration_that_has_changed_since_is_told_and_forces_a_new_look() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    let site = checkout.site(place, &["--allow-actions"]);
    let plan = ask(&site, "runs/1/resume");
    let config = std::fs::read_to_string(&checkout.config).unwrap();
    std::fs::write(
        &checkout.config,
        config.replace("echo validating", "echo validating more"),
    )
    .unwrap();
    assert!(detail(&resume(&site, &plan, json!({})), 409).contains("has changed since the plan"));
    let plan = ask(&site, "runs/1/resume?profile=promised");
    assert!(
        plan["warnings"]
            .to_string()
            .contains("validate_data succeeded with another command than it has now"),
        "{plan}"
    );
}

/// A history is away for a moment where somebody puts another file in its place.
#[test]
fn a_history_that_is_away_while_its_run_begins_costs_no_resume() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    checkout.fail();
    std::fs::write(checkout.home.join("fixed"), "").unwrap();
    let path = |path: &std::path::Path| path.display().to_string();
    let (away, back) = (place.join("away"), place.join("back"));
    let wrapper = place.join("executioner.sh");
    let lines = [
        format!("mv {} {}", path(&checkout.database), path(&away)),
        format!("while [ ! -e {} ]; do sleep 0.05; done", path(&back)),
        format!("mv {} {}", path(&away), path(&checkout.database)),
        format!("exec python3 {} \"$@\"", path(&checkout.script)),
    ];
    std::fs::write(&wrapper, lines.join("\n")).unwrap();
    let config = format!("ex={}", path(&checkout.config));
    let script = format!("ex={}", path(&wrapper));
    let command = ["--executioner-command", "ex=sh", "--executioner-command"];
    let mut args = vec!["--allow-actions", "--executioner-config", &config];
    args.extend(command);
    args.push(&script);
    let site = over(place, &checkout.database, &args);
    let plan = ask(&site, "runs/1/resume");
    let reply = std::thread::scope(|scope| {
        let begun = scope.spawn(|| resume(&site, &plan, json!({})));
        while site.get("/api/v1/ex/runs/1").status != 503 {
            assert!(!begun.is_finished());
        }
        std::fs::write(&back, "").unwrap();
        begun.join().unwrap()
    });
    let text = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, 202, "{text}");
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "succeeded"
    });
}
