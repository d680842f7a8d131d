//! [`Event`]: what happened in a run, one by one: the lines of `events.jsonl`, or what the line of a history says of its stages.

use std::fs::File;
use std::io;
use std::path::Path;

use runboard_core::model::time::parse_written;
use runboard_core::model::{Phase, Run, Step};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::file::{Position, Stamp, read_at, whole_lines};
use super::folder::phase;

/// Lines beyond this are named and not shown, so that memory stays bounded.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// A record that is nested deeper is given as text: readers of JSON give up at about twice that.
const MAX_DEPTH: usize = 48;

/// One event as it goes over the wire.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    /// Its place among the run's events, from 1.
    pub(crate) n: u64,
    pub(crate) time: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) step: Option<String>,
    pub(crate) attempt: Option<u64>,
    pub(crate) level: Option<&'static str>,
    pub(crate) message: String,
    /// The backend's own record.
    pub(crate) detail: Value,
}

/// Where an event's line is in the file. Who pages through a long history reads few of its lines as JSON.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// The event's number, from 1.
    pub(crate) n: u64,
    offset: u64,
    /// In bytes; `None`: more than are read.
    len: Option<usize>,
}

impl Line {
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn event(self, file: &File) -> io::Result<Event> {
        let Some(len) = self.len else {
            return Ok(of_line(self.n, None));
        };
        let mut bytes = vec![0; len];
        let got = read_at(file, &mut bytes, self.offset)?;
        bytes.truncate(got);
        Ok(of_line(self.n, Some(&bytes)))
    }
}

/// Opens a file of events; none where there is no file. A link is not followed: nothing outside of a source's folder is read.
fn open(path: &Path) -> io::Result<Option<File>> {
    match Stamp::of(path) {
        None => Ok(None),
        Some(_) => File::open(path).map(Some),
    }
}

/// The lines behind `from` that stand for events: all but empty ones. As [`whole_lines`] otherwise.
fn event_lines(
    file: &File,
    from: u64,
    take: &mut dyn FnMut(u64, Option<&[u8]>) -> bool,
) -> io::Result<u64> {
    whole_lines(file, from, MAX_LINE, &mut |offset, line| {
        line.is_some_and(|line| line.trim_ascii().is_empty()) || take(offset, line)
    })
}

/// Where the events before offset `end` are, and the file that holds them; none where there is no file.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn lines(path: &Path, end: u64) -> io::Result<Option<(File, Vec<Line>)>> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let mut lines = Vec::new();
    if end > 0 {
        event_lines(&file, 0, &mut |offset, line| {
            let is_asked_for = offset < end;
            if is_asked_for {
                lines.push(Line {
                    n: lines.len() as u64 + 1,
                    offset,
                    len: line.map(<[u8]>::len),
                });
            }
            is_asked_for
        })?;
    }
    Ok(Some((file, lines)))
}

/// Reads the events behind `from`, of which `before` stand in front of it, and hands them out until `take` gives false.
/// Gives the offset behind the last one that was handed out.
///
/// # Errors
/// The file cannot be read. One that is not there holds nothing.
pub(crate) fn read(
    path: &Path,
    from: u64,
    before: u64,
    take: &mut dyn FnMut(Event) -> bool,
) -> io::Result<u64> {
    let Some(file) = open(path)? else {
        return Ok(from);
    };
    let mut n = before;
    event_lines(&file, from, &mut |_, line| {
        n += 1;
        take(of_line(n, line))
    })
}

/// How many events stand before a position; the file is looked through as far as that.
pub(crate) fn count(path: &Path, at: &Position) -> u64 {
    match lines(path, at.offset) {
        Ok(Some((_, lines))) => lines.len() as u64,
        _ => 0,
    }
}

