//! One line of executioner's log files.

use runboard_core::model::Timestamp;
use runboard_core::model::time::parse_written;

/// The last line of a try, which executioner writes itself.
pub(super) fn is_trailer(text: &str, job: &str) -> bool {
    let rest = text
        .strip_prefix("Job ")
        .and_then(|rest| rest.strip_prefix(job));
    rest.is_some_and(|rest| {
        [
            ": FAILED",
            ": SUCCESS",
            " timed out after",
            ": TIMEOUT",
            ": ERROR",
        ]
        .iter()
        .any(|word| rest.starts_with(word))
    })
}

pub(super) struct Record<'a> {
    pub(super) at: Timestamp,
    pub(super) level: &'a str,
    pub(super) text: &'a [u8],
}

/// `2026-11-21 01:47:07,854 - INFO - [RUN #1] text`, with and without milliseconds and run.
pub(super) fn record(line: &[u8], offset: i32) -> Option<Record<'_>> {
    let head = std::str::from_utf8(line.get(..19)?).ok()?;
    let mut rest = line.get(19..)?;
    let mut time = head.to_string();
    if let Some(b',') = rest.first() {
        time.push_str(std::str::from_utf8(rest.get(..4)?).ok()?);
        rest = rest.get(4..)?;
    }
    let written = parse_written(&time).filter(|_| head.as_bytes().get(10) == Some(&b' '))?;
    rest = rest.strip_prefix(b" - ")?;
    let end = rest.iter().position(|byte| *byte == b' ')?;
    let level = std::str::from_utf8(rest.get(..end)?).ok()?;
    if !["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(&level) {
        return None;
    }
    let mut text = rest
        .get(end..)?
        .strip_prefix(b" - ")
        .or(rest.get(end..)?.strip_prefix(b" -"))?;
    if let Some(tail) = text.strip_prefix(b"[RUN #")
        && let Some(close) = tail.iter().position(|byte| *byte == b']')
    {
        let behind = tail.get(close + 1..).unwrap_or_default();
        text = behind.strip_prefix(b" ").unwrap_or(behind);
    }
    Some(Record {
        at: written.instant(offset),
        level,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_and_without_milliseconds_and_run() {
        let of = |line: &str| {
            record(line.as_bytes(), -240).map(|record| {
                (
                    record.at.to_string(),
                    record.level.to_string(),
                    String::from_utf8_lossy(record.text).into_owned(),
                )
            })
        };
        let told = |at: &str, level: &str, text: &str| Some((at.into(), level.into(), text.into()));
        assert_eq!(
            of("2026-11-21 01:47:07,854 - INFO - a - b"),
            told("2026-11-21T05:47:07.854000Z", "INFO", "a - b")
        );
        assert_eq!(
            of("2026-11-21 01:47:06 - ERROR - [RUN #1] x"),
            told("2026-11-21T05:47:06.000000Z", "ERROR", "x")
        );
        assert_eq!(
            of("2026-11-21 01:47:06 - INFO - "),
            told("2026-11-21T05:47:06.000000Z", "INFO", "")
        );
        for other in [
            "",
            "  File x",
            "2026-11-21 01:47:06 - LOUD - x",
            "2026-13-21 01:47:06 - INFO - x",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn only_executioners_own_last_line_is_one() {
        assert!(
            is_trailer("Job a: FAILED with exit code 1", "a") && is_trailer("Job a: SUCCESS", "a")
        );
        assert!(is_trailer(
            "Job a timed out after 1 seconds (timeout=1).",
            "a"
        ));
        assert!(!is_trailer("Job ab: SUCCESS", "a") && !is_trailer("Job a: done", "a"));
    }
}
