//! The head of a group: its name, how its runs ended, and the newest of them. It is folded by a click, Enter, Space or the arrows.

use wasm_bindgen::JsCast as _;

use super::grid::Rows;
use crate::state::State;
use crate::state::beside::Backfill;
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
    let by = nav.route.with_untracked(|route| route.group);
    let name = memo(move || {
        group.with(|group| {
            let group = group.as_ref()?;
            Some(match by {
                Some(GroupBy::Source) => state.sources.at(group.source)?.config.name.clone(),
                Some(GroupBy::Backfill) if group.key.is_empty() => "of no backfill".into(),
                _ => group.key.clone(),
            })
        })
    });
    let backfill = memo(move || {
        let is_it = |(source, one): &&(u16, Backfill)| {
            group.with(|group| {
                let group = group
                    .as_ref()
                    .map(|group| (group.source, group.key.as_str()));
                by == Some(GroupBy::Backfill) && group == Some((*source, one.id.as_str()))
            })
        };
        rows.backfills
            .with(|all| all.iter().find(is_it).map(|(_, one)| one.clone()))
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
                {move || backfill.get().map(|one| progress(&one))}
                {move || group.get().map(|group| outcomes(&group))}
                {move || group.get().and_then(|group| newest(state, &group))}
            </div>
        </div>
    }
}

/// How a backfill stands, and how far it is: `success 12 · failure 1 · 20 partitions`.
fn progress(one: &Backfill) -> El {
    let done: u64 = one.counts.iter().map(|(_, count)| count).sum();
    let mut words = Vec::new();
    for (status, count) in one.counts.iter().filter(|(_, count)| *count > 0) {
        words.push([&text::count(*count), " ", status].concat());
    }
    if let Some(total) = one.total {
        words.push(text::counted(total, "partition", "partitions"));
    }
    let total = one.total.unwrap_or(done).max(1);
    let ended: u64 = one
        .counts
        .iter()
        .filter(|(status, _)| matches!(status.as_str(), "SUCCESS" | "FAILURE" | "CANCELED"))
        .map(|(_, count)| count)
        .sum();
    let badge = phase_badge(
        one.phase,
        text::phase(one.phase).into(),
        false,
        one.raw_status.clone(),
    );
    let title = one.reason.clone();
    view! {
        <span class="runs__backfill" data-backfill=one.id.as_str() title=title>
            {badge}
            <span class="runs__title muted">{one.title.clone()}</span>
            <progress max=total.to_string() value=ended.to_string() aria-label="partitions that are done"></progress>
            <span class="muted">{words.join(" \u{b7} ")}</span>
        </span>
    }
}

/// Backfills of which the list has no run.
pub(super) fn without_runs(rows: Rows) -> Option<El> {
    let state = State::get();
    let runs = state.rows;
    runs.changed.track();
    let all = rows.backfills.get();
    let unseen = all.into_iter().filter(|(_, one)| !runs.has_group(&one.id));
    let lines: Vec<El> = unseen
        .map(|(_, one)| view! { <li><b class="mono">{one.id.clone()}</b>{progress(&one)}{one.reason.clone().map(|reason| view! { <span class="runs__why--failed">{text::first_line(&reason).to_string()}</span> })}</li> })
        .collect();
    (!lines.is_empty()).then(|| {
        view! {
            <section class="runs__others" aria-label="Backfills without runs here">
                <h2>"Backfills of which no run is shown"</h2>
                <ul>{lines}</ul>
            </section>
        }
    })
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
        ("open", open, "not over"),
        ("unknown", group.outcomes.unknown, "of unknown result"),
    ];
    let part = |(class, count, words): (&'static str, u64, &'static str)| {
        let words = [&text::count(count), " ", words].concat();
        (count > 0).then(|| view! { <span data-outcome=class>{words}</span> })
    };
    let parts: Vec<_> = parts.into_iter().map(part).collect();
    view! { <span class="runs__total muted">{total}</span>{parts} }
}

/// The newest run, and the way to it.
fn newest(state: State, group: &RunGroup) -> Option<El> {
    let (source, run) = state.runs.get(group.newest)?;
    if run.brief.is_some() {
        return None;
    }
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