/// One line of `events.jsonl`; `None` is a line that is too long.
fn of_line(n: u64, line: Option<&[u8]>) -> Event {
    let unreadable = |message: String, detail: Value| Event {
        n,
        time: None,
        kind: "UNREADABLE".into(),
        step: None,
        attempt: None,
        level: Some("warning"),
        message,
        detail,
    };
    let Some(line) = line else {
        return unreadable(
            format!("the line has more than {MAX_LINE} bytes"),
            Value::Null,
        );
    };
    let text = String::from_utf8_lossy(line);
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            return unreadable(
                format!("the line cannot be read as JSON ({error})"),
                Value::from(text),
            );
        }
    };
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    let Some(event) = word("event") else {
        return unreadable("the line has no \"event\"".into(), shallow(value));
    };
    let attempt = value.get("attempt").and_then(Value::as_u64);
    let status = word("status").unwrap_or_default();
    let reason = word("reason").filter(|reason| !reason.is_empty());
    let (kind, level, message) = match event {
        "run" => run(status, attempt.unwrap_or(1), reason),
        "step" => step(
            word("step").unwrap_or("a step"),
            status,
            attempt.unwrap_or(1),
            reason,
        ),
        "plan" => {
            let keys = value.get("steps").and_then(Value::as_array);
            let keys: Vec<&str> = keys
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            ("PLAN".into(), Some("info"), plan(&keys))
        }
        "loss" => {
            let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
            let (lines, bytes) = (number("lines"), number("bytes"));
            let why = reason
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            let message = format!("{lines} lines ({bytes} bytes) could not be recorded{why}");
            ("LOSS".into(), Some("warning"), message)
        }
        other => {
            let said = word("message").or(reason).unwrap_or(other);
            (other.to_uppercase(), None, said.to_string())
        }
    };
    Event {
        n,
        time: word("at")
            .and_then(parse_written)
            .map(|time| time.at.to_string()),
        kind,
        step: word("step").map(String::from),
        attempt,
        level,
        message,
        detail: shallow(value),
    }
}

type Told = (String, Option<&'static str>, String);
/// When, what, which attempt of which step, and the record of it.
type Dated<'a> = (i64, Told, Option<(&'a str, u64)>, Value);

/// Type, level and words of a run's status.
fn run(status: &str, attempt: u64, reason: Option<&str>) -> Told {
    let told = |word: &str| reason.map_or_else(|| word.into(), |why| format!("{word}: {why}"));
    match phase(status) {
        Phase::Running if attempt > 1 => (
            "RUN_START".into(),
            Some("info"),
            format!("the run goes on, attempt {attempt}"),
        ),
        Phase::Running => ("RUN_START".into(), Some("info"), told("the run began")),
        Phase::Succeeded => (
            "RUN_SUCCESS".into(),
            Some("info"),
            told("the run succeeded"),
        ),
        Phase::Failed => ("RUN_FAILURE".into(), Some("error"), told("the run failed")),
        Phase::Canceled => (
            "RUN_CANCELED".into(),
            Some("warning"),
            told("the run was stopped"),
        ),
        _ => ("RUN".into(), None, told(status)),
    }
}

fn step(key: &str, status: &str, attempt: u64, reason: Option<&str>) -> Told {
    let told = |word: &str| {
        let why = reason.map(|why| format!(": {why}")).unwrap_or_default();
        format!("{key} {word}{why}")
    };
    match phase(status) {
        Phase::Running if attempt > 1 => (
            "STEP_RESTARTED".into(),
            Some("info"),
            format!("{key} began again, attempt {attempt}"),
        ),
        Phase::Running => ("STEP_START".into(), Some("info"), told("began")),
        Phase::Succeeded => ("STEP_SUCCESS".into(), Some("info"), told("succeeded")),
        Phase::Failed => ("STEP_FAILURE".into(), Some("error"), told("failed")),
        Phase::Canceled => (
            "STEP_CANCELED".into(),
            Some("warning"),
            told("was canceled"),
        ),
        Phase::Skipped => ("STEP_SKIPPED".into(), Some("info"), told("was skipped")),
        _ => ("STEP".into(), None, told(status)),
    }
}

fn plan(keys: &[&str]) -> String {
    const NAMED: usize = 12;
    let named: Vec<&str> = keys.iter().take(NAMED).copied().collect();
    let rest = match keys.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let s = if keys.len() == 1 { "" } else { "s" };
    format!("{} step{s}: {}{rest}", keys.len(), named.join(", "))
}

/// The record itself, or its text when it is nested so deep that readers of the answer would refuse it.
pub(crate) fn shallow(value: Value) -> Value {
    fn depth(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
            Value::Object(fields) => fields.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }
    if depth(&value) <= MAX_DEPTH {
        value
    } else {
        Value::from(value.to_string())
    }
}

