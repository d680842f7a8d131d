//! What GraphQL requests do: read, or change something. A request is refused unless it is certain that it reads, and what goes on is written
//! anew from what was understood, so that a server cannot understand something else.

use apollo_parser::cst::{Definition, OperationDefinition, Selection};
use apollo_parser::{Lexer, Parser, TokenKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cursor::decode;

/// Deeper than anybody asks; a parser's stack has an end.
const DEPTH: usize = 200;
const TOKENS: usize = 100_000;

/// Why a request does not pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It changes something; its name.
    Change(String),
    /// It cannot be judged.
    Unclear(String),
}

fn unclear(why: impl Into<String>) -> Refusal {
    Refusal::Unclear(why.into())
}

/// A request as clients send it. Fields that are not known could mean another operation to another server.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    query: String,
    #[serde(rename = "operationName", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<Box<RawValue>>,
    #[serde(default, skip_serializing)]
    extensions: serde_json::Value,
}

impl Operation {
    /// # Errors
    /// It changes something, or it is not certain that it does not.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.extensions.get("persistedQuery").is_some() {
            return Err(unclear(
                "a persisted query is refused, because nobody can see what it does: send the document itself",
            ));
        }
        check_document(&self.query)
    }
}

/// Checks the body of a POST, one operation or a list of them, and writes it anew.
///
/// # Errors
/// It is no such request, or not every operation in it reads.
pub(crate) fn check_body(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let broken = |error: serde_json::Error| unclear(format!("this is no GraphQL request: {error}"));
    if body.trim_ascii_start().first() == Some(&b'[') {
        let batch: Vec<Operation> = serde_json::from_slice(body).map_err(broken)?;
        batch.iter().try_for_each(Operation::check)?;
        return serde_json::to_vec(&batch).map_err(broken);
    }
    let one: Operation = serde_json::from_slice(body).map_err(broken)?;
    one.check()?;
    serde_json::to_vec(&one).map_err(broken)
}

/// Checks the query string of a GET, which nobody may change anything by. `graphql`: this is a place where GraphQL is spoken, so the query
/// must be understood whole; elsewhere only what is a change for certain is refused.
///
/// # Errors
/// As for a body.
pub(crate) fn check_query(query: Option<&str>, graphql: bool) -> Result<(), Refusal> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(());
    };
    let mut documents = 0;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| decode(&text.replace('+', " "));
        let (name, value) = (plain(name), plain(value));
        if !graphql {
            if let Some(value) = value.filter(|value| value.contains("mutation"))
                && let Err(refusal @ Refusal::Change(_)) = check_document(&value)
            {
                return Err(refusal);
            }
            continue;
        }
        let (Some(name), Some(value)) = (name, value) else {
            return Err(unclear("the query string is not percent-encoded UTF-8"));
        };
        match name.as_str() {
            // Some servers take `;` for `&`.
            _ if pair.contains(';') => {
                return Err(unclear(
                    "a `;` in the query string is refused: %3B stands for it",
                ));
            }
            "query" => {
                documents += 1;
                check_document(&value)?;
            }
            "operationName" | "variables" => {}
            _ => {
                return Err(unclear(format!(
                    "a GraphQL request by GET takes query, operationName and variables, not {name}"
                )));
            }
        }
    }
    match documents {
        0 | 1 if graphql => Ok(()),
        _ if graphql => Err(unclear("there is more than one query")),
        _ => Ok(()),
    }
}

