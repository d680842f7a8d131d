//! The record behind an event, below the list: everything that the source said of it.

use crate::state::reactive::{RwSignal, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::event::RunEvent;
use runboard_core::store::json::pretty;

use super::head::copy;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::text;

pub fn event_detail(detail: &RunDetail, open: RwSignal<Option<u64>>) -> Html {
    let events = detail.events;
    let more = detail.event_in_full(open);
    // Only another event draws it anew, so that what is being read or marked stays. A link may open one that is not among those that are held.
    let shown = memo(move || {
        let number = open.get()?;
        let held = events.with(|log, _| log.find(number).cloned());
        held.or_else(|| more.with(|more| more.ready().filter(|more| more.n == number).cloned()))
    });
    let lost = move || {
        let number = open.get().filter(|_| shown.with(Option::is_none))?;
        more.with(|more| match more {
            Loaded::Failed(error) => Some(view! {
                <p class="notice" role="status">{format!("Event {} could not be read: {error}", text::count(number))}</p>
            }),
            _ => None,
        })
    };
    view! { {move || shown.get().map(|event| draw(event, open, more))}{lost} }
}

fn draw(event: RunEvent, open: RwSignal<Option<u64>>, more: RwSignal<Loaded<RunEvent>>) -> El {
    let (n, own) = (event.n, event.detail.as_deref().map(pretty));
    let of_more = move |part: fn(&RunEvent) -> Option<String>| {
        more.with(|more| part(more.ready().filter(|more| more.n == n)?))
    };
    let json =
        memo(move || of_more(|more| more.detail.as_deref().map(pretty)).or_else(|| own.clone()));
    let error = memo(move || of_more(|more| more.error.clone()));
    let words = move || {
        json.get()
            .unwrap_or_else(|| "The source keeps no record of its own behind this event.".into())
    };
    let record = move || view! { <pre class="json" tabindex="0" role="group" aria-label="Record of the event">{words}</pre> };
    let copied = move || {
        json.with(Option::is_some).then(|| {
            view! { <button class="button button--small" on:click=move |_| copy(json.get_untracked().unwrap_or_default(), "Record copied")>"Copy"</button> }
        })
    };
    let step = event.step.map(|step| format!("step {step}"));
    view! {
        <section class="events__detail" role="region" aria-label="Event">
            <div class="events__detail-head">
                <b>{event.kind}</b>
                <span class="muted">{format!("event {}", text::count(event.n))}</span>
                {event.time.map(|at| view! { <span class="muted">{text::time_full(at)}</span> })}
                {step.map(|words| view! { <span class="muted">{words}</span> })}
                <span class="tools__space"></span>
                {copied}
                <button class="button button--small" on:click=move |_| open.set(None)>"Close"</button>
            </div>
            <p class="events__message">{event.message}</p>
            {move || match error.get() {
                None => record().into_html(),
                Some(words) => view! {
                    <pre class="events__error" tabindex="0" role="group" aria-label="Error">{words}</pre>
                    <details class="events__record"><summary>"Record of the event"</summary>{record()}</details>
                },
            }}
        </section>
    }
}
