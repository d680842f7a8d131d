//! The list of a source's tasks: found by their names, a page at a time.

use super::forms::deploying;
use super::make::{Made, making};
use super::to_task;
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::run_detail::Loaded;
use crate::state::sources::Source;
use crate::state::tasks::{GROUP_DAYS, TaskGroup, TaskList, TaskOrder, TaskRow, tasks_of};
use crate::ui::html::{El, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::field::choice;
use crate::ui::part::panel::panel;
use crate::ui::part::phase_badge::phase_glyph;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::route::{Route, Tab};
use crate::ui::text;
use runboard_core::model::Phase;
use runboard_core::store::run_view::SortKey;

pub(super) fn list(source: Source) -> Html {
    let nav = Nav::get();
    let found = TaskList::of_owner();
    let text = memo(move || {
        nav.route
            .with(|route| route.filter.q.clone().unwrap_or_default())
    });
    let order = memo(move || match nav.route.with(|route| route.sort) {
        Some((SortKey::Created, _)) => TaskOrder::Newest,
        _ => TaskOrder::Name,
    });
    let (for_find, for_more) = (source.clone(), source.clone());
    effect(move || {
        let text = text.get();
        if let Some(tasks) = tasks_of(&for_find) {
            found.find(tasks, text, order.get());
        }
    });
    let places = memo(move || {
        let mut places: Vec<String> = Vec::new();
        found.rows.with(|rows| {
            for row in rows.ready().map_or(&[][..], Vec::as_slice) {
                let place = place(&row.id);
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        });
        places
    });
    let for_count = source.clone();
    effect(move || {
        let places = places.get();
        if let Some(tasks) = tasks_of(&for_count) {
            found.count(tasks, places);
        }
    });
    let id = source.config.id.clone();
    let rows = move || {
        let groups = found.groups.get();
        let groups = groups.ready().map_or(&[][..], Vec::as_slice);
        let row = |row: &TaskRow| {
            let group = groups.iter().find(|group| group.task == row.id);
            let [total, failed, recent] = counted(&id, group);
            vec![
                Cell::Link(row.name.clone(), to_task(&id, Some(&row.id), None)),
                Cell::Text(place(&row.id)),
                Cell::Text(row.version.clone()),
                total,
                failed,
                recent,
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
    let counts = move || match found.groups.get() {
        Loaded::Loading => None,
        Loaded::Failed(error) => Some(format!(
            "The runs of the tasks could not be counted: {error}"
        )),
        Loaded::Ready(_) => Some(format!(
            "Runs, failures and last runs are those of {GROUP_DAYS} days, as the service counts them."
        )),
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
            <button class="button" on:click=move |_| if let Some(tasks) = tasks_of(&source) { found.more(tasks, text.get_untracked(), order.get_untracked()) }>"Load more"</button>
        })
    };
    let chosen = memo(move || match order.get() {
        TaskOrder::Newest => "newest".to_string(),
        TaskOrder::Name => String::new(),
    });
    let open = RwSignal::new(false);
    let can_deploy = source.config.actions;
    let is_making = RwSignal::new(false);
    let for_spec = source.clone();
    let making = move || {
        let source = for_spec.clone();
        is_making
            .get()
            .then(|| making(source, Made::Spec, is_making))
    };
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
            {choice("order", vec![("", "by name"), ("newest", "newest first")], chosen, move |word| {
                nav.change(|route| route.sort = (word == "newest").then_some((SortKey::Created, true)));
            })}
            <span class="tools__count" role="status">{count}</span>
            <span class="tools__space"></span>
            {can_deploy.then(|| view! { <button class="button button--small" on:click=move |_| is_making.set(true)>"Run a spec \u{2026}"</button><button class="button button--small" on:click=move |_| open.set(true)>"Deploy \u{2026}"</button> })}
        </div>
        {standing}
        <div hidden=move || is_empty.get()>{words_table("Tasks of the source", &["Task", "Project and domain", "Version", "Runs", "Failed", "Last runs", "Environment", "Deployed", "By", "What it does"], rows)}</div>
        <p class="muted" role="status">{counts}</p>
        {more}
        {asking}{making}
    }
}

/// How many runs, how many failed, and the last ones.
pub(super) fn counted(source: &str, group: Option<&TaskGroup>) -> [Cell; 3] {
    let Some(group) = group else {
        return [(); 3].map(|()| Cell::Text(String::new()));
    };
    let percent = (group.failed * 100 + group.total / 2) / group.total.max(1);
    let failed = match group.failed {
        0 => "none".to_string(),
        failed => format!("{} ({percent} %)", text::count(failed)),
    };
    let mark = |(run, phase): &(String, Phase)| {
        let words = [run.as_str(), ": ", text::phase(*phase)].concat();
        let href = Route::to_run(source, run, Tab::Overview).href();
        let drawn = view! { <a class="phase" data-phase=phase.word() href=href title=words.as_str() aria-label=words.as_str()>{phase_glyph(*phase, false)}</a> };
        (words, drawn)
    };
    let total = Cell::Text(text::count(group.total));
    let (words, marks): (Vec<String>, Vec<El>) = group.recent.iter().map(mark).unzip();
    let last = Cell::Drawn(words.join(" "), marks.into_html());
    [total, Cell::Text(failed), last]
}

/// `project/domain` of a task's id.
fn place(id: &str) -> String {
    id.rsplit_once('/').map_or("", |(place, _)| place).into()
}
