//! Names and values, one below the other.

use crate::ui::html::{El, each, view};

/// Values that are there, by their names; a row is drawn anew only when it has changed.
pub fn facts(rows: impl Fn() -> Vec<(String, String)> + 'static) -> El {
    El::new("dl").fixed("class", "facts").child(each(
        rows,
        |(name, value)| format!("{name}\u{1f}{value}"),
        |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> },
    ))
}
