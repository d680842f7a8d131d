//! How a pipeline stands by its newest runs: the rules of the project that writes these histories.

use serde_json::Value;

use super::wire::Summary;
use crate::model::{Health, RUN_HEALTH, Standing};

/// Words in a failure's reason that name what no retry mends.
const INFRASTRUCTURE: [&str; 7] = [
    "lock",
    "permission",
    "disk",
    "memory",
    "connection",
    "timeout",
    "infrastructure",
];

/// Why nothing is known of runs where something stands that is none.
pub const NOTHING_READ: &str = "nothing in it could be read as a run";

/// As Python has it, in which these rules are written.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The word and why. `newest`: newest first; five are enough.
pub fn run_health(newest: &[&Summary]) -> (&'static str, String) {
    let has_failed = |run: &&&Summary| run.result.as_deref() == Some("failed");
    let Some(first) = newest.first() else {
        return ("healthy", "there are no runs".into());
    };
    if first.metadata.get("force_lock_clear").is_some_and(is_true) {
        return ("blocked", "the newest run cleared a lock by force".into());
    }
    let reason = first.failure_reason.as_deref().unwrap_or_default();
    let lower = reason.to_ascii_lowercase();
    if has_failed(&first)
        && let Some(word) = INFRASTRUCTURE.iter().find(|word| lower.contains(**word))
    {
        return (
            "blocked",
            format!("the newest run failed by its surroundings ({word}): {reason}"),
        );
    }
    let failed = newest.iter().take(5).filter(has_failed).count();
    if failed >= 3 {
        return ("unstable", format!("{failed} of the newest 5 runs failed"));
    }
    if let [a, b, ..] = newest
        && has_failed(&a)
        && has_failed(&b)
        && let Some(stage) = a
            .stages_failed
            .iter()
            .find(|stage| b.stages_failed.contains(stage))
    {
        return ("degraded", format!("the two newest runs failed in {stage}"));
    }
    ("healthy", String::new())
}

/// The same as a part of the source. `of`: how many runs there are, where that is known; `is_whole`: all of them have been read, else nothing is
/// claimed; `unread`: why there may be runs although none was read, else nothing is claimed either where there is none.
pub fn part(newest: &[&Summary], of: Option<u64>, is_whole: bool, unread: Option<&str>) -> Health {
    let (word, mut why) = run_health(newest);
    let unread = unread.filter(|_| newest.is_empty() && is_whole);
    if let Some(unread) = unread {
        why = unread.into();
    }
    let count = newest.len().min(5).to_string();
    let of = of.map(|of| [" of ", &of.to_string()].concat());
    let over = match newest.len() {
        0 => String::new(),
        1 => "by the newest run".into(),
        _ => [
            "by the newest ",
            &count,
            of.as_deref().unwrap_or(""),
            " runs",
        ]
        .concat(),
    };
    let is_known = is_whole && unread.is_none();
    let (name, standing) = match (newest.is_empty(), is_known, word) {
        (true, false, _) => ("unknown", Standing::Unknown),
        (_, false, word) => (word, Standing::Unknown),
        (_, true, "healthy") => (word, Standing::Good),
        (_, true, word) => (word, Standing::Ill),
    };
    let told = match is_whole {
        true if over.is_empty() => vec![why],
        true => vec![why, over],
        false if over.is_empty() => vec!["no run has been read so far".into()],
        false => vec![why, [&over, " that have been read so far"].concat()],
    };
    let told: Vec<String> = told.into_iter().filter(|words| !words.is_empty()).collect();
    Health {
        kind: RUN_HEALTH.into(),
        name: name.into(),
        standing,
        words: told.join("; "),
        seen_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(result: &str, reason: Option<&str>, failed: &[&str]) -> Summary {
        Summary {
            result: Some(result.into()),
            failure_reason: reason.map(String::from),
            stages_failed: failed.iter().map(|stage| (*stage).into()).collect(),
            ..Summary::default()
        }
    }

    #[test]
    fn the_newest_runs_decide() {
        let ok = run("success", None, &[]);
        let bad = run("failed", Some("no rows"), &["a"]);
        let other = run("failed", Some("no rows"), &["b"]);
        let disk = run("failed", Some("Disk full"), &["a"]);
        let stopped = run("stopped", None, &[]);
        let clearing = |value: Value| {
            let mut run = ok.clone();
            run.metadata.insert("force_lock_clear".into(), value);
            run
        };
        let (cleared, zero, nothing) = (
            clearing(true.into()),
            clearing(0.into()),
            clearing("".into()),
        );
        for (newest, expected) in [
            (vec![], "healthy"),
            (vec![&ok, &bad, &bad], "healthy"),
            (vec![&disk, &ok], "blocked"),
            (vec![&ok, &disk], "healthy"),
            (vec![&cleared], "blocked"),
            (vec![&zero], "healthy"),
            (vec![&nothing], "healthy"),
            (vec![&bad, &bad, &ok], "degraded"),
            (vec![&bad, &other, &ok], "healthy"),
            (vec![&ok, &bad, &bad, &other, &ok], "unstable"),
            (vec![&stopped, &stopped, &stopped], "healthy"),
        ] {
            assert_eq!(run_health(&newest).0, expected, "{newest:?}");
        }
    }
    #[test]
    fn what_was_not_read_to_its_end_is_no_verdict() {
        let ok = run("success", None, &[]);
        let bad = run("failed", Some("no rows"), &["a"]);
        for (newest, of, is_whole, expected) in [
            (
                vec![],
                None,
                false,
                "unknown unknown: no run has been read so far",
            ),
            (vec![], None, true, "healthy good: there are no runs"),
            (vec![&ok], Some(1), true, "healthy good: by the newest run"),
            (
                vec![&ok, &ok, &ok, &ok, &ok],
                Some(18),
                true,
                "healthy good: by the newest 5 of 18 runs",
            ),
            (
                vec![&bad, &bad],
                None,
                true,
                "degraded ill: the two newest runs failed in a; by the newest 2 runs",
            ),
            (
                vec![&bad, &bad],
                Some(2),
                false,
                "degraded unknown: the two newest runs failed in a; by the newest 2 of 2 runs that have been read so far",
            ),
        ] {
            let Health {
                name,
                standing,
                words,
                ..
            } = part(&newest, of, is_whole, None);
            assert_eq!(format!("{name} {}: {words}", standing.word()), expected);
        }
    }

    #[test]
    fn where_nothing_could_be_read_nothing_is_claimed() {
        let told = |newest: &[&Summary]| {
            let part = part(newest, Some(newest.len() as u64), true, Some(NOTHING_READ));
            format!("{} {}: {}", part.name, part.standing.word(), part.words)
        };
        assert_eq!(
            told(&[]),
            "unknown unknown: nothing in it could be read as a run"
        );
        let ok = run("success", None, &[]);
        assert_eq!(told(&[&ok]), "healthy good: by the newest run");
    }
}
