//! How the runs of each task went, by WatchGroups: with an end of its time the stream ends behind its first answer, so that it is a question and takes
//! no long connection. The open service counts the newest 1,000 runs, and gives the groups in no order.

use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{self, Either};

use super::id::Id;
use super::list::decoded;
use super::proto;
use super::request::{RUNS, Server, Told};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::tasks::{GROUP_DAYS, TaskGroup};
use crate::backend::{BackendError, Decoded};
use crate::model::Span;
use crate::model::order::order;
use crate::store::json::JsonText;

const PATIENCE: Duration = Duration::from_secs(20);
/// So many projects and domains are asked about.
const PLACES: usize = 20;
const DAY: Span = Span::seconds(86_400);

fn message(server: &Server, project: &str, domain: &str) -> String {
    let now = server.now();
    let days = Span(DAY.0.saturating_mul(i64::from(GROUP_DAYS)));
    let mut json = JsonText::new();
    json.open('{');
    server.scope.project(&mut json, project, domain);
    let since = now.plus(Span(-days.0)).to_string();
    json.text_field("startDate", Some(&since));
    // Runs that begin while it is asked count too, and clocks differ.
    json.text_field("endDate", Some(&now.plus(DAY).to_string()));
    json.close('}');
    json.finish()
}

/// A group, without the place of its task and its runs.
fn group(fields: &mut Fields<'_>, _: usize) -> TaskGroup {
    let mut group = TaskGroup {
        task: fields.word("taskName"),
        latest: fields.time("latestRunTime"),
        ..TaskGroup::default()
    };
    group.total = count(fields, "totalRuns");
    let (mut counted, mut failed) = (0_u64, 0_u64);
    fields.each("phaseCounts", &mut |one, _| {
        let (phase, _) = proto::phase(one, "phase");
        let count = count(one, "count");
        counted = counted.saturating_add(count);
        if phase.is_failure() {
            failed = failed.saturating_add(count);
        }
    });
    let rate = fields.take("averageFailureRate");
    group.failed = match (counted, rate.and_then(|rate| rate.as_f64())) {
        // Where the phases were not counted, the rate tells.
        (0, Some(rate)) => (rate * group.total as f64 + 0.5) as u64,
        _ => failed,
    }
    .min(group.total);
    group.recent = fields.rows("recentStatuses", |one, _| {
        (one.word("runName"), proto::phase(one, "phase").0)
    });
    group
}

fn count(fields: &mut Fields<'_>, name: &str) -> u64 {
    fields
        .whole(name)
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0)
}

/// The groups of the places, by the names of their tasks.
pub(super) async fn groups(
    server: Rc<Server>,
    places: Vec<String>,
) -> Result<Decoded<Vec<TaskGroup>>, BackendError> {
    let (mut all, mut problems) = (Vec::new(), Problems::new());
    let scope = &server.scope;
    let places = match scope.is_one_project() {
        true => vec![[&scope.project, "/", &scope.domain].concat()],
        false => places,
    };
    if places.len() > PLACES {
        problems.push("runs are counted in the first 20 projects and domains only".into());
    }
    for place in places.into_iter().take(PLACES) {
        let Some((project, domain)) = place.split_once('/') else {
            continue;
        };
        let mut feed = server.open(RUNS, "WatchGroups", &message(&server, project, domain));
        let mut found: Vec<TaskGroup> = Vec::new();
        loop {
            let told = match future::select(feed.next(), server.clock.sleep(PATIENCE)).await {
                Either::Left((told, _)) => told,
                Either::Right(_) => return Err(BackendError::Timeout),
            };
            match told {
                Some(Told::Message(bytes)) => {
                    let mut fields = Fields::parse(&bytes, &mut problems)?;
                    found.extend(fields.rows("taskGroups", group));
                    if fields.flag("sentinel") {
                        break;
                    }
                }
                Some(Told::Broken(error)) => return Err(error),
                Some(Told::Done) | None => break,
            }
        }
        let id = |name: &str| {
            let (project, domain) = (project.into(), domain.into());
            let name = name.into();
            Id {
                project,
                domain,
                name,
            }
            .text()
        };
        for group in &mut found {
            group.task = id(&group.task);
            for (run, _) in &mut group.recent {
                *run = id(run);
            }
        }
        all.extend(found);
    }
    let name = |at: usize| all.get(at).map(|group: &TaskGroup| group.task.as_str());
    let places = order(all.len(), &|a, b| name(a).cmp(&name(b)));
    let ordered = places.into_iter().filter_map(|at| all.get(at).cloned());
    Ok(decoded(ordered.collect(), problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_or_come_of_the_rate() {
        let mut problems = Problems::new();
        let mut read = |text: &str| {
            let mut fields = Fields::parse(text.as_bytes(), &mut problems).unwrap();
            group(&mut fields, 0)
        };
        let counted = read(
            r#"{"taskName":"etl.main","totalRuns":"12","averageFailureRate":0.9,
            "phaseCounts":[{"phase":"ACTION_PHASE_FAILED","count":"2"},{"phase":8,"count":"1"},{"phase":"ACTION_PHASE_SUCCEEDED","count":"9"}],
            "recentStatuses":[{"runName":"r2","phase":"ACTION_PHASE_RUNNING"},{"runName":"r1","phase":"ACTION_PHASE_NOVEL"}]}"#,
        );
        assert_eq!((counted.total, counted.failed), (12, 3));
        let recent: Vec<&str> = counted
            .recent
            .iter()
            .flat_map(|(run, phase)| [run.as_str(), phase.word()])
            .collect();
        assert_eq!(recent, ["r2", "running", "r1", "unknown"]);
        let rated = read(r#"{"taskName":"t","totalRuns":"4","averageFailureRate":0.25}"#);
        assert_eq!((rated.total, rated.failed), (4, 1));
        assert!(problems.is_empty(), "{problems:?}");
    }
}
