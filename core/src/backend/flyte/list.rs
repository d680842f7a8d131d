//! The list of runs: which of a filter the server applies, and which is applied here over the pages that it sends.
//!
//! Asked of the server: phases, one exact job, times, project, domain, owner, trigger, source and version, and whether an action waits for an answer.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future;

use super::ask::{Ask, PAUSED, server_side};
use super::decode::row;
use super::id::Id;
use super::request::{Asked, RUNS, Server};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, Missing, Page};
use crate::model::{Run, RunFilter};

/// The server's own most.
pub(super) const PAGE: u32 = 200;
/// So many rows are looked through for one answer.
const SCAN: u32 = 2000;
/// A page of runs as the server sends it.
pub(super) struct Rows {
    pub(super) runs: Vec<Run>,
    pub(super) next: Option<String>,
    pub(super) problems: Problems,
}

pub(super) fn ask(server: &Rc<Server>, ask: &Ask, limit: u32, token: Option<&str>) -> Asked<Rows> {
    let answer = server.call(RUNS, "ListRuns", ask.message(server, limit, token));
    let server = server.clone();
    answer.map(move |text| rows(&server, &text?)).boxed_local()
}

fn rows(server: &Server, text: &str) -> Result<Rows, BackendError> {
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
    pub(super) fn ask_paused(self: &Rc<Server>) -> Asked<Vec<String>> {
        let asked = Ask {
            paused_only: true,
            ..Ask::default()
        };
        let server = self.clone();
        let take = move |rows: Result<Rows, BackendError>| {
            let now: Vec<String> = rows?.runs.into_iter().map(|run| run.id).collect();
            let mut kept = server.paused.borrow_mut();
            let mut changed: Vec<String> = Vec::new();
            changed.extend(now.iter().filter(|id| !kept.contains(id)).cloned());
            changed.extend(kept.iter().filter(|id| !now.contains(id)).cloned());
            *kept = now;
            Ok(changed)
        };
        ask(self, &asked, PAGE, None).map(take).boxed_local()
    }
}

/// A page of the list. `after` is the server's token, or of a page that was looked through here the token and how many of its rows were passed.
pub(super) async fn list(
    server: Rc<Server>,
    filter: RunFilter,
    limit: u32,
    after: Option<String>,
) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let now = server.now();
    let refused =
        |error: crate::model::filter::FilterError| BackendError::Refused(error.to_string());
    let mut here = filter.clone();
    here.status.clear();
    here.tag
        .retain(|term| term.split('=').next() != Some(PAUSED));
    let matcher = here.compile(now, 0).map_err(refused)?;
    let (asked, is_all) = server_side(&filter, matcher.times(), matcher.lengths(), &mut problems);
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
        let rows = ask(&server, &asked, size, token.as_deref()).await?;
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
                "job patterns, labels, lengths and free text are looked for in the app: ",
                &scanned.to_string(),
                " runs were looked through for this page",
            ]
            .concat(),
        );
    }
    Ok(decoded(page, problems))
}

/// So many runs are asked for by their ids in one question.
pub(super) const BY_ID: usize = 100;

/// Runs by their ids, as they stand now: at most [`BY_ID`]. Ids of other projects with the same names are left out.
pub(super) fn by_id(server: &Rc<Server>, ids: &[String]) -> Asked<Rows> {
    let ids: Vec<String> = ids.iter().take(BY_ID).cloned().collect();
    let mut names: Vec<String> = Vec::new();
    for id in &ids {
        if let Some((_, name)) = id.rsplit_once('/')
            && !names.iter().any(|known| known == name)
        {
            names.push(name.into());
        }
    }
    let mut asked = Ask::default();
    asked.any("run_name", names);
    let keep = move |rows: Result<Rows, BackendError>| {
        let mut rows = rows?;
        rows.runs.retain(|run| ids.contains(&run.id));
        Ok(rows)
    };
    ask(server, &asked, PAGE, None).map(keep).boxed_local()
}

/// The whole id of a run; a bare name is enough where only one run has it, and is known from then on ([`Server::named`]).
pub(super) fn resolve(server: &Rc<Server>, id: &str) -> Asked<Id> {
    if let Some(id) = Id::parse(id) {
        return future::ready(id.check(30).map(|()| id)).boxed_local();
    }
    let mut asked = Ask::default();
    asked.any("run_name", vec![id.into()]);
    let (name, known) = (id.to_string(), server.clone());
    let one = move |rows: Result<Rows, BackendError>| {
        let mut ids: Vec<String> = Vec::new();
        for run in rows?.runs {
            if !ids.contains(&run.id) {
                ids.push(run.id);
            }
        }
        if let [one] = ids.as_slice()
            && let Some(id) = Id::parse(one)
        {
            known.names.borrow_mut().push((name.clone(), id.clone()));
            return Ok(id);
        }
        let detail = match ids.len() {
            0 => ["there is no run ", &name].concat(),
            _ => ["several projects have a run ", &name].concat(),
        };
        Err(BackendError::NotFound(std::sync::Arc::new(Missing {
            detail,
            nearest: ids,
            latest: Vec::new(),
        })))
    };
    ask(server, &asked, PAGE, None).map(one).boxed_local()
}

impl Server {
    /// The id of a run that was asked for before by the same name.
    pub(super) fn named(&self, run: &str) -> Result<Id, BackendError> {
        if let Some(id) = Id::parse(run) {
            return id.check(30).map(|()| id);
        }
        let names = self.names.borrow();
        let known = names.iter().find(|(name, _)| name == run);
        known.map(|(_, id)| id.clone()).ok_or_else(|| {
            let detail = ["there is no run ", run].concat();
            BackendError::NotFound(std::sync::Arc::new(Missing::from(detail)))
        })
    }
}

pub(super) fn decoded<T>(value: T, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: None,
    }
}
