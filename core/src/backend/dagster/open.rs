//! A run as its page shows it, asked for with one document: its row, steps, family, facts and, where they are few, its events.
//!
//! Who asks for one part soon asks for the others: `kept.rs` gives them from one answer.

use std::cell::Cell;
use std::rc::Rc;

use super::act::Deed;
use super::asset::{self, path};
use super::decode;
use super::event::{Reasons, entry};
use super::graphql::{Server, wanted};
use super::step;
use super::{journal, log, query};
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::event::RunEvent;
use crate::model::order::order;
use crate::model::rerun::Planned;
use crate::model::{Asset, Family, LogLine, Run, Span, Step, StepCounts, Timestamp, fold};
use crate::store::json::JsonText;

/// After the end of a run its process still has something to say: so long is it waited for.
pub(super) const LAST_WORDS: Span = Span::seconds(10);

/// So many events are asked for with a run ([`query::PAGE`]).
const EVENTS: u64 = 250;

/// What a run's config is called among its facts.
const CONFIG: &str = "config";

/// The tag by which Dagster's own page says which steps were chosen.
pub(super) const SELECTION: &str = "dagster/step_selection";

/// A run with what was asked for with it.
pub(super) struct Opened {
    pub(super) run: Run,
    pub(super) steps: Vec<Step>,
    pub(super) plan: Vec<Planned>,
    pub(super) enqueued_at: Option<Timestamp>,
    pub(super) launched_at: Option<Timestamp>,
    pub(super) family: Family,
    pub(super) facts: Vec<(String, String)>,
    /// All events of the run, where they are few.
    pub(super) events: Option<Events>,
    pub(super) problems: Problems,
    /// The run is over and will not change.
    pub(super) is_final: bool,
    /// Which [parts](super::kept::Part) were given.
    pub(super) taken: Cell<u16>,
}

/// All that is shown of a run's events before they are looked at.
pub(super) struct Events {
    pub(super) lines: Vec<LogLine>,
    /// The same as events, with their own records.
    pub(super) events: Vec<RunEvent>,
    pub(super) assets: Vec<Asset>,
    /// Behind the last one.
    pub(super) cursor: String,
}

/// `{"r": id}`.
pub(super) fn of_run(id: &str) -> String {
    let mut json = JsonText::new();
    json.open('{').text_field("r", Some(id)).close('}');
    json.finish()
}

/// Whether nothing more is to be told of a run.
pub(super) fn is_over(run: &Run, now: Option<Timestamp>) -> bool {
    let now = now.unwrap_or(Timestamp(i64::MAX));
    run.phase.is_terminal() && run.ended_at.is_none_or(|end| now.since(end) > LAST_WORDS)
}

/// Asks for a run's page.
pub(super) async fn ask(server: &Server, id: &str) -> Result<Opened, BackendError> {
    let mut said = Problems::new();
    // Of a run that is known to have many, some events are of no use.
    let is_long = server.last_known(id).is_some_and(|last| last > EVENTS);
    let document = match is_long {
        true => query::PAGE_ALONE,
        false => query::PAGE,
    };
    let answer = match server.ask(document, of_run(id)).await {
        Err(error) if !is_long && journal::is_broken(&error) => {
            let answer = server.ask(query::PAGE_ALONE, of_run(id)).await?;
            // It was no event if the same is asked without.
            said.push(journal::broken(0, &error));
            answer
        }
        other => other?,
    };
    let text = answer.text;
    let mut problems = answer.problems;
    problems.extend(said);
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut object = wanted(&mut fields, "runOrError", "Run")?;
    let chosen = object.texts("stepKeysToExecute");
    let (mut facts, denied) = facts(&mut object);
    let (run, steps, plan, beside) = read_part(&mut object, &chosen);
    server.keep_denied(&run.id, denied);
    if beside.is_part || run.tags.iter().any(|(key, _)| key == SELECTION) {
        facts.push(("steps selected".into(), chosen.join(", ")));
    }
    let mut opened = Opened {
        is_final: is_over(&run, server.date.get()),
        run,
        steps,
        plan,
        enqueued_at: beside.enqueued,
        launched_at: beside.launched,
        family: Family::default(),
        facts,
        events: None,
        problems: Problems::new(),
        taken: Cell::new(0),
    };
    family(&mut opened, &mut fields);
    let mut reasons = None;
    if let Ok(page) = journal::page(&mut fields)
        && !page.has_more
        && !page.cursor.is_empty()
    {
        let (mut lines, mut events, mut assets) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_told = true;
        let own: &mut Reasons = reasons.get_or_insert_default();
        let texts = journal::own_texts(&text);
        for (index, node) in page.nodes.into_iter().enumerate() {
            let mut fields = Fields::new(node, "event".into(), &mut problems);
            let text = texts.get(index).copied().unwrap_or_default();
            let entry = entry(&mut fields, index as u64 + 1, text);
            is_told &= asset::take(&mut fields, &entry, &mut assets);
            own.take(&entry);
            lines.push(entry.line);
            events.push(entry.event);
        }
        // What does not say of which asset it tells is asked for once more, and then said.
        opened.events = is_told.then_some(Events {
            lines,
            events,
            assets,
            cursor: page.cursor,
        });
    }
    let Opened { run, steps, .. } = &mut opened;
    let is_explained = explain(server, run, steps, reasons, &mut problems).await;
    // What could not be read is asked for again.
    opened.is_final &= is_explained;
    opened.problems = problems;
    Ok(opened)
}

