//! A run made of what a trigger starts, or of a task that is pasted as JSON, by a dialog.

use runboard_core::backend::{NewRun, Template};

use super::forms::wrong;
use crate::state::actions::Standing;
use crate::state::reactive::{RwSignal, memo};
use crate::state::sources::Source;
use crate::state::tasks::{TriggerRow, create};
use crate::ui::html::{El, ElRef, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::dialog;
use crate::ui::route::{Route, Tab};

/// What the run is made of.
#[derive(Clone)]
pub(super) enum Made {
    Trigger(TriggerRow),
    Spec,
}

/// A line that is typed.
fn line(name: &'static str, hint: &'static str, value: RwSignal<String>) -> El {
    view! {
        <label class="wish">{name}
            <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder=hint prop:value=move || value.get() on:input=move |event| value.set(value_of(&event)) />
        </label>
    }
}

/// JSON that is typed or pasted.
fn json(name: &'static str, rows: &'static str, hint: &'static str, value: RwSignal<String>) -> El {
    view! {
        <label class="wish">{name}
            <textarea class="field" rows=rows spellcheck="false" placeholder=hint on:input=move |event| value.set(value_of(&event))></textarea>
        </label>
    }
}

/// The dialog. It asks for what the run cannot be made without.
pub(super) fn making(source: Source, what: Made, open: RwSignal<bool>) -> El {
    let standing = RwSignal::new(Standing::Asking);
    let own: RwSignal<Option<String>> = RwSignal::new(None);
    let text = |value: &str| RwSignal::new(value.to_string());
    let (spec, inputs, options, name) = (text(""), text(""), text(""), text(""));
    let (project, domain) = (
        text(&source.config.settings.scope.project),
        text(&source.config.settings.scope.domain),
    );
    let node = ElRef::new();
    let is_busy = memo(move || standing.get() == Standing::Busy);
    let (title, words, fields) = match &what {
        Made::Trigger(trigger) => {
            let words = [
                "A run of ",
                &trigger.task,
                " is made now as the trigger would make it. When the trigger starts the next one by itself does not change.",
            ];
            (
                format!("Run what {} starts", trigger.name),
                words.concat(),
                ().into_html(),
            )
        }
        Made::Spec => (
            "Run a task that is not deployed".into(),
            "The task is sent with the run and kept nowhere else.".into(),
            view! {
                {json("spec (TaskSpec as JSON)", "10", "{\"taskTemplate\": \u{2026}}", spec)}
                {json("inputs (as JSON)", "3", "{\"literals\": []}", inputs)}
                {line("project", "", project)}
                {line("domain", "", domain)}
            },
        ),
    };
    let confirm = move |_| {
        let typed = |signal: RwSignal<String>| signal.get_untracked().trim().to_string();
        let some = |signal: RwSignal<String>| Some(typed(signal)).filter(|text| !text.is_empty());
        let mut new = NewRun {
            project: String::new(),
            domain: String::new(),
            name: some(name),
            template: Template::Spec(typed(spec)),
            inputs: some(inputs),
            options: some(options),
        };
        match &what {
            Made::Trigger(trigger) => {
                new.template = Template::Trigger {
                    name: trigger.name.clone(),
                    task: trigger.task.clone(),
                };
            }
            Made::Spec => (new.project, new.domain) = (typed(project), typed(domain)),
        }
        let missing = match new.template {
            Template::Spec(ref text) if text.is_empty() => Some("The spec is missing."),
            Template::Spec(_) if new.project.is_empty() || new.domain.is_empty() => {
                Some("The project and its domain are missing.")
            }
            _ => None,
        };
        own.set(missing.map(String::from));
        if missing.is_some() {
            return;
        }
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
    let said = wrong(standing, own);
    let body = view! {
        <p>{words}</p>
        <div class="choices wishes">
            {fields}
            {line("name of the run", "the service gives one", name)}
            {json("options (RunSpec as JSON)", "3", "none", options)}
        </div>
        <p class="dialog__wrong" role="alert">{said}</p>
        <div class="dialog__end">
            <form method="dialog"><button class="button">"Cancel"</button></form>
            <button class="button button--main" disabled=move || is_busy.get() on:click=confirm>"Run"</button>
        </div>
    };
    dialog::dialog(node, title, body.into_html(), move || open.set(false))
}
