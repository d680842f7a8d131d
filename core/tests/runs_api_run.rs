//! What the Runs API tells of one run, and what can be done to it: requests as the wire has them, answers read totally.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use proptest::prelude::*;
use runboard_core::backend::runs_api::{RunsApi, decode, decode_run, event};
use runboard_core::backend::{Action, Again, Backend, BackendError, EventQuery, Update};
use runboard_core::model::event::EventLevel;
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{EventFilter, Phase, ResumeMode, Span, Timestamp};
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};

/// Answers everything with the same, and remembers what was asked.
struct Canned {
    status: u16,
    body: &'static str,
    asked: RefCell<Vec<Request>>,
}

impl Transport for Canned {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        self.asked.borrow_mut().push(request);
        let head = Head {
            status: self.status,
            content_type: "application/json".into(),
            ..Head::default()
        };
        let body = self.body.as_bytes().to_vec();
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        panic!("nothing is followed here")
    }
}

fn api(status: u16, body: &'static str) -> (RunsApi, Rc<Canned>) {
    let canned = Rc::new(Canned {
        status,
        body,
        asked: RefCell::default(),
    });
    (RunsApi::new("http://h/api", canned.clone()), canned)
}

#[test]
fn events_are_asked_for_by_number_and_filter() {
    let (api, canned) = api(
        200,
        r#"{"run":"r 1","first":41,"total":90,"next":"c","events":[
        {"n":41,"time":"2026-11-21T10:00:00Z","type":"STEP_FAILURE","step":"load","attempt":2,"level":"error","message":"exit code 2","detail":{"z":1.50,"a":[1, 2]}},
        {"type":"CONFETTI","level":"loud","message":7},
        {"n":50,"detail":null,"time":"now"}]}"#,
    );
    let query = EventQuery {
        filter: EventFilter {
            kinds: vec!["STEP_*".into(), "LOSS".into()],
            since: Some("1d".into()),
            ..EventFilter::default()
        },
        before: Some(60),
        limit: Some(20),
        ..EventQuery::default()
    };
    let answer = api.events("r 1", &query).now_or_never().unwrap().unwrap();
    assert_eq!(
        canned.asked.borrow()[0].url,
        "http://h/api/runs/r%201/events?before=60&limit=20&type=STEP_%2A%2CLOSS&since=1d"
    );
    let batch = answer.value;
    assert_eq!((batch.total, batch.has_more), (Some(90), true));
    let numbers: Vec<u64> = batch.events.iter().map(|event| event.n).collect();
    assert_eq!(numbers, [41, 42, 50]);
    let first = &batch.events[0];
    assert_eq!(first.detail.as_deref(), Some(r#"{"z":1.50,"a":[1, 2]}"#));
    assert_eq!(
        (first.level, first.attempt, first.step.as_deref()),
        (Some(EventLevel::Error), Some(2), Some("load"))
    );
    let odd = &batch.events[1];
    assert_eq!(
        (odd.kind.as_str(), odd.level, odd.raw_level.as_deref()),
        ("CONFETTI", None, Some("loud"))
    );
    assert_eq!(
        (batch.events[2].time, &batch.events[2].detail),
        (None, &None)
    );
    assert_eq!(
        answer.problems,
        ["events[2].time: \"now\" is no RFC 3339 time"]
    );
}

#[test]
fn events_of_the_stream_are_an_update() {
    let data = r#"{"run":"r1","first":3,"events":[{"type":"RUN_START"},{"type":"PLAN"}]}"#;
    let update = event::event("events", data, Some("c9")).remove(0);
    let Update::Events { run, events } = update.update else {
        panic!("no events")
    };
    assert_eq!((run.as_str(), events[0].n, events[1].n), ("r1", 3, 4));
    assert_eq!(update.cursor.unwrap().0, "c9");
}

#[test]
fn figures_are_none_where_the_source_does_not_know() {
    let body = br#"{"run":"r","duration_s":12.345678,"queue_s":null,"execution_s":"long",
        "steps":{"total":3,"failed":1},"assets":{"materialized":2},"checks":null}"#;
    let answer = decode_run::stats(body).unwrap();
    let stats = answer.value;
    assert_eq!(
        (stats.duration, stats.queue),
        (Some(Span(12_345_678)), None)
    );
    assert_eq!(stats.steps.unwrap().failed, 1);
    assert_eq!(stats.assets.unwrap().materialized, 2);
    assert_eq!(stats.checks, None);
    assert_eq!(
        answer.problems,
        ["answer.execution_s: expected a number of seconds, found a text"]
    );
}

