//! Partitions of a job that are offered: the newest first, and those that begin with what was typed, however many there are. And backfills, which run them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use dagster_canned::{JSON, dagster, fixture};
use futures_util::FutureExt as _;
use runboard_core::backend::{Backend as _, BackendError, Completing};

#[test]
fn the_newest_of_many_partitions_come_first_and_an_old_one_is_found() {
    let jobs = br#"{"data":{"workspaceOrError":{"__typename":"Workspace","locationEntries":[{"name":"defs.py","locationOrLoadError":{"__typename":"RepositoryLocation","repositories":[{"name":"r","jobs":[{"name":"daily"}]}]}}]}}}"#;
    // Dagster tells time partitions from the oldest on.
    let keys: Vec<String> = (0..730).map(|n| format!("k{n:03}")).collect();
    let keys = serde_json::to_string(&keys).unwrap();
    let all = format!(
        r#"{{"data":{{"pipelineOrError":{{"__typename":"Pipeline","partitionKeysOrError":{{"__typename":"PartitionKeys","partitionKeys":{keys}}}}}}}}}"#
    );
    for (typed, expected, count) in [
        ("", vec!["k729", "k728"], 50),
        ("k0", vec!["k099", "k098"], 50),
        ("k04", vec!["k049", "k048"], 10),
        ("k700", vec!["k700"], 1),
        ("x", vec![], 0),
    ] {
        let (backend, canned) = dagster(&[(200, JSON, jobs), (200, JSON, all.as_bytes())]);
        let offered = backend.complete(&Completing::Partition("daily".into()), typed);
        let offered = offered.now_or_never().unwrap().unwrap().value;
        assert_eq!(offered.len(), count, "{typed}");
        assert_eq!(offered[..expected.len()], expected, "{typed}");
        let asked = canned.asked.borrow();
        let body = String::from_utf8_lossy(asked[1].body.as_ref().unwrap()).into_owned();
        // With a limit the server leaves off the newest.
        assert!(body.contains("partitionKeysOrError{"), "{body}");
    }
    let (backend, _) = dagster(&[(200, JSON, jobs), (500, JSON, fixture!("python-error"))]);
    let offered = backend.complete(&Completing::Partition("daily".into()), "");
    let offered = offered.now_or_never().unwrap();
    assert!(
        matches!(offered, Err(BackendError::Malformed(_))),
        "{offered:?}"
    );
}

#[test]
fn backfills_that_are_older_than_the_latest_are_asked_for_by_name_all_at_once_and_those_that_are_over_once()
 {
    let one = |id: &str, status: &str| {
        serde_json::json!({"__typename": "PartitionBackfill", "id": id, "status": status, "numPartitions": 3, "timestamp": 1.0, "endTimestamp": null,
            "title": null, "jobName": "daily", "assetSelection": null, "partitionStatusCounts": [], "error": null})
    };
    let latest = serde_json::json!({"data": {"partitionBackfillsOrError": {"__typename": "PartitionBackfills", "results": [one("new", "REQUESTED")]}}});
    let older = serde_json::json!({"data": {"a0": one("old", "COMPLETED_FAILED"), "a1": {"__typename": "BackfillNotFoundError"}, "a2": one("slow", "REQUESTED")}});
    let again = serde_json::json!({"data": {"a0": {"__typename": "BackfillNotFoundError"}, "a1": one("slow", "CANCELED")}});
    let texts = [&latest, &older, &latest, &again, &latest].map(serde_json::Value::to_string);
    let answers: Vec<_> = texts
        .iter()
        .map(|text| (200, JSON, text.as_bytes()))
        .collect();
    let (backend, canned) = dagster(&answers);
    let named = ["new", "old", "gone", "slow", "old"].map(String::from);
    let read = |named: &[String]| {
        let all = backend.backfills(named).now_or_never().unwrap().unwrap();
        assert_eq!(all.problems, [""; 0]);
        let told = all.value.into_iter();
        told.map(|one| format!("{} {}", one.id, one.raw_status))
            .collect::<Vec<_>>()
    };
    let body = |at: usize| {
        let asked = canned.asked.borrow();
        String::from_utf8_lossy(asked[at].body.as_ref().unwrap()).into_owned()
    };
    assert_eq!(
        read(&named),
        ["new REQUESTED", "old COMPLETED_FAILED", "slow REQUESTED"]
    );
    assert!(
        body(1).ends_with(r#""variables":{"b0":"old","b1":"gone","b2":"slow"}}"#),
        "{}",
        body(1)
    );
    assert_eq!(
        read(&named),
        ["new REQUESTED", "old COMPLETED_FAILED", "slow CANCELED"]
    );
    assert!(
        body(3).ends_with(r#""variables":{"b0":"gone","b1":"slow"}}"#),
        "{}",
        body(3)
    );
    // Where all are known, one question is enough.
    assert_eq!(read(&named[..2]), ["new REQUESTED", "old COMPLETED_FAILED"]);
    assert_eq!(canned.asked.borrow().len(), 5);
}
