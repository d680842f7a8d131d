//! What can be run: tasks of sources that keep a list of them, their versions and triggers, and runs made of them.

mod detail;
pub(in crate::ui) mod forms;
mod heads;
mod list;
mod make;

use crate::state::State;
use crate::state::reactive::memo;
use crate::state::sources::Source;
use crate::state::tasks::keepers;
use crate::ui::html::{El, Html, IntoHtml, view};
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::route::{Route, View};

/// The page of a task, or of all.
fn to_task(source: &str, task: Option<&str>, version: Option<&str>) -> String {
    Route {
        view: View::Tasks,
        source: vec![source.into()],
        task: task.map(String::from),
        version: version.map(String::from),
        ..Route::default()
    }
    .href()
}

pub fn tasks_page() -> Html {
    let (state, nav) = (State::get(), Nav::get());
    let all = memo(move || {
        let keepers = keepers(state);
        keepers
            .iter()
            .map(|source| source.index)
            .collect::<Vec<_>>()
    });
    let source = memo(move || {
        let names = nav.route.with(|route| route.source.clone());
        let sources = all
            .get()
            .into_iter()
            .filter_map(|index| state.sources.at(index));
        let mut sources: Vec<Source> = sources.collect();
        if !names.is_empty() {
            sources.retain(|source| names.iter().any(|name| source.is_named(name)));
        }
        sources.first().map(|source| source.index)
    });
    let task = memo(move || nav.route.with(|route| route.task.clone()));
    view! {
        <div class="tasks" tabindex="0" role="region" aria-label="Tasks">
            {move || choice(state, all.get(), source.get())}
            {move || match source.get().and_then(|index| state.sources.at(index)) {
                None => {
                    let words = "Tasks are kept by Flyte services; other sources name their jobs in the list of runs only.";
                    view! { <h1 class="visually-hidden">"Tasks"</h1>{panel("No source keeps a list of tasks", words, "", ())} }
                }
                Some(source) => match task.get() {
                    Some(task) => detail::detail(source, task).into_html(),
                    None => list::list(source).into_html(),
                },
            }}
        </div>
    }
    .into_html()
}

/// Which source, where several keep tasks.
fn choice(state: State, all: Vec<u16>, chosen: Option<u16>) -> Option<El> {
    if all.len() < 2 {
        return None;
    }
    let links: Vec<El> = all
        .into_iter()
        .filter_map(|index| state.sources.at(index))
        .map(|source| {
            let href = to_task(&source.config.id, None, None);
            let is_chosen = chosen == Some(source.index);
            view! { <a href=href aria-current=is_chosen.then_some("true")>{source.config.name.clone()}</a> }
        })
        .collect();
    Some(view! { <p class="tasks__sources">{links}</p> })
}
