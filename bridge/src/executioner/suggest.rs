//! Which mode of a resume fits.

use runboard_core::model::resume::planner::{Profile, StepThen, Stood};
use runboard_core::model::resume::reason::Reason;

use super::plan::Material;
use crate::resume::Mode;

/// Which mode fits: the command line passes over what was interrupted in one of them.
pub(super) fn suggestion(material: &Material<'_>) -> Option<String> {
    let all = material.answer(Mode::Incomplete, Profile::Actual);
    let failed = material.answer(Mode::Failed, Profile::Actual);
    if all.fault.is_some() {
        return None;
    }
    let latest = material.rows.latest();
    let word = |key: &str| {
        let row = latest.iter().find(|job| job.id == key)?;
        row.status.as_deref()
    };
    // `success` is one to its design, and to nobody who compares letter by letter.
    let is_well = |key: &str| {
        let then = StepThen::of_word(key, 1, word(key), None);
        then.stood == Stood::Succeeded
    };
    let passed = all.rows.iter();
    let passed = passed.filter(|row| row.reason == Reason::StatusNotFailed);
    let (well, left): (Vec<&str>, Vec<&str>) = passed
        .map(|row| row.key.as_str())
        .partition(|key| is_well(key));
    let strange = |key: &&str| {
        let word = word(key).unwrap_or_default();
        format!(
            "the status {word:?} of {key} is none that executioner knows: incomplete takes it for done, and failed runs it again"
        )
    };
    let strange: Vec<String> = well.iter().map(strange).collect();
    let total = material.rows.last().and_then(|row| row.total).unwrap_or(0);
    let missing = total.saturating_sub(all.rows.len() as i64);
    let unplanned = match missing {
        1 => "1 job has no row and cannot be planned without the configuration".to_string(),
        _ => format!("{missing} jobs have no row and cannot be planned without the configuration"),
    };
    let is_unplanned = material.config.is_none() && missing > 0;
    // Else nobody knows what more it would run.
    let is_known = !is_unplanned && (material.config.is_some() || !material.rows.jobs.is_empty());
    let mut parts: Vec<String> = Vec::new();
    if !left.is_empty() {
        let (they, them) = match left.len() {
            1 => ("it", "it"),
            _ => ("they", "them"),
        };
        parts.push(format!(
            "failed fits better here: incomplete takes {} for done, although {they} did not succeed, and failed runs {them}",
            left.join(", ")
        ));
    } else if is_known {
        parts.push(match all.to_execute() {
            0 => "there is nothing to resume".into(),
            count if count == failed.to_execute() => {
                "incomplete fits: today's executioner does the same in both modes here".into()
            }
            _ => "incomplete fits: it runs all that has not succeeded".into(),
        });
    }
    parts.extend(strange);
    parts.extend(Some(unplanned).filter(|_| is_unplanned));
    (!parts.is_empty()).then(|| parts.join("; "))
}
