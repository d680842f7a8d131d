//! The list of runs: which of a filter the server applies, and which is applied here over the pages that it sends.
//!
//! Asked of the server: phases, one exact job, times, project, domain, owner, trigger, source and version, and whether an action waits for an answer.

use super::decode::row;
use super::id::Id;
use super::proto::numbers;
use super::request::{RUNS, Server};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, Missing, Page};
use crate::model::{Run, RunFilter, Timestamp};
use crate::store::json::JsonText;

/// The server's own most.
pub(super) const PAGE: u32 = 200;
/// So many rows are looked through for one answer.
const SCAN: u32 = 2000;
/// The tag of runs with an action that waits for an answer, as filter and on rows.
pub(super) const PAUSED: &str = "paused_action";

/// Tags that the server can look for, and the column in which it does.
const COLUMNS: [(&str, &str); 6] = [
    ("project", "project"),
    ("domain", "domain"),
    ("owner", "created_by_subject"),
    ("trigger", "trigger_name"),
    ("version", "task_version"),
    ("source", "run_source"),
];

/// A question for runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    /// Function, field and values.
    filters: Vec<(&'static str, &'static str, Vec<String>)>,
    pub(super) paused_only: bool,
}

impl Ask {
    /// One value is asked for by another function than several: the open service breaks at a list of one.
    pub(super) fn any(&mut self, field: &'static str, values: Vec<String>) {
        let function = match values.len() {
            1 => "EQUAL",
            _ => "VALUE_IN",
        };
        self.filters.push((function, field, values));
    }

    pub(super) fn message(&self, server: &Server, limit: u32, token: Option<&str>) -> String {
        let mut json = JsonText::new();
        json.open('{').key("request").open('{');
        json.number_field("limit", Some(i64::from(limit)));
        json.text_field("token", token);
        // Unsorted, a list begins with the phases.
        json.key("sortByFields").raw(r#"[{"key":"created_at"}]"#);
        if !self.filters.is_empty() {
            json.key("filters").open('[');
            for (function, field, values) in &self.filters {
                json.open('{').text_field("function", Some(function));
                json.text_field("field", Some(field));
                json.list_field("values", values).close('}');
            }
            json.close(']');
        }
        json.close('}');
        let scope = &server.scope;
        match scope.is_one_project() {
            true => scope.project(&mut json, &scope.project, &scope.domain),
            false => drop(json.text_field("org", Some(scope.org()))),
        }
        if self.paused_only {
            json.key("pausedActionsOnly").raw("true");
        }
        json.close('}');
        json.finish()
    }
}

/// A page of runs as the server sends it.
pub(super) struct Rows {
    pub(super) runs: Vec<Run>,
    pub(super) next: Option<String>,
    pub(super) problems: Problems,
}

pub(super) async fn ask(
    server: &Server,
    ask: &Ask,
    limit: u32,
    token: Option<&str>,
) -> Result<Rows, BackendError> {
    let method = [RUNS, "ListRuns"].concat();
    let text = server
        .call(&method, ask.message(server, limit, token))
        .await?;
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let mut runs = fields.rows("runs", row);
    let next = fields.text("token").filter(|token| !token.is_empty());
    let paused = server.paused.borrow();
    for run in &mut runs {
        mark(run, paused.contains(&run.id));
    }
    server.remember(&runs);
    Ok(Rows {
        runs,
        next,
        problems,
    })
}

/// Says of a run whether one of its actions waits for an answer.
pub(super) fn mark(run: &mut Run, is_paused: bool) {
    run.tags.retain(|(key, _)| key != PAUSED);
    if is_paused {
        run.tags.push((PAUSED.into(), "waits for an answer".into()));
    }
}

impl Server {
    /// Keeps which runs go on: they are asked about until they are over.
    pub(super) fn remember(&self, runs: &[Run]) {
        let mut active = self.active.borrow_mut();
        for run in runs {
            let at = active.iter().position(|id| *id == run.id);
            match (at, run.phase.is_terminal()) {
                (Some(at), true) => drop(active.swap_remove(at)),
                (None, false) => active.push(run.id.clone()),
                _ => {}
            }
        }
    }

