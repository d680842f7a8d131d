//! A small menu under a button: the browser opens it, closes it (Escape, a click elsewhere) and gives the focus back.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::browser::page;
use crate::ui::html::{Html, view};
use crate::ui::text;

/// A button named `words` and what it opens; `id` is the page's only one.
pub fn menu(id: &'static str, words: &'static str, body: Html) -> Html {
    // Where the button stands: what is opened lies above the page and knows nothing of it.
    let place = RwSignal::new((0.0, 0.0));
    let measure = move |event: web_sys::MouseEvent| {
        let button = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(button) = button {
            let rect = button.get_bounding_client_rect();
            place.set((
                rect.bottom() + 4.0,
                (page::size().0 - rect.right()).max(4.0),
            ));
        }
    };
    let pixels = |value: f64| [&text::decimal(value, 0), "px"].concat();
    view! {
        <button class="button button--small" popovertarget=id on:click=measure>{words}</button>
        <div class="menu" popover="auto" id=id role="group" aria-label=words style:top=move || pixels(place.get().0) style:right=move || pixels(place.get().1)>
            {body}
        </div>
    }
}
