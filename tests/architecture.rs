//! The structure of the product, held by tests: who may use whom, how large a file may be, where colours stand, what is
//! forbidden. Each failure names the file, the line and the rule.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::panic)]

#[path = "architecture/contents.rs"]
mod contents;
#[path = "architecture/css.rs"]
mod css;
#[path = "architecture/edges.rs"]
mod edges;
#[path = "architecture/files.rs"]
mod files;
#[path = "architecture/late.rs"]
mod late;
#[path = "architecture/rust.rs"]
mod rust;
#[path = "architecture/selftest.rs"]
mod selftest;

use files::File;

/// Fails with all violations at once.
fn none(rule: &str, violations: Vec<String>) {
    assert!(
        violations.is_empty(),
        "\n{rule}\n  {}\n",
        violations.join("\n  ")
    );
}

fn at(file: &File, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", file.path)
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}
