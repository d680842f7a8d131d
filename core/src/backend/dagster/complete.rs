//! Values that the server knows, for fields that are typed into.

use super::graphql::{Server, wanted};
use super::open::{Part, opened};
use super::{again, event, near, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Completing, Decoded};
use crate::store::json::JsonText;

/// So many are offered.
const OFFERED: usize = 50;

pub(super) async fn complete(
    server: &Server,
    what: Completing,
    typed: &str,
) -> Result<Decoded<Vec<String>>, BackendError> {
    let mut problems = Problems::new();
    let mut values: Vec<String> = match what {
        Completing::Job => {
            let jobs = again::jobs(server).await?.into_iter().map(|(_, name)| name);
            // Dagster's own, which nobody named.
            jobs.filter(|name| !name.starts_with("__")).collect()
        }
        Completing::TagKey => {
            let answer = server.ask(query::TAG_KEYS, "{}".into()).await?;
            let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
            wanted(&mut fields, "runTagKeysOrError", "RunTagKeys")?.texts("keys")
        }
        // One key at a time: the limit is that of all keys together.
        Completing::TagValue(key) => {
            let mut json = JsonText::new();
            json.open('{').key("k").open('[');
            json.text(&key).close(']').text_field("v", Some(typed));
            json.close('}');
            let answer = server.ask(query::TAG_VALUES, json.finish()).await?;
            let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
            let mut tags = wanted(&mut fields, "runTagsOrError", "RunTags")?;
            let values = tags.rows("tags", |tag, _| tag.texts("values"));
            values.into_iter().flatten().collect()
        }
        Completing::RunId => near::ids(server, typed, OFFERED, &mut problems).await?,
        Completing::EventType => event::KINDS.split(' ').map(String::from).collect(),
        Completing::StepKey(run) => {
            let known = opened(server, &run, Part::Steps).await?;
            known.steps.iter().map(|step| step.key.clone()).collect()
        }
        Completing::Partition(job) => {
            let place = again::place(server, &job).await?;
            let mut json = JsonText::new();
            json.open('{');
            again::pipeline(&mut json, &place, &job);
            json.close('}');
            let answer = server.ask(query::PARTITIONS, json.finish()).await?;
            let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
            let mut pipeline = wanted(&mut fields, "pipelineOrError", "Pipeline")?;
            wanted(&mut pipeline, "partitionKeysOrError", "PartitionKeys")?.texts("partitionKeys")
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
