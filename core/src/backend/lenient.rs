//! Reading JSON whose shape may differ from what is expected: field by field, and whatever does not fit is named.
//!
//! Everything but long lists is read this way only: one reader for all types is a fraction of the code that a derived one for each would be.

use serde_json::{Map, Value};

use crate::backend::BackendError;
use crate::model::{Span, Timestamp};

/// What could not be read, for people.
pub(super) type Problems = Vec<String>;

/// An object's fields.
pub(super) struct Fields<'a> {
    map: Map<String, Value>,
    /// Where the object stands, for problems.
    what: String,
    problems: &'a mut Problems,
}

/// Reads a time of `field`; one that is none is a problem. The words for `what` it belongs to are made only then.
pub(super) fn instant(
    text: &str,
    field: &str,
    what: &dyn Fn() -> String,
    problems: &mut Problems,
) -> Option<Timestamp> {
    let at = Timestamp::parse(text);
    if at.is_none() {
        problems.push(format!("{}.{field}: {text:?} is no RFC 3339 time", what()));
    }
    at
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Fields<'a> {
    /// Reads an answer.
    ///
    /// # Errors
    /// When the bytes are no JSON.
    pub(super) fn parse(
        bytes: &[u8],
        problems: &'a mut Problems,
    ) -> Result<Fields<'a>, BackendError> {
        let value = serde_json::from_slice(bytes)
            .map_err(|error| BackendError::Malformed(error.to_string()))?;
        Ok(Fields::new(value, "answer".into(), problems))
    }

    pub(super) fn new(value: Value, what: String, problems: &'a mut Problems) -> Fields<'a> {
        let map = match value {
            Value::Object(map) => map,
            other => {
                problems.push(format!(
                    "{what}: expected an object, found {}",
                    kind(&other)
                ));
                Map::new()
            }
        };
        Fields {
            map,
            what,
            problems,
        }
    }

    pub(super) fn wrong(&mut self, name: &str, expected: &str, found: &Value) {
        self.problems.push(format!(
            "{}.{name}: expected {expected}, found {}",
            self.what,
            kind(found)
        ));
    }

    /// The field; null is the same as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    /// A text; a number or a truth value says the same as a text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            other => {
                self.wrong(name, "a text", &other);
                None
            }
        }
    }

    /// As [`Fields::text`]; empty where there is none.
    pub(super) fn word(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// What was not read yet.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.map
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &str) -> Option<i64> {
        let value = self.take(name)?;
        let number = value.as_i64();
        if number.is_none() {
            self.wrong(name, "a whole number", &value);
        }
        number
    }

    /// A count or a position: a whole number from 0.
    pub(super) fn count(&mut self, name: &str) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64();
        if number.is_none() {
            self.wrong(name, "a whole number from 0", &value);
        }
        number
    }

    pub(super) fn small(&mut self, name: &str) -> Option<u32> {
        self.count(name)
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// A length in seconds.
    pub(super) fn seconds(&mut self, name: &str) -> Option<Span> {
        let value = self.take(name)?;
        let seconds = value.as_f64();
        if seconds.is_none() {
            self.wrong(name, "a number of seconds", &value);
        }
        seconds.map(|seconds| Span((seconds * 1e6).round() as i64))
    }

    /// An RFC 3339 instant.
    pub(super) fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        let what = &self.what;
        instant(&text, name, &|| what.clone(), self.problems)
    }

    /// Seconds since 1970, with a fraction.
    pub(super) fn epoch(&mut self, name: &str) -> Option<Timestamp> {
        self.seconds(name).map(|Span(micros)| Timestamp(micros))
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(other) => {
                self.wrong(name, "true or false", &other);
                false
            }
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(other) => {
                self.wrong(name, "a list", &other);
                Vec::new()
            }
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for value in self.list(name) {
            match value {
                Value::String(text) => texts.push(text),
                other => self.wrong(name, "a list of texts", &other),
            }
        }
        texts
    }

    pub(super) fn map(&mut self, name: &str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.wrong(name, "an object", &other);
                Map::new()
            }
        }
    }

    /// The object in a field.
    pub(super) fn object(&mut self, name: &str) -> Option<Fields<'_>> {
        let value = self.take(name)?;
        let what = if self.what == "answer" {
            name.to_string()
        } else {
            format!("{}.{name}", self.what)
        };
        Some(Fields::new(value, what, self.problems))
    }

    /// Reads every row of a list by itself; `read` is told the row's place.
    pub(super) fn rows<T>(&mut self, name: &str, read: fn(&mut Fields<'_>, usize) -> T) -> Vec<T> {
        let mut out = Vec::new();
        self.each(name, &mut |fields, index| out.push(read(fields, index)));
        out
    }

    /// One text of each row of a list; of rows without it, none.
    pub(super) fn column(&mut self, name: &str, field: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.each(name, &mut |fields, _| out.extend(fields.text(field)));
        out
    }

    /// As [`Fields::rows`], once for all types.
    pub(super) fn each(&mut self, name: &str, read: &mut dyn FnMut(&mut Fields<'_>, usize)) {
        for (index, value) in self.list(name).into_iter().enumerate() {
            let what = format!("{name}[{index}]");
            read(&mut Fields::new(value, what, self.problems), index);
        }
    }

    /// Says that a field is not there, and that it is needed.
    pub(super) fn missing(&mut self, name: &str) {
        self.problems.push(format!("{}.{name}: missing", self.what));
    }
}
