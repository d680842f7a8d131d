//! The adapter against a real dagster-webserver with runs of tests/dagster/defs.py, through the bridge's proxy (`cargo xtask test dagster` starts
//! all of it): RUNBOARD_DAGSTER is where it is reached, RUNBOARD_DAGSTER_LOCKED a read-only webserver over the same DAGSTER_HOME with a path prefix.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod dagster_wire;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use dagster_wire::{Wire, post};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::dagster::{Dagster, query};
use runboard_core::backend::{
    Action, Backend as _, BackendError, Cursor, Decoded, EventQuery, LogQuery, Positioned, Topic,
    Update,
};
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::{
    EventFilter, LogStream, Phase, ResumeMode, Run, RunFilter, Step, Timestamp,
};
use serde_json::{Value, json};

/// A slow machine starts a process for each step.
const PATIENCE: u32 = 600;

fn base() -> String {
    std::env::var("RUNBOARD_DAGSTER").unwrap()
}

fn backend() -> Dagster {
    Dagster::new(&base(), Rc::new(Wire))
}

type Asked<T> = LocalBoxFuture<'static, Result<T, BackendError>>;

fn got<T>(asked: Asked<Decoded<T>>) -> T {
    let answer = asked.now_or_never().unwrap().unwrap();
    assert_eq!(answer.problems, [""; 0]);
    answer.value
}

fn refused<T>(asked: Asked<Decoded<T>>) -> BackendError {
    match asked.now_or_never().unwrap() {
        Err(error) => error,
        Ok(_) => panic!("it was not refused"),
    }
}

/// A question of the tests' own.
fn ask(query: &str, variables: Value) -> Value {
    let url = [base().trim_end_matches('/'), "/graphql"].concat();
    let body = json!({"query": query, "variables": variables});
    serde_json::from_slice(&post(&url, body.to_string()).body).unwrap()
}

fn launch(job: &str, config: Value, tags: Value) -> String {
    let answer = ask(
        "mutation($p:ExecutionParams!){launchRun(executionParams:$p){...on LaunchRunSuccess{run{runId}}...on PythonError{message}}}",
        json!({"p": {
            "selector": {"repositoryLocationName": "defs.py", "repositoryName": "__repository__", "jobName": job},
            "runConfigData": config, "mode": "default", "executionMetadata": {"tags": tags}
        }}),
    );
    let id = answer["data"]["launchRun"]["run"]["runId"].as_str();
    id.unwrap_or_else(|| panic!("{answer}")).to_string()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    panic!("it did not come to be: {what}");
}

fn over(id: &str) -> Run {
    let mut last = None;
    until(id, || {
        let run = backend().run(id).now_or_never().unwrap().unwrap().value;
        let is_over = run.phase.is_terminal();
        last = Some(run);
        is_over
    });
    last.unwrap()
}

fn by_key(steps: Vec<Step>) -> BTreeMap<String, Step> {
    steps
        .into_iter()
        .map(|step| (step.key.clone(), step))
        .collect()
}

fn ids(runs: &[Run]) -> Vec<&str> {
    runs.iter().map(|run| run.id.as_str()).collect()
}

fn read(topic: Topic, after: &[Cursor]) -> Vec<Positioned> {
    let news = backend().watch(&[topic], after).now_or_never().unwrap();
    let news = news.unwrap().map(Result::unwrap).collect::<Vec<_>>();
    news.now_or_never().unwrap()
}

fn place(news: &[Positioned]) -> Vec<Cursor> {
    news.iter()
        .rev()
        .find_map(|one| one.cursor.clone())
        .into_iter()
        .collect()
}

/// The jobs run at once, and every check below is about one of them.
#[test]
fn runs_of_every_shape() {
    let before = place(&read(Topic::Runs, &[]));
    let jobs: BTreeMap<&str, String> = [
        ("ok_job", json!({}), json!([{"key": "who", "value": "a"}])),
        ("fail_job", json!({}), json!([{"key": "who", "value": "b"}])),
        ("retry_job", json!({}), json!([])),
        ("asset_job", json!({}), json!([])),
        ("broken_assets_job", json!({}), json!([])),
        (
            "dynamic_job",
            json!({"ops": {"work": {"config": {"fail": "k2"}}}}),
            json!([]),
        ),
        (
            "slow_job",
            json!({"ops": {"slow_log": {"config": {"seconds": 6}}}}),
            json!([]),
        ),
        ("sleepy_job", json!({}), json!([])),
    ]
    .into_iter()
    .map(|(job, config, tags)| (job, launch(job, config, tags)))
    .collect();
    news_of_the_list(&before, &jobs);
    terminated(&jobs["sleepy_job"]);
    a_live_log(&jobs["slow_job"]);
    for (job, id) in &jobs {
        println!("{job} {id} {:?}", over(id).phase);
    }
    lists(&jobs);
    failed(&jobs["fail_job"]);
    retried(&jobs["retry_job"]);
    dynamic(&jobs["dynamic_job"]);
    assets(&jobs["asset_job"], &jobs["broken_assets_job"]);
    pages(&jobs["ok_job"]);
    captured(&jobs["slow_job"]);
    previews(&jobs);
    deleted(&jobs["ok_job"]);
}

