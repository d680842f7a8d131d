//! Statistics over the runs that the filters match: outcomes, days, jobs, steps. Every number says from what, and every chart has its table.

mod charts;
mod tables;

use crate::state::reactive::{RwSignal, effect, memo};
use crate::ui::html::{El, Html, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::model::Span;
use runboard_core::model::stats::{ENOUGH, Spread, Stats};

use self::charts::days_chart;
use self::tables::{job_table, step_tables};
use crate::state::State;
use crate::state::gather;
use crate::state::step_stats::{self, StepTable};
use crate::state::task::Task;
use crate::ui::nav::Nav;
use crate::ui::page::runs::{Standing, ask, filters, no_rows, standing};
use crate::ui::part::panel::panel;
use crate::ui::text;

pub fn stats_page() -> Html {
    let state = State::get();
    let nav = Nav::get();
    let asked = ask(state, nav);
    let stats = gather::stats(
        state,
        memo(move || {
            let limit = nav.route.with(|route| route.limit);
            (false, limit.map(|limit| limit as usize))
        }),
    );
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
    let shown = memo(move || state.runs.with_view(|_, view| view.len()) as u64);
    let standing = standing(shown, asked);
    let is_counted = memo(move || runs_shown.get() > 0);
    view! {
        {filters()}
        <div class="stats" tabindex="0" role="region" aria-label="Statistics">
            <h1>"Statistics"</h1>
            {move || match standing.get() {
                Standing::Rows if !is_counted.get() => panel("Counting \u{2026}", "", "", ()).into_html(),
                Standing::Rows => view! {
                    {numbers(stats)}
                    {days_chart(stats)}
                    {job_table(stats)}
                    {step_tables(steps)}
                },
                other => no_rows(other),
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

/// A number, and what it was computed from.
fn number((name, value, from): (&'static str, String, String)) -> El {
    view! { <div class="stats__number"><dt>{name}</dt><dd><b>{value}</b><span class="muted">{from}</span></dd></div> }
}

/// Four numbers, each with what it was computed from.
fn numbers(stats: RwSignal<Option<Stats>>) -> El {
    let rows = move || stats.with(|stats| stats.as_ref().map(in_short).unwrap_or_default());
    let key = |row: &(_, String, String)| format!("{}\u{1f}{}\u{1f}{}", row.0, row.1, row.2);
    El::new("dl")
        .fixed("class", "stats__numbers")
        .child(each(rows, key, number))
}

fn in_short(stats: &Stats) -> Vec<(&'static str, String, String)> {
    let outcomes = stats.outcomes;
    let decided = outcomes.succeeded + outcomes.failed;
    let length = |read: fn(Spread) -> Span| match stats.spread {
        Some(spread) if spread.count >= ENOUGH => text::duration(read(spread)),
        Some(_) => "n too small".into(),
        None => "\u{2013}".into(),
    };
    let of_ended = stats.spread.map_or_else(
        || "no run has both times".into(),
        |spread| {
            format!("of {}", text::counted(spread.count as u64, "run", "runs"))
                + " that succeeded or failed"
        },
    );
    let rate = if decided >= ENOUGH as u64 {
        percent(outcomes.success_rate())
    } else {
        "n too small".into()
    };
    let succeeded = text::count(outcomes.succeeded);
    let unknown = match outcomes.unknown {
        0 => String::new(),
        count => [", ", &text::count(count), " of unknown result"].concat(),
    };
    let of_all = format!(
        "{succeeded} succeeded, {} failed, {} stopped, {} open{unknown}",
        text::count(outcomes.failed),
        text::count(outcomes.stopped),
        text::count(outcomes.open)
    );
    let of_decided = format!(
        "{succeeded} of {} that succeeded or failed",
        text::count(decided)
    );
    vec![
        ("runs", text::count(outcomes.total()), of_all),
        ("success rate", rate, of_decided),
        ("p50", length(|spread| spread.p50), of_ended.clone()),
        ("p95", length(|spread| spread.p95), of_ended),
    ]
}
