//! What stands beside the list: ids that begin with what was asked for, figures of the rows on screen, and backfills.

use std::sync::Arc;

use super::graphql::{Server, wanted};
use super::{open, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Backfill, Decoded, Missing, RowFigures};
use crate::model::Phase;
use crate::store::json::JsonText;

/// So many ids are looked through for those with a beginning, and in so many pages.
const IDS: u32 = 1000;
const PAGES: usize = 10;
/// So many are offered.
const OFFERED: usize = 20;
/// A shorter text stands for no run.
const PREFIX: usize = 6;
/// Rows of one question.
const ROWS: usize = 50;
/// The latest groups.
const BACKFILLS: i64 = 50;
/// So many older ones that are over are kept.
const ENDED: usize = 200;

/// The newest ids that begin with a text, looked for in the newest 10,000 runs.
pub(super) async fn ids(
    server: &Server,
    start: &str,
    offered: usize,
    problems: &mut Problems,
) -> Result<Vec<String>, BackendError> {
    let mut found: Vec<String> = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let mut json = JsonText::new();
        json.open('{').number_field("l", Some(i64::from(IDS)));
        json.text_field("c", after.as_deref()).close('}');
        let ids = server.get(query::IDS, json.finish(), "runIdsOrError", "RunIds");
        let mut got = ids.await?;
        let ids = got.fields().texts("results");
        problems.append(&mut got.problems);
        let is_last = ids.len() < IDS as usize;
        after = ids.last().cloned();
        found.extend(ids.into_iter().filter(|id| id.starts_with(start)));
        if is_last || found.len() >= offered {
            break;
        }
    }
    found.truncate(offered);
    Ok(found)
}

/// A run that is not there, with those whose ids begin so.
pub(super) async fn found(server: &Server, id: &str, missing: Arc<Missing>) -> BackendError {
    let mut missing = Missing::clone(&missing);
    if id.len() >= PREFIX && missing.nearest.is_empty() {
        let ids = ids(server, id, OFFERED, &mut Problems::new()).await;
        missing.nearest = ids.unwrap_or_default();
    }
    BackendError::NotFound(Arc::new(missing))
}

/// Steps and assets of the runs on screen.
pub(super) async fn figures(
    server: &Server,
    runs: Vec<String>,
) -> Result<Decoded<Vec<RowFigures>>, BackendError> {
    let (mut problems, mut all) = (Problems::new(), Vec::new());
    for runs in runs.chunks(ROWS) {
        let mut json = JsonText::new();
        json.open('{');
        for (index, id) in runs.iter().enumerate() {
            json.text_field(&["r", &index.to_string()].concat(), Some(id));
        }
        json.close('}');
        let document = query::figures(runs.len());
        let answer = server.ask(&document, json.finish()).await?;
        problems.extend(answer.problems);
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        for index in 0..runs.len() {
            let Some(mut row) = fields.object(&["a", &index.to_string()].concat()) else {
                continue;
            };
            let chosen = row.texts("stepKeysToExecute");
            let (Some(run), Some(mut stats)) = (row.text("runId"), row.object("stats")) else {
                continue;
            };
            all.push(RowFigures {
                run,
                steps: open::figures(&mut stats, &chosen),
                assets: stats.count("materializations"),
            });
        }
    }
    Ok(Decoded {
        value: all,
        problems,
        cursor: None,
    })
}

/// `BulkActionStatus` (1.13.27).
fn phase(status: &str) -> Phase {
    match status {
        "REQUESTED" => Phase::Running,
        "COMPLETED" | "COMPLETED_SUCCESS" => Phase::Succeeded,
        "FAILED" | "COMPLETED_FAILED" => Phase::Failed,
        // Its runs are being stopped because of a failure.
        "CANCELING" | "FAILING" => Phase::Canceling,
        "CANCELED" => Phase::Canceled,
        _ => Phase::Unknown,
    }
}

fn backfill(fields: &mut Fields<'_>, _: usize) -> Backfill {
    let status = fields.word("status");
    let id = fields.word("id");
    let assets = fields.rows("assetSelection", |key, _| key.texts("path").join("/"));
    let about = [fields.text("title"), fields.text("jobName")];
    let title = about.into_iter().flatten().find(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| assets.join(", "));
    let counts = fields.rows("partitionStatusCounts", |one, _| {
        (one.word("runStatus"), one.count("count").unwrap_or(0))
    });
    let mut error = fields.object("error");
    let reason = error.as_mut().and_then(|error| error.text("message"));
    drop(error);
    Backfill {
        id,
        title,
        phase: phase(&status),
        raw_status: status,
        created_at: fields.epoch("timestamp"),
        ended_at: fields.epoch("endTimestamp"),
        total: fields.count("numPartitions"),
        counts,
        reason,
    }
}

/// The latest backfills, and those of `named` that are older, all of them with one more question; the runs of each have the tag `dagster/backfill` with
/// its id. What is over is not asked for a second time.
pub(super) async fn backfills(
    server: &Server,
    named: Vec<String>,
) -> Result<Decoded<Vec<Backfill>>, BackendError> {
    let mut json = JsonText::new();
    json.open('{').number_field("l", Some(BACKFILLS)).close('}');
    let field = "partitionBackfillsOrError";
    let got = server.get(query::BACKFILLS, json.finish(), field, "PartitionBackfills");
    let mut got = got.await?;
    let mut all = got.fields().rows("results", backfill);
    let mut problems = got.problems;
    let mut unknown: Vec<String> = Vec::new();
    for id in named {
        if all.iter().any(|one| one.id == id) || unknown.contains(&id) {
            continue;
        }
        let kept = server.ended.borrow();
        match kept.iter().find(|one| one.id == id) {
            Some(one) => all.push(one.clone()),
            None if unknown.len() < ROWS => unknown.push(id),
            None => {}
        }
    }
    if !unknown.is_empty() {
        older(server, &unknown, &mut all, &mut problems).await?;
    }
    Ok(Decoded {
        value: all,
        problems,
        cursor: None,
    })
}

/// Adds some backfills to others. One that is not there any more is left out: its runs have outlived it.
async fn older(
    server: &Server,
    ids: &[String],
    all: &mut Vec<Backfill>,
    problems: &mut Problems,
) -> Result<(), BackendError> {
    let mut json = JsonText::new();
    json.open('{');
    for (place, id) in ids.iter().enumerate() {
        json.text_field(&["b", &place.to_string()].concat(), Some(id));
    }
    json.close('}');
    let document = query::named_backfills(ids.len());
    let answer = server.ask(&document, json.finish()).await?;
    problems.extend(answer.problems);
    let mut fields = Fields::new(answer.data, "answer".into(), problems);
    for place in 0..ids.len() {
        let Ok(mut object) = wanted(&mut fields, &query::name(place), "PartitionBackfill") else {
            continue;
        };
        let one = backfill(&mut object, place);
        if one.phase.is_terminal() {
            let mut kept = server.ended.borrow_mut();
            if kept.len() >= ENDED {
                kept.remove(0);
            }
            kept.push(one.clone());
        }
        all.push(one);
    }
    Ok(())
}
