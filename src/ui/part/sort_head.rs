//! The head of a column by which a list can be ordered.

use crate::ui::html::{El, Html, view};

/// `order`: whether the column orders the list, and then whether the greatest stand first.
pub fn sort_head(
    class: &'static str,
    name: Html,
    order: impl Fn() -> Option<bool> + Copy + 'static,
    press: impl Fn() + 'static,
) -> El {
    let word = move || match order() {
        Some(true) => Some("descending"),
        Some(false) => Some("ascending"),
        None => None,
    };
    let arrow = move || match order() {
        Some(true) => " \u{2193}",
        Some(false) => " \u{2191}",
        None => "",
    };
    view! {
        <div role="columnheader" class=format!("grid__cell {class}") class=("grid__cell--number", class == "col-duration") aria-sort=word>
            <button class="grid__sort" on:click=move |_| press()>{name}{arrow}</button>
        </div>
    }
}
