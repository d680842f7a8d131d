//! What a run's page asks beyond its row: events, numbers, family, raw records, and what an unknown id may have meant.

use serde_json::{Value, json};

use super::files::{Run, append, summary};
use super::site::{Place, Site};

const AT: &str = "2026-11-21T10:00:00Z";

fn types(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| format!("{} {}", event["n"], event["type"].as_str().unwrap()))
        .collect()
}

fn site() -> (Site, Run) {
    let place = Place::new();
    let run = Run::begin(&place.join("rec"), "r1", "j", AT, json!({}));
    run.event(json!({"at": AT, "event": "plan", "steps": ["a", "b"]}));
    run.step("a", "running");
    run.step("a", "succeeded");
    run.event(json!({"at": "2026-11-21T10:00:05Z", "event": "step", "step": "b", "attempt": 1, "status": "failed", "reason": "exit code 7"}));
    append(&run.path.join("events.jsonl"), b"\nno json\n");
    run.event(json!({"at": AT, "event": "check", "message": "a Check of its own"}));
    (Site::start(place, &[]), run)
}

#[test]
fn events_are_numbered_filtered_and_paged() {
    let (site, run) = site();
    let all = site.json("/api/v1/runs/r1/events");
    assert_eq!(
        types(&all),
        [
            "1 RUN_START",
            "2 PLAN",
            "3 STEP_START",
            "4 STEP_SUCCESS",
            "5 STEP_FAILURE",
            "6 UNREADABLE",
            "7 CHECK"
        ]
    );
    assert_eq!(
        (&all["first"], &all["total"], &all["next"]),
        (&json!(1), &json!(7), &Value::Null)
    );
    let failed = &all["events"][4];
    assert_eq!(
        (
            &failed["level"],
            &failed["step"],
            &failed["message"],
            &failed["detail"]["reason"]
        ),
        (
            &json!("error"),
            &json!("b"),
            &json!("b failed: exit code 7"),
            &json!("exit code 7")
        )
    );
    assert_eq!(all["events"][5]["detail"], "no json");
    for (query, found) in [
        (
            "type=step_*",
            vec!["3 STEP_START", "4 STEP_SUCCESS", "5 STEP_FAILURE"],
        ),
        ("type=PLAN,RUN_?TART", vec!["1 RUN_START", "2 PLAN"]),
        ("step=b&step=c", vec!["5 STEP_FAILURE"]),
        ("level=Warn", vec!["5 STEP_FAILURE", "6 UNREADABLE"]),
        ("level=error", vec!["5 STEP_FAILURE"]),
        ("q=CHECK+of", vec!["7 CHECK"]),
        ("since=2026-11-21T10:00:02Z", vec!["5 STEP_FAILURE"]),
        ("after=2&before=5", vec!["3 STEP_START", "4 STEP_SUCCESS"]),
        ("before=3", vec!["1 RUN_START", "2 PLAN"]),
        ("before=5&limit=1", vec!["4 STEP_SUCCESS"]),
        ("tail=2", vec!["6 UNREADABLE", "7 CHECK"]),
        ("tail=0", vec![]),
    ] {
        assert_eq!(
            types(&site.json(&format!("/api/v1/runs/r1/events?{query}"))),
            found,
            "{query}"
        );
    }
    let page = site.json("/api/v1/runs/r1/events?type=STEP_*&limit=2");
    assert_eq!((&page["next"], &page["total"]), (&json!("4"), &json!(7)));
    for bad in [
        "level=loud",
        "level=",
        "since=yesterday",
        "limit=0",
        "tail=x",
        "kind=a",
    ] {
        assert_eq!(
            site.get(&format!("/api/v1/runs/r1/events?{bad}")).status,
            400,
            "{bad}"
        );
    }
    // What comes later is told by the stream, once, and numbered on, also from a cursor of another answer and after a restart.
    let steps = site.json("/api/v1/runs/r1/steps");
    let mut site = site;
    site.restart();
    let mut stream = site.stream(&format!(
        "topic=run:r1&after={}",
        steps["cursor"].as_str().unwrap()
    ));
    stream.until_named("live");
    run.end("failed");
    let news = stream.until_named("events").pop().unwrap();
    assert_eq!(
        (&news.data["run"], &news.data["first"]),
        (&json!("r1"), &json!(8))
    );
    assert_eq!(types(&news.data), ["8 RUN_FAILURE"]);
    let mut from_start = site.stream(&format!(
        "topic=run:r1&after={}",
        all["cursor"].as_str().unwrap()
    ));
    assert_eq!(
        types(&from_start.until_named("events").pop().unwrap().data),
        ["8 RUN_FAILURE"]
    );
}