fn news_of_the_list(before: &[Cursor], jobs: &BTreeMap<&str, String>) {
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

fn terminated(id: &str) {
    let backend = backend();
    until("it runs", || got(backend.run(id)).phase == Phase::Running);
    let plan = backend.resume_plan(id, ResumeMode::Incomplete);
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
fn a_live_log(id: &str) {
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

fn lists(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let list = |query: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let answer = backend.list_runs(&RunFilter::from_pairs(pairs), 50, None);
        answer.now_or_never().unwrap().unwrap().value.items
    };
    for (query, expected) in [
        (
            "status=failure",
            vec!["fail_job", "broken_assets_job", "dynamic_job"],
        ),
        ("status=canceled,CANCELING", vec!["sleepy_job"]),
        ("status=failed&job=fail_job", vec!["fail_job"]),
        (
            "job=*_assets_job,s*y_job",
            vec!["broken_assets_job", "sleepy_job"],
        ),
        ("tag=team=core,who=a", vec!["ok_job"]),
        ("tag=who=a,who=b", vec![]),
        ("tag=who", vec!["ok_job", "fail_job"]),
        ("q=retry", vec!["retry_job"]),
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
    // Page by page it is the same list, and no run stands twice.
    let all = list("");
    let (mut paged, mut next, mut total) = (Vec::new(), None, 0);
    loop {
        let page = got(backend.list_runs(&RunFilter::default(), 3, next.as_deref()));
        assert!(page.items.len() <= 3);
        total = page.total.unwrap_or(total);
        paged.extend(page.items);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((ids(&paged), total), (ids(&all), all.len() as u64));
    let some = got(backend.list_runs(&RunFilter::default(), 0, None));
    assert_eq!(some.items.len(), 1, "a limit of 0 would mean all");
}

fn failed(id: &str) {
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
    let detail: Value = serde_json::from_str(events[0].detail.as_deref().unwrap()).unwrap();
    assert!(detail["error"]["stack"].as_array().unwrap().len() > 3);
    assert_eq!(
        detail["failureMetadata"]["metadataEntries"][0]["label"],
        "rows"
    );
    let raw: Value = serde_json::from_str(&got(backend.raw(id))).unwrap();
    assert_eq!(raw["runId"], *id);
}

fn retried(id: &str) {
    let steps = by_key(got(backend().steps(id)));
    let flaky = &steps["flaky"];
    let phases: Vec<Phase> = flaky.attempts.iter().map(|attempt| attempt.phase).collect();
    assert_eq!(phases, [Phase::Failed, Phase::Failed, Phase::Succeeded]);
    let why = flaky.attempts[1].reason.as_deref();
    assert_eq!(why, Some("RuntimeError: flaky attempt 1"));
}

fn dynamic(id: &str) {
    let steps = by_key(got(backend().steps(id)));
    assert_eq!(steps["work[k2]"].phase, Phase::Failed);
    assert_eq!(steps["work[k0]"].phase, Phase::Succeeded);
    assert_eq!(steps["fan_in"].phase, Phase::UpstreamFailed);
    assert_eq!((steps["fan_in"].needs.len(), steps.len()), (4, 6));
}

fn assets(whole: &str, broken: &str) {
    let stats = got(backend().stats(whole));
    let (assets, checks) = (stats.assets.unwrap(), stats.checks.unwrap());
    assert_eq!(
        (assets.materialized, assets.observed, assets.planned),
        (3, 1, 3)
    );
    assert_eq!((checks.passed, checks.failed), (1, 2));
    assert!(stats.queue.is_some() && stats.start.is_some() && stats.execution.is_some());
    let assets = got(backend().stats(broken)).assets.unwrap();
    assert_eq!((assets.materialized, assets.planned), (1, 3));
}

/// However a log is asked for, a line has one number.
fn pages(id: &str) {
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

fn captured(id: &str) {
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

/// The preview is what the server then executes.
fn previews(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let mut made = Vec::new();
    for job in ["fail_job", "dynamic_job", "broken_assets_job"] {
        made.push(resumed(&backend, &jobs[job]));
    }
    // Once more, of what was itself a re-execution.
    for id in &made {
        over(id);
    }
    let again: Vec<String> = made.iter().map(|id| resumed(&backend, id)).collect();
    let family = got(backend.lineage(&again[0]));
    assert_eq!(family.root, jobs["fail_job"]);
    assert_eq!(family.parent.as_deref(), Some(made[0].as_str()));
    assert_eq!(ids(&family.runs), [&jobs["fail_job"], &made[0], &again[0]]);
    for id in &again {
        over(id);
    }
    let stale = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: "1-1".into(),
    };
    assert!(matches!(
        refused(backend.act(&made[0], &stale, "k")),
        BackendError::Refused(_)
    ));
    let whole = got(backend.act(&jobs["ok_job"], &Action::Reexecute, "k"))
        .run
        .unwrap();
    assert_eq!(whole.lineage.parent.as_ref(), Some(&jobs["ok_job"]));
    over(&whole.id);
}

fn resumed(backend: &Dagster, id: &str) -> String {
    let plan = got(backend.resume_plan(id, ResumeMode::Incomplete));
    let mut expected: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| step.plan != PlanVerb::Skip)
        .map(|step| step.key.clone())
        .collect();
    let resume = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: plan.token,
    };
    let made = got(backend.act(id, &resume, "k")).run.unwrap().id;
    let answer = ask(
        "query($r:ID!){runOrError(runId:$r){...on Run{stepKeysToExecute}}}",
        json!({"r": made}),
    );
    let keys = answer["data"]["runOrError"]["stepKeysToExecute"].as_array();
    let mut keys: Vec<String> = keys
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|key| key.as_str().unwrap().to_string())
        .collect();
    expected.sort();
    keys.sort();
    assert_eq!(expected, keys, "of {id}");
    made
}

fn deleted(id: &str) {
    let backend = backend();
    let list = backend.list_runs(&RunFilter::default(), 500, None);
    let before = list.now_or_never().unwrap().unwrap().cursor.unwrap();
    let done = got(backend.act(id, &Action::Delete { force: false }, "k"));
    assert_eq!(done.deleted.as_deref(), Some(id));
    assert!(matches!(
        refused(backend.run(id)),
        BackendError::NotFound(_)
    ));
    let again = backend.act(id, &Action::Delete { force: true }, "k");
    assert!(matches!(refused(again), BackendError::NotFound(_)));
    let news = read(Topic::Runs, &[before]);
    assert!(
        news.iter()
            .any(|one| matches!(one.update, Update::Gap { .. }))
    );
}

/// A wrong field fails here and not at a user's.
#[test]
fn the_server_takes_every_document() {
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (name, document) in query::ALL {
        // As the adapter asks: what a document declares and nothing else.
        let mut variables = json!({});
        let reexecution = json!({"parentRunId": nobody, "strategy": "ALL_STEPS"});
        for (variable, value) in [
            ("$r:", json!(nobody)),
            ("$f:", json!({})),
            ("$l:", json!(1)),
            ("$k:", json!([nobody, "compute_logs", "x"])),
            ("$p:Re", reexecution),
            ("$p:Te", json!("SAFE_TERMINATE")),
        ] {
            if document.contains(variable) {
                variables[&variable[1..2]] = value;
            }
        }
        let answer = ask(document, variables);
        assert!(answer["errors"].is_null(), "{name}: {answer}");
        assert!(answer["data"].is_object(), "{name}: {answer}");
    }
}

#[test]
fn the_source_tells_of_itself_and_of_what_it_allows() {
    let info = got(backend().info());
    assert!(info.version.starts_with("1."), "{}", info.version);
    let can = info.capabilities;
    assert!(can.terminate_safe && can.terminate_immediate && can.delete);
    assert!(can.reexecute && can.resume && can.lineage && can.events);
    assert!(info.server_time > Some(Timestamp(0)));
}

#[test]
fn what_only_reads_says_so() {
    let url = std::env::var("RUNBOARD_DAGSTER_LOCKED").unwrap();
    let locked = Dagster::new(&url, Rc::new(Wire));
    let can = got(locked.info()).capabilities;
    assert!(!can.has_actions() && can.events);
    let nobody = "00000000-0000-0000-0000-000000000000";
    let somebody = launch("ok_job", json!({}), json!([]));
    for action in [
        Action::Reexecute,
        Action::Terminate { immediate: false },
        Action::Delete { force: true },
    ] {
        let error = refused(locked.act(&somebody, &action, "k"));
        assert!(
            matches!(error, BackendError::Denied(_)),
            "{action:?} {error}"
        );
    }
    let error = refused(locked.act(nobody, &Action::Reexecute, "k"));
    assert!(matches!(error, BackendError::NotFound(_)), "{error}");
}

#[test]
fn what_is_not_there_is_not_found() {
    let backend = backend();
    for error in [
        refused(backend.run("nobody")),
        refused(backend.steps("nobody")),
        refused(backend.stats("nobody")),
        refused(backend.lineage("nobody")),
        refused(backend.raw("nobody")),
        refused(backend.logs("nobody", &LogQuery::default())),
        refused(backend.events("nobody", &EventQuery::default())),
    ] {
        assert!(matches!(error, BackendError::NotFound(_)), "{error}");
    }
    let elsewhere = Dagster::new(&[&base(), "../nowhere/"].concat(), Rc::new(Wire));
    println!("{}", refused(elsewhere.info()));
}
