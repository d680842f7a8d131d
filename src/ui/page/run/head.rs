//! The head of a run: what it is, how it stands, when, and why it failed, with one click to the place in the log.

use crate::state::reactive::memo;
use crate::ui::html::{IntoHtml, view};
use leptos::prelude::*;
use runboard_core::model::{Level, Phase, Run, Step};
use runboard_core::store::ansi;

use crate::browser::page;
use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::route::{LineRange, Route, Tab};
use crate::ui::text;

/// Copies and says so.
pub(in crate::ui) fn copy(what: String, words: &'static str) {
    let nav = Nav::get();
    leptos::task::spawn_local(async move {
        let copied = page::copy(&what).await;
        nav.say(if copied {
            words
        } else {
            "The browser does not allow copying on this page"
        });
    });
}

/// The first step that failed by itself.
pub(super) fn first_failed(steps: &[Step]) -> Option<&Step> {
    steps
        .iter()
        .filter(|step| step.phase.is_failure())
        .min_by_key(|step| (step.ended_at, step.position))
}

/// The first line of a step's log that names an error, else its last line: number and text without colours.
pub(super) fn error_line(detail: &RunDetail, step: &str) -> Option<(u64, String)> {
    detail.log.with(|store, _, _| {
        let (first, last) = (store.first()?, store.last()?);
        let of_step = |number: &u64| store.line(*number).is_some_and(|line| line.step == step);
        // Only what is near the end is looked at: this runs on every change.
        let from = first.max(last.saturating_sub(20_000));
        let loud = (from..=last).filter(of_step).find(|number| {
            store
                .line(*number)
                .is_some_and(|line| line.level == Level::Error)
        });
        let number = loud.or_else(|| (from..=last).rev().find(of_step))?;
        let line = store.line(number)?;
        Some((number, ansi::plain(line.text).into_owned()))
    })
}

pub fn head(detail: RunDetail) -> impl IntoHtml {
    let run = detail.run;
    let shown = memo(move || run.with(|run| run.ready().cloned()));
    view! {
        <header class="run__head">
            {move || match shown.get() {
                Some(run) => facts(run, detail.clone()).into_html(),
                None => view! { <div class="run__title"><h1>"\u{2026}"</h1><span class="muted mono">{detail.id.clone()}</span></div> }.into_html(),
            }}
        </header>
    }
}

fn facts(run: Run, detail: RunDetail) -> impl IntoHtml {
    let state = State::get();
    let source = detail.source.clone();
    let id = run.id.clone();
    let link = {
        let route = Route::to_run(&source.config.id, &run.id, Tab::Overview);
        move || {
            copy(
                format!("{}{}", page::address(), route.href()),
                "Link copied",
            )
        }
    };
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <span>{name}" "<b>{value}</b></span> })
    };
    let times = run.clone();
    let for_span = (run.clone(), detail.clone());
    let span = move || {
        let now = for_span.1.heard_now(state.now.get());
        text::run_span(&for_span.0, now).map(|span| {
            if for_span.0.phase.is_active() {
                text::ticking(span)
            } else {
                text::duration(span)
            }
        })
    };
    let is_unfinished = run.is_unfinished();
    let badge = run.clone();
    let why = run.clone();
    view! {
        <div class="run__title" data-phase=run.phase.word()>
            {phase_badge(badge.phase, text::run_status(&badge), is_unfinished, badge.raw_status.clone())}
            <h1>{run.job.clone()}</h1>
            <span class="mono">{run.id.clone()}</span>
            <button class="button button--small button--quiet" on:click=move |_| copy(id.clone(), "Id copied")>"Copy id"</button>
            <button class="button button--small button--quiet" on:click=move |_| link()>"Copy link"</button>
        </div>
        <div class="run__facts">
            <span>{move || when(&times, state.now.get())}</span>
            <span><b>{span}</b></span>
            {fact("source", Some(source.config.name.clone()))}
            {(run.attempt > 1).then(|| fact("attempt", Some(run.attempt.to_string())))}
            {fact("exit code", run.exit_code.map(|code| code.to_string()))}
            {fact("user", run.user.clone())}
            {fact("host", run.host.clone())}
        </div>
        {why.phase.is_failure().then(|| why_line(why, detail))}
        {is_unfinished.then(|| {
            let seen = run.last_seen_at.map(text::time_full).unwrap_or_default();
            view! { <p class="notice">{format!("This run claims to go on, but it was last seen at {seen} and has shown no sign of life since. It was probably killed.")}</p> }
        })}
    }
}

/// `09:45:00 → 09:47:15 UTC−5`.
fn when(run: &Run, now: runboard_core::model::Timestamp) -> String {
    let zone = |at| {
        let zone = text::zone(crate::state::clock::offset_minutes(at));
        if run.zone_assumed {
            format!("{zone}, zone assumed")
        } else {
            zone
        }
    };
    match (run.started_at.or(run.created_at), run.ended_at) {
        (Some(start), Some(end)) => format!(
            "{} \u{2192} {} {}",
            text::time_short(start, now),
            text::time_short(end, now),
            zone(start)
        ),
        (Some(start), None) => format!("since {} {}", text::time_short(start, now), zone(start)),
        (None, Some(end)) => format!("ended {} {}", text::time_short(end, now), zone(end)),
        (None, None) => "no times known".into(),
    }
}

/// The red line: the first failed step, its first error line, and the way to it.
fn why_line(run: Run, detail: RunDetail) -> impl IntoHtml {
    let steps = detail.steps;
    let source = detail.source.config.id.clone();
    let failed = memo(move || {
        steps.with(|steps| match steps {
            Loaded::Ready(steps) => first_failed(steps).cloned(),
            Loaded::Loading | Loaded::Failed(_) => None,
        })
    });
    let line = {
        let detail = detail.clone();
        memo(move || {
            failed.with(|step| {
                step.as_ref()
                    .and_then(|step| error_line(&detail, &step.key))
            })
        })
    };
    let word = if run.phase == Phase::TimedOut {
        "timed out"
    } else {
        "failed"
    };
    let reason = run.reason.clone();
    let run_id = run.id;
    view! {
        <div class="run__why" role="group" aria-label="Why it failed">
            {move || match failed.get() {
                Some(step) => {
                    let reason = step.reason.clone().or(reason.clone()).unwrap_or_default();
                    view! { <b>{step.key}" "{word}</b><span>{text::first_line(&reason).to_string()}</span> }.into_html()
                }
                None => view! { <b>{reason.clone().unwrap_or_else(|| format!("the run {word}, and the source does not say why"))}</b> }.into_html(),
            }}
            {move || line.get().map(|(number, words)| {
                let mut route = Route::to_run(&source, &run_id, Tab::Logs);
                route.lines = Some(LineRange::one(number));
                view! { <span class="mono">{words}</span><a href=route.href()>{format!("log line {}", text::count(number))}</a> }
            })}
        </div>
    }
}