/// What else is read of a run with its steps.
#[derive(Default)]
pub(super) struct Beside {
    enqueued: Option<Timestamp>,
    launched: Option<Timestamp>,
    /// The steps are not all of the job's.
    is_part: bool,
}

/// Reads a run with its steps.
pub(super) fn read(object: &mut Fields<'_>) -> (Run, Vec<Step>, Vec<Planned>, Beside) {
    let chosen = object.texts("stepKeysToExecute");
    read_part(object, &chosen)
}

/// The same of a run of which these steps were to be executed, if not all.
fn read_part(object: &mut Fields<'_>, chosen: &[String]) -> (Run, Vec<Step>, Vec<Planned>, Beside) {
    let mut run = decode::run(object, 0);
    let (steps, plan, is_part) = step::steps(object, &run, chosen);
    let mut beside = Beside {
        is_part,
        ..Beside::default()
    };
    run.steps = fold::count(&steps);
    if let Some(mut stats) = object.object("stats") {
        beside.enqueued = stats.epoch("enqueuedTime");
        beside.launched = stats.epoch("launchTime");
        if steps.is_empty() {
            run.steps = figures(&mut stats, chosen);
        }
    }
    (run, steps, plan, beside)
}

/// What a run's own figures tell of its steps.
pub(super) fn figures(stats: &mut Fields<'_>, chosen: &[String]) -> StepCounts {
    StepCounts {
        // How many a dynamic step becomes is not known from its key.
        total: u32::try_from(chosen.len())
            .ok()
            .filter(|count| *count > 0 && !chosen.iter().any(|key| key.ends_with("[?]"))),
        succeeded: stats.small("stepsSucceeded").unwrap_or(0),
        failed: stats.small("stepsFailed").unwrap_or(0),
        ..StepCounts::default()
    }
}

/// What else is told of a run, and what may not be done to it.
fn facts(object: &mut Fields<'_>) -> (Vec<(String, String)>, Vec<Deed>) {
    let mut out = Vec::new();
    let mut say = |name: &str, words: String| {
        if !words.is_empty() {
            out.push((name.to_string(), words));
        }
    };
    if let Some(mut origin) = object.object("repositoryOrigin") {
        let at = origin.word("repositoryLocationName");
        say("code location", at);
    }
    say(
        "ops selected",
        object.texts("resolvedOpSelection").join(", "),
    );
    let keys = object.rows("assetSelection", |key, _| key.texts("path").join("/"));
    say("assets selected", keys.join(", "));
    let checks = object.rows("assetCheckSelection", |check, _| {
        [&path(check, "assetKey"), ":", &check.word("name")].concat()
    });
    say("checks selected", checks.join(", "));
    let denied = Deed::denied(object);
    // Dagster writes that there is none as an empty object.
    let config = object.text("runConfigYaml").unwrap_or_default();
    say(CONFIG, config.trim().trim_start_matches("{}").to_string());
    let words: Vec<&str> = denied.iter().map(|deed| deed.word()).collect();
    say("not permitted", words.join(", "));
    (out, denied)
}

