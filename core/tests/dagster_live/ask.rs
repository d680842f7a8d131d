//! Questions of the tests' own, and waiting.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::{Backend as _, BackendError, Cursor, Decoded, Positioned, Topic};
use runboard_core::model::{Run, Step};
use serde_json::{Value, json};

use super::wire::{NoSockets, Wire, post};

/// A slow machine starts a process for each step.
pub(crate) const PATIENCE: u32 = 600;

pub(crate) fn base() -> String {
    std::env::var("RUNBOARD_DAGSTER").unwrap()
}

pub(crate) fn backend() -> Dagster {
    Dagster::new(&base(), Rc::new(Wire))
}

pub(crate) type Asked<T> = LocalBoxFuture<'static, Result<T, BackendError>>;

#[track_caller]
pub(crate) fn got<T>(asked: Asked<Decoded<T>>) -> T {
    let answer = asked.now_or_never().unwrap().unwrap();
    assert_eq!(answer.problems, [""; 0]);
    answer.value
}

#[track_caller]
pub(crate) fn refused<T>(asked: Asked<Decoded<T>>) -> BackendError {
    match asked.now_or_never().unwrap() {
        Err(error) => error,
        Ok(_) => panic!("it was not refused"),
    }
}

/// A question of the tests' own.
pub(crate) fn ask(query: &str, variables: Value) -> Value {
    let url = [base().trim_end_matches('/'), "/graphql"].concat();
    let body = json!({"query": query, "variables": variables});
    serde_json::from_slice(&post(&url, body.to_string()).body).unwrap()
}

fn launched(job: &str, mut params: Value) -> String {
    params["selector"] = json!({"repositoryLocationName": "defs.py", "repositoryName": "__repository__", "jobName": job});
    params["mode"] = json!("default");
    let answer = ask(
        "mutation($p:ExecutionParams!){launchRun(executionParams:$p){...on LaunchRunSuccess{run{runId}}...on PythonError{message}}}",
        json!({ "p": params }),
    );
    let id = answer["data"]["launchRun"]["run"]["runId"].as_str();
    id.unwrap_or_else(|| panic!("{answer}")).to_string()
}

pub(crate) fn launch(job: &str, config: Value, tags: Value) -> String {
    let params = json!({"runConfigData": config, "executionMetadata": {"tags": tags}});
    launched(job, params)
}

pub(crate) fn launch_steps(job: &str, steps: &[&str]) -> String {
    launched(job, json!({"runConfigData": {}, "stepKeys": steps}))
}

/// Makes a partition where the keys are not known beforehand.
pub(crate) fn add_partition(set: &str, key: &str) {
    let answer = ask(
        "mutation($s:RepositorySelector!,$n:String!,$k:String!){addDynamicPartition(repositorySelector:$s,partitionsDefName:$n,partitionKey:$k){__typename ...on Error{message}}}",
        json!({"s": {"repositoryLocationName": "defs.py", "repositoryName": "__repository__"}, "n": set, "k": key}),
    );
    let word = answer["data"]["addDynamicPartition"]["__typename"].as_str();
    // Another try may have made it.
    let is_there = |word: &str| {
        matches!(
            word,
            "AddDynamicPartitionSuccess" | "DuplicateDynamicPartitionError"
        )
    };
    assert!(word.is_some_and(is_there), "{answer}");
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    panic!("it did not come to be: {what}");
}

pub(crate) fn over(id: &str) -> Run {
    let mut last = None;
    until(id, || {
        let told = backend().run(id).now_or_never().unwrap().unwrap();
        // A busy server may not tell why it failed when it is asked right behind that: the run says so, and is asked again.
        let is_whole = told.problems.is_empty();
        if !is_whole {
            println!("{id}: {:?}", told.problems);
        }
        let is_over = told.value.phase.is_terminal() && is_whole;
        last = Some(told.value);
        is_over
    });
    last.unwrap()
}

pub(crate) fn by_key(steps: Vec<Step>) -> BTreeMap<String, Step> {
    steps
        .into_iter()
        .map(|step| (step.key.clone(), step))
        .collect()
}

pub(crate) fn ids(runs: &[Run]) -> Vec<&str> {
    runs.iter().map(|run| run.id.as_str()).collect()
}

pub(crate) fn read(topic: Topic, after: &[Cursor]) -> Vec<Positioned> {
    // Readings only: what is pushed has no end of its own.
    let backend = Dagster::new(&base(), Rc::new(NoSockets));
    let news = backend.watch(&[topic], after).now_or_never().unwrap();
    let news = news.unwrap().map(Result::unwrap).collect::<Vec<_>>();
    news.now_or_never().unwrap()
}

pub(crate) fn place(news: &[Positioned]) -> Vec<Cursor> {
    news.iter()
        .rev()
        .find_map(|one| one.cursor.clone())
        .into_iter()
        .collect()
}
