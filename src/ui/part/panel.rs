//! What stands where data would be: still loading, nothing there, not to be had. Each says what is so, why, and the next step.

use crate::ui::html::{El, Html, IntoHtml, view};

/// Words instead of data, with something to copy (`code`) or to press (`next`) when that is the next step. What is empty is left out.
pub fn panel(
    title: impl Into<String>,
    text: impl Into<String>,
    code: &str,
    next: impl IntoHtml,
) -> El {
    draw(title.into(), text.into(), code.into(), next.into_html())
}

fn draw(title: String, text: String, code: String, next: Html) -> El {
    view! {
        <div class="empty" role="status">
            <h2>{title}</h2>
            {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
            {(!code.is_empty()).then(|| view! { <pre tabindex="0" role="group" aria-label="to copy">{code}</pre> })}
            {next}
        </div>
    }
}
