//! The sources page: what each source is, how it is doing, since when, what is tried next, and what it could not read.

use crate::ui::html::{El, IntoHtml, each, view};
use leptos::prelude::*;

use crate::state::State;
use crate::state::sources::{ConfigState, Source};
use crate::ui::part::panel::panel;
use crate::ui::part::source_strip::state_words;
use crate::ui::text;

const EXAMPLE: &str =
    r#"{"sources": [{"id": "etl", "name": "ETL", "kind": "runs-api", "url": "./api/v1/"}]}"#;

pub fn sources_page() -> impl IntoHtml {
    let state = State::get();
    let list = state.sources.list;
    view! {
        <div class="sources" tabindex="0" role="region" aria-label="Sources">
            <h1>"Sources"</h1>
            {move || state.sources.problems.get().into_iter().map(|problem| view! { <p class="notice">{problem}</p> }).collect::<Vec<_>>()}
            {move || match state.sources.config.get() {
                ConfigState::Failed(error) => panel("config.json could not be read".to_string(), error, "", ()).into_html(),
                ConfigState::Missing => {
                    panel("No sources yet".to_string(), "There is no config.json beside this page, and nothing answers at ./api/v1/. Start the bridge, or put a config.json beside index.html:", EXAMPLE, ())
                        .into_html()
                }
                ConfigState::Loading | ConfigState::Ready => ().into_html(),
            }}
            {each(move || list.get(), |source| source.index, source_section)}
        </div>
    }
}

fn source_section(source: Source) -> El {
    let state = State::get();
    let now = state.now;
    let config = source.config.clone();
    let (for_words, for_state, for_clock, for_runs) =
        (source.clone(), source.clone(), source.clone(), source.index);
    let link = source.link;
    let info = move || link.with(|link| link.info.clone());
    let row = |name: &'static str, value: String| view! { <dt>{name}</dt><dd>{value}</dd> };
    view! {
        <section class="source" data-source=config.id.clone() data-source-state=move || for_state.state(now.get()).word()>
            <div class="source__head">
                <h2>{config.name.clone()}</h2>
                <span>{move || state_words(&for_words, now.get())}</span>
            </div>
            <dl>
                {row("kind", config.kind.clone())}
                {row("url", config.url.clone())}
                {move || {
                    info().map(|info| {
                        view! { <dt>"answers as"</dt><dd>{format!("{} {}", info.name, info.version)}</dd> }
                    })
                }}
                <dt>"runs"</dt>
                <dd>{move || state.runs.with_table(|table| text::count(table.source_len(for_runs) as u64))}</dd>
                <dt>"clock"</dt>
                <dd>{move || {
                    for_clock.link.with(|link| match (link.freshness.clock_note(), link.freshness.skew()) {
                        (Some(note), _) => note.to_string(),
                        (None, Some(skew)) if skew.0.abs() > 5_000_000 => {
                            format!("the source's own, {} from this browser's", text::duration(skew))
                        }
                        (None, _) => "the source's own".into(),
                    })
                }}</dd>
            </dl>
            {move || {
                let (problems, count) = link.with(|link| (link.problems.clone(), link.problem_count));
                (!problems.is_empty()).then(|| {
                    view! {
                        <h3>{format!("{} that could not be read", text::counted(count, "thing", "things"))}</h3>
                        <ul class="source__problems">{problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect::<Vec<_>>()}</ul>
                    }
                })
            }}
        </section>
    }
}
