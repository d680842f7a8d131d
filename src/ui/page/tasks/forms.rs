//! A run made of a task, and a new version of a task, each by a dialog.

use runboard_core::backend::{NewRun, Template};

use crate::state::actions::Standing;
use crate::state::reactive::{RwSignal, memo};
use crate::state::sources::Source;
use crate::state::tasks::{TaskInfo, TaskInput, create, deploy, tasks_of};
use crate::ui::html::{El, ElRef, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::dialog;
use crate::ui::route::{Route, Tab, View};
use runboard_core::store::json::pretty;

/// What went wrong with the last try.
fn wrong(
    standing: RwSignal<Standing>,
    own: RwSignal<Option<String>>,
) -> impl Fn() -> Option<String> {
    move || match standing.get() {
        Standing::Asking => own.get(),
        Standing::Busy => None,
        Standing::Refused(words) => Some(format!("Not done: {words}")),
        Standing::Unclear(words) => Some(format!(
            "Nobody can tell whether it was done: {words}. Look before you ask again."
        )),
    }
}

/// A line that is typed.
pub(super) fn line(name: &'static str, hint: &'static str, value: RwSignal<String>) -> El {
    view! {
        <label class="wish">{name}
            <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder=hint prop:value=move || value.get() on:input=move |event| value.set(value_of(&event)) />
        </label>
    }
}

/// JSON that is typed or pasted.
pub(super) fn json(
    name: &'static str,
    rows: &'static str,
    hint: &'static str,
    value: RwSignal<String>,
) -> El {
    view! {
        <label class="wish">{name}
            <textarea class="field" rows=rows spellcheck="false" placeholder=hint prop:value=move || value.get() on:input=move |event| value.set(value_of(&event))></textarea>
        </label>
    }
}

/// What every new run can have; `usual` says what its options are when none are given.
pub(in crate::ui) fn name_and_options(
    name: RwSignal<String>,
    options: RwSignal<String>,
    usual: &'static str,
) -> Html {
    view! {
        {line("name of the run", "the service gives one", name)}
        {json("options (RunSpec as JSON)", "3", usual, options)}
    }
    .into_html()
}

/// What went wrong, and the buttons below.
pub(super) fn end(
    verb: &'static str,
    standing: RwSignal<Standing>,
    own: RwSignal<Option<String>>,
    confirm: impl Fn(web_sys::MouseEvent) + 'static,
) -> Html {
    let is_busy = memo(move || standing.get() == Standing::Busy);
    view! {
        <p class="dialog__wrong" role="alert">{wrong(standing, own)}</p>
        <div class="dialog__end">
            <form method="dialog"><button class="button">"Cancel"</button></form>
            <button class="button button--main" disabled=move || is_busy.get() on:click=confirm>{verb}</button>
        </div>
    }
    .into_html()
}

/// Makes the run, and leads to it once it is there.
pub(super) fn make(source: &Source, new: NewRun, standing: RwSignal<Standing>, node: ElRef) {
    let id = source.config.id.clone();
    create(source, new, standing, move |run| {
        let nav = Nav::get();
        dialog::close(node);
        nav.say("A new run was made.");
        if let Some(run) = run {
            nav.go(Route::to_run(&id, &run, Tab::Overview));
        }
    });
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
        make(&source, new, standing, node);
    };
    let body = view! {
        <div class="choices wishes">
            {fields}
            {name_and_options(name, options, "none")}
        </div>
        {end("Run", standing, own, confirm)}
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
    let kind = input.kind.as_deref().unwrap_or("Literal");
    let is_json = kind.contains(' ') || matches!(kind, "Literal" | "STRUCT");
    let kind = [kind, if is_json { " as JSON" } else { "" }].concat();
    let label = [input.name.as_str(), " (", &kind, ")"].concat();
    let set = move |event: web_sys::Event| value.set(value_of(&event));
    let choices: Vec<String> = match input.kind.as_deref() {
        Some("BOOLEAN") => ["true", "false"].map(String::from).to_vec(),
        _ => input.choices.clone(),
    };
    let entry = match input.kind.as_deref() {
        Some("BOOLEAN" | "ENUM") => {
            let option = |word: String| {
                let is_chosen = value.get_untracked() == word;
                view! { <option value=word.as_str() selected=is_chosen>{word.clone()}</option> }
            };
            let options = std::iter::once(String::new()).chain(choices).map(option);
            view! { <select class="field" on:change=set>{options.collect::<Vec<El>>()}</select> }
        }
        _ if is_json => {
            view! { <textarea class="field" rows="2" spellcheck="false" prop:value=move || value.get() on:input=set></textarea> }
        }
        _ => {
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
    let is_new = old.is_none();
    let title = match &old {
        Some(old) => format!("A new version of {}", old.row.name),
        None => "Deploy a task".into(),
    };
    let last = old.map(|old| view! { <p class="muted">"The service changes no version: this makes a new one. The last is "<b>{old.row.version}</b>"."</p> });
    let body = view! {
        {last}
        <div class="choices wishes">
            {is_new.then(|| line("task (project/domain/name)", "", id))}
            {line("version", "", version)}
            {json("spec (TaskSpec as JSON)", "12", "", spec)}
        </div>
        {end("Deploy", standing, own, confirm)}
    };
    dialog::dialog(node, title, body.into_html(), move || open.set(false))
}
