//! The grid of runs: windowed, by keyboard and pointer, with new rows behind a chip while somebody reads.

use crate::state::reactive::{Memo, RwSignal, effect, memo};
use crate::ui::html::{El, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::store::run_view::SortKey;
use runboard_core::store::window::Align;
use wasm_bindgen::JsCast as _;

use super::columns::{ListColumn, least, shown as columns_shown, tracks};
use super::group::{group_row, without_runs};
use super::row::run_row;
use crate::browser::page;
use crate::state::State;
use crate::state::beside::{Backfill, backfills, keep_figures};
use crate::state::bulk::is_any_offered;
use crate::state::recall::keep_recalled;
use crate::state::run_list::Place;
use crate::state::run_rows::{GroupBy, GroupRow};
use crate::ui::nav::Nav;
use crate::ui::part::row_keys::focus_soon;
use crate::ui::part::windowed::Windowed;
use crate::ui::route::View;
use crate::ui::text;

/// Heights of `style/part/grid.css` and `style/page/runs.css`, in pixels.
const ROW: f64 = 32.0;
const NARROW_ROW: f64 = 52.0;
const HEAD: f64 = 29.0;

/// Below these widths the columns stand in two lines, and the widest one is left out.
const NARROW: u64 = 700;
const MEDIUM: u64 = 1100;

/// What the rows share.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    windowed: Windowed,
    /// The rows that are in the page, and where they stand.
    placed: Memo<Vec<(u64, GroupRow)>>,
    /// The row that keys act on; it is known by its run, so that it stays the same while rows come and go.
    pub(super) current: RwSignal<Option<GroupRow>>,
    tab_stop: Memo<Option<GroupRow>>,
    pub(super) columns: Memo<Vec<&'static ListColumn>>,
    /// With the numbers of their sources.
    pub(super) backfills: RwSignal<Vec<(u16, Backfill)>>,
    /// Something can be done to several runs at once.
    pub(super) can_choose: Memo<bool>,
}

impl Rows {
    fn place(self, row: GroupRow) -> u64 {
        self.placed.with(|placed| {
            let found = placed.iter().find(|(_, other)| *other == row);
            found.map_or(0, |(place, _)| *place)
        })
    }

    /// The value of `aria-rowindex`. Tracked.
    pub(super) fn index(self, row: GroupRow) -> String {
        (self.place(row) + 2).to_string()
    }

    /// Where the row stands, as CSS. Tracked.
    pub(super) fn top(self, row: GroupRow) -> String {
        self.windowed.top(self.place(row))
    }

    /// One row can be reached by Tab. Tracked.
    pub(super) fn tab_index(self, row: GroupRow) -> &'static str {
        if self.tab_stop.get() == Some(row) {
            "0"
        } else {
            "-1"
        }
    }
}

/// A row's `data-row`.
fn name(row: GroupRow) -> String {
    match row {
        GroupRow::Head(number) => ["g", &number.to_string()].concat(),
        GroupRow::Run(row) => row.0.to_string(),
    }
}

