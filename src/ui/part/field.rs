//! Fields of filter bars. Each shows what the address says, and tells what was typed or chosen.

use super::suggest::suggest;
use crate::state::complete::Completing;
use crate::state::reactive::Memo;
use crate::ui::html::{El, Html, value_of, view};

/// A text field with its name in front; it tells when the text is done, or with `live` at every letter.
pub fn text_field(
    name: &'static str,
    placeholder: &'static str,
    live: bool,
    value: Memo<String>,
    tell: impl Fn(String) + 'static,
) -> El {
    let input = input(placeholder, live, value, Box::new(tell));
    view! { <label>{name}{input}</label> }
}

/// The same, with values of a source's run to choose from; `id` is one of its own in the page.
pub fn suggested_field(
    (name, id): (Html, &'static str),
    placeholder: &'static str,
    live: bool,
    value: Memo<String>,
    (what, source): (Completing, u16),
    tell: impl Fn(String) + 'static,
) -> El {
    let input = input(placeholder, live, value, Box::new(tell));
    let ask = move |typed: &str| {
        let asked = (what.clone(), typed.to_string(), String::new());
        (asked, Some(source))
    };
    view! { <label>{name}{suggest(input, id, ask)}</label> }
}

fn input(
    placeholder: &'static str,
    live: bool,
    value: Memo<String>,
    tell: Box<dyn Fn(String)>,
) -> El {
    let input = El::new("input")
        .fixed("class", "field")
        .fixed("type", if live { "search" } else { "text" })
        .fixed("size", "14")
        .fixed("autocomplete", "off")
        .fixed("spellcheck", "false")
        .fixed("placeholder", placeholder)
        .on::<web_sys::Event>(if live { "input" } else { "change" }, move |event| {
            tell(value_of(&event));
        });
    let input = if live {
        input.fixed("data-search", "")
    } else {
        input
    };
    input.prop("value", move || value.get())
}

/// A choice of words with names for people. A value from the address that is not among them is offered as it is.
pub fn choice(
    name: &'static str,
    options: Vec<(&'static str, &'static str)>,
    value: Memo<String>,
    tell: impl Fn(String) + 'static,
) -> El {
    let known: Vec<&str> = options.iter().map(|(word, _)| *word).collect();
    let mut select = El::new("select")
        .fixed("class", "field")
        .on::<web_sys::Event>("change", move |event| tell(value_of(&event)));
    for (word, name) in options {
        select = select.child(
            view! { <option value=word selected=move || value.get() == word>{name}</option> },
        );
    }
    let other = move || {
        let value = value.get();
        (!known.contains(&value.as_str()))
            .then(|| view! { <option value=value.clone() selected=true>{value.clone()}</option> })
    };
    view! { <label>{name}{select.child(other).prop("value", move || value.get())}</label> }
}
