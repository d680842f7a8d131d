//! What is odd about a job's row.

use runboard_core::model::{Attempt, Phase};

use super::kept::Mark;
use super::rows::{JobRow, Try};
use super::steps::phase;

/// A success whose last try failed.
pub(super) fn is_by_hand(row: &JobRow) -> bool {
    let last_failed = |tries: &[Try]| {
        tries
            .last()
            .is_some_and(|one| phase(&one.status).is_failure())
    };
    row.status.as_deref() == Some("SUCCESS") && last_failed(&row.tries(false).0)
}

/// What is odd about a job's row, for people.
/// `mark`: what is known of who marked it.
pub(super) fn oddities(row: &JobRow, in_ns: bool, mark: Option<&Mark>) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(row.tries(in_ns).1);
    let word = row.status.as_deref().unwrap_or_default();
    if phase(word) == Phase::Unknown {
        found.push(match row.status.as_deref() {
            Some(word) => format!("it has the status {word:?}, which nobody knows"),
            None => "it has no status".into(),
        });
    }
    // One that failed before its first try has none.
    let is_marked = mark.is_some() && word == "SUCCESS" && row.tries(in_ns).0.is_empty();
    if is_marked || is_by_hand(row) {
        let how = match mark {
            Some(mark) => format!(", {}", mark.words()),
            None => " (inferred; nothing records by whom)".into(),
        };
        found.push(format!("its row says SUCCESS although its last try failed: it was marked as successful by hand{how}"));
    } else if word == "SUCCESS" && row.last_error.as_deref() == Some("Post-check failed") {
        found.push(
            "its row says SUCCESS although its post-check failed, so a resume skips it".into(),
        );
    } else if word == "SUCCESS" && row.last_error.is_some() {
        found.push("its row says SUCCESS and holds an error of an earlier try".into());
    }
    found
}

/// Gives the last try what its row says of why it ended so, and what is odd about that.
pub(super) fn explain(last: &mut Attempt, row: &JobRow, in_ns: bool, mark: Option<&Mark>) {
    last.reason = row.last_error.clone().or(last.reason.take());
    let odd = oddities(row, in_ns, mark);
    if last.reason.is_none() && !odd.is_empty() {
        last.reason = Some(odd.join("; "));
    } else if last.phase.is_success() && !odd.is_empty() {
        let error = last.reason.take();
        let error = error.map_or(String::new(), |error| format!(" ({error})"));
        last.reason = Some(format!("{}{error}", odd.join("; ")));
    }
}
