//! The window over the lines.

use crate::state::reactive::{effect, memo};
use crate::ui::html::{IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::store::log_select::LogSelect;
use runboard_core::store::log_store::LogStore;
use runboard_core::store::needle::Needle;
use runboard_core::store::window::Align;
use wasm_bindgen::JsCast as _;

use super::LogPage;
use super::line::{Shown, cells};
use super::tools::go_to_match;
use crate::browser::page::on_window;
use crate::state::run_detail::RunDetail;
use crate::ui::nav::Nav;
use crate::ui::part::panel::panel;
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{LineRange, Route};
use crate::ui::text;

/// Height of a line in `style/tokens.css` (`--log-row`), in pixels.
const ROW: f64 = 20.0;

/// Rows of the window: with every line shown, a row for each line of the whole log, loaded or not, so that the scrollbar is true from the
/// beginning; with a filter, a row for each selected line. `f.tail` leaves out all but the newest.
pub(super) fn rows_of(store: &LogStore, select: &LogSelect, tail: Option<u64>) -> (u64, u64) {
    let all = if select.is_all() {
        store.known_total()
    } else {
        select.len() as u64
    };
    let skipped = tail.map_or(0, |tail| all.saturating_sub(tail));
    (all - skipped, skipped)
}

/// The number of the line in a row.
pub(super) fn number_at(select: &LogSelect, row: u64) -> Option<u64> {
    if select.is_all() {
        Some(row + 1)
    } else {
        select.get(row as usize)
    }
}

/// The row of a line, or of the first one behind it that is shown.
fn row_of(select: &LogSelect, number: u64) -> u64 {
    if select.is_all() {
        number.saturating_sub(1)
    } else {
        select.place_of(number) as u64
    }
}

pub fn log_lines(page: LogPage, detail: RunDetail) -> impl IntoHtml {
    let nav = Nav::get();
    let log = page.log;
    let windowed = Windowed::new(ROW, 0.0);
    let tail = memo(move || nav.route.with(|route| route.part.tail));
    let rows = memo(move || log.with(|store, select, _| rows_of(store, select, tail.get())));
    let last = memo(move || log.with(|store, _, _| store.last().unwrap_or(0)));

    effect(move || {
        windowed.set_rows(rows.get().0);
    });
    effect(move || windowed.stick_to_end(page.following.get()));
    effect(move || {
        let last = last.get_untracked();
        page.paused_at
            .set(if page.following.get() { u64::MAX } else { last });
    });
    // What a link or a search wants comes into view as soon as it is there.
    effect(move || {
        let Some(number) = page.wanted.get() else {
            return;
        };
        let (count, skipped) = rows.get();
        if count == 0 {
            return;
        }
        let row = log
            .with(|_, select, _| row_of(select, number))
            .saturating_sub(skipped);
        windowed.set_rows(count);
        windowed.scroll_to(row.min(count - 1), Align::Center);
        if log.with(|store, _, _| store.line(number).is_some()) {
            page.wanted.set(None);
        }
    });

    let visible = memo(move || {
        let (count, skipped) = rows.get();
        let range = windowed.range();
        log.with(|_, select, _| {
            (range.start..range.end.min(count))
                .filter_map(|row| number_at(select, row + skipped))
                .collect::<Vec<_>>()
        })
    });
    let leave = move || page.following.set(false);
    let on_scroll = move || {
        if windowed.on_scroll() && !windowed.at_end() {
            leave();
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let page_rows = windowed.page() as i64;
        match event.key().as_str() {
            "ArrowDown" | "j" => windowed.scroll_by_rows(1),
            "ArrowUp" | "k" => windowed.scroll_by_rows(-1),
            "PageDown" | " " => windowed.scroll_by_rows(page_rows),
            "PageUp" => windowed.scroll_by_rows(-page_rows),
            "Home" => windowed.scroll_to(0, Align::Start),
            "End" | "G" => windowed.scroll_to(rows.get_untracked().0.saturating_sub(1), Align::End),
            _ => return,
        }
        event.prevent_default();
        if !windowed.at_end() {
            leave();
        }
    };
    let anywhere = on_window("keydown", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() else {
            return;
        };
        let in_field = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| {
                element
                    .closest("input, select, textarea, dialog[open]")
                    .ok()
                    .flatten()
                    .is_some()
            });
        if in_field || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let from = || {
            untrack(|| log.with(|_, select, _| number_at(select, windowed.first()).unwrap_or(1)))
        };
        match event.key().as_str() {
            "n" => go_to_match(page, true, from()),
            "N" => go_to_match(page, false, from()),
            "f" => page.following.update(|following| *following = !*following),
            _ => return,
        }
        event.prevent_default();
    });
    StoredValue::new_local(anywhere);

    // A click on a number links to the line; with shift the range is extended.
    let base = StoredValue::new(Route::to_run(
        &detail.source.config.id,
        &detail.id,
        crate::ui::route::Tab::Logs,
    ));
    let href = move |number: u64| {
        let mut route = base.get_value();
        route.part = nav.route.with(|route| route.part.clone());
        route.lines = Some(LineRange::one(number));
        route.href()
    };
    let on_click = move |event: web_sys::MouseEvent| {
        let number = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("[data-number]").ok().flatten())
            .and_then(|element| element.get_attribute("data-number")?.parse::<u64>().ok());
        let Some(number) = number.filter(|_| !event.ctrl_key() && !event.meta_key()) else {
            return;
        };
        event.prevent_default();
        event.stop_propagation();
        leave();
        nav.change(|route| {
            let from = route
                .lines
                .as_ref()
                .filter(|_| event.shift_key())
                .map_or(number, |lines| lines.from);
            route.lines = Some(LineRange {
                step: None,
                from: from.min(number),
                to: from.max(number),
            });
        });
    };
    let needle =
        memo(move || Needle::new(&page.needle.get(), page.any_case.get()).map(StoredNeedle));
    let is_empty = memo(move || rows.get().0 == 0);
    let new_lines = move || {
        let paused = page.paused_at.get();
        last.get().saturating_sub(paused)
    };
    view! {
        {move || is_empty.get().then(|| panel("No line matches", "The filters or the search leave nothing over.", "", ()))}
        <div
            class="log__scroll" node_ref=windowed.node tabindex="0" role="group" aria-label="Lines"
            hidden=move || is_empty.get()
            on:scroll=move |_| on_scroll()
            on:wheel=move |event| if windowed.on_wheel(&event) && !windowed.at_end() { leave(); }
            on:keydown=on_key
            on:click=on_click
        >
            <div class="log__body" style:height=move || windowed.spacer()>
                {each(move || visible.get(), |number| number.to_string(), move |number| {
                        let shown = memo(move || needle.with(|needle| log.with(|store, _, _| {
                            store.line(number).map(|line| Shown::new(&line, needle.as_ref().map(|needle| &needle.0)))
                        })));
                        let row = memo(move || log.with(|_, select, _| row_of(select, number)).saturating_sub(rows.get().1));
                        view! {
                            <div
                                class="log__line" data-line=number.to_string()
                                data-level=move || shown.with(|shown| shown.as_ref().map(|shown| shown.level.word()))
                                data-stream=move || shown.with(|shown| shown.as_ref().map(|shown| shown.stream.word()))
                                data-linked=move || page.marked.get().is_some_and(|(from, to)| (from..=to).contains(&number)).then_some("true")
                                data-current=move || (page.current.get() == Some(number)).then_some("true")
                                style:transform=move || windowed.top(row.get())
                            >
                                {move || match shown.get() {
                                    Some(line) => cells(line, (!page.is_of_step).then(|| href(number))).into_html(),
                                    None => view! { <span class="log__number">{number.to_string()}</span><span class="muted">"reading \u{2026}"</span> }.into_html(),
                                }}
                            </div>
                        }
                    })}
            </div>
        </div>
        <div class="log__foot" hidden=move || page.following.get()>
            {move || (new_lines() > 0).then(|| view! {
                <button class="button" on:click=move |_| page.following.set(true)>
                    {format!("{} \u{2193}", text::counted(new_lines(), "new line", "new lines"))}
                </button>
            })}
        </div>
    }
}

/// A needle in a signal.
#[derive(Clone)]
struct StoredNeedle(Needle);

impl PartialEq for StoredNeedle {
    fn eq(&self, other: &StoredNeedle) -> bool {
        (self.0.text(), self.0.any_case()) == (other.0.text(), other.0.any_case())
    }
}
