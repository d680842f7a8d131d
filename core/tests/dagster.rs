//! The Dagster adapter over answers that a real webserver gave (1.13.27, tests/dagster/defs.py): what it makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use dagster_canned::{JSON, dagster, fixture};
use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::dagster::decode::{STATUSES, phase};
use runboard_core::backend::{
    Backend as _, BackendError, Cursor, EventQuery, LogQuery, Topic, Update,
};
use runboard_core::model::{Phase, RunFilter};

fn given(answers: &[&[u8]]) -> Dagster {
    let answers: Vec<_> = answers.iter().map(|body| (200, JSON, *body)).collect();
    dagster(&answers).0
}

#[test]
fn every_status_has_its_phase_and_other_words_have_none() {
    for (word, expected) in STATUSES {
        assert_eq!(phase(word), expected);
    }
    assert_eq!(phase("MANAGED"), Phase::Unknown);
    assert_eq!(
        (phase("success"), phase("NEW_ONE")),
        (Phase::Unknown, Phase::Unknown)
    );
    let run = br#"{"data":{"runOrError":{"__typename":"Run","runId":"r","status":"MANAGED","creationTime":1795248361.02}}}"#;
    let run = given(&[run])
        .run("r")
        .now_or_never()
        .unwrap()
        .unwrap()
        .value;
    assert!(run.reason.unwrap().contains("another system runs it"));
    let micros = run.created_at.unwrap().0;
    assert_eq!(
        (run.raw_status.as_str(), micros),
        ("MANAGED", 1_795_248_361_020_000)
    );
}

