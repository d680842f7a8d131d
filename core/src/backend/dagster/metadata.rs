//! What an event says by names and values: its asset, its partition, its check, and the metadata that user code attached.

use serde_json::{Map, Value};

use crate::model::Timestamp;

/// Names and values in the order of the record. `record` is an event with all its own fields (`EVENTS_FULL`).
pub(super) fn facts(record: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let value: Value = serde_json::from_str(record).unwrap_or_default();
    let Value::Object(event) = value else {
        return out;
    };
    for (object, names) in PARTS {
        let object = match object {
            "" => Some(&event),
            name => event.get(name).and_then(Value::as_object),
        };
        for (field, name) in names {
            let value = object.and_then(|object| object.get(*field));
            let said = value.map(words).filter(|words| !words.is_empty());
            out.extend(said.map(|said| ((*name).to_string(), said)));
        }
    }
    entries(&event, &mut out);
    let rows = |name: &str| {
        let rows = event.get(name).and_then(Value::as_array);
        rows.into_iter().flatten()
    };
    for tag in rows("tags") {
        let word = |name: &str| tag.get(name).map(words).unwrap_or_default();
        out.push((["tag ", &word("key")].concat(), word("value")));
    }
    for from in rows("assetLineage") {
        let key = from.get("assetKey").map(words).unwrap_or_default();
        out.push(("made from".into(), key));
    }
    out
}

/// The fields of an event's own record, then of an object in it, that are worth a name; each has the names of its own type only.
const PARTS: [(&str, &[(&str, &str)]); 6] = [
    (
        "",
        &[
            ("assetKey", "asset"),
            ("checkedAsset", "asset"),
            ("checkName", "check"),
            ("partition", "partition"),
            ("materializationFailureType", "failure"),
            ("materializationFailureReason", "reason"),
            ("errorSource", "error source"),
            ("secondsToWait", "waits for (s)"),
            ("outputName", "output"),
            ("inputName", "input"),
            ("managerKey", "manager"),
            ("upstreamStepKey", "upstream step"),
            ("upstreamOutputName", "upstream output"),
            ("description", "description"),
            ("pid", "process"),
            ("externalUrl", "output at"),
            ("externalStdoutUrl", "stdout at"),
            ("externalStderrUrl", "stderr at"),
        ],
    ),
    (
        "evaluation",
        &[
            ("assetKey", "asset"),
            ("partition", "partition"),
            ("checkName", "check"),
            ("success", "passed"),
            ("severity", "severity"),
            ("description", "description"),
            ("targetMaterialization", "materialization checked"),
        ],
    ),
    (
        "expectationResult",
        &[
            ("label", "expectation"),
            ("success", "passed"),
            ("description", "description"),
        ],
    ),
    (
        "operationResult",
        &[("op", "operation"), ("description", "description")],
    ),
    (
        "typeCheck",
        &[
            ("success", "type check passed"),
            ("description", "description"),
        ],
    ),
    (
        "shellCmd",
        &[
            ("stdout", "command for stdout"),
            ("stderr", "command for stderr"),
        ],
    ),
];

/// Lists of metadata stand at several places of a record.
fn entries(object: &Map<String, Value>, out: &mut Vec<(String, String)>) {
    for (key, value) in object {
        match value {
            Value::Array(all) if key == "metadataEntries" => {
                out.extend(all.iter().filter_map(Value::as_object).map(entry));
            }
            Value::Object(inner) => entries(inner, out),
            _ => {}
        }
    }
}

/// An entry's label, and what it says in a field whose name depends on its kind.
fn entry(entry: &Map<String, Value>) -> (String, String) {
    let word = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_own = |key: &str| !["__typename", "label", "description"].contains(&key);
    let said = entry.iter().filter(|(key, _)| is_own(key));
    let mut words: Vec<String> = said.map(|(_, value)| words(value)).collect();
    words.extend([word("description").to_string()]);
    words.retain(|word| !word.is_empty());
    (word("label").to_string(), words.join("\n"))
}

