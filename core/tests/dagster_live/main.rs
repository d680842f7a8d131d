//! The adapter against a real dagster-webserver with runs of tests/dagster/defs.py, through the bridge's proxy (`cargo xtask test --only dagster` starts
//! all of it): RUNBOARD_DAGSTER is where it is reached, RUNBOARD_DAGSTER_LOCKED a read-only webserver over the same DAGSTER_HOME with a path prefix,
//! RUNBOARD_DAGSTER_PLUS one that wants a token, which the bridge adds, and RUNBOARD_DAGSTER_GATE the same without the bridge.
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
#[path = "../graphql_check/mod.rs"]
mod graphql_check;
mod list;
mod live;
mod page;
mod shape;
mod socket;
mod wire;

use std::collections::BTreeMap;
use std::rc::Rc;

use again::{deleted, launched, lengths, previews, reexecuted};
use ask::{ask, backend, base, got, launch, launch_steps, over, place, read, refused};
use runboard_core::backend::dagster::{Dagster, query};
use runboard_core::backend::{
    Action, Again, Backend as _, BackendError, EventQuery, LogQuery, Topic,
};
use runboard_core::model::{Health, ResumeMode, Standing, Timestamp};
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
        ("blocked_job", json!({}), json!([])),
        ("soft_checks", json!({}), json!([])),
        (
            "retry_job_fails",
            json!({"ops": {"flaky": {"config": {"needs": 9}}}}),
            json!([]),
        ),
    ]
    .into_iter()
    .map(|(job, config, tags)| {
        let name = job.trim_end_matches("_fails");
        (job, launch(name, config, tags))
    })
    .collect();
    let part = launch_steps("fail_job", &["up_a", "up_b", "boom"]);
    let mut jobs = jobs;
    jobs.insert("fail_job_part", part);
    let jobs = jobs;
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
    reexecuted(&jobs);
    lengths(&jobs);
    previews(&jobs);
    deleted(&jobs["ok_job"]);
}

#[test]
fn a_list_has_more_than_rows() {
    list::numbers_lanes_and_figures();
}

#[test]
fn values_are_completed() {
    list::completed();
}

#[test]
fn partitions_run_together_are_a_backfill() {
    list::backfilled();
}

#[test]
fn a_run_of_another_system_says_so() {
    page::managed();
}

#[test]
fn a_page_takes_one_request() {
    page::requests();
}

#[test]
fn what_was_planned_and_not_made_is_listed() {
    page::planned();
}

#[test]
fn a_run_that_fails_before_its_steps_tells_why() {
    page::lost();
}

#[test]
fn runs_are_made_of_jobs() {
    launched();
}

#[test]
fn a_run_is_followed_by_websocket_and_without() {
    live::followed_by_socket();
}

#[test]
fn a_log_outlives_its_webserver() {
    live::followed_through_a_death();
}

/// A wrong field fails here and not at a user's.
#[test]
fn the_servers_own_schema_has_all_that_is_asked() {
    let told = ask(graphql_check::schema::ASK, json!({}));
    let schema = graphql_check::Schema::told(&told["data"]["__schema"]);
    // What the tests without a server go by is what this server has.
    let kept = include_str!("../../../tests/fixture/dagster/schema.graphql");
    let kept = graphql_check::Schema::parse(kept);
    for (name, one) in &schema.types {
        if !name.starts_with("__") && kept.types.contains_key(name) {
            assert_eq!(kept.types.get(name), Some(one), "{name}");
        }
    }
    for (name, document) in query::all() {
        let wrong = graphql_check::check(&schema, &document);
        assert_eq!(wrong, [""; 0], "{name}: {document}");
    }
}

#[test]
fn the_source_tells_of_itself_and_of_what_it_allows() {
    let info = got(backend().info());
    assert!(info.version.starts_with("1."), "{}", info.version);
    let can = info.capabilities;
    assert!(can.terminate_safe && can.terminate_immediate && can.delete);
    assert!(can.reexecute && can.resume && can.lineage && can.events);
    assert!(can.launch && can.reexecute_so);
    assert_eq!(can.modes, [ResumeMode::Incomplete, ResumeMode::Assets]);
    assert!(info.server_time > Some(Timestamp(0)));
    let of = |kind: &str, name: &str| {
        let part = |part: &&Health| part.kind == kind && part.name == name;
        info.health.iter().find(part).unwrap().clone()
    };
    let code = of("code location", "defs.py");
    assert_eq!(code.standing, Standing::Good);
    assert!(code.seen_at.is_some());
    let daemon = of("daemon", "QUEUED_RUN_COORDINATOR");
    assert!(
        matches!(daemon.standing, Standing::Good | Standing::Ill),
        "{daemon:?}"
    );
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
        Action::Reexecute(Again::default()),
        Action::Terminate { immediate: false },
        Action::Delete { force: true },
    ] {
        let error = refused(locked.act(&somebody, &action, "k"));
        assert!(
            matches!(error, BackendError::Denied(_)),
            "{action:?} {error}"
        );
    }
    let error = refused(locked.act(nobody, &Action::Reexecute(Again::default()), "k"));
    assert!(matches!(error, BackendError::NotFound(_)), "{error}");
}

/// A deployment's path and a token that the bridge adds, as Dagster+ wants both.
#[test]
fn a_token_is_added_on_the_way() {
    let url = |name: &str| std::env::var(name).unwrap();
    let plus = Dagster::new(&url("RUNBOARD_DAGSTER_PLUS"), Rc::new(Wire));
    assert!(got(plus.info()).version.starts_with("1."));
    let id = launch("ok_job", json!({}), json!([]));
    assert_eq!(got(plus.run(&id)).id, id);
    // Also for websockets.
    let told = live::followed(Rc::new(plus), &id, |_| {});
    assert_eq!((told.losses, told.connections), (0, 1));
    // Without it nobody is let in.
    let bare = Dagster::new(&url("RUNBOARD_DAGSTER_GATE"), Rc::new(Wire));
    // A busy machine may not answer in time; that passes.
    let mut error = refused(bare.info());
    while error.is_passing() {
        error = refused(bare.info());
    }
    assert!(matches!(error, BackendError::SignedOut), "{error}");
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
