//! Runs that are made of others, and runs that go.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::{Action, Backend as _, BackendError, Topic, Update};
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::{ResumeMode, RunFilter};
use serde_json::json;

use super::ask::{ask, backend, got, ids, over, read, refused};

/// The preview is what the server then executes.
pub(crate) fn previews(jobs: &BTreeMap<&str, String>) {
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

pub(crate) fn resumed(backend: &Dagster, id: &str) -> String {
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

pub(crate) fn deleted(id: &str) {
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
