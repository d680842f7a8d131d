//! Making a run of a job: what it needs, in one dialog. Offered where a source takes it and actions are on.

use leptos::prelude::*;

use crate::state::State;
use crate::state::actions::Standing;
use crate::state::complete::Completing;
use crate::state::launch::{Launch, Making, launchers};
use crate::state::reactive::{RwSignal, memo};
use crate::state::sources::Source;
use crate::ui::html::{El, ElRef, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::page::run::{no_tag, tags};
use crate::ui::part::dialog;
use crate::ui::part::suggest::suggest;
use crate::ui::route::{Route, Tab};
use crate::ui::route_part::parts;
use crate::ui::text;

/// The button, and the dialog when it was pressed.
pub(super) fn launch() -> Html {
    let state = State::get();
    let open = RwSignal::new(false);
    let is_there = memo(move || !launchers(state).is_empty());
    let button = move || {
        is_there.get().then(|| view! { <button class="button button--small" on:click=move |_| open.set(true)>"Launch \u{2026}"</button> })
    };
    let asking = move || {
        open.get()
            .then(|| ask(untrack(|| launchers(state)), open))
            .flatten()
    };
    view! { {button}{asking} }
}

/// A check as it is typed: its asset's key and its name, with a colon between them. A key may hold one too.
fn check(text: &str) -> Option<(String, String)> {
    let (asset, name) = text.rsplit_once(':')?;
    let parts = (asset.trim(), name.trim());
    let is_whole = !parts.0.is_empty() && !parts.1.is_empty();
    is_whole.then(|| (parts.0.to_string(), parts.1.to_string()))
}

/// What of the checks is none.
fn no_check(text: &str) -> Option<String> {
    let bad: Vec<String> = parts(text)
        .into_iter()
        .filter(|one| check(one).is_none())
        .collect();
    (!bad.is_empty()).then(|| [&bad.join(", "), " is no check: write asset:check."].concat())
}

/// A field of the dialog; `set` takes what is typed.
fn field(
    name: &'static str,
    hint: &'static str,
    making: Making,
    set: fn(&mut Launch, String),
) -> (El, impl Fn(El) -> El) {
    let input = El::new("input")
        .fixed("class", "field")
        .fixed("autocomplete", "off")
        .fixed("spellcheck", "false")
        .fixed("placeholder", hint)
        .on::<web_sys::Event>("input", move |event| {
            let value = value_of(&event);
            making.change(|launch| set(launch, value));
        });
    (
        input,
        move |input| view! { <label class="wish">{name}{input}</label> },
    )
}

fn ask(sources: Vec<Source>, open: RwSignal<bool>) -> Option<El> {
    let making = Making::new(sources.first()?.index);
    let node = ElRef::new();
    let standing = making.standing;
    let plain = |name, hint, set: fn(&mut Launch, String)| {
        let (input, label) = field(name, hint, making, set);
        label(input)
    };
    let (wrong_tags, wrong_checks) = (RwSignal::new(None), RwSignal::new(None));
    // What cannot be meant is said, and nothing is asked before it is mended.
    let checked = |name,
                   hint,
                   wrong: RwSignal<Option<String>>,
                   find: fn(&str) -> Option<String>,
                   set: fn(&mut Launch, String)| {
        let (input, label) = field(name, hint, making, set);
        label(input.on::<web_sys::Event>("input", move |event| wrong.set(find(&value_of(&event)))))
    };
    let (job, job_label) = field("job", "its name", making, |launch, job| launch.job = job);
    let job = suggest(job, "launch-job", move |typed| {
        let asked = (Completing::Job, typed.to_string(), String::new());
        (asked, Some(making.source.get_untracked()))
    });
    let (partition, partition_label) = field("partition", "none", making, |launch, key| {
        launch.partition = Some(key).filter(|key| !key.is_empty());
    });
    let partition = suggest(partition, "launch-partition", move |typed| {
        let job = making.launch.with_untracked(|launch| launch.job.clone());
        let asked = (Completing::Partition(job), typed.to_string(), String::new());
        (asked, Some(making.source.get_untracked()))
    });
    let options: Vec<El> = sources
        .iter()
        .map(|source| view! { <option value=source.index.to_string()>{source.config.name.clone()}</option> })
        .collect();
    let choose = (sources.len() > 1).then(|| {
        view! {
            <label class="wish">"source"
                <select class="field" on:change=move |event| {
                    if let Ok(index) = value_of(&event).parse() {
                        making.source.set(index);
                        making.change(|_| ());
                    }
                }>{options}</select>
            </label>
        }
    });
    let is_idle = move || {
        standing.get() == Standing::Busy
            || making.launch.with(|launch| launch.job.trim().is_empty())
            || wrong_tags.with(Option::is_some)
            || wrong_checks.with(Option::is_some)
    };
    let wrong = move || match standing.get() {
        Standing::Asking => wrong_tags.get().or_else(|| wrong_checks.get()),
        Standing::Busy => None,
        Standing::Refused(words) => Some(format!("Not done: {words}")),
        Standing::Unclear(words) => Some(text::unclear(&words, making.is_keyed())),
    };
    let confirm = move |_| {
        making.confirm(move |source, run, words| {
            let nav = Nav::get();
            dialog::close(node);
            nav.say(words);
            if let Some(run) = run {
                nav.go(Route::to_run(&source.config.id, &run, Tab::Overview));
            }
        });
    };
    let body = view! {
        <div class="choices wishes">
            {choose}
            {job_label(job)}
            <label class="wish">"config"
                <textarea class="field" rows="5" spellcheck="false" placeholder="none: the job's defaults" on:input=move |event| {
                    let config = value_of(&event);
                    making.change(|launch| launch.config = config);
                }></textarea>
            </label>
            {checked("tags", "key=value, key=value", wrong_tags, no_tag, |launch, text| launch.tags = tags(&text))}
            {plain("steps", "all, or their keys", |launch, text| launch.steps = parts(&text))}
            {plain("assets", "all, or their keys", |launch, text| launch.assets = parts(&text))}
            {checked("checks", "those of the assets, or asset:check", wrong_checks, no_check, |launch, text| {
                let checks: Vec<_> = parts(&text).iter().filter_map(|one| check(one)).collect();
                launch.checks = Some(checks).filter(|checks| !checks.is_empty());
            })}
            {partition_label(partition)}
        </div>
        <p class="dialog__wrong" role="alert">{wrong}</p>
        <div class="dialog__end">
            <form method="dialog"><button class="button">"Cancel"</button></form>
            <button class="button button--main" disabled=is_idle on:click=confirm>"Launch"</button>
        </div>
    };
    let title = "Launch a run".to_string();
    Some(dialog::dialog(node, title, body.into_html(), move || {
        open.set(false)
    }))
}
