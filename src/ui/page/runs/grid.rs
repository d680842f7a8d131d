//! The grid of runs: windowed, by keyboard and pointer, with new rows behind a chip while somebody reads.

use leptos::html;
use leptos::prelude::*;
use runboard_core::model::{Phase, Run};
use runboard_core::store::run_table::RowId;
use runboard_core::store::window::Align;
use wasm_bindgen::JsCast as _;

use crate::state::State;
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::PhaseBadge;
use crate::ui::part::steps_bar::StepsBar;
use crate::ui::part::time_cell::{DurationCell, TimeCell};
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Heights of `style/part/grid.css` and `style/page/runs.css`, in pixels.
const ROW: f64 = 32.0;
const NARROW_ROW: f64 = 52.0;
const HEAD: f64 = 29.0;

const COLUMNS: [(&str, &str); 8] = [
    ("col-status", "Status"),
    ("col-id", "Run"),
    ("col-job", "Job"),
    ("col-source", "Source"),
    ("col-started", "Started"),
    ("col-duration", "Duration"),
    ("col-steps", "Steps"),
    ("col-why", "Why / tags"),
];

/// Below this width the columns stand in two lines.
const NARROW: f64 = 700.0;

fn is_narrow() -> bool {
    web_sys::window()
        .and_then(|window| window.inner_width().ok()?.as_f64())
        .is_some_and(|width| width <= NARROW)
}

