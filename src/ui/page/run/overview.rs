//! The overview: what failed with its last lines, then the counts and facts.

use crate::state::reactive::memo;
use crate::ui::html::{El, IntoHtml, view};
use leptos::prelude::*;
use runboard_core::backend::Logs;
use runboard_core::model::log::names_failure;
use runboard_core::model::order::order;
use runboard_core::model::step_view::duration;
use runboard_core::model::{
    Level, LogStream, Run, Span, Step, StepCounts, Timestamp, failure, fold,
};
use runboard_core::store::{ansi, download};

use super::lineage::inferred;
use super::made;
use super::save::save_button;
use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::page::logs::colored;
use crate::ui::part::facts::facts;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::steps_bar::steps_bar;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Lines of a failed step's log that are shown.
const PREVIEW: usize = 20;
/// Steps whose lengths are shown.
const SLOWEST: usize = 5;

/// The last lines that a step printed in its last try, as they were printed, and what was left out. Of more lines than are shown, those that
/// name an error go before others.
fn last_lines(detail: &RunDetail, step: &str) -> (Vec<String>, Option<String>) {
    // What the source itself says of a step (that it begins, that it ended) is told elsewhere.
    let begun = detail.steps.with(|steps| {
        let steps = steps.ready()?.iter();
        steps
            .into_iter()
            .find(|other| other.key == step)?
            .attempts
            .last()?
            .started_at
    });
    detail.log.with(|store, _, _| {
        let (Some(first), Some(last)) = (store.first(), store.last()) else {
            return (Vec::new(), None);
        };
        let from = first.max(last.saturating_sub(20_000));
        let own = |number: &u64| {
            store.line(*number).is_some_and(|line| {
                let is_late = begun.zip(line.at).is_none_or(|(begun, at)| at >= begun);
                line.step == step && line.stream != LogStream::System && is_late
            })
        };
        let numbers: Vec<u64> = (from..=last).filter(own).collect();
        let is_loud = |number: &u64| {
            store
                .line(*number)
                .is_some_and(|line| line.level == Level::Error || names_failure(line.text))
        };
        let loud = numbers.iter().filter(|number| is_loud(number)).count();
        let mut room = [PREVIEW - loud.min(PREVIEW), loud.min(PREVIEW)];
        let mut kept = numbers.clone();
        // From the end, as what came last is most to the point.
        kept.reverse();
        kept.retain(|number| {
            let [quiet, loud] = &mut room;
            let room = if is_loud(number) { loud } else { quiet };
            let fits = *room > 0;
            *room = room.saturating_sub(1);
            fits
        });
        kept.reverse();
        let left = numbers.len() - kept.len();
        let left = (left > 0).then(|| {
            // What is further up was not looked at.
            let begin = if from > 1 { "more than " } else { "" };
            let lines = text::counted(left as u64, "line", "lines");
            [begin, &lines, " left out"].concat()
        });
        let lines = kept.into_iter().filter_map(|number| store.line(number));
        (lines.map(|line| line.text.to_string()).collect(), left)
    })
}

pub fn overview(detail: RunDetail) -> El {
    let (steps, run) = (detail.steps, detail.run);
    let failed = memo(move || {
        steps.with(|steps| {
            let steps = steps.ready().map_or(&[][..], Vec::as_slice);
            let failed = failure::failures(steps).into_iter();
            failed.map(Step::shown).collect::<Vec<_>>()
        })
    });
    let for_failed = detail.clone();
    let for_json = detail.clone();
    let json = move || {
        let with_lines = |step: Step| {
            let (lines, _) = last_lines(&for_json, &step.key);
            let plain = lines.iter().map(|line| ansi::plain(line).into_owned());
            (step, plain.collect())
        };
        let failed: Vec<_> = failed.get().into_iter().map(with_lines).collect();
        let slowest = slowest(&for_json);
        run.with(|run| {
            let run = run.ready();
            run.map(|run| download::overview(run, &failed, &slowest))
                .unwrap_or_default()
        })
    };
    view! {
        <div class="overview" tabindex="0" role="region" aria-label="Overview">
            <div>
                {move || failed.get().into_iter().map(|step| failed_step(step, for_failed.clone())).collect::<Vec<_>>()}
                {steps_in_short(detail.clone())}
                {made::assets(&detail)}
            </div>
            {run_facts(&detail, save_button(&detail, Tab::Overview, json))}
        </div>
    }
}

/// The steps that took longest, the longest first.
fn slowest(detail: &RunDetail) -> Vec<(String, Span)> {
    let now = untrack(|| detail.heard_now(State::get().now.get()));
    detail.steps.with(|steps| {
        let steps = steps.ready().map_or(&[][..], Vec::as_slice);
        let spans = steps
            .iter()
            .filter_map(|step| Some((step.key.clone(), duration(step, now)?)));
        let spans: Vec<_> = spans.collect();
        let span = |place: usize| spans.get(place).map(|(_, span)| *span);
        let places = order(spans.len(), &|a, b| span(b).cmp(&span(a)));
        let spans = places.into_iter().filter_map(|place| spans.get(place));
        spans.take(SLOWEST).cloned().collect()
    })
}

