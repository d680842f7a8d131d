//! A phase as a glyph with its own outline, its word and its colour: readable in grey, and without sight.

use crate::ui::html::{IntoHtml, view};
use runboard_core::model::Phase;

/// The shape that stands for a phase.
pub fn phase_glyph(phase: Phase, unfinished: bool) -> impl IntoHtml {
    let shape = if unfinished {
        view! { <rect x="3" y="3" width="10" height="10" stroke-dasharray="3 2" /> }.into_html()
    } else {
        match phase {
            Phase::Succeeded => view! { <path d="M2.5 8.5l3.5 3.5 7.5-8" /> }.into_html(),
            Phase::Recovered => view! { <path d="M2 8.5l3 3 5-6M8 11.5l6-6.5" /> }.into_html(),
            Phase::Failed => view! { <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" /> }.into_html(),
            Phase::TimedOut => view! { <g><circle cx="8" cy="8" r="6" /><path d="M8 4.5V8l2.5 2" /></g> }.into_html(),
            Phase::UpstreamFailed => view! { <g><path d="M8 13V4" /><path d="M4 7.5L8 3.5l4 4" /></g> }.into_html(),
            Phase::Canceled => view! { <g><circle cx="8" cy="8" r="6" /><path d="M4 12l8-8" /></g> }.into_html(),
            Phase::Canceling => view! { <g><circle cx="8" cy="8" r="6" stroke-dasharray="4 3" /><path d="M5 11l6-6" /></g> }.into_html(),
            Phase::Running => view! { <g><circle cx="8" cy="8" r="6" /><path class="solid" d="M8 2a6 6 0 0 1 0 12z" /></g> }.into_html(),
            Phase::Starting => view! { <g><circle cx="8" cy="8" r="6" /><path class="solid" d="M8 2a6 6 0 0 1 6 6H8z" /></g> }.into_html(),
            Phase::Paused => view! { <path d="M5.5 3v10M10.5 3v10" /> }.into_html(),
            Phase::Queued => view! { <circle cx="8" cy="8" r="5" stroke-dasharray="2 2.2" /> }.into_html(),
            Phase::Waiting => view! { <g><path d="M4 3h8M4 13h8M4.5 3l7 10M11.5 3l-7 10" /></g> }.into_html(),
            Phase::Skipped => view! { <path d="M3 8h10" /> }.into_html(),
            Phase::Unknown => view! { <rect x="3" y="3" width="10" height="10" /> }.into_html(),
        }
    };
    view! { <svg class="phase__glyph" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg> }
}

/// Glyph and word. `word` is what is read: the phase's own, or the source's for one that we do not know.
pub fn phase_badge(phase: Phase, word: String, unfinished: bool, raw: String) -> impl IntoHtml {
    let title = if raw.is_empty() || raw.eq_ignore_ascii_case(&word) {
        None
    } else {
        Some(format!("the source says: {raw}"))
    };
    let shown = if unfinished { Phase::Unknown } else { phase };
    view! {
        <span class="phase" data-phase=shown.word() title=title>
            {phase_glyph(phase, unfinished)}
            <span>{word}</span>
        </span>
    }
}
