//! What stands where data would be: still loading, nothing there, not to be had. Each says what is so, why, and the next step.

use leptos::prelude::*;

/// Words instead of data, with something to copy when that is the next step.
#[component]
pub fn Panel(
    title: String,
    #[prop(optional, into)] text: String,
    #[prop(optional, into)] code: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" role="status">
            <h2>{title}</h2>
            {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
            {(!code.is_empty()).then(|| view! { <pre tabindex="0" role="group" aria-label="to copy">{code}</pre> })}
            {children.map(|children| children())}
        </div>
    }
}
