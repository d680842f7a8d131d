//! Runs that are made: of an old run, wholly or in part, and of a job. `register_managed_run` of Dagster's own library has no mutation.

use std::rc::Rc;

use super::act::{acted, done};
use super::asset::{key_input, missing, path};
use super::graphql::Server;
use super::kept::{Part, opened};
use super::open::{Opened, SELECTION, of_run};
use super::partition::partition;
use super::place::{Place, place};
use super::query;
use crate::backend::lenient::Problems;
use crate::backend::{Acted, Again, BackendError, Decoded, Launch};
use crate::model::resume::Earlier;
use crate::model::{Phase, ResumeMode, ResumePlan, rerun};
use crate::store::json::JsonText;

/// Tags of a run that Dagster itself leaves behind when it is run again (`TAGS_TO_MAYBE_OMIT_ON_RETRY`), and those that it makes anew.
const LEFT: [&str; 16] = [
    ".dagster/run_metrics",
    "dagster/run_metrics",
    "dagster/failure_reason",
    "dagster/retry_number",
    "dagster/is_resume_retry",
    "dagster/is_asset_resume_retry",
    "dagster/will_retry",
    "dagster/auto_retry_run_id",
    "dagster/backfill",
    "dagster/parent_backfill",
    "dagster/root_backfill",
    "dagster/parent_run_id",
    "dagster/root_run_id",
    SELECTION,
    "dagster/code_location",
    "dagster/solid_selection",
];

const LAUNCHED: &str = "a new run was launched";
const SUCCESS: &str = "LaunchRunSuccess";

pub(super) fn refused<T>(words: &str) -> Result<T, BackendError> {
    Err(BackendError::Refused(words.into()))
}

/// Writes `[{"key": ..., "value": ...}]`.
fn tags(json: &mut JsonText, name: &str, tags: &[(String, String)]) {
    json.key(name).open('[');
    for (key, value) in tags {
        json.open('{').text_field("key", Some(key));
        json.text_field("value", Some(value)).close('}');
    }
    json.close(']');
}

fn texts(json: &mut JsonText, name: &str, texts: &[String]) {
    if !texts.is_empty() {
        json.key(name).open('[');
        for text in texts {
            json.text(text);
        }
        json.close(']');
    }
}

/// A run once more: by Dagster's own strategy, or as the user has it.
pub(super) async fn whole(
    server: &Server,
    id: &str,
    with: Again,
) -> Result<Decoded<Acted>, BackendError> {
    if with.steps.is_empty() && with.config.is_none() {
        return by_strategy(server, id, "ALL_STEPS", &with).await;
    }
    let variables = params(server, id, with).await?;
    let field = "launchRunReexecution";
    let done = done(server, query::REEXECUTE_SO, variables, field, SUCCESS).await?;
    Ok(acted(done, LAUNCHED))
}

async fn by_strategy(
    server: &Server,
    id: &str,
    strategy: &str,
    with: &Again,
) -> Result<Decoded<Acted>, BackendError> {
    let mut json = JsonText::new();
    json.open('{').key("p").open('{');
    json.text_field("parentRunId", Some(id));
    json.text_field("strategy", Some(strategy));
    tags(&mut json, "extraTags", &with.tags);
    json.key("useParentRunTags")
        .raw(if with.drops_tags { "false" } else { "true" });
    json.close('}').close('}');
    let field = "launchRunReexecution";
    let done = done(server, query::REEXECUTE, json.finish(), field, SUCCESS).await?;
    Ok(acted(done, LAUNCHED))
}

/// `ExecutionParams` of an old run: the same part of its job, its config and tags where no others are given.
async fn params(server: &Server, id: &str, with: Again) -> Result<String, BackendError> {
    let got = server.get(query::RUN, of_run(id), "runOrError", "Run");
    let mut got = got.await?;
    let mut object = got.fields();
    let old = super::decode::run(&mut object, 0);
    let Some(mut origin) = object.object("repositoryOrigin") else {
        return refused("the run does not tell which code location it is of");
    };
    let place = (
        origin.word("repositoryLocationName"),
        origin.word("repositoryName"),
    );
    let ops = object.texts("solidSelection");
    let assets = object.rows("assetSelection", |key, _| key.texts("path").join("/"));
    let checks = object.rows("assetCheckSelection", |check, _| {
        (path(check, "assetKey"), check.word("name"))
    });
    let mut own: Vec<(String, String)> = Vec::new();
    if !with.drops_tags {
        own = old.tags;
        own.retain(|(key, _)| !LEFT.contains(&key.as_str()));
    }
    own.retain(|(key, _)| with.tags.iter().all(|(new, _)| new != key));
    own.extend(with.tags);
    if !with.steps.is_empty() {
        own.push((SELECTION.into(), with.steps.join(",")));
    }
    // The server finds a family by these.
    let root = old.lineage.root.as_deref().unwrap_or(id);
    own.push(("dagster/root_run_id".into(), root.into()));
    own.push(("dagster/parent_run_id".into(), id.into()));
    let mut json = JsonText::new();
    json.open('{').key("p").open('{');
    let checks = (!checks.is_empty() || !assets.is_empty()).then_some(checks);
    selector(
        &mut json,
        &place,
        &old.job,
        &ops,
        &assets,
        checks.as_deref(),
    );
    let config = with.config.or(object.text("runConfigYaml"));
    json.text_field("runConfigData", config.as_deref());
    json.text_field("mode", object.text("mode").as_deref());
    texts(&mut json, "stepKeys", &with.steps);
    json.key("executionMetadata").open('{');
    json.text_field("parentRunId", Some(id));
    json.text_field("rootRunId", Some(root));
    tags(&mut json, "tags", &own);
    json.close('}').close('}').close('}');
    Ok(json.finish())
}