/// What a history's line tells of a run, as events: its beginning, its stages by their times, its end.
pub(crate) fn of_history(run: &Run, steps: &[Step], line: Option<&Value>) -> Vec<Event> {
    let line = line.and_then(Value::as_object);
    let stages = line
        .and_then(|line| line.get("metadata")?.get("stages")?.as_array())
        .map_or(&[][..], Vec::as_slice);
    let mut told: Vec<Dated> = Vec::new();
    for each in steps {
        let mut own = stages.iter().filter(|stage| names(stage, &each.key));
        for attempt in &each.attempts {
            let detail = own.next().cloned().unwrap_or(Value::Null);
            let key = Some((each.key.as_str(), u64::from(attempt.number)));
            let number = u64::from(attempt.number);
            if let Some(at) = attempt.started_at {
                let begin = step(&each.key, "running", number, None);
                told.push((at.0, begin, key, detail.clone()));
            }
            let at = attempt.ended_at.or(attempt.started_at).or(run.ended_at);
            let word = attempt.phase.word();
            let end = step(&each.key, word, number, attempt.reason.as_deref());
            told.push((at.map_or(i64::MAX, |at| at.0), end, key, detail));
        }
        if each.attempts.is_empty() {
            let end = step(&each.key, each.phase.word(), 1, each.reason.as_deref());
            told.push((i64::MAX, end, Some((&each.key, 1)), Value::Null));
        }
    }
    // Stable: what has the same time stays in the order of the stages.
    told.sort_by_key(|(at, ..)| *at);
    let head = || {
        let own = line.into_iter().flatten();
        let plain = own.filter(|(key, _)| *key != "metadata");
        Value::Object(
            plain
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect::<Map<_, _>>(),
        )
    };
    let end = self::run(run.phase.word(), 1, run.reason.as_deref());
    let begin = run.started_at.map_or(i64::MIN, |at| at.0);
    told.insert(0, (begin, self::run("running", 1, None), None, json!({})));
    let ended = run.ended_at.map_or(i64::MAX, |at| at.0);
    told.push((ended, end, None, head()));
    let number = |(index, (at, (kind, level, message), step, detail))| {
        let (at, step): (i64, Option<(&str, u64)>) = (at, step);
        let known = at != i64::MAX && at != i64::MIN;
        Event {
            n: index as u64 + 1,
            time: known.then(|| runboard_core::model::Timestamp(at).to_string()),
            kind,
            step: step.map(|(key, _)| key.to_string()),
            attempt: step.map(|(_, number)| number),
            level,
            message,
            detail: shallow(detail),
        }
    };
    told.into_iter().enumerate().map(number).collect()
}

fn names(stage: &Value, key: &str) -> bool {
    ["stage", "name", "step"]
        .iter()
        .find_map(|field| stage.get(*field)?.as_str())
        == Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_makes_a_panic_and_none_is_dropped() {
        let deep = format!(
            "{{\"event\":\"x\",\"a\":{}1{}}}",
            "[".repeat(100),
            "]".repeat(100)
        );
        for (line, kind) in [
            (
                "{\"event\":\"step\",\"step\":\"a\",\"status\":\"failed\",\"reason\":\"exit code 3\"}",
                "STEP_FAILURE",
            ),
            (
                "{\"event\":\"step\",\"step\":\"a\",\"status\":\"running\",\"attempt\":2}",
                "STEP_RESTARTED",
            ),
            ("{\"event\":\"step\"}", "STEP"),
            ("{\"event\":\"run\",\"status\":\"stopped\"}", "RUN_CANCELED"),
            ("{\"event\":\"run\",\"status\":\"melted\"}", "RUN"),
            ("{\"event\":\"plan\",\"steps\":7}", "PLAN"),
            ("{\"event\":\"loss\",\"lines\":-1}", "LOSS"),
            ("{\"event\":\"check\",\"message\":\"m\"}", "CHECK"),
            (&deep, "X"),
            ("{}", "UNREADABLE"),
            ("[]", "UNREADABLE"),
            ("\u{0}", "UNREADABLE"),
        ] {
            let event = of_line(1, Some(line.as_bytes()));
            assert_eq!(event.kind, kind, "{line}");
            assert!(serde_json::from_str::<Value>(&json!([[event]]).to_string()).is_ok());
        }
        assert_eq!(of_line(1, None).kind, "UNREADABLE");
        assert_eq!(of_line(1, Some(b"\xff{")).level, Some("warning"));
    }
}
