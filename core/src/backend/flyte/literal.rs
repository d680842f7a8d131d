//! Values of inputs, from what people type to Flyte's `Literal` and back (`flyteidl2/core/literals.proto`).

use serde_json::Value;

use super::interface;
use crate::backend::slice;
use crate::backend::tasks::TaskInput;
use crate::model::Timestamp;
use crate::store::json::JsonText;

/// `{"literals":[...]}` of typed values. What is empty and has a default is left to the service.
pub(super) fn inputs(values: &[(TaskInput, String)]) -> Result<String, String> {
    let mut json = JsonText::new();
    json.open('{').key("literals").open('[');
    for (input, text) in values {
        let is_text = input.kind.as_deref() == Some("STRING");
        if text.is_empty() && (input.default.is_some() || !is_text) {
            match input.default {
                Some(_) => continue,
                None => return Err(["the input ", &input.name, " has no value"].concat()),
            }
        }
        let value = match input.kind.as_deref() {
            Some(kind) if kind.starts_with("list of ") || kind.starts_with("map of ") => {
                let own: Value =
                    serde_json::from_slice(input.type_json.as_bytes()).unwrap_or_default();
                let given = serde_json::from_slice(text.as_bytes()).map_err(|error| {
                    [&input.name, ": this is no JSON: ", &error.to_string()].concat()
                })?;
                of_type(&own, &given, &input.name)?
            }
            _ => literal(input, text)
                .map_err(|expected| [&input.name, ": ", text, " is not ", expected].concat())?,
        };
        json.open('{').text_field("name", Some(&input.name));
        json.key("value").raw(&value).close('}');
    }
    json.close(']').close('}');
    Ok(json.finish())
}