fn selector(
    json: &mut JsonText,
    (location, repository): &Place,
    job: &str,
    ops: &[String],
    assets: &[String],
    checks: Option<&[(String, String)]>,
) {
    json.key("selector").open('{');
    json.text_field("repositoryLocationName", Some(location));
    json.text_field("repositoryName", Some(repository));
    json.text_field("jobName", Some(job));
    texts(json, "solidSelection", ops);
    if !assets.is_empty() {
        json.key("assetSelection").open('[');
        for asset in assets {
            key_input(json, asset);
        }
        json.close(']');
    }
    if let Some(checks) = checks {
        json.key("assetCheckSelection").open('[');
        for (asset, name) in checks {
            json.open('{').key("assetKey");
            key_input(json, asset);
            json.text_field("name", Some(name)).close('}');
        }
        json.close(']');
    }
    json.close('}');
}

/// What did not succeed, as a new run.
pub(super) async fn rest(
    server: &Rc<Server>,
    id: &str,
    mode: ResumeMode,
    token: &str,
    with: Again,
) -> Result<Decoded<Acted>, BackendError> {
    if !with.steps.is_empty() || with.config.is_some() {
        return refused(
            "Dagster goes on from failure with the old run's config, and finds the steps itself",
        );
    }
    // Not what a page was told a while ago.
    server.forget(id);
    let plan = preview(server, id, mode).await?.value;
    if plan.token != token {
        return refused("the run is not as it was when the plan was shown: look at the plan again");
    }
    let strategy = match mode {
        ResumeMode::Assets => "FROM_ASSET_FAILURE",
        _ => "FROM_FAILURE",
    };
    by_strategy(server, id, strategy, &with).await
}

/// What re-executing from failure would run.
pub(super) async fn preview(
    server: &Rc<Server>,
    id: &str,
    mode: ResumeMode,
) -> Result<Decoded<ResumePlan>, BackendError> {
    let known = opened(server, id, Part::Plan).await?;
    let Opened {
        run, steps, plan, ..
    } = &*known;
    let mut problems = Problems::new();
    let keys = match mode {
        ResumeMode::Failed => {
            let words = "re-execution of failed steps alone: what stands behind them runs too";
            return Err(BackendError::no(words));
        }
        // The server's own conditions and words.
        ResumeMode::Incomplete if !matches!(run.phase, Phase::Failed | Phase::Canceled) => {
            return refused("Cannot reexecute from failure a run that is not failed or canceled");
        }
        ResumeMode::Incomplete => rerun::from_failure(plan, steps),
        ResumeMode::Assets if !run.phase.is_terminal() => {
            return refused("the run is not over, so nobody can tell which assets it leaves out");
        }
        ResumeMode::Assets => missing(server, &known, &mut problems).await?,
    };
    if keys.is_empty() {
        return refused(match mode {
            ResumeMode::Assets => {
                "No assets or asset checks needed to be retried in the failed run."
            }
            _ => "No steps needed to be retried in the failed run.",
        });
    }
    let earlier = server.earlier.borrow();
    let earlier = earlier.as_ref().filter(|earlier| earlier.of == id);
    let steps = rerun::steps(&keys, steps, earlier);
    // It changes with what the run is and with what would be done.
    let token = [
        &run.version.to_string(),
        "-",
        mode.word(),
        "-",
        &keys.len().to_string(),
    ];
    Ok(Decoded {
        value: ResumePlan {
            run: id.into(),
            mode: mode.word().into(),
            profile: String::new(),
            token: token.concat(),
            steps,
            warnings: vec![
                "computed here from the run's history, as Dagster does it: Dagster itself shows no plan".into(),
                "it is a new run, with this one as its parent".into(),
            ],
            differences: Vec::new(),
            expected_by: ["what the same steps, and others mapped from the same one, took in this run", &Earlier::words(earlier)].concat(),
            suggestion: None,
            command: Vec::new(),
            by_hand: Vec::new(),
        },
        problems,
        cursor: None,
    })
}

/// Makes a run of a job.
pub(super) async fn launch(
    server: &Server,
    launch: Launch,
) -> Result<Decoded<Acted>, BackendError> {
    let (place, job) = place(server, &launch.job).await?;
    let (mut own, mut config) = (launch.tags, launch.config);
    if !launch.steps.is_empty() {
        own.push((SELECTION.into(), launch.steps.join(",")));
    }
    if let Some(key) = &launch.partition {
        let (yaml, more) = partition(server, &place, &job, key).await?;
        if config.trim().is_empty() {
            config = yaml;
        }
        for tag in more {
            if own.iter().all(|(known, _)| *known != tag.0) {
                own.push(tag);
            }
        }
    }
    let mut json = JsonText::new();
    json.open('{').key("p").open('{');
    selector(
        &mut json,
        &place,
        &job,
        &[],
        &launch.assets,
        launch.checks.as_deref(),
    );
    json.text_field("runConfigData", Some(&config));
    json.text_field("mode", Some("default"));
    texts(&mut json, "stepKeys", &launch.steps);
    json.key("executionMetadata").open('{');
    tags(&mut json, "tags", &own);
    json.close('}').close('}').close('}');
    let done = done(server, query::LAUNCH, json.finish(), "launchRun", SUCCESS).await?;
    Ok(acted(done, LAUNCHED))
}
