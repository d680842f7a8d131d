//! Brief rows ([`runboard_core::model::Run::brief`]): their sources tell again what the page shows of them, and what a filter asks of their
//! texts.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use runboard_core::backend::Recalled;
use runboard_core::lazy_fn;
use runboard_core::model::RunFilter;
use runboard_core::model::filter::Matcher;
use runboard_core::net::Clock as _;
use runboard_core::store::run_table::{RowId, RunTable};

use super::State;
use super::clock::offset_minutes;
use super::reactive::effect;
use super::run_list::RunList;
use super::sources::Source;
use super::task::{self, Task};
use crate::browser::clock::BrowserClock;

/// Rows that are read again in one go while a text is looked for: a few milliseconds' work.
const SLICE: usize = 500;
/// How soon what came meanwhile is looked through, and a source asked again that did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Asks for the whole runs of those of `rows` that are held in brief. Call it again when other rows are shown.
pub fn keep_recalled(state: State, rows: impl Fn() -> Vec<RowId> + 'static) {
    let wanted = StoredValue::new_local(Vec::new());
    let work: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let is_busy = StoredValue::new_local(false);
    effect(move || {
        state.runs.changed.track();
        let rows = rows();
        let is_any = state
            .runs
            .with_table_now(|table| rows.iter().any(|row| table.missing(*row).is_some()));
        wanted.set_value(rows);
        if !is_any || is_busy.get_value() {
            return;
        }
        is_busy.set_value(true);
        work.set_value(Some(Task::spawn(async move {
            loop {
                let rows = wanted.try_update_value(std::mem::take).unwrap_or_default();
                if rows.is_empty() {
                    break;
                }
                recall(state, rows).await;
            }
            is_busy.try_update_value(|is_busy| *is_busy = false);
        })));
    });
}

impl RunList {
    /// Gets the whole run of a row held in brief.
    pub fn recall_soon(self, state: State, row: RowId) {
        task::spawn(async move { recall(state, vec![row]).await });
    }
}

/// Gets the whole runs of rows held in brief; what a source does not tell is among its problems.
async fn recall(state: State, rows: Vec<RowId>) {
    if let Ok(work) = recalling(state, rows).await {
        work.await;
    }
}

// Brief rows come from histories, whose code is here when there are any.
lazy_fn!(
    history,
    fn recalling(state: State, rows: Vec<RowId>) -> LocalBoxFuture<'static, ()> {
        recall_now(state, rows).boxed_local()
    }
);
lazy_fn!(
    history,
    fn looking(
        state: State,
        filter: RunFilter,
        sources: Option<Vec<u16>>,
    ) -> LocalBoxFuture<'static, ()> {
        async move {
            let now = BrowserClock.now();
            if let Ok(matcher) = filter.compile(now, offset_minutes(now)) {
                look_for(state, matcher, sources).await;
            }
        }
        .boxed_local()
    }
);

async fn recall_now(state: State, rows: Vec<RowId>) {
    let missing: Vec<(u16, u32)> = state
        .runs
        .with_table_now(|table| rows.iter().filter_map(|row| table.missing(*row)).collect());
    for source in state.sources.list.get_untracked() {
        let numbers = missing.iter().filter(|(index, _)| *index == source.index);
        let numbers: Vec<u32> = numbers.map(|(_, number)| *number).collect();
        if numbers.is_empty() {
            continue;
        }
        if let Some(runs) = told(&source, &numbers).await {
            state.runs.put_recalled(source.index, runs);
        }
    }
}

/// What a source tells again; nothing when it does not.
pub(super) async fn told(source: &Source, numbers: &[u32]) -> Option<Recalled> {
    if numbers.is_empty() {
        return Some(Vec::new());
    }
    match source.backend().ok()?.recall(numbers).await {
        Ok(answer) => Some(answer.value),
        Err(error) => {
            let words = ["reading lines again: ", &error.to_string()].concat();
            source.link.update(|link| link.add_problems([words]));
            None
        }
    }
}

/// Looks for what a filter asks of texts, in the sources that hold them, for as long as it is asked.
pub(super) fn keep_answers(state: State) {
    let work: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    effect(move || {
        let asked = state.runs.asked_texts.get();
        state.runs.doing.update(|doing| doing.search = None);
        work.set_value(asked.map(|(filter, sources)| {
            Task::spawn(async move {
                // Until there are brief rows, there is nothing to look through.
                while !state.runs.with_table_now(RunTable::has_briefs) {
                    BrowserClock.sleep(AGAIN).await;
                }
                if let Ok(work) = looking(state, filter, sources).await {
                    work.await;
                }
            })
        }));
    });
}

async fn look_for(state: State, matcher: Matcher, chosen: Option<Vec<u16>>) {
    let mut from: Vec<u32> = Vec::new();
    loop {
        let list = state.sources.list.get_untracked();
        from.resize(list.len(), 0);
        let is_chosen = |source: &Source| {
            let chosen = chosen.as_ref();
            chosen.is_none_or(|chosen| chosen.contains(&source.index))
        };
        for (source, from) in list.iter().zip(&mut from) {
            if !is_chosen(source) {
                continue;
            }
            // A file that was read anew has other runs behind its numbers.
            let all = state
                .runs
                .with_table_now(|table| table.briefs(source.index));
            if all < *from {
                *from = 0;
            }
            while *from < all {
                let (wanted, next) = state
                    .runs
                    .with_table_now(|table| table.unanswered(source.index, *from, SLICE, &matcher));
                let Some(runs) = told(source, &wanted).await else {
                    break;
                };
                state.runs.answer(source.index, &runs, &matcher);
                *from = next.unwrap_or(all);
                let search = (source.config.name.clone(), (*from).into(), all.into());
                state.runs.doing.update(|doing| doing.search = Some(search));
                BrowserClock.sleep(Duration::ZERO).await;
            }
        }
        if state
            .runs
            .doing
            .with_untracked(|doing| doing.search.is_some())
        {
            state.runs.doing.update(|doing| doing.search = None);
        }
        BrowserClock.sleep(AGAIN).await;
    }
}
