//! The filter bar. Every field is the address's: what is typed here can be sent as a link.

use crate::state::reactive::{Memo, RwSignal, effect, memo};
use crate::ui::html::{El, Html, IntoHtml, value_of, view};
use runboard_core::lazy_fn;
use runboard_core::model::Phase;
use runboard_core::model::filter::meaning;

use crate::browser::page::idle;
use crate::state::State;
use crate::state::complete::Completing;
use crate::state::sources::Source;
use crate::state::task;
use crate::ui::nav::Nav;
use crate::ui::part::suggest::{of_tag, suggest};
use crate::ui::route::Route;
use crate::ui::text;

/// The option behind which a field for a date and a time comes up.
const MOMENT: (&str, &str) = ("at", "a time \u{2026}");

/// Lengths offered for `since`; any other can be typed into the address.
const SINCE: [(&str, &str); 7] = [
    ("", "any time"),
    ("1h", "last hour"),
    ("8h", "last 8 hours"),
    ("1d", "last day"),
    ("7d", "last week"),
    ("30d", "last 30 days"),
    MOMENT,
];

/// Lengths offered for `until`, and numbers of runs; others as above.
const UNTIL: [(&str, &str); 7] = [
    ("", "now"),
    ("1h", "an hour ago"),
    ("8h", "8 hours ago"),
    ("1d", "a day ago"),
    ("7d", "a week ago"),
    ("30d", "30 days ago"),
    MOMENT,
];
const LAST: [(&str, &str); 5] = [
    ("", "all runs"),
    ("10", "last 10"),
    ("50", "last 50"),
    ("100", "last 100"),
    ("1000", "last 1000"),
];

pub(super) fn joined(list: &[String]) -> String {
    list.join(",")
}

pub(super) fn parts(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(String::from)
        .collect()
}

lazy_fn!(
    tasks,
    fn more_of_flyte() -> fn() -> Html {
        super::more::more
    }
);

/// More filters where a source has more, once their code is here. What they do can be typed as a tag until then.
fn more() -> Html {
    let state = State::get();
    let has_more = |source: &Source| source.config.kind == "flyte";
    let is_wanted = memo(move || state.sources.list.with(|list| list.iter().any(has_more)));
    let draw: RwSignal<Option<fn() -> Html>> = RwSignal::new(None);
    effect(move || {
        if is_wanted.get() {
            task::spawn(async move {
                idle().await;
                if let Ok(found) = more_of_flyte().await {
                    draw.try_set(Some(found));
                }
            });
        }
    });
    (move || draw.get().map(|draw| draw())).into_html()
}

pub fn filters() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let status = memo(move || nav.route.with(|route| joined(&route.filter.status)));
    let since = memo(move || {
        nav.route
            .with(|route| route.filter.since.clone().unwrap_or_default())
    });
    let until = memo(move || {
        nav.route
            .with(|route| route.filter.until.clone().unwrap_or_default())
    });
    let last = memo(move || {
        nav.route
            .with(|route| route.limit.map_or(String::new(), |limit| limit.to_string()))
    });
    let source = memo(move || nav.route.with(|route| joined(&route.source)));
    let job = memo(move || nav.route.with(|route| joined(&route.filter.job)));
    let tag = memo(move || nav.route.with(|route| joined(&route.filter.tag)));
    let q = memo(move || {
        nav.route
            .with(|route| route.filter.q.clone().unwrap_or_default())
    });
    let statuses = || {
        let words = Phase::ALL
            .into_iter()
            .map(|phase| (phase.word(), text::phase(phase)));
        std::iter::once(("", "any status"))
            .chain(words)
            .chain([("unfinished", "unfinished")])
            .collect::<Vec<_>>()
    };
    let meanings = move || {
        let meant = |word: &String| {
            let phases = meaning(word)?.iter().map(|phase| text::phase(*phase));
            let phases: Vec<&str> = phases.collect();
            Some([word, " stands for ", &phases.join(", ")].concat())
        };
        let mut words: Vec<String> = nav
            .route
            .with(|route| route.filter.status.iter().filter_map(meant).collect());
        let is_read = |source: &Source| source.link.with(|link| link.is_loaded);
        if !state.sources.list.with(|list| list.iter().all(is_read)) {
            words.extend(state.runs.said.get());
        }
        (!words.is_empty())
            .then(|| view! { <span class="filters__note" role="status">{words.join("; ")}</span> })
    };
    view! {
        <form class="filters" role="search" aria-label="Filter runs" on:submit=|event| event.prevent_default()>
            <label>"status"
                {select(status, statuses(), move |word: String| nav.change(|route| route.filter.status = parts(&word)))}
            </label>
            <label>"job"
                {suggest(field(job, "etl_*", move |text: String| nav.change(|route| route.filter.job = parts(&text))), "filter-job", |typed| {
                    ((Completing::Job, typed.to_string(), String::new()), None)
                })}
            </label>
            {moment("since", SINCE.to_vec(), since, |route, word| route.filter.since = word)}
            {moment("until", UNTIL.to_vec(), until, |route, word| route.filter.until = word)}
            <label>"show"
                {select(last, LAST.to_vec(), move |word: String| nav.change(|route| route.limit = word.parse().ok()))}
            </label>
            <label>"tag"
                {suggest(field(tag, "key=value", move |text: String| nav.change(|route| route.filter.tag = parts(&text))), "filter-tag", |typed| (of_tag(typed), None))}
            </label>
            {move || {
                let names: Vec<(String, String)> = state.sources.list.with(|list| {
                    list.iter().map(|source| (source.config.id.clone(), source.config.name.clone())).collect()
                });
                (names.len() > 1).then(|| view! {
                    <label>"source"
                        <select class="field" prop:value=move || source.get() on:change=move |event| {
                            let word = value_of(&event);
                            nav.change(|route| route.source = parts(&word));
                        }>
                            <option value="">"all sources"</option>
                            {names.into_iter().map(|(id, name)| {
                                let is_chosen = id == source.get_untracked();
                                view! { <option value=id selected=is_chosen>{name}</option> }
                            }).collect::<Vec<_>>()}
                        </select>
                    </label>
                })
            }}
            {more()}
            <span class="filters__q">
                {suggest(view! { <input
                    class="field" type="search" data-search="" aria-label="Search runs" placeholder="search id, job, reason, tag \u{2026}   /"
                    prop:value=move || q.get()
                    on:input=move |event| {
                        let text = value_of(&event);
                        nav.change(|route| route.filter.q = Some(text).filter(|text| !text.trim().is_empty()));
                    }
                /> }, "filter-q", |typed| ((Completing::RunId, typed.to_string(), String::new()), None))}
            </span>
            {meanings}
            {move || state.runs.wrong.get().map(|words| view! { <span class="filters__wrong" role="alert">{words}</span> })}
        </form>
    }
}

