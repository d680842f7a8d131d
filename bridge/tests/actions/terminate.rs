//! Ending runs: by asking, by killing, and never a stranger.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::files::Run;
use super::work::{
    begin, change, folder, lives, over, record, refused, run, site, steps, until, written,
};

#[test]
fn a_run_that_is_asked_ends_by_itself() {
    let site = site(&[]);
    let mut work = begin(
        &site,
        "trap 'echo cleaned; exit 5' TERM; echo > begun; while :; do sleep 0.01; done",
    );
    let reply = change(&site, "POST", &format!("{}/terminate", work.id));
    assert_eq!(reply.status, 202);
    assert!(
        reply.json()["message"]
            .as_str()
            .unwrap()
            .contains("asked to end")
    );
    assert_eq!(reply.json()["run"]["id"], json!(work.id));
    let run = over(&site, &work.id, "canceled");
    assert_eq!(run["reason"], "stopped by SIGTERM");
    assert_eq!(steps(&site, &work.id), ["main:canceled:1"]);
    let log = site.get(&format!("/api/v1/runs/{}/log", work.id)).body;
    assert!(String::from_utf8_lossy(&log).contains("cleaned"));
    assert_eq!(work.child.wait().unwrap().code(), Some(5));
    let again = change(&site, "POST", &format!("{}/terminate", work.id));
    assert!(refused(&again, 409).contains("is over"));
}

#[test]
fn one_that_does_not_listen_is_killed_after_its_grace() {
    let site = site(&["--grace", "1"]);
    let work = begin(
        &site,
        "trap '' TERM; echo > begun; while :; do sleep 0.01; done",
    );
    let reply = change(&site, "POST", &format!("{}/terminate?policy=safe", work.id));
    assert_eq!(reply.status, 202);
    let run = over(&site, &work.id, "canceled");
    assert_eq!(run["reason"], "terminated: it was killed");
    written(&site, 1);
    let line = site.json(&format!("/api/v1/runs/{}/raw", work.id))["raw"]["runs.jsonl"].clone();
    assert_eq!(line["result"], "stopped");
}

#[test]
fn at_once_ends_all_that_the_run_has_started() {
    let site = site(&[]);
    let mut work = begin(
        &site,
        "trap '' TERM INT; sleep 1000 & echo $! >> pids; setsid sleep 1000 & echo $! >> pids; sh -c 'trap \"\" TERM; sleep 1000' & echo $! >> pids; \
         echo > begun; wait",
    );
    let mut bystander = Command::new("sleep")
        .arg("1000")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let reply = change(
        &site,
        "POST",
        &format!("{}/terminate?policy=immediate", work.id),
    );
    assert_eq!(
        reply.status,
        202,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    assert_eq!(reply.json()["run"]["status"], "canceled");
    let pids = std::fs::read_to_string(site.place.join("pids")).unwrap();
    assert_eq!(pids.lines().count(), 3);
    for pid in pids.lines() {
        until("its end", || (!lives(pid)).then_some(()));
    }
    assert!(!work.child.wait().unwrap().success());
    assert!(lives(&bystander.id().to_string()));
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    let events = site.json(&format!("/api/v1/runs/{}/events?type=*_CANCELED", work.id));
    let kinds: Vec<&Value> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(kinds, ["STEP_CANCELED", "RUN_CANCELED"]);
}

#[test]
fn a_number_that_is_now_anothers_is_never_signalled() {
    let site = site(&[]);
    let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
    let at = "2026-11-21T10:00:00Z";
    let head = json!({"pid": stranger.id()});
    let dir = site.place.join("rec");
    for policy in ["safe", "immediate"] {
        let run = Run::begin(&dir, policy, "j", at, head.clone());
        run.step("a", "running");
        let path = format!("{policy}/terminate?policy={policy}");
        let reply = change(&site, "POST", &path);
        assert!(refused(&reply, 409).contains("nothing was signalled"));
        // The stranger has one of the run's files open, which does not make it the recorder.
        std::fs::write(run.path.join("alive"), "").unwrap();
        run.age();
        let reply = change(&site, "POST", &path);
        assert_eq!(reply.status, 202);
        assert!(
            reply.json()["message"]
                .as_str()
                .unwrap()
                .contains("was gone")
        );
        assert_eq!(
            over(&site, policy, "canceled")["reason"],
            "terminated; its recorder was gone"
        );
        assert_eq!(steps(&site, policy), ["a:canceled:1"]);
    }
    for pid in [
        json!(0),
        json!(1),
        json!(-1),
        json!(site.child.id()),
        json!(u64::MAX),
        json!("x"),
    ] {
        let id = format!("p{}", site.ids("").len());
        Run::begin(&dir, &id, "j", at, json!({"pid": pid}));
        refused(
            &change(&site, "POST", &format!("{id}/terminate?policy=immediate")),
            409,
        );
    }
    assert!(lives(&stranger.id().to_string()));
    assert_eq!(site.json("/api/v1/info")["name"], "local");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn what_is_over_cannot_be_ended() {
    let site = site(&[]);
    let id = record(&site, "exit 3");
    let before = std::fs::read(folder(&site, &id).join("events.jsonl")).unwrap();
    for policy in ["safe", "immediate"] {
        let reply = change(&site, "POST", &format!("{id}/terminate?policy={policy}"));
        assert!(refused(&reply, 409).contains("is over: it is failed"));
    }
    assert_eq!(
        std::fs::read(folder(&site, &id).join("events.jsonl")).unwrap(),
        before
    );
    assert_eq!(run(&site, &id)["status"], "failed");
}
