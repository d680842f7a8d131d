//! What a Dagster webserver does not permit for a single run is said before anybody asks for it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use dagster_canned::{JSON, dagster, fixture};
use futures_util::FutureExt as _;
use runboard_core::backend::{Action, Again, Backend as _};
use runboard_core::model::{Phase, Run};

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
