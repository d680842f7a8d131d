//! Protobuf's JSON (protobuf.dev/programming-guides/json): what is a default is left out, 64-bit numbers are texts, enums are names or numbers.

use serde_json::Value;

use crate::backend::lenient::Fields;
use crate::model::{Phase, Span};

/// `ActionPhase` by its numbers, without the prefix of its names, and what each means here.
const PHASES: [(&str, Phase); 11] = [
    ("UNSPECIFIED", Phase::Unknown),
    ("QUEUED", Phase::Queued),
    ("WAITING_FOR_RESOURCES", Phase::Waiting),
    ("INITIALIZING", Phase::Starting),
    ("RUNNING", Phase::Running),
    ("SUCCEEDED", Phase::Succeeded),
    ("FAILED", Phase::Failed),
    ("ABORTED", Phase::Canceled),
    ("TIMED_OUT", Phase::TimedOut),
    ("PAUSED", Phase::Paused),
    ("RECOVERED", Phase::Recovered),
];

/// The word of a phase, whether sent by name or number, and what it means; a word that is none of those is unknown.
pub(super) fn phase(fields: &mut Fields<'_>, name: &str) -> (Phase, String) {
    let names: [&str; 11] = PHASES.map(|(word, _)| word);
    let word = fields.enumerated(name, "ACTION_PHASE_", &names);
    let known = PHASES.iter().find(|(name, _)| *name == word);
    (known.map_or(Phase::Unknown, |(_, phase)| *phase), word)
}

/// The number of a phase in `childrenPhaseCounts`.
pub(super) fn numbered(number: &str) -> Phase {
    let number: Option<usize> = number.parse().ok();
    let known = number.and_then(|number| PHASES.get(number));
    known.map_or(Phase::Unknown, |(_, phase)| *phase)
}

pub(super) fn is_terminal(number: usize) -> bool {
    PHASES
        .get(number)
        .is_some_and(|(_, phase)| phase.is_terminal())
}

/// The numbers of phases that a word of a filter means: one of ours, or Flyte's own with or without its prefix, in any case.
pub(super) fn numbers(word: &str) -> Vec<usize> {
    let ours = Phase::from_word(word);
    let bare = match word.get(..13) {
        Some(prefix) if prefix.eq_ignore_ascii_case("ACTION_PHASE_") => word.get(13..),
        _ => None,
    };
    let bare = bare.unwrap_or(word);
    let mut found = Vec::new();
    for (number, (name, phase)) in PHASES.iter().enumerate() {
        if number > 0 && (ours == Some(*phase) || name.eq_ignore_ascii_case(bare)) {
            found.push(number);
        }
    }
    found
}

/// The word for a simple type (`SimpleType`), sent by name or number; a number that is not known stays one.
pub(super) fn simple(sent: Value) -> Option<String> {
    const TYPES: [&str; 10] = [
        "NONE", "INTEGER", "FLOAT", "STRING", "BOOLEAN", "DATETIME", "DURATION", "BINARY", "ERROR",
        "STRUCT",
    ];
    match sent {
        Value::String(word) => Some(word).filter(|word| !word.is_empty()),
        other => {
            let place = other.as_u64()?;
            let known = TYPES.iter().zip(0..).find(|(_, number)| *number == place);
            known.map_or_else(|| Some(place.to_string()), |(word, _)| Some((*word).into()))
        }
    }
}

/// A duration: `1.5s`, at most nine digits behind the point.
pub(super) fn span(text: &str) -> Option<Span> {
    let text = text.strip_suffix('s')?;
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
    let mut micros = 0;
    if part.len() > 9 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut worth = 100_000;
    for digit in part.bytes() {
        micros += i64::from(digit - b'0') * worth;
        worth /= 10;
    }
    Some(Span(
        sign * whole.checked_mul(1_000_000)?.checked_add(micros)?,
    ))
}

impl Fields<'_> {
    /// A whole number, sent as a number or as a text.
    pub(in crate::backend) fn whole(&mut self, name: &str) -> Option<i64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        if number.is_none() {
            self.wrong(name, "a whole number", &value);
        }
        number
    }

    /// The word of an enum without the prefix that all its names have. A number is looked up in `names`, and stays a number where there is none;
    /// what was left out is number 0.
    pub(in crate::backend) fn enumerated(
        &mut self,
        name: &str,
        prefix: &str,
        names: &[&str],
    ) -> String {
        let found = match self.take(name) {
            Some(Value::String(text)) => {
                return text.strip_prefix(prefix).unwrap_or(&text).into();
            }
            Some(other) => other,
            None => Value::from(0),
        };
        let place = found.as_u64().and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| names.get(place)) {
            Some(word) => (*word).into(),
            None => found.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_come_as_texts_and_enums_as_either() {
        let mut problems = Vec::new();
        let value = json!({"a": "9007199254740993", "b": 7, "c": "x", "d": null,
            "e": "ACTION_PHASE_RUNNING", "f": 10, "g": "ACTION_PHASE_NOVEL", "h": 99, "k": "RUNNING"});
        let mut fields = Fields::new(value, "m".into(), &mut problems);
        assert_eq!(fields.whole("a"), Some(9_007_199_254_740_993));
        assert_eq!(fields.whole("b"), Some(7));
        assert_eq!((fields.whole("c"), fields.whole("d")), (None, None));
        for (name, expected, word) in [
            ("e", Phase::Running, "RUNNING"),
            ("f", Phase::Recovered, "RECOVERED"),
            ("g", Phase::Unknown, "NOVEL"),
            ("h", Phase::Unknown, "99"),
            ("k", Phase::Running, "RUNNING"),
            ("absent", Phase::Unknown, "UNSPECIFIED"),
        ] {
            assert_eq!(phase(&mut fields, name), (expected, word.into()));
        }
        assert_eq!(problems, ["m.c: expected a whole number, found a text"]);
    }

    #[test]
    fn simple_types() {
        for (sent, word) in [
            (json!("BOOLEAN"), Some("BOOLEAN")),
            (json!(4), Some("BOOLEAN")),
            (json!(0), Some("NONE")),
            (json!(77), Some("77")),
            (json!("NOVEL"), Some("NOVEL")),
            (json!(""), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            assert_eq!(simple(sent.clone()).as_deref(), word, "{sent}");
        }
    }

    #[test]
    fn durations() {
        for (text, micros) in [
            ("1.5s", Some(1_500_000)),
            ("0s", Some(0)),
            ("-3.000001s", Some(-3_000_001)),
            ("2.123456789s", Some(2_123_456)),
            ("1.0000000001s", None),
            ("1.5", None),
            ("s", None),
            ("--1s", None),
            ("1e3s", None),
            ("99999999999999999s", None),
        ] {
            assert_eq!(span(text).map(|span| span.0), micros, "{text}");
        }
    }

    #[test]
    fn words_of_ours_and_of_flyte() {
        assert_eq!(numbers("canceled"), [7]);
        assert_eq!(numbers("aborted"), [7]);
        assert_eq!(numbers("action_phase_timed_out"), [8]);
        assert_eq!(numbers("Starting"), [3]);
        assert_eq!(numbers("skipped"), [0_usize; 0]);
        assert_eq!(numbered("9"), Phase::Paused);
        assert_eq!(numbered("77"), Phase::Unknown);
    }
}
