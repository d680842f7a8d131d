//! A row of the list: status, run, job, source, start, duration, steps, and why.

use crate::state::reactive::{Memo, RwSignal, memo};
use crate::ui::html::{El, IntoHtml, view};
use runboard_core::model::{Phase, Run};
use runboard_core::store::run_table::RowId;
use wasm_bindgen::JsCast as _;

use crate::state::State;
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::steps_bar::steps_bar;
use crate::ui::part::time_cell::{duration_cell, time_cell};
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

pub fn run_row(
    row: RowId,
    windowed: Windowed,
    tab_stop: Memo<Option<RowId>>,
    current: RwSignal<Option<RowId>>,
    nav: Nav,
) -> El {
    let state = State::get();
    let runs = state.runs;
    let shown = memo(move || runs.get(row));
    let place = memo(move || {
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
                current.set(Some(row));
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
) -> impl IntoHtml + use<> {
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
        .into_html()
    } else {
        duration_cell(text::run_span(run, now.get_untracked())).into_html()
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
            {phase_badge(run.phase, text::run_status(run), is_unfinished, run.raw_status.clone())}
        </div>
        <div role="gridcell" class="grid__cell col-id mono"><a href=href title=id.clone() tabindex="-1">{text::short_id(&id)}</a></div>
        <div role="gridcell" class="grid__cell col-job" title=run.job.clone()>{run.job.clone()}</div>
        <div role="gridcell" class="grid__cell col-source muted">{name}</div>
        <div role="gridcell" class="grid__cell col-started">{time_cell(run.started_at.or(run.created_at), run.zone_assumed, true)}</div>
        <div role="gridcell" class="grid__cell grid__cell--number col-duration">{duration}</div>
        <div role="gridcell" class="grid__cell col-steps">{steps_bar(run.steps)}</div>
        <div role="gridcell" class="grid__cell col-why">
            {(!why.is_empty()).then(|| view! { <span class="runs__why" class=("runs__why--failed", is_failure) title=why_title>{why}" "</span> })}
            <span class="muted" title=tags.clone()>{tags.clone()}</span>
        </div>
    }
}
