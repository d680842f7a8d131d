//! The record behind an event, below the list: everything that the source said of it.

use crate::state::reactive::{RwSignal, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::event::RunEvent;
use runboard_core::store::json::pretty;

use super::head::copy;
use crate::state::event_tail::EventTail;
use crate::ui::text;

pub fn event_detail(events: EventTail, open: RwSignal<Option<u64>>) -> Html {
    // Only another event draws it anew, so that what is being read or marked stays.
    let shown = memo(move || {
        let number = open.get()?;
        events.with(|log, _| log.find(number).cloned())
    });
    (move || shown.get().map(|event| draw(event, open))).into_html()
}

fn draw(event: RunEvent, open: RwSignal<Option<u64>>) -> El {
    let json = event.detail.as_deref().map(pretty);
    let for_copy = json.clone();
    let words =
        json.unwrap_or_else(|| "The source keeps no record of its own behind this event.".into());
    let step = event.step.map(|step| format!("step {step}"));
    view! {
        <section class="events__detail" role="region" aria-label="Event">
            <div class="events__detail-head">
                <b>{event.kind}</b>
                <span class="muted">{format!("event {}", text::count(event.n))}</span>
                {event.time.map(|at| view! { <span class="muted">{text::time_full(at)}</span> })}
                {step.map(|words| view! { <span class="muted">{words}</span> })}
                <span class="tools__space"></span>
                {for_copy.map(|json| view! { <button class="button button--small" on:click=move |_| copy(json.clone(), "Record copied")>"Copy"</button> })}
                <button class="button button--small" on:click=move |_| open.set(None)>"Close"</button>
            </div>
            <p class="events__message">{event.message}</p>
            <pre class="json" tabindex="0" role="group" aria-label="Record of the event">{words}</pre>
        </section>
    }
}
