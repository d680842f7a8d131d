//! The runs of all sources in one list: filters, a summary, and a windowed grid that does not move under the reader.

mod bulk;
mod columns;
mod filters;
mod grid;
mod group;
mod launch;
mod more;
mod row;
mod standing;
mod tools;

use crate::state::reactive::{Memo, effect, memo};
use crate::ui::html::{El, IntoHtml, view};
use leptos::prelude::*;
use runboard_core::backend::Counts;
use runboard_core::model::{Phase, RunFilter};
use runboard_core::store::run_table::RunTable;
use runboard_core::store::run_view::SortKey;

use self::bulk::bulk;
pub(in crate::ui) use self::filters::filters;
use self::grid::grid;
pub(in crate::ui) use self::standing::{Standing, no_rows, standing};
use self::tools::tools;
use crate::state::State;
use crate::state::beside::counts;
use crate::state::look_ahead::{being_read, look_ahead};
use crate::state::sources::{ConfigState, Source};
use crate::state::task::Task;
use crate::ui::nav::Nav;
use crate::ui::part::reading::{doing, readings};
use crate::ui::route::Route;
use crate::ui::text;

pub fn runs_page() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let asked = ask(state, nav);
    let looking: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let being_read = memo(move || being_read(state));
    effect(move || {
        // Who comes by a link is here before a source has said what it is.
        being_read.get();
        let (filter, names, _) = asked.get();
        looking.set_value(look_ahead(state, filter, names));
    });
    let limit = memo(move || nav.route.with(|route| route.limit));
    let group = memo(move || nav.route.with(|route| route.group));
    let matching = memo(move || {
        (state.runs.with_view(|_, view| view.len()) as u64).min(limit.get().unwrap_or(u64::MAX))
    });
    effect(move || {
        state.runs.changed.track();
        state
            .rows
            .arrange(group.get(), limit.get().map(|limit| limit as usize));
    });
    let shown = memo(move || state.rows.count() as u64);
    let standing = standing(shown, asked);
    // A memo, so that nobody's typing ends because rows came or went.
    let has_sources = memo(move || standing.get() != Standing::NoSources);
    view! {
        <h1 class="visually-hidden">"Runs"</h1>
        {move || has_sources.get().then(|| view! { {filters()}{summary(matching, asked)} })}
        {move || match standing.get() {
            Standing::Rows => grid(shown).into_html(),
            other => no_rows(other),
        }}
        {bulk()}
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
                let is_chosen = |source: &&Source| names.iter().any(|name| source.is_named(name));
                let chosen = list.iter().filter(is_chosen);
                chosen.map(|source| source.index).collect()
            })
        });
        state.runs.show(&filter, sources, sort);
        let is_ready = || matches!(state.sources.config.get(), ConfigState::Ready);
        let is_there = |name: &str| {
            let is_it = |source: &Source| source.is_named(name);
            state.sources.list.with(|list| list.iter().any(is_it))
        };
        // Only a list that names sources waits for the configuration.
        let unknown = names.iter().find(|name| is_ready() && !is_there(name));
        if let Some(name) = unknown {
            let words = format!("source={name} is not understood: no source has this name");
            state.runs.wrong.set(Some(words));
        }
    });
    asked
}

/// `1,204 runs · 31 failed · 4 running`, of what the filters match.
fn summary(shown: Memo<u64>, asked: Memo<Asked>) -> impl IntoHtml {
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
    let unfiltered = move || {
        nav.route.with(|route| {
            let (sort, group) = (route.sort, route.group);
            Route {
                sort,
                group,
                ..Route::default()
            }
            .href()
        })
    };
    // Counted over all runs: beside a part of them they would say something else.
    let link = |word: &'static str, of: fn((usize, usize)) -> usize| {
        let count = memo(move || if is_filtered() { 0 } else { of(counts.get()) });
        let is_any = memo(move || count.get() > 0);
        move || {
            is_any.get().then(|| {
                let mut route = Route::default();
                route.filter.status = vec![word.into()];
                let words = move || [&text::count(count.get() as u64), " ", word].concat();
                view! { <a class=word href=route.href()>{words}</a> }
            })
        }
    };
    view! {
        <div class="summary" aria-live="off">
            {move || if is_filtered() {
                view! { <span><b>{text::count(shown.get())}</b>{format!(" of {}", text::counted(total.get(), "run", "runs"))}</span> }.into_html()
            } else {
                view! { <span><b>{text::count(shown.get())}</b>{if shown.get() == 1 { " run" } else { " runs" }}</span> }.into_html()
            }}
            {link("failed", |counts| counts.0)}{link("running", |counts| counts.1)}
            {move || is_filtered().then(|| view! { <a href=unfiltered>"clear filters"</a> })}
            {tools(shown)}
        </div>
        {by_status(state, nav, asked)}
    }
}

/// How far the lists have been read that are still being read, and what the sources themselves count, by their own words.
fn by_status(state: State, nav: Nav, asked: Memo<Asked>) -> impl IntoHtml {
    let counted = counts(state, move || {
        asked.with(|(filter, names, _)| (filter.clone(), names.clone()))
    });
    let reading = move || {
        let now = state.now.get_untracked();
        let words = state.sources.list.with(|list| {
            let words = list.iter().filter_map(|source| {
                let read_to = source.link.with(|link| {
                    (!link.is_loaded && link.progress.is_none()).then_some(link.read_to)?
                })?;
                let name = source.config.name.as_str();
                Some(
                    [
                        "reading older runs of ",
                        name,
                        ": back to ",
                        &text::time_short(read_to, now),
                        " so far",
                    ]
                    .concat(),
                )
            });
            words.collect::<Vec<_>>().join("; ")
        });
        (!words.is_empty()).then(|| view! { <span role="status">{words}</span> })
    };
    let unordered = move || {
        let sort = nav.route.with(|route| route.sort);
        let is_lost = sort.is_some_and(|(key, _)| !key.is_of_brief())
            && state.runs.with_table(RunTable::has_briefs);
        is_lost.then(|| view! { <span role="status">"this column is not held of runs of long files: they stand last, in the order of the file"</span> })
    };
    let chips = move || {
        let is_one = state.sources.list.with(|list| list.len() == 1);
        let line = |(index, counts): (u16, Counts)| {
            let source = state.sources.at(index)?;
            let some = counts.into_iter().filter(|(_, count)| *count > 0);
            let chips: Vec<El> = some
                .map(|(word, count)| {
                    let mut route = nav.route.with(Route::clone);
                    route.filter.status = vec![word.clone()];
                    route.source = vec![source.config.id.clone()];
                    view! { <a href=route.href() data-count=word.as_str()>{[&text::count(count), " ", &word].concat()}</a> }
                })
                .collect();
            let name = (!is_one).then(|| view! { <span>{source.config.name.clone()}</span> });
            (!chips.is_empty())
                .then(|| view! { <span class="by-status__source">{name}{chips}</span> })
        };
        let lines: Vec<El> = counted.get().into_iter().filter_map(line).collect();
        (!lines.is_empty()).then(|| view! { <span class="by-status__all" aria-label="Runs by status" role="group">{lines}</span> })
    };
    view! { <div class="by-status">{reading}{readings()}{doing()}{unordered}{chips}</div> }
}

/// A link to the list of the same sources with changed filters.
pub(in crate::ui) fn list_link(nav: Nav, change: impl FnOnce(&mut RunFilter)) -> String {
    let mut route = nav.route.with_untracked(|route| Route {
        source: route.source.clone(),
        filter: route.filter.clone(),
        ..Route::default()
    });
    change(&mut route.filter);
    route.href()
}