pub fn grid(shown: Memo<u64>) -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let runs = state.runs;
    let width = RwSignal::new(page::size().0 as u64);
    let windowed = Windowed::new(ROW, HEAD);
    let resized = page::on_window("resize", move |_| width.set(page::size().0 as u64));
    StoredValue::new_local(resized);
    let narrow = memo(move || width.get() <= NARROW);
    let medium = memo(move || width.get() <= MEDIUM);
    let columns = memo(move || columns_shown(medium.get()));
    effect(move || {
        let (row, head) = if narrow.get() {
            (NARROW_ROW, 0.0)
        } else {
            (ROW, HEAD)
        };
        windowed.set_head(head);
        windowed.set_row_height(row);
    });
    effect(move || windowed.set_rows(shown.get()));

    let current: RwSignal<Option<GroupRow>> = RwSignal::new(None);
    let has_focus = RwSignal::new(false);
    let has_pointer = RwSignal::new(false);
    // Reading: scrolled down, the pointer over the rows, or the focus in them.
    effect(move || {
        let reads = windowed.first() > 0 || has_focus.get() || has_pointer.get();
        runs.hold(reads);
        // A view that is being built lets all in by itself when it is done; to release it meanwhile would call this again and again.
        if !reads && runs.with_view(|_, view| !view.is_building() && view.held() > 0) {
            runs.release();
        }
    });
    on_cleanup(move || runs.hold(false));

    let placed = memo(move || {
        let range = windowed.range();
        let end = range.end.min(shown.get()).max(range.start);
        let rows = state.rows.range(range.start as usize..end as usize);
        let mut placed: Vec<(u64, GroupRow)> = (range.start..).zip(rows).collect();
        // The focused row stays in the page, wherever it is, so that the focus is not lost.
        if has_focus.get()
            && let Some(row) = current.get()
            && !placed.iter().any(|(_, other)| *other == row)
            && let Some(place) = state.rows.place_of(row)
        {
            placed.push((place as u64, row));
        }
        placed
    });
    let first = memo(move || state.rows.get(0));
    restore_place(windowed, current, shown, nav);
    let tab_stop = memo(move || current.get().or(first.get()));
    let on_screen = move || {
        let runs = placed.get().into_iter().filter_map(|(_, row)| match row {
            GroupRow::Run(row) => Some(row),
            GroupRow::Head(number) => state.rows.group(number).map(|group| group.newest),
        });
        runs.collect()
    };
    keep_figures(state, on_screen);
    keep_recalled(state, on_screen);
    let is_by_backfill = move || nav.route.with(|route| route.group) == Some(GroupBy::Backfill);
    // Those of the groups on screen.
    let named = move || {
        let heads = placed.get().into_iter().filter_map(|(_, row)| match row {
            GroupRow::Head(number) if is_by_backfill() => state.rows.group(number),
            _ => None,
        });
        let heads = heads.filter(|group| !group.key.is_empty());
        heads.map(|group| (group.source, group.key)).collect()
    };
    let rows = Rows {
        windowed,
        placed,
        current,
        tab_stop,
        columns,
        backfills: backfills(state, is_by_backfill, named),
        can_choose: memo(move || is_any_offered(state)),
    };

    let move_to = move |place: u64| {
        let place = place.min(shown.get_untracked().saturating_sub(1));
        if let Some(row) = untrack(|| state.rows.get(place as usize)) {
            windowed.scroll_to(place, Align::Nearest);
            current.set(Some(row));
            focus_soon(windowed.node, selector(row));
        }
    };
    let place_now = move || {
        let row = tab_stop.get_untracked()?;
        untrack(|| state.rows.place_of(row)).map(|place| place as u64)
    };
    // The bar of chosen runs takes room from the list.
    let is_any_chosen = memo(move || state.selection.runs.with(|chosen| !chosen.is_empty()));
    effect(move || {
        if is_any_chosen.get()
            && let Some(place) = place_now()
        {
            windowed.keep_in_sight(place);
        }
    });
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let place = place_now().unwrap_or(0);
        match event.key().as_str() {
            "ArrowDown" | "j" => move_to(place + 1),
            "ArrowUp" | "k" => move_to(place.saturating_sub(1)),
            "PageDown" => move_to(place.saturating_add(windowed.page())),
            "PageUp" => move_to(place.saturating_sub(windowed.page())),
            "Home" => move_to(0),
            "End" => move_to(u64::MAX),
            _ => return,
        }
        event.prevent_default();
    };
    // j and k work from anywhere on the page.
    let anywhere = page::on_window("keydown", move |event| {
        if let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>()
            && matches!(event.key().as_str(), "j" | "k")
            && !event.default_prevented()
            && event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
                .is_some_and(|element| element.tag_name() == "BODY" || element.id() == "main")
        {
            move_to(place_now().unwrap_or(0));
            event.prevent_default();
        }
    });
    StoredValue::new_local(anywhere);
    let is_whole = memo(move || {
        state.sources.list.with(|list| {
            list.iter()
                .all(|source| source.link.with(|link| link.is_loaded))
        })
    });
    let held = memo(move || runs.with_view(|_, view| view.held()));
    let has_held = memo(move || held.get() > 0);
    let is_stale = move || {
        let now = state.now.get();
        state
            .sources
            .list
            .with(|list| !list.is_empty() && list.iter().all(|source| source.is_stale(now)))
    };
    view! {
        <div
            class="grid runs" style:--list=move || columns.with(|columns| tracks(columns)) style:--least=move || format!("{}px", columns.with(|columns| least(columns))) data-stale=move || is_stale().to_string()
            on:pointerenter=move |_| has_pointer.set(true)
            on:pointerleave=move |_| has_pointer.set(false)
        >
            <div
                class="grid__scroll" node_ref=windowed.node role="grid" aria-label="Runs"
                aria-rowcount=move || if is_whole.get() { (shown.get() + 1).to_string() } else { "-1".into() } aria-colcount=move || columns.with(Vec::len).to_string()
                on:scroll=move |_| { windowed.on_scroll(); }
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
                on:focusin=move |_| has_focus.set(true)
                on:focusout=move |_| has_focus.set(false)
            >
                <div class="grid__head" role="row" aria-rowindex="1">
                    {move || columns.get().into_iter().map(column).collect::<Vec<_>>()}
                </div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    {each(
                        move || placed.get(),
                        |(_, row)| name(*row),
                        move |(_, row)| match row {
                            GroupRow::Run(row) => run_row(row, rows, nav),
                            GroupRow::Head(number) => group_row(number, rows),
                        },
                    )}
                </div>
            </div>
            {move || is_by_backfill().then(|| without_runs(rows))}
            {move || has_held.get().then(|| view! {
                <button class="grid__chip" on:click=move |_| {
                    runs.release();
                    windowed.scroll_to(0, Align::Start);
                }>{move || [&text::count(held.get() as u64), " new \u{2191}"].concat()}</button>
            })}
        </div>
    }
}

