//! The runs of all sources in one list: filters, a summary, and a windowed grid that does not move under the reader.

mod filters;
mod grid;
mod row;

use crate::state::reactive::{Memo, effect, memo};
use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::{Phase, RunFilter};
use runboard_core::store::run_view::SortKey;

pub(in crate::ui) use self::filters::filters;
use self::grid::grid;
use crate::state::State;
use crate::state::sources::ConfigState;
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::route::Route;
use crate::ui::text;

/// How the page stands, for the words that stand where rows would.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Rows,
    Loading,
    NoSources,
    /// Every source is down: there may be runs, but nobody can tell.
    AllDown,
    NoRuns,
    NoMatch,
}

pub fn runs_page() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let asked = ask(state, nav);
    let shown = memo(move || {
        let limit = nav.route.with(|route| route.limit).unwrap_or(u64::MAX);
        (state.runs.with_view(|_, view| view.len()) as u64).min(limit)
    });
    let standing = memo(move || {
        if shown.get() > 0 {
            return Standing::Rows;
        }
        let is_ready = matches!(state.sources.config.get(), ConfigState::Ready);
        let (total, loaded, down) = state.sources.list.with(|list| {
            let now = state.now.get();
            let loaded = list
                .iter()
                .filter(|source| source.link.with(|link| link.is_loaded))
                .count();
            let down = list
                .iter()
                .filter(|source| {
                    source.backend().is_err()
                        || (source.is_stale(now) && source.link.with(|link| link.error.is_some()))
                })
                .count();
            (list.len(), loaded, down)
        });
        match state.sources.config.get() {
            ConfigState::Loading => Standing::Loading,
            ConfigState::Failed(_) | ConfigState::Missing => Standing::NoSources,
            ConfigState::Ready if is_ready && total == 0 => Standing::NoSources,
            ConfigState::Ready if down == total => Standing::AllDown,
            ConfigState::Ready if loaded + down < total || state.runs.is_building.get() => {
                Standing::Loading
            }
            ConfigState::Ready
                if asked.with(|(filter, sources, _)| filter.is_empty() && sources.is_empty()) =>
            {
                Standing::NoRuns
            }
            ConfigState::Ready => Standing::NoMatch,
        }
    });
    view! {
        <h1 class="visually-hidden">"Runs"</h1>
        {filters()}
        {summary(shown)}
        {move || match standing.get() {
            Standing::Rows => grid(shown).into_html(),
            other => no_rows(other).into_html(),
        }}
    }
}

/// What a list's address asks for: filter, sources, order.
pub(in crate::ui) type Asked = (RunFilter, Vec<String>, Option<(SortKey, bool)>);

/// Lets the table show what the address asks for, and gives what that is.
pub(in crate::ui) fn ask(state: State, nav: Nav) -> Memo<Asked> {
    let asked = memo(move || {
        nav.route
            .with(|route| (route.filter.clone(), route.source.clone(), route.sort))
    });
    effect(move || {
        let (filter, names, sort) = asked.get();
        let sources = (!names.is_empty()).then(|| {
            state.sources.list.with(|list| {
                let chosen = list.iter().filter(|source| {
                    names.contains(&source.config.id) || names.contains(&source.config.name)
                });
                chosen.map(|source| source.index).collect()
            })
        });
        state.runs.show(&filter, sources, sort);
    });
    asked
}

/// `1,204 runs · 31 failed · 4 running`, of what the filters match.
fn summary(shown: Memo<u64>) -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let counts = memo(move || {
        state.runs.with_counts(|counts| {
            (
                counts.of(Phase::Failed) + counts.of(Phase::TimedOut),
                counts.of(Phase::Running),
            )
        })
    });
    let total = memo(move || state.runs.with_table(|table| table.len() as u64));
    let is_filtered = move || {
        nav.route.with(|route| {
            !route.filter.is_empty() || !route.source.is_empty() || route.limit.is_some()
        })
    };
    let status_link = |word: &str| {
        let mut route = Route::default();
        route.filter.status = vec![word.into()];
        route.href()
    };
    view! {
        <div class="summary" aria-live="off">
            {move || if is_filtered() {
                view! { <span><b>{text::count(shown.get())}</b>{format!(" of {}", text::counted(total.get(), "run", "runs"))}</span> }.into_html()
            } else {
                view! { <span><b>{text::count(shown.get())}</b>{if shown.get() == 1 { " run" } else { " runs" }}</span> }.into_html()
            }}
            {move || {
                let (failed, running) = counts.get();
                let failed = (failed > 0).then(|| view! { <a class="failed" href=status_link("failed")>{format!("{} failed", text::count(failed as u64))}</a> });
                let running = (running > 0).then(|| view! { <a href=status_link("running")>{format!("{} running", text::count(running as u64))}</a> });
                vec![failed, running]
            }}
            {move || is_filtered().then(|| view! { <a href=Route::default().href()>"clear filters"</a> })}
        </div>
    }
}

/// Empty because of filters, because there are no runs, and because sources are down are three different things.
fn no_rows(standing: Standing) -> impl IntoHtml {
    let record = "cargo xtask test\nrunboard-bridge record --job nightly -- ./nightly.sh";
    match standing {
        Standing::Rows => ().into_html(),
        Standing::Loading => panel("Reading the runs \u{2026}".to_string(), "", "", ()).into_html(),
        Standing::NoSources => crate::ui::page::sources::sources_page().into_html(),
        Standing::AllDown => panel("No source can be reached".to_string(), "There may be runs, but nobody can tell. The line above says what happened to each source and when the next try is due.", "", view! { <a class="button" href=Route { view: crate::ui::route::View::Sources, ..Route::default() }.href()>"What happened"</a> })
        .into_html(),
        Standing::NoRuns => panel("No runs yet".to_string(), "The sources answer, and hold no runs. Anything that you run through the recorder appears here, live:", record, ())
        .into_html(),
        Standing::NoMatch => panel("No run matches the filters".to_string(), "Runs there are, but none like this.", "", view! { <a class="button" href=Route::default().href()>"Clear the filters"</a> })
        .into_html(),
    }
}
