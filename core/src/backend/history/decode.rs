//! One line of a run history, read totally: any bytes give a record, nothing (a blank line) or a named fault.
//!
//! A regular line takes the typed path. Only a line that does not fit it is read again as free JSON, field by field, with a warning
//! for each field that had to be mended.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::free_json::free_json;
use super::report::{Fault, Warning};
use super::wire::Summary;
use crate::model::time::{WrittenTime, parse_written};

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    Blank,
    Record {
        summary: Box<Summary>,
        warnings: Vec<Warning>,
    },
    Fault(Fault),
}

/// Reads one line, without its newline. `first`: it stands at the beginning of its file, where a byte order mark may stand.
pub fn line(bytes: &[u8], first: bool) -> Line {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let bytes = if first {
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
    } else {
        bytes
    };
    let mut warnings = Vec::new();
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, Cow::Owned(_)) {
        warnings.push(Warning::InvalidUtf8);
    }
    if text.trim().is_empty() {
        return Line::Blank;
    }
    let summary = match serde_json::from_str::<Regular>(&text) {
        Ok(regular) => regular.into_summary(),
        Err(_) => match free_json(&text, &mut warnings) {
            Ok(Value::Object(fields)) => mend(fields, &mut warnings),
            Ok(_) => return Line::Fault(Fault::NotAnObject),
            Err(fault) => return Line::Fault(fault),
        },
    };
    check(&summary, &mut warnings);
    Line::Record {
        summary: Box::new(summary),
        warnings,
    }
}

/// A line as the format has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regular {
    run_id: String,
    started_at: String,
    #[serde(default)]
    ended_at: Option<String>,
    result: String,
    #[serde(default)]
    failure_reason: Option<String>,
    #[serde(default)]
    stages_executed: Vec<String>,
    #[serde(default)]
    stages_failed: Vec<String>,
    #[serde(default, deserialize_with = "told")]
    retry_count: Option<i64>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

/// A number; a null is none, and makes the line an irregular one.
fn told<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(from).map(Some)
}

impl Regular {
    fn into_summary(self) -> Summary {
        Summary {
            run_id: Some(self.run_id),
            started_at: Some(self.started_at),
            ended_at: self.ended_at,
            result: Some(self.result),
            failure_reason: self.failure_reason,
            stages_executed: self.stages_executed,
            stages_failed: self.stages_failed,
            retry_count: self.retry_count,
            metadata: self.metadata,
            extra: Map::new(),
        }
    }
}

/// Takes what fits out of an object whose shape is not the format's.
fn mend(mut fields: Map<String, Value>, warnings: &mut Vec<Warning>) -> Summary {
    let mut warn = |warning| warnings.push(warning);
    let mut summary = Summary::default();
    let text = |fields: &mut Map<String, Value>,
                name: &'static str,
                warn: &mut dyn FnMut(Warning)| match fields.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => {
            warn(Warning::WrongType(name));
            Some(other.to_string())
        }
    };
    summary.run_id = text(&mut fields, "run_id", &mut warn);
    summary.started_at = text(&mut fields, "started_at", &mut warn);
    summary.ended_at = text(&mut fields, "ended_at", &mut warn);
    // A line without the field is an old writer's; a null says that the writer did not know.
    if fields.get("result").is_some_and(Value::is_null) {
        warn(Warning::NoResult);
    }
    summary.result = text(&mut fields, "result", &mut warn);
    summary.failure_reason = text(&mut fields, "failure_reason", &mut warn);
    let mut list = |fields: &mut Map<String, Value>, name: &'static str| match fields.remove(name) {
        None => Vec::new(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.into_iter().map(plain).collect()
        }
        Some(other) => {
            warn(Warning::WrongType(name));
            match other {
                Value::Array(items) => items.into_iter().map(plain).collect(),
                Value::Null | Value::Object(_) => Vec::new(),
                one => vec![plain(one)],
            }
        }
    };
    summary.stages_executed = list(&mut fields, "stages_executed");
    summary.stages_failed = list(&mut fields, "stages_failed");
    if let Some(value) = fields.remove("retry_count") {
        // -0 is read as a float.
        let zero = value
            .as_f64()
            .filter(|zero| *zero == 0.0 && zero.is_sign_negative());
        summary.retry_count = value.as_i64().or(zero.map(|_| 0)).or_else(|| {
            warn(Warning::WrongType("retry_count"));
            match &value {
                Value::String(text) => text.trim().parse().ok(),
                // A float saturates at the ends of the integers.
                other => other.as_f64().map(|number| number as i64),
            }
        });
    }
    let metadata = fields.remove("metadata");
    if !fields.is_empty() {
        warn(Warning::ExtraFields);
    }
    match metadata {
        None => {}
        Some(Value::Object(metadata)) => summary.metadata = metadata,
        Some(other) => {
            warn(Warning::WrongType("metadata"));
            fields.insert("metadata".into(), other);
        }
    }
    summary.extra = fields;
    summary
}

