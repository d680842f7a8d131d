//! The head of a group: its name, how its runs ended, and the newest of them. It is folded by a click, Enter, Space or the arrows.

use wasm_bindgen::JsCast as _;

use super::grid::Rows;
use crate::state::State;
use crate::state::reactive::memo;
use crate::state::run_rows::{GroupBy, GroupRow, RunGroup};
use crate::ui::html::{El, IntoHtml, view};
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::time_cell::time_cell;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

pub(super) fn group_row(number: usize, rows: Rows) -> El {
    let state = State::get();
    let nav = Nav::get();
    let row = GroupRow::Head(number);
    let group = memo(move || state.rows.group(number));
    let is_folded =
        memo(move || group.with(|group| group.as_ref().is_some_and(|group| group.is_folded)));
    let name = memo(move || {
        group.with(|group| {
            let group = group.as_ref()?;
            Some(
                if nav.route.with_untracked(|route| route.group) == Some(GroupBy::Source) {
                    state.sources.at(group.source)?.config.name.clone()
                } else {
                    group.key.clone()
                },
            )
        })
    });
    let fold = move |is_folded: bool| state.rows.fold(number, is_folded);
    let on_key = move |event: web_sys::KeyboardEvent| {
        match event.key().as_str() {
            "Enter" | " " => fold(!is_folded.get_untracked()),
            "ArrowLeft" => fold(true),
            "ArrowRight" => fold(false),
            _ => return,
        }
        event.prevent_default();
    };
    let on_click = move |event: web_sys::MouseEvent| {
        rows.current.set(Some(row));
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let on_link = target.is_some_and(|element| element.closest("a").ok().flatten().is_some());
        if !on_link {
            fold(!is_folded.get_untracked());
        }
    };
    view! {
        <div
            class="grid__row runs__group" role="row" data-row=["g", &number.to_string()].concat() data-group=move || name.get()
            aria-rowindex=move || rows.index(row)
            tabindex=move || rows.tab_index(row)
            style:transform=move || rows.top(row)
            on:focus=move |_| rows.current.set(Some(row))
            on:click=on_click
            on:keydown=on_key
        >
            <div role="gridcell" class="runs__head" aria-colspan=move || rows.columns.with(Vec::len).to_string()>
                <button class="runs__fold" tabindex="-1" aria-expanded=move || (!is_folded.get()).to_string()>
                    <svg class="runs__mark" viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l4 4-4 4" /></svg>
                    <b>{move || name.get()}</b>
                </button>
                {move || group.get().map(|group| outcomes(&group))}
                {move || group.get().and_then(|group| newest(state, &group))}
            </div>
        </div>
    }
}

/// `214 runs · 31 failed · 2 running`: what there is of each, by its words.
fn outcomes(group: &RunGroup) -> impl IntoHtml + use<> {
    let total = text::counted(group.len() as u64, "run", "runs");
    let open = group.outcomes.open.saturating_sub(group.running);
    let parts = [
        ("failed", group.outcomes.failed, "failed"),
        ("succeeded", group.outcomes.succeeded, "succeeded"),
        ("stopped", group.outcomes.stopped, "stopped"),
        ("running", group.running, "running"),
        ("open", open, "of unknown or later end"),
    ];
    let part = |(class, count, words): (&'static str, u64, &'static str)| {
        let words = [&text::count(count), " ", words].concat();
        (count > 0).then(|| view! { <span data-outcome=class>{words}</span> })
    };
    let parts: Vec<_> = parts.into_iter().map(part).collect();
    view! { <span class="muted">{total}</span>{parts} }
}

/// The newest run, and the way to it.
fn newest(state: State, group: &RunGroup) -> Option<El> {
    let (source, run) = state.runs.get(group.newest)?;
    let source = state.sources.at(source)?.config.id.clone();
    let href = Route::to_run(&source, &run.id, Tab::Overview).href();
    let badge = phase_badge(
        run.phase,
        text::run_status(&run),
        run.is_unfinished(),
        String::new(),
    );
    Some(view! {
        <span class="runs__newest"><span class="muted">"newest "</span>{badge}<a class="mono" href=href tabindex="-1">{text::short_id(&run.id)}</a>{time_cell(run.started_at.or(run.created_at), run.zone_assumed, true)}</span>
    })
}