#[test]
fn many_events_come_in_batches_without_a_hole() {
    let (site, run) = site();
    let mut text = String::new();
    for number in 0..1300 {
        text.push_str(&format!("{{\"event\":\"x\",\"message\":\"{number}\"}}\n\n"));
    }
    append(&run.path.join("events.jsonl"), text.as_bytes());
    let mut stream = site.stream("topic=run:r1&after=e:r1:0.0");
    let mut seen = Vec::new();
    let mut place = String::new();
    while seen.len() < 700 {
        let event = stream.until_named("events").pop().unwrap();
        assert!(event.data["events"].as_array().unwrap().len() <= 500);
        seen.extend(types(&event.data));
        place = event.id;
    }
    drop(stream);
    let mut stream = site.stream(&format!("topic=run:r1&after={place}"));
    while seen.len() < 1307 {
        seen.extend(types(&stream.until_named("events").pop().unwrap().data));
    }
    let numbers: Vec<String> = seen
        .iter()
        .map(|event| event.split(' ').next().unwrap().to_string())
        .collect();
    assert_eq!(
        numbers,
        (1..=1307).map(|n: u32| n.to_string()).collect::<Vec<_>>()
    );
    let page = site.json("/api/v1/runs/r1/events?limit=10000");
    assert_eq!(types(&page), seen);
}

#[test]
fn a_line_of_a_history_has_events_numbers_and_a_raw_form() {
    let place = Place::new();
    let stages = json!([
        {"stage": "a", "started_at": AT, "ended_at": "2026-11-21T10:00:02Z", "result": "success"},
        {"stage": "b", "started_at": "2026-11-21T10:00:02Z", "ended_at": "2026-11-21T10:00:09Z", "result": "failed", "reason": "boom", "own": 7},
    ]);
    let line = summary("h1", AT, "failed", json!({"stages": stages}));
    std::fs::write(place.join("h.jsonl"), &line).unwrap();
    let argument = format!("etl={}", place.join("h.jsonl").display());
    let site = Site::start(place, &["--history", &argument]);
    let events = site.json("/api/v1/etl/runs/h1/events");
    assert_eq!(
        types(&events)[..5],
        [
            "1 RUN_START",
            "2 STEP_START",
            "3 STEP_SUCCESS",
            "4 STEP_START",
            "5 STEP_FAILURE"
        ]
    );
    assert_eq!(types(&events).last().unwrap(), "6 RUN_FAILURE");
    assert_eq!(events["events"][4]["detail"]["own"], 7);
    let stats = site.json("/api/v1/etl/runs/h1/stats");
    assert_eq!(
        (&stats["queue_s"], &stats["start_s"]),
        (&Value::Null, &json!(0.0))
    );
    let raw: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(site.json("/api/v1/etl/runs/h1/raw")["raw"], raw);
    assert_eq!(
        site.json("/api/v1/etl/runs/h1/lineage")["runs"][0]["id"],
        "h1"
    );
    let plan = site.json("/api/v1/etl/runs/h1/resume");
    assert_eq!(
        (&plan["totals"]["blocked"], &plan["command"]),
        (&json!(1), &Value::Null)
    );
}

#[test]
fn numbers_are_told_where_they_are_known() {
    let (site, run) = site();
    let stats = site.json("/api/v1/runs/r1/stats");
    assert_eq!(
        (
            &stats["queue_s"],
            &stats["start_s"],
            &stats["assets"],
            &stats["checks"]
        ),
        (&json!(0.0), &json!(1.0), &Value::Null, &Value::Null)
    );
    run.end("failed");
    let stats = site.json("/api/v1/runs/r1/stats");
    assert_eq!(
        (&stats["duration_s"], &stats["execution_s"]),
        (&json!(9.0), &json!(8.0))
    );
    assert_eq!(
        (&stats["steps"]["total"], &stats["steps"]["failed"]),
        (&json!(2), &json!(1))
    );
    let raw = site.json("/api/v1/runs/r1/raw")["raw"].clone();
    assert_eq!(
        (&raw["run.json"]["run_id"], &raw["state"]["status"]),
        (&json!("r1"), &json!("failed"))
    );
}

