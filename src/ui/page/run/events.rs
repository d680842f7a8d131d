//! The events of a run as its source tells them: windowed, filtered by the address, with the record behind an event on demand.

use std::time::Duration;

use crate::state::reactive::{RwSignal, effect, memo};
use crate::ui::html::{El, Html, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::backend::BackendError;
use runboard_core::model::Run;
use runboard_core::model::event::RunEvent;
use runboard_core::model::event_log::MAX_EVENTS;
use runboard_core::store::download;
use runboard_core::store::window::Align;

use super::event_detail::event_detail;
use super::event_tools::event_tools;
use super::save::save_button;
use crate::state::State;
use crate::state::clock::pause;
use crate::state::event_tail::EventTail;
use crate::state::log_tail::Loading;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::task::Task;
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::part::row_keys::{focus_row, target};
use crate::ui::part::windowed::Windowed;
use crate::ui::route::Tab;
use crate::ui::text;

/// Heights of `style/page/events.css`, in pixels.
const ROW: f64 = 28.0;
const NARROW_ROW: f64 = 48.0;
const HEAD: f64 = 29.0;
/// How long the open event must stay the same until the address names it.
const REST: Duration = Duration::from_millis(300);

/// So many events are a short history.
const SHORT: u64 = 1_000;

const COLUMNS: [(&str, &str); 5] = [
    ("col-time", "Time"),
    ("col-level", "Level"),
    ("col-type", "Type"),
    ("col-step", "Step"),
    ("col-message", "Message"),
];

pub fn events(detail: RunDetail, is_told: bool) -> Html {
    if !is_told {
        let words =
            "It tells of runs and their steps as they stand; how they came there it does not keep.";
        return panel("This source gives no events", words, "", ()).into_html();
    }
    detail.open_events();
    let nav = Nav::get();
    let events = detail.events;
    on_cleanup(move || events.leave());
    let asked = memo(move || nav.route.with(|route| route.part.events()));
    effect(move || {
        let now = State::get().now.get_untracked();
        asked.with(|asked| events.select(asked, now));
    });
    let run = detail.run;
    let standing = memo(move || standing(events, run));
    // The number of the event whose record is shown.
    let opened = opened(nav);
    let id = detail.id.clone();
    let json = move || {
        events.with(|log, pick| {
            let mut shown = pick.iter().filter_map(|number| log.find(number));
            download::events(&id, &mut shown)
        })
    };
    view! {
        <section class="events" role="region" aria-label="Events">
            {event_tools(&detail, save_button(&detail, Tab::Events, json))}
            {note(events)}
            {
                let detail = detail.clone();
                move || match standing.get() {
                    Some((title, words)) => panel(title, words, "", clear(nav)).into_html(),
                    None => list(detail.clone(), opened).into_html(),
                }
            }
            {event_detail(&detail, opened.open)}
        </section>
    }
    .into_html()
}

/// The event that is open.
#[derive(Clone, Copy)]
struct Opened {
    open: RwSignal<Option<u64>>,
    /// It came by the address, and is to be brought into view.
    wanted: RwSignal<Option<u64>>,
}

/// The event that the address opens. Who goes through many with the keys leaves the address alone until they rest.
fn opened(nav: Nav) -> Opened {
    let asked = memo(move || nav.route.with(|route| route.part.event));
    let open = RwSignal::new(asked.get_untracked());
    let wanted = RwSignal::new(asked.get_untracked());
    effect(move || {
        let asked = asked.get();
        if open.get_untracked() != asked {
            open.set(asked);
            wanted.set(asked);
        }
    });
    let telling: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    effect(move || {
        let now = open.get();
        if asked.get_untracked() == now {
            telling.set_value(None);
            return;
        }
        telling.set_value(Some(Task::spawn(async move {
            pause(REST).await;
            nav.change(|route| route.part.event = now);
        })));
    });
    Opened { open, wanted }
}

/// What stands in place of the list.
fn standing(events: EventTail, run: RwSignal<Loaded<Run>>) -> Option<(String, String)> {
    let (held, picked) = events.with(|log, pick| (log.len(), pick.len()));
    // Where a short history is read from depends on whether the run is over.
    let is_known = || is_long(events) || !run.with(|run| matches!(run, Loaded::Loading));
    if picked > 0 && is_known() {
        return None;
    }
    let words = |title: &str, text: &str| Some((title.to_string(), text.to_string()));
    match events.loading.get() {
        Loading::Failed(BackendError::Unsupported(_)) => words("This source gives no events", ""),
        Loading::Failed(BackendError::NotFound(_)) if held == 0 => {
            words("No events", "The source keeps no history of this run.")
        }
        Loading::Failed(error) if held == 0 => {
            words("The events could not be read", &error.to_string())
        }
        Loading::First => words("Reading the events \u{2026}", ""),
        _ if picked > 0 => words("Reading the events \u{2026}", ""),
        _ if held == 0 => words(
            "No events",
            "The source has told nothing of this run so far; events appear here as they come.",
        ),
        _ => words(
            "No event matches",
            &format!(
                "The filters leave nothing over of {}.",
                text::counted(held as u64, "event", "events")
            ),
        ),
    }
}

fn is_long(events: EventTail) -> bool {
    events.with(|log, _| log.total() > SHORT)
}

/// The way out of a filter that is too narrow.
fn clear(nav: Nav) -> Option<El> {
    let is_filtered = nav
        .route
        .with_untracked(|route| !route.part.events().is_empty());
    is_filtered.then(|| view! {
        <button class="button" on:click=move |_| nav.change(|route| route.part.clear())>"Show all events"</button>
    })
}

/// What is not here is said.
fn note(events: EventTail) -> impl IntoHtml {
    let words = memo(move || {
        let (first, is_empty) = events.with(|log, _| (log.first().unwrap_or(1), log.is_empty()));
        let before = text::counted(first - 1, "event", "events");
        match events.loading.get() {
            _ if is_empty => String::new(),
            Loading::Earlier if first > 1 => {
                format!("reading earlier events: {} to go", text::count(first - 1))
            }
            Loading::Failed(error) => {
                format!("earlier events could not be read: {error}; trying again")
            }
            _ if first > 1 => format!(
                "the first {before} are not shown and not searched: the page keeps the newest {}",
                text::count(MAX_EVENTS as u64)
            ),
            _ => String::new(),
        }
    });
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| view! { <p class="log__note" role="status">{words}</p> })
    }
}

