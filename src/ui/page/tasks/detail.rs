//! One task: a version of it, its inputs, what starts it by itself, and what can be done with it.

use runboard_core::backend::BackendError;
use runboard_core::store::json::pretty;

use super::forms::{deploying, running};
use super::list::counted;
use super::make::{Made, making};
use super::to_task;
use crate::state::actions::Standing;
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::run_detail::Loaded;
use crate::state::sources::Source;
use crate::state::tasks::{GROUP_DAYS, TaskInfo, TaskInput, TaskLook, TriggerRow, tasks_of};
use crate::ui::html::{El, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::page::run::copy;
use crate::ui::part::facts::facts;
use crate::ui::part::panel::panel;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::route::{Route, View};
use crate::ui::text;

const NOT_DEPLOYED: &str = "The service has no task of this name and version: it was deleted, or it was sent with the run that was made of it and is kept nowhere \
    else. Such a run is made once more on its own page, by \u{201c}Re-execute \u{2026}\u{201d}.";

pub(super) fn detail(source: Source, task: String) -> Html {
    let nav = Nav::get();
    let look = TaskLook::of_owner();
    let version = memo(move || nav.route.with(|route| route.version.clone()));
    let (for_read, id) = (source.clone(), task.clone());
    effect(move || {
        if let Some(tasks) = tasks_of(&for_read) {
            look.read(tasks, id.clone(), version.get());
        }
    });
    let all = to_task(&source.config.id, None, None);
    let name = task.rsplit('/').next().unwrap_or_default().to_string();
    let runs = {
        let mut route = Route {
            source: vec![source.config.id.clone()],
            ..Route::default()
        };
        route.filter.job = vec![name.clone()];
        // Tasks of other projects may have the same name.
        if let [project, domain, _] = task.split('/').collect::<Vec<&str>>().as_slice() {
            route.filter.tag = vec![["project=", project].concat(), ["domain=", domain].concat()];
        }
        route.href()
    };
    let for_body = source.clone();
    let body = move || match look.info.get() {
        Loaded::Loading => panel("Reading the task \u{2026}", "", "", ()).into_html(),
        // A run may be made of a task that was sent with it.
        Loaded::Failed(BackendError::NotFound(_)) => {
            panel("This task is not deployed", NOT_DEPLOYED, "", ()).into_html()
        }
        Loaded::Failed(error) => {
            panel("The task could not be read", error.to_string(), "", ()).into_html()
        }
        Loaded::Ready(info) => whole(&for_body, info, look),
    };
    let (id, for_versions) = (task.clone(), source.config.id.clone());
    let versions = move || {
        let rows = look
            .versions
            .with(|rows| rows.ready().cloned())
            .unwrap_or_default();
        let chosen = look
            .info
            .with(|info| info.ready().map(|info| info.row.version.clone()));
        let (id, source) = (id.clone(), for_versions.clone());
        (rows.len() > 1).then(move || {
            let count = text::counted(rows.len() as u64, "version", "versions");
            let options: Vec<El> = rows
                .into_iter()
                .map(|row| {
                    let at = row.deployed_at.map(text::time_full).unwrap_or_default();
                    let is_chosen = chosen.as_ref() == Some(&row.version);
                    view! { <option value=row.version.as_str() selected=is_chosen>{[row.version.as_str(), "  ", &at].concat()}</option> }
                })
                .collect();
            let go = move |event: web_sys::Event| {
                let version = value_of(&event);
                nav.change(|route| {
                    *route = Route {
                        view: View::Tasks,
                        source: vec![source.clone()],
                        task: Some(id.clone()),
                        version: Some(version),
                        ..Route::default()
                    };
                });
            };
            view! { <label>"version "<select class="field" on:change=go>{options}</select></label><span class="muted">{count}</span> }
        })
    };
    let group = memo(move || look.group.get());
    let for_count = source.config.id.clone();
    let counts = move || vec![counted(&for_count, group.get().as_ref()).into()];
    let counts = move || {
        let counts = counts.clone();
        let words = format!("How its runs of {GROUP_DAYS} days went");
        group.with(Option::is_some).then(|| view! { <h2>{words}</h2>{words_table("How its runs went", &["Runs", "Failed", "Last runs"], counts)} })
    };
    view! {
        <p><a href=all>"All tasks"</a></p>
        <div class="tasks__head"><h1>{name}</h1><span class="mono muted">{task}</span><a href=runs>"Its runs"</a>{versions}</div>
        {counts}
        {body}
    }
}

fn whole(source: &Source, info: TaskInfo, look: TaskLook) -> Html {
    let row = info.row.clone();
    let known = [
        ("version", Some(row.version.clone())),
        ("environment", Some(row.environment.clone())),
        ("deployed", row.deployed_at.map(text::time_full)),
        ("by", row.deployed_by.clone()),
        ("what it does", Some(row.description.clone())),
    ];
    let known = known.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name.to_string(), value))
    });
    let known: Vec<(String, String)> = known.collect();
    let tasks = tasks_of(source);
    let typed = move |value: &str| {
        tasks
            .as_ref()
            .map_or(value.to_string(), |tasks| tasks.typed(value))
    };
    let input = |input: &TaskInput| {
        let kind = input
            .kind
            .clone()
            .unwrap_or_else(|| input.type_json.clone());
        let default = match &input.default {
            Some(value) => typed(value),
            None => "required".into(),
        };
        vec![
            Cell::Text(input.name.clone()),
            Cell::Text(kind),
            Cell::Text(default),
            Cell::Text(input.description.clone()),
        ]
    };
    let inputs: Vec<Vec<Cell>> = info.inputs.iter().map(input).collect();
    let inputs = match inputs.is_empty() {
        true => view! { <p class="muted">"It takes no inputs."</p> }.into_html(),
        false => {
            let inputs = std::cell::RefCell::new(Some(inputs));
            words_table(
                "Inputs of the task",
                &["Input", "Type", "Default", "What it is"],
                move || inputs.take().unwrap_or_default(),
            )
            .into_html()
        }
    };
    let (is_running, is_deploying) = (RwSignal::new(false), RwSignal::new(false));
    let (for_run, for_deploy) = (
        (source.clone(), info.clone()),
        (source.clone(), info.clone()),
    );
    let run = move || {
        is_running
            .get()
            .then(|| running(for_run.0.clone(), for_run.1.clone(), is_running))
    };
    let deploy = move || {
        is_deploying.get().then(|| {
            deploying(
                for_deploy.0.clone(),
                Some(for_deploy.1.clone()),
                is_deploying,
            )
        })
    };
    let buttons = source.config.actions.then(|| {
        view! {
            <div class="tasks__buttons">
                <button class="button button--main" on:click=move |_| is_running.set(true)>"Run \u{2026}"</button>
                <button class="button" on:click=move |_| is_deploying.set(true)>"New version \u{2026}"</button>
            </div>
        }
    });
    let spec = pretty(&info.spec);
    let for_copy = spec.clone();
    view! {
        {facts(move || known.clone())}
        {buttons}
        <h2>"Inputs"</h2>
        {inputs}
        {triggers(source.clone(), look)}
        <h2>"Spec "<button class="button button--small" on:click=move |_| copy(for_copy.clone(), "Copied")>"Copy"</button></h2>
        <pre class="json" tabindex="0" role="group" aria-label="Spec of the task">{spec}</pre>
        {run}{deploy}
    }
}

