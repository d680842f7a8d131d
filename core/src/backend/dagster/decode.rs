//! A run as Dagster tells it, and what each of its statuses means.

use crate::backend::lenient::Fields;
use crate::model::{Lineage, Phase, Run};

/// The ten of `RunStatus` (1.13.27). MANAGED is a run that another system runs (`register_managed_run`): Dagster keeps its records and does not
/// know how it stands, so its phase is unknown.
pub const STATUSES: [(&str, Phase); 10] = [
    ("QUEUED", Phase::Queued),
    ("NOT_STARTED", Phase::Queued),
    ("MANAGED", Phase::Unknown),
    ("STARTING", Phase::Starting),
    ("STARTED", Phase::Running),
    ("SUSPENDED", Phase::Paused),
    ("SUCCESS", Phase::Succeeded),
    ("FAILURE", Phase::Failed),
    ("CANCELING", Phase::Canceling),
    ("CANCELED", Phase::Canceled),
];

/// What is said of a run that Dagster does not run.
const MANAGED: &str =
    "another system runs it: Dagster keeps its records and cannot tell how it stands";

/// Dagster's own reason for a failure (`STEP_FAILURE`, `RUN_EXCEPTION`, `START_TIMEOUT`, ...), as a tag.
const FAILURE_REASON: &str = "dagster/failure_reason";

/// A status that is none of the ten is unknown.
pub fn phase(status: &str) -> Phase {
    let known = STATUSES.iter().find(|(word, _)| *word == status);
    known.map_or(Phase::Unknown, |(_, phase)| *phase)
}

/// The fields of fragment R.
pub(super) fn run(fields: &mut Fields<'_>, _: usize) -> Run {
    let mut run = Run::new(fields.word("runId"), fields.word("jobName"));
    if run.id.is_empty() {
        fields.missing("runId");
    }
    run.raw_status = fields.word("status");
    run.phase = phase(&run.raw_status);
    run.created_at = fields.epoch("creationTime");
    run.started_at = fields.epoch("startTime");
    run.ended_at = fields.epoch("endTime");
    // The time of the last change of status: an older one is older news.
    let changed = fields.epoch("updateTime").or(run.created_at);
    run.version = changed.map_or(0, |at| at.0.unsigned_abs());
    run.lineage = Lineage {
        root: fields.text("rootRunId"),
        parent: fields.text("parentRunId"),
    };
    let tags = fields.rows("tags", |tag, _| (tag.word("key"), tag.word("value")));
    let mut own = Vec::new();
    for (key, value) in tags {
        if key == FAILURE_REASON && run.phase.is_failure() {
            run.reason = Some(value.clone());
        }
        // Those are hidden by Dagster itself.
        if key.starts_with("dagster/") {
            own.push((key, value));
        } else if !key.starts_with(".dagster/") {
            run.tags.push((key, value));
        }
    }
    // What people wrote stands first.
    run.tags.append(&mut own);
    if run.raw_status == "MANAGED" {
        run.reason = Some(MANAGED.into());
    }
    run
}