fn list(detail: RunDetail, Opened { open, wanted }: Opened) -> El {
    let events = detail.events;
    let windowed = Windowed::new(ROW, HEAD);
    let narrow = crate::ui::part::narrow::narrow();
    effect(move || {
        let is_narrow = narrow.get();
        windowed.set_head(if is_narrow { 0.0 } else { HEAD });
        windowed.set_row_height(if is_narrow { NARROW_ROW } else { ROW });
    });
    // What runs or is long is read at its end, which is there first; what is over and short from its beginning.
    let is_live = detail.run.with_untracked(|run| match run {
        Loaded::Ready(run) => run.phase.is_active() && !run.is_unfinished(),
        _ => true,
    });
    let at_end = is_live || untrack(|| is_long(events));
    windowed.stick_to_end(at_end);
    let mut before = untrack(|| events.with(|_, pick| pick.before()));
    effect(move || {
        let (rows, now) = events.with(|_, pick| (pick.len() as u64, pick.before()));
        // Rows that came before those on the screen push nothing away; somebody at the beginning stays there.
        if now != before && untrack(|| windowed.first()) > 0 {
            windowed.shift(now - before);
        }
        before = now;
        windowed.set_rows(rows);
    });
    let numbers = memo(move || {
        let range = windowed.range();
        events.with(|_, pick| {
            (range.start as usize..range.end as usize)
                .filter_map(|row| pick.get(row))
                .collect::<Vec<u64>>()
        })
    });
    let current: RwSignal<u64> = RwSignal::new(0);
    let row_of = move |number: u64| events.with(|_, pick| pick.row_of(number)) as u64;
    let count = memo(move || events.with(|_, pick| pick.len()) as u64);
    // What a link opens is in sight as soon as it is there.
    effect(move || {
        let Some(number) = wanted.get() else { return };
        let row = row_of(number);
        if events.with(|_, pick| pick.get(row as usize)) == Some(number) {
            wanted.set(None);
            windowed.stick_to_end(false);
            windowed.set_rows(count.get_untracked());
            windowed.scroll_to(row, Align::Center);
            current.set(number);
        }
    });
    // The row that Tab leads to; the first one that is seen while the chosen one is not there.
    let stop = memo(move || {
        let current = current.get();
        numbers.with(|numbers| match numbers.contains(&current) {
            true => Some(current),
            false => numbers.first().copied(),
        })
    });
    let on_key = move |event: web_sys::KeyboardEvent| {
        let at = untrack(|| row_of(stop.get().unwrap_or(0)));
        let last = count.get_untracked().saturating_sub(1);
        if let Some(to) = target(&event, at, last, windowed.page()) {
            event.prevent_default();
            windowed.stick_to_end(false);
            if let Some(number) = untrack(|| events.with(|_, pick| pick.get(to as usize))) {
                current.set(number);
                if open.get_untracked().is_some() {
                    open.set(Some(number));
                }
            }
            focus_row(windowed, to);
            return;
        }
        match event.key().as_str() {
            "Enter" | " " => open.set(if open.get_untracked() == stop.get_untracked() {
                None
            } else {
                stop.get_untracked()
            }),
            "Escape" => open.set(None),
            _ => return,
        }
        event.prevent_default();
    };
    let scrolled = move || {
        if windowed.on_scroll() {
            events.scrolled();
            windowed.stick_to_end(windowed.at_end() && at_end);
        }
    };
    view! {
        <div class="grid">
            <div
                class="grid__scroll" node_ref=windowed.node role="grid" aria-label="Events"
                aria-rowcount=move || (count.get() + 1).to_string()
                on:scroll=move |_| scrolled()
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
            >
                <div class="grid__head" role="row" aria-rowindex="1">
                    {COLUMNS.into_iter().map(|(class, name)| view! {
                        <div role="columnheader" class=format!("grid__cell {class}")>{name}</div>
                    }).collect::<Vec<_>>()}
                </div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    {each(move || numbers.get(), |number| number.to_string(), move |number| {
                        let at = memo(move || row_of(number));
                        let event = untrack(|| events.with(|log, _| log.find(number).cloned())).unwrap_or_default();
                        let level = event.level.map(|level| level.word());
                        view! {
                            <div
                                class="grid__row" role="row" data-event=number.to_string() data-level=level
                                data-at=move || at.get().to_string()
                                aria-rowindex=move || (at.get() + 2).to_string()
                                aria-selected=move || (open.get() == Some(number)).to_string()
                                tabindex=move || if stop.get() == Some(number) { "0" } else { "-1" }
                                style:transform=move || windowed.top(at.get())
                                on:focus=move |_| current.set(number)
                                on:click=move |_| {
                                    current.set(number);
                                    open.update(|open| *open = if *open == Some(number) { None } else { Some(number) });
                                }
                            >
                                {cells(event)}
                            </div>
                        }
                    })}
                </div>
            </div>
        </div>
    }
}

fn cells(event: RunEvent) -> Html {
    let now = State::get().now.get_untracked();
    let time = event.time.map(|at| view! { <time datetime=at.to_string() title=text::time_full(at)>{text::time_of_event(at, now)}</time> });
    let level = event
        .level
        .map(|level| level.word().to_string())
        .or(event.raw_level);
    let attempt = event
        .attempt
        .filter(|attempt| *attempt > 1)
        .map(|attempt| format!(" attempt {attempt}"));
    let step = event.step.unwrap_or_default();
    let message = text::first_line(&event.message).to_string();
    view! {
        <div role="gridcell" class="grid__cell col-time">{time}</div>
        <div role="gridcell" class="grid__cell col-level">{level}</div>
        <div role="gridcell" class="grid__cell col-type" title=event.kind.clone()>{event.kind.clone()}</div>
        <div role="gridcell" class="grid__cell col-step" title=step.clone()>{step.clone()}{attempt.map(|words| view! { <span class="muted">{words}</span> })}</div>
        <div role="gridcell" class="grid__cell col-message" title=event.message.clone()>{message}</div>
    }
}
