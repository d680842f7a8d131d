//! `runs/{id}/stats`, `runs/{id}/lineage` and `runs/{id}/raw`: a run's numbers, its family, and what its files say themselves.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::backend::runs_api::{encode, wire};
use runboard_core::model::{RunStats, Span};
use serde::Serialize;
use serde_json::{Value, json};

use super::json;
use super::problem::Problem;
use super::query::Query;
use super::runs::{events_cursor, of_run};
use crate::executioner::about::notes;
use crate::source::events::shallow;
use crate::source::{Place, Source, head_of, last_state, now};

/// Seconds; nothing stands for what the source does not know.
#[derive(Serialize)]
struct Stats {
    run: String,
    duration_s: Option<f64>,
    queue_s: Option<f64>,
    start_s: Option<f64>,
    execution_s: Option<f64>,
    steps: Option<wire::StepCounts>,
    /// Recorders know no assets and no checks.
    assets: Option<()>,
    checks: Option<()>,
    cursor: String,
}

pub(crate) async fn stats(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |_, id, detail| {
        let times = RunStats::of(&detail.run, &detail.steps, now());
        let seconds = |span: Option<Span>| span.map(Span::as_seconds);
        json(&Stats {
            duration_s: seconds(times.duration),
            queue_s: seconds(times.queue),
            start_s: seconds(times.start),
            execution_s: seconds(times.execution),
            steps: encode::run(&detail.run).steps,
            assets: None,
            checks: None,
            cursor: events_cursor(id, detail.events),
            run: id.to_string(),
        })
    })
    .await
}

pub(crate) async fn lineage(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |source, id, detail| {
        let missing = || Problem::no_run(id);
        let family = source.look().family(id).ok_or_else(missing)?;
        let runs: Vec<wire::Run> = family.runs.iter().map(encode::run).collect();
        json(&json!({
            "run": id, "root": family.root, "parent": detail.run.lineage.parent, "runs": runs, "missing": family.missing,
            "cursor": events_cursor(id, detail.events),
        }))
    })
    .await
}

/// Further facts: of a run of executioner's history, and of a line of a history that other programs write.
pub(crate) async fn facts(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |source, id, detail| {
        let head = detail.folder.as_ref().and_then(|folder| head_of(folder));
        let notes = notes(head.as_ref());
        let state = source.look();
        let of_line = || match source.place {
            Place::History(_) => state.lines.facts(id),
            _ => None,
        };
        let facts = state
            .executioner()
            .and_then(|executioner| executioner.facts(id, &notes))
            .or_else(of_line)
            .unwrap_or_default();
        let facts: Vec<Value> = facts
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        json(&json!({"run": id, "facts": facts, "cursor": events_cursor(id, detail.events)}))
    })
    .await
}

pub(crate) async fn raw(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |source, id, detail| {
        let line = source.look().line(id).map(shallow);
        let mirrored = matches!(source.place, Place::Executioner(_));
        let raw = match &detail.folder {
            None => line.unwrap_or(Value::Null),
            Some(folder) if mirrored => head_of(folder).map(shallow).unwrap_or(Value::Null),
            Some(folder) => json!({
                "run.json": head_of(folder).map(shallow).unwrap_or(Value::Null),
                "state": last_state(folder).map(shallow).unwrap_or(Value::Null),
                "runs.jsonl": line,
            }),
        };
        json(&json!({"run": id, "raw": raw, "cursor": events_cursor(id, detail.events)}))
    })
    .await
}
