//! What a source says of itself, and a run in numbers.

use super::graphql::{Server, wanted};
use super::journal::{Range, walk};
use super::{detail, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Capabilities, Decoded, Info, Logs, Updates, Vocabulary};
use crate::model::run_stats::{AssetCounts, CheckCounts};
use crate::model::{RunStats, Timestamp};

/// So many events are counted.
const EVENTS: u64 = 50_000;

pub(super) async fn info(server: &Server) -> Result<Decoded<Info>, BackendError> {
    let answer = server.ask(query::INFO, "{}".into()).await?;
    let mut problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let version = fields.text("version");
    let Some(version) = version else {
        let words = "the answer has no version of Dagster";
        return Err(BackendError::NotThisApi(words.into()));
    };
    let mut can = Capabilities {
        updates: Updates::Poll,
        logs: Logs::Follow,
        events: true,
        stats: true,
        lineage: true,
        raw: true,
        ..Capabilities::default()
    };
    for (name, is_allowed) in fields.rows("permissions", |one, _| {
        (one.text("permission"), one.flag("value"))
    }) {
        match name.as_deref() {
            Some("terminate_pipeline_execution") => {
                (can.terminate_safe, can.terminate_immediate) = (is_allowed, is_allowed);
            }
            Some("delete_pipeline_run") => can.delete = is_allowed,
            Some("launch_pipeline_reexecution") => {
                (can.reexecute, can.resume) = (is_allowed, is_allowed);
            }
            _ => {}
        }
    }
    let said = health(&mut fields);
    Ok(Decoded {
        value: Info {
            name: "Dagster".into(),
            version,
            capabilities: can,
            vocabulary: Vocabulary::default(),
            server_time: answer.date,
            heartbeat_s: None,
            problems: said,
        },
        problems,
        cursor: None,
    })
}

/// Daemons that do not run, and code that could not be loaded.
fn health(fields: &mut Fields<'_>) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(mut instance) = fields.object("instance")
        && let Some(mut health) = instance.object("daemonHealth")
    {
        let daemons = health.rows("allDaemonStatuses", |daemon, _| {
            let is_ill = daemon.flag("required") && !daemon.flag("healthy");
            let errors = daemon.column("lastHeartbeatErrors", "message");
            let name = daemon.text("daemonType").unwrap_or_default();
            is_ill.then(|| {
                let why = errors.into_iter().next().unwrap_or_default();
                [
                    "the daemon ",
                    &name,
                    " does not run (dagster-daemon run) ",
                    why.trim(),
                ]
                .concat()
            })
        });
        said.extend(daemons.into_iter().flatten());
    }
    match wanted(fields, "workspaceOrError", "Workspace") {
        Err(error) => said.push(["the workspace: ", &error.to_string()].concat()),
        Ok(mut workspace) => {
            let entries = workspace.rows("locationEntries", |entry, _| {
                let name = entry.text("name").unwrap_or_default();
                let mut place = entry.object("locationOrLoadError")?;
                let message = place.text("message")?;
                Some(
                    [
                        "the code location ",
                        &name,
                        " could not be loaded: ",
                        message.trim(),
                    ]
                    .concat(),
                )
            });
            said.extend(entries.into_iter().flatten());
        }
    }
    said
}

/// A run in numbers: times from the server's own, the rest counted over its events.
pub(super) async fn stats(server: &Server, id: &str) -> Result<Decoded<RunStats>, BackendError> {
    let detail = detail(server, id, query::STATS).await?;
    let mut problems = detail.problems;
    let now = server
        .date
        .get()
        .or(detail.run.ended_at)
        .unwrap_or_default();
    let mut stats = RunStats::of(&detail.run, &detail.steps, now);
    let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
        Some(to?.since(from?)).filter(|span| span.0 >= 0)
    };
    // From being asked for to being dequeued, from then to the first step.
    let first = detail.steps.iter().filter_map(|step| step.started_at).min();
    let asked = detail.enqueued_at.or(detail.run.created_at);
    if let Some(launched) = detail.launched_at {
        stats.queue = between(asked, Some(launched));
        stats.start = between(Some(launched), first);
    }
    let (mut assets, mut checks) = (AssetCounts::default(), CheckCounts::default());
    let range = Range {
        from: 0,
        to: EVENTS,
    };
    let take = &mut |event: &mut Fields<'_>, _, _: &str| {
        match event.text("__typename").as_deref() {
            Some("MaterializationEvent") => assets.materialized += 1,
            Some("ObservationEvent") => assets.observed += 1,
            Some("AssetMaterializationPlannedEvent") => assets.planned += 1,
            Some("AssetCheckEvaluationEvent") => {
                let passed = event
                    .object("evaluation")
                    .is_some_and(|mut one| one.flag("success"));
                checks.passed += u64::from(passed);
                checks.failed += u64::from(!passed);
            }
            _ => {}
        }
        true
    };
    let mut said = Problems::new();
    let walked = walk(server, id, query::EVENTS_COUNT, range, &mut said, take).await?;
    problems.extend(said);
    if walked.is_end {
        (stats.assets, stats.checks) = (Some(assets), Some(checks));
    } else {
        let words = "the run has more events than are counted (50,000), so its assets and checks are not told";
        problems.push(words.into());
    }
    Ok(Decoded {
        value: stats,
        problems,
        cursor: None,
    })
}
