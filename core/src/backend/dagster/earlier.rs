//! What the steps of earlier runs of a job took: by that a plan says how long its own may take.

use super::graphql::{Server, wanted};
use super::kept::{Part, opened};
use super::{query, step};
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::resume::Earlier;
use crate::store::json::JsonText;

/// Reads them, and keeps them until those of another run are asked for; false: there are none.
pub(super) async fn learn(
    server: &std::rc::Rc<Server>,
    id: &str,
) -> Result<(bool, Problems), BackendError> {
    let known = opened(server, id, Part::Plan).await?;
    // Fewer of runs with many steps: the server counts each step from its events, one run after the other.
    let runs = Earlier::RUNS.min(Earlier::STEPS / known.steps.len().max(1));
    if runs == 0 {
        return Ok((false, Problems::new()));
    }
    let mut json = JsonText::new();
    json.open('{').key("f").open('{');
    json.text_field("pipelineName", Some(&known.run.job));
    json.key("statuses")
        .raw(r#"["SUCCESS","FAILURE","CANCELED"]"#);
    json.close('}');
    // The run itself may be one of them.
    json.number_field("l", Some(runs as i64 + 1)).close('}');
    let answer = server.ask(query::EARLIER, json.finish()).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut object = wanted(&mut fields, "runsOrError", "Runs")?;
    let mut all = object.rows("results", |run, _| {
        (run.word("runId"), step::counted_alone(run))
    });
    all.retain(|(other, _)| other != id);
    all.truncate(runs);
    let earlier = Earlier {
        of: id.to_string(),
        runs: all.len(),
        steps: all.into_iter().flat_map(|(_, steps)| steps).collect(),
    };
    let is_any = !earlier.steps.is_empty();
    *server.earlier.borrow_mut() = Some(earlier);
    Ok((is_any, problems))
}
