//! Times and durations as cells: short on the page, exact on demand.

use crate::ui::html::{IntoHtml, view};
use runboard_core::model::{Span, Timestamp};

use crate::state::State;
use crate::ui::text;

/// A point in time: short, with how long ago it was; the full time with its zone on demand.
pub fn time_cell(at: Option<Timestamp>, zone_assumed: bool, ago: bool) -> impl IntoHtml {
    let Some(at) = at else {
        return view! { <span class="muted">"\u{2013}"</span> }.into_html();
    };
    let now = State::get().now;
    let mut title = text::time_full(at);
    if zone_assumed {
        title.push_str(" (zone assumed)");
    }
    view! {
        <time datetime=at.to_string() title=title>
            {move || text::time_short(at, now.get())}
            {ago.then(|| view! { <span class="runs__ago">{move || text::before_now(now.get().since(at))}</span> })}
        </time>
    }
    .into_html()
}

/// A length of time; exact seconds on demand.
pub fn duration_cell(span: Option<Span>) -> impl IntoHtml {
    match span {
        None => view! { <span class="muted">"\u{2013}"</span> }.into_html(),
        Some(span) => view! { <span title=format!("{} s", text::decimal(span.as_seconds(), 3))>{text::duration(span)}</span> }.into_html(),
    }
}
