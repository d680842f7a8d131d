//! Every document that a Dagster webserver is sent, held against the schema that the server itself tells (1.13.27), without a server.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod graphql_check;

use graphql_check::{Schema, asked, check};
use runboard_core::backend::dagster::query;

fn schema() -> Schema {
    Schema::parse(include_str!("../../tests/fixture/dagster/schema.graphql"))
}

#[test]
fn every_document_is_what_the_schema_has() {
    let schema = schema();
    for (name, document) in query::all() {
        assert_eq!(check(&schema, &document), [""; 0], "{name}: {document}");
    }
}

/// An event that is opened tells all that the schema has of its type, but for what is of its run and is told there.
#[test]
fn all_own_fields_of_every_type_of_events_are_asked_for_when_one_is_opened() {
    let schema = schema();
    let all = query::all();
    let (_, document) = all.iter().find(|(name, _)| *name == "events-full").unwrap();
    let asked = asked(&schema, document);
    let of_run = ["runId", "runOrError", "stepStats", "solidHandleID"];
    let is_asked = |of: &String, field: &String| {
        asked
            .iter()
            .any(|(on, name)| name == field && (on == of || schema.types[on].is.contains(of)))
    };
    let events = &schema.types["DagsterRunEvent"].is;
    assert_eq!(events.len(), 43);
    let parts = [
        "AssetCheckEvaluation",
        "ExpectationResult",
        "TypeCheck",
        "FailureMetadata",
    ];
    let mut left = Vec::new();
    for of in events.iter().cloned().chain(parts.map(String::from)) {
        for field in schema.types[&of].fields.keys() {
            if !is_asked(&of, field) && !of_run.contains(&field.as_str()) {
                left.push(format!("{of}.{field}"));
            }
        }
    }
    // The time of the evaluation is that of its event.
    assert_eq!(left, ["AssetCheckEvaluation.timestamp"]);
}

/// What the adapter is measured against reads the same fields.
#[test]
fn the_subscription_that_is_measured_is_the_adapters_own() {
    let measured = include_str!("../../tests/bench/dagster-live.graphql");
    let all = query::all();
    let own = all.iter().find(|(name, _)| *name == "live").unwrap();
    assert_eq!(measured.trim_end(), own.1);
}

/// The check is no check when it finds nothing wrong.
#[test]
fn what_the_schema_does_not_have_is_found() {
    let schema = schema();
    for (document, expected) in [
        ("{versions}", "Query has no field versions"),
        ("{version{a}}", "version has no fields of its own"),
        ("{permissions}", "permissions: which of its fields"),
        (
            "query($r:ID!){runOrError(runId:$r){__typename ...on Run{runId nope}}}",
            "Run has no field nope",
        ),
        (
            "query($r:ID!){runOrError(runId:$r){runId}}",
            "RunOrError has no field runId",
        ),
        (
            "query($r:ID!){runOrError(run:$r){__typename}}",
            "runOrError has no argument run",
        ),
        ("{runOrError{__typename}}", "runOrError needs runId"),
        (
            "query($r:Int!){runOrError(runId:$r){__typename}}",
            "$r is Int! where ID! is taken",
        ),
        (
            "query($r:ID){runOrError(runId:$r){__typename}}",
            "$r is ID where ID! is taken",
        ),
        ("query($r:ID!){version}", "$r is not used"),
        (
            "query($r:ID!){runOrError(runId:$r){...on Job{name}}}",
            "no Job is a RunOrError",
        ),
        ("{version ...X}", "there is no fragment X"),
        (
            "{version}fragment X on Run{runId}",
            "fragment X is not used",
        ),
        (
            "{runOrError(runId:\"r\"){...on Nobody{x}}}",
            "there is no type Nobody",
        ),
        (
            "query($r:ID!){logsForRun(runId:$r){...on EventConnection{events{...on AssetMaterializationPlannedEvent{assetKey{path}}...on AssetCheckEvaluationPlannedEvent{assetKey{path}}}}}}",
            "assetKey is AssetKey and AssetKey!",
        ),
    ] {
        let found = check(&schema, document);
        assert_eq!(
            found.first().map(String::as_str),
            Some(expected),
            "{document}: {found:?}"
        );
    }
}