#[component]
pub fn Grid(shown: Memo<u64>) -> impl IntoView {
    let state = State::get();
    let nav = Nav::get();
    let runs = state.runs;
    let narrow = RwSignal::new(is_narrow());
    let windowed = Windowed::new(ROW, HEAD);
    let resized = crate::browser::page::on_window("resize", move |_| narrow.set(is_narrow()));
    StoredValue::new_local(resized);
    Effect::new(move |_| {
        let (row, head) = if narrow.get() {
            (NARROW_ROW, 0.0)
        } else {
            (ROW, HEAD)
        };
        windowed.set_head(head);
        windowed.set_row_height(row);
    });
    Effect::new(move |_| windowed.set_rows(shown.get()));

    // The row that keys act on; it is known by its run, so that it stays the same while rows come and go.
    let current: RwSignal<Option<RowId>> = RwSignal::new(None);
    let has_focus = RwSignal::new(false);
    let has_pointer = RwSignal::new(false);
    // Reading: scrolled down, the pointer over the rows, or the focus in them.
    Effect::new(move |_| {
        let reads = windowed.first() > 0 || has_focus.get() || has_pointer.get();
        runs.hold(reads);
        if !reads && runs.with_view(|_, view| view.held()) > 0 {
            runs.release();
        }
    });
    on_cleanup(move || runs.hold(false));

    let rows = Memo::new(move |_| {
        let range = windowed.range();
        let end = range.end.min(shown.get());
        let mut rows = runs
            .with_view(|_, view| view.rows(range.start as usize..end.max(range.start) as usize));
        // The focused row stays in the page, wherever it is, so that the focus is not lost.
        if has_focus.get()
            && let Some(row) = current.get()
            && !rows.contains(&row)
            && runs
                .with_view(|table, view| view.place_of(table, row))
                .is_some()
        {
            rows.push(row);
        }
        rows
    });
    let first = Memo::new(move |_| runs.with_view(|_, view| view.get(0)));
    let tab_stop = Memo::new(move |_| current.get().or(first.get()));

    let move_to = move |place: u64| {
        let place = place.min(shown.get_untracked().saturating_sub(1));
        if let Some(row) = untrack(|| runs.with_view(|_, view| view.get(place as usize))) {
            windowed.scroll_to(place, Align::Nearest);
            current.set(Some(row));
            focus_soon(windowed.node, row);
        }
    };
    let place_now = move || {
        let row = tab_stop.get_untracked()?;
        untrack(|| runs.with_view(|table, view| view.place_of(table, row)))
            .map(|place| place as u64)
    };
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
    let anywhere = crate::browser::page::on_window("keydown", move |event| {
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
    let held = move || runs.with_view(|_, view| view.held());
    let is_stale = move || {
        let now = state.now.get();
        state
            .sources
            .list
            .with(|list| !list.is_empty() && list.iter().all(|source| source.is_stale(now)))
    };
    view! {
        <div class="grid runs" data-stale=move || is_stale().to_string()>
            <div
                class="grid__scroll" node_ref=windowed.node role="grid" aria-label="Runs"
                aria-rowcount=move || (shown.get() + 1).to_string() aria-colcount=COLUMNS.len().to_string()
                on:scroll=move |_| { windowed.on_scroll(); }
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
                on:focusin=move |_| has_focus.set(true)
                on:focusout=move |_| has_focus.set(false)
                on:pointerenter=move |_| has_pointer.set(true)
                on:pointerleave=move |_| has_pointer.set(false)
            >
                <div class="grid__head" role="row" aria-rowindex="1">
                    {COLUMNS.into_iter().map(|(class, name)| view! {
                        <div role="columnheader" class=format!("grid__cell {class}") class=("grid__cell--number", class == "col-duration")>{name}</div>
                    }).collect::<Vec<_>>()}
                </div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    <For each=move || rows.get() key=|row| *row let:row>
                        <RunRow row=row windowed=windowed tab_stop=tab_stop current=current nav=nav />
                    </For>
                </div>
            </div>
            {move || (held() > 0).then(|| view! {
                <button class="grid__chip" on:click=move |_| {
                    runs.release();
                    windowed.scroll_to(0, Align::Start);
                }>{format!("{} new \u{2191}", text::count(held() as u64))}</button>
            })}
        </div>
    }
}

/// Focuses a row once it is in the page.
fn focus_soon(grid: NodeRef<html::Div>, row: RowId) {
    leptos::task::spawn_local(async move {
        leptos::task::tick().await;
        let element = grid
            .try_get_untracked()
            .flatten()
            .and_then(|grid| {
                grid.query_selector(&format!("[data-row='{}']", row.0))
                    .ok()
                    .flatten()
            })
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(element) = element {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // A row that went meanwhile cannot be focused.
            let _ = element.focus_with_options(&options);
        }
    });
}

#[component]
fn RunRow(
    row: RowId,
    windowed: Windowed,
    tab_stop: Memo<Option<RowId>>,
    current: RwSignal<Option<RowId>>,
    nav: Nav,
) -> impl IntoView {
    let state = State::get();
    let runs = state.runs;
    let shown = Memo::new(move |_| runs.get(row));
    let place = Memo::new(move |_| {
        runs.with_view(|table, view| view.place_of(table, row))
            .unwrap_or(0) as u64
    });
    let source = move || {
        shown.with(|shown| {
            shown
                .as_ref()
                .and_then(|(source, _)| state.sources.at(*source))
        })
    };
    let source_id = move || {
        source()
            .map(|source| source.config.id.clone())
            .unwrap_or_default()
    };
    let of_run = move |read: fn(&Run) -> String| {
        shown.with(|shown| shown.as_ref().map(|(_, run)| read(run)).unwrap_or_default())
    };
    let href =
        move || Route::to_run(&source_id(), &of_run(|run| run.id.clone()), Tab::Overview).href();
    let open = move || {
        current.set(Some(row));
        let route = Route::to_run(&source_id(), &of_run(|run| run.id.clone()), Tab::Overview);
        nav.go(route);
    };
    view! {
        <div
            class="grid__row" role="row"
            data-row=row.0.to_string()
            data-source=source_id
            data-run-id=move || of_run(|run| run.id.clone())
            data-phase=move || of_run(|run| run.phase.word().into())
            aria-rowindex=move || (place.get() + 2).to_string()
            tabindex=move || if tab_stop.get() == Some(row) { "0" } else { "-1" }
            style:transform=move || windowed.top(place.get())
            on:focus=move |_| current.set(Some(row))
            on:click=move |event: web_sys::MouseEvent| {
                let on_link = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| element.closest("a").ok().flatten().is_some());
                if !on_link { open(); }
            }
            on:keydown=move |event| if event.key() == "Enter" { event.prevent_default(); open(); }
        >
            {move || shown.get().map(|(_, run)| cells(state, &run, source().map(|source| (source.config.name.clone(), source)), href()))}
        </div>
    }
}

fn cells(
    state: State,
    run: &Run,
    source: Option<(String, crate::state::sources::Source)>,
    href: String,
) -> impl IntoView + use<> {
    let is_unfinished = run.is_unfinished();
    let is_ticking = run.phase.is_active() && !is_unfinished && run.started_at.is_some();
    let started_at = run.started_at;
    let (name, source) =
        source.map_or((String::new(), None), |(name, source)| (name, Some(source)));
    let now = state.now;
    let duration = if is_ticking {
        let source = source.clone();
        view! {
            <span>{move || {
                let now = now.get();
                // While the source is silent, nobody knows how long it has been running: the clock stops at what was last heard.
                let at = source.as_ref().map_or(now, |source| source.heard_now(now));
                started_at.map(|started| text::ticking(at.since(started)))
            }}</span>
        }
        .into_any()
    } else {
        view! { <DurationCell span=text::run_span(run, now.get_untracked()) /> }.into_any()
    };
    let tags = run
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(" \u{b7} ");
    let why = if is_unfinished {
        let seen = run
            .last_seen_at
            .map(|at| text::time_short(at, now.get_untracked()))
            .unwrap_or_default();
        format!("last seen {seen}, no sign of life since")
    } else {
        run.reason
            .as_deref()
            .map(text::first_line)
            .unwrap_or_default()
            .to_string()
    };
    let is_failure = matches!(run.phase, Phase::Failed | Phase::TimedOut);
    let why_title = run.reason.clone().unwrap_or_default();
    let id = run.id.clone();
    view! {
        <div role="gridcell" class="grid__cell col-status">
            <PhaseBadge phase=run.phase word=text::run_status(run) unfinished=is_unfinished raw=run.raw_status.clone() />
        </div>
        <div role="gridcell" class="grid__cell col-id mono"><a href=href title=id.clone() tabindex="-1">{text::short_id(&id)}</a></div>
        <div role="gridcell" class="grid__cell col-job" title=run.job.clone()>{run.job.clone()}</div>
        <div role="gridcell" class="grid__cell col-source muted">{name}</div>
        <div role="gridcell" class="grid__cell col-started"><TimeCell at=run.started_at.or(run.created_at) zone_assumed=run.zone_assumed ago=true /></div>
        <div role="gridcell" class="grid__cell grid__cell--number col-duration">{duration}</div>
        <div role="gridcell" class="grid__cell col-steps"><StepsBar counts=run.steps /></div>
        <div role="gridcell" class="grid__cell col-why">
            {(!why.is_empty()).then(|| view! { <span class="runs__why" class=("runs__why--failed", is_failure) title=why_title>{why}" "</span> })}
            <span class="muted" title=tags.clone()>{tags.clone()}</span>
        </div>
    }
}
