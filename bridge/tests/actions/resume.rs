//! Resuming: the same run goes on with the steps that have not succeeded.

use serde_json::{Value, json};

use super::client::Reply;
use super::files::Run;
use super::site::Site;
use super::work::{
    begin, change_with, folder, over, record, refused, run, site, steps, until, written,
};

const AT: &str = "2026-11-21T10:00:00Z";

fn plan(site: &Site, id: &str, mode: &str) -> Value {
    site.json(&format!("/api/v1/runs/{id}/resume?mode={mode}"))
}

/// `key:plan` of each step.
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

fn resume(site: &Site, id: &str, plan: &Value) -> Reply {
    let body = json!({"token": plan["token"], "mode": plan["mode"]}).to_string();
    change_with(site, "POST", &format!("{id}/resume"), &[], &body)
}

/// Three recorded steps in a script, of which the second needs a file.
const SCRIPT: &str = "set -e; r() { \"$BRIDGE\" record --job \"$1\" -- sh -c \"$2\"; }
    r extract 'echo extracted >> extracts'; r load 'test -e good'; r report 'echo done >> reports'";

#[test]
fn commands_that_have_succeeded_are_passed_over() {
    let site = site(&[]);
    let id = record(&site, SCRIPT);
    assert_eq!(
        steps(&site, &id),
        ["main:failed:1", "extract:succeeded:1", "load:failed:1"]
    );
    let shown = plan(&site, &id, "incomplete");
    assert_eq!(words(&shown), ["main:retry", "extract:skip", "load:retry"]);
    assert_eq!(
        shown["totals"],
        json!({"skip": 1, "retry": 2, "run": 0, "blocked": 0})
    );
    assert_eq!(
        shown["steps"][2]["command"],
        json!(["sh", "-c", "test -e good"])
    );
    assert_eq!(shown["command"][1], "resume");
    assert_eq!(shown["profile"], "recorded");
    assert_eq!(
        shown["suggestion"],
        "incomplete fits: both modes do the same here"
    );
    let codes = |plan: &Value| {
        let steps = plan["steps"].as_array().unwrap().clone();
        let code = |step: &Value| step["code"].as_str().unwrap().to_string();
        steps.iter().map(code).collect::<Vec<_>>()
    };
    assert_eq!(
        codes(&shown),
        ["previous_failure", "passed_over", "around_again"]
    );
    assert!(
        shown["warnings"][0]
            .as_str()
            .unwrap()
            .contains("main begins anew")
    );
    std::fs::write(site.place.join("good"), "").unwrap();

    let mut stream = site.stream(&format!(
        "topic=run:{id}&after={}",
        shown["cursor"].as_str().unwrap()
    ));
    stream.until_named("live");
    let reply = resume(&site, &id, &shown);
    assert_eq!(
        reply.status,
        202,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    assert_eq!(
        (&reply.json()["run"]["id"], &reply.json()["run"]["attempt"]),
        (&json!(id), &json!(2))
    );
    let run = over(&site, &id, "succeeded");
    assert_eq!((&run["attempt"], site.ids("").len()), (&json!(2), 1));
    assert_eq!(
        steps(&site, &id),
        [
            "main:succeeded:2",
            "extract:succeeded:1",
            "load:succeeded:2",
            "report:succeeded:1"
        ]
    );
    let file = |name: &str| std::fs::read_to_string(site.place.join(name)).unwrap();
    assert_eq!(
        (file("extracts").as_str(), file("reports").as_str()),
        ("extracted\n", "done\n")
    );
    // Who followed the run until it was over sees that it goes on, and its end.
    let told = |event: &super::client::Event, kind: &str| {
        let list = event.data["events"].as_array();
        list.is_some_and(|list| list.iter().any(|event| event["type"] == kind))
    };
    let seen = stream.until(|event| told(event, "RUN_SUCCESS"));
    assert!(seen.iter().any(|event| told(event, "RUN_START")));
    assert!(
        seen.iter()
            .any(|event| event.data["runs"][0]["attempt"] == 2)
    );
    stream.until_named("end");
    let events = site.json(&format!(
        "/api/v1/runs/{id}/events?type=RUN_*,STEP_RESTARTED"
    ));
    let kinds: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "RUN_START",
            "RUN_FAILURE",
            "RUN_START",
            "STEP_RESTARTED",
            "STEP_RESTARTED",
            "RUN_SUCCESS"
        ]
    );
    // Its two lines in the history are one run, as its last end tells, also when the folder is gone.
    written(&site, 2);
    written(&site, 2);
    std::fs::remove_dir_all(folder(&site, &id)).unwrap();
    assert_eq!(site.ids("status=succeeded"), [id.as_str()]);
    assert_eq!(site.json("/api/v1/runs")["total"], 1);
    let shown = plan(&site, &id, "incomplete");
    assert!(words(&shown).iter().all(|word| word.ends_with(":skip")));
    assert_eq!(codes(&shown), ["previous_success"; 4]);
    assert!(refused(&resume(&site, &id, &shown), 409).contains("folder is gone"));
}

#[test]
fn a_run_that_fails_again_can_be_resumed_again() {
    let site = site(&[]);
    let id = record(&site, SCRIPT);
    let first = plan(&site, &id, "failed");
    assert_eq!(words(&first), ["main:retry", "extract:skip", "load:retry"]);
    assert_eq!(resume(&site, &id, &first).status, 202);
    site.eventually(&format!("/api/v1/runs/{id}"), |answer| {
        answer["run"]["status"] == "failed" && answer["run"]["attempt"] == 2
    });
    // The recorder may still be ending when its last word has been read.
    until("the old plan is refused", || {
        let words = refused(&resume(&site, &id, &first), 409);
        words.contains("has changed since").then_some(())
    });
    std::fs::write(site.place.join("good"), "").unwrap();
    until("the recorder's end", || {
        let shown = plan(&site, &id, "incomplete");
        (resume(&site, &id, &shown).status == 202).then_some(())
    });
    assert_eq!(over(&site, &id, "succeeded")["attempt"], 3);
    assert_eq!(steps(&site, &id)[2], "load:succeeded:3");
    let done = plan(&site, &id, "incomplete");
    assert_eq!(done["command"], Value::Null);
    until("nothing to resume", || {
        refused(&resume(&site, &id, &done), 409)
            .contains("nothing to resume")
            .then_some(())
    });
}

