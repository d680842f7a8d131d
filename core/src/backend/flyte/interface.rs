//! What a task takes: the inputs of its interface, and what may be typed for each.

use serde_json::Value;

use super::proto;
use crate::backend::slice;
use crate::backend::tasks::TaskInput;

/// The word for a type: `STRING`, `ENUM`, `list of INTEGER`, `map of list of FLOAT`; `None`: none of those.
pub(super) fn kind(own: &Value) -> Option<String> {
    let inner = |name: &str, words: &str| {
        let inner = own.get(name)?;
        let inner = kind(inner).unwrap_or_else(|| "literals".into());
        Some([words, &inner].concat())
    };
    match own.get("simple") {
        Some(simple) => proto::simple(simple.clone()),
        None if own.get("enumType").is_some() => Some("ENUM".into()),
        None => inner("collectionType", "list of ").or_else(|| inner("mapValueType", "map of ")),
    }
}

/// The values of an enum.
pub(super) fn choices(own: &Value) -> Vec<String> {
    let values = own
        .get("enumType")
        .and_then(|own| own.get("values")?.as_array());
    let texts = values.into_iter().flatten().filter_map(Value::as_str);
    texts.map(String::from).collect()
}

/// The text at a path of names.
fn at<'a>(text: &'a str, path: &[&str]) -> Option<&'a str> {
    path.iter()
        .try_fold(text, |text, name| slice::member(text, name))
}

/// The inputs of a task's interface, with the defaults that stand beside it.
pub(super) fn inputs(spec: &str) -> Vec<TaskInput> {
    let string = |text: Option<&str>| match text.map(|text| serde_json::from_slice(text.as_bytes()))
    {
        Some(Ok(Value::String(text))) => text,
        _ => String::new(),
    };
    let mut defaults: Vec<(String, &str)> = Vec::new();
    for one in slice::member(spec, "defaultInputs")
        .map(slice::items)
        .unwrap_or_default()
    {
        if let Some(parameter) = slice::member(one, "parameter") {
            defaults.push((string(slice::member(one, "name")), parameter));
        }
    }
    let variables = at(spec, &["taskTemplate", "interface", "inputs", "variables"]);
    let mut found = Vec::new();
    for one in variables.map(slice::items).unwrap_or_default() {
        let name = string(slice::member(one, "key"));
        let parameter = defaults.iter().find(|(other, _)| *other == name);
        let parameter = parameter.map_or("", |(_, parameter)| parameter);
        let type_json = at(one, &["value", "type"]).unwrap_or("{}");
        let own: Value = serde_json::from_slice(type_json.as_bytes()).unwrap_or_default();
        let default = slice::member(parameter, "default").map(String::from);
        found.push(TaskInput {
            kind: kind(&own),
            choices: choices(&own),
            type_json: type_json.into(),
            description: string(at(one, &["value", "description"])),
            is_required: default.is_none(),
            default,
            name,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_with_their_defaults() {
        let spec = r#"{"taskTemplate":{"interface":{"inputs":{"variables":[
            {"key":"day","value":{"type":{"simple":"STRING"},"description":"the day"}},
            {"key":"parts","value":{"type":{"collectionType":{"simple":"INTEGER"}}}}]}}},
            "defaultInputs":[{"name":"parts","parameter":{"default":{"collection":{}}}},{"name":"day","parameter":{"required":true}}]}"#;
        let found = inputs(spec);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].kind.as_deref(), found[0].is_required),
            (Some("STRING"), true)
        );
        assert_eq!(found[0].description, "the day");
        assert_eq!(
            (found[1].kind.as_deref(), found[1].is_required),
            (Some("list of INTEGER"), false)
        );
        let of = |text: &str| kind(&serde_json::from_str(text).unwrap());
        let nested = r#"{"mapValueType":{"collectionType":{"enumType":{"values":["a"]}}}}"#;
        assert_eq!(of(nested).as_deref(), Some("map of list of ENUM"));
        assert_eq!(
            of(r#"{"collectionType":{"blob":{}}}"#).as_deref(),
            Some("list of literals")
        );
        assert_eq!(of(r#"{"unionType":{"variants":[]}}"#), None);
        assert_eq!(
            found[1].type_json,
            r#"{"collectionType":{"simple":"INTEGER"}}"#
        );
        assert_eq!(found[1].default.as_deref(), Some(r#"{"collection":{}}"#));
        assert!(inputs("{}").is_empty());
    }
}
