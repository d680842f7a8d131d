//! The filters over the events; what is typed here is the address's.

use crate::state::reactive::memo;
use crate::ui::html::{El, IntoHtml, view};
use runboard_core::model::EventLevel;

use crate::state::complete::Completing;
use crate::state::run_detail::RunDetail;
use crate::ui::nav::Nav;
use crate::ui::part::field::{choice, suggested_field, text_field};
use crate::ui::route_part::{joined, parts, some_text};
use crate::ui::text;

/// Lengths offered for `since`; any other can be typed into the address.
const SINCE: [(&str, &str); 5] = [
    ("", "the beginning"),
    ("5m", "5 minutes ago"),
    ("1h", "an hour ago"),
    ("8h", "8 hours ago"),
    ("1d", "a day ago"),
];

pub fn event_tools(detail: &RunDetail, save: El) -> El {
    let events = detail.events;
    let source = detail.source.index;
    let steps = (Completing::StepKey(detail.id.clone()), source);
    // Somebody who comes by a link is here before the source has told its words.
    let of_detail = detail.clone();
    let noun = move || of_detail.noun_told();
    let nav = Nav::get();
    let kind = memo(move || nav.route.with(|route| joined(&route.part.kind)));
    let step = memo(move || nav.route.with(|route| joined(&route.part.only_steps())));
    let level = memo(move || nav.route.with(|route| joined(&route.part.level)));
    let since = memo(move || {
        nav.route
            .with(|route| route.part.since.clone().unwrap_or_default())
    });
    let text = memo(move || {
        nav.route
            .with(|route| route.part.text.clone().unwrap_or_default())
    });
    let levels = std::iter::once(("", "any level"))
        .chain(EventLevel::ALL.into_iter().map(|level| {
            let name = match level {
                EventLevel::Debug => "debug and above",
                EventLevel::Info => "info and above",
                EventLevel::Warning => "warning and above",
                EventLevel::Error => "error and above",
                EventLevel::Critical => "critical",
            };
            (level.word(), name)
        }))
        .collect();
    let counts = move || {
        let (picked, held) = events.with(|log, pick| (pick.len() as u64, log.len() as u64));
        text::some_of(picked, held, "event", "events")
    };
    view! {
        <div class="tools" role="group" aria-label="Filter events">
            {suggested_field(("type".into_html(), "event-type"), "STEP_*", false, kind, (Completing::EventType, source), move |words| nav.change(|route| route.part.kind = parts(&words)))}
            {suggested_field((noun.into_html(), "event-step"), "load_*", false, step, steps, move |words| nav.change(|route| route.part.choose_steps(parts(&words))))}
            {choice("level", levels, level, move |words| nav.change(|route| route.part.level = parts(&words)))}
            {choice("since", SINCE.to_vec(), since, move |words| nav.change(|route| route.part.since = some_text(&words)))}
            {text_field("find", "text   /", true, text, move |words| nav.change(|route| route.part.text = some_text(&words)))}
            <span class="tools__count" role="status">{counts}</span>
            {save}
            {move || events.wrong.get().map(|words| view! { <span class="filters__wrong" role="alert">{words}</span> })}
        </div>
    }
}