fn failed_step(step: Step, detail: RunDetail) -> El {
    let key = step.key.clone();
    let mut route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Logs);
    route.part.step = vec![key.clone()];
    let error = step.reason_event.map(|number| {
        let mut route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Events);
        route.part.event = Some(number);
        view! { <a href=route.href()>"its error in full"</a> }
    });
    let log = route.href();
    // Histories keep none.
    let (of_detail, href) = (detail.clone(), log.clone());
    let has_none = memo(move || of_detail.tells(|can| can.logs == Logs::None));
    let its_log = move || (!has_none.get()).then(|| view! { <a href=href.clone()>"its log"</a> });
    let lines = memo(move || last_lines(&detail, &key));
    view! {
        <section class="failed-step" data-step-key=step.key.clone()>
            <div class="failed-step__head">
                {phase_badge(step.phase, text::phase(step.phase).to_string(), false, String::new())}
                <h2>{step.key.clone()}</h2>
                <span>{failure::with_exit_code(step.phase, step.exit_code, step.reason.as_deref())}</span>
                {error}
                {its_log}
            </div>
            {move || {
                let (lines, left) = lines.get();
                let drawn = lines.iter().enumerate().map(|(at, line)| view! { {(at > 0).then_some("\n")}{colored(line)} });
                let drawn: Vec<_> = drawn.collect();
                let left = left.map(|left| view! { <a class="muted" href=log.clone()>{left}</a> });
                (!lines.is_empty()).then(|| view! { {left}<pre class="preview" tabindex="0" role="group" aria-label="last lines of its log">{drawn}</pre> })
            }}
        </section>
    }
}

fn steps_in_short(detail: RunDetail) -> El {
    let (steps, run) = (detail.steps, detail.run);
    // Somebody who comes by a link is here before the source has said what it calls a step.
    let of_detail = detail.clone();
    let noun = memo(move || of_detail.noun_told());
    let route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Steps).href();
    let longest = move || {
        let words = slowest(&detail).into_iter();
        words
            .map(|(key, span)| (key, text::duration(span)))
            .collect()
    };
    let plural = move || text::heading(&text::plural(&noun.get()));
    let standing = move || {
        let noun = noun.get();
        steps.with(|loaded| match loaded {
            Loaded::Loading => view! { <p class="muted">"reading \u{2026}"</p> }.into_html(),
            Loaded::Failed(error) => {
                view! { <p class="notice notice--error">{error.to_string()}</p> }.into_html()
            }
            Loaded::Ready(steps) => {
                let counts = fold::count(steps);
                // A source may count steps of which it tells nothing else, as those that never began, and those that have no rows.
                let told = run.with(|run| run.ready().map(|run| run.steps));
                let ended = |counts: &StepCounts| counts.succeeded + counts.failed;
                let knows_more = |told: &StepCounts| {
                    let is_as_long = told.total >= counts.total;
                    told.total > counts.total || is_as_long && ended(told) > ended(&counts)
                };
                let told = told.filter(knows_more);
                let more = told.and_then(|told| told.total?.checked_sub(steps.len() as u32));
                let more = more.filter(|more| *more > 0);
                let more = more.map(|more| {
                    let words = if steps.is_empty() { "" } else { "more " };
                    let words = text::counted_noun(u64::from(more), &[words, &noun].concat());
                    let verb = if more == 1 { "has" } else { "have" };
                    view! { <p class="muted">{[&words, " ", verb, " no row"].concat()}</p> }
                });
                match steps.is_empty() && told.is_none() {
                    true => view! { <p class="muted">{format!("The source names no {noun}s of this run.")}</p> }.into_html(),
                    false => view! { <p>{steps_bar(told.unwrap_or(counts))}</p>{more} },
                }
            }
        })
    };
    view! {
        <section>
            <h2><a href=route>{plural}</a></h2>
            {standing}
            {facts(longest)}
        </section>
    }
}

fn run_facts(detail: &RunDetail, save: El) -> El {
    let run = detail.run;
    let of_run = move || run.with(|run| run.ready().map(rows).unwrap_or_default());
    let has_tags =
        memo(move || run.with(|run| run.ready().is_some_and(|run| !run.tags.is_empty())));
    let tags = move || run.with(|run| run.ready().map(|run| run.tags.clone()).unwrap_or_default());
    view! {
        <section>
            <div class="overview__head"><h2>"Facts"</h2>{save}</div>
            {facts(of_run)}
            {made::further(detail)}
            {move || has_tags.get().then(|| view! { <h2>"Tags"</h2>{facts(tags)} })}
        </section>
    }
}

fn rows(run: &Run) -> Vec<(String, String)> {
    let time = |at: Option<Timestamp>| at.map(text::time_full);
    let status = (run.raw_status != run.phase.word()).then(|| {
        let word = text::run_status(run);
        format!("{word} (the source says: {})", run.raw_status)
    });
    let parent = run.lineage.parent.clone();
    [
        ("created", time(run.created_at)),
        ("started", time(run.started_at)),
        ("ended", time(run.ended_at)),
        ("last seen", time(run.last_seen_at)),
        ("reason", run.reason.clone()),
        (
            "command",
            (!run.command.is_empty()).then(|| run.command.join(" ")),
        ),
        ("user", run.user.clone()),
        ("host", run.host.clone()),
        ("parent", parent.map(|parent| parent + inferred(run))),
        ("root", run.lineage.root.clone()),
        ("status", status),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_string(), value?)))
    .collect()
}
