//! Whether the window is so narrow that rows stand in two lines.

use crate::state::reactive::RwSignal;
use leptos::prelude::*;

use crate::browser::page;

/// As in the stylesheets.
const NARROW: f64 = 700.0;

/// Follows the window; ends with its owner.
pub fn narrow() -> RwSignal<bool> {
    let is_narrow = || page::size().0 <= NARROW;
    let narrow = RwSignal::new(is_narrow());
    let resized = page::on_window("resize", move |_| narrow.set(is_narrow()));
    StoredValue::new_local(resized);
    narrow
}
