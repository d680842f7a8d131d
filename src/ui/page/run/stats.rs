//! Figures of one run: where its time went, how its steps stand, what it made. What nobody knows is "not known", never 0.

use crate::state::reactive::{Memo, RwSignal, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::{RunStats, Span};
use runboard_core::store::download;

use super::save::save_button;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::run_part::{Answer, Part};
use crate::ui::part::facts::facts;
use crate::ui::part::table::{Cell, table};
use crate::ui::route::Tab;
use crate::ui::text;

const UNKNOWN: &str = "not known";

/// The source's figures, completed by what the run and its steps tell. While the run goes on its lengths are those of now.
fn merged(source: Option<RunStats>, own: RunStats, is_active: bool) -> RunStats {
    let source = source.unwrap_or_default();
    let moving = |source: Option<Span>, own: Option<Span>| match is_active {
        true => own.or(source),
        false => source.or(own),
    };
    RunStats {
        duration: moving(source.duration, own.duration),
        queue: source.queue.or(own.queue),
        start: source.start.or(own.start),
        execution: moving(source.execution, own.execution),
        steps: match is_active {
            true => own.steps.or(source.steps),
            false => source.steps.or(own.steps),
        },
        assets: source.assets,
        checks: source.checks,
    }
}

pub fn stats(detail: RunDetail, is_told: bool) -> Html {
    let (run, steps, id) = (detail.run, detail.steps, detail.id.clone());
    let answer = if is_told {
        detail.ask(Part::Stats)
    } else {
        RwSignal::new(Loaded::Loading)
    };
    let is_active =
        memo(move || run.with(|run| run.ready().is_some_and(|run| run.phase.is_active())));
    let for_now = detail.clone();
    let figures = memo(move || {
        let now = for_now.heard(is_active.get());
        let source = answer.with(|answer| match answer.ready() {
            Some(Answer::Stats(stats)) => Some(*stats),
            _ => None,
        });
        let own = run.with(|run| {
            steps.with(|steps| {
                let steps = steps.ready().map_or(&[][..], Vec::as_slice);
                run.ready().map(|run| RunStats::of(run, steps, now))
            })
        });
        merged(source, own.unwrap_or_default(), is_active.get())
    });
    let from = memo(move || match answer.get() {
        _ if !is_told => {
            "This source keeps no figures: these are computed from the run and its steps."
                .to_string()
        }
        Loaded::Loading => "Reading the figures \u{2026}".into(),
        Loaded::Failed(error) => format!(
            "The source's figures could not be read ({error}): these are computed from the run and its steps."
        ),
        Loaded::Ready(_) if is_active.get() => {
            "As the source tells; lengths are those of now.".into()
        }
        Loaded::Ready(_) => "As the source tells.".into(),
    });
    let json = move || download::stats(&id, &figures.get());
    let of_detail = detail.clone();
    let steps_head = move || text::heading(&text::plural(&of_detail.noun_told()));
    view! {
        <div class="tools">
            <span class="muted" role="status">{move || from.get()}</span>
            {save_button(&detail, Tab::Stats, json)}
        </div>
        <div class="figures" tabindex="0" role="region" aria-label="Figures of the run">
            <section>
                <h2>"Time"</h2>
                {bar(figures)}
                {table("Where the time went", &["Part", "Length", "Share", "What it is"], move || figures.with(|stats| lengths(stats, is_active.get())))}
            </section>
            <section><h2>{steps_head}</h2>{facts(move || figures.with(step_rows))}</section>
            <section><h2>"Assets"</h2>{facts(move || figures.with(asset_rows))}</section>
            <section><h2>"Checks"</h2>{facts(move || figures.with(check_rows))}</section>
        </div>
    }
    .into_html()
}

/// Queue, start and execution side by side; the table below says the same in numbers.
fn bar(figures: Memo<RunStats>) -> impl IntoHtml {
    move || {
        let shares = figures.with(RunStats::shares)?;
        let mut at = 0.0;
        let parts: Vec<El> = ["queue", "start", "execution"]
            .into_iter()
            .zip(shares)
            .map(|(class, share)| {
                let x = at;
                at += share * 100.0;
                view! { <rect class=class x=x width=share * 100.0 height="10" /> }
            })
            .collect();
        Some(
            view! { <svg class="figures__bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{parts}</svg> },
        )
    }
}

fn lengths(stats: &RunStats, is_active: bool) -> Vec<Vec<Cell>> {
    let shares = stats.shares();
    let share = |place: usize, span: Option<Span>| {
        let share = shares.as_ref().and_then(|shares| shares.get(place));
        match (share, span) {
            (Some(share), Some(_)) => format!("{} %", text::decimal(share * 100.0, 1)),
            _ => String::new(),
        }
    };
    let row = |name: &str, span: Option<Span>, share: String, what: &str| {
        let length = match span {
            None => Cell::Text(UNKNOWN.into()),
            Some(span) if is_active => Cell::Text(text::ticking(span)),
            Some(span) => Cell::Titled(
                text::duration(span),
                format!("{} s", text::decimal(span.as_seconds(), 3)),
            ),
        };
        vec![
            Cell::Text(name.into()),
            length,
            Cell::Text(share),
            Cell::Text(what.into()),
        ]
    };
    vec![
        row(
            "queue",
            stats.queue,
            share(0, stats.queue),
            "from being asked for to being picked up",
        ),
        row(
            "start",
            stats.start,
            share(1, stats.start),
            "from being picked up to the first step",
        ),
        row(
            "execution",
            stats.execution,
            share(2, stats.execution),
            "from the first step to the end",
        ),
        row(
            "duration",
            stats.duration,
            String::new(),
            "from start to end",
        ),
    ]
}

/// Counts by their names; all of them not known where there are none.
fn rows<const N: usize>(
    names: [&str; N],
    counts: Option<[Option<u64>; N]>,
) -> Vec<(String, String)> {
    let words = |count: Option<u64>| count.map_or(UNKNOWN.into(), text::count);
    names
        .into_iter()
        .zip(counts.unwrap_or([None; N]))
        .map(|(name, count)| (name.to_string(), words(count)))
        .collect()
}

fn step_rows(stats: &RunStats) -> Vec<(String, String)> {
    let counts = stats.steps.map(|steps| {
        let parts = [steps.succeeded, steps.failed, steps.running, steps.skipped];
        let [succeeded, failed, running, skipped] = parts.map(|count| Some(u64::from(count)));
        let total = steps.total.map(u64::from);
        [total, succeeded, failed, running, skipped]
    });
    rows(
        ["in all", "succeeded", "failed", "running", "skipped"],
        counts,
    )
}

fn asset_rows(stats: &RunStats) -> Vec<(String, String)> {
    let counts = stats
        .assets
        .map(|assets| [assets.materialized, assets.observed, assets.planned].map(Some));
    rows(["materialized", "observed", "planned"], counts)
}

fn check_rows(stats: &RunStats) -> Vec<(String, String)> {
    let counts = stats
        .checks
        .map(|checks| [checks.passed, checks.failed].map(Some));
    rows(["passed", "failed"], counts)
}
