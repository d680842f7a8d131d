//! "Download JSON": what a tab shows, as a file.

use crate::browser::page;
use crate::state::run_detail::RunDetail;
use crate::ui::html::{El, view};
use crate::ui::route::Tab;
use leptos::prelude::untrack;

/// The name of a tab's file: ids of some sources hold slashes.
pub(in crate::ui) fn file_name(run: &str, tab: Tab) -> String {
    format!("{}-{}.json", run.replace(['/', '\\'], "_"), tab.word())
}

/// The button. `make` writes what is shown at that moment.
pub(in crate::ui) fn save_button(
    detail: &RunDetail,
    tab: Tab,
    make: impl Fn() -> String + 'static,
) -> El {
    let name = file_name(&detail.id, tab);
    let make: Box<dyn Fn() -> String> = Box::new(make);
    view! {
        <button
            class="button button--small tools__save"
            on:click=move |_| page::download_text(&untrack(&make), "application/json", &name)
        >"Download JSON"</button>
    }
}
