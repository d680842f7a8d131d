//! The record behind an event, below the list: everything that the source said of it.

use crate::state::reactive::{RwSignal, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::event::RunEvent;
use runboard_core::store::json::pretty;

use super::head::copy;
use crate::state::run_detail::RunDetail;
use crate::ui::text;

pub fn event_detail(detail: &RunDetail, open: RwSignal<Option<u64>>) -> Html {
    let events = detail.events;
    let more = detail.event_in_full(open);
    // Only another event draws it anew, so that what is being read or marked stays.
    let shown = memo(move || {
        let number = open.get()?;
        events.with(|log, _| log.find(number).cloned())
    });
    (move || shown.get().map(|event| draw(event, open, more))).into_html()
}

fn draw(event: RunEvent, open: RwSignal<Option<u64>>, more: RwSignal<Option<RunEvent>>) -> El {
    let (n, own) = (event.n, event.detail.as_deref().map(pretty));
    let json = memo(move || {
        let whole = more.with(|more| {
            let more = more.as_ref().filter(|more| more.n == n)?;
            more.detail.as_deref().map(pretty)
        });
        whole.or_else(|| own.clone())
    });
    let words = move || {
        json.get()
            .unwrap_or_else(|| "The source keeps no record of its own behind this event.".into())
    };
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
            <pre class="json" tabindex="0" role="group" aria-label="Record of the event">{words}</pre>
        </section>
    }
}
