//! What a record tells that has no place of its own in a run: its retries, and all of its metadata and unknown fields that are no tags.

use serde_json::{Map, Value};

use super::decode::{Times, plain};
use super::run::stage_key;
use super::wire::Summary;
use crate::backend::rows::Facts;

/// Values inside of values that are told apart; what lies deeper is told as JSON.
const DEPTH: usize = 6;
/// More are no reading matter.
const MOST: usize = 200;

impl Summary {
    /// Names and values for people. A value of several is told value by value, as `a.b` and `a[0]`; a list of texts and numbers line by line.
    pub fn facts(&self) -> Facts {
        // Nothing is what a line says that names no number of retries.
        let retries = self.retry_count.map(|count| count.to_string());
        let retries = retries.unwrap_or_else(|| "-".into());
        let mut facts = vec![("retry_count".to_string(), retries)];
        // The run cannot say these times itself.
        let times = Times::of(self);
        let is_mixed = times.mixed();
        for (name, text, is_told) in [
            ("started_at", &self.started_at, times.started.is_some()),
            (
                "ended_at",
                &self.ended_at,
                times.ended.is_some() && !is_mixed,
            ),
        ] {
            let why = match is_mixed {
                true => " (no duration: of begin and end only one has a zone)",
                false => " (cannot be read as a time)",
            };
            if let Some(text) = text.as_ref().filter(|_| !is_told) {
                facts.push((name.into(), [text, why].concat()));
            }
        }
        let further = |(key, value): &(&String, &Value)| !is_told(key, value);
        let metadata = self.metadata.iter().filter(further);
        for (key, value) in metadata.chain(&self.extra) {
            tell(key.clone(), value, DEPTH, &mut facts);
        }
        if facts.len() > MOST {
            facts.truncate(MOST);
            facts.push(("further".into(), "all of it stands on the tab Raw".into()));
        }
        facts
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_null() && !value.is_object() && !value.is_array()
}

/// Whether the run, its steps or its tags show it.
fn is_told(key: &str, value: &Value) -> bool {
    let is_stage = |stage: &Value| {
        let fields: Option<&Map<String, Value>> = stage.as_object();
        fields.is_some_and(|stage| stage_key(stage).is_some())
    };
    match key {
        "job" | "host" | "user" | "parent" | "root" => value.is_string(),
        "command" => value.is_string() || value.is_array(),
        "exit_code" => value.is_i64(),
        "tags" => value.is_object(),
        "stages" => value
            .as_array()
            .is_some_and(|stages| stages.iter().all(is_stage)),
        "recorder" | "cwd" | "pid" => false,
        key if key.starts_with("lost_") => value.as_i64() != Some(0) && is_scalar(value),
        _ => is_scalar(value),
    }
}

fn tell(name: String, value: &Value, depth: usize, facts: &mut Facts) {
    if facts.len() > MOST {
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() && depth > 0 => {
            for (key, value) in fields {
                tell([&name, ".", key].concat(), value, depth - 1, facts);
            }
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(is_scalar) => {
            let lines: Vec<String> = items.iter().cloned().map(plain).collect();
            facts.push((name, lines.join("\n")));
        }
        Value::Array(items) if !items.is_empty() && depth > 0 => {
            for (at, value) in items.iter().enumerate() {
                let name = [&name, "[", &at.to_string(), "]"].concat();
                tell(name, value, depth - 1, facts);
            }
        }
        _ => facts.push((name, plain(value.clone()))),
    }
}
