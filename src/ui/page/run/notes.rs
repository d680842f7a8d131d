//! What could not be read of the run, folded: what is shown beside it is shown with less than the source has.

use crate::state::notes::{KEPT, Notes};
use crate::state::reactive::memo;
use crate::ui::html::{Html, each, view};
use crate::ui::text;

/// Notes that are shown; the rest is counted.
const SHOWN: usize = 20;

/// Nothing while all could be read.
pub(super) fn notes(notes: Notes) -> Html {
    let count = memo(move || notes.with(<[String]>::len));
    let is_there = memo(move || count.get() > 0);
    let heading = move || {
        let count = count.get();
        let things = text::counted(count as u64, "thing", "things");
        let or_more = if count < KEPT { "" } else { " or more" };
        [&things, or_more, " could not be read \u{2026}"].concat()
    };
    let shown = move || notes.with(|all| all.iter().take(SHOWN).cloned().collect());
    let rest = move || {
        let rest = count.get().saturating_sub(SHOWN);
        (rest > 0).then(|| ["and ", &text::count(rest as u64), " more"].concat())
    };
    let folded = move || {
        let list = each(shown, String::clone, |note| view! { <li>{note}</li> });
        view! {
            <div class="notice notes" role="status">
                <details><summary>{heading}</summary><ul tabindex="0">{list}</ul><p>{rest}</p></details>
            </div>
        }
    };
    let said = move || {
        let words = notes.said()?;
        Some(view! { <p class="notice" role="status">{words}</p> })
    };
    view! { {said}{move || is_there.get().then(folded)} }
}
