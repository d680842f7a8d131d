//! One line of `events.jsonl`, as the fold takes it.

use runboard_core::model::Phase;
use runboard_core::model::fold::{EventKind, RunEvent};
use runboard_core::model::time::parse_written;
use serde_json::Value;

use super::plain;

pub(super) enum Line {
    Event(RunEvent),
    Loss(u64, u64),
    /// Blank, or of a kind that a newer recorder may write.
    Nothing,
}

pub(super) fn read_event(offset: u64, line: &[u8]) -> Result<Line, String> {
    let text = String::from_utf8_lossy(line);
    if text.trim().is_empty() {
        return Ok(Line::Nothing);
    }
    let value: Value =
        serde_json::from_str(&text).map_err(|error| format!("cannot be read as JSON ({error})"))?;
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let own = |key: &str| text(key).map(String::from);
    let word = text("status").unwrap_or_default();
    let exit_code = value.get("exit_code").and_then(Value::as_i64);
    let kind = match text("event") {
        Some("run") => EventKind::Run {
            phase: phase(word),
            raw_status: word.into(),
            exit_code,
            reason: own("reason"),
        },
        Some("plan") => {
            let keys = value
                .get("steps")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            EventKind::Plan {
                steps: keys.iter().map(plain).collect(),
            }
        }
        Some("step") => {
            let key = own("step").ok_or("a step event without a step")?;
            let attempt = value
                .get("attempt")
                .and_then(Value::as_u64)
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(1)
                .max(1);
            EventKind::Step {
                key,
                attempt,
                phase: phase(word),
                raw_status: word.into(),
                exit_code,
                reason: own("reason"),
            }
        }
        Some("loss") => {
            let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
            return Ok(Line::Loss(number("lines"), number("bytes")));
        }
        Some(_) => return Ok(Line::Nothing),
        None => return Err("an event without a kind".into()),
    };
    let at = text("at").and_then(parse_written).map(|time| time.at);
    Ok(Line::Event(RunEvent {
        position: offset,
        at,
        kind,
    }))
}

/// Our phase for the recorder's word.
pub(in crate::source) fn phase(word: &str) -> Phase {
    match word {
        "stopped" => Phase::Canceled,
        other => Phase::from_word(other).unwrap_or(Phase::Unknown),
    }
}
