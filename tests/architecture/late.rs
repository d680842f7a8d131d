//! An adapter that comes later answers for all that an adapter can be asked.

use super::files::{File, all};
use super::none;

fn text<'a>(files: &'a [File], path: &str) -> &'a str {
    files
        .iter()
        .find(|file| file.path == path)
        .map_or("", |file| &file.text)
}

/// Names of the methods of a trait.
fn methods<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let body = text
        .split_once(&format!("pub trait {name} {{"))
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map_or("", |(body, _)| body);
    let starts = body.lines().filter_map(|line| line.strip_prefix("    fn "));
    starts
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect()
}

#[test]
fn a_late_adapter_answers_every_question() {
    let files = all();
    let methods = methods(text(&files, "core/src/backend/mod.rs"), "Backend");
    assert!(
        methods.len() > 10 && methods.contains(&"list_runs"),
        "the trait was not found: {methods:?}"
    );
    let late = text(&files, "core/src/backend/late.rs");
    let silent = methods
        .into_iter()
        .filter(|name| !late.contains(&format!("\n    fn {name}(")));
    none(
        "core/src/backend/late.rs hands every method of Backend on: the trait's own answer would hide what the adapter can do",
        silent.map(String::from).collect(),
    );
}