/// A value as text for people: a key by its path, a table by its rows.
fn words(value: &Value) -> String {
    let rows = |key: &str| value.get(key).and_then(Value::as_array);
    let join = |all: &Vec<Value>, by: &str| all.iter().map(words).collect::<Vec<_>>().join(by);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => match (rows("path"), rows("records"), other.get("runId")) {
            (Some(path), ..) => join(path, "/"),
            (_, Some(records), _) => join(records, "\n"),
            // Of a materialization that was checked.
            (.., Some(run)) => {
                let at = other.get("timestamp").and_then(Value::as_f64);
                let at = at.map(|at| Timestamp((at * 1e6) as i64).to_string());
                ["run ", &words(run), ", ", &at.unwrap_or_default()].concat()
            }
            _ => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says_is_read_by_names() {
        let record = r#"{"__typename":"MaterializationEvent","assetKey":{"path":["raw","orders"]},"partition":null,"metadataEntries":[
            {"__typename":"IntMetadataEntry","label":"rows","description":null,"intRepr":"100"},
            {"__typename":"BoolMetadataEntry","label":"fresh","description":"as of today","boolValue":false},
            {"__typename":"TableMetadataEntry","label":"sample","description":null,"table":{"records":["{\"id\": 1}","{\"id\": 2}"],"schema":{"columns":[]}}},
            {"__typename":"SomethingNew","label":"odd","description":null,"parts":[1,{"a":2}]},
            {"__typename":"NullMetadataEntry","label":"nothing","description":null}, 7]}"#;
        let told = facts(record);
        let told: Vec<(&str, &str)> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            told,
            [
                ("asset", "raw/orders"),
                ("rows", "100"),
                ("fresh", "false\nas of today"),
                ("sample", "{\"id\": 1}\n{\"id\": 2}"),
                ("odd", "[1,{\"a\":2}]"),
                ("nothing", ""),
            ]
        );
        let check = r#"{"evaluation":{"assetKey":{"path":["x"]},"checkName":"c","success":false,"severity":"WARN","metadataEntries":[{"label":"n","text":"t"}]}}"#;
        let told = facts(check);
        assert_eq!(told.len(), 5, "{told:?}");
        assert_eq!(told.get(2), Some(&("passed".into(), "false".into())));
        for (record, expected) in [
            (
                r#"{"evaluation":{"assetKey":{"path":["x"]},"checkName":"c","partition":"p","success":true,"targetMaterialization":{"runId":"r","timestamp":1500000000.25}}}"#,
                "asset: x; partition: p; check: c; passed: true; materialization checked: run r, 2017-07-14T02:40:00.250000Z",
            ),
            (
                r#"{"checkedAsset":{"path":["a","b"]},"checkName":"late"}"#,
                "asset: a/b; check: late",
            ),
            (
                r#"{"assetKey":{"path":["a"]},"partition":"p","metadataEntries":[{"label":"rows","intRepr":"1"}],"tags":[{"key":"dagster/code_version","value":"7"}],"assetLineage":[{"assetKey":{"path":["raw"]},"partitions":[]}]}"#,
                "asset: a; partition: p; rows: 1; tag dagster/code_version: 7; made from: raw",
            ),
            (
                r#"{"expectationResult":{"label":"few","success":false,"metadataEntries":[{"label":"n","intRepr":"2"}]}}"#,
                "expectation: few; passed: false; n: 2",
            ),
            (
                r#"{"inputName":"x","managerKey":"io_manager","upstreamStepKey":"up","upstreamOutputName":"result","secondsToWait":null}"#,
                "input: x; manager: io_manager; upstream step: up; upstream output: result",
            ),
        ] {
            let told: Vec<String> = facts(record)
                .into_iter()
                .map(|(name, words)| [name, words].join(": "))
                .collect();
            assert_eq!(told.join("; "), expected);
        }
        for nothing in ["", "7", "{\"metadataEntries\":7}"] {
            assert!(facts(nothing).is_empty());
        }
    }
}
