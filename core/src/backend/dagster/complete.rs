//! Values that the server knows, for fields that are typed into.

use std::rc::Rc;

use super::graphql::Server;
use super::kept::{Part, opened};
use super::{event, near, partition, place, query};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Completing, Decoded};
use crate::store::json::JsonText;

/// So many are offered.
const OFFERED: usize = 50;

pub(super) async fn complete(
    server: &Rc<Server>,
    what: Completing,
    typed: &str,
) -> Result<Decoded<Vec<String>>, BackendError> {
    let mut problems = Problems::new();
    let mut values: Vec<String> = match what {
        Completing::Job => {
            let jobs = place::jobs(server).await?.into_iter().map(|(_, name)| name);
            // Dagster's own, which nobody named.
            jobs.filter(|name| !name.starts_with("__")).collect()
        }
        Completing::TagKey => {
            let got = server.get(
                query::TAG_KEYS,
                "{}".into(),
                "runTagKeysOrError",
                "RunTagKeys",
            );
            got.await?.fields().texts("keys")
        }
        // One key at a time: the limit is that of all keys together.
        Completing::TagValue(key) => {
            let mut json = JsonText::new();
            json.open('{').key("k").open('[');
            json.text(&key).close(']').text_field("v", Some(typed));
            json.close('}');
            let got = server.get(
                query::TAG_VALUES,
                json.finish(),
                "runTagsOrError",
                "RunTags",
            );
            let values = got
                .await?
                .fields()
                .rows("tags", |tag, _| tag.texts("values"));
            values.concat()
        }
        Completing::RunId => near::ids(server, typed, OFFERED, &mut problems).await?,
        Completing::EventType => event::KINDS.split(' ').map(String::from).collect(),
        Completing::StepKey(run) => {
            let known = opened(server, &run, Part::Steps).await?;
            known.steps.iter().map(|step| step.key.clone()).collect()
        }
        Completing::Partition(job) => {
            let mut keys = partition::partitions(server, &job).await?;
            // The newest is what is mostly wanted.
            keys.reverse();
            keys
        }
    };
    values.retain(|value| {
        let head = value.get(..typed.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(typed))
    });
    let mut seen: Vec<String> = Vec::new();
    for value in values {
        if !seen.contains(&value) && seen.len() < OFFERED {
            seen.push(value);
        }
    }
    Ok(Decoded {
        value: seen,
        problems,
        cursor: None,
    })
}
