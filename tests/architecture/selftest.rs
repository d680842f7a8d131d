//! The rules would be worth nothing if they saw nothing: what they must see, and what they must leave alone.

use super::contents::links;
use super::css::{colours, in_rust};
use super::has_word;
use super::rust::{code, paths};

fn used(text: &str, module: &[&str]) -> Vec<String> {
    let module: Vec<String> = module.iter().map(|name| String::from(*name)).collect();
    paths(&code(text), &module, &["runboard_core"])
        .iter()
        .map(|named| format!("{}:{}", named.line, named.path.join("::")))
        .collect()
}

#[test]
fn comments_and_texts_are_no_code() {
    let text = "a /* todo!() /* b */ */ c // todo!()\n\"todo!() \\\" {\" r#\"todo!() \" \"# 'x' '\\'' &'a str";
    let code = code(text);
    assert!(!code.contains("todo"), "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
    assert!(code.contains("a str") && code.contains('c'), "{code}");
}

#[test]
fn paths_are_found_in_every_form() {
    assert_eq!(used("use crate::store::Log;", &[]), ["1:crate::store::Log"]);
    assert_eq!(
        used("\nlet x = crate::net::retry(3);", &[]),
        ["2:crate::net::retry"]
    );
    assert_eq!(used("use super::store;", &["model"]), ["1:crate::store"]);
    assert_eq!(
        used("use super::super::net::sse;", &["backend", "history"]),
        ["1:crate::net::sse"]
    );
    assert_eq!(
        used("use self::wire::Row;", &["backend", "history"]),
        ["1:crate::backend::history::wire::Row"]
    );
    let group = used(
        "use runboard_core::{model::{Run, Step as S}, backend::runs_api::wire};",
        &[],
    );
    let expected = [
        "1:runboard_core::model::Run",
        "1:runboard_core::model::Step",
        "1:runboard_core::backend::runs_api::wire",
    ];
    assert!(
        expected
            .iter()
            .all(|path| group.iter().any(|found| found == path)),
        "{group:?}"
    );
    assert!(used("// use crate::net;\nlet crate_name = \"crate::net\";", &[]).is_empty());
}

#[test]
fn written_out_colours_are_found() {
    let sheet = "a:hover #fade { color: var(--x); }\n/* #fff */\nb { border: 1px solid #FFF; }\nc{background:rgb(1 2 3)}\nd { color: white }";
    let found: Vec<usize> = colours(sheet).into_iter().map(|(line, _)| line).collect();
    assert_eq!(found, [3, 4, 5]);
    assert!(colours("@media (min-width: 40rem) { a { color: color-mix(in oklab, var(--a), var(--b)); white-space: nowrap; } }").is_empty());
    assert!(in_rust("let c = \"#a0b1c2\";").is_some());
    assert!(in_rust("let hash = \"#L120-L140\"; // #fff").is_none());
}

#[test]
fn links_in_code_are_no_links() {
    let text = "[a](one.md) and `[b](two.md)`\n```\n[c](three.md)\n```\n![d](four.png \"words\")";
    let targets: Vec<String> = links(text).into_iter().map(|(_, target)| target).collect();
    assert_eq!(targets, ["one.md", "four.png"]);
}

#[test]
fn words_are_whole_words() {
    assert!(has_word("window.local_storage()", "local_storage"));
    assert!(!has_word("ResponseHead::new()", "Response"));
}
