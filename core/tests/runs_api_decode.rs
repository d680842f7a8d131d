//! The Runs API's decoder: total, lenient field by field, nothing dropped silently.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use runboard_core::backend::runs_api::{decode, event};
use runboard_core::backend::{BackendError, Topic, Update};
use runboard_core::model::{Level, LogStream, Phase, Timestamp};

#[test]
fn a_minimal_row_is_a_run() {
    let page = decode::run_list(br#"{"runs":[{"id":"r1"}]}"#).unwrap();
    let run = &page.value.items[0];
    assert_eq!(
        (run.id.as_str(), run.phase, run.attempt),
        ("r1", Phase::Unknown, 1)
    );
    assert!(page.problems.is_empty() && page.value.next.is_none() && page.cursor.is_none());
}

#[test]
fn fields_of_another_shape_are_named_and_the_rest_of_the_row_stays() {
    let body = br#"{"runs":[{"id":7,"job":"etl","status":"failed","tags":null,"steps":"many","created_at":"yesterday","exit_code":3},{"id":"b"}],"total":"two"}"#;
    let page = decode::run_list(body).unwrap();
    let run = &page.value.items[0];
    assert_eq!(
        (run.id.as_str(), run.job.as_str(), run.phase, run.exit_code),
        ("7", "etl", Phase::Failed, Some(3))
    );
    assert_eq!(page.value.items.len(), 2);
    let problems = page.problems.join("\n");
    assert!(
        problems.contains("runs[0].steps") && problems.contains("created_at"),
        "{problems}"
    );
    assert!(
        !problems.contains("tags"),
        "null is the same as absent: {problems}"
    );
}

#[test]
fn a_row_without_an_id_is_told_and_shown() {
    let page = decode::run_list(br#"{"runs":[{"job":"x"}]}"#).unwrap();
    assert_eq!(page.value.items.len(), 1);
    assert!(page.problems[0].contains("runs[0].id"));
}

#[test]
fn an_unknown_word_is_unknown_and_kept() {
    let one =
        decode::one_run(br#"{"run":{"id":"a","status":"HIBERNATING"},"cursor":"c"}"#).unwrap();
    assert_eq!(
        (one.value.phase, one.value.raw_status.as_str()),
        (Phase::Unknown, "HIBERNATING")
    );
    assert_eq!(one.cursor.unwrap().0, "c");
}

#[test]
fn a_run_that_shows_no_life_is_not_running() {
    let one = decode::one_run(
        br#"{"run":{"id":"a","status":"running","last_seen_at":"2026-11-21T10:00:00Z"}}"#,
    )
    .unwrap();
    assert!(one.value.is_unfinished());
    assert_eq!(
        (one.value.phase, one.value.raw_status.as_str()),
        (Phase::Unknown, "running")
    );
}

#[test]
fn tags_may_hold_several_values_and_odd_ones() {
    let one =
        decode::one_run(br#"{"run":{"id":"a","tags":{"__proto__":"x","k":["1","2"],"n":3}}}"#)
            .unwrap();
    let expected = [("__proto__", "x"), ("k", "1"), ("k", "2"), ("n", "3")];
    assert_eq!(
        one.value.tags,
        expected.map(|(key, value)| (key.to_string(), value.to_string()))
    );
}

#[test]
fn log_lines_are_read_borrowed_escaped_and_odd() {
    let body = br#"{"first":7,"total":9,"lines":[{"at":"2026-11-21T10:00:00Z","step":"a","stream":"err","text":"ERROR: \"x\""},{"text":""},{"text":5,"level":"warn"}]}"#;
    let batch = decode::log_list(body).unwrap().value;
    assert_eq!(
        (batch.first, batch.total, batch.lines.len()),
        (7, Some(9), 3)
    );
    assert_eq!(batch.lines[0].text, "ERROR: \"x\"");
    assert_eq!(
        (batch.lines[0].stream, batch.lines[0].level),
        (LogStream::Err, Level::Error)
    );
    assert_eq!(batch.lines[0].at, Timestamp::parse("2026-11-21T10:00:00Z"));
    assert_eq!(
        (batch.lines[2].text.as_str(), batch.lines[2].level),
        ("5", Level::Warn)
    );
}

#[test]
fn another_program_is_not_taken_for_this_api() {
    assert!(matches!(
        decode::info(br#"{"hello":"world"}"#),
        Err(BackendError::NotThisApi(_))
    ));
    assert!(matches!(
        decode::info(b"<html>"),
        Err(BackendError::Malformed(_))
    ));
}

#[test]
fn events_become_updates_and_unknown_ones_are_passed_over() {
    let one = |name, data| event::event(name, data, Some("id1")).remove(0);
    let live = one("live", r#"{"server_time":"2026-11-21T10:00:00Z"}"#);
    assert_eq!(
        live.update,
        Update::Live {
            server_time: Timestamp::parse("2026-11-21T10:00:00Z")
        }
    );
    assert_eq!(live.cursor.unwrap().0, "id1");
    let gap = one("gap", r#"{"topic":"run:a:b","reason":"rotated"}"#).update;
    assert_eq!(
        gap,
        Update::Gap {
            topic: Some(Topic::Run("a:b".into())),
            reason: "rotated".into()
        }
    );
    assert_eq!(
        one("end", r#"{"topic":"runs"}"#).update,
        Update::End { topic: Topic::Runs }
    );
    assert_eq!(one("confetti", "{}").update, Update::Beat);
    assert!(matches!(one("runs", "{").update, Update::Problem(_)));
}

proptest! {
    #[test]
    fn no_bytes_make_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::info(&bytes);
        let _ = decode::run_list(&bytes);
        let _ = decode::one_run(&bytes);
        let _ = decode::step_list(&bytes);
        let _ = decode::log_list(&bytes);
    }

    /// Any JSON value in any field of a row: the row is there all the same.
    #[test]
    fn any_value_in_any_field_leaves_the_row(field in 0usize..24, value in 0usize..10) {
        let fields = ["id","job","status","raw_status","created_at","started_at","ended_at","last_seen_at","zone_assumed","attempt","steps","tags",
            "reason","user","host","command","exit_code","root","parent","version","key","attempts","needs","position"];
        let values = ["null","true","-1","1e999","\"x\"","[]","[null]","{}","{\"a\":{}}","18446744073709551616"];
        let row = format!("{{\"marker\":1,\"{}\":{}}}", fields[field], values[value]);
        // 1e999 is no JSON number that anyone can hold; the whole text is refused then.
        if let Ok(page) = decode::run_list(format!("{{\"runs\":[{row}]}}").as_bytes()) {
            prop_assert_eq!(page.value.items.len(), 1);
        } else {
            prop_assert_eq!(values[value], "1e999");
        }
        if let Ok(steps) = decode::step_list(format!("{{\"steps\":[{row}]}}").as_bytes()) {
            prop_assert_eq!(steps.value.len(), 1);
        }
    }
}
