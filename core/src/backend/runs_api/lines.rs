//! The lines of a log, read straight into the model: a million of them pass here. Whatever is not as docs/runs-api.yaml has it is left to the
//! lenient reader, which says what.
//!
//! By hand, because derived readers are 15 kB of the wasm: they know every shape of a mistake, and here "something is wrong" is enough.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::decode::line;
use crate::backend::LogBatch;
use crate::model::LogLine;

/// An answer or an event with lines.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) run: String,
    pub(super) cursor: Option<String>,
    pub(super) batch: LogBatch,
}

/// The lines; `None` when something is not as it should be.
pub(super) fn read(bytes: &[u8]) -> Option<Lines> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match Want::Answer.deserialize(&mut reader).ok()? {
        Got::Answer(lines) => reader.end().is_ok().then_some(lines),
        _ => None,
    }
}

/// What is expected next.
#[derive(Clone, Copy)]
enum Want {
    Answer,
    Rows,
    Row,
    /// A text, a number from 0 or null.
    Plain,
}

enum Got<'de> {
    Answer(Lines),
    Rows(Vec<LogLine>),
    Row(LogLine),
    Text(Cow<'de, str>),
    Number(u64),
    Null,
}

fn wrong<T, E: Error>() -> Result<T, E> {
    Err(E::custom(""))
}

impl<'de> DeserializeSeed<'de> for Want {
    type Value = Got<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Got<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Want {
    type Value = Got<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("lines")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Got<'de>, E> {
        Ok(Got::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Got<'de>, E> {
        Ok(Got::Text(Cow::Owned(text.into())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Got<'de>, E> {
        Ok(Got::Number(number))
    }

    fn visit_unit<E: Error>(self) -> Result<Got<'de>, E> {
        Ok(Got::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Got<'de>, E> {
        wrong()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Got<'de>, E> {
        wrong()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Got<'de>, E> {
        wrong()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Got<'de>, A::Error> {
        if !matches!(self, Want::Rows) {
            return wrong();
        }
        let mut rows = Vec::new();
        while let Some(row) = list.next_element_seed(Want::Row)? {
            match row {
                Got::Row(row) => rows.push(row),
                _ => return wrong(),
            }
        }
        Ok(Got::Rows(rows))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Got<'de>, A::Error> {
        match self {
            Want::Answer => answer(map).map(Got::Answer),
            Want::Row => row(map).map(Got::Row),
            Want::Rows | Want::Plain => wrong(),
        }
    }
}

fn answer<'de, A: MapAccess<'de>>(mut map: A) -> Result<Lines, A::Error> {
    let mut lines = Lines::default();
    while let Some(Got::Text(key)) = map.next_key_seed(Want::Plain)? {
        match &*key {
            "lines" => match map.next_value_seed(Want::Rows)? {
                Got::Rows(rows) => lines.batch.lines = rows,
                _ => return wrong(),
            },
            "run" | "cursor" | "first" | "total" => {
                match (&*key, map.next_value_seed(Want::Plain)?) {
                    (_, Got::Null) => {}
                    ("run", Got::Text(run)) => lines.run = run.into_owned(),
                    ("cursor", Got::Text(cursor)) => lines.cursor = Some(cursor.into_owned()),
                    ("first", Got::Number(first)) => lines.batch.first = first,
                    ("total", Got::Number(total)) => lines.batch.total = Some(total),
                    _ => return wrong(),
                }
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    lines.batch.first = lines.batch.first.max(1);
    Ok(lines)
}

fn row<'de, A: MapAccess<'de>>(mut map: A) -> Result<LogLine, A::Error> {
    const FIELDS: [&str; 5] = ["at", "step", "stream", "level", "text"];
    let mut texts: [Cow<'de, str>; 5] = Default::default();
    while let Some(Got::Text(key)) = map.next_key_seed(Want::Plain)? {
        let slot = FIELDS.iter().position(|field| **field == *key);
        match slot.and_then(|slot| texts.get_mut(slot)) {
            Some(slot) => match map.next_value_seed(Want::Plain)? {
                Got::Text(text) => *slot = text,
                Got::Null => {}
                _ => return wrong(),
            },
            None => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    let [at, step, stream, level, text] = texts;
    Ok(line(
        &at,
        step.into_owned(),
        &stream,
        &level,
        text.into_owned(),
    ))
}
