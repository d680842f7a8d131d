//! What stands beside the rows of a list: numbers, figures, values to type, groups.

use futures_util::FutureExt as _;
use runboard_core::backend::{Backend as _, BackendError, Completing};
use runboard_core::model::{Phase, Run, RunFilter};
use serde_json::json;

use super::ask::{ask, backend, got, launch, over, until};

fn filter(query: &str) -> RunFilter {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    RunFilter::from_pairs(pairs)
}

pub(crate) fn numbers_lanes_and_figures() {
    let backend = backend();
    // Other tries stand in the same storage.
    let mark = format!("mark{}", std::process::id());
    let filter = |query: &str| filter(&query.replace("mark", &mark));
    let tag = json!([{"key": mark, "value": "x"}]);
    let other = json!([{"key": mark, "value": "y"}]);
    let mut own = Vec::new();
    for (job, tag) in [
        ("ok_job", &tag),
        ("asset_job", &other),
        ("ok_job", &other),
        ("retry_job", &tag),
        ("lost_job", &tag),
    ] {
        own.push(launch(job, json!({}), tag.clone()));
    }
    for id in &own {
        over(id);
    }
    let list = |query: &str, limit: u32| {
        let (mut all, mut next): (Vec<Run>, Option<String>) = (Vec::new(), None);
        loop {
            let answer = backend.list_runs(&filter(query), limit, next.as_deref());
            let page = answer.now_or_never().unwrap().unwrap().value;
            assert!(page.items.len() as u32 <= limit);
            if all.is_empty() {
                assert!(page.total.is_some(), "{query}");
            }
            all.extend(page.items);
            next = page.next;
            if next.is_none() {
                return all;
            }
        }
    };
    // By pages of any size it is one list, newest first, with no run twice.
    for (query, expected) in [
        ("tag=mark=x,mark=y", vec![4, 3, 2, 1, 0]),
        ("tag=mark=x,mark=y&job=ok_job,asset_job", vec![2, 1, 0]),
        ("tag=mark=x&job=*_job", vec![4, 3, 0]),
        ("tag=mark=x&job=o*,re*", vec![3, 0]),
        ("tag=mark=x,mark=y&status=failed", vec![4]),
    ] {
        let expected: Vec<&String> = expected.into_iter().map(|at: usize| &own[at]).collect();
        for limit in [1, 2, 50] {
            let found = list(query, limit);
            let found: Vec<&String> = found.iter().map(|run| &run.id).collect();
            assert_eq!(found, expected, "{query} by {limit}");
        }
    }
    let counts = got(backend.counts(&filter("tag=mark=x,mark=y&status=queued")));
    let of = |word: &str| counts.iter().find(|(known, _)| known == word).unwrap().1;
    assert_eq!(
        (counts.len(), of("SUCCESS"), of("FAILURE"), of("QUEUED")),
        (10, 4, 1, 0)
    );
    let free = backend.counts(&filter("q=x")).now_or_never().unwrap();
    assert!(matches!(free, Err(BackendError::Unsupported(_))));
    let mut asked = own.clone();
    asked.push("nobody".into());
    let figures = got(backend.figures(&asked));
    let of = |at: usize| figures.iter().find(|row| row.run == own[at]).unwrap();
    assert_eq!(figures.len(), own.len());
    assert_eq!((of(0).steps.succeeded, of(0).steps.total), (8, Some(8)));
    assert_eq!(of(1).assets, Some(3));
    // An id's beginning finds those that begin so.
    let start = own[0][..13].to_string();
    match backend.run(&start).now_or_never().unwrap() {
        Err(BackendError::NotFound(missing)) => assert_eq!(missing.nearest, [own[0].clone()]),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn completed() {
    let backend = backend();
    let id = launch(
        "ok_job",
        json!({}),
        json!([{"key": "season", "value": "winter"}]),
    );
    over(&id);
    let of = |what: Completing, typed: &str| got(backend.complete(&what, typed));
    assert_eq!(of(Completing::Job, "OK"), ["ok_job"]);
    assert!(of(Completing::Job, "").len() >= 10);
    assert_eq!(of(Completing::TagKey, "seas"), ["season"]);
    assert_eq!(of(Completing::TagValue("season".into()), "w"), ["winter"]);
    assert_eq!(of(Completing::RunId, &id[..10]), [id.as_str()]);
    assert_eq!(of(Completing::EventType, "run_f"), ["RUN_FAILURE"]);
    assert_eq!(of(Completing::StepKey(id), "l"), ["left"]);
    assert_eq!(
        of(Completing::Partition("parted_job".into()), ""),
        ["c", "b", "a"]
    );
}

pub(crate) fn backfilled() {
    let answer = ask(
        "mutation($b:LaunchBackfillParams!){launchPartitionBackfill(backfillParams:$b){...on LaunchBackfillSuccess{backfillId}...on Error{message}}}",
        json!({"b": {
            "selector": {"partitionSetName": "parted_job_partition_set",
                "repositorySelector": {"repositoryName": "__repository__", "repositoryLocationName": "defs.py"}},
            "partitionNames": ["a", "c"], "title": "two of three"
        }}),
    );
    let id = answer["data"]["launchPartitionBackfill"]["backfillId"].as_str();
    let id = id.unwrap_or_else(|| panic!("{answer}")).to_string();
    let backend = backend();
    let found = || {
        let all = got(backend.backfills(&[]));
        all.into_iter().find(|one| one.id == id).unwrap()
    };
    let first = found();
    assert_eq!(
        (first.title.as_str(), first.total),
        ("two of three", Some(2))
    );
    assert!(first.created_at.is_some());
    until("the backfill is over", || found().phase.is_terminal());
    let done = found();
    assert_eq!(
        (done.phase, done.raw_status.as_str()),
        (Phase::Succeeded, "COMPLETED_SUCCESS")
    );
    let succeeded = done.counts.iter().find(|(word, _)| word == "SUCCESS");
    assert_eq!(succeeded.map(|(_, count)| *count), Some(2));
    let runs = got(backend.list_runs(&filter(&format!("tag=dagster/backfill={id}")), 50, None));
    let mut parts: Vec<String> = Vec::new();
    for run in &runs.items {
        let own = run.tags.iter().find(|(key, _)| key == "dagster/partition");
        parts.extend(own.map(|(_, value)| value.clone()));
    }
    parts.sort();
    assert_eq!(parts, ["a", "c"]);
    let one = filter(&format!("tag=dagster/backfill={id},dagster/partition=c"));
    assert_eq!(got(backend.list_runs(&one, 50, None)).items.len(), 1);
}
