//! Names and values, one below the other; a value of many lines is folded.

use crate::ui::html::{El, IntoHtml, each, view};
use crate::ui::text;

/// Values that are there, by their names; a row is drawn anew only when it has changed.
pub fn facts(rows: impl Fn() -> Vec<(String, String)> + 'static) -> El {
    El::new("dl").fixed("class", "facts").child(each(
        rows,
        |(name, value)| format!("{name}\u{1f}{value}"),
        |(name, value)| {
            let lines = value.lines().count();
            let value = match lines {
                // Folding a few would take as much room.
                0..=3 => value.into_html(),
                _ => {
                    let words = [text::count(lines as u64), " lines".into()].concat();
                    view! { <details><summary>{words}</summary><pre>{value}</pre></details> }
                        .into_html()
                }
            };
            view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
        },
    ))
}