#[test]
fn a_history_that_has_changed_needs_a_new_plan() {
    let site = site(&[]);
    let id = record(&site, "exit 3");
    let shown = plan(&site, &id, "incomplete");
    let run = Run {
        path: folder(&site, &id),
    };
    run.event(json!({"at": AT, "event": "note", "message": "somebody was here"}));
    assert!(
        refused(&resume(&site, &id, &shown), 409).contains("has changed since the plan was made")
    );
    let fresh = plan(&site, &id, "incomplete");
    assert_ne!(fresh["token"], shown["token"]);
    // The token stands for the mode as well.
    let body = json!({"token": fresh["token"], "mode": "failed"}).to_string();
    refused(
        &change_with(&site, "POST", &format!("{id}/resume"), &[], &body),
        409,
    );
    assert_eq!(resume(&site, &id, &fresh).status, 202);
}

#[test]
fn one_resume_of_a_run_at_a_time() {
    let site = site(&[]);
    let id = record(
        &site,
        "test -e again || { touch again; exit 1; }; echo > begun; while [ ! -e go ]; do sleep 0.01; done",
    );
    let shown = plan(&site, &id, "incomplete");
    assert_eq!(resume(&site, &id, &shown).status, 202);
    until("its begin", || {
        site.place.join("begun").exists().then_some(())
    });
    for shown in [shown, plan(&site, &id, "incomplete")] {
        assert!(refused(&resume(&site, &id, &shown), 409).contains("going on"));
    }
    let now = plan(&site, &id, "incomplete");
    assert_eq!(
        (words(&now), &now["command"]),
        (vec!["main:blocked".to_string()], &Value::Null)
    );
    // Another bridge over the same folder, or a command line, is refused as well.
    let by_hand = super::site::bridge()
        .args(["resume", "--dir"])
        .arg(site.place.join("rec"))
        .arg(&id)
        .output()
        .unwrap();
    assert_eq!(by_hand.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&by_hand.stderr).contains("another recorder is at work"));
    // What was resumed can be terminated: its recorder is the second one.
    let reply = change_with(&site, "POST", &format!("{id}/terminate"), &[], "");
    assert_eq!(reply.status, 202);
    assert_eq!(over(&site, &id, "canceled")["reason"], "stopped by SIGTERM");
    // Who asks for the failed ones is told where they are none of what is left.
    let failed = plan(&site, &id, "failed");
    assert_eq!(
        failed["suggestion"],
        "incomplete fits: nothing has failed that could run again, and what is left did not come to its end"
    );
}

#[test]
fn a_run_that_goes_on_is_not_resumed() {
    let site = site(&[]);
    let work = begin(&site, "echo > begun; while :; do sleep 0.01; done");
    let shown = plan(&site, &work.id, "incomplete");
    assert!(
        shown["warnings"][0]
            .as_str()
            .unwrap()
            .contains("when it is over")
    );
    assert!(refused(&resume(&site, &work.id, &shown), 409).contains("still going on"));
    assert_eq!(run(&site, &work.id)["status"], "running");
}

#[test]
fn steps_whose_command_is_not_known_are_blocked() {
    let site = site(&[]);
    let dir = site.place.join("rec");
    let here = site.place.0.display().to_string();
    let own = Run::begin(&dir, "r1", "j", AT, json!({}));
    own.event(json!({"at": AT, "event": "plan", "steps": ["a", "b", "c", "d", "e", "f"]}));
    own.step("a", "succeeded");
    own.step("b", "failed");
    let begin = |step: &str, more: Value| {
        let mut event =
            json!({"at": AT, "event": "step", "step": step, "attempt": 1, "status": "running"});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        own.event(event);
        own.step(step, "failed");
    };
    begin(
        "c",
        json!({"argv": ["sh", "-c", "echo c >> ran"], "cwd": here}),
    );
    begin("d", json!({"argv": ["true"], "cwd": "/nowhere/at/all"}));
    begin("e", json!({"argv": ["tru\u{fffd}"], "cwd": here}));
    own.end("failed");
    own.age();
    let shown = plan(&site, "r1", "incomplete");
    assert_eq!(
        words(&shown),
        [
            "a:skip",
            "b:blocked",
            "c:retry",
            "d:blocked",
            "e:blocked",
            "f:blocked"
        ]
    );
    let reason = |index: usize| {
        shown["steps"][index]["reason"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert!(reason(1).contains("argv"), "{}", reason(1));
    assert!(reason(3).contains("/nowhere/at/all is not there"));
    assert!(reason(4).contains("UTF-8"));
    assert!(reason(5).contains("has not begun"));
    assert_eq!(resume(&site, "r1", &shown).status, 202);
    let run = over(&site, "r1", "failed");
    assert_eq!(run["attempt"], 2);
    assert!(
        run["reason"]
            .as_str()
            .unwrap()
            .contains("b was not run again")
    );
    assert_eq!(
        std::fs::read_to_string(site.place.join("ran")).unwrap(),
        "c\n"
    );
    assert_eq!(site.get("/api/v1/runs/r1/resume?mode=all").status, 400);
}