/// Whether a field for a date and a time can show it: `2026-11-21T08:00`, by the clock of whoever looks.
fn is_moment(word: &str) -> bool {
    word.as_bytes().get(10) == Some(&b'T') && matches!(word.len(), 16 | 19)
}

/// A choice of lengths before now, and on demand a field for a date and a time.
fn moment(
    name: &'static str,
    options: Vec<(&'static str, &'static str)>,
    value: Memo<String>,
    keep: fn(&mut Route, Option<String>),
) -> impl IntoHtml {
    let nav = Nav::get();
    let is_asked = RwSignal::new(false);
    let is_there = memo(move || is_asked.get() || value.with(|word| is_moment(word)));
    let shown = memo(move || match is_there.get() {
        true => MOMENT.0.to_string(),
        false => value.get(),
    });
    let tell = move |word: String| {
        nav.change(|route| keep(route, Some(word).filter(|word| !word.is_empty())));
    };
    let choose = move |word: String| {
        // Until one is given, no time narrows the list.
        let is_asking = word == MOMENT.0;
        is_asked.set(is_asking);
        tell(if is_asking { String::new() } else { word });
    };
    let field = move || {
        is_there.get().then(|| view! {
            <input class="field" type="datetime-local" aria-label=[name, ", date and time"].concat() prop:value=move || value.get() on:change=move |event| tell(value_of(&event)) />
        })
    };
    view! {
        <label>{name}{select(shown, options, choose)}</label>
        {field}
    }
}

/// A choice. A value from the address that is not among the options is offered as it is.
pub(super) fn select(
    value: Memo<String>,
    options: Vec<(&'static str, &'static str)>,
    on_change: impl Fn(String) + 'static,
) -> impl IntoHtml {
    let known: Vec<&str> = options.iter().map(|(word, _)| *word).collect();
    view! {
        <select class="field" prop:value=move || value.get() on:change=move |event| on_change(value_of(&event))>
            {options
                .into_iter()
                .map(|(word, name)| view! { <option value=word selected=move || value.get() == word>{name}</option> })
                .collect::<Vec<_>>()}
            {move || {
                let value = value.get();
                (!known.contains(&value.as_str())).then(|| view! { <option value=value.clone() selected=true>{value.clone()}</option> })
            }}
        </select>
    }
}

pub(super) fn field(
    value: Memo<String>,
    placeholder: &'static str,
    on_input: impl Fn(String) + 'static,
) -> El {
    view! {
        <input
            class="field" type="text" size="14" autocomplete="off" spellcheck="false" placeholder=placeholder
            prop:value=move || value.get()
            on:change=move |event| on_input(value_of(&event))
        />
    }
}
