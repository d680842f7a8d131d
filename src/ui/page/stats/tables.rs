//! Jobs and steps as tables, with their lengths as bars.

use crate::state::reactive::RwSignal;
use runboard_core::model::Span;
use runboard_core::model::stats::{ENOUGH, JobStats, Spread, Stats};
use runboard_core::model::step_stats::{StepStats, Worst, worst};

use super::percent;
use crate::state::State;
use crate::state::step_stats::StepTable;
use crate::ui::html::{El, Html, view};
use crate::ui::nav::Nav;
use crate::ui::page::runs::list_link;
use crate::ui::part::table::{Cell, table};
use crate::ui::text;

/// Rows of a table; the rest is counted in words.
const ROWS: usize = 200;
/// The worst steps that are shown.
const STEPS: usize = 20;

/// p50, p95 and the longest, each where it is worth telling, and p50 within p95 within the longest p95 of all as bars.
fn lengths(spread: Option<Spread>, longest: i64) -> [Cell; 4] {
    let words = |read: fn(&Spread) -> Span| {
        Cell::Text(match &spread {
            Some(spread) if spread.count >= ENOUGH => text::duration(read(spread)),
            Some(_) => "n too small".into(),
            None => "\u{2013}".into(),
        })
    };
    let share = |value: i64| {
        if longest > 0 {
            value as f64 / longest as f64 * 100.0
        } else {
            0.0
        }
    };
    let bars = match &spread {
        Some(spread) if spread.count >= ENOUGH => {
            Cell::Bars(share(spread.p50.0), share(spread.p95.0))
        }
        _ => Cell::Text(String::new()),
    };
    [
        words(|spread| spread.p50),
        words(|spread| spread.p95),
        words(|spread| spread.max),
        bars,
    ]
}

fn longest(spreads: impl Iterator<Item = Option<Spread>>) -> i64 {
    spreads
        .flatten()
        .map(|spread| spread.p95.0)
        .max()
        .unwrap_or(0)
}

fn job_row(nav: Nav, state: State, job: &JobStats, longest: i64) -> Vec<Cell> {
    let link = |status: Option<&str>| {
        list_link(nav, |filter| {
            filter.job = vec![job.job.clone()];
            if let Some(status) = status {
                filter.status = vec![status.into()];
            }
        })
    };
    let failed = text::count(job.outcomes.failed);
    let mut cells = vec![
        Cell::Link(job.job.clone(), link(None)),
        Cell::Text(text::count(job.outcomes.total())),
        if job.outcomes.failed > 0 {
            Cell::Link(failed, link(Some("failed")))
        } else {
            Cell::Text(failed)
        },
        Cell::Text(match job.outcomes.succeeded + job.outcomes.failed {
            decided if (1..ENOUGH as u64).contains(&decided) => "n too small".into(),
            _ => percent(job.outcomes.success_rate()),
        }),
    ];
    cells.extend(lengths(job.spread, longest));
    cells.push(job.last_failure_at.map_or_else(
        || Cell::Text(String::new()),
        |at| {
            let short = text::time_short(at, state.now.get_untracked());
            Cell::Titled(short, text::time_full(at))
        },
    ));
    cells
}

pub fn job_table(stats: RwSignal<Option<Stats>>) -> El {
    let state = State::get();
    let nav = Nav::get();
    let rows = move || {
        stats.with(|stats| {
            let jobs = stats
                .as_ref()
                .map_or(&[][..], |stats| stats.jobs.as_slice());
            let longest = longest(jobs.iter().map(|job| job.spread));
            let rows = jobs.iter().take(ROWS);
            rows.map(|job| job_row(nav, state, job, longest)).collect()
        })
    };
    let hidden = move || {
        let jobs = stats.with(|stats| stats.as_ref().map_or(0, |stats| stats.jobs.len()));
        let hidden = jobs.saturating_sub(ROWS) as u64;
        (hidden > 0).then(|| {
            let words = text::counted(hidden, "job", "jobs");
            view! { <p class="muted">{format!("{words} more: narrow the filters to see them")}</p> }
        })
    };
    const COLUMNS: [&str; 9] = [
        "Job",
        "Runs",
        "Failed",
        "Success",
        "p50",
        "p95",
        "Longest",
        "p50 in p95",
        "Last failure",
    ];
    view! {
        <section><h2>"Jobs"</h2>{table("Jobs", &COLUMNS, rows)}{hidden}</section>
    }
}

/// The steps that failed most, and those that take longest.
pub fn step_tables(steps: RwSignal<StepTable>) -> Html {
    let from = move || {
        steps.with(|table| {
            let failed = if table.failed > 0 {
                let runs = text::counted(table.failed as u64, "run", "runs");
                format!("; {runs} could not be read")
            } else {
                String::new()
            };
            format!(
                "steps of the newest {} that match, {} read{failed}",
                text::counted(table.of as u64, "run", "runs"),
                text::count(table.read as u64)
            )
        })
    };
    view! {
        <section><h2>"Most failing steps"</h2><p class="muted">{from}</p>{worst_steps("Most failing steps", steps, Worst::MostFailing)}</section>
        <section><h2>"Slowest steps"</h2><p class="muted">{from}</p>{worst_steps("Slowest steps", steps, Worst::Slowest)}</section>
    }
}

fn worst_steps(name: &'static str, steps: RwSignal<StepTable>, by: Worst) -> El {
    let rows = move || {
        steps.with(|table| {
            let worst = worst(&table.steps, by, STEPS);
            let longest = longest(worst.iter().map(|step| step.spread));
            let row = |step: &StepStats| {
                let mut cells = vec![
                    Cell::Text(step.key.clone()),
                    Cell::Text(text::count(step.runs)),
                    Cell::Text(text::count(step.failed)),
                    Cell::Text(text::count(step.flaky)),
                ];
                cells.extend(lengths(step.spread, longest));
                cells
            };
            worst.into_iter().map(row).collect()
        })
    };
    const COLUMNS: [&str; 8] = [
        "Step",
        "Runs",
        "Failed",
        "Passed on retry",
        "p50",
        "p95",
        "Longest",
        "p50 in p95",
    ];
    table(name, &COLUMNS, rows)
}
