//! The list of a source's tasks: found by their names, a page at a time.

use super::forms::deploying;
use super::heads::{Row, heads, order_of, sort_rows};
use super::make::{Made, making};
use super::to_task;
use crate::state::State;
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::run_detail::Loaded;
use crate::state::sources::Source;
use crate::state::task::Task;
use crate::state::tasks::{
    GROUP_DAYS, TaskGroup, TaskList, TaskRow, TriggerRow, read_triggers, tasks_of,
};
use crate::ui::html::{El, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::part::phase_badge::phase_glyph;
use crate::ui::part::table::{Cell, headed, words_table};
use crate::ui::route::{Route, Tab};
use crate::ui::text;
use leptos::prelude::StoredValue;
use runboard_core::model::Phase;
use runboard_core::model::letter::lowered;

pub(super) fn list(source: Source) -> Html {
    let (nav, state, index) = (Nav::get(), State::get(), source.index);
    let found = TaskList::of_owner();
    let text = memo(move || {
        nav.route
            .with(|route| route.filter.q.clone().unwrap_or_default())
    });
    let sort = memo(move || nav.route.with(|route| route.sort));
    let order = memo(move || order_of(sort.get()));
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
                take(&mut places, place(&row.id));
            }
        });
        // Runs may be of tasks that were never deployed, in places that have no others.
        state.runs.changed.track();
        for place in state.runs.with_table_now(|table| {
            let rows = table.find_prefix(Some(index), "", usize::MAX);
            let mut seen = Vec::new();
            for row in rows {
                take(&mut seen, place(table.id(row)));
            }
            seen
        }) {
            take(&mut places, place);
        }
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
            let cells = vec![
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
            ];
            Row::of(group, cells)
        };
        let mut rows: Vec<Row> = found.rows.with(|rows| {
            rows.ready()
                .map_or(Vec::new(), |rows| rows.iter().map(row).collect())
        });
        let is_listed = |group: &&TaskGroup| {
            let is_it = |row: &TaskRow| row.id == group.task;
            found
                .rows
                .with(|rows| rows.ready().is_some_and(|rows| rows.iter().any(is_it)))
        };
        // What is not among the first pages may be on the next.
        let is_read = found.rows.with(|rows| rows.ready().is_some());
        if is_read && found.next.with(Option::is_none) {
            let wanted = lowered(&text.get());
            let is_found = |group: &&TaskGroup| lowered(name(&group.task)).contains(&wanted);
            let others = groups
                .iter()
                .filter(|group| !is_listed(group))
                .filter(is_found);
            rows.extend(others.map(|group| undeployed(&id, group)));
        }
        sort_rows(rows, sort.get())
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
    let for_triggers = source.clone();
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
            <span class="tools__count" role="status">{count}</span>
            <span class="tools__space"></span>
            {can_deploy.then(|| view! { <button class="button button--small" on:click=move |_| is_making.set(true)>"Run a spec \u{2026}"</button><button class="button button--small" on:click=move |_| open.set(true)>"Deploy \u{2026}"</button> })}
        </div>
        {standing}
        <div hidden=move || is_empty.get()>{headed("Tasks of the source", "table table--words", heads(sort), Box::new(rows))}</div>
        <p class="muted" role="status">{counts}</p>
        {more}
        {triggers(for_triggers)}
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

/// Runs of a task that was sent with them, or that is there no more.
fn undeployed(source: &str, group: &TaskGroup) -> Row {
    let [total, failed, recent] = counted(source, Some(group));
    let mut route = Route {
        source: vec![source.into()],
        ..Route::default()
    };
    route.filter.job = vec![name(&group.task).into()];
    let none = || Cell::Text(String::new());
    let cells = vec![
        Cell::Link(name(&group.task).into(), route.href()),
        Cell::Text(place(&group.task)),
        Cell::Text("not deployed".into()),
        total,
        failed,
        recent,
        none(),
        none(),
        none(),
        none(),
    ];
    Row::of(Some(group), cells)
}

/// What starts tasks by itself, of all of them.
fn triggers(source: Source) -> Html {
    let all = RwSignal::new(Loaded::Loading);
    if let Some(tasks) = tasks_of(&source) {
        StoredValue::new_local(Task::spawn(read_triggers(tasks, all)));
    }
    let id = source.config.id.clone();
    let row = move |one: TriggerRow| {
        let state = if one.is_active {
            "active"
        } else {
            "not active"
        };
        vec![
            Cell::Link(one.name, to_task(&id, Some(&one.task), None)),
            Cell::Text(one.task),
            Cell::Text(state.into()),
            Cell::Text(one.schedule),
            Cell::Text(one.triggered_at.map(text::time_full).unwrap_or_default()),
        ]
    };
    let said = memo(move || {
        all.with(|all| match all {
            Loaded::Ready(all) if all.is_empty() => None,
            Loaded::Ready(all) => {
                let active = all.iter().filter(|one| one.is_active).count() as u64;
                let of = text::counted(all.len() as u64, "trigger", "triggers");
                Some([&of, ", ", &text::count(active), " active"].concat())
            }
            Loaded::Failed(error) => {
                Some(["The triggers could not be read: ", &error.to_string()].concat())
            }
            Loaded::Loading => None,
        })
    });
    let rows = move || {
        let all = all.with(|all| all.ready().cloned()).unwrap_or_default();
        all.into_iter().map(row.clone()).collect()
    };
    (move || {
        let rows = rows.clone();
        said.get().map(|said| view! {
            <h2>"Triggers"</h2><p class="muted">{said}</p>
            {words_table("Triggers of the source", &["Trigger", "Task", "State", "When", "Last"], rows)}
        })
    }).into_html()
}

fn take(places: &mut Vec<String>, place: String) {
    if !place.is_empty() && !places.contains(&place) {
        places.push(place);
    }
}

fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// `project/domain` of a task's id.
fn place(id: &str) -> String {
    id.rsplit_once('/').map_or("", |(place, _)| place).into()
}