/// Checks that all operations of a document read.
fn check_document(document: &str) -> Result<(), Refusal> {
    // Line ends decide where comments end, and not everybody counts these.
    let lone_cr = document.replace("\r\n", "").contains('\r');
    if lone_cr || document.contains(['\0', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(unclear(
            "the document holds characters that are refused: odd line ends, or NUL",
        ));
    }
    let tree = Parser::new(document)
        .recursion_limit(DEPTH)
        .token_limit(TOKENS)
        .parse();
    if let Some(error) = tree.errors().next() {
        return Err(unclear(format!(
            "the document cannot be read: {}",
            error.message()
        )));
    }
    let mut operations = 0;
    for definition in tree.document().definitions() {
        match definition {
            Definition::OperationDefinition(operation) => {
                operations += 1;
                if operation
                    .operation_type()
                    .is_some_and(|kind| kind.mutation_token().is_some())
                {
                    return Err(Refusal::Change(named(&operation)));
                }
            }
            Definition::FragmentDefinition(_) => {}
            _ => return Err(unclear("the document defines types")),
        }
    }
    if operations == 0 {
        return Err(unclear("the document holds no operation"));
    }
    // The same once more, without a parser: the word does not stand where operations begin.
    let mut depth = 0_usize;
    for token in Lexer::new(document) {
        let token = token.map_err(|error| unclear(error.message().to_string()))?;
        match token.kind() {
            TokenKind::LCurly | TokenKind::LParen => depth += 1,
            TokenKind::RCurly | TokenKind::RParen => depth = depth.saturating_sub(1),
            TokenKind::StringValue
                if token.data().contains('\n') && !token.data().starts_with("\"\"\"") =>
            {
                return Err(unclear("a string in the document goes over a line's end"));
            }
            TokenKind::Name if depth == 0 && token.data() == "mutation" => {
                return Err(Refusal::Change("mutation".into()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `mutation deleteRun`, as users know it: its first field.
fn named(operation: &OperationDefinition) -> String {
    let fields = operation
        .selection_set()
        .into_iter()
        .flat_map(|set| set.selections());
    let names: Vec<String> = fields
        .filter_map(|selection| match selection {
            Selection::Field(field) => field.name().map(|name| name.text().to_string()),
            _ => None,
        })
        .take(3)
        .collect();
    format!("mutation {}", names.join(", "))
        .trim_end()
        .chars()
        .take(120)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_only_read_pass() {
        for good in [
            "{ version }",
            "query Q($a: Int = 1) @x { a(b: $a, mutation: \"mutation { x }\") { ...F } } fragment F on T { b }",
            "subscription S { logs { x } }",
            "query mutation_rate { mutation { id } }",
            "# mutation { x }\r\nquery { a }",
            "query { a(b: \"\"\" \\\"\"\" } mutation { x } \"\"\") }",
            "query A { a } query B { b }",
            "\u{feff}{ a }",
        ] {
            assert_eq!(check_document(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn documents_that_change_something_are_named() {
        for (document, name) in [
            ("mutation { deleteRun(id: 1) { id } }", "mutation deleteRun"),
            (
                "mutation M { a: launch b: stop c d }",
                "mutation launch, stop, c",
            ),
            ("query Q { a } mutation M { x }", "mutation x"),
            ("subscription S { a } # x\nmutation M { x }", "mutation x"),
            ("{ a(b: \"#\") } mutation M { x }", "mutation x"),
            ("query Q { a(b: \"\\\\\") } mutation M { x }", "mutation x"),
            (
                "query Q { a(b: \"\"\"\\\\ \"\"\") } mutation M { x }",
                "mutation x",
            ),
            ("fragment F on T { a } mutation @x { ...F }", "mutation"),
            (",,\tmutation\n#x\n{x}", "mutation x"),
        ] {
            assert_eq!(
                check_document(document),
                Err(Refusal::Change(name.into())),
                "{document}"
            );
        }
    }

    #[test]
    fn what_cannot_be_judged_does_not_pass() {
        let deep = "{a".repeat(20_000);
        let wide = "{a(b:[".to_string() + &"[".repeat(20_000);
        let long = format!("{{ {} }}", "a ".repeat(200_000));
        for bad in [
            "",
            "# only",
            "{ a",
            "{ a } }",
            "quer { a }",
            "{ a } xyz",
            "{ a } \u{0} { b }",
            "query Q { a } # x\rmutation M { x }",
            "query Q { a } # x\u{2028}mutation M { x }",
            "type T { a: Int }",
            "{ a } extend schema { mutation: M }",
            "fragment F on T { a }",
            "{ a(b: \"x) }",
            "{ a(b: \"\"\" x) }",
            "query mutation { a }",
            "{ a(b: \"x\ny\") }",
            deep.as_str(),
            wide.as_str(),
            long.as_str(),
        ] {
            let short: String = bad.chars().take(60).collect();
            assert!(check_document(bad).is_err(), "{short}");
        }
    }

    #[test]
    fn bodies_are_written_anew_from_what_was_understood() {
        let text =
            |body: &str| check_body(body.as_bytes()).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(
            text(r#" {"operationName": "Q", "variables": {"n": 12345678901234567890123, "x": [1.50]}, "query": "query Q { a }", "extensions": {"t": 1}} "#),
            Ok(r#"{"query":"query Q { a }","operationName":"Q","variables":{"n": 12345678901234567890123, "x": [1.50]}}"#.into())
        );
        assert_eq!(
            text(r#"[{"query": "{ a }"}, {"query": "{ b }", "variables": null}]"#),
            Ok(r#"[{"query":"{ a }"},{"query":"{ b }"}]"#.into())
        );
        for change in [
            r#"{"query": "mutation { x }"}"#,
            r#"{"query": "\u006dutation { x }"}"#,
            r#"{"query": "query Q { a } mutation x { x }", "operationName": "Q"}"#,
            r#"[{"query": "{ a }"}, {"query": "mutation { x }"}]"#,
        ] {
            assert_eq!(
                text(change),
                Err(Refusal::Change("mutation x".into())),
                "{change}"
            );
        }
        for bad in [
            "",
            "{}",
            "[{}]",
            "null",
            "query=mutation{x}",
            r#"{"query": ["{ a }"]}"#,
            r#"{"query": "{ a }", "query": "mutation { x }"}"#,
            r#"{"query": "{ a }", "Query": "mutation { x }"}"#,
            r#"{"query": "{ a }", "mutation": "mutation { x }"}"#,
            r#"{"query": "{ a }", "id": "stored"}"#,
            r#"{"id": "stored"}"#,
            r#"{"query": "{ a }", "extensions": {"persistedQuery": {"sha256Hash": "x"}}}"#,
            r#"{"query": "{ a }"} {"query": "mutation { x }"}"#,
            r#"[[{"query": "{ a }"}]]"#,
        ] {
            assert!(matches!(text(bad), Err(Refusal::Unclear(_))), "{bad}");
        }
    }

    #[test]
    fn by_get_nothing_changes() {
        for (query, place, anywhere) in [
            ("query=%7Ba%7D&operationName=x&variables=%7B%7D", true, true),
            ("query=query+Q+%7Ba%7D", true, true),
            ("", true, true),
            ("query=mutation%7Bx%7D", false, false),
            ("query=%6dutation{x}", false, false),
            ("query=%7Ba%7D&query=mutation%7Bx%7D", false, false),
            ("q=mutation+rate&job=mutation_caller", false, true),
            ("x=1;query=mutation{x}", false, true),
            ("query={a};query=mutation{x}", false, true),
            ("extensions={\"persistedQuery\":{}}", false, true),
            ("id=stored", false, true),
            ("query=%", false, true),
        ] {
            assert_eq!(check_query(Some(query), true).is_ok(), place, "{query}");
            assert_eq!(check_query(Some(query), false).is_ok(), anywhere, "{query}");
        }
    }
}
