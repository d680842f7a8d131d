//! The adapter against services of tests/flyte/server.py, which are Connect from Flyte's own descriptors (`cargo xtask test flyte` starts them behind
//! the bridge): RUNBOARD_FLYTE_LAX, _STRICT and _BARE are where they are reached, with _CONTROL behind it where they are themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod acts;
mod ask;
mod lists;
mod logs;
mod runs;
mod scale;
mod tasks;
mod wire;

use acts::{aborts, answers, creates, reruns_and_recovers};
use ask::{Service, on};

/// Everything, once against a service that checks nothing and once against one that checks all it is sent.
fn all(name: &'static str) {
    on(async {
        let service = Service::of(name);
        lists::about(&service).await;
        lists::pages(&service).await;
        lists::filters(&service).await;
        lists::names(&service).await;
        runs::one(&service).await;
        runs::tree(&service).await;
        runs::step(&service).await;
        runs::values(&service).await;
        runs::history(&service).await;
        logs::read(&service).await;
        logs::live(&service).await;
        logs::attempts(&service).await;
        lists::live(&service).await;
        runs::live(&service).await;
        runs::lost_news(&service).await;
        answers(&service).await;
        aborts(&service).await;
        reruns_and_recovers(&service).await;
        creates(&service).await;
        tasks::all(&service).await;
    });
}

#[test]
fn a_service_that_checks_nothing() {
    all("LAX");
}

#[test]
fn a_service_that_checks_all() {
    all("STRICT");
}

#[test]
fn one_project() {
    on(lists::one_project());
}

#[test]
fn of_another_origin() {
    on(lists::elsewhere());
}

/// The runs service alone has no DataProxy; and where a proxy collects streams, the actions are asked for.
#[test]
fn without_values_and_without_streams() {
    on(async {
        let service = Service::of("BARE");
        runs::without_data_proxy(&service).await;
        acts::reruns_without_values(&service).await;
        runs::without_streams(&service).await;
    });
}

#[test]
fn twenty_thousand_actions() {
    on(scale::twenty_thousand());
}

#[test]
fn streams_cut_a_hundred_times() {
    on(scale::cuts());
}