/// Leaving the list remembers where it stood; coming back to the same list (Back, or its link) stands there again.
fn restore_place(
    windowed: Windowed,
    current: RwSignal<Option<GroupRow>>,
    shown: Memo<u64>,
    nav: Nav,
) {
    let state = State::get();
    let runs = state.runs;
    let here = nav.route.with_untracked(|route| route.href());
    let mut wanted = runs.place.get_value().filter(|place| place.list == here);
    effect(move || {
        let rows = shown.get();
        let Some(place) = wanted.as_ref() else { return };
        let found = state.rows.place_of(place.first);
        if let Some(at) = found.filter(|_| rows > 0) {
            windowed.set_rows(rows);
            windowed.scroll_to(at as u64, Align::Start);
            current.set(place.current);
            if let Some(row) = place.current {
                focus_soon(windowed.node, selector(row));
            }
            wanted = None;
        }
    });
    // The list's address may change (filters) while it is shown; the one at the end counts.
    let list = StoredValue::new(here);
    effect(move || {
        nav.route.with(|route| {
            if route.view == View::Runs {
                list.set_value(route.href());
            }
        });
    });
    on_cleanup(move || {
        let first = untrack(|| state.rows.get(windowed.first() as usize));
        if let Some(first) = first {
            runs.place.set_value(Some(Place {
                list: list.get_value(),
                first,
                current: current.get_untracked(),
            }));
        }
    });
}

/// Finds a row in the grid.
fn selector(row: GroupRow) -> String {
    format!("[data-row='{}']", name(row))
}

/// The head of a column. A press orders by it, another one turns the order round, a third gives the newest first again.
fn column(column: &'static ListColumn) -> El {
    let ListColumn {
        class, name, sort, ..
    } = *column;
    let key = sort;
    let nav = Nav::get();
    let sort = memo(move || nav.route.with(|route| route.sort));
    let order = move || match sort.get() {
        Some((other, descending)) if Some(other) == key => Some(descending),
        _ => None,
    };
    let press = move |key: SortKey| {
        nav.change(|route| {
            route.sort = match route.sort {
                Some((other, true)) if other == key => Some((key, false)),
                Some((other, false)) if other == key => None,
                _ => Some((key, true)),
            };
        });
    };
    let aria = move || {
        order().map(|descending| {
            if descending {
                "descending"
            } else {
                "ascending"
            }
        })
    };
    view! {
        <div role="columnheader" class=format!("grid__cell {class}") class=("grid__cell--number", column.is_number()) aria-sort=aria>
            {match key {
                Some(key) => view! {
                    <button class="grid__sort" on:click=move |_| press(key)>
                        {name}{move || order().map(|descending| if descending { " \u{2193}" } else { " \u{2191}" })}
                    </button>
                }
                .into_html(),
                None => name.into_html(),
            }}
        </div>
    }
}
