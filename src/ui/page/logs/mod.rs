//! The log of a run: windowed lines on the byte arena, following its end until the user reads, search over all lines, links to lines.

mod line;
mod save;
mod tools;
mod view;

use crate::state::reactive::{RwSignal, effect, memo};
use crate::ui::html::{Html, IntoHtml, view};
use leptos::prelude::*;
use runboard_core::backend::BackendError;
use runboard_core::model::{Level, LogStream};
use runboard_core::store::log_select::LogFilter;
use runboard_core::store::needle::Needle;

use self::tools::tools;
use self::view::log_lines;
use crate::state::log_tail::{Loading, LogTail};
use crate::state::run_detail::RunDetail;
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::route_part::PartFilter;
use crate::ui::text;

/// What the parts of the log's page share.
#[derive(Clone, Copy)]
pub(super) struct LogPage {
    pub(super) log: LogTail,
    /// The text searched for.
    pub(super) needle: RwSignal<String>,
    pub(super) any_case: RwSignal<bool>,
    pub(super) only_matches: RwSignal<bool>,
    /// The line that the search stands on.
    pub(super) current: RwSignal<Option<u64>>,
    /// The window stays at the log's end.
    pub(super) following: RwSignal<bool>,
    /// The last line when following stopped: what came after it is new.
    pub(super) paused_at: RwSignal<u64>,
    /// A line to bring into view.
    pub(super) wanted: RwSignal<Option<u64>>,
}

/// The filter that a link asks for.
fn filter_of(asked: &PartFilter, matches: Option<Needle>) -> LogFilter {
    LogFilter {
        levels: asked
            .level
            .iter()
            .filter_map(|word| Level::from_word(word))
            .collect(),
        streams: asked
            .stream
            .iter()
            .map(|word| LogStream::from_word(word))
            .collect(),
        steps: asked.step.clone(),
        text: matches,
    }
}

pub fn logs(detail: RunDetail) -> Html {
    if !detail.has_logs() {
        let words = "It tells of runs and steps; what a run printed stays where the run wrote it.";
        return panel("This source gives no logs", words, "", ()).into_html();
    }
    let nav = Nav::get();
    let log = detail.log;
    let linked = nav.route.with_untracked(|route| route.lines.clone());
    let page = LogPage {
        log,
        needle: RwSignal::new(String::new()),
        any_case: RwSignal::new(true),
        only_matches: RwSignal::new(false),
        current: RwSignal::new(None),
        // A link to lines is for reading them; everything else begins at the log's end.
        following: RwSignal::new(linked.is_none()),
        paused_at: RwSignal::new(u64::MAX),
        wanted: RwSignal::new(
            linked
                .as_ref()
                .filter(|lines| lines.step.is_none())
                .map(|lines| lines.from),
        ),
    };
    let asked = memo(move || nav.route.with(|route| route.part.clone()));
    effect(move || {
        let needle = if page.only_matches.get() {
            Needle::new(&page.needle.get(), page.any_case.get())
        } else {
            None
        };
        log.select(filter_of(&asked.get(), needle));
    });
    effect(move || log.find(&page.needle.get(), page.any_case.get()));
    // A link that is followed on the open page: its lines come into view.
    let lines = memo(move || nav.route.with(|route| route.lines.clone()));
    Effect::new(move |before: Option<()>| {
        let lines = lines.get();
        if let (Some(()), Some(range)) = (before, lines) {
            page.following.set(false);
            page.wanted.set(Some(range.from));
        }
    });
    let standing = memo(move || {
        let (is_empty, total) = log.with(|store, _, _| (store.is_empty(), store.known_total()));
        match log.loading.get() {
            Loading::Failed(BackendError::NotFound(_)) if is_empty => Some((
                "No log".to_string(),
                "The source keeps no log of this run.".to_string(),
            )),
            Loading::Failed(error) if is_empty => {
                Some(("The log could not be read".into(), error.to_string()))
            }
            Loading::First if is_empty => Some(("Reading the log \u{2026}".into(), String::new())),
            _ if is_empty && total == 0 => Some((
                "Nothing printed".into(),
                "The run has printed nothing so far; lines appear here as they come.".into(),
            )),
            _ => None,
        }
    });
    view! {
        <section class="log" role="region" aria-label="Log">
            {tools(page, detail.clone())}
            {note(page)}
            {move || match standing.get() {
                Some((title, words)) => panel(title, words, "", ()).into_html(),
                None => log_lines(page, detail.clone()).into_html(),
            }}
        </section>
    }
    .into_html()
}

/// Losses and waiting are said in words.
fn note(page: LogPage) -> impl IntoHtml {
    let log = page.log;
    let nav = Nav::get();
    let words = memo(move || {
        let (first, dropped, is_empty) = log.with(|store, _, _| {
            (
                store.first().unwrap_or(1),
                store.dropped(),
                store.is_empty(),
            )
        });
        let mut words = Vec::new();
        match log.loading.get() {
            Loading::Earlier if first > 1 => words.push(format!("reading earlier lines: {} to go", text::count(first - 1))),
            Loading::Done if first > 1 => words.push(format!(
                "the first {} are not shown: the page keeps what fits its memory; the download has all",
                text::counted(first - 1, "line", "lines")
            )),
            Loading::Failed(error) if !is_empty => words.push(format!("earlier lines could not be read: {error}")),
            _ => {}
        }
        if dropped > 0 {
            words.push(format!(
                "{} dropped from the front to bound the memory",
                text::counted(dropped, "line", "lines")
            ));
        }
        if let Some(step) = nav
            .route
            .with(|route| route.lines.as_ref().and_then(|lines| lines.step.clone()))
        {
            words.push(format!("the link counts lines of the step {step}"));
        }
        words.join("; ")
    });
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| view! { <p class="log__note" role="status">{words}</p> })
    }
}
