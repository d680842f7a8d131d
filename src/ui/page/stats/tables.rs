//! Jobs and steps as tables, with their lengths as bars.

use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::stats::{ENOUGH, JobStats, Spread, Stats};

use super::percent;
use crate::state::State;
use crate::state::step_stats::{StepStats, StepTable};
use crate::ui::nav::Nav;
use crate::ui::route::{Route, View};
use crate::ui::text;

/// Rows of a table; the rest is counted in words.
const ROWS: usize = 200;

/// A length that is worth telling, or why it is not told.
fn length(spread: Option<Spread>, read: fn(Spread) -> runboard_core::model::Span) -> String {
    match spread {
        Some(spread) if spread.count >= ENOUGH => text::duration(read(spread)),
        Some(_) => "n too small".into(),
        None => "\u{2013}".into(),
    }
}

/// p50 within p95 within the longest of all, as a bar.
fn bar(spread: Option<Spread>, longest: i64) -> impl IntoHtml {
    let share = |value: i64| {
        if longest > 0 {
            value as f64 / longest as f64 * 100.0
        } else {
            0.0
        }
    };
    spread.filter(|spread| spread.count >= ENOUGH).map(|spread| {
        view! {
            <svg class="stats__bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect class="p95" width=share(spread.p95.0) height="10" />
                <rect class="p50" width=share(spread.p50.0) height="10" />
            </svg>
        }
    })
}

pub fn job_table(stats: Stats) -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let longest = stats
        .jobs
        .iter()
        .filter_map(|job| job.spread)
        .map(|spread| spread.p95.0)
        .max()
        .unwrap_or(0);
    let hidden = stats.jobs.len().saturating_sub(ROWS);
    let link = move |job: &JobStats, status: Option<&str>| {
        let mut route = nav.route.with_untracked(|route| Route {
            view: View::Runs,
            source: route.source.clone(),
            filter: route.filter.clone(),
            ..Route::default()
        });
        route.filter.job = vec![job.job.clone()];
        if let Some(status) = status {
            route.filter.status = vec![status.into()];
        }
        route.href()
    };
    let rows = stats
        .jobs
        .iter()
        .take(ROWS)
        .map(|job| {
            let failed = job.outcomes.failed;
            let last = job.last_failure_at.map(|at| (text::time_short(at, state.now.get_untracked()), text::time_full(at)));
            view! {
                <tr>
                    <th scope="row"><a href=link(job, None)>{job.job.clone()}</a></th>
                    <td>{text::count(job.outcomes.total())}</td>
                    <td>{if failed > 0 { view! { <a href=link(job, Some("failed"))>{text::count(failed)}</a> }.into_html() } else { "0".into_html() }}</td>
                    <td>{percent(job.outcomes.success_rate())}</td>
                    <td>{length(job.spread, |spread| spread.p50)}</td>
                    <td>{length(job.spread, |spread| spread.p95)}</td>
                    <td>{length(job.spread, |spread| spread.max)}</td>
                    <td class="stats__bars">{bar(job.spread, longest)}</td>
                    <td>{last.map(|(short, full)| view! { <span title=full>{short}</span> })}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <section>
            <h2>"Jobs"</h2>
            <div class="table__room" tabindex="0" role="region" aria-label="Jobs">
                <table class="table">
                    <thead><tr>
                        <th scope="col">"Job"</th><th scope="col">"Runs"</th><th scope="col">"Failed"</th><th scope="col">"Success"</th>
                        <th scope="col">"p50"</th><th scope="col">"p95"</th><th scope="col">"Longest"</th><th scope="col">"p50 in p95"</th><th scope="col">"Last failure"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(hidden > 0).then(|| view! { <p class="muted">{format!("{} more: narrow the filters to see them", text::counted(hidden as u64, "job", "jobs"))}</p> })}
        </section>
    }
}

pub fn step_table_view(steps: RwSignal<StepTable>) -> impl IntoHtml {
    // Most failing first, then slowest: what one looks for.
    let sorted = move || {
        let mut rows = steps.with(|table| table.steps.clone());
        rows.sort_by_key(|step| {
            std::cmp::Reverse((
                step.failed,
                step.flaky,
                step.spread.map(|spread| spread.p50),
            ))
        });
        rows.truncate(ROWS);
        rows
    };
    let row = |step: StepStats, longest: i64| {
        view! {
            <tr>
                <th scope="row">{step.key}</th>
                <td>{text::count(step.runs)}</td>
                <td>{text::count(step.failed)}</td>
                <td>{text::count(step.flaky)}</td>
                <td>{length(step.spread, |spread| spread.p50)}</td>
                <td>{length(step.spread, |spread| spread.p95)}</td>
                <td>{length(step.spread, |spread| spread.max)}</td>
                <td class="stats__bars">{bar(step.spread, longest)}</td>
            </tr>
        }
    };
    view! {
        <section>
            <h2>"Steps"</h2>
            <p class="muted">{move || steps.with(|table| {
                let failed = if table.failed > 0 { format!("; {} could not be read", text::counted(table.failed as u64, "run", "runs")) } else { String::new() };
                format!("of the newest {} that match, {} read{failed}; most failing first, then slowest", text::counted(table.of as u64, "run", "runs"), text::count(table.read as u64))
            })}</p>
            <div class="table__room" tabindex="0" role="region" aria-label="Steps">
                <table class="table">
                    <thead><tr>
                        <th scope="col">"Step"</th><th scope="col">"Runs"</th><th scope="col">"Failed"</th><th scope="col">"Passed on retry"</th>
                        <th scope="col">"p50"</th><th scope="col">"p95"</th><th scope="col">"Longest"</th><th scope="col">"p50 in p95"</th>
                    </tr></thead>
                    <tbody>{move || {
                        let rows = sorted();
                        let longest = rows.iter().filter_map(|step| step.spread).map(|spread| spread.p95.0).max().unwrap_or(0);
                        rows.into_iter().map(|step| row(step, longest)).collect::<Vec<_>>()
                    }}</tbody>
                </table>
            </div>
        </section>
    }
}
