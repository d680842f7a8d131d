//! A run made of a task, and a new version of a task, each by a dialog.

use runboard_core::backend::{NewRun, Template};

use crate::state::actions::Standing;
use crate::state::reactive::{RwSignal, memo};
use crate::state::sources::Source;
use crate::state::tasks::{TaskInfo, TaskInput, create, deploy, tasks_of};
use crate::ui::html::{El, ElRef, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::dialog;
use crate::ui::route::{Route, Tab, View};
use runboard_core::store::json::pretty;

/// What went wrong with the last try.
pub(super) fn wrong(
    standing: RwSignal<Standing>,
    own: RwSignal<Option<String>>,
) -> impl Fn() -> Option<String> {
    move || match standing.get() {
        Standing::Asking => own.get(),
        Standing::Busy => None,
        Standing::Refused(words) => Some(format!("Not done: {words}")),
        Standing::Unclear(words) => Some(format!(
            "No answer, so nobody can tell whether it was done: {words}. Look before you ask again."
        )),
    }
}

/// A dialog that asks for a run of a task with its inputs.
pub(super) fn running(source: Source, info: TaskInfo, open: RwSignal<bool>) -> El {
    let standing = RwSignal::new(Standing::Asking);
    let own: RwSignal<Option<String>> = RwSignal::new(None);
    let (name, options) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let node = ElRef::new();
    let tasks = tasks_of(&source);
    let values: Vec<(TaskInput, RwSignal<String>)> = info
        .inputs
        .iter()
        .map(|input| {
            let default = input.default.as_deref().zip(tasks.as_ref());
            let typed = default.map(|(value, tasks)| tasks.typed(value));
            (input.clone(), RwSignal::new(typed.unwrap_or_default()))
        })
        .collect();
    let fields: Vec<El> = values
        .iter()
        .map(|(input, value)| field(input, *value))
        .collect();
    let is_busy = memo(move || standing.get() == Standing::Busy);
    let row = info.row.clone();
    let for_title = row.name.clone();
    let confirm = move |_| {
        let Some(tasks) = tasks_of(&source) else {
            return;
        };
        let typed: Vec<(TaskInput, String)> = values
            .iter()
            .map(|(input, value)| (input.clone(), value.get_untracked()))
            .collect();
        let inputs = match tasks.inputs(&typed) {
            Ok(inputs) => inputs,
            Err(words) => {
                own.set(Some(words));
                return;
            }
        };
        own.set(None);
        let text = |signal: RwSignal<String>| {
            Some(signal.get_untracked().trim().to_string()).filter(|text| !text.is_empty())
        };
        let new = NewRun {
            project: String::new(),
            domain: String::new(),
            name: text(name),
            template: Template::Task {
                id: row.id.clone(),
                version: row.version.clone(),
            },
            inputs: Some(inputs),
            options: text(options),
        };
        let id = source.config.id.clone();
        create(&source, new, standing, move |run| {
            let nav = Nav::get();
            dialog::close(node);
            nav.say("A new run was made.");
            if let Some(run) = run {
                nav.go(Route::to_run(&id, &run, Tab::Overview));
            }
        });
    };
    let words = wrong(standing, own);
    let body = view! {
        <div class="choices wishes">
            {fields}
            <label class="wish">"name of the run"
                <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder="the service gives one" on:input=move |event| name.set(value_of(&event)) />
            </label>
            <label class="wish">"options (RunSpec as JSON)"
                <textarea class="field" rows="3" spellcheck="false" placeholder="none" on:input=move |event| options.set(value_of(&event))></textarea>
            </label>
        </div>
        <p class="dialog__wrong" role="alert">{words}</p>
        <div class="dialog__end">
            <form method="dialog"><button class="button">"Cancel"</button></form>
            <button class="button button--main" disabled=move || is_busy.get() on:click=confirm>"Run"</button>
        </div>
    };
    dialog::dialog(
        node,
        format!("Run {for_title}"),
        body.into_html(),
        move || open.set(false),
    )
}

/// A field for an input, as its type wants it.
pub(in crate::ui) fn field(input: &TaskInput, value: RwSignal<String>) -> El {
    let kind = input
        .kind
        .clone()
        .unwrap_or_else(|| "Literal as JSON".into());
    let label = [input.name.as_str(), " (", &kind, ")"].concat();
    let set = move |event: web_sys::Event| value.set(value_of(&event));
    let entry = match input.kind.as_deref() {
        Some("BOOLEAN") => {
            let option = |word: &'static str| {
                let is_chosen = value.get_untracked() == word;
                view! { <option value=word selected=is_chosen>{word}</option> }
            };
            view! { <select class="field" on:change=set>{option("")}{option("true")}{option("false")}</select> }
        }
        None | Some("STRUCT") => {
            view! { <textarea class="field" rows="2" spellcheck="false" prop:value=move || value.get() on:input=set></textarea> }
        }
        Some(_) => {
            view! { <input class="field" type="text" autocomplete="off" spellcheck="false" prop:value=move || value.get() on:input=set /> }
        }
    };
    let words = (!input.description.is_empty())
        .then(|| view! { <span class="muted">{input.description.clone()}</span> });
    view! { <label class="wish">{label}{entry}{words}</label> }
}

