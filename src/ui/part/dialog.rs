//! A modal dialog: it opens itself when it is put into the page, and gives the focus back when it closes.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlDialogElement;

use crate::ui::html::{El, ElRef, Html, view};

fn element(node: ElRef) -> Option<HtmlDialogElement> {
    node.now()?.dyn_into::<HtmlDialogElement>().ok()
}

/// Shows a dialog that stands in the page.
pub fn open(node: ElRef) {
    if let Some(dialog) = element(node).filter(|dialog| !dialog.open()) {
        // Fails only on a dialog that is no longer in the page.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog; it tells `on_close`.
pub fn close(node: ElRef) {
    if let Some(dialog) = element(node) {
        dialog.close();
    }
}

/// A dialog named by its title. What should have the focus carries `autofocus`. `on_close` hears of every way to close it, and takes it away.
pub fn dialog(node: ElRef, title: String, body: Html, mut on_close: impl FnMut() + 'static) -> El {
    crate::state::task::spawn(async move {
        leptos::task::tick().await;
        open(node);
    });
    view! {
        <dialog class="dialog" node_ref=node aria-labelledby="dialog-title" on:close=move |_| on_close()>
            <h2 id="dialog-title">{title}</h2>
            {body}
        </dialog>
    }
}
