//! Statistics over the runs that the filters match: outcomes, days, jobs, steps. Every number says from what, and every chart has its table.

mod charts;
mod tables;

use crate::state::reactive::{effect, memo};
use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::stats::{ENOUGH, Stats};

use self::charts::days_chart;
use self::tables::{job_table, step_table_view};
use crate::state::State;
use crate::state::step_stats::{self, StepTable};
use crate::state::task::Task;
use crate::ui::nav::Nav;
use crate::ui::page::runs::{ask, filters};
use crate::ui::part::panel::panel;
use crate::ui::text;

pub fn stats_page() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    ask(state, nav);
    let stats: RwSignal<Option<Stats>> = RwSignal::new(None);
    // Every row is looked at, so news are taken in once a second at most.
    let seen = StoredValue::new(u64::MAX);
    effect(move || {
        state.now.track();
        let changed = state.runs.changed.get_untracked();
        if !state.runs.is_building.get() && seen.get_value() != changed {
            seen.set_value(changed);
            stats.set(Some(state.runs.stats()));
        }
    });
    let steps = RwSignal::new(StepTable::default());
    let reading: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let runs_shown =
        memo(move || stats.with(|stats| stats.as_ref().map_or(0, |stats| stats.outcomes.total())));
    effect(move || {
        if runs_shown.get() > 0 {
            reading.set_value(Some(step_stats::read(state, steps)));
        }
    });
    on_cleanup(move || reading.set_value(None));
    view! {
        {filters()}
        <div class="stats" tabindex="0" role="region" aria-label="Statistics">
            <h1>"Statistics"</h1>
            {move || match stats.get() {
                None => panel("Counting \u{2026}".to_string(), "", "", ()).into_html(),
                Some(stats) if stats.outcomes.total() == 0 => panel("No runs to count".to_string(), "The filters match no run.", "", ())
                .into_html(),
                Some(stats) => view! {
                    {numbers(stats.clone())}
                    {days_chart(stats.clone())}
                    {job_table(stats)}
                    {step_table_view(steps)}
                }
                .into_html(),
            }}
        </div>
    }
}

/// A share as people read it: `97.5 %`.
fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(
        || "\u{2013}".into(),
        |rate| format!("{} %", text::decimal(rate * 100.0, 1)),
    )
}

/// Four numbers, each with what it was computed from.
fn numbers(stats: Stats) -> impl IntoHtml {
    let outcomes = stats.outcomes;
    let decided = outcomes.succeeded + outcomes.failed;
    let spread = stats.spread;
    let number = |name: &'static str, value: String, from: String| {
        view! { <div class="stats__number"><dt>{name}</dt><dd><b>{value}</b><span class="muted">{from}</span></dd></div> }
    };
    let of_spread = |value: Option<_>| match spread {
        Some(spread) if spread.count >= ENOUGH => value.map(text::duration).unwrap_or_default(),
        Some(_) => "n too small".into(),
        None => "\u{2013}".into(),
    };
    let from = spread.map_or_else(
        || "no run has both times".into(),
        |spread| {
            format!(
                "of {}",
                text::counted(spread.count as u64, "ended run", "ended runs")
            )
        },
    );
    view! {
        <dl class="stats__numbers">
            {number("runs", text::count(outcomes.total()), format!("{} succeeded, {} failed, {} stopped, {} open", text::count(outcomes.succeeded), text::count(outcomes.failed), text::count(outcomes.stopped), text::count(outcomes.open)))}
            {number("success rate", if decided >= ENOUGH as u64 { percent(outcomes.success_rate()) } else { "n too small".into() }, format!("{} of {} that succeeded or failed", text::count(outcomes.succeeded), text::count(decided)))}
            {number("p50", of_spread(spread.map(|spread| spread.p50)), from.clone())}
            {number("p95", of_spread(spread.map(|spread| spread.p95)), from)}
        </dl>
    }
}
