//! Times and durations as cells: short on the page, exact on demand.

use leptos::prelude::*;
use runboard_core::model::{Span, Timestamp};

use crate::state::State;
use crate::ui::text;

/// A point in time: short, with how long ago it was; the full time with its zone on demand.
#[component]
pub fn TimeCell(
    at: Option<Timestamp>,
    #[prop(optional)] zone_assumed: bool,
    #[prop(optional)] ago: bool,
) -> impl IntoView {
    let Some(at) = at else {
        return view! { <span class="muted">"\u{2013}"</span> }.into_any();
    };
    let now = State::get().now;
    let mut title = text::time_full(at);
    if zone_assumed {
        title.push_str(" (zone assumed)");
    }
    view! {
        <time datetime=at.to_string() title=title>
            {move || text::time_short(at, now.get())}
            {ago.then(|| view! { <span class="runs__ago">{move || format!("\u{2212}{}", text::ago(now.get().since(at)))}</span> })}
        </time>
    }
    .into_any()
}

/// A length of time; exact seconds on demand.
#[component]
pub fn DurationCell(span: Option<Span>) -> impl IntoView {
    match span {
        None => view! { <span class="muted">"\u{2013}"</span> }.into_any(),
        Some(span) => view! { <span title=format!("{:.3} s", span.as_seconds())>{text::duration(span)}</span> }.into_any(),
    }
}
