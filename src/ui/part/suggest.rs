//! A field that offers values while somebody types.

use crate::state::complete::{Completing, Completion};
use crate::ui::html::{El, each, value_of, view};

/// What is asked for a typed text: what it is, the part that is completed, and what stands in front of each value.
pub type Asked = (Completing, String, String);

/// What is completed of a typed tag: its key, or behind `=` its value.
pub fn of_tag(typed: &str) -> Asked {
    match typed.split_once('=') {
        Some((key, value)) => {
            let lead = [key, "="].concat();
            (Completing::TagValue(key.into()), value.into(), lead)
        }
        None => (Completing::TagKey, typed.into(), String::new()),
    }
}

/// Puts a list of values behind `input`; `id` is one of its own in the page. `ask` says what is completed, and of which source alone.
pub fn suggest(
    input: El,
    id: &'static str,
    ask: impl Fn(&str) -> (Asked, Option<u16>) + 'static,
) -> El {
    let completion = Completion::of_owner();
    let ask: Box<dyn Fn(String)> = Box::new(move |text| {
        // Of a list only its last value is being typed.
        let (before, typed) = match text.rsplit_once(',') {
            Some((before, typed)) => ([before, ","].concat(), typed.trim_start()),
            None => (String::new(), text.as_str()),
        };
        let ((what, typed, lead), only) = ask(typed);
        completion.ask(what, &typed, &[before, lead].concat(), only);
    });
    let input = input
        .fixed("list", id)
        .on::<web_sys::Event>("input", move |event| ask(value_of(&event)));
    let list = El::new("datalist").fixed("id", id).child(each(
        move || completion.values.get(),
        String::clone,
        |value| view! { <option value=value></option> },
    ));
    view! { <span class="suggest">{input}{list}</span> }
}
