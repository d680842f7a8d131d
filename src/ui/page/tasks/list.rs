//! The list of a source's tasks: found by their names, a page at a time.

use super::forms::deploying;
use super::to_task;
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::run_detail::Loaded;
use crate::state::sources::Source;
use crate::state::tasks::{TaskList, TaskRow, tasks_of};
use crate::ui::html::{Html, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::text;

pub(super) fn list(source: Source) -> Html {
    let nav = Nav::get();
    let found = TaskList::of_owner();
    let text = memo(move || {
        nav.route
            .with(|route| route.filter.q.clone().unwrap_or_default())
    });
    let (for_find, for_more) = (source.clone(), source.clone());
    effect(move || {
        let text = text.get();
        if let Some(tasks) = tasks_of(&for_find) {
            found.find(tasks, text);
        }
    });
    let id = source.config.id.clone();
    let rows = move || {
        let row = |row: &TaskRow| {
            vec![
                Cell::Link(row.name.clone(), to_task(&id, Some(&row.id), None)),
                Cell::Text(place(&row.id)),
                Cell::Text(row.version.clone()),
                Cell::Text(row.environment.clone()),
                Cell::Text(row.deployed_at.map(text::time_full).unwrap_or_default()),
                Cell::Text(row.deployed_by.clone().unwrap_or_default()),
                Cell::Text(row.description.clone()),
            ]
        };
        found.rows.with(|rows| {
            rows.ready()
                .map_or(Vec::new(), |rows| rows.iter().map(row).collect())
        })
    };
    let standing = move || match found.rows.get() {
        Loaded::Loading => Some(panel("Reading the tasks \u{2026}", "", "", ())),
        Loaded::Failed(error) => Some(panel(
            "The tasks could not be read",
            error.to_string(),
            "",
            (),
        )),
        Loaded::Ready(rows) if rows.is_empty() && text.with(String::is_empty) => {
            Some(panel("No tasks", "The source keeps none yet.", "", ()))
        }
        Loaded::Ready(rows) if rows.is_empty() => Some(panel(
            "No task matches",
            "None has this in its name.",
            "",
            (),
        )),
        Loaded::Ready(_) => None,
    };
    let is_empty = memo(move || {
        found
            .rows
            .with(|rows| rows.ready().is_none_or(Vec::is_empty))
    });
    let count = move || {
        let shown = found.rows.with(|rows| rows.ready().map_or(0, Vec::len)) as u64;
        text::some_of(
            shown,
            found.total.get().unwrap_or(shown).max(shown),
            "task",
            "tasks",
        )
    };
    let more = move || {
        let source = for_more.clone();
        found.next.get().map(|_| view! {
            <button class="button" on:click=move |_| if let Some(tasks) = tasks_of(&source) { found.more(tasks, text.get_untracked()) }>"Load more"</button>
        })
    };
    let open = RwSignal::new(false);
    let can_deploy = source.config.actions;
    let asking = move || open.get().then(|| deploying(source.clone(), None, open));
    view! {
        <h1>"Tasks"</h1>
        <div class="tools" role="search" aria-label="Find tasks">
            <input
                class="field" type="search" data-search="" aria-label="Search tasks" placeholder="name   /"
                prop:value=move || text.get()
                on:input=move |event| {
                    let text = value_of(&event);
                    nav.change(|route| route.filter.q = Some(text).filter(|text| !text.trim().is_empty()));
                }
            />
            <span class="tools__count" role="status">{count}</span>
            <span class="tools__space"></span>
            {can_deploy.then(|| view! { <button class="button button--small" on:click=move |_| open.set(true)>"Deploy \u{2026}"</button> })}
        </div>
        {standing}
        <div hidden=move || is_empty.get()>{words_table("Tasks of the source", &["Task", "Project and domain", "Version", "Environment", "Deployed", "By", "What it does"], rows)}</div>
        {more}
        {asking}
    }
}

/// `project/domain` of a task's id.
fn place(id: &str) -> String {
    id.rsplit_once('/').map_or("", |(place, _)| place).into()
}
