//! Re-execution: the same argument vector, in the same folder, as a new run.

use serde_json::json;

use super::files::Run;
use super::work::{change, over, record, recorder, refused, run, site};

#[test]
fn the_same_command_runs_as_a_new_run_of_the_family() {
    let site = site(&[]);
    let odd = "echo \"$RUNBOARD_STEP:[$1]\"; pwd; test -e good";
    let before = site.ids("");
    let mut command = recorder(&site, odd);
    command
        .args(["sh", "two  words; $(touch evil) 'q' *"])
        .status()
        .unwrap();
    let first = site
        .ids("")
        .into_iter()
        .find(|id| !before.contains(id))
        .unwrap();
    assert_eq!(run(&site, &first)["status"], "failed");
    std::fs::write(site.place.join("good"), "").unwrap();

    let reply = change(&site, "POST", &format!("{first}/reexecute"));
    assert_eq!(
        reply.status,
        202,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    let second = reply.json()["run"]["id"].as_str().unwrap().to_string();
    let new = over(&site, &second, "succeeded");
    let old = run(&site, &first);
    assert_ne!(first, second);
    assert_eq!(
        (&new["parent"], &new["root"]),
        (&json!(first), &json!(first))
    );
    for field in ["job", "tags", "command"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    assert_eq!(new["tags"], json!({"k": "v"}));
    let texts = |id: &str| site.json(&format!("/api/v1/runs/{id}/logs"))["lines"].clone();
    let plain = |id: &str| -> Vec<String> {
        let lines = texts(id);
        let text = |line: &serde_json::Value| {
            format!(
                "{} {}",
                line["step"].as_str().unwrap(),
                line["text"].as_str().unwrap()
            )
        };
        lines.as_array().unwrap().iter().map(text).collect()
    };
    assert_eq!(plain(&first), plain(&second));
    assert!(plain(&second)[0].contains("main:[two  words; $(touch evil) 'q' *]"));
    assert!(!site.place.join("evil").exists());

    let third = change(&site, "POST", &format!("{second}/reexecute")).json()["run"].clone();
    assert_eq!(
        (&third["parent"], &third["root"]),
        (&json!(second), &json!(first))
    );
    let third = third["id"].as_str().unwrap().to_string();
    over(&site, &third, "succeeded");
    let family = site.json(&format!("/api/v1/runs/{second}/lineage"));
    let ids: Vec<_> = family["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].clone())
        .collect();
    assert_eq!(ids, [json!(first), json!(second), json!(third)]);
    assert_eq!(
        (&family["root"], &family["missing"]),
        (&json!(first), &json!([]))
    );
    // The folders are cleared away: the lines know the family too.
    super::work::written(&site, 3);
    for id in [&first, &second] {
        std::fs::remove_dir_all(super::work::folder(&site, id)).unwrap();
    }
    let family = site.json(&format!("/api/v1/runs/{second}/lineage"));
    assert_eq!(family["runs"].as_array().unwrap().len(), 3);
}

#[test]
fn what_was_not_recorded_exactly_is_not_guessed() {
    let site = site(&[]);
    let at = "2026-11-21T10:00:00Z";
    let dir = site.place.join("rec");
    let here = site.place.0.display().to_string();
    for (id, head, words) in [
        ("none", json!({"cwd": here}), "no command"),
        ("empty", json!({"cwd": here, "command": []}), "no command"),
        (
            "odd",
            json!({"cwd": here, "command": ["echo", 7]}),
            "no command",
        ),
        (
            "lossy",
            json!({"cwd": here, "command": ["echo", "a\u{fffd}"]}),
            "no UTF-8",
        ),
        (
            "nowhere",
            json!({"cwd": "/nowhere/at/all", "command": ["true"]}),
            "/nowhere/at/all is not there",
        ),
        (
            "relative",
            json!({"cwd": ".", "command": ["true"]}),
            "is not there",
        ),
        (
            "tag",
            json!({"cwd": here, "command": ["true"], "tags": {"a=b": "c"}}),
            "tag",
        ),
    ] {
        Run::begin(&dir, id, "j", at, head).end("succeeded");
        let reply = change(&site, "POST", &format!("{id}/reexecute"));
        let said = refused(&reply, 409);
        assert!(said.contains(words) && said.contains(id), "{id}: {said}");
    }
    assert_eq!(site.ids("").len(), 7);
}

#[test]
fn what_runs_again_outlives_the_bridge_and_knows_nothing_of_it() {
    let mut site = site(&[]);
    let script = "env | grep ^RUNBOARD_RUN=.*/rec/runs/; test -e again || { touch again; exit 1; }; echo > begun; while [ ! -e go ]; do sleep 0.01; done";
    let id = record(&site, script);
    let reply = change(&site, "POST", &format!("{id}/reexecute"));
    let new = reply.json()["run"]["id"].as_str().unwrap().to_string();
    super::work::until("its begin", || {
        site.place.join("begun").exists().then_some(())
    });
    site.restart();
    assert_eq!(run(&site, &new)["status"], "running");
    std::fs::write(site.place.join("go"), "").unwrap();
    over(&site, &new, "succeeded");
}
