//! What an event says by names and values: its asset, its partition, its check, and the metadata that user code attached.

use serde_json::{Map, Value};

/// Names and values in the order of the record. `record` is an event with all its own fields (`EVENTS_FULL`).
pub(super) fn facts(record: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let value: Value = serde_json::from_str(record).unwrap_or_default();
    let Value::Object(event) = value else {
        return out;
    };
    let check = event.get("evaluation").and_then(Value::as_object);
    let own = [("assetKey", "asset"), ("partition", "partition")];
    let of_check = [
        ("assetKey", "asset"),
        ("checkName", "check"),
        ("success", "passed"),
        ("severity", "severity"),
        ("description", "description"),
    ];
    for (object, names) in [(Some(&event), &own[..]), (check, &of_check[..])] {
        for (field, name) in names {
            let value = object.and_then(|object| object.get(*field));
            if let Some(value) = value.filter(|value| !value.is_null()) {
                out.push(((*name).to_string(), words(value)));
            }
        }
    }
    entries(&event, &mut out);
    out
}

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
        other => match (rows("path"), rows("records")) {
            (Some(path), _) => join(path, "/"),
            (_, Some(records)) => join(records, "\n"),
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
        for nothing in ["", "7", "{\"metadataEntries\":7}"] {
            assert!(facts(nothing).is_empty());
        }
    }
}
