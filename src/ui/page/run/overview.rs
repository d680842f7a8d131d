//! The overview: what failed with its last lines, then the counts and facts.

use crate::state::reactive::memo;
use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::{Step, fold};
use runboard_core::store::ansi;

use super::steps::step_span;
use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::part::panel::panel;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::steps_bar::steps_bar;
use crate::ui::part::time_cell::duration_cell;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Lines of a failed step's log that are shown.
const PREVIEW: usize = 20;

/// The last lines of a step, without colours: number and text.
fn last_lines(detail: &RunDetail, step: &str) -> Vec<String> {
    detail.log.with(|store, _, _| {
        let (Some(first), Some(last)) = (store.first(), store.last()) else {
            return Vec::new();
        };
        let from = first.max(last.saturating_sub(20_000));
        let mut lines: Vec<String> = (from..=last)
            .rev()
            .filter_map(|number| store.line(number))
            .filter(|line| line.step == step)
            .take(PREVIEW)
            .map(|line| ansi::plain(line.text).into_owned())
            .collect();
        lines.reverse();
        lines
    })
}

pub fn overview(detail: RunDetail) -> impl IntoHtml {
    let steps = detail.steps;
    let failed = memo(move || {
        steps.with(|steps| {
            steps
                .ready()
                .map(|steps| {
                    steps
                        .iter()
                        .filter(|step| step.phase.is_failure())
                        .cloned()
                        .collect::<Vec<_>>()
                })
                .unwrap_or_default()
        })
    });
    let for_failed = detail.clone();
    view! {
        <div class="overview" tabindex="0" role="region" aria-label="Overview">
            <div>
                {move || failed.get().into_iter().map(|step| failed_step(step, for_failed.clone())).collect::<Vec<_>>()}
                {steps_in_short(detail.clone())}
            </div>
            {run_facts(detail.clone())}
        </div>
    }
}

fn failed_step(step: Step, detail: RunDetail) -> impl IntoHtml {
    let key = step.key.clone();
    let mut route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Logs);
    route.log.step = vec![key.clone()];
    let lines = memo(move || last_lines(&detail, &key));
    view! {
        <section class="failed-step" data-step-key=step.key.clone()>
            <div class="failed-step__head">
                {phase_badge(step.phase, text::phase(step.phase).to_string(), false, String::new())}
                <h2>{step.key.clone()}</h2>
                <span>{step.reason.clone()}</span>
                <a href=route.href()>"its log"</a>
            </div>
            {move || {
                let lines = lines.get();
                (!lines.is_empty()).then(|| view! { <pre class="preview" tabindex="0" role="group" aria-label="last lines of its log">{lines.join("\n")}</pre> })
            }}
        </section>
    }
}

fn steps_in_short(detail: RunDetail) -> impl IntoHtml {
    let state = State::get();
    let steps = detail.steps;
    let for_now = detail.clone();
    let noun = detail.source.link.with_untracked(|link| {
        link.info
            .as_ref()
            .map_or_else(|| "step".to_string(), |info| info.vocabulary.step.clone())
    });
    let route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Steps).href();
    view! {
        <section>
            <h2>{format!("{noun}s")}</h2>
            {move || steps.with(|loaded| match loaded {
                Loaded::Loading => view! { <p class="muted">"reading \u{2026}"</p> }.into_html(),
                Loaded::Failed(error) => view! { <p class="notice notice--error">{error.to_string()}</p> }.into_html(),
                Loaded::Ready(steps) if steps.is_empty() => view! { <p class="muted">{format!("The source names no {noun}s of this run.")}</p> }.into_html(),
                Loaded::Ready(steps) => {
                    let now = untrack(|| for_now.heard_now(state.now.get()));
                    let mut slowest: Vec<_> = steps.iter().filter_map(|step| Some((step_span(step, now)?, step.key.clone()))).collect();
                    slowest.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
                    view! {
                        <p>{steps_bar(fold::count(steps))}" "<a href=route.clone()>"all "{noun.clone()}"s"</a></p>
                        <dl>
                            {slowest.into_iter().take(5).map(|(span, key)| view! { <dt>{key}</dt><dd>{duration_cell(Some(span))}</dd> }).collect::<Vec<_>>()}
                        </dl>
                    }
                    .into_html()
                }
            })}
        </section>
    }
}

fn run_facts(detail: RunDetail) -> impl IntoHtml {
    let run = detail.run;
    view! {
        <section>
            <h2>"Facts"</h2>
            {move || run.with(|loaded| match loaded {
                Loaded::Loading => panel("Reading the run \u{2026}".to_string(), "", "", ()).into_html(),
                Loaded::Failed(error) => view! { <p class="notice notice--error">{error.to_string()}</p> }.into_html(),
                Loaded::Ready(run) => {
                    let time = |name: &'static str, at: Option<_>| at.map(|at| (name, text::time_full(at)));
                    let fact = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
                    let facts = [
                        time("created", run.created_at),
                        time("started", run.started_at),
                        time("ended", run.ended_at),
                        time("last seen", run.last_seen_at),
                        fact("reason", &run.reason),
                        (!run.command.is_empty()).then(|| ("command", run.command.join(" "))),
                        fact("user", &run.user),
                        fact("host", &run.host),
                        fact("parent", &run.lineage.parent),
                        fact("root", &run.lineage.root),
                        (run.raw_status != run.phase.word()).then(|| ("status", format!("{} (the source says: {})", text::run_status(run), run.raw_status))),
                    ];
                    let tags = run.tags.iter().map(|(key, value)| view! { <dt>{key.clone()}</dt><dd>{value.clone()}</dd> }).collect::<Vec<_>>();
                    view! {
                        <dl>
                            {facts.into_iter().flatten().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect::<Vec<_>>()}
                        </dl>
                        {(!tags.is_empty()).then(|| view! { <h2>"Tags"</h2><dl>{tags}</dl> })}
                    }
                    .into_html()
                }
            })}
        </section>
    }
}
