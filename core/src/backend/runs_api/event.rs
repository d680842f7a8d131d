//! Events of the stream into updates.

use super::decode::{log, run, steps};
use super::decode_run::event_batch;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Cursor, EventBatch, Positioned, Topic, Update};
use crate::model::Timestamp;

fn topic(word: &str) -> Option<Topic> {
    match word.split_once(':') {
        Some(("run", id)) => Some(Topic::Run(id.to_string())),
        _ if word == "runs" => Some(Topic::Runs),
        _ => None,
    }
}

/// What an event says; `None`: nothing that we know of.
fn update(
    name: &str,
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<Option<Update>, BackendError> {
    match name {
        "steps" => {
            let list = steps(bytes, problems)?;
            return Ok(Some(Update::Steps {
                run: list.run,
                steps: list.steps,
                is_all: false,
            }));
        }
        "log" => {
            return log(bytes, problems).map(|(run, _, batch)| Some(Update::Log { run, batch }));
        }
        "events" => {
            let (run, _, EventBatch { events, .. }) = event_batch(bytes, problems)?;
            return Ok(Some(Update::Events { run, events }));
        }
        _ => {}
    }
    let mut fields = Fields::parse(bytes, problems)?;
    Ok(match name {
        "runs" => Some(Update::Runs(fields.rows("runs", run))),
        "removed" => Some(Update::Removed(fields.texts("ids"))),
        "live" => Some(Update::Live {
            server_time: fields
                .text("server_time")
                .as_deref()
                .and_then(Timestamp::parse),
        }),
        "gap" => {
            let reason = fields
                .text("reason")
                .unwrap_or_else(|| "the source does not say why".into());
            Some(Update::Gap {
                topic: fields.text("topic").as_deref().and_then(topic),
                reason,
            })
        }
        "end" => fields
            .text("topic")
            .as_deref()
            .and_then(topic)
            .map(|topic| Update::End { topic }),
        _ => None,
    })
}

/// One event of the stream. An event of an unknown name is passed over, as the SSE standard asks; one that cannot be read is told.
pub fn event(name: &str, data: &str, id: Option<&str>) -> Vec<Positioned> {
    let mut problems = Problems::new();
    let update = update(name, data.as_bytes(), &mut problems);
    let cursor = id
        .filter(|id| !id.is_empty())
        .map(|id| Cursor(id.to_string()));
    let mut out: Vec<Positioned> = Vec::with_capacity(1);
    match update {
        Ok(Some(update)) => out.push(Positioned { update, cursor }),
        Ok(None) => out.push(Positioned {
            update: Update::Beat,
            cursor,
        }),
        Err(error) => out.push(Positioned {
            update: Update::Problem(format!("event {name}: {error}")),
            cursor,
        }),
    }
    out.extend(problems.into_iter().map(|problem| Positioned {
        update: Update::Problem(problem),
        cursor: None,
    }));
    out
}
