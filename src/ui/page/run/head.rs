//! The head of a run: what it is, how it stands, when, and why it failed, with one click to the place in the log.

use crate::state::reactive::memo;
use crate::ui::html::{El, Html, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::model::{Level, LogStream, Phase, Run, Step, failure};
use runboard_core::store::ansi;

use super::actions::actions;
use crate::browser::page;
use crate::state::State;
use crate::state::run_detail::RunDetail;
use crate::state::tasks::task_of;
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::route::{LineRange, Route, Tab, View};
use crate::ui::text;

/// Copies and says so.
pub(in crate::ui) fn copy(what: String, words: &'static str) {
    let nav = Nav::get();
    crate::state::task::spawn(async move {
        let copied = page::copy(&what).await;
        nav.say(if copied {
            words
        } else {
            "The browser does not allow copying on this page"
        });
    });
}

/// The first line of a step's log that names an error, else its last line: number and text without colours.
fn error_line(detail: &RunDetail, step: &str) -> Option<(u64, String)> {
    // What earlier attempts of the run said is not why this one failed.
    let begun = detail.run.with(|run| {
        let run = run.ready().filter(|run| run.attempt > 1)?;
        run.started_at
    });
    detail.log.with(|store, _, _| {
        let (first, last) = (store.first()?, store.last()?);
        let of_step = |number: &u64| {
            store.line(*number).is_some_and(|line| {
                line.step == step && begun.is_none_or(|begun| line.at.is_none_or(|at| at >= begun))
            })
        };
        // Only what is near the end is looked at: this runs on every change.
        let from = first.max(last.saturating_sub(20_000));
        // What its runner says of it names its command and how it ended, and the command may name errors.
        let find = |(is_told, is_loud): (bool, bool)| {
            let fits = |number: &u64| {
                store.line(*number).is_some_and(|line| {
                    (is_told || line.stream != LogStream::System)
                        && (!is_loud || line.level == Level::Error)
                })
            };
            let mut of_step = (from..=last).filter(of_step).filter(fits);
            match is_loud {
                true => of_step.next(),
                false => of_step.next_back(),
            }
        };
        let ways = [(false, true), (true, true), (false, false), (true, false)];
        let number = ways.into_iter().find_map(find)?;
        let line = store.line(number)?;
        Some((number, ansi::plain(line.text).into_owned()))
    })
}

/// The head. Its buttons stay while the run changes, so that a click meant for them reaches them.
pub fn head(detail: RunDetail) -> El {
    let run = detail.run;
    let phase = memo(move || run.with(|run| run.ready().map(|run| run.phase)));
    let is_failure = memo(move || phase.get().is_some_and(Phase::is_failure));
    let is_unfinished = memo(move || run.with(|run| run.ready().is_some_and(Run::is_unfinished)));
    // Why nobody can tell how it stands, where the source says so.
    let of_unknown = memo(move || {
        run.with(|run| {
            let run = run.ready().filter(|run| run.phase == Phase::Unknown)?;
            run.reason.clone()
        })
    });
    let job = move || run.with(|run| run.ready().map_or("\u{2026}".into(), |run| run.job.clone()));
    let badge = memo(move || {
        run.with(|run| {
            let run = run.ready()?;
            Some((run.phase, text::run_status(run), run.raw_status.clone()))
        })
    });
    let id = StoredValue::new(detail.id.clone());
    let link = Route::to_run(&detail.source.config.id, &detail.id, Tab::Overview).href();
    let for_facts = detail.clone();
    let unfinished = move || {
        let seen = run.with(|run| run.ready()?.last_seen_at);
        let seen = seen.map(text::time_full).unwrap_or_default();
        let words = format!(
            "This run claims to go on, but it was last seen at {seen} and has shown no sign of life since. It was probably killed."
        );
        view! { <p class="notice">{words}</p> }
    };
    view! {
        <header class="run__head">
            <div class="run__title" data-phase=move || phase.get().map(Phase::word)>
                {move || badge.get().map(|(phase, word, raw)| {
                    // Sources have words of their own for this one, and they do not all mean the same.
                    let own = (phase == Phase::Canceled && !raw.is_empty() && !raw.eq_ignore_ascii_case(&word)).then(|| view! { <span class="muted">{["(", &raw, ")"].concat()}</span> });
                    view! { {phase_badge(phase, word, is_unfinished.get(), raw)}{own} }
                })}
                <h1>{job}</h1>
                <span class="mono">{detail.id.clone()}</span>
                <button class="button button--small button--quiet" on:click=move |_| copy(id.get_value(), "Id copied")>"Copy id"</button>
                <button class="button button--small button--quiet" on:click=move |_| copy(format!("{}{link}", page::address()), "Link copied")>"Copy link"</button>
                {actions(detail.clone())}
            </div>
            <div class="run__facts">{facts(for_facts)}</div>
            {move || is_failure.get().then(|| why_line(detail.clone()))}
            {move || is_unfinished.get().then(unfinished)}
            {move || of_unknown.get().map(|words| view! { <p class="notice">{words}</p> })}
        </header>
    }
}

/// When, how long, where from, by whom.
fn facts(detail: RunDetail) -> Html {
    let now = State::get().now;
    let run = detail.run;
    let source = detail.source.config.name.clone();
    let for_task = detail.source.clone();
    let task = memo(move || run.with(|run| task_of(&for_task, run.ready()?)));
    let id = detail.source.config.id.clone();
    let times = move || run.with(|run| run.ready().map(|run| when(run, now.get())));
    let span = move || {
        run.with(|run| {
            let run = run.ready()?;
            let span = text::run_span(run, detail.heard_now(now.get()))?;
            Some(if run.phase.is_active() {
                text::ticking(span)
            } else {
                text::duration(span)
            })
        })
    };
    let rest = move || {
        run.with(|run| {
            let Some(run) = run.ready() else {
                return Vec::new();
            };
            let attempt = (run.attempt > 1).then(|| run.attempt.to_string());
            let code = run.exit_code.map(|code| code.to_string());
            [
                ("source", Some(source.clone())),
                ("attempt", attempt),
                ("exit code", code),
                ("user", run.user.clone()),
                ("host", run.host.clone()),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
        })
    };
    let fact =
        |(name, value): (&'static str, String)| view! { <span>{name}" "<b>{value}</b></span> };
    let task = move || {
        let (task, version) = task.get()?;
        let words = [task.rsplit('/').next().unwrap_or_default(), " ", &version].concat();
        let route = Route {
            view: View::Tasks,
            source: vec![id.clone()],
            task: Some(task),
            version: Some(version),
            ..Route::default()
        };
        Some(view! { <span>"task "<a href=route.href()>{words}</a></span> })
    };
    view! {
        <span>{times}</span>
        <span><b>{span}</b></span>
        {task}
        {each(rest, |(name, value)| format!("{name} {value}"), fact)}
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
        (Some(start), None) => [
            if run.phase.is_terminal() {
                "began "
            } else {
                "since "
            },
            &text::time_short(start, now),
            " ",
            &zone(start),
        ]
        .concat(),
        (None, Some(end)) => format!("ended {} {}", text::time_short(end, now), zone(end)),
        (None, None) => "no times known".into(),
    }
}

/// The red line: the first failed step, its first error line, and the way to it.
fn why_line(detail: RunDetail) -> El {
    let run = detail.run;
    let failed = memo(move || {
        detail
            .steps
            .with(|steps| failure::first_failure(steps.ready()?).map(Step::shown))
    });
    let source = detail.source.config.id.clone();
    let id = detail.id.clone();
    let line = memo(move || {
        failed.with(|step| {
            step.as_ref()
                .and_then(|step| error_line(&detail, &step.key))
        })
    });
    let (of_source, of_id) = (source.clone(), id.clone());
    let in_full = move || {
        let of_run = || run.with(|run| run.ready()?.reason_event);
        let number = failed.with(|step| match step {
            Some(step) => step.reason_event,
            None => of_run(),
        })?;
        let mut route = Route::to_run(&of_source, &of_id, Tab::Events);
        route.part.event = Some(number);
        Some(view! { <a href=route.href()>"the error in full"</a> })
    };
    let words = move || {
        let (word, reason) = run.with(|run| {
            let run = run.ready();
            let timed_out = run.is_some_and(|run| run.phase == Phase::TimedOut);
            let word = if timed_out { "timed out" } else { "failed" };
            (word, run.and_then(|run| run.reason.clone()))
        });
        match failed.get() {
            Some(step) => {
                let reason = step.reason.or(reason).unwrap_or_default();
                view! { <b>{step.key}" "{word}</b><span>{text::first_line(&reason)}</span> }
            }
            None => {
                let silent = || format!("the run {word}, and the source does not say why");
                view! { <b>{reason.unwrap_or_else(silent)}</b> }.into_html()
            }
        }
    };
    let log_line = move || {
        line.get().map(|(number, words)| {
            let mut route = Route::to_run(&source, &id, Tab::Logs);
            route.lines = Some(LineRange::one(number));
            view! { <span class="mono">{words}</span><a href=route.href()>{format!("log line {}", text::count(number))}</a> }
        })
    };
    view! { <div class="run__why" role="group" aria-label="Why it failed">{words}{in_full}{log_line}</div> }
}
