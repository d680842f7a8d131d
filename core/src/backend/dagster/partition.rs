//! Partitions of a job: which there are, and what one is launched with.

use super::again::refused;
use super::graphql::{Server, wanted};
use super::place::{Place, place};
use super::query;
use crate::backend::BackendError;
use crate::store::json::JsonText;

/// Writes a `PipelineSelector`.
fn pipeline(json: &mut JsonText, (location, repository): &Place, job: &str) {
    json.key("s").open('{');
    json.text_field("repositoryLocationName", Some(location));
    json.text_field("repositoryName", Some(repository));
    json.text_field("pipelineName", Some(job)).close('}');
}

/// All partitions of a job, in Dagster's order: the newest last. It takes no beginning that they are to have.
pub(super) async fn partitions(server: &Server, job: &str) -> Result<Vec<String>, BackendError> {
    let (place, job) = place(server, job).await?;
    let mut json = JsonText::new();
    json.open('{');
    pipeline(&mut json, &place, &job);
    json.close('}');
    let got = server.get(
        query::PARTITIONS,
        json.finish(),
        "pipelineOrError",
        "Pipeline",
    );
    let mut got = got.await?;
    let mut fields = got.fields();
    Ok(wanted(&mut fields, "partitionKeysOrError", "PartitionKeys")?.texts("partitionKeys"))
}

/// The config and the tags with which a job runs one of its partitions.
pub(super) async fn partition(
    server: &Server,
    place: &Place,
    job: &str,
    key: &str,
) -> Result<(String, Vec<(String, String)>), BackendError> {
    let mut json = JsonText::new();
    json.open('{');
    pipeline(&mut json, place, job);
    json.text_field("k", Some(key)).close('}');
    let got = server.get(
        query::PARTITION,
        json.finish(),
        "pipelineOrError",
        "Pipeline",
    );
    let mut got = got.await?;
    let mut pipeline = got.fields();
    // It gives config and tags for any word; which are partitions stands apart.
    let keys = wanted(&mut pipeline, "partitionKeysOrError", "PartitionKeys");
    let is_there = keys?
        .texts("partitionKeys")
        .iter()
        .any(|known| known == key);
    let Some(mut partition) = pipeline.object("partition").filter(|_| is_there) else {
        return refused(&["the job ", job, " has no partition ", key].concat());
    };
    let config = wanted(&mut partition, "runConfigOrError", "PartitionRunConfig")?.text("yaml");
    let mut tags = wanted(&mut partition, "tagsOrError", "PartitionTags")?;
    let tags = tags.rows("results", |tag, _| (tag.word("key"), tag.word("value")));
    Ok((config.unwrap_or_default(), tags))
}
