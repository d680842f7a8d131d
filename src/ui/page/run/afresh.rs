//! What is to be different when a run of a source that keeps tasks is run again: inputs as their types want them, a name, options.

use std::rc::Rc;

use runboard_core::backend::{NewRun, Template};

use crate::state::actions::{Deed, Wish};
use crate::state::reactive::{RwSignal, effect};
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::step_look::read_taken;
use crate::state::tasks::{TaskInput, tasks_of};
use crate::ui::html::{El, Html, IntoHtml, view};
use crate::ui::page::tasks::forms::{field, name_and_options};

type Values = Rc<Vec<(TaskInput, RwSignal<String>, String)>>;

/// The fields; nothing where the source makes no runs of other inputs.
pub(super) fn afresh(wish: Wish, detail: &RunDetail) -> Html {
    if wish.deed != Deed::Reexecute || !detail.can(|can| can.create) {
        return ().into_html();
    }
    let taken = read_taken(detail);
    let (name, options) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let values: RwSignal<Values> = RwSignal::new(Rc::default());
    effect(move || {
        if let Loaded::Ready(Some(taken)) = taken.get() {
            let each =
                |(input, value): (TaskInput, String)| (input, RwSignal::new(value.clone()), value);
            values.set(Rc::new(taken.into_iter().map(each).collect()));
        }
    });
    let (source, id) = (detail.source.clone(), detail.id.clone());
    effect(move || {
        let values = values.get();
        let typed: Vec<(TaskInput, String)> = values
            .iter()
            .map(|(input, value, _)| (input.clone(), value.get()))
            .collect();
        let old = values.iter().map(|(_, _, old)| old);
        let is_other = !old.eq(typed.iter().map(|(_, value)| value));
        let some = |signal: RwSignal<String>| {
            Some(signal.get().trim().to_string()).filter(|text| !text.is_empty())
        };
        let mut new = NewRun {
            project: String::new(),
            domain: String::new(),
            name: some(name),
            template: Template::Run(id.clone()),
            inputs: None,
            options: some(options),
        };
        let mut wrong = None;
        if is_other && let Some(tasks) = tasks_of(&source) {
            match tasks.inputs(&typed) {
                Ok(inputs) => new.inputs = Some(inputs),
                Err(words) => wrong = Some(words),
            }
        }
        let is_new = new.name.is_some() || new.inputs.is_some() || new.options.is_some();
        wish.wrong.set(wrong);
        wish.set_new(is_new.then_some(new));
    });
    let fields = move || {
        match taken.get() {
        Loaded::Loading => view! { <p class="muted">"Reading what it took \u{2026}"</p> }.into_html(),
        Loaded::Failed(error) => view! { <p class="muted">{format!("What it took could not be read, and is taken over as it is: {error}")}</p> }.into_html(),
        Loaded::Ready(None) => view! { <p class="muted">"The source does not tell what it took: that is taken over as it is."</p> }.into_html(),
        Loaded::Ready(Some(_)) => {
            let fields = values.get();
            fields.iter().map(|(input, value, _)| field(input, *value)).collect::<Vec<El>>().into_html()
        }
    }
    };
    view! {
        <fieldset class="choices wishes"><legend>"The new run"</legend>
            {fields}
            {name_and_options(name, options, "as in this run")}
        </fieldset>
    }
    .into_html()
}
