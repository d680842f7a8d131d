//! What stands where rows would: empty because of filters, because there are no runs, and because sources are down are different things.

use super::Asked;
use crate::state::State;
use crate::state::reactive::{Memo, memo};
use crate::state::sources::ConfigState;
use crate::ui::html::{Html, IntoHtml, view};
use crate::ui::part::panel::panel;
use crate::ui::route::{Route, View};

/// How the page stands, for the words that stand where rows would.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Standing {
    Rows,
    Loading,
    NoSources,
    /// Every source that is asked for is down: there may be runs, but nobody can tell.
    AllDown,
    NoRuns,
    NoMatch,
}

/// How it stands with `shown` rows of what was asked for.
pub(in crate::ui) fn standing(shown: Memo<u64>, asked: Memo<Asked>) -> Memo<Standing> {
    let state = State::get();
    memo(move || {
        if shown.get() > 0 {
            return Standing::Rows;
        }
        let is_ready = matches!(state.sources.config.get(), ConfigState::Ready);
        let names = asked.with(|(_, names, _)| names.clone());
        let (total, loaded, down) = state.sources.list.with(|list| {
            let now = state.now.get();
            let (mut total, mut loaded, mut down) = (0, 0, 0);
            // What others hold says nothing about those that are asked for.
            for source in list.iter() {
                if !names.is_empty() && !names.iter().any(|name| source.is_named(name)) {
                    continue;
                }
                total += 1;
                let (is_loaded, has_error) = source
                    .link
                    .with(|link| (link.is_loaded, link.error.is_some()));
                loaded += usize::from(is_loaded);
                let is_down = source.backend().is_err() || (source.is_stale(now) && has_error);
                down += usize::from(is_down);
            }
            (total, loaded, down)
        });
        match state.sources.config.get() {
            ConfigState::Loading => Standing::Loading,
            ConfigState::Failed(_) | ConfigState::Missing => Standing::NoSources,
            ConfigState::Ready if is_ready && total == 0 && names.is_empty() => Standing::NoSources,
            ConfigState::Ready if total > 0 && down == total => Standing::AllDown,
            ConfigState::Ready if loaded + down < total || state.runs.is_building.get() => {
                Standing::Loading
            }
            ConfigState::Ready
                if asked.with(|(filter, ..)| filter.is_empty()) && names.is_empty() =>
            {
                Standing::NoRuns
            }
            ConfigState::Ready => Standing::NoMatch,
        }
    })
}

/// The words, and the next step.
pub(in crate::ui) fn no_rows(standing: Standing) -> Html {
    let record = "cargo xtask test\nrunboard-bridge record --job nightly -- ./nightly.sh";
    match standing {
        Standing::Rows => ().into_html(),
        Standing::Loading => panel("Reading the runs \u{2026}", "", "", ()).into_html(),
        Standing::NoSources => crate::ui::page::sources::sources_page().into_html(),
        Standing::AllDown => panel("No source can be reached", "There may be runs, but nobody can tell. The line above says what happened to each source and when the next try is due.", "", view! { <a class="button" href=Route { view: View::Sources, ..Route::default() }.href()>"What happened"</a> })
        .into_html(),
        Standing::NoRuns => panel("No runs yet", "The sources that answer hold no runs. Anything that you run through the recorder appears here, live:", record, ())
        .into_html(),
        Standing::NoMatch => panel("No run matches the filters", "Runs there are, but none like this.", "", view! { <a class="button" href=Route::default().href()>"Clear the filters"</a> })
        .into_html(),
    }
}
