//! The sources page: what each source is, how it is doing, since when, what is tried next, and what it could not read.

use crate::ui::html::{El, IntoHtml, each, view};
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};
use runboard_core::model::Health;
use wasm_bindgen::JsCast as _;

use crate::state::reactive::memo;
use crate::state::session::Standing;
use crate::state::sources::{ConfigState, Link, Source};
use crate::state::{State, opened, task};
use crate::ui::nav::Nav;
use crate::ui::part::facts::facts;
use crate::ui::part::panel::panel;
use crate::ui::part::reading::{is_reading, reading};
use crate::ui::part::source_strip::state_words;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::route::Route;
use crate::ui::text;

const EXAMPLE: &str =
    r#"{"sources": [{"id": "etl", "name": "ETL", "kind": "runs-api", "url": "./api/v1/"}]}"#;

pub fn sources_page() -> impl IntoHtml {
    let state = State::get();
    let list = state.sources.list;
    view! {
        <div class="sources" tabindex="0" role="region" aria-label="Sources">
            <h1>"Sources"</h1>
            <p>
                <label class="button">"Open a runs.jsonl \u{2026}"<input class="file-field" type="file" accept=".jsonl,.ndjson,.log,.txt" on:click=move |event| ask(&event) on:change=move |event| open_files(ready(chosen(&event)).boxed_local()) /></label>
                <span class="muted">" or drop it anywhere on the page. It is read here and sent nowhere."</span>
            </p>
            {move || state.sources.problems.get().into_iter().map(|problem| view! { <p class="notice">{problem}</p> }).collect::<Vec<_>>()}
            {move || match state.sources.config.get() {
                // The form above says what is so, and is the next step.
                ConfigState::Failed(_) if state.session.standing.get() == Standing::SignedOut => ().into_html(),
                ConfigState::Failed(error) => panel("config.json could not be read", error, "", ()).into_html(),
                ConfigState::Missing => {
                    panel("No sources yet", "There is no config.json beside this page, and nothing answers at ./api/v1/. Start the bridge, or put a config.json beside index.html:", EXAMPLE, ())
                        .into_html()
                }
                ConfigState::Loading | ConfigState::Ready => ().into_html(),
            }}
            {each(move || list.get(), |source| source.index.to_string(), source_section)}
        </div>
    }
}

/// The browser's dialog whose files can be followed; where it has none, the field's own opens.
fn ask(event: &web_sys::Event) {
    if let Some(files) = opened::ask() {
        event.prevent_default();
        open_files(files);
    }
}

/// The files that were chosen in the field.
fn chosen(event: &web_sys::Event) -> Vec<opened::Picked> {
    let field: Option<web_sys::HtmlInputElement> =
        event.target().and_then(|field| field.dyn_into().ok());
    let files = field.and_then(|field| field.files());
    let count = files.as_ref().map_or(0, web_sys::FileList::length);
    let file = |at| Some(opened::Picked::from(files.as_ref()?.get(at)?));
    (0..count).filter_map(file).collect()
}

/// Each becomes a source, and the list shows their runs.
pub(in crate::ui) fn open_files(files: LocalBoxFuture<'static, Vec<opened::Picked>>) {
    let (state, nav) = (State::get(), Nav::get());
    task::spawn(async move {
        let files = files.await;
        if !files.is_empty() {
            nav.go(Route::default());
        }
        for file in files {
            opened::open_file(state, file);
        }
    });
}

fn source_section(source: Source) -> El {
    let now = State::get().now;
    let config = source.config.clone();
    let (for_words, for_state) = (source.clone(), source.clone());
    let (for_rows, for_reading) = (source.clone(), source.clone());
    let is_read = {
        let source = source.clone();
        memo(move || is_reading(&source))
    };
    let link = source.link;
    let parts = move || {
        let health = link.with(|link| link.info.as_ref().map(|info| info.health.clone()));
        health.unwrap_or_default().into_iter().map(part).collect()
    };
    let has_parts = memo(move || {
        link.with(|link| {
            link.info
                .as_ref()
                .is_some_and(|info| !info.health.is_empty())
        })
    });
    let heading = move || {
        let has_any = !link.with(remarks).is_empty();
        has_any.then(|| view! { <h3>"Remarks on what was read"</h3> })
    };
    let problems = El::new("ul").fixed("class", "source__problems").child(each(
        move || link.with(remarks),
        String::clone,
        |problem| view! { <li>{problem}</li> },
    ));
    view! {
        <section class="source" data-source=config.id.as_str() data-source-state=move || for_state.state(now.get()).word()>
            <div class="source__head">
                <h2>{config.name.as_str()}</h2>
                <span>{move || state_words(&for_words, now.get())}</span>
            </div>
            {facts(move || rows(&for_rows))}
            {move || is_read.get().then(|| reading(for_reading.clone()))}
            {move || has_parts.get().then(|| words_table("Parts of the source", &["Part", "Name", "Standing", "What it says", "Seen"], parts))}
            {heading}
            {problems}
        </section>
    }
}

fn remarks(link: &Link) -> Vec<String> {
    let (mut list, more) = link.told();
    if more > 0 {
        list.push(["\u{2026} and ", &text::count(more), " more"].concat());
    }
    list
}

fn part(health: Health) -> Vec<Cell> {
    let seen = health.seen_at.map(text::time_full).unwrap_or_default();
    vec![
        Cell::Text(health.kind),
        Cell::Text(health.name),
        Cell::Text(health.standing.word().into()),
        Cell::Text(health.words),
        Cell::Text(seen),
    ]
}

fn rows(source: &Source) -> Vec<(String, String)> {
    let runs = State::get().runs;
    let count = runs.with_table(|table| table.source_len(source.index));
    let mut rows = vec![
        ("kind".into(), source.config.kind.clone()),
        ("url".into(), source.config.url.clone()),
        ("runs".into(), text::count(count as u64)),
    ];
    source.link.with(|link| {
        if let Some(info) = &link.info {
            let words = format!("{} {}", info.name, info.version);
            rows.push(("answers as".into(), words));
        }
        let clock = match (link.freshness.clock_note(), link.freshness.skew()) {
            (Some(note), _) => note.to_string(),
            (None, Some(skew)) if skew.0.abs() > 5_000_000 => {
                format!(
                    "the source's own, {} from this browser's",
                    text::duration(skew)
                )
            }
            (None, _) => "the source's own".into(),
        };
        rows.push(("clock".into(), clock));
    });
    rows
}
