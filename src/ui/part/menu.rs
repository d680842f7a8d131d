//! A small menu under a button: the browser opens it, closes it (Escape, a click elsewhere) and gives the focus back.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::browser::page;
use crate::ui::html::{ElRef, Html, view};
use crate::ui::text;

/// Puts the menu under its button: it lies above the page, and knows nothing of where the button stands.
fn place(button: &Element, menu: &HtmlElement) {
    let rect = button.get_bounding_client_rect();
    let right = (page::size().0 - rect.right()).max(4.0);
    let style = menu.style();
    for (name, value) in [("top", rect.bottom() + 4.0), ("right", right)] {
        // Fails only for a name that is none.
        let _ = style.set_property(name, &[&text::decimal(value, 0), "px"].concat());
    }
}

/// A button named `words` and what it opens; `id` is the page's only one.
pub fn menu(id: &'static str, words: &'static str, body: Html) -> Html {
    let (button, node) = (ElRef::new(), ElRef::new());
    let measure = move |_: web_sys::MouseEvent| {
        let menu = node
            .now()
            .and_then(|menu| menu.dyn_into::<HtmlElement>().ok());
        if let (Some(button), Some(menu)) = (button.now(), menu) {
            place(&button, &menu);
        }
    };
    view! {
        <button class="button button--small" type="button" popovertarget=id node_ref=button on:click=measure>{words}</button>
        <div class="menu" popover="auto" id=id role="group" aria-label=words node_ref=node>{body}</div>
    }
}
