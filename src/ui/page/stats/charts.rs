//! Runs per day by outcome, as stacked bars and as a table.

use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::Timestamp;
use runboard_core::model::stats::{Day, Stats};

use crate::ui::nav::Nav;
use crate::ui::route::{Route, View};
use crate::ui::text;

const HEIGHT: f64 = 120.0;
const BAR: f64 = 14.0;
/// Days that a chart shows; the table has all.
const DAYS: usize = 60;

/// `11-21`, and `2026-11-21` in full.
fn day_words(day: i64) -> (String, String) {
    let (year, month, date, ..) = Timestamp(day.saturating_mul(86_400_000_000)).civil(0);
    (
        format!("{month:02}-{date:02}"),
        format!("{year:04}-{month:02}-{date:02}"),
    )
}

/// The list of that day's runs.
fn day_link(nav: Nav, day: i64) -> String {
    let mut route = nav.route.with_untracked(|route| Route {
        view: View::Runs,
        source: route.source.clone(),
        filter: route.filter.clone(),
        ..Route::default()
    });
    route.filter.since = Some(format!("{}T00:00", day_words(day).1));
    route.filter.until = Some(format!("{}T00:00", day_words(day + 1).1));
    route.href()
}

pub fn days_chart(stats: Stats) -> impl IntoHtml {
    let nav = Nav::get();
    let shown: Vec<Day> = stats.days.iter().rev().take(DAYS).rev().copied().collect();
    let most = shown
        .iter()
        .map(|day| day.outcomes.total())
        .max()
        .unwrap_or(0)
        .max(1) as f64;
    let bars = shown
        .iter()
        .map(|day| {
            let parts = [
                ("succeeded", day.outcomes.succeeded),
                ("failed", day.outcomes.failed),
                ("stopped", day.outcomes.stopped),
                ("open", day.outcomes.open),
            ];
            let mut y = HEIGHT;
            let rects: Vec<_> = parts
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(class, count)| {
                    let height = count as f64 / most * HEIGHT;
                    y -= height;
                    view! { <rect class=class y=y width=BAR height=height /> }
                })
                .collect();
            let words = format!(
                "{}: {} succeeded, {} failed, {} stopped, {} open",
                day_words(day.number).1,
                day.outcomes.succeeded,
                day.outcomes.failed,
                day.outcomes.stopped,
                day.outcomes.open
            );
            view! {
                <a href=day_link(nav, day.number) aria-label=words.clone() title=words.clone()>
                    <svg viewBox="0 0 14 120" width=BAR height=HEIGHT aria-hidden="true">
                        <rect class="room" width=BAR height=HEIGHT />
                        {rects}
                    </svg>
                </a>
            }
        })
        .collect::<Vec<_>>();
    let ends = shown
        .first()
        .zip(shown.last())
        .map(|(first, last)| (day_words(first.number).1, day_words(last.number).1));
    let rows = stats
        .days
        .iter()
        .rev()
        .filter(|day| day.outcomes.total() > 0)
        .map(|day| {
            view! {
                <tr>
                    <th scope="row"><a href=day_link(nav, day.number)>{day_words(day.number).1}</a></th>
                    <td>{text::count(day.outcomes.total())}</td>
                    <td>{text::count(day.outcomes.succeeded)}</td>
                    <td>{text::count(day.outcomes.failed)}</td>
                    <td>{text::count(day.outcomes.stopped)}</td>
                    <td>{text::count(day.outcomes.open)}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let undated = stats.undated;
    view! {
        <section>
            <h2>"Runs per day"</h2>
            <div class="stats__chart">
                <div class="stats__days" role="group" aria-label="Runs per day by outcome">{bars}</div>
                {ends.map(|(first, last)| view! { <p class="muted">{if first == last { first } else { format!("{first} \u{2192} {last}") }}</p> })}
            </div>
            {(undated > 0).then(|| view! { <p class="muted">{format!("{} without a time are on no day", text::counted(undated, "run", "runs"))}</p> })}
            <details>
                <summary>"as a table"</summary>
                <table class="table">
                    <thead><tr><th scope="col">"Day"</th><th scope="col">"Runs"</th><th scope="col">"Succeeded"</th><th scope="col">"Failed"</th><th scope="col">"Stopped"</th><th scope="col">"Open"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </section>
    }
}
