//! Changes over the Dagster adapter: what is not permitted is said before anybody asks for it, what is sent, and what its answers mean.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use dagster_canned::{JSON, dagster, fixture};
use futures_util::FutureExt as _;
use runboard_core::backend::{Action, Again, Backend as _, BackendError, Cursor, Topic};
use runboard_core::model::{Phase, Run, RunFilter};

#[test]
fn what_a_run_does_not_permit_is_an_objection_once_its_page_was_read() {
    let page = |terminate: bool, again: bool, delete: bool| {
        let mut page: serde_json::Value = serde_json::from_slice(fixture!("news-fail")).unwrap();
        let run = &mut page["data"]["runOrError"];
        run["hasTerminatePermission"] = terminate.into();
        run["hasReExecutePermission"] = again.into();
        run["hasDeletePermission"] = delete.into();
        page["data"]["logsForRun"]["hasMore"] = false.into();
        page.to_string().into_bytes()
    };
    let (first, second) = (page(false, false, true), page(true, true, false));
    let (backend, _) = dagster(&[(200, JSON, &first), (200, JSON, &second)]);
    let again = Action::Reexecute(Again::default());
    let delete = Action::Delete { force: false };
    let safe = Action::Terminate { immediate: false };
    let id = "d3f99d33-bb5a-48f4-b2b6-521816135e9e";
    let over = Run {
        phase: Phase::Failed,
        raw_status: "FAILURE".into(),
        ..Run::new(id, "fail_job")
    };
    // Nobody knows yet.
    assert_eq!(backend.objection(&over, &again), None);
    let run = backend.run(id).now_or_never().unwrap().unwrap().value;
    let words = Some("this Dagster does not permit you to re-execute this run");
    assert_eq!(backend.objection(&run, &again), words);
    assert_eq!(backend.objection(&run, &delete), None);
    assert_eq!(backend.objection(&run, &safe), Some("the run is over"));
    let going = Run {
        phase: Phase::Running,
        raw_status: "STARTED".into(),
        ..over.clone()
    };
    for immediate in [true, false] {
        let end = Action::Terminate { immediate };
        let words = Some("this Dagster does not permit you to terminate this run");
        assert_eq!(backend.objection(&going, &end), words);
    }
    let other = Run {
        id: "other".into(),
        ..going.clone()
    };
    assert_eq!(backend.objection(&other, &safe), None);
    // The last page counts. Its family is asked for anew.
    backend.lineage(id).now_or_never().unwrap().unwrap();
    backend.lineage(id).now_or_never().unwrap().unwrap();
    assert_eq!(backend.objection(&run, &again), None);
    assert_eq!(backend.objection(&going, &safe), None);
    let words = Some("this Dagster does not permit you to delete this run");
    assert_eq!(backend.objection(&run, &delete), words);
}

/// Nobody need open a run, or try, to learn it.
#[test]
fn what_a_run_does_not_permit_is_an_objection_once_the_list_was_read() {
    let row = |id: &str, terminate: bool, delete: bool| {
        serde_json::json!({"runId": id, "status": "STARTED", "jobName": "j", "creationTime": 1.0, "updateTime": 1.0, "tags": [],
            "hasReExecutePermission": true, "hasTerminatePermission": terminate, "hasDeletePermission": delete})
    };
    let rows = |rows: &[serde_json::Value]| serde_json::json!({"__typename": "Runs", "count": rows.len(), "results": rows});
    let list = [row("no", false, false), row("yes", true, true)];
    let list = serde_json::json!({"data": {"a0": rows(&list)}}).to_string();
    let all = serde_json::json!({"__typename": "Runs", "count": 2});
    let news = [row("no", true, false), row("yes", false, true)];
    let news = serde_json::json!({"data": {"runsOrError": rows(&news), "all": all}}).to_string();
    let unknown =
        br#"{"errors":[{"message":"Cannot query field 'hasDeletePermission' on type 'Run'."}]}"#;
    let (backend, canned) = dagster(&[
        (200, JSON, list.as_bytes()),
        (200, JSON, news.as_bytes()),
        (400, JSON, unknown),
        (200, JSON, list.as_bytes()),
    ]);
    let said = |run: &Run| {
        let safe = backend.objection(run, &Action::Terminate { immediate: false });
        let delete = backend.objection(run, &Action::Delete { force: true });
        (safe.is_some(), delete.is_some())
    };
    let read = || {
        backend
            .list_runs(&RunFilter::default(), 50, None)
            .now_or_never()
    };
    let page = read().unwrap().unwrap().value;
    assert_eq!(
        page.items.iter().map(said).collect::<Vec<_>>(),
        [(true, true), (false, false)]
    );
    // What changes while the list is open is told with what changed.
    let watched = backend.watch(&[Topic::Runs], &[Cursor("runs 0 2".into())]);
    assert!(watched.now_or_never().unwrap().is_ok());
    assert_eq!(
        page.items.iter().map(said).collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );
    // An older server is asked without it, and what it does not tell is no objection.
    let older = read().unwrap().unwrap();
    assert!(
        older
            .problems
            .iter()
            .any(|words| words.contains("hasDeletePermission"))
    );
    let body = |at: usize| {
        let asked = canned.asked.borrow();
        String::from_utf8_lossy(asked[at].body.as_ref().unwrap()).into_owned()
    };
    assert!(body(2).contains("hasDeletePermission"));
    assert!(!body(3).contains("hasDeletePermission") && body(3).contains("hasTerminatePermission"));
}

