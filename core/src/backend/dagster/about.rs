//! What a source says of itself, and a run in numbers.

use std::rc::Rc;

use super::graphql::{Server, wanted};
use super::kept::{Part, opened};
use super::open::Opened;
use super::{asset, query};
use crate::backend::lenient::Fields;
use crate::backend::{BackendError, Capabilities, Decoded, Info, Logs, Updates, Vocabulary};
use crate::model::{Health, ResumeMode, RunStats, Standing, Timestamp};

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
        event: true,
        stats: true,
        lineage: true,
        raw: true,
        assets: true,
        facts: true,
        files: true,
        captured: true,
        counts: true,
        figures: true,
        completion: true,
        backfills: true,
        only_marks: true,
        modes: &[ResumeMode::Incomplete, ResumeMode::Assets],
        ..Capabilities::default()
    };
    let mut allowed = permitted(&mut fields);
    let health = health(&mut fields, &mut allowed);
    for (name, is_allowed) in allowed {
        match name.as_deref() {
            Some("terminate_pipeline_execution") => {
                (can.terminate_safe, can.terminate_immediate) = (is_allowed, is_allowed);
            }
            Some("delete_pipeline_run") => can.delete = is_allowed,
            Some("launch_pipeline_reexecution") => {
                (can.reexecute, can.resume, can.reexecute_so) =
                    (is_allowed, is_allowed, is_allowed);
            }
            Some("launch_pipeline_execution") => can.launch = is_allowed,
            _ => {}
        }
    }
    let ill = health.iter().filter(|part| part.standing == Standing::Ill);
    let said = ill.map(|part| [part.kind.as_str(), " ", &part.name, ": ", &part.words].concat());
    Ok(Decoded {
        value: Info {
            name: "Dagster".into(),
            version,
            capabilities: can,
            vocabulary: Vocabulary::default(),
            server_time: answer.date,
            heartbeat_s: None,
            problems: said.collect(),
            health,
        },
        problems,
        cursor: None,
    })
}

/// Daemons and code locations.
type Permitted = Vec<(Option<String>, bool)>;

fn permitted(fields: &mut Fields<'_>) -> Permitted {
    fields.rows("permissions", |one, _| {
        (one.text("permission"), one.flag("value"))
    })
}

/// The parts of a deployment. What is allowed in one of its code locations is allowed, as far as is known before a run is looked at.
fn health(fields: &mut Fields<'_>, allowed: &mut Permitted) -> Vec<Health> {
    let mut parts = Vec::new();
    if let Some(mut instance) = fields.object("instance")
        && let Some(mut health) = instance.object("daemonHealth")
    {
        parts = health.rows("allDaemonStatuses", |daemon, _| {
            let errors = daemon.column("lastHeartbeatErrors", "message");
            let is_required = daemon.flag("required");
            let is_healthy = daemon.flag("healthy");
            let is_ill = is_required && !is_healthy;
            let mut words = errors.into_iter().next().unwrap_or_default();
            if is_ill && words.is_empty() {
                words = "it does not run (dagster-daemon run)".into();
            }
            Health {
                kind: "daemon".into(),
                name: daemon.word("daemonType"),
                standing: match (is_healthy, is_required) {
                    (true, _) => Standing::Good,
                    (false, true) => Standing::Ill,
                    (false, false) => Standing::Idle,
                },
                words: words.trim().into(),
                seen_at: daemon.epoch("lastHeartbeatTime"),
            }
        });
    }
    match wanted(fields, "workspaceOrError", "Workspace") {
        Err(error) => parts.push(Health {
            kind: "workspace".into(),
            standing: Standing::Ill,
            words: error.to_string(),
            ..Health::default()
        }),
        Ok(mut workspace) => {
            for (part, own) in workspace.rows("locationEntries", location) {
                parts.push(part);
                for (name, here) in own {
                    match allowed.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, is_allowed)) => *is_allowed |= here,
                        None => allowed.push((name, here)),
                    }
                }
            }
        }
    }
    parts
}

fn location(entry: &mut Fields<'_>, _: usize) -> (Health, Permitted) {
    let own = permitted(entry);
    let mut place = entry.object("locationOrLoadError");
    let message = place.as_mut().and_then(|place| place.text("message"));
    let is_there = place.is_some();
    let (standing, words) = match message {
        Some(message) => (Standing::Ill, message.trim().to_string()),
        None if is_there => (Standing::Good, String::new()),
        None => (Standing::Unknown, "it is being loaded".into()),
    };
    let part = Health {
        kind: "code location".into(),
        name: entry.word("name"),
        standing,
        words,
        seen_at: entry.epoch("updatedTimestamp"),
    };
    (part, own)
}

/// A run in numbers: times from the server's own, the rest counted over its events.
pub(super) async fn stats(
    server: &Rc<Server>,
    id: &str,
) -> Result<Decoded<RunStats>, BackendError> {
    let known = opened(server, id, Part::Stats).await?;
    let Opened { run, steps, .. } = &*known;
    let now = server.date.get().or(run.ended_at).unwrap_or_default();
    let mut stats = RunStats::of(run, steps, now);
    let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
        Some(to?.since(from?)).filter(|span| span.0 >= 0)
    };
    // From being asked for to being dequeued, from then to the first step.
    let first = steps.iter().filter_map(|step| step.started_at).min();
    let asked = known.enqueued_at.or(run.created_at);
    if let Some(launched) = known.launched_at {
        stats.queue = between(asked, Some(launched));
        stats.start = between(Some(launched), first);
    }
    let mut problems = known.problems.clone();
    let found = asset::of(server, &known, &mut problems).await?;
    if found.is_all {
        let (assets, checks) = asset::count(&found.assets);
        (stats.assets, stats.checks) = (Some(assets), Some(checks));
    }
    Ok(Decoded {
        value: stats,
        problems,
        cursor: None,
    })
}
