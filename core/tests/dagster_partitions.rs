//! Partitions of a job that are offered: the newest first, and those that begin with what was typed, however many there are.
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
