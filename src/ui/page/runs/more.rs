//! Filters that Flyte services have beside those of all sources. They are tags in the address.

use crate::state::complete::Completing;
use crate::state::reactive::memo;
use crate::ui::html::{El, Html, IntoHtml, view};
use crate::ui::nav::Nav;
use crate::ui::part::menu::menu;
use crate::ui::part::suggest::suggest;

use super::filters::{field, joined, parts, select};

/// The tag of runs of which an action waits for an answer.
const PAUSED: &str = "paused_action";
/// Keys, what people call them, and the ids of their lists.
const KEYS: [(&str, &str, &str); 4] = [
    ("project", "project", "more-project"),
    ("domain", "domain", "more-domain"),
    ("owner", "owner", "more-owner"),
    ("trigger", "trigger", "more-trigger"),
];
const SOURCE: &str = "run_source";
/// Where a run came from.
const SOURCES: [(&str, &str); 6] = [
    ("", "anywhere"),
    ("web", "web"),
    ("cli", "command line"),
    ("schedule_trigger", "schedule"),
    ("artifact_trigger", "artifact"),
    ("tracked", "tracked"),
];

fn key_of(term: &str) -> &str {
    term.split('=').next().unwrap_or_default()
}

/// The values of a key among tags, as one text.
fn values(tags: &[String], key: &str) -> String {
    let own = tags.iter().filter_map(|term| term.split_once('='));
    let own = own.filter(|(other, _)| *other == key);
    joined(&own.map(|(_, value)| value.to_string()).collect::<Vec<_>>())
}

/// Puts other values of a key in the address.
fn set(key: &'static str, text: &str) {
    Nav::get().change(|route| {
        let tags = &mut route.filter.tag;
        tags.retain(|term| key_of(term) != key);
        tags.extend(parts(text).iter().map(|value| [key, "=", value].concat()));
    });
}

pub(super) fn more() -> Html {
    let nav = Nav::get();
    let tags = memo(move || nav.route.with(|route| route.filter.tag.clone()));
    let of = move |key: &'static str| memo(move || tags.with(|tags| values(tags, key)));
    let fields: Vec<El> = KEYS
        .into_iter()
        .map(|(key, name, id)| {
            let input = field(of(key), "", move |text: String| set(key, &text));
            let ask = move |typed: &str| {
                let what = Completing::TagValue(key.into());
                ((what, typed.to_string(), String::new()), None)
            };
            view! { <label class="wish">{name}{suggest(input, id, ask)}</label> }
        })
        .collect();
    let is_paused = memo(move || tags.with(|tags| tags.iter().any(|term| key_of(term) == PAUSED)));
    let turn = move |_: web_sys::Event| {
        nav.change(|route| {
            let tags = &mut route.filter.tag;
            let before = tags.len();
            tags.retain(|term| key_of(term) != PAUSED);
            if tags.len() == before {
                tags.push(PAUSED.into());
            }
        });
    };
    let sources = select(of(SOURCE), SOURCES.to_vec(), move |word: String| {
        set(SOURCE, &word)
    });
    let count = move || {
        let is_own = |term: &&String| {
            let key = key_of(term);
            key == PAUSED || key == SOURCE || KEYS.iter().any(|(own, ..)| *own == key)
        };
        let count = tags.with(|tags| tags.iter().filter(is_own).count());
        (count > 0)
            .then(|| view! { <span class="muted">{[&count.to_string(), " set"].concat()}</span> })
    };
    let body = view! {
        <label class="choice"><input type="checkbox" prop:checked=move || is_paused.get().then_some("on") on:change=turn />"an action waits for an answer"</label>
        <div class="choices">{fields}<label class="wish">"started by"{sources}</label></div>
    };
    let button = menu("filters-more", "More filters", body.into_html());
    view! { {button}{count} }.into_html()
}
