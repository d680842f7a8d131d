//! JSON as writers in the wild leave it: with tokens that are none, torn, or glued behind what was torn.

use serde_json::Value;

use super::report::{Fault, Warning};

/// JSON with what writers in the wild do to it: Python's bare numbers and halves of characters, and a record glued behind a torn one.
pub(super) fn free_json(text: &str, warnings: &mut Vec<Warning>) -> Result<Value, Fault> {
    let whole = |text: &str| -> Option<(Value, Mended)> {
        if let Ok(value) = serde_json::from_str(text) {
            return Some((value, Mended::default()));
        }
        let (text, mended) = as_json(text)?;
        serde_json::from_str(&text)
            .ok()
            .map(|value| (value, mended))
    };
    let mut found = whole(text).map(|found| (found, false));
    let mut end = text.len();
    // A hostile line costs no more than a few readings of itself.
    let mut left = 8 * text.len();
    while found.is_none()
        && let Some(at) = text.get(..end).and_then(|head| head.rfind("{\"run_id\""))
        && at > 0
        && let Some(tail) = text.get(at..)
        && left >= tail.len()
    {
        // An object inside a torn record is none: what every record has is missing.
        found = whole(tail)
            .filter(|(value, _)| value.get("started_at").is_some())
            .map(|found| (found, true));
        (end, left) = (at, left - tail.len());
    }
    let ((value, mended), salvaged) = found.ok_or(Fault::BadJson)?;
    if mended.numbers {
        warnings.push(Warning::NonJsonNumber);
    }
    if mended.halves && !warnings.contains(&Warning::InvalidUtf8) {
        warnings.push(Warning::InvalidUtf8);
    }
    if salvaged {
        warnings.push(Warning::SalvagedAfterTornWrite);
    }
    Ok(value)
}

/// From `from` on, the first place where a record begins right behind the end of an object, as no JSON text has it: two were written into one line.
pub(super) fn next_record(bytes: &[u8], from: usize) -> Option<usize> {
    let begins = |at: &usize| {
        let (before, behind) = bytes.split_at(*at);
        behind.starts_with(b"{\"run_id\"") && before.trim_ascii_end().ends_with(b"}")
    };
    (from..bytes.len()).find(begins)
}

/// What a text was given that it had not.
#[derive(Clone, Copy, Default)]
struct Mended {
    numbers: bool,
    halves: bool,
}

/// The text with NaN, Infinity and -Infinity outside of strings replaced by null, and with halves of characters in them by U+FFFD; `None` when there
/// are none.
fn as_json(text: &str) -> Option<(String, Mended)> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut mended) = (text, Mended::default());
    while let Some(at) = rest.find(['"', 'N', 'I', '-']) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let token = ["-Infinity", "Infinity", "NaN"]
            .into_iter()
            .find(|token| tail.starts_with(token));
        let len = match token {
            Some(token) => {
                out.push_str("null");
                mended.numbers = true;
                token.len()
            }
            None if tail.starts_with('"') => {
                let len = string_len(tail);
                mended.halves |= whole_characters(tail.get(..len)?, &mut out);
                len
            }
            None => {
                out.push_str(tail.get(..1)?);
                1
            }
        };
        rest = tail.get(len..)?;
    }
    out.push_str(rest);
    (mended.numbers || mended.halves).then_some((out, mended))
}

/// Copies a JSON string without escapes of half a character, which Python writes for bytes that are no text; whether there were any.
fn whole_characters(text: &str, out: &mut String) -> bool {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find('\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let len = match (unit(tail), tail.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => 6,
            // A backslash behind it is no escape's beginning.
            _ if tail.starts_with("\\\\") => 2,
            _ => 1,
        };
        if len == 6 {
            out.push_str("\\ufffd");
            changed = true;
        } else {
            out.push_str(tail.get(..len).unwrap_or_default());
        }
        rest = tail.get(len..).unwrap_or_default();
    }
    out.push_str(rest);
    changed
}

/// The length of the JSON string at the front, quotes included; an unfinished one reaches to the end.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
