//! `info`: what a source is called, what it can do, and its clock.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use runboard_core::backend::history::{Summary, health};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::Query;
use super::{blocking, json};
use crate::cursor::Writer;
use crate::source::lines::Lines;
use crate::source::{Place, Source, now};

pub(crate) const HEARTBEAT_S: u32 = 5;

/// `actions`: changes are allowed, which recorded runs can have.
pub(crate) async fn get(
    source: &Arc<Source>,
    _: Query,
    actions: bool,
) -> Result<Response<Body>, Problem> {
    let source = source.clone();
    blocking(move || {
        let state = source.look();
        Problem::unless_readable(&state)?;
        let problems = state.problems();
        let mut cursor = Writer::default();
        cursor.runs(&state.position());
        let health = match source.place {
            Place::History(_) => vec![run_health(&state.lines)],
            _ => Vec::new(),
        };
        drop(state);
        let recorded = matches!(source.place, Place::Recorded(_));
        let mirrored = match &source.place {
            Place::Executioner(setup) => Some(!setup.command.is_empty()),
            _ => None,
        };
        let has_log = recorded || mirrored.is_some();
        let (noun, job) = match (recorded, mirrored) {
            (_, Some(_)) => ("job", "application"),
            (true, _) => ("step", "job"),
            _ => ("stage", "job"),
        };
        let resume = actions && (recorded || mirrored == Some(true));
        let mark_success = actions && mirrored == Some(true);
        let actions = actions && recorded;
        let mut info = json!({
            "name": source.name,
            "version": env!("CARGO_PKG_VERSION"),
            "api": "1",
            "server_time": now().to_string(),
            "cursor": cursor.finish(),
            "heartbeat_s": HEARTBEAT_S,
            "vocabulary": {"job": job, "step": noun},
            "capabilities": {
                "updates": "stream",
                "logs": if has_log { "follow" } else { "none" },
                "log_file": has_log,
                "events": true,
                "stats": true,
                "lineage": true,
                "raw": true,
                "resume": resume,
                "resume_plan": has_log,
                "resume_skips": mirrored.is_some(),
                "resume_profiles": mirrored.is_some(),
                "facts": !recorded,
                "mark_success": mark_success,
                "reexecute": actions,
                "terminate": if actions { json!(["safe", "immediate"]) } else { json!([]) },
                "delete": actions,
            },
        });
        if let Some(fields) = info.as_object_mut() {
            for (name, list) in [("problems", json!(problems)), ("health", json!(health))] {
                if list.as_array().is_some_and(|list| !list.is_empty()) {
                    fields.insert(name.into(), list);
                }
            }
        }
        json(&info)
    })
    .await
}

/// How the pipeline of a history stands, by its newest runs.
fn run_health(lines: &Lines) -> Value {
    let newest = lines.newest(5);
    let newest: Vec<&Summary> = newest.iter().collect();
    let part = health::part(&newest, Some(lines.shown() as u64), true, lines.unread());
    json!({"kind": part.kind, "name": part.name, "standing": part.standing.word(), "words": part.words})
}
