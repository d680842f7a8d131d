//! One ticking "now" for the whole page, and whether the page can be seen.

use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::model::Timestamp;
use runboard_core::net::Clock as _;

use super::task::Task;
use crate::browser::clock::BrowserClock;
use crate::browser::page;

pub use crate::browser::clock::{monotonic_ms, offset_minutes};

/// Now, each second; browsers slow it down by themselves in a tab that nobody sees.
pub fn ticking() -> RwSignal<Timestamp> {
    let now = RwSignal::new(BrowserClock.now());
    let task = Task::spawn(async move {
        loop {
            BrowserClock.sleep(Duration::from_secs(1)).await;
            now.set(BrowserClock.now());
        }
    });
    StoredValue::new_local(task);
    now
}

/// Whether the tab is hidden.
pub fn hidden() -> RwSignal<bool> {
    let hidden = RwSignal::new(page::is_hidden());
    let listener = page::on_document("visibilitychange", move |_| hidden.set(page::is_hidden()));
    StoredValue::new_local(listener);
    hidden
}

/// Waits on the page's timer.
pub async fn pause(duration: Duration) {
    BrowserClock.sleep(duration).await;
}