/// A dialog that puts a version of a task at the source; `old` fills it in.
pub(super) fn deploying(source: Source, old: Option<TaskInfo>, open: RwSignal<bool>) -> El {
    let standing = RwSignal::new(Standing::Asking);
    let own: RwSignal<Option<String>> = RwSignal::new(None);
    let id = RwSignal::new(
        old.as_ref()
            .map(|old| old.row.id.clone())
            .unwrap_or_default(),
    );
    let version = RwSignal::new(String::new());
    let spec = RwSignal::new(
        old.as_ref()
            .map(|old| pretty(&old.spec))
            .unwrap_or_default(),
    );
    let node = ElRef::new();
    let is_busy = memo(move || standing.get() == Standing::Busy);
    let confirm = move |_| {
        let (id, version, spec) = (
            id.get_untracked(),
            version.get_untracked(),
            spec.get_untracked(),
        );
        let missing = [
            ("the task's name", &id),
            ("a version", &version),
            ("a spec", &spec),
        ];
        if let Some((what, _)) = missing.into_iter().find(|(_, text)| text.trim().is_empty()) {
            own.set(Some([what, " is missing."].concat()));
            return;
        }
        own.set(None);
        let Some(tasks) = tasks_of(&source) else {
            return;
        };
        let href = (
            source.config.id.clone(),
            id.trim().to_string(),
            version.trim().to_string(),
        );
        let what = (id.trim().to_string(), version.trim().to_string(), spec);
        deploy(tasks, what, standing, move || {
            let nav = Nav::get();
            dialog::close(node);
            nav.say("The version is there.");
            nav.go(Route {
                view: View::Tasks,
                source: vec![href.0],
                task: Some(href.1),
                version: Some(href.2),
                ..Route::default()
            });
        });
    };
    let words = wrong(standing, own);
    let is_new = old.is_none();
    let title = match &old {
        Some(old) => format!("A new version of {}", old.row.name),
        None => "Deploy a task".into(),
    };
    let last = old.map(|old| view! { <p class="muted">"The service changes no version: this makes a new one. The last is "<b>{old.row.version}</b>"."</p> });
    let body = view! {
        {last}
        <div class="choices wishes">
            {is_new.then(|| view! {
                <label class="wish">"task (project/domain/name)"
                    <input class="field" type="text" autocomplete="off" spellcheck="false" on:input=move |event| id.set(value_of(&event)) />
                </label>
            })}
            <label class="wish">"version"
                <input class="field" type="text" autocomplete="off" spellcheck="false" on:input=move |event| version.set(value_of(&event)) />
            </label>
            <label class="wish">"spec (TaskSpec as JSON)"
                <textarea class="field" rows="12" spellcheck="false" prop:value=move || spec.get() on:input=move |event| spec.set(value_of(&event))></textarea>
            </label>
        </div>
        <p class="dialog__wrong" role="alert">{words}</p>
        <div class="dialog__end">
            <form method="dialog"><button class="button">"Cancel"</button></form>
            <button class="button button--main" disabled=move || is_busy.get() on:click=confirm>"Deploy"</button>
        </div>
    };
    dialog::dialog(node, title, body.into_html(), move || open.set(false))
}
