//! Which runs a filter takes.

#![allow(clippy::unwrap_used)]

use runboard_core::model::{Phase, Run, RunFilter, Timestamp};

fn run() -> Run {
    let mut run = Run::new("r7f2c0ffee", "etl_daily");
    run.phase = Phase::Running;
    run.raw_status = "IN_PROGRESS".into();
    run.created_at = Timestamp::parse("2026-11-21T10:00:00Z");
    run.started_at = Timestamp::parse("2026-11-21T11:00:00Z");
    run.tags = vec![
        ("team".into(), "core".into()),
        ("env".into(), "prod".into()),
    ];
    run
}

fn matches(query: &str, run: &Run) -> bool {
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    RunFilter::from_pairs(pairs)
        .compile(now, 0)
        .unwrap()
        .matches(run)
}

#[test]
fn values_of_a_key_widen_and_keys_narrow() {
    for (query, expected) in [
        ("", true),
        ("status=running", true),
        ("status=failed,RUNNING", true),
        ("status=in_progress", true),
        ("status=cancelled", false),
        ("status=failed", false),
        ("job=etl_*", true),
        ("job=*_hourly,etl_d?ily", true),
        ("job=etl", false),
        ("since=1d", true),
        ("since=1h", false),
        ("until=2026-11-21T10:00:00Z", true),
        ("until=2026-11-21T09:59:59Z", false),
        ("tag=team=core,env=prod", true),
        ("tag=team=core&tag=env=dev", false),
        ("tag=team", true),
        ("tag=env=dev,env=prod", true),
        ("tag=env=dev,env=prod,team=x", false),
        ("tag=env=dev,team=core,env=prod", true),
        ("longer=50m", true),
        ("longer=61m", false),
        ("shorter=1h", true),
        ("shorter=59m", false),
        ("longer=30m&shorter=90m", true),
        ("q=C0FFEE", true),
        ("q=ENV=prod", true),
        ("q=nothing", false),
        ("status=running&job=other", false),
    ] {
        assert_eq!(matches(query, &run()), expected, "{query}");
    }
}

#[test]
fn an_unfinished_run_is_not_found_among_the_running() {
    let mut run = run();
    run.last_seen_at = run.created_at;
    assert!(matches("status=unfinished", &run));
    assert!(!matches("status=running", &run));
}

#[test]
fn a_time_that_is_none_names_the_field() {
    let filter = RunFilter::from_pairs([("since", "soon")]);
    let error = filter.compile(Timestamp(0), 0).unwrap_err();
    assert_eq!((error.field, error.value.as_str()), ("since", "soon"));
    let filter = RunFilter::from_pairs([("longer", "2026-11-21")]);
    assert_eq!(filter.compile(Timestamp(0), 0).unwrap_err().field, "longer");
}

#[test]
fn pairs_read_back() {
    let filter = RunFilter::from_pairs([
        ("status", "failed,running"),
        ("tag", "a=b"),
        ("since", "1d"),
        ("longer", "10m"),
        ("shorter", "2h"),
        ("tab", "logs"),
    ]);
    let pairs = filter.to_pairs();
    assert_eq!(
        RunFilter::from_pairs(pairs.iter().map(|(key, value)| (*key, value.as_str()))),
        filter
    );
}
