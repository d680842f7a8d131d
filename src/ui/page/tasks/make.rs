//! A run made of what a trigger starts, or of a task that is pasted as JSON, by a dialog.

use runboard_core::backend::{NewRun, Template};

use super::forms::{end, json, line, make, name_and_options};
use crate::state::actions::Standing;
use crate::state::reactive::RwSignal;
use crate::state::sources::Source;
use crate::state::tasks::TriggerRow;
use crate::ui::html::{El, ElRef, IntoHtml, view};
use crate::ui::part::dialog;

/// What the run is made of.
#[derive(Clone)]
pub(super) enum Made {
    Trigger(TriggerRow),
    Spec,
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
        make(&source, new, standing, node);
    };
    let body = view! {
        <p>{words}</p>
        <div class="choices wishes">
            {fields}
            {name_and_options(name, options, "none")}
        </div>
        {end("Run", standing, own, confirm)}
    };
    dialog::dialog(node, title, body.into_html(), move || open.set(false))
}