/// A value as JSON; the error is what was expected.
fn literal(input: &TaskInput, text: &str) -> Result<String, &'static str> {
    let trimmed = text.trim();
    let (name, value) = match input.kind.as_deref() {
        Some("STRING") => ("stringValue", quoted(text)),
        Some("ENUM") if input.choices.iter().any(|choice| choice == text) => {
            ("stringValue", quoted(text))
        }
        Some("ENUM") => return Err("one of its values"),
        Some("INTEGER") => {
            let number: i64 = trimmed.parse().map_err(|_| "a whole number")?;
            // 64 bits are texts in protobuf's JSON.
            ("integer", quoted(&number.to_string()))
        }
        Some("FLOAT") => {
            let number: f64 = trimmed.parse().map_err(|_| "a number")?;
            let word = match (number.is_nan(), number.is_infinite(), number > 0.0) {
                (true, ..) => Some("\"NaN\""),
                (_, true, true) => Some("\"Infinity\""),
                (_, true, false) => Some("\"-Infinity\""),
                _ => None,
            };
            // Digits that JSON does not know (`.5`, `+1`) are written as it does.
            let plain = serde_json::Number::from_f64(number).map(|number| number.to_string());
            let value = word.map(String::from).or(plain);
            ("floatValue", value.unwrap_or_default())
        }
        Some("BOOLEAN") => match trimmed {
            "true" | "yes" => ("boolean", "true".into()),
            "false" | "no" => ("boolean", "false".into()),
            _ => return Err("true or false"),
        },
        Some("DATETIME") => {
            let at = Timestamp::parse(trimmed).ok_or("a time such as 2026-11-21T08:00:00Z")?;
            ("datetime", quoted(&at.to_string()))
        }
        Some("DURATION") => {
            let seconds = trimmed.strip_suffix('s').unwrap_or(trimmed);
            let is_number = seconds.parse::<f64>().is_ok_and(f64::is_finite);
            match is_number {
                true => ("duration", quoted(&[seconds, "s"].concat())),
                false => return Err("a number of seconds, such as 90s"),
            }
        }
        Some("NONE") => return Ok(r#"{"scalar":{"noneType":{}}}"#.into()),
        Some("STRUCT") => {
            let value: Value = serde_json::from_slice(trimmed.as_bytes()).unwrap_or_default();
            return match value.is_object() {
                true => Ok([r#"{"scalar":{"generic":"#, trimmed, "}}"].concat()),
                false => Err("a JSON object"),
            };
        }
        _ => {
            let value: Value = serde_json::from_slice(trimmed.as_bytes()).unwrap_or_default();
            return match value.is_object() {
                true => Ok(trimmed.into()),
                false => Err("a Flyte Literal as a JSON object"),
            };
        }
    };
    let mut json = JsonText::new();
    json.open('{')
        .key("scalar")
        .open('{')
        .key("primitive")
        .open('{');
    json.key(name).raw(&value).close('}').close('}').close('}');
    Ok(json.finish())
}

/// A value as JSON has it, made a literal of the type; `place` names it in what is wrong.
fn of_type(own: &Value, given: &Value, place: &str) -> Result<String, String> {
    let mut json = JsonText::new();
    json.open('{');
    if let Some(inner) = own.get("collectionType") {
        let Value::Array(items) = given else {
            return Err([place, ": a JSON list is needed, such as [1, 2]"].concat());
        };
        json.key("collection").open('{').key("literals").open('[');
        for (at, item) in items.iter().enumerate() {
            let place = [place, "[", &at.to_string(), "]"].concat();
            json.raw(&of_type(inner, item, &place)?);
        }
        json.close(']').close('}').close('}');
        return Ok(json.finish());
    }
    if let Some(inner) = own.get("mapValueType") {
        let Value::Object(items) = given else {
            return Err([place, ": a JSON object is needed, such as {\"a\": 1}"].concat());
        };
        json.key("map").open('{').key("literals").open('{');
        for (key, item) in items {
            let place = [place, "[", &quoted(key), "]"].concat();
            json.key(key).raw(&of_type(inner, item, &place)?);
        }
        json.close('}').close('}').close('}');
        return Ok(json.finish());
    }
    let input = TaskInput {
        kind: interface::kind(own),
        choices: interface::choices(own),
        ..TaskInput::default()
    };
    let text = match given {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // A number is no text, and a text no number: what stands there is what is meant.
    let is_text = |kind: &str| matches!(kind, "STRING" | "ENUM" | "DATETIME" | "DURATION");
    let wants_text = input.kind.as_deref().is_some_and(is_text);
    let wrong = |expected: &str| [place, ": ", &given.to_string(), " is not ", expected].concat();
    if wants_text && !given.is_string() {
        return Err(wrong("a text"));
    }
    literal(&input, &text).map_err(wrong)
}

fn quoted(text: &str) -> String {
    let mut json = JsonText::new();
    json.text(text);
    json.finish()
}

/// `{"literals":[...]}` as names and what would be typed.
pub(super) fn values(inputs: &str) -> Vec<(String, String)> {
    let literals = slice::member(inputs, "literals").map(slice::items);
    let value = |one: &str| {
        let name = slice::member(one, "name")?;
        let name: Value = serde_json::from_slice(name.as_bytes()).ok()?;
        Some((
            name.as_str()?.to_string(),
            typed(slice::member(one, "value")?),
        ))
    };
    literals
        .unwrap_or_default()
        .into_iter()
        .filter_map(value)
        .collect()
}

/// A literal as it would be typed; other kinds as they are.
pub(super) fn typed(literal: &str) -> String {
    let value: Value = serde_json::from_slice(literal.as_bytes()).unwrap_or_default();
    let scalar = value.get("scalar");
    let primitive = scalar.and_then(|scalar| scalar.get("primitive")?.as_object());
    let plain = primitive.and_then(|primitive| primitive.values().next());
    match plain.or_else(|| scalar?.get("generic")) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => simple(&value).map_or(literal.into(), |value| value.to_string()),
    }
}

/// A literal as JSON would have it; `None`: JSON has nothing for it.
fn simple(literal: &Value) -> Option<Value> {
    if let Some(list) = literal.get("collection") {
        let items = list.get("literals").and_then(Value::as_array);
        let items: Option<Vec<Value>> = items.into_iter().flatten().map(simple).collect();
        return items.map(Value::Array);
    }
    if let Some(map) = literal.get("map") {
        let items = map.get("literals").and_then(Value::as_object);
        let pair = |(key, value): (&String, &Value)| Some((key.clone(), simple(value)?));
        let items: Option<_> = items.into_iter().flatten().map(pair).collect();
        return items.map(Value::Object);
    }
    let scalar = literal.get("scalar")?;
    if let Some(generic) = scalar.get("generic") {
        return Some(generic.clone());
    }
    let (name, value) = scalar.get("primitive")?.as_object()?.iter().next()?;
    let number = value.as_str().filter(|_| name == "integer");
    let number = number.and_then(|text| text.parse::<i64>().ok());
    Some(number.map_or_else(|| value.clone(), Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: &str, text: &str) -> Result<String, String> {
        let input = TaskInput {
            name: "x".into(),
            kind: Some(kind.into()).filter(|kind: &String| !kind.is_empty()),
            ..TaskInput::default()
        };
        inputs(&[(input, text.into())]).map(|json| {
            let json = json.trim_start_matches(r#"{"literals":[{"name":"x","value":"#);
            json.trim_end_matches("}]}").to_string()
        })
    }

    #[test]
    fn what_was_given_can_be_typed_again() {
        let inputs = r#"{"literals":[{"name":"day","value":{"scalar":{"primitive":{"stringValue":"friday"}}}},{"value":{}},
            {"name":"parts","value":{"collection":{"literals":[]}}}],"context":[]}"#;
        let given = values(inputs);
        assert_eq!(given.len(), 2);
        assert_eq!(given[0], ("day".to_string(), "friday".to_string()));
        assert_eq!(given[1].1, "[]");
        assert_eq!(values("[]"), []);
    }

    #[test]
    fn what_is_typed_is_a_literal_of_its_kind() {
        for (kind, text, json) in [
            ("STRING", "a \"b\"", r#""stringValue":"a \"b\"""#),
            ("STRING", "", r#""stringValue":"""#),
            (
                "INTEGER",
                " 9007199254740993",
                r#""integer":"9007199254740993""#,
            ),
            ("FLOAT", ".5", r#""floatValue":0.5"#),
            ("FLOAT", "inf", r#""floatValue":"Infinity""#),
            ("BOOLEAN", "yes", r#""boolean":true"#),
            ("DURATION", "90", r#""duration":"90s""#),
        ] {
            let made = one(kind, text).unwrap();
            assert!(made.contains(json), "{kind} {text}: {made}");
            let whole: Value = serde_json::from_str(
                &(made.clone()
                    + &"}".repeat(made.matches('{').count() - made.matches('}').count())),
            )
            .unwrap();
            assert!(whole.get("scalar").is_some());
        }
        assert!(
            one("STRUCT", r#"{"a":1}"#)
                .unwrap()
                .contains(r#""generic":{"a":1}"#)
        );
        for (kind, text) in [
            ("INTEGER", "1.5"),
            ("INTEGER", ""),
            ("FLOAT", "x"),
            ("BOOLEAN", "1"),
            ("DATETIME", "noon"),
            ("DURATION", "long"),
            ("STRUCT", "[]"),
            ("", "3"),
        ] {
            assert!(one(kind, text).unwrap_err().contains('x'), "{kind} {text}");
        }
    }

    #[test]
    fn a_default_is_shown_as_it_would_be_typed() {
        for (literal, text) in [
            (
                r#"{"scalar":{"primitive":{"stringValue":"friday"}}}"#,
                "friday",
            ),
            (r#"{"scalar":{"primitive":{"integer":"7"}}}"#, "7"),
            (r#"{"scalar":{"primitive":{"boolean":false}}}"#, "false"),
            (
                r#"{"collection":{"literals":[{"scalar":{"primitive":{"integer":"7"}}}]}}"#,
                "[7]",
            ),
            (
                r#"{"map":{"literals":{"a":{"scalar":{"primitive":{"stringValue":"x"}}}}}}"#,
                r#"{"a":"x"}"#,
            ),
            // What JSON has no form for stays as it is.
            (
                r#"{"collection":{"literals":[{"scalar":{"blob":{}}}]}}"#,
                r#"{"collection":{"literals":[{"scalar":{"blob":{}}}]}}"#,
            ),
        ] {
            assert_eq!(typed(literal), text);
        }
    }

    #[test]
    fn lists_maps_and_enums_are_typed_as_json_and_errors_name_the_place() {
        let given = |own: &str, text: &str| {
            let input = TaskInput {
                name: "x".into(),
                kind: interface::kind(&serde_json::from_str(own).unwrap()),
                choices: interface::choices(&serde_json::from_str(own).unwrap()),
                type_json: own.into(),
                ..TaskInput::default()
            };
            inputs(&[(input, text.into())])
        };
        let list = r#"{"collectionType":{"simple":"INTEGER"}}"#;
        let literals = r#"{"literals":[{"name":"x","value":{"collection":{"literals":[{"scalar":{"primitive":{"integer":"1"}}},{"scalar":{"primitive":{"integer":"2"}}}]}}}]}"#;
        assert_eq!(given(list, "[1, 2]").unwrap(), literals);
        assert_eq!(
            given(list, "[1, 2.5]").unwrap_err(),
            "x[1]: 2.5 is not a whole number"
        );
        assert!(
            given(list, "[1,")
                .unwrap_err()
                .starts_with("x: this is no JSON")
        );
        assert!(
            given(list, "{}")
                .unwrap_err()
                .starts_with("x: a JSON list is needed")
        );
        let map = r#"{"mapValueType":{"collectionType":{"simple":"STRING"}}}"#;
        assert!(
            given(map, r#"{"a":["b"]}"#)
                .unwrap()
                .contains(r#""map":{"literals":{"a":{"collection""#)
        );
        assert_eq!(
            given(map, r#"{"a":[3]}"#).unwrap_err(),
            r#"x["a"][0]: 3 is not a text"#
        );
        let word = r#"{"enumType":{"values":["low","high"]}}"#;
        assert!(
            given(word, "high")
                .unwrap()
                .contains(r#""stringValue":"high""#)
        );
        assert_eq!(
            given(word, "mid").unwrap_err(),
            "x: mid is not one of its values"
        );
    }
}