#[test]
fn families_are_whole_and_circles_end() {
    let place = Place::new();
    let dir = place.join("rec");
    for (id, at, lineage) in [
        ("first", "2026-11-01T10:00:00Z", json!({})),
        (
            "second",
            "2026-11-02T10:00:00Z",
            json!({"parent": "first", "root": "first"}),
        ),
        (
            "third",
            "2026-11-03T10:00:00Z",
            json!({"parent": "gone", "root": "first"}),
        ),
        ("other", "2026-11-04T10:00:00Z", json!({})),
        (
            "x",
            "2026-11-05T10:00:00Z",
            json!({"parent": "y", "root": "y"}),
        ),
        (
            "y",
            "2026-11-06T10:00:00Z",
            json!({"parent": "x", "root": "x"}),
        ),
        (
            "self",
            "2026-11-07T10:00:00Z",
            json!({"parent": "self", "root": "self"}),
        ),
    ] {
        Run::begin(&dir, id, "j", at, lineage).end("succeeded");
    }
    let site = Site::start(place, &[]);
    let family = |id: &str| {
        let family = site.json(&format!("/api/v1/runs/{id}/lineage"));
        let ids = super::site::ids(&family).join(" ");
        (
            ids,
            family["root"].as_str().unwrap().to_string(),
            family["missing"].to_string(),
        )
    };
    for id in ["first", "second", "third"] {
        assert_eq!(
            family(id),
            (
                "first second third".into(),
                "first".into(),
                "[\"gone\"]".into()
            )
        );
    }
    assert_eq!(
        family("other"),
        ("other".into(), "other".into(), "[]".into())
    );
    assert_eq!(family("x").0, "x y");
    assert_eq!(family("self").0, "self");
}

#[test]
fn an_unknown_id_is_answered_with_what_may_have_been_meant() {
    let place = Place::new();
    for (id, day) in [
        ("r3k9x0c2m7qa", 1),
        ("r3k9x0c2m7qb", 2),
        ("q111111111111", 3),
    ] {
        Run::begin(
            &place.join("rec"),
            id,
            "j",
            &format!("2026-11-0{day}T10:00:00Z"),
            json!({}),
        )
        .end("failed");
    }
    let site = Site::start(place, &[]);
    for path in [
        "", "/steps", "/logs", "/log", "/events", "/stats", "/lineage", "/raw", "/resume",
    ] {
        let reply = site.get(&format!("/api/v1/runs/r3k9x0c2m7qx{path}"));
        assert_eq!(reply.status, 404);
        let problem = reply.json();
        assert_eq!(
            problem["nearest"],
            json!(["r3k9x0c2m7qa", "r3k9x0c2m7qb"]),
            "{path}"
        );
        assert_eq!(
            problem["latest"][0],
            json!({"id": "q111111111111", "job": "j", "phase": "failed", "started": "2026-11-03T10:00:00.000000Z"})
        );
    }
    assert_eq!(site.get("/api/v1/runs/zzz").json()["nearest"], json!([]));
}

#[test]
fn the_list_has_other_orders_and_pages_of_them() {
    let place = Place::new();
    let dir = place.join("rec");
    for (id, job, at, status) in [
        ("a", "zeta", "2026-11-21T10:00:00Z", "failed"),
        ("b", "alpha", "2026-11-21T10:00:01Z", "succeeded"),
        ("c", "alpha", "2026-11-21T10:00:05Z", "failed"),
    ] {
        Run::begin(&dir, id, job, at, json!({})).end(status);
    }
    append(
        &dir.join("runs.jsonl"),
        summary(
            "d",
            "2026-11-21T09:00:00Z",
            "success",
            json!({"job": "mid"}),
        )
        .as_bytes(),
    );
    let site = Site::start(place, &[]);
    for (order, ids) in [
        ("newest", ["c", "b", "a", "d"]),
        ("oldest", ["d", "a", "b", "c"]),
        ("job", ["c", "b", "d", "a"]),
        ("status", ["c", "a", "b", "d"]),
        ("duration", ["a", "b", "c", "d"]),
    ] {
        assert_eq!(site.ids(&format!("order={order}")), ids, "{order}");
        let mut paged = Vec::new();
        let mut next = String::new();
        loop {
            let page = site.json(&format!("/api/v1/runs?order={order}&limit=1{next}"));
            paged.extend(super::site::ids(&page));
            match page["next"].as_str() {
                Some(text) => next = format!("&cursor={text}"),
                None => break,
            }
        }
        assert_eq!(paged, ids, "{order}");
    }
    assert_eq!(site.ids("order=job&status=failed"), ["c", "a"]);
}
