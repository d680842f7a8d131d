//! Which mode of a resume fits.

use runboard_core::model::resume::planner::Profile;
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
    let left: Vec<&str> = all
        .rows
        .iter()
        .filter(|row| row.reason == Reason::StatusNotFailed)
        .map(|row| row.key.as_str())
        .collect();
    let total = material.rows.last().and_then(|row| row.total).unwrap_or(0);
    let missing = total.saturating_sub(all.rows.len() as i64);
    let unplanned = match missing {
        1 => "1 job has no row and cannot be planned without the configuration".to_string(),
        _ => format!("{missing} jobs have no row and cannot be planned without the configuration"),
    };
    let is_unplanned = material.config.is_none() && missing > 0;
    let fits = if !left.is_empty() {
        let (they, them) = match left.len() {
            1 => ("it", "it"),
            _ => ("they", "them"),
        };
        format!(
            "failed fits better here: incomplete takes {} for done, although {they} did not succeed, and failed runs {them}",
            left.join(", ")
        )
    } else if is_unplanned {
        return Some(unplanned);
    } else if all.to_execute() == 0 {
        "there is nothing to resume".into()
    } else if all.to_execute() == failed.to_execute() {
        "incomplete fits: today's executioner does the same in both modes here".into()
    } else {
        "incomplete fits: it runs all that has not succeeded".into()
    };
    Some(match is_unplanned {
        true => format!("{fits}; {unplanned}"),
        false => fits,
    })
}
