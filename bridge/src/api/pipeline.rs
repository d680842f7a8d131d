//! `/api/pipeline/runs`: the API that some pipelines serve over their own `runs.jsonl`, over all histories of this bridge.
//!
//! It answers as that API does (whole rows, `limit` with its default of 100 and Python's meaning of negative ones, `result` letter by letter, 404 and
//! 422 with a `detail`), but for two things: rows stand by their instants, not by the texts of their times, and `total` counts all that match.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use runboard_core::backend::history::Summary;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Api, blocking, json_bytes};
use crate::cursor::decode;
use crate::source::Source;

const LIMIT: i64 = 100;

fn row(id: &str, summary: Summary) -> Value {
    json!({
        "run_id": summary.run_id.unwrap_or_else(|| id.to_string()),
        "started_at": summary.started_at.unwrap_or_default(),
        "ended_at": summary.ended_at,
        "result": summary.result,
        "failure_reason": summary.failure_reason,
        "stages_executed": summary.stages_executed,
        "stages_failed": summary.stages_failed,
        "retry_count": summary.retry_count.unwrap_or(0),
        "metadata": summary.metadata,
    })
}

fn failed(status: StatusCode, detail: Value) -> Response<Body> {
    let mut response = json_bytes(json!({"detail": detail}).to_string().into_bytes());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A place in the histories: its time, its source's place and its row.
type Place = (i64, usize, u32);

fn list(sources: &[Arc<Source>], limit: i64, result: &str) -> Value {
    let mut places: Vec<Place> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let state = source.look();
        for number in 0..state.lines.len() as u32 {
            let fits = !state.lines.is_hidden(number)
                && (result.is_empty() || state.lines.result(number) == Some(result));
            if let Some(row) = state.lines.row(number).filter(|_| fits) {
                places.push((row.at, index, number));
            }
        }
    }
    // Of those that began together the first of its file stands first, as Python's sort leaves them.
    places.sort_by_key(|place| Reverse(place.0));
    let total = places.len();
    // As Python cuts a list.
    let kept = match usize::try_from(limit) {
        Ok(limit) => limit,
        Err(_) => total.saturating_sub(limit.unsigned_abs() as usize),
    };
    places.truncate(kept);
    let rows: Vec<Value> = places
        .iter()
        .filter_map(|(_, index, number)| {
            let state = sources.get(*index)?.look();
            let found = state.lines.row(*number)?;
            Some(row(state.lines.id(found), state.lines.summary(found)?))
        })
        .collect();
    json!({"runs": rows, "total": total})
}

impl Api {
    /// Answers `GET /api/pipeline/runs{rest}?{query}`.
    pub(crate) async fn pipeline(
        &self,
        rest: &str,
        query: Option<&str>,
    ) -> Result<Response<Body>, Problem> {
        let sources = self.sources.clone();
        if let Some(id) = rest.strip_prefix('/').filter(|id| !id.is_empty()) {
            let id = decode(id).unwrap_or_default();
            return blocking(move || {
                for source in &sources {
                    let state = source.look();
                    let found = state.lines.find(&id).and_then(|number| {
                        let found = state.lines.row(number)?;
                        state.lines.summary(found)
                    });
                    if let Some(summary) = found {
                        return Ok(json_bytes(row(&id, summary).to_string().into_bytes()));
                    }
                }
                let detail = json!(format!("Run {id} not found"));
                Ok(failed(StatusCode::NOT_FOUND, detail))
            })
            .await;
        }
        let (mut limit, mut result) = (LIMIT, String::new());
        for pair in query.unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(&value.replace('+', " ")).unwrap_or_default();
            match name {
                "limit" => match value.trim().parse() {
                    Ok(number) => limit = number,
                    Err(_) => {
                        let detail = json!([{
                            "type": "int_parsing", "loc": ["query", "limit"], "input": value,
                            "msg": "Input should be a valid integer, unable to parse string as an integer",
                        }]);
                        return Ok(failed(StatusCode::UNPROCESSABLE_ENTITY, detail));
                    }
                },
                "result" => result = value,
                _ => {}
            }
        }
        blocking(move || {
            let answer = list(&sources, limit, &result);
            Ok(json_bytes(answer.to_string().into_bytes()))
        })
        .await
    }
}
