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

mod again;
mod ask;
mod shape;
mod wire;

use std::collections::BTreeMap;
use std::rc::Rc;

use again::{deleted, previews};
use ask::{ask, backend, base, got, launch, over, place, read, refused};
use runboard_core::backend::dagster::{Dagster, query};
use runboard_core::backend::{Action, Backend as _, BackendError, EventQuery, LogQuery, Topic};
use runboard_core::model::Timestamp;
use serde_json::json;
use shape::{
    a_live_log, assets, captured, dynamic, failed, lists, news_of_the_list, pages, retried,
    terminated,
};
use wire::Wire;

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