#[test]
fn a_family_keeps_rows_without_an_id_and_names_them() {
    let body = br#"{"root":"a","parent":"a","runs":[{"id":"a","status":"failed"},{"job":"x"}],"missing":["b"]}"#;
    let answer = decode_run::lineage(body).unwrap();
    let family = answer.value;
    assert_eq!(
        (family.runs.len(), family.runs[0].phase),
        (2, Phase::Failed)
    );
    assert_eq!(
        (family.root.as_str(), &family.missing[..]),
        ("a", &["b".to_string()][..])
    );
    assert_eq!(answer.problems, ["runs[1].id: missing"]);
}

#[test]
fn records_come_as_they_were_sent() {
    let (api, _) = api(
        200,
        "{\"run\":\"r\", \"raw\" : {\"z\":1e3, \"a\":18446744073709551617.0}}",
    );
    let raw = api.raw("r").now_or_never().unwrap().unwrap().value;
    assert_eq!(raw, r#"{"z":1e3, "a":18446744073709551617.0}"#);
    assert!(matches!(
        decode_run::raw(b"{}"),
        Err(BackendError::Unsupported(_))
    ));
}

#[test]
fn a_plan_is_counted_from_its_steps() {
    let (api, canned) = api(
        200,
        r#"{"run":"r","mode":"failed","token":"t1","steps":[
        {"key":"a","plan":"skip","reason":"succeeded"},{"key":"b","plan":"retry","reason":"failed","command":["sh","-c","x"]},
        {"key":"c","plan":"run"},{"key":"d","plan":"ponder"}],
        "totals":{"skip":1,"retry":1,"run":1,"blocked":3},"warnings":["the code has changed"],"command":["rerun","r"]}"#,
    );
    let answer = api
        .resume_plan("r", ResumeMode::Failed, &[], Profile::Actual)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(
        canned.asked.borrow()[0].url,
        "http://h/api/runs/r/resume?mode=failed"
    );
    // What a source does not take is not sent.
    let promised = api.resume_plan("r", ResumeMode::Failed, &[], Profile::Promised);
    let _ = promised.now_or_never();
    assert_eq!(
        canned.asked.borrow()[1].url,
        "http://h/api/runs/r/resume?mode=failed&profile=promised"
    );
    let plan = answer.value;
    assert_eq!((plan.to_execute(), plan.total(PlanVerb::Skip)), (2, 1));
    assert_eq!(
        (plan.steps[3].plan, plan.steps[3].raw_plan.as_str()),
        (PlanVerb::Unknown, "ponder")
    );
    assert_eq!(plan.steps[1].command, ["sh", "-c", "x"]);
    assert_eq!(
        answer.problems,
        ["totals: they are not those of the steps listed"]
    );
}

