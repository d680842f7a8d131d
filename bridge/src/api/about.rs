//! `runs/{id}/stats`, `runs/{id}/lineage` and `runs/{id}/raw`: a run's numbers, its family, and what its files say themselves.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::backend::runs_api::{encode, wire};
use runboard_core::model::{Run, Step, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::json;
use super::problem::Problem;
use super::query::Query;
use super::runs::{events_cursor, of_run};
use crate::source::events::shallow;
use crate::source::{Source, head_of, last_state, now};

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
        let times = Times::of(&detail.run, &detail.steps);
        json(&Stats {
            duration_s: times.duration,
            queue_s: times.queue,
            start_s: times.start,
            execution_s: times.execution,
            steps: encode::run(&detail.run).steps,
            assets: None,
            checks: None,
            cursor: events_cursor(id, detail.events),
            run: id.to_string(),
        })
    })
    .await
}

struct Times {
    duration: Option<f64>,
    queue: Option<f64>,
    start: Option<f64>,
    execution: Option<f64>,
}

impl Times {
    fn of(run: &Run, steps: &[Step]) -> Times {
        // A run that shows no life is measured to its last sign of it.
        let end = match run.phase.is_terminal() {
            true => run.ended_at,
            false => run.last_seen_at.or_else(|| Some(now())),
        };
        let first = steps.iter().filter_map(|step| step.started_at).min();
        let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
            // Clocks that disagree give no length.
            let span = to?.since(from?).as_seconds();
            (span >= 0.0).then_some(span)
        };
        Times {
            duration: between(run.started_at.or(run.created_at), end),
            queue: between(run.created_at, run.started_at),
            start: between(run.started_at, first),
            execution: between(first, end),
        }
    }
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

pub(crate) async fn raw(
    source: &Arc<Source>,
    id: &str,
    _: Query,
) -> Result<Response<Body>, Problem> {
    of_run(source, id, move |source, id, detail| {
        let line = source.look().line(id).map(shallow);
        let raw = match &detail.folder {
            None => line.unwrap_or(Value::Null),
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
