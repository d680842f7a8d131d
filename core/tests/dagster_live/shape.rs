//! Runs of every shape, each as the adapter shows it.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use runboard_core::backend::{
    Action, Backend as _, BackendError, Cursor, EventQuery, LogQuery, Topic, Update,
};
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{EventFilter, LogStream, Phase, ResumeMode, RunFilter};
use serde_json::Value;

use super::ask::{backend, by_key, got, ids, over, place, read, refused, until};

pub(crate) fn news_of_the_list(before: &[Cursor], jobs: &BTreeMap<&str, String>) {
    let news = read(Topic::Runs, before);
    let runs = news.iter().find_map(|one| match &one.update {
        Update::Runs(runs) => Some(runs),
        _ => None,
    });
    let news_ids = ids(runs.unwrap());
    assert!(jobs.values().all(|id| news_ids.contains(&id.as_str())));
    let is_last = |update: &Update| {
        matches!(
            update,
            Update::Live {
                server_time: Some(_)
            }
        )
    };
    assert!(is_last(&news.last().unwrap().update));
}

pub(crate) fn terminated(id: &str) {
    let backend = backend();
    until("it runs", || got(backend.run(id)).phase == Phase::Running);
    let plan = backend.resume_plan(id, ResumeMode::Incomplete, &[], Profile::Actual);
    assert!(matches!(refused(plan), BackendError::Refused(_)));
    let delete = backend.act(id, &Action::Delete { force: false }, "k");
    assert!(refused(delete).to_string().contains("not over (STARTED)"));
    let done = got(backend.act(id, &Action::Terminate { immediate: false }, "k"));
    assert_eq!(done.run.unwrap().id, id);
    assert_eq!(over(id).phase, Phase::Canceled);
    let again = backend.act(id, &Action::Terminate { immediate: true }, "k");
    let words = refused(again).to_string();
    assert!(words.contains("due to having status CANCELED"), "{words}");
}

/// Followed from its first line to its end, each line comes once.
pub(crate) fn a_live_log(id: &str) {
    let backend = backend();
    let query = LogQuery {
        tail: Some(2),
        ..LogQuery::default()
    };
    let tail = backend.logs(id, &query).now_or_never().unwrap().unwrap();
    let mut numbers: Vec<u64> = (1..=tail.value.total.unwrap()).collect();
    let mut after: Vec<Cursor> = tail.cursor.into_iter().collect();
    let (mut lines, mut phases, mut ended) = (Vec::new(), Vec::new(), false);
    until("the end is told", || {
        let news = read(Topic::Run(id.into()), &after);
        after = place(&news);
        for one in news {
            match one.update {
                Update::Log { batch, .. } => {
                    numbers.extend(batch.first..batch.first + batch.lines.len() as u64);
                    lines.extend(batch.lines);
                }
                Update::Runs(runs) => phases.push(runs[0].phase),
                Update::End { .. } => ended = true,
                _ => {}
            }
        }
        ended
    });
    let all = got(backend.logs(
        id,
        &LogQuery {
            limit: Some(5000),
            ..LogQuery::default()
        },
    ));
    assert_eq!(numbers, (1..=all.lines.len() as u64).collect::<Vec<_>>());
    assert_eq!(all.lines[all.lines.len() - lines.len()..], lines);
    assert_eq!(phases.last(), Some(&Phase::Succeeded));
    let slow = |text: &str| all.lines.iter().any(|line| line.text.starts_with(text));
    assert!(slow("slow line 0 ") && slow("slow line 9 "));
}

