//! The keys of windowed lists: which row they lead to, and the focus on it.

use runboard_core::store::window::Align;
use wasm_bindgen::JsCast as _;

use super::windowed::Windowed;
use crate::ui::html::ElRef;

/// The row to which a key leads from `at`, where `last` is the last one; `None` for every other key.
pub fn target(event: &web_sys::KeyboardEvent, at: u64, last: u64, page: u64) -> Option<u64> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowDown" | "j" => (at + 1).min(last),
        "ArrowUp" | "k" => at.saturating_sub(1).min(last),
        "PageDown" => at.saturating_add(page).min(last),
        "PageUp" => at.saturating_sub(page).min(last),
        "Home" => 0,
        "End" => last,
        _ => return None,
    })
}

/// Brings a row into view and focuses it once it is in the page. Rows have `data-at`.
pub fn focus_row(windowed: Windowed, at: u64) {
    windowed.scroll_to(at, Align::Nearest);
    focus_soon(windowed.node, format!("[data-at='{at}']"));
}

/// Focuses what `selector` finds in the grid, once it is in the page.
pub fn focus_soon(grid: ElRef, selector: String) {
    crate::state::task::spawn(async move {
        leptos::task::tick().await;
        let element = grid
            .now()
            .and_then(|grid| grid.query_selector(&selector).ok().flatten())
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(element) = element {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // A row that went meanwhile cannot be focused.
            let _ = element.focus_with_options(&options);
        }
    });
}
