//! The choice between the run's log and what its processes wrote, where a source keeps that beside the log; and what is said of it.

use runboard_core::backend::RunFile;
use runboard_core::model::LogStream;

use crate::state::captured::Captured;
use crate::state::reactive::Memo;
use crate::ui::html::{El, Html, each, view};
use crate::ui::nav::Nav;
use crate::ui::part::menu::menu;
use crate::ui::route_part::PartFilter;
use crate::ui::text;

/// The stream that a link asks for: one alone, that processes write to.
pub(super) fn stream(part: &PartFilter) -> Option<LogStream> {
    let [word] = part.stream.as_slice() else {
        return None;
    };
    Some(LogStream::from_word(word))
        .filter(|stream| matches!(stream, LogStream::Out | LogStream::Err))
}

/// What users call it.
pub(super) fn name(stream: LogStream) -> &'static str {
    match stream {
        LogStream::Err => "stderr",
        _ => "stdout",
    }
}

/// The buttons. They stay while the log under them is another one.
pub(super) fn choice(chosen: Memo<Option<LogStream>>) -> El {
    let nav = Nav::get();
    let button = move |stream: Option<LogStream>| {
        let press = move |_| {
            nav.change(|route| {
                let word = stream.map(|stream| stream.word().to_string());
                route.part.stream = word.into_iter().collect();
                // Lines and times of the one mean nothing in the other.
                (route.lines, route.part.attempt) = (None, None);
            });
        };
        view! {
            <button class="button button--small" aria-pressed=move || (chosen.get() == stream).to_string() on:click=press>
                {stream.map_or("Run log", name)}
            </button>
        }
    };
    view! {
        <div class="log__tools" role="group" aria-label="Which log">
            {button(None)}
            {button(Some(LogStream::Out))}
            {button(Some(LogStream::Err))}
        </div>
    }
}

/// What stands in place of the lines while there are none.
pub(super) fn nothing(captured: Captured) -> (String, String) {
    let name = name(captured.stream);
    let has_files = captured.files.with(|files| !files.is_empty());
    let words = match (captured.is_all.get(), has_files) {
        (true, true) => format!("The run is over, and its processes wrote nothing to {name}."),
        (true, false) => {
            "The run is over, and the server captured the output of none of its processes.".into()
        }
        (false, _) => {
            let every = again(captured);
            format!("The run's processes have written nothing to {name} so far; {every}.")
        }
    };
    ("Nothing printed".into(), words)
}

fn again(captured: Captured) -> String {
    let every = text::counted(captured.every.as_secs(), "second", "seconds");
    format!("it is asked for again every {every} or so while the run goes on")
}

/// What is said above the lines.
pub(super) fn note(captured: Captured) -> Vec<String> {
    let (is_empty, has_unknown) = captured.log.with(|store, select, _| {
        let is_narrowed = !select.filter().steps.is_empty();
        (store.is_empty(), is_narrowed && store.steps().contains(&""))
    });
    let mut words = captured.problems.get();
    if is_empty {
        return words;
    }
    let of = text::counted(
        captured.files.with(Vec::len) as u64,
        "process",
        "processes, one after the other",
    );
    words.push(format!(
        "{} of {of}, as it was captured, without times",
        name(captured.stream)
    ));
    if has_unknown {
        words.push("lines of a process that runs several steps name none of them, so none is shown for a step".into());
    }
    words.push(match captured.is_all.get() {
        true => "the run is over: this is all".into(),
        false => again(captured),
    });
    words
}

/// A file of each process, as the server has it and names it.
pub(super) fn downloads(captured: Captured) -> Html {
    let link = |file: RunFile| {
        let steps = match file.steps.len() {
            0 => "the run itself".to_string(),
            1..=3 => file.steps.join(", "),
            count => text::counted(count as u64, "step", "steps"),
        };
        view! { <a href=file.url download="">{steps}" "<span class="muted">{file.name}</span></a> }
    };
    let none = move || {
        let is_empty = captured.files.with(Vec::is_empty);
        is_empty.then_some("The server has captured nothing so far.")
    };
    let files = move || captured.files.get();
    let key = |file: &RunFile| file.url.clone();
    menu(
        "log-files",
        "Download",
        view! { {none}{each(files, key, link)} },
    )
}