    /// Asks anew which runs have an action that waits; gives those of which that has changed.
    pub(super) async fn ask_paused(&self) -> Result<Vec<String>, BackendError> {
        let asked = Ask {
            paused_only: true,
            ..Ask::default()
        };
        let rows = ask(self, &asked, PAGE, None).await?;
        let now: Vec<String> = rows.runs.into_iter().map(|run| run.id).collect();
        let before = std::mem::replace(&mut *self.paused.borrow_mut(), now.clone());
        let mut changed: Vec<String> = Vec::new();
        changed.extend(now.iter().filter(|id| !before.contains(id)).cloned());
        changed.extend(before.into_iter().filter(|id| !now.contains(id)));
        Ok(changed)
    }
}

/// What of a filter the server applies, and whether that is all of it.
fn server_side(
    filter: &RunFilter,
    times: (Option<Timestamp>, Option<Timestamp>),
    problems: &mut Problems,
) -> (Ask, bool) {
    let (mut asked, mut is_all) = (Ask::default(), filter.q.is_none());
    let mut phases: Vec<String> = Vec::new();
    for word in &filter.status {
        let found = numbers(word);
        if found.is_empty() {
            problems.push(["no action of Flyte has the phase ", word].concat());
        }
        phases.extend(found.iter().map(usize::to_string));
    }
    if !phases.is_empty() {
        asked.any("phase", phases);
    }
    match filter.job.as_slice() {
        [] => {}
        jobs if jobs.iter().all(|job| !job.contains(['*', '?'])) => {
            asked.any("task_name", jobs.to_vec());
        }
        _ => is_all = false,
    }
    for (function, at) in [
        ("GREATER_THAN_OR_EQUAL", times.0),
        ("LESS_THAN_OR_EQUAL", times.1),
    ] {
        if let Some(at) = at {
            asked
                .filters
                .push((function, "created_at", vec![at.to_string()]));
        }
    }
    for term in &filter.tag {
        if term.split('=').next() == Some(PAUSED) {
            asked.paused_only = true;
            continue;
        }
        let pair = term.split_once('=');
        let column = pair.and_then(|(key, value)| {
            let of = |(name, _): &&(&str, &'static str)| *name == key;
            COLUMNS.iter().find(of).map(|(_, column)| (*column, value))
        });
        match column {
            Some(("run_source", value)) => {
                asked.any(
                    "run_source",
                    vec![["RUN_SOURCE_", &value.to_ascii_uppercase()].concat()],
                );
            }
            Some((column, value)) => asked.any(column, vec![value.into()]),
            None => is_all = false,
        }
    }
    (asked, is_all)
}

/// A page of the list. `after` is the server's token, or of a page that was looked through here the token and how many of its rows were passed.
pub(super) async fn list(
    server: &Server,
    filter: RunFilter,
    limit: u32,
    after: Option<String>,
) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let now = server.date.get().unwrap_or_else(|| server.clock.now());
    let refused =
        |error: crate::model::filter::FilterError| BackendError::Refused(error.to_string());
    let mut here = filter.clone();
    here.status.clear();
    here.tag
        .retain(|term| term.split('=').next() != Some(PAUSED));
    let matcher = here.compile(now, 0).map_err(refused)?;
    let (asked, is_all) = server_side(&filter, matcher.times(), &mut problems);
    let limit = limit.max(1).min(PAGE);
    let mut page = Page {
        items: Vec::new(),
        next: None,
        total: None,
    };
    if !filter.status.is_empty() && problems.len() == filter.status.len() {
        return Ok(decoded(page, problems));
    }
    if after.is_none() {
        server.ask_paused().await?;
    }
    let size = if is_all { limit } else { PAGE };
    let (mut token, mut scanned) = (after, 0);
    loop {
        let rows = ask(server, &asked, size, token.as_deref()).await?;
        problems.extend(rows.problems);
        scanned += rows.runs.len() as u32;
        page.items.extend(
            rows.runs
                .into_iter()
                .filter(|run| is_all || matcher.matches(run)),
        );
        page.next = rows.next.filter(|next| token.as_ref() != Some(next));
        token.clone_from(&page.next);
        let is_enough = page.items.len() as u32 >= limit || scanned >= SCAN;
        if is_all || is_enough || page.next.is_none() {
            break;
        }
    }
    if !is_all {
        problems.push(
            [
                "job patterns, labels and free text are looked for in the app: ",
                &scanned.to_string(),
                " runs were looked through for this page",
            ]
            .concat(),
        );
    }
    Ok(decoded(page, problems))
}

/// Runs by their ids, as they stand now. Ids of other projects with the same names are left out.
pub(super) async fn by_id(server: &Server, ids: &[String]) -> Result<Rows, BackendError> {
    let mut names: Vec<String> = Vec::new();
    for id in ids.iter().filter_map(|id| Id::parse(id)) {
        if !names.contains(&id.name) {
            names.push(id.name);
        }
    }
    let mut all = Rows {
        runs: Vec::new(),
        next: None,
        problems: Problems::new(),
    };
    for names in names.chunks(100) {
        let mut asked = Ask::default();
        asked.any("run_name", names.to_vec());
        let rows = ask(server, &asked, PAGE, None).await?;
        all.problems.extend(rows.problems);
        let wanted = rows.runs.into_iter().filter(|run| ids.contains(&run.id));
        all.runs.extend(wanted);
    }
    Ok(all)
}

/// The whole id of a run; a bare name is enough where only one run has it.
pub(super) async fn resolve(server: &Server, id: &str) -> Result<Id, BackendError> {
    if let Some(id) = Id::parse(id) {
        id.check(30)?;
        return Ok(id);
    }
    let mut asked = Ask::default();
    asked.any("run_name", vec![id.into()]);
    let rows = ask(server, &asked, PAGE, None).await?;
    let mut ids: Vec<String> = Vec::new();
    for run in rows.runs {
        if !ids.contains(&run.id) {
            ids.push(run.id);
        }
    }
    match ids.as_slice() {
        [one] => Id::parse(one),
        _ => None,
    }
    .ok_or_else(|| {
        let detail = match ids.len() {
            0 => ["there is no run ", id].concat(),
            _ => ["several projects have a run ", id].concat(),
        };
        BackendError::NotFound(std::sync::Arc::new(Missing {
            detail,
            nearest: ids,
            latest: Vec::new(),
        }))
    })
}

pub(super) fn decoded<T>(value: T, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: None,
    }
}
