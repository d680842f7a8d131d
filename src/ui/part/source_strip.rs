//! The truth line: every source with its state in words and the age of its data.

use crate::state::reactive::memo;
use crate::ui::html::{El, IntoHtml, each, view};
use runboard_core::model::Timestamp;
use runboard_core::net::freshness::SourceState;

use crate::state::State;
use crate::state::sources::{ConfigState, Source};
use crate::ui::nav::Nav;
use crate::ui::route::{Route, View};
use crate::ui::text;

/// A source's state as a sentence: `live 2 s`, `STALE since 14:05 (not reachable), next try in 8 s`.
pub fn state_words(source: &Source, now: Timestamp) -> String {
    let wait = source
        .link
        .with(|link| Some(link.retry_at?.since(now).0 / 1_000_000));
    let is_due = source.is_stale(now) && source.backend().is_ok();
    let words = state_in_short(source, now);
    match wait.filter(|seconds| is_due && *seconds > 0) {
        Some(seconds) => format!("{words}, next try in {seconds}s"),
        None => words,
    }
}

/// The same without what changes every second.
pub fn state_in_short(source: &Source, now: Timestamp) -> String {
    let age = || source.age(now).map_or_else(|| "\u{2013}".into(), text::ago);
    if let Err(error) = source.backend() {
        return error;
    }
    if source.link.with(|link| link.is_stopped) {
        return "reading stopped".into();
    }
    match source.state(now) {
        SourceState::Live => format!("live {}", age()),
        SourceState::Polling => format!("polling {}", age()),
        SourceState::Stale { since, why } => {
            format!("STALE since {} ({why})", text::time_short(since, now))
        }
        SourceState::Connecting { .. } => "connecting".into(),
        SourceState::Down { why, .. } => format!("down: {why}"),
        SourceState::Denied => "signed out".into(),
    }
}

/// A glyph with its own outline for each state.
pub fn state_glyph(word: &'static str) -> impl IntoHtml {
    let shape = match word {
        "live" => view! { <circle cx="5" cy="5" r="4" /> }.into_html(),
        "polling" => view! { <circle cx="5" cy="5" r="4" stroke-dasharray="2 1.5" /> }.into_html(),
        "stale" => view! { <path d="M1 1h8v8H1zM1 9l8-8" /> }.into_html(),
        "denied" => {
            view! { <g><circle cx="5" cy="5" r="4" /><path d="M2 8l6-6" /></g> }.into_html()
        }
        _ => view! { <path d="M1.5 1.5l7 7M8.5 1.5l-7 7" /> }.into_html(),
    };
    view! { <svg class="strip__glyph" viewBox="0 0 10 10" aria-hidden="true">{shape}</svg> }
}

/// The line under the bar.
pub fn source_strip() -> impl IntoHtml {
    let state = State::get();
    let list = state.sources.list;
    let words = move || match state.sources.config.get() {
        ConfigState::Loading => Some("reading config.json \u{2026}".to_string()),
        ConfigState::Failed(error) => Some(error),
        ConfigState::Missing => {
            Some("no sources: there is no config.json, and nothing answers at ./api/v1/".into())
        }
        ConfigState::Ready if list.with(Vec::is_empty) => {
            Some("config.json names no sources".into())
        }
        ConfigState::Ready => None,
    };
    view! {
        <nav class="strip" aria-label="Sources">
            {move || words().map(|words| view! { <span>{words}</span> })}
            {each(move || list.get(), |source| source.index.to_string(), strip_item)}
        </nav>
    }
}

fn strip_item(source: Source) -> El {
    let state = State::get();
    let nav = Nav::get();
    let id = source.config.id.clone();
    let word = {
        let source = source.clone();
        memo(move || source.state(state.now.get()).word())
    };
    // A good source filters the list by itself; a bad one opens what happened and what to do.
    let href = move || match word.get() {
        "live" | "polling" => {
            let is_only = nav
                .route
                .with(|route| route.view == View::Runs && route.source == [id.clone()]);
            let source = if is_only {
                Vec::new()
            } else {
                vec![id.clone()]
            };
            Route {
                source,
                ..Route::default()
            }
            .href()
        }
        _ => Route {
            view: View::Sources,
            ..Route::default()
        }
        .href(),
    };
    let (name, data_source) = (source.config.name.clone(), source.config.id.clone());
    view! {
        <a class="strip__source" href=href data-source=data_source data-source-state=move || word.get()>
            {move || state_glyph(word.get())}
            <b>{name}</b>
            <span>{move || state_words(&source, state.now.get())}</span>
        </a>
    }
}
