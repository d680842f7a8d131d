//! How far a run is, as a small bar and as numbers.

use crate::ui::html::{IntoHtml, view};
use runboard_core::model::StepCounts;

const WIDTH: f64 = 64.0;

/// `3/8` with a bar: done well, failed, running, passed over, still to come; `3/?` where nobody knows how many there will be.
pub fn steps_bar(counts: StepCounts) -> impl IntoHtml {
    let seen = counts.succeeded + counts.failed + counts.running + counts.skipped;
    let total = counts.total.unwrap_or(seen).max(seen);
    if total == 0 {
        return view! { <span class="muted" title="the source names no steps">"\u{2013}"</span> }
            .into_html();
    }
    let parts = [
        ("succeeded", counts.succeeded),
        ("failed", counts.failed),
        ("running", counts.running),
        ("skipped", counts.skipped),
    ];
    let mut at = 0.0;
    let bars: Vec<_> = parts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| {
            let width = WIDTH * f64::from(count) / f64::from(total);
            let x = at;
            at += width;
            view! { <rect class=class x=x y="0" width=(width - 0.5).max(0.5) height="8" /> }
        })
        .collect();
    let done = counts.succeeded;
    let all = counts.total.map_or("?".to_string(), |_| total.to_string());
    let words = format!(
        "{done} of {all} succeeded, {} failed, {} running, {} skipped",
        counts.failed, counts.running, counts.skipped
    );
    view! {
        <span title=words>
            <span class="steps-bar" aria-hidden="true">
                <svg viewBox="0 0 64 8" preserveAspectRatio="none"><rect class="rest" width="64" height="8" />{bars}</svg>
            </span>
            {format!("{done}/{all}")}
        </span>
    }
    .into_html()
}
