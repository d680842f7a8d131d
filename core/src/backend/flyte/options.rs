//! What a run was started with, and by what: facts of a run that no list has.

use serde_json::{Map, Value};

use super::decode::related;
use super::detail::Whole;
use super::task::schedule;
use crate::backend::lenient::{Fields, Problems};
use crate::model::letter::lowered;

/// `overwriteCache`: `overwrite cache`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// A value for people: `team=data, cost=42`; what has another form as JSON.
fn shown(value: &Value) -> String {
    let pair = |(key, value): (&str, &Value)| [key, "=", &shown(value)].concat();
    let values = |map: &Map<String, Value>| {
        let only = map.get("values").filter(|_| map.len() == 1)?;
        let pairs: Vec<String> = match only {
            Value::Object(own) => own.iter().map(|(key, own)| pair((key, own))).collect(),
            Value::Array(own) => own
                .iter()
                .map(|one| Some(pair((one.get("key")?.as_str()?, one.get("value")?))))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        Some(pairs.join(", "))
    };
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => values(map).unwrap_or_else(|| value.to_string()),
        other => other.to_string(),
    }
}

/// The run's options as the service sends them, each on a line of its own, and what its root tells of where it came from.
pub(super) fn facts(whole: &Whole) -> Vec<(String, String)> {
    let mut problems = Problems::new();
    let mut lines = Vec::new();
    if let Ok(mut fields) = Fields::parse(whole.text.as_bytes(), &mut problems) {
        for (name, value) in fields.map("runSpec") {
            lines.push([&words(&name), ": ", &shown(&value)].concat());
        }
    }
    let mut facts = whole.facts.clone();
    facts.retain(|(name, _)| name != "kind");
    if !lines.is_empty() {
        facts.push(("run options".into(), lines.join("\n")));
    }
    facts
}

/// What an action's metadata tell beside what lists and the tree need.
pub(super) fn further(meta: &mut Fields<'_>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(mut spec) = meta.object("triggerType") {
        let kind = spec.enumerated(
            "type",
            "TYPE_",
            &["UNSPECIFIED", "NONE", "SCHEDULE", "ARTIFACT"],
        );
        let when = schedule(&mut spec).map(|when| [": ", &when].concat());
        let kind = [lowered(&kind), when.unwrap_or_default()].concat();
        facts.push(("trigger type", kind));
    }
    if let Some(mut from) = meta.object("recoveredFrom") {
        facts.push(("recovered from", related(&mut from)));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_as_they_are_sent() {
        let of = |text: &str| shown(&serde_json::from_str(text).unwrap());
        assert_eq!(words("rawDataStorage"), "raw data storage");
        assert_eq!(
            of(r#"{"values":{"cost":"42","team":"data"}}"#),
            "cost=42, team=data"
        );
        assert_eq!(of(r#"{"values":[{"key":"A","value":"b c"}]}"#), "A=b c");
        assert_eq!(of("true"), "true");
        assert_eq!(
            of(r#"{"runAs":{"k8sServiceAccount":"x"}}"#),
            r#"{"runAs":{"k8sServiceAccount":"x"}}"#
        );
        // A form that is not known is not guessed.
        assert_eq!(of(r#"{"values":["a"]}"#), r#"{"values":["a"]}"#);
    }
}
