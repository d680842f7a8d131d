//! What stands beside the rows of the list and is asked for apart: figures of the rows on screen, numbers by status, backfills.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
pub use runboard_core::backend::Backfill;
use runboard_core::backend::{Capabilities, Counts};
use runboard_core::model::{RunFilter, Span, Timestamp};
use runboard_core::net::Clock as _;
use runboard_core::store::run_table::RowId;

use super::State;
use super::reactive::{RwSignal, effect, memo};
use super::sources::Source;
use super::task::Task;
use crate::browser::clock::BrowserClock;

/// How long scrolling and typing must rest before sources are asked.
const REST: Duration = Duration::from_millis(250);
/// What changes by itself is asked for again as often as this.
const AGAIN: Span = Span::seconds(5);
/// Numbers by status cost the source a count of all its runs for each.
const COUNT_AGAIN: Span = Span::seconds(15);

/// Whether any source said that it can. Tracked.
pub fn any_can(state: State, what: fn(&Capabilities) -> bool) -> bool {
    state
        .sources
        .list
        .with(|list| list.iter().any(|source| source.can(what)))
}

/// Changes every so often, as long as somebody can see the page. Tracked.
fn beat(state: State, every: Span) -> i64 {
    match state.hidden.get() {
        true => 0,
        false => state.now.get().0 / every.0,
    }
}

/// Asks for the figures of `rows`, those on screen: of each once for each version of its row, of those that go on now and then.
pub fn keep_figures(state: State, rows: impl Fn() -> Vec<RowId> + 'static) {
    let beats = memo(move || beat(state, AGAIN));
    let wanted = StoredValue::new_local(Vec::new());
    let asked: Asked = StoredValue::new_local(BTreeMap::new());
    let work: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let is_busy = StoredValue::new_local(false);
    effect(move || {
        beats.get();
        state.runs.changed.track();
        let rows = rows();
        if !any_can(state, |can| can.figures) || state.hidden.get() {
            return;
        }
        wanted.set_value(rows);
        if is_busy.get_value() {
            return;
        }
        is_busy.set_value(true);
        work.set_value(Some(Task::spawn(async move {
            loop {
                BrowserClock.sleep(REST).await;
                let rows = wanted.try_update_value(std::mem::take).unwrap_or_default();
                if rows.is_empty() {
                    break;
                }
                ask_figures(state, rows, asked).await;
            }
            is_busy.try_update_value(|is_busy| *is_busy = false);
        })));
    });
}

/// By source and id: the version of the row for which figures were asked last, and when.
type Asked = StoredValue<BTreeMap<(u16, String), (u64, Timestamp)>, LocalStorage>;

async fn ask_figures(state: State, rows: Vec<RowId>, asked: Asked) {
    let now = BrowserClock.now();
    let sources = state.sources.list.get_untracked();
    for source in sources {
        if !source.can_now(|can| can.figures) {
            continue;
        }
        let mut wanted: Vec<(String, u64)> = Vec::new();
        for row in &rows {
            let run = state.runs.with_table_now(|table| {
                (table.source(*row) == source.index).then(|| table.get(*row))?
            });
            let Some(run) = run else { continue };
            let known =
                asked.with_value(|asked| asked.get(&(source.index, run.id.clone())).copied());
            let is_known = known.is_some_and(|(version, at)| {
                version == run.version && (run.phase.is_terminal() || now.since(at) < AGAIN)
            });
            if !is_known {
                wanted.push((run.id, run.version));
            }
        }
        let Ok(backend) = source.backend() else {
            continue;
        };
        let ids: Vec<String> = wanted.iter().map(|(id, _)| id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        // A failed question is asked again with the next change; the source's own state says that it does not answer.
        let Ok(answer) = backend.figures(&ids).await else {
            continue;
        };
        asked.try_update_value(|asked| {
            for (id, version) in wanted {
                asked.insert((source.index, id), (version, now));
            }
        });
        state.runs.take_figures(source.index, answer.value);
    }
}

/// How many runs of `asked` (a filter and names of sources) stand where, by source and in its words. The filter's own status does not count.
pub fn counts(
    state: State,
    asked: impl Fn() -> (RunFilter, Vec<String>) + Send + Sync + 'static,
) -> RwSignal<Vec<(u16, Counts)>> {
    let found: RwSignal<Vec<(u16, Counts)>> = RwSignal::new(Vec::new());
    let work: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let beats = memo(move || beat(state, COUNT_AGAIN));
    let counted: StoredValue<u64, LocalStorage> = StoredValue::new_local(u64::MAX);
    let wanted = memo(move || {
        let (mut filter, names) = asked();
        filter.status.clear();
        let is_chosen = |source: &&Source| {
            (names.is_empty() || names.iter().any(|name| source.is_named(name)))
                && source.can(|can| can.counts)
        };
        let chosen = state.sources.list.with(|list| {
            let chosen = list.iter().filter(is_chosen);
            chosen.map(|source| source.index).collect::<Vec<_>>()
        });
        (filter, chosen)
    });
    let last = StoredValue::new_local((RunFilter::default(), Vec::new()));
    effect(move || {
        beats.get();
        let (filter, chosen) = wanted.get();
        let is_other = last.with_value(|last| (&last.0, &last.1) != (&filter, &chosen));
        let changed = state.runs.changed.get_untracked();
        if state.hidden.get() || !is_other && counted.get_value() == changed {
            return;
        }
        counted.set_value(changed);
        if is_other {
            found.set(Vec::new());
            last.set_value((filter.clone(), chosen.clone()));
        }
        work.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(REST).await;
            let mut all = Vec::new();
            for index in chosen {
                let source = state.sources.at(index);
                let Some(Ok(backend)) = source.map(|source| source.backend()) else {
                    continue;
                };
                // Who cannot count such a filter, says nothing.
                if let Ok(answer) = backend.counts(&filter).await {
                    all.push((index, answer.value));
                }
            }
            found.try_set(all);
        })));
    });
    found
}

/// The latest backfills of all sources, and those that are `named` by source and id, while `is_wanted`.
pub fn backfills(
    state: State,
    is_wanted: impl Fn() -> bool + 'static,
    named: impl Fn() -> Vec<(u16, String)> + Send + Sync + 'static,
) -> RwSignal<Vec<(u16, Backfill)>> {
    let found: RwSignal<Vec<(u16, Backfill)>> = RwSignal::new(Vec::new());
    let work: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let beats = memo(move || beat(state, AGAIN));
    let named = memo(named);
    effect(move || {
        beats.get();
        let named = named.get();
        if !is_wanted() || state.hidden.get() {
            return;
        }
        let mut sources = state.sources.list.get();
        sources.retain(|source| source.can(|can| can.backfills));
        work.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(REST).await;
            let mut all = Vec::new();
            for source in sources {
                let Ok(backend) = source.backend() else {
                    continue;
                };
                let own = named.iter().filter(|(index, _)| *index == source.index);
                let own: Vec<String> = own.map(|(_, id)| id.clone()).collect();
                if let Ok(answer) = backend.backfills(&own).await {
                    all.extend(answer.value.into_iter().map(|one| (source.index, one)));
                }
            }
            found.try_set(all);
        })));
    });
    found
}
