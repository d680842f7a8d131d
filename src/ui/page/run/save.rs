//! "Download JSON": what a tab shows, as a file.

use crate::browser::page;
use crate::state::run_detail::RunDetail;
use crate::ui::html::{El, view};
use crate::ui::route::Tab;
use leptos::prelude::untrack;

/// A run's id in the name of a file: those of some sources hold slashes.
pub(in crate::ui) fn in_name(run: &str) -> String {
    run.replace(['/', '\\'], "_")
}

/// The name of a tab's file.
pub(in crate::ui) fn file_name(run: &str, tab: Tab) -> String {
    format!("{}-{}.json", in_name(run), tab.word())
}

/// The button. `make` writes what is shown at that moment.
pub(in crate::ui) fn save_button(
    detail: &RunDetail,
    tab: Tab,
    make: impl Fn() -> String + 'static,
) -> El {
    let name = file_name(&detail.id, tab);
    let make: Box<dyn Fn() -> String> = Box::new(make);
    let save = move || {
        let text = untrack(&make);
        // Nothing is shown yet.
        if !text.is_empty() {
            page::download_text(&text, "application/json", &name);
        }
    };
    view! {
        <button
            class="button button--small tools__save"
            on:click=move |_| save()
        >"Download JSON"</button>
    }
}
