//! The stream: live news, places to come back to, gaps that are said.

use std::process::Stdio;

use serde_json::{Value, json};

use super::client::{Event, open};
use super::files::Run;
use super::site::{Place, Site, bridge};

const AT: &str = "2026-11-21T10:00:00Z";

fn one() -> (Site, Run) {
    let place = Place::new();
    let run = Run::begin(&place.join("rec"), "r1", "j", AT, json!({}));
    (Site::start(place, &[]), run)
}

fn texts(events: &[Event]) -> Vec<String> {
    let lines = events
        .iter()
        .filter(|event| event.name == "log")
        .flat_map(|event| event.data["lines"].as_array().unwrap());
    lines
        .map(|line| line["text"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn a_recorded_command_is_seen_live() {
    let place = Place::new();
    let site = Site::start(place, &[]);
    let mut list = site.stream("topic=runs");
    list.until_named("live");
    // The command waits for us, so that what we see is live and not history.
    let (gate, done) = (site.place.join("gate"), site.place.join("done"));
    let script = format!(
        "echo first; while [ ! -e '{}' ]; do sleep 0.02; done; echo second; while [ ! -e '{}' ]; do sleep 0.02; done",
        gate.display(),
        done.display()
    );
    let mut recorder = bridge()
        .args(["record", "--job", "demo", "--step", "work", "--dir"])
        .arg(site.place.join("rec"))
        .args(["--", "sh", "-c", &script])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let news = list
        .until(|event| event.data["runs"][0]["steps"]["running"] == 1)
        .pop()
        .unwrap();
    let id = news.data["runs"][0]["id"].as_str().unwrap().to_string();
    assert_eq!(news.data["runs"][0]["job"], "demo");
    let logs = site.eventually(&format!("/api/v1/runs/{id}/logs"), |answer| {
        answer["total"] == 1
    });
    let head = site.json(&format!("/api/v1/runs/{id}"));
    let after = [&head, &logs]
        .map(|answer| format!("&after={}", answer["cursor"].as_str().unwrap()))
        .concat();
    let mut follow = site.stream(&format!("topic=run:{id}{after}"));
    follow.until_named("live");
    std::fs::write(gate, "").unwrap();
    let line = follow.until_named("log").pop().unwrap();
    assert_eq!(
        (line.data["first"].as_u64(), &line.data["lines"][0]["text"]),
        (Some(2), &json!("second"))
    );
    std::fs::write(done, "").unwrap();
    let end = follow.until_named("end");
    let step = end
        .iter()
        .rev()
        .find(|event| event.name == "steps")
        .unwrap();
    assert_eq!(
        (&step.data["run"], &step.data["steps"][0]["status"]),
        (&json!(id), &json!("succeeded"))
    );
    assert_eq!(end.last().unwrap().data["topic"], format!("run:{id}"));
    list.until(|event| event.data["runs"][0]["status"] == "succeeded");
    assert!(recorder.wait().unwrap().success());
}

#[test]
fn one_stream_carries_all_topics_and_its_id_all_places() {
    let (site, run) = one();
    let other = Run::begin(&site.place.join("rec"), "a b~:%", "j", AT, json!({}));
    drop(other);
    let mut stream = site.stream("topic=runs&topic=run:r1");
    let live = stream.until_named("live").pop().unwrap();
    assert!(live.data["server_time"].is_string());
    run.step("a", "running");
    run.lines(1, 3);
    let seen = stream.until(|event| event.name == "log");
    for event in &seen {
        let kinds: Vec<&str> = event
            .id
            .split('~')
            .map(|part| part.split(':').next().unwrap())
            .collect();
        assert_eq!(kinds, ["r", "e", "l"], "{}", event.id);
    }
    // Coming back with that place: nothing of the log again, and what is new.
    let id = seen.last().unwrap().id.clone();
    run.lines(4, 2);
    let mut back = site.stream_with(
        "/api/v1/local/",
        "topic=runs&topic=run:r1&after=garbage",
        &[("Last-Event-ID", &id)],
    );
    assert_eq!(texts(&back.until_named("live")), ["line 4", "line 5"]);
}

#[test]
fn a_place_outlives_the_bridge() {
    let (mut site, run) = one();
    run.lines(1, 10);
    let place = |site: &Site, path: &str| {
        site.json(&format!("/api/v1/{path}"))["cursor"]
            .as_str()
            .unwrap()
            .to_string()
    };
    let after = ["runs", "runs/r1", "runs/r1/logs"]
        .map(|path| format!("&after={}", place(&site, path)))
        .concat();
    site.restart();
    let quiet = site
        .stream(&format!("topic=run:r1{after}"))
        .until_named("live");
    assert_eq!(texts(&quiet), [""; 0]);
    site.child.kill().unwrap();
    run.lines(11, 5);
    run.step("a", "running");
    let fresh = Run::begin(&site.place.join("rec"), "r2", "j", AT, json!({}));
    fresh.end("succeeded");
    site.restart();
    let seen = site
        .stream(&format!("topic=runs&topic=run:r1{after}"))
        .until_named("live");
    assert_eq!(
        texts(&seen),
        (11..=15).map(|n| format!("line {n}")).collect::<Vec<_>>()
    );
    let upserts: Vec<&Value> = seen
        .iter()
        .filter(|event| event.name == "runs")
        .flat_map(|event| event.data["runs"].as_array().unwrap())
        .map(|run| &run["id"])
        .collect();
    assert!(upserts.contains(&&json!("r2")) && upserts.contains(&&json!("r1")));
    assert!(seen.iter().any(|event| event.name == "steps"));
    assert!(seen.iter().all(|event| event.name != "gap"));
}

#[test]
fn what_is_gone_is_said() {
    let (site, run) = one();
    run.lines(1, 100);
    let cursor = site.json("/api/v1/runs/r1/logs")["cursor"]
        .as_str()
        .unwrap()
        .to_string();
    let gap = |stream: &mut super::client::Stream| {
        stream.until_named("gap").pop().unwrap().data["topic"].clone()
    };
    let mut open = site.stream("topic=run:r1");
    open.until_named("live");
    // Cut while it is followed, and while nobody follows.
    std::fs::write(run.path.join("log.tsv"), "").unwrap();
    assert_eq!(gap(&mut open), "run:r1");
    run.lines(1, 2);
    assert_eq!(texts(&open.until_named("log")), ["line 1", "line 2"]);
    let mut late = site.stream(&format!("topic=run:r1&after={cursor}"));
    assert_eq!(gap(&mut late), "run:r1");
    // Rotated: longer than before, but another file.
    let cursor = site.json("/api/v1/runs/r1/logs")["cursor"]
        .as_str()
        .unwrap()
        .to_string();
    std::fs::remove_file(run.path.join("log.tsv")).unwrap();
    run.lines(7, 500);
    assert_eq!(
        gap(&mut site.stream(&format!("topic=run:r1&after={cursor}"))),
        "run:r1"
    );
    // Events rewritten.
    std::fs::write(
        run.path.join("events.jsonl"),
        "{\"event\":\"run\",\"status\":\"running\",\"at\":\"2026-11-21T10:00:05Z\"}\n",
    )
    .unwrap();
    assert_eq!(gap(&mut open), "run:r1");
    // The run itself.
    let list = site.json("/api/v1/runs")["cursor"]
        .as_str()
        .unwrap()
        .to_string();
    let mut runs = site.stream("topic=runs");
    runs.until_named("live");
    std::fs::remove_dir_all(&run.path).unwrap();
    assert_eq!(gap(&mut open), "run:r1");
    assert_eq!(
        runs.until_named("removed").pop().unwrap().data["ids"],
        json!(["r1"])
    );
    assert_eq!(
        gap(&mut site.stream(&format!("topic=runs&after={list}"))),
        "runs"
    );
    assert_eq!(gap(&mut site.stream("topic=run:r1")), "run:r1");
    for garbage in ["x", "r:1.2", "l:r1:5.5.5", "r:1.1.99999.4"] {
        site.stream(&format!("topic=runs&topic=run:r1&after={garbage}"))
            .until_named("gap");
    }
}

#[test]
fn streams_beat_and_take_nothing_with_them_when_they_go() {
    let (site, _) = one();
    let mut streams: Vec<_> = (0..5)
        .map(|_| site.stream("topic=runs&topic=run:r1"))
        .collect();
    assert_eq!(site.json("/healthz")["streams"], 5);
    while streams[0].beats < 2 {
        assert!(streams[0].read());
    }
    drop(streams);
    site.eventually("/healthz", |health| health["streams"] == 0);
}

#[test]
fn topics_are_checked() {
    let (site, _) = one();
    let many = (0..17)
        .map(|number| format!("topic=run:r{number}"))
        .collect::<Vec<_>>()
        .join("&");
    for query in [
        "",
        "topic=",
        "topic=steps",
        "topic=run:",
        "topic=runs&from=1",
        &many,
    ] {
        let (status, headers, _) =
            open(site.address, "GET", &format!("/api/v1/stream?{query}"), &[]);
        assert_eq!(status, 400, "{query}");
        assert!(headers.contains(&("content-type".into(), "application/problem+json".into())));
    }
    let (_, headers, _) = open(site.address, "GET", "/api/v1/stream?topic=runs", &[]);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert!(headers.contains(&(name.into(), value.into())), "{name}");
    }
}