#[test]
fn the_list_is_read_and_asked_for_by_post() {
    let (backend, canned) = dagster(&[(200, JSON, fixture!("runs"))]);
    let list = backend.list_runs(&RunFilter::default(), 8, None);
    let list = list.now_or_never().unwrap().unwrap();
    assert_eq!(list.problems, [""; 0]);
    assert_eq!((list.value.items.len(), list.value.total), (8, Some(8)));
    // A full page may be followed by another one.
    assert_eq!(
        list.value.next,
        list.value.items.last().map(|run| run.id.clone())
    );
    assert_eq!(list.cursor.unwrap().0, "runs 1795248445428266 8");
    let asked = canned.asked.borrow();
    assert_eq!(
        (asked[0].method, asked[0].url.as_str()),
        ("POST", "http://h/dg/graphql")
    );
    assert!(
        asked[0]
            .headers
            .iter()
            .all(|(name, _)| *name != "X-Runboard")
    );
    let body: serde_json::Value = serde_json::from_slice(asked[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        body["variables"],
        serde_json::json!({"f0": {"tags": []}, "l": 8})
    );
}

#[test]
fn steps_are_the_plan_joined_with_what_happened() {
    let backend = given(&[fixture!("steps-fail"), b"{\"data\":{}}"]);
    let steps = backend.steps("r").now_or_never().unwrap().unwrap();
    // Why it failed is asked for next; that nobody answers is said, and nothing is made up.
    assert!(steps.problems[0].starts_with("why it failed could not be read"));
    let told: Vec<_> = steps
        .value
        .iter()
        .map(|step| (step.key.as_str(), step.phase))
        .collect();
    let (ok, up) = (Phase::Succeeded, Phase::UpstreamFailed);
    assert_eq!(
        told,
        [
            ("up_a", ok),
            ("up_b", ok),
            ("boom", Phase::Failed),
            ("side", ok),
            ("down_a", up),
            ("down_b", up)
        ]
    );
    assert_eq!(
        (&steps.value[2].reason, steps.value[2].needs.len()),
        (&None, 1)
    );
    let run = String::from_utf8_lossy(fixture!("steps-dynamic")).replace("FAILURE", "CONFETTI");
    let run = given(&[run.as_bytes()])
        .steps("r")
        .now_or_never()
        .unwrap()
        .unwrap()
        .value;
    let odd = run.iter().find(|step| step.key == "work[k2]").unwrap();
    assert_eq!(
        (odd.phase, odd.raw_status.as_str()),
        (Phase::Unknown, "CONFETTI")
    );
    let last = run.last().unwrap();
    assert_eq!((last.key.as_str(), last.phase), ("fan_in", Phase::Queued));
    assert_eq!(last.needs, ["work[k0]", "work[k1]", "work[k2]", "work[k3]"]);
}

#[test]
fn a_run_is_told_with_its_news_and_its_place() {
    let (backend, canned) = dagster(&[(200, JSON, fixture!("news-fail"))]);
    let place = Cursor("runs 7\nrun r 40 abc".into());
    let news = backend.watch(&[Topic::Run("r".into())], &[place]);
    let news: Vec<_> = news
        .now_or_never()
        .unwrap()
        .unwrap()
        .collect::<Vec<_>>()
        .now_or_never()
        .unwrap();
    let body = String::from_utf8(canned.asked.borrow()[0].body.clone().unwrap()).unwrap();
    assert!(
        body.contains(r#""variables":{"r":"r","c":"abc","l":1000}"#),
        "{body}"
    );
    let first = news
        .iter()
        .find_map(|one| match &one.as_ref().unwrap().update {
            Update::Log { batch, .. } => Some(batch.first),
            _ => None,
        });
    assert_eq!(first, Some(41));
}

#[test]
fn events_keep_their_own_records() {
    let events = |body: &[u8]| {
        let asked = EventQuery {
            limit: Some(500),
            ..EventQuery::default()
        };
        let answer = given(&[body])
            .events("r", &asked)
            .now_or_never()
            .unwrap()
            .unwrap();
        (answer.value, answer.problems)
    };
    let (batch, problems) = events(fixture!("events-asset"));
    assert_eq!((problems.len(), batch.has_more), (0, false));
    assert_eq!(batch.total, Some(batch.events.len() as u64));
    for event in &batch.events {
        assert!(event.time.is_some() && event.level.is_some() && !event.kind.is_empty());
        let own: serde_json::Value = serde_json::from_str(event.detail.as_ref().unwrap()).unwrap();
        assert_eq!(own["message"], event.message);
    }
    let check = batch
        .events
        .iter()
        .find(|event| event.kind == "ASSET_CHECK_EVALUATION")
        .unwrap();
    assert!(
        check
            .detail
            .as_ref()
            .unwrap()
            .contains("\"checkName\":\"orders_not_empty\"")
    );
}

#[test]
fn a_line_is_an_event_and_a_break_in_it_is_seen() {
    let query = LogQuery {
        limit: Some(500),
        ..LogQuery::default()
    };
    let log = given(&[fixture!("events-fail")]).logs("r", &query);
    let log = log.now_or_never().unwrap().unwrap().value;
    let line = log
        .lines
        .iter()
        .find(|line| line.text.contains("boom failed"))
        .unwrap();
    let expected = "Execution of step \"boom\" failed. \u{23ce} Failure: boom failed on purpose \u{23ce} caused by ValueError: inner cause";
    assert_eq!(line.text, expected);
    assert_eq!(log.lines[0].text, "RUN_ENQUEUED");
}

#[test]
fn refusals_keep_the_servers_words() {
    let nothing = given(&[fixture!("missing")])
        .steps("r")
        .now_or_never()
        .unwrap();
    let Err(BackendError::NotFound(words)) = nothing else {
        panic!("{nothing:?}")
    };
    assert_eq!(words.detail, "Pipeline run nobody could not be found.");
    let (backend, _) = dagster(&[(500, JSON, fixture!("python-error"))]);
    let broken = backend
        .logs("r", &LogQuery::default())
        .now_or_never()
        .unwrap();
    let Err(BackendError::Broken {
        status: 500,
        detail,
    }) = broken
    else {
        panic!("{broken:?}")
    };
    assert!(
        detail.starts_with("binascii.Error: Incorrect padding\n"),
        "{detail}"
    );
    assert!(detail.contains("in resolve_logsForRun"), "{detail}");
    for (status, kind, body, expected) in [
        (
            400,
            "text/plain",
            "No GraphQL query found in the request",
            "refused: No GraphQL query found in the request",
        ),
        (
            500,
            "text/plain",
            "Internal Server Error",
            "server error 500: Internal Server Error",
        ),
        (
            200,
            "text/html",
            "<html>",
            "something answers, but not a Runs API (it sent text/html, not GraphQL's JSON)",
        ),
        (
            502,
            "application/problem+json",
            r#"{"title":"x","detail":"dagster is down"}"#,
            "server error 502: dagster is down",
        ),
        (
            403,
            "application/problem+json",
            r#"{"detail":"changes are not allowed"}"#,
            "denied: changes are not allowed",
        ),
        (
            500,
            JSON,
            r#"{"data":null,"errors":[{"message":"Variable"}]}"#,
            "server error 500: Variable",
        ),
        (
            200,
            JSON,
            r#"{"data":{"runOrError":{"__typename":"UnauthorizedError","message":"Authorization failed"}}}"#,
            "denied: Authorization failed",
        ),
        (
            200,
            JSON,
            "[]",
            "something answers, but not a Runs API (it sent application/json, not GraphQL's JSON)",
        ),
        (
            200,
            JSON,
            "{}",
            "something answers, but not a Runs API (it sent application/json, not GraphQL's JSON)",
        ),
    ] {
        let (backend, _) = dagster(&[(status, kind, body.as_bytes())]);
        let error = backend.run("r").now_or_never().unwrap().unwrap_err();
        assert_eq!(error.to_string(), expected, "{status} {body}");
    }
}

#[test]
fn what_an_older_server_does_not_know_is_left_out_and_said() {
    let (backend, canned) = dagster(&[
        (400, JSON, br#"{"errors":[{"message":"Cannot query field 'updateTime' on type 'Run'."},{"message":"Unknown type 'PythonError'."}]}"#),
        (200, JSON, fixture!("runs")),
    ]);
    let list = backend.list_runs(&RunFilter::default(), 50, None);
    let list = list.now_or_never().unwrap().unwrap();
    assert_eq!(list.value.items.len(), 8);
    assert_eq!(
        list.problems,
        [
            "this Dagster does not know updateTime: it is left out",
            "this Dagster does not know PythonError: it is left out"
        ]
    );
    let asked = canned.asked.borrow();
    let second = String::from_utf8_lossy(asked[1].body.as_ref().unwrap()).into_owned();
    assert!(
        !second.contains("updateTime") && !second.contains("PythonError"),
        "{second}"
    );
}

#[test]
fn a_page_that_breaks_is_asked_for_with_fewer_fields() {
    let (backend, _) = dagster(&[
        (
            500,
            JSON,
            br#"{"data":null,"errors":[{"message":"Cannot return null for non-nullable field"}]}"#,
        ),
        (200, JSON, fixture!("events-fail")),
    ]);
    let events = backend
        .events("r", &EventQuery::default())
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(events.value.events.len(), 56);
    assert!(
        events.problems[0].contains("events from 1 on"),
        "{:?}",
        events.problems
    );
}

#[test]
fn a_run_that_was_marked_as_failed_has_the_reason_that_was_told_before() {
    let event = |kind: &str, message: &str, error: &str| {
        format!(
            r#"{{"__typename":"E","eventType":"{kind}","message":"{message}","level":"ERROR","timestamp":"1","stepKey":null,"error":{error}}}"#
        )
    };
    let marked = event("RUN_FAILURE", "marked from outside", "null");
    let lost = event("ENGINE_EVENT", "killed by signal 9", "null");
    let thrown = event(
        "ENGINE_EVENT",
        "no launch",
        r#"{"message":"E: no room","causes":[]}"#,
    );
    let own = event(
        "RUN_FAILURE",
        "it failed",
        r#"{"message":"E: its own","causes":[]}"#,
    );
    for (events, why, n) in [
        (vec![&lost, &marked], "killed by signal 9", 1),
        (vec![&thrown, &marked], "E: no room", 1),
        (vec![&lost, &own], "E: its own", 2),
        (vec![&marked], "marked from outside", 1),
    ] {
        let events = events.into_iter().map(String::as_str);
        let page = format!(
            r#"{{"data":{{"runOrError":{{"__typename":"Run","runId":"r","status":"FAILURE","jobName":"j","creationTime":1.0,"endTime":2.0,"tags":[],"stepStats":[],"executionPlan":{{"steps":[]}}}},"logsForRun":{{"__typename":"EventConnection","cursor":"c","hasMore":false,"events":[{}]}}}}}}"#,
            events.collect::<Vec<&str>>().join(",")
        );
        let run = given(&[page.as_bytes()]).run("r");
        let run = run.now_or_never().unwrap().unwrap().value;
        assert_eq!(run.reason.as_deref(), Some(why));
        assert_eq!(run.reason_event, Some(n));
    }
}
