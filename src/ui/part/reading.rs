//! How far a source's list has been read that is one long text, with the way to stop and to go on; and long work over such texts.

use crate::state::State;
use crate::state::reactive::memo;
use crate::state::sources::Source;
use crate::ui::html::{El, IntoHtml, each, view};
use crate::ui::text;
use runboard_core::backend::Progress;

/// `120.4 MB`.
fn megabytes(bytes: u64) -> String {
    text::decimal(bytes as f64 / 1e6, 1)
}

/// Whether a source's list is being read that is one long text, or was stopped. Tracked.
pub fn is_reading(source: &Source) -> bool {
    source
        .link
        .with(|link| !link.is_loaded && link.progress.is_some())
}

/// `reading runs.jsonl: 120.4 of 300.0 MB, 401,204 runs`. Tracked.
fn words(source: &Source) -> String {
    let (progress, is_stopped) = source.link.with(|link| (link.progress, link.is_stopped));
    let runs = State::get().runs;
    let count = runs.with_table(|table| table.source_len(source.index)) as u64;
    let bytes = match progress {
        Some(Progress { read, of: Some(of) }) => {
            [&megabytes(read), " of ", &megabytes(of), " MB"].concat()
        }
        progress => [
            &megabytes(progress.map_or(0, |progress| progress.read)),
            " MB",
        ]
        .concat(),
    };
    let before = match is_stopped {
        true => "stopped reading ",
        false => "reading ",
    };
    let runs = text::counted(count, "run", "runs");
    [before, &source.config.name, ": ", &bytes, ", ", &runs].concat()
}

/// How far the reading has come, and the way to stop it or to go on.
pub fn reading(source: Source) -> El {
    let link = source.link;
    let what = memo(move || match link.with(|link| link.is_stopped) {
        true => "go on",
        false => "stop",
    });
    let label = [" reading ", &source.config.name].concat();
    let press = move |_| link.update(|link| link.is_stopped = !link.is_stopped);
    view! {
        <span class="reading">
            <span role="status">{move || words(&source)}</span>
            " "
            <button class="button button--small" aria-label=move || [what.get(), &label].concat() on:click=press>{move || what.get()}</button>
        </span>
    }
}

/// The same of all sources that are being read.
pub fn readings() -> impl IntoHtml {
    let list = State::get().sources.list;
    let read =
        move || list.with(|list| list.iter().filter(|one| is_reading(one)).cloned().collect());
    each(read, |source: &Source| source.index.to_string(), reading)
}

/// What is being looked for in long texts, or saved from them.
pub fn doing() -> impl Fn() -> Option<El> {
    move || {
        let doing = State::get().runs.doing.get();
        let mut words = Vec::new();
        if let Some((name, done, of)) = doing.search {
            let runs = text::some_of(done, of, "run", "runs");
            words.push(["looking through the lines of ", &name, ": ", &runs].concat());
        }
        if let Some((done, of)) = doing.save {
            words.push(["saving ", &text::some_of(done, of, "run", "runs")].concat());
        }
        words.extend(
            doing
                .failed
                .map(|why| ["nothing was saved: ", &why].concat()),
        );
        (!words.is_empty()).then(|| view! { <span role="status">{words.join("; ")}</span> })
    }
}