#[test]
fn what_one_code_location_permits_is_offered() {
    let mut info: serde_json::Value = serde_json::from_slice(fixture!("info")).unwrap();
    let data = &mut info["data"];
    for one in data["permissions"].as_array_mut().unwrap() {
        one["value"] = false.into();
    }
    data["workspaceOrError"]["locationEntries"][0]["permissions"] =
        serde_json::json!([{"permission": "launch_pipeline_execution", "value": true}]);
    let (backend, _) = dagster(&[(200, JSON, info.to_string().as_bytes())]);
    let can = backend.info().now_or_never().unwrap().unwrap().value;
    let can = can.capabilities;
    assert!(can.launch && !can.delete && !can.reexecute);
}

#[test]
fn a_change_is_sent_once_with_the_header_that_lets_it_pass() {
    let (backend, canned) = dagster(&[(
        500,
        JSON,
        b"{\"errors\":[{\"message\":\"Cannot query field 'x' on type 'y'\"}]}",
    )]);
    let done = backend.act("r", &Action::Terminate { immediate: true }, "k");
    assert!(done.now_or_never().unwrap().is_err());
    let asked = canned.asked.borrow();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.contains(&("X-Runboard", "1".into())));
    let body = String::from_utf8_lossy(asked[0].body.as_ref().unwrap()).into_owned();
    assert!(body.contains(r#""variables":{"r":"r","p":"MARK_AS_CANCELED_IMMEDIATELY"}"#));
}

/// A document that is refused for what it names did nothing, so it is asked once more without.
#[test]
fn a_change_leaves_out_what_an_older_server_does_not_know() {
    let (backend, canned) = dagster(&[
        (400, JSON, br#"{"errors":[{"message":"Cannot query field 'updateTime' on type 'Run'."}]}"#),
        (200, JSON, br#"{"data":{"terminateRun":{"__typename":"TerminateRunSuccess","run":{"runId":"r","status":"CANCELED","jobName":"j","creationTime":1.0,"tags":[]}}}}"#),
    ]);
    let done = backend.act("r", &Action::Terminate { immediate: true }, "k");
    let run = done.now_or_never().unwrap().unwrap().value.run.unwrap();
    assert_eq!(run.phase, Phase::Canceled);
    let asked = canned.asked.borrow();
    let second = String::from_utf8_lossy(asked[1].body.as_ref().unwrap()).into_owned();
    assert!(
        asked.len() == 2 && !second.contains("updateTime"),
        "{second}"
    );
}

/// The server answered: nobody need wonder whether it was done, and its stack helps nobody who asked.
#[test]
fn an_error_of_the_servers_own_is_a_refusal_of_a_change() {
    let (backend, _) = dagster(&[(200, JSON, br#"{"data":{"terminateRun":{"__typename":"PythonError","message":"DagsterInvalidSubsetError: no step\n","stack":["  File \"x.py\", line 1, in f\n"],"causes":[{"message":"KeyError: nope\n"}]}}}"#)]);
    let done = backend.act("r", &Action::Terminate { immediate: true }, "k");
    let error = done.now_or_never().unwrap().unwrap_err();
    let words = "DagsterInvalidSubsetError: no step\ncaused by KeyError: nope";
    assert_eq!(error, BackendError::Refused(words.into()));
}