#[test]
fn actions_carry_the_guard_and_the_callers_key() {
    let resume = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: "t\"1".into(),
        with: Again::default(),
    };
    for (action, method, path, body) in [
        (
            Action::Terminate { immediate: false },
            "POST",
            "/terminate?policy=safe",
            Some("{}"),
        ),
        (
            Action::Terminate { immediate: true },
            "POST",
            "/terminate?policy=immediate",
            Some("{}"),
        ),
        (
            Action::MarkSuccess {
                step: "a/b".into(),
                token: "t1".into(),
            },
            "POST",
            "/steps/a%2Fb/mark-success",
            Some(r#"{"token":"t1"}"#),
        ),
        (
            Action::Delete { force: true },
            "DELETE",
            "?force=true",
            None,
        ),
        (
            Action::Reexecute(Again::default()),
            "POST",
            "/reexecute",
            Some("{}"),
        ),
        (
            resume,
            "POST",
            "/resume",
            Some(r#"{"token":"t\"1","mode":"incomplete"}"#),
        ),
    ] {
        let (api, canned) = api(202, r#"{"run":{"id":"n","job":"j"},"message":"begun"}"#);
        let acted = api
            .act("r/1", &action, "key-7")
            .now_or_never()
            .unwrap()
            .unwrap()
            .value;
        assert_eq!(
            (acted.run.unwrap().id.as_str(), acted.message.as_str()),
            ("n", "begun")
        );
        let request = canned.asked.borrow()[0].clone();
        assert_eq!(
            (request.method, request.url),
            (method, format!("http://h/api/runs/r%2F1{path}"))
        );
        assert_eq!(request.body.as_deref(), body.map(str::as_bytes));
        for header in [("X-Runboard", "1"), ("Idempotency-Key", "key-7")] {
            assert!(request.headers.contains(&(header.0, header.1.to_string())));
        }
    }
    let (api, _) = api(200, r#"{"deleted":"r"}"#);
    let acted = api
        .act("r", &Action::Delete { force: false }, "k")
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(
        (acted.value.deleted.as_deref(), acted.value.run),
        (Some("r"), None)
    );
}

#[test]
fn refusals_of_an_action_are_told_apart() {
    for (status, is_it) in [
        (403, BackendError::Denied("why".into())),
        (409, BackendError::Refused("why".into())),
        (422, BackendError::Refused("why".into())),
    ] {
        let (api, _) = api(status, r#"{"detail":"why"}"#);
        let error = api
            .act("r", &Action::Reexecute(Again::default()), "k")
            .now_or_never()
            .unwrap()
            .unwrap_err();
        assert_eq!(error, is_it);
    }
}

#[test]
fn an_unknown_run_comes_with_what_may_have_been_meant() {
    let (api, _) = api(
        404,
        r#"{"title":"Not Found","detail":"no run r7","nearest":["r71","r72"],
        "latest":[{"id":"z","job":"etl","phase":"failed","started":"2026-11-21T10:00:00Z"}]}"#,
    );
    let error = api.run("r7").now_or_never().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "not found: no run r7");
    let BackendError::NotFound(missing) = error else {
        panic!("{error:?}")
    };
    assert_eq!(missing.nearest, ["r71", "r72"]);
    assert_eq!(
        (missing.latest[0].phase, missing.latest[0].started_at),
        (Phase::Failed, Timestamp::parse("2026-11-21T10:00:00Z"))
    );
}

#[test]
fn capabilities_say_what_may_be_asked() {
    let info = decode::info(br#"{"name":"x","capabilities":{"events":true,"raw":true,"terminate":["safe"],"delete":true,"resume":false}}"#).unwrap();
    let can = info.value.capabilities;
    assert!(can.events && can.raw && !can.stats && !can.lineage && can.has_actions());
    assert!(
        can.allows(&Action::Terminate { immediate: false })
            && can.allows(&Action::Delete { force: true })
    );
    assert!(
        !can.allows(&Action::Terminate { immediate: true })
            && !can.allows(&Action::Reexecute(Again::default()))
    );
    let parts = decode::info(br#"{"name":"x","health":[{"kind":"run health","name":"unstable","standing":"ill","words":"why"},{"kind":"k","name":"n","standing":"odd"}]}"#).unwrap().value.health;
    let told: Vec<_> = parts
        .iter()
        .map(|part| {
            (
                part.name.as_str(),
                part.standing.word(),
                part.words.as_str(),
            )
        })
        .collect();
    assert_eq!(told, [("unstable", "ill", "why"), ("n", "unknown", "")]);
    let none = decode::info(br#"{"name":"x"}"#).unwrap().value.capabilities;
    assert!(!none.has_actions());
}

fn all(bytes: &[u8]) {
    let _ = decode_run::events(bytes);
    let _ = decode_run::stats(bytes);
    let _ = decode_run::lineage(bytes);
    let _ = decode_run::raw(bytes);
    let _ = decode_run::resume_plan(bytes);
    let _ = decode_run::acted(bytes);
    let _ = decode_run::problem(bytes);
}

proptest! {
    #[test]
    fn no_bytes_make_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        all(&bytes);
    }

    #[test]
    fn any_value_in_any_field_leaves_the_row(field in 0usize..12, value in 0usize..9) {
        let fields = ["n","time","type","step","attempt","level","message","detail","key","plan","command","totals"];
        let values = ["null","true","-1","\"x\"","[]","[null]","{}","{\"detail\":{}}","18446744073709551616"];
        let row = format!("{{\"marker\":1,\"{}\":{}}}", fields[field], values[value]);
        let body = format!("{{\"first\":3,\"events\":[{row}],\"steps\":[{row}],\"runs\":[{row}],\"raw\":{row},\"run\":{row}}}");
        prop_assert_eq!(decode_run::events(body.as_bytes()).unwrap().value.events.len(), 1);
        prop_assert_eq!(decode_run::resume_plan(body.as_bytes()).unwrap().value.steps.len(), 1);
        prop_assert_eq!(decode_run::lineage(body.as_bytes()).unwrap().value.runs.len(), 1);
        prop_assert_eq!(decode_run::raw(body.as_bytes()).unwrap().value, row);
        all(body.as_bytes());
    }
}