/// A line as its source keeps it: what is JSON as it stands, anything else as a JSON text of it.
pub fn raw(line: &str) -> String {
    let line = line.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str::<Value>(line) {
        Ok(_) => line.to_string(),
        Err(_) => Value::from(line).to_string(),
    }
}

/// A text as it is, anything else as its JSON.
pub(super) fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The times of a record that can be compared with each other.
pub(super) struct Times {
    pub(super) started: Option<WrittenTime>,
    pub(super) ended: Option<WrittenTime>,
}

impl Times {
    pub(super) fn of(summary: &Summary) -> Times {
        let read = |text: &Option<String>| text.as_deref().and_then(parse_written);
        Times {
            started: read(&summary.started_at),
            ended: read(&summary.ended_at),
        }
    }

    pub(super) fn any_naive(&self) -> bool {
        [self.started, self.ended]
            .into_iter()
            .flatten()
            .any(|time| time.offset_minutes.is_none())
    }

    pub(super) fn mixed(&self) -> bool {
        matches!((self.started, self.ended), (Some(a), Some(b)) if a.offset_minutes.is_some() != b.offset_minutes.is_some())
    }
}

fn check(summary: &Summary, warnings: &mut Vec<Warning>) {
    if summary.run_id.as_ref().is_none_or(String::is_empty) {
        warnings.push(Warning::MissingRunId);
    }
    if summary.started_at.is_none() {
        warnings.push(Warning::MissingStartedAt);
    }
    if summary
        .result
        .as_deref()
        .is_some_and(|word| !matches!(word, "success" | "failed" | "stopped"))
    {
        warnings.push(Warning::UnknownResult);
    }
    for (name, text) in [
        ("started_at", &summary.started_at),
        ("ended_at", &summary.ended_at),
    ] {
        let Some(text) = text else { continue };
        match parse_written(text) {
            // Already said when it was no text at all.
            None if !warnings.contains(&Warning::WrongType(name)) => {
                warnings.push(Warning::BadTimestamp(name))
            }
            Some(_) if !is_rfc3339(text) && !warnings.contains(&Warning::LenientTimestamp) => {
                warnings.push(Warning::LenientTimestamp)
            }
            _ => {}
        }
    }
    let times = Times::of(summary);
    if times.any_naive() {
        warnings.push(Warning::NaiveTimestamp);
    }
    if times.mixed() {
        warnings.push(Warning::MixedTimezones);
    } else if let (Some(started), Some(ended)) = (times.started, times.ended)
        && ended.at < started.at
    {
        warnings.push(Warning::NegativeDuration);
    }
}

/// Whether a readable time is written as RFC 3339 has it, its zone aside.
fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let zone = bytes
        .iter()
        .skip(19)
        .position(|byte| matches!(byte, b'Z' | b'+' | b'-'))
        .map(|at| at + 19);
    bytes.len() >= 19
        && bytes.get(10) == Some(&b'T')
        && bytes.get(16) == Some(&b':')
        && !bytes.iter().any(|byte| matches!(byte, b',' | b'z' | b' '))
        && zone.is_none_or(|at| matches!(bytes.len() - at, 1 | 6))
}