/// What starts it by itself.
fn triggers(source: Source, look: TaskLook) -> Html {
    let said = move || match look.standing.get() {
        Standing::Asking => None,
        Standing::Busy => Some("asking \u{2026}".to_string()),
        Standing::Refused(words) => Some(words),
        Standing::Unclear(words) => Some(format!("Nobody can tell whether it was done: {words}")),
    };
    let body = move || match look.triggers.get() {
        Loaded::Loading => ().into_html(),
        Loaded::Failed(error) => view! { <p class="muted">{error.to_string()}</p> }.into_html(),
        Loaded::Ready(all) if all.is_empty() => {
            view! { <p class="muted">"Nothing starts it by itself."</p> }.into_html()
        }
        Loaded::Ready(all) => {
            let lines: Vec<El> = all
                .into_iter()
                .map(|trigger| line(source.clone(), look, trigger))
                .collect();
            view! { <ul class="tasks__triggers">{lines}</ul> }.into_html()
        }
    };
    view! { <h2>"Triggers"</h2>{body}{move || said().map(|words| view! { <p class="dialog__wrong" role="status">{words}</p> })} }
}

/// A trigger. It is turned on and off by two presses.
fn line(source: Source, look: TaskLook, trigger: TriggerRow) -> El {
    let is_asked = RwSignal::new(false);
    let (verb, state) = match trigger.is_active {
        true => ("Deactivate", "active"),
        false => ("Activate", "not active"),
    };
    let at = trigger
        .triggered_at
        .map(|at| ["last at ", &text::time_full(at)].concat());
    let (name, schedule) = (trigger.name.clone(), trigger.schedule.clone());
    let for_run = (source.clone(), trigger.clone());
    let has_actions = source.config.actions;
    let buttons = move || {
        if !has_actions {
            return ().into_html();
        }
        if !is_asked.get() {
            return view! { <button class="button button--small" on:click=move |_| is_asked.set(true)>{[verb, " \u{2026}"].concat()}</button> }.into_html();
        }
        let (source, trigger) = (source.clone(), trigger.clone());
        let confirm = move |_| {
            if let Some(tasks) = tasks_of(&source) {
                look.set_trigger(tasks, trigger.clone(), !trigger.is_active);
            }
        };
        view! {
            <button class="button button--small button--main" on:click=confirm>{verb}" this trigger"</button>
            <button class="button button--small" on:click=move |_| is_asked.set(false)>"Cancel"</button>
        }
    };
    let (is_making, what) = (RwSignal::new(false), Made::Trigger(for_run.1));
    let run = has_actions.then(|| {
        view! { <button class="button button--small" on:click=move |_| is_making.set(true)>"Run now \u{2026}"</button> }
    });
    let dialog = move || {
        is_making
            .get()
            .then(|| making(for_run.0.clone(), what.clone(), is_making))
    };
    view! {
        <li data-trigger=name.clone() data-active=trigger_state(state)>
            <b>{name}</b><span>{state}</span><span class="muted">{schedule}</span><span class="muted">{at}</span>{run}{buttons}{dialog}
        </li>
    }
}

fn trigger_state(state: &str) -> String {
    (state == "active").to_string()
}
