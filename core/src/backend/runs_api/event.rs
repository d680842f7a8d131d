//! Events of the stream into updates.

use super::decode::{log, runs, steps};
use super::lenient::{Problems, read};
use super::wire;
use crate::backend::{Cursor, Positioned, Topic, Update};
use crate::model::Timestamp;

fn topic(word: &str) -> Option<Topic> {
    match word.split_once(':') {
        Some(("run", id)) => Some(Topic::Run(id.to_string())),
        _ if word == "runs" => Some(Topic::Runs),
        _ => None,
    }
}

/// One event of the stream. An event of an unknown name is passed over, as the SSE standard asks; one that cannot be read is told.
pub fn event(name: &str, data: &str, id: Option<&str>) -> Vec<Positioned> {
    let bytes = data.as_bytes();
    let mut problems = Problems::new();
    let notice = || serde_json::from_slice::<wire::Notice>(bytes).unwrap_or_default();
    let update = match name {
        "runs" => runs(bytes, &mut problems).map(|(_, runs)| Some(Update::Runs(runs))),
        "removed" => read::<wire::Removed>(bytes, &mut problems)
            .map(|removed| Some(Update::Removed(removed.ids))),
        "steps" => steps(bytes, &mut problems).map(|(list, steps)| {
            Some(Update::Steps {
                run: list.run,
                steps,
            })
        }),
        "log" => log(bytes, &mut problems).map(|(run, _, batch)| Some(Update::Log { run, batch })),
        "live" => Ok(Some(Update::Live {
            server_time: notice().server_time.as_deref().and_then(Timestamp::parse),
        })),
        "gap" => {
            let notice = notice();
            let reason = notice
                .reason
                .unwrap_or_else(|| "the source does not say why".into());
            Ok(Some(Update::Gap {
                topic: notice.topic.as_deref().and_then(topic),
                reason,
            }))
        }
        "end" => Ok(notice()
            .topic
            .as_deref()
            .and_then(topic)
            .map(|topic| Update::End { topic })),
        _ => Ok(None),
    };
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
