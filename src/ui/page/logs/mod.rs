//! The log of a run: windowed lines on the byte arena, following its end until the user reads, search over all lines, links to lines.

mod captured;
mod line;
mod save;
mod tools;
mod view;

use crate::state::reactive::{Memo, RwSignal, effect, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::backend::BackendError;
use runboard_core::model::{Level, LogStream, Step, Timestamp};
use runboard_core::store::log_select::LogFilter;
use runboard_core::store::needle::Needle;

pub(super) use self::line::colored;
use self::tools::tools;
use self::view::log_lines;
use crate::state::captured::Captured;
use crate::state::log_tail::{Loading, LogTail};
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::step_log::step_log;
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::route::{LineRange, Route, Tab};
use crate::ui::route_part::PartFilter;
use crate::ui::text;

/// What the parts of the log's page share.
#[derive(Clone, Copy)]
pub(super) struct LogPage {
    pub(super) log: LogTail,
    /// It is what processes wrote, which the source keeps beside the run's log.
    pub(super) captured: Option<Captured>,
    /// It is the log of an attempt of a step; its lines may have other numbers when it is read again, so none is linked to.
    pub(super) is_of_step: bool,
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
    /// The first and the last line that the address points at, as far as they are known.
    pub(super) marked: Memo<Option<(u64, u64)>>,
}

/// The lines of the run's one log that a link points at. Those of a step are counted where that step alone is shown, from the log's beginning.
fn marked(log: LogTail, lines: &LineRange) -> Option<(u64, u64)> {
    log.with(|store, select, _| {
        let Some(step) = &lines.step else {
            return Some((lines.from, lines.to)).filter(|(from, _)| *from <= store.known_total());
        };
        let filter = select.filter();
        let is_alone = filter.steps == [step.clone()]
            && filter.levels.is_empty()
            && filter.streams.is_empty()
            && filter.text.is_none()
            && filter.during.is_none();
        if !is_alone || store.first() != Some(1) {
            return None;
        }
        let place = |number: u64| usize::try_from(number - 1).ok();
        let last = lines.to.min(select.len() as u64).max(1);
        Some((select.get(place(lines.from)?)?, select.get(place(last)?)?))
    })
}

/// The time of an attempt: from its start to its end, or without one.
fn time_of(steps: &Loaded<Vec<Step>>, asked: &PartFilter) -> Option<(Timestamp, Timestamp)> {
    let (key, number) = (asked.focus.as_ref()?, asked.attempt?);
    let step = steps.ready()?.iter().find(|step| step.key == *key)?;
    let attempt = step.attempts.iter().find(|one| one.number == number)?;
    Some((
        attempt.started_at?,
        attempt.ended_at.unwrap_or(Timestamp(i64::MAX)),
    ))
}

/// The filter that a link asks for.
fn filter_of(
    asked: &PartFilter,
    matches: Option<Needle>,
    during: Option<(Timestamp, Timestamp)>,
) -> LogFilter {
    LogFilter {
        during,
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
        steps: asked.only_steps(),
        text: matches,
    }
}

pub fn logs(detail: RunDetail, is_told: bool) -> Html {
    if !is_told {
        let words = "It tells of runs and steps; what a run printed stays where the run wrote it.";
        return panel("This source gives no logs", words, "", ()).into_html();
    }
    let nav = Nav::get();
    let for_streams = detail.clone();
    let has_captured = memo(move || for_streams.tells(|can| can.captured));
    let stream = memo(move || {
        let asked = nav.route.with(|route| captured::stream(&route.part));
        asked.filter(|_| has_captured.get())
    });
    // Of a source whose logs belong to attempts of steps: which one.
    let has_steps = detail.tells_of_steps();
    let step = memo(move || {
        let asked = |route: &Route| {
            let key = route.part.focus.clone().unwrap_or_default();
            (key, route.part.attempt)
        };
        has_steps.then(|| nav.route.with(asked))
    });
    view! {
        <section class="log" role="region" aria-label="Log">
            {move || has_captured.get().then(|| captured::choice(stream))}
            {move || one_log(detail.clone(), stream.get(), step.get())}
        </section>
    }
    .into_html()
}

/// The run's log, what its processes wrote to a stream, or the log of an attempt of a step.
fn one_log(
    detail: RunDetail,
    stream: Option<LogStream>,
    step: Option<(String, Option<u32>)>,
) -> Html {
    let nav = Nav::get();
    let captured = stream.map(|stream| Captured::open(&detail, stream));
    let is_of_step = step.is_some();
    let heading = step
        .as_ref()
        .map(|(key, attempt)| of_step(&detail, key, *attempt));
    let log = match (captured, step) {
        (Some(captured), _) => captured.log,
        (None, Some((key, attempt))) => step_log(&detail, key, attempt),
        (None, None) => detail.log,
    };
    let linked = memo(move || nav.route.with(|route| route.lines.clone()));
    let page = LogPage {
        log,
        captured,
        is_of_step,
        needle: RwSignal::new(String::new()),
        any_case: RwSignal::new(true),
        only_matches: RwSignal::new(false),
        current: RwSignal::new(None),
        // A link to lines is for reading them; everything else begins at the log's end.
        following: RwSignal::new(linked.with_untracked(Option::is_none)),
        paused_at: RwSignal::new(u64::MAX),
        wanted: RwSignal::new(None),
        marked: memo(move || {
            log.changed.get();
            linked.with(|lines| marked(log, lines.as_ref()?))
        }),
    };
    let asked = memo(move || nav.route.with(|route| route.part.clone()));
    let steps = detail.steps;
    let during = memo(move || match captured {
        // Its lines have no times.
        Some(_) => None,
        // They are all of that attempt.
        None if is_of_step => None,
        None => asked.with(|asked| steps.with(|steps| time_of(steps, asked))),
    });
    effect(move || {
        let needle = if page.only_matches.get() {
            Needle::new(&page.needle.get(), page.any_case.get())
        } else {
            None
        };
        let mut filter = filter_of(&asked.get(), needle, during.get());
        if captured.is_some() {
            // There is no other in it.
            filter.streams.clear();
        }
        if is_of_step {
            filter.steps.clear();
        }
        log.select(filter);
    });
    effect(move || log.find(&page.needle.get(), page.any_case.get()));
    // The lines of a link come into view, once it is known which they are.
    effect(move || {
        if let Some((from, _)) = page.marked.get() {
            page.following.set(false);
            page.wanted.set(Some(from));
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
            Loading::First if is_empty => {
                let what = captured.map_or("the log", |captured| captured::name(captured.stream));
                Some((["Reading ", what, " \u{2026}"].concat(), String::new()))
            }
            _ if is_empty && captured.is_some() => captured.map(captured::nothing),
            _ if is_empty && total == 0 => Some((
                "Nothing printed".into(),
                "The run has printed nothing so far; lines appear here as they come.".into(),
            )),
            _ => None,
        }
    });
    view! {
        {heading}
        {tools(page, detail.clone())}
        {note(page, during)}
        {move || match standing.get() {
            Some((title, words)) => panel(title, words, "", ()).into_html(),
            None => log_lines(page, detail.clone()).into_html(),
        }}
    }
}

/// Whose log it is, and the way to the run's.
fn of_step(detail: &RunDetail, key: &str, attempt: Option<u32>) -> El {
    let noun = detail.noun();
    let attempt = match attempt {
        Some(attempt) => format!("attempt {attempt}"),
        None => "the last attempt".into(),
    };
    let root = Route::to_run(&detail.source.config.id, &detail.id, Tab::Logs).href();
    let whose = match key {
        "" => view! { <span>"the run's root, "{attempt}</span> },
        key => {
            let known = detail.steps.with_untracked(|steps| {
                let step = steps.ready()?.iter().find(|step| step.key == key)?;
                step.name.clone().filter(|name| name != key)
            });
            let name = known.map_or(key.to_string(), |name| {
                [name.as_str(), " (", key, ")"].concat()
            });
            view! { <span>{noun}" "<b>{name}</b>", "{attempt}" \u{b7} "<a href=root>"the run's root"</a></span> }
        }
    };
    view! { <p class="log__note">"Log of "{whose}</p> }
}

/// Losses and waiting are said in words.
fn note(page: LogPage, during: Memo<Option<(Timestamp, Timestamp)>>) -> impl IntoHtml {
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
        if let Some(captured) = page.captured {
            words.extend(captured::note(captured));
        }
        match log.loading.get() {
            Loading::Earlier if first > 1 => words.push(format!("reading earlier lines: {} to go", text::count(first - 1))),
            Loading::Done if first > 1 => words.push(format!(
                "the first {} are not shown: the page keeps what fits its memory; the download has all",
                text::counted(first - 1, "line", "lines")
            )),
            Loading::Failed(error) if page.captured.is_some() => words.push(format!("trying again: {error}")),
            Loading::Failed(error) if !is_empty => words.push(format!("earlier lines could not be read: {error}")),
            _ => {}
        }
        if dropped > 0 {
            words.push(format!(
                "{} dropped from the front to bound the memory",
                text::counted(dropped, "line", "lines")
            ));
        }
        let lines = nav.route.with(|route| route.lines.clone());
        let is_read = first == 1 && matches!(log.loading.get(), Loading::Done);
        if let Some(lines) = lines.filter(|_| page.marked.get().is_none() && is_read && !is_empty) {
            let from = text::count(lines.from);
            words.push(match lines.step {
                None => format!("the link points at line {from}, and there is none"),
                Some(step) => format!(
                    "the link points at line {from} of the step {step}: there is none, or filters hide it"
                ),
            });
        }
        nav.route.with(|route| {
            let part = &route.part;
            if let Some(tail) = part.tail {
                words.push(format!("f.tail: only the newest {} are shown", text::counted(tail, "line", "lines")));
            }
            let bad = part.level.iter().filter(|word| Level::from_word(word).is_none());
            words.extend(bad.map(|word| format!("f.level={word} is not understood")));
            let bad = part.stream.iter().filter(|word| LogStream::from_word(word) == LogStream::Unknown);
            words.extend(bad.map(|word| format!("f.stream={word} is not understood")));
            words.extend(part.bad.iter().map(|pair| format!("{pair} is not understood")));
            let asked = (part.attempt, &part.focus);
            if let (Some(attempt), Some(step)) = asked && !page.is_of_step {
                words.push(match during.get() {
                    Some(_) => format!("only lines from the time of attempt {attempt} of {step}"),
                    None => format!("the times of attempt {attempt} of {step} are not known, so all its lines are shown"),
                });
            }
        });
        words.join("; ")
    });
    let is_cut = memo(move || {
        nav.route
            .with(|route| route.part.tail.is_some() || route.part.attempt.is_some())
    });
    let all = move || {
        let press = move |_| {
            nav.change(|route| (route.part.tail, route.part.attempt) = (None, None));
        };
        is_cut.get().then(|| view! { <button class="button button--small" on:click=press>"Show all lines"</button> })
    };
    move || {
        let words = words.get();
        (!words.is_empty())
            .then(|| view! { <p class="log__note" role="status">{words}" "{all()}</p> })
    }
}