pub(crate) fn lists(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let list = |query: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let answer = backend.list_runs(&RunFilter::from_pairs(pairs), 500, None);
        answer.now_or_never().unwrap().unwrap().value.items
    };
    for (query, expected) in [
        (
            "status=failure",
            vec![
                "fail_job",
                "fail_job_part",
                "broken_assets_job",
                "dynamic_job",
                "blocked_job",
                "retry_job_fails",
            ],
        ),
        ("status=canceled,CANCELING", vec!["sleepy_job"]),
        (
            "status=failed&job=fail_job",
            vec!["fail_job", "fail_job_part"],
        ),
        (
            "job=*_assets_job,s*y_job",
            vec!["broken_assets_job", "sleepy_job"],
        ),
        ("tag=team=core,who=a", vec!["ok_job"]),
        ("tag=who=a,who=b", vec!["ok_job", "fail_job"]),
        ("tag=who", vec!["ok_job", "fail_job"]),
        ("job=ok_job,retry*&tag=who=a,who=b", vec!["ok_job"]),
        ("job=nobody*", vec![]),
        ("q=retry", vec!["retry_job", "retry_job_fails"]),
        ("until=1d", vec![]),
        ("since=1h&job=ok_job", vec!["ok_job"]),
        ("status=nonsense", vec![]),
    ] {
        let runs = list(query);
        let mut found = ids(&runs);
        found.retain(|id| jobs.values().any(|own| own == id));
        let mut expected: Vec<&str> = expected.iter().map(|job| jobs[job].as_str()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
    // Page by page it is the same list, and no run stands twice. Other tests launch runs meanwhile.
    // Times are told in whole seconds, so that one may still come which is as new as the newest: then it is read once more.
    until("the list is the same page by page", || {
        let newest = list("")[0].created_at.unwrap().to_string();
        let all = list(&["until=", &newest].concat());
        let filter = RunFilter::from_pairs([("until", newest.as_str())]);
        let (mut paged, mut next, mut total) = (Vec::new(), None, 0);
        loop {
            let page = got(backend.list_runs(&filter, 3, next.as_deref()));
            assert!(page.items.len() <= 3);
            total = page.total.unwrap_or(total);
            paged.extend(page.items);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(all[0].created_at.unwrap().to_string(), newest);
        (ids(&paged), total) == (ids(&all), all.len() as u64)
    });
    let some = got(backend.list_runs(&RunFilter::default(), 0, None));
    assert_eq!(some.items.len(), 1, "a limit of 0 would mean all");
}

pub(crate) fn failed(id: &str) {
    let backend = backend();
    let run = got(backend.run(id));
    let why = "boom: Failure: boom failed on purpose\ncaused by ValueError: inner cause";
    assert_eq!(run.reason.as_deref(), Some(why));
    let steps = got(backend.steps(id));
    let keys: Vec<&str> = steps.iter().map(|step| step.key.as_str()).collect();
    assert_eq!(keys, ["up_a", "up_b", "boom", "side", "down_a", "down_b"]);
    let phases: Vec<Phase> = steps.iter().map(|step| step.phase).collect();
    let (ok, up) = (Phase::Succeeded, Phase::UpstreamFailed);
    assert_eq!(phases, [ok, ok, Phase::Failed, ok, up, up]);
    assert_eq!(steps[2].reason.as_deref(), why.strip_prefix("boom: "));
    assert!(steps[4].reason.as_deref().unwrap().contains("derived"));
    let filter = EventFilter {
        kinds: vec!["STEP_FAILURE".into(), "pipeline_failure".into()],
        ..EventFilter::default()
    };
    let asked = EventQuery {
        filter,
        tail: Some(5),
        ..EventQuery::default()
    };
    let events = got(backend.events(id, &asked)).events;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["STEP_FAILURE", "RUN_FAILURE"]);
    // What it has of its own comes when it is looked at.
    let whole = got(backend.event(id, events[0].n));
    assert_eq!(whole.message, events[0].message);
    assert_eq!(run.reason_event, Some(events[0].n));
    assert_eq!(steps[2].reason_event, run.reason_event);
    let error = whole.error.unwrap();
    let parts: Vec<&str> = error.split("\n\n").collect();
    assert_eq!(Some(parts[0]), why.strip_prefix("boom: "));
    assert!(parts[1].starts_with("Failure: boom failed on purpose\n  File "));
    assert!(parts[2].starts_with("ValueError: inner cause\n  File "));
    let detail: Value = serde_json::from_str(whole.detail.as_deref().unwrap()).unwrap();
    assert!(detail["error"]["stack"].as_array().unwrap().len() > 3);
    assert_eq!(
        detail["failureMetadata"]["metadataEntries"][0]["label"],
        "rows"
    );
    let raw: Value = serde_json::from_str(&got(backend.raw(id))).unwrap();
    assert_eq!(raw["runId"], *id);
}

pub(crate) fn retried(id: &str) {
    let steps = by_key(got(backend().steps(id)));
    let flaky = &steps["flaky"];
    let phases: Vec<Phase> = flaky.attempts.iter().map(|attempt| attempt.phase).collect();
    assert_eq!(phases, [Phase::Failed, Phase::Failed, Phase::Succeeded]);
    let why = flaky.attempts[1].reason.as_deref();
    assert_eq!(why, Some("RuntimeError: flaky attempt 1"));
}

pub(crate) fn dynamic(id: &str) {
    let steps = by_key(got(backend().steps(id)));
    assert_eq!(steps["work[k2]"].phase, Phase::Failed);
    assert_eq!(steps["work[k0]"].phase, Phase::Succeeded);
    assert_eq!(steps["fan_in"].phase, Phase::UpstreamFailed);
    assert_eq!((steps["fan_in"].needs.len(), steps.len()), (4, 6));
}

pub(crate) fn assets(whole: &str, broken: &str) {
    let stats = got(backend().stats(whole));
    let (assets, checks) = (stats.assets.unwrap(), stats.checks.unwrap());
    assert_eq!(
        (assets.materialized, assets.observed, assets.planned),
        (3, 1, 3)
    );
    assert_eq!((checks.passed, checks.failed), (1, 2));
    assert!(stats.queue.is_some() && stats.start.is_some() && stats.execution.is_some());
    // Tables, their columns and where these are from are told when the event is looked at.
    let filter = EventFilter {
        kinds: vec!["ASSET_MATERIALIZATION".into()],
        ..EventFilter::default()
    };
    let asked = EventQuery {
        filter,
        ..EventQuery::default()
    };
    let made = got(backend().events(whole, &asked)).events;
    let event = got(backend().event(whole, made[0].n));
    let detail: Value = serde_json::from_str(event.detail.as_deref().unwrap()).unwrap();
    let entries = detail["metadataEntries"].as_array().unwrap();
    let of = |label: &str| entries.iter().find(|one| one["label"] == label).unwrap();
    let columns = &of("dagster/column_schema")["schema"]["columns"];
    assert_eq!(columns[0]["constraints"]["unique"], true);
    let table = &of("sample")["table"];
    assert_eq!(&table["schema"]["columns"], columns);
    assert!(table["records"][0].as_str().unwrap().contains("2.5"));
    let from = &of("dagster/column_lineage")["lineage"][0];
    assert_eq!(from["columnDeps"][0]["assetKey"]["path"][1], "lines");
    assert_eq!(of("look")["path"], "/notes/orders.ipynb");
    let assets = got(backend().stats(broken)).assets.unwrap();
    assert_eq!((assets.materialized, assets.planned), (1, 3));
}

/// However a log is asked for, a line has one number.
pub(crate) fn pages(id: &str) {
    let backend = backend();
    let all = got(backend.logs(
        id,
        &LogQuery {
            limit: Some(5000),
            ..LogQuery::default()
        },
    ));
    let total = all.lines.len() as u64;
    assert_eq!((all.first, all.total), (1, Some(total)));
    let of = |query: LogQuery| got(backend.logs(id, &query));
    let tail = of(LogQuery {
        tail: Some(5),
        ..LogQuery::default()
    });
    assert_eq!((tail.first, tail.total), (total - 4, Some(total)));
    assert_eq!(tail.lines[..], all.lines[all.lines.len() - 5..]);
    let before = of(LogQuery {
        before: Some(11),
        limit: Some(4),
        ..LogQuery::default()
    });
    assert_eq!((before.first, &before.lines[..]), (7, &all.lines[6..10]));
    let after = of(LogQuery {
        after: Some(3),
        limit: Some(2),
        ..LogQuery::default()
    });
    assert_eq!((after.first, &after.lines[..]), (4, &all.lines[3..5]));
    let step = of(LogQuery {
        step: Some("right".into()),
        limit: Some(5000),
        ..LogQuery::default()
    });
    assert!(step.lines.iter().all(|line| line.step == "right"));
    assert!(step.lines.iter().any(|line| line.text == "right warns"));
    let first = got(backend.events(
        id,
        &EventQuery {
            limit: Some(2),
            ..EventQuery::default()
        },
    ));
    assert_eq!((first.events.len(), first.has_more), (2, true));
    assert_eq!(
        (first.events[0].n, first.events[0].kind.as_str()),
        (1, "RUN_ENQUEUED")
    );
}

pub(crate) fn captured(id: &str) {
    let files = got(backend().files(id));
    assert_eq!(files[0].steps, ["slow_log"]);
    let out = super::wire::get(&files[0].url);
    assert_eq!(out.head.status, 200);
    assert!(String::from_utf8_lossy(&out.body).starts_with("out 0\nout 1\n"));
    for (stream, word) in [(LogStream::Out, "out 0"), (LogStream::Err, "err 0")] {
        let query = LogQuery {
            stream: Some(stream),
            ..LogQuery::default()
        };
        let batch = got(backend().logs(id, &query));
        let line = batch.lines.iter().find(|line| line.text == word).unwrap();
        assert_eq!((line.step.as_str(), line.stream), ("slow_log", stream));
    }
}