/// A relative, with the snapshot of its job: a run of a part of the job has one of its own beside it.
fn relative(fields: &mut Fields<'_>, _: usize) -> (Run, Option<String>) {
    let run = decode::run(fields, 0);
    let own = fields.text("pipelineSnapshotId");
    (run, fields.text("parentPipelineSnapshotId").or(own))
}

fn family(opened: &mut Opened, fields: &mut Fields<'_>) {
    let own = &opened.run;
    let mut family = Family {
        root: own.lineage.root.clone().unwrap_or_else(|| own.id.clone()),
        parent: own.lineage.parent.clone(),
        ..Family::default()
    };
    let mut all: Vec<(Run, Option<String>)> = Vec::new();
    // Of a family whose root was deleted the server tells nothing.
    if let Ok(mut group) = wanted(fields, "runGroupOrError", "RunGroup") {
        all = group.rows("runs", relative);
    }
    let snapshot = |id: Option<&String>| {
        let one = all.iter().find(|(run, _)| Some(&run.id) == id)?;
        one.1.clone()
    };
    if let Some(snapshot_id) = snapshot(Some(&own.id)) {
        let parent = snapshot(family.parent.as_ref());
        if let Some(parent) = parent {
            let words = match parent == snapshot_id {
                true => "the same as for the parent run",
                false => "it changed since the parent run",
            };
            opened.facts.push(("job".into(), words.into()));
        }
        opened.facts.push(("job snapshot".into(), snapshot_id));
    }
    if !all.iter().any(|(run, _)| run.id == own.id) {
        all.push((own.clone(), None));
    }
    let places = order(all.len(), &|a, b| {
        let at = |place: usize| all.get(place).and_then(|(run, _)| run.ordered_at());
        at(a).cmp(&at(b))
    });
    let mut slots: Vec<Option<Run>> = all.into_iter().map(|(run, _)| Some(run)).collect();
    for place in places {
        let run = slots.get_mut(place).and_then(Option::take);
        family.runs.extend(run);
    }
    let mut missing: Vec<String> = Vec::new();
    for run in &family.runs {
        for named in [&run.lineage.parent, &run.lineage.root]
            .into_iter()
            .flatten()
        {
            let is_there = family.runs.iter().any(|run| run.id == *named);
            if !is_there && !missing.contains(named) {
                missing.push(named.clone());
            }
        }
    }
    family.missing = missing;
    opened.family = family;
}

/// Tells a run and its steps why they failed, where something failed. That nobody knows why is no reason not to show them; false: it could not
/// be read.
pub(super) async fn explain(
    server: &Server,
    run: &mut Run,
    steps: &mut [Step],
    known: Option<Reasons>,
    problems: &mut Problems,
) -> bool {
    let has_failed = |step: &Step| step.phase.is_failure() || step.attempts.len() > 1;
    if !run.phase.is_failure() && !steps.iter().any(has_failed) {
        return true;
    }
    let found = reasons(server, run, steps, known, problems).await;
    match found {
        Err(error) => {
            problems.push(["why it failed could not be read: ", &error.to_string()].concat());
            false
        }
        Ok(reasons) => {
            reasons.explain(steps);
            if run.phase.is_failure() {
                reasons.explain_run(run);
            }
            true
        }
    }
}

/// The reasons of a run's failures, if they are not known asked for again when something more has failed.
async fn reasons(
    server: &Server,
    run: &Run,
    steps: &[Step],
    known: Option<Reasons>,
    problems: &mut Problems,
) -> Result<Rc<Reasons>, BackendError> {
    let mut failed = u64::from(run.phase.is_failure());
    for step in steps {
        failed += step.attempts.len() as u64 + u64::from(step.phase.is_failure());
    }
    let key = [&run.id, " ", &failed.to_string()].concat();
    if known.is_none()
        && let Some((known, reasons)) = server.reasons.borrow().as_ref()
        && *known == key
    {
        return Ok(reasons.clone());
    }
    let reasons = Rc::new(match known {
        Some(reasons) => reasons,
        None => log::reasons(server, &run.id, problems).await?,
    });
    *server.reasons.borrow_mut() = Some((key, reasons.clone()));
    Ok(reasons)
}
