//! The steps of a run as a treegrid: status, duration, attempts, and where in the run each stood.

use crate::state::reactive::{RwSignal, effect, memo};
use crate::ui::html::{IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::model::{Attempt, Phase, Run, Span, Step, Timestamp};
use runboard_core::store::window::Align;

use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::part::panel::panel;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::time_cell::{duration_cell, time_cell};
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

const COLUMNS: [(&str, &str); 7] = [
    ("col-status", "Status"),
    ("col-step", "Step"),
    ("col-attempts", "Attempts"),
    ("col-started", "Started"),
    ("col-duration", "Duration"),
    ("col-bar", "In the run"),
    ("col-error", "Error"),
];

/// From the first attempt's start to the last one's end, or so far.
pub(super) fn step_span(step: &Step, now: Timestamp) -> Option<Span> {
    let started = step.started_at?;
    let end = step.ended_at.or(step.phase.is_active().then_some(now))?;
    Some(end.since(started))
}

/// A row: a step, or one of its attempts when it is unfolded.
#[derive(Clone, PartialEq)]
struct Row {
    step: Step,
    attempt: Option<Attempt>,
}

impl Row {
    fn key(&self) -> (String, u32) {
        (
            self.step.key.clone(),
            self.attempt.as_ref().map_or(0, |attempt| attempt.number),
        )
    }
}

pub fn steps(detail: RunDetail) -> impl IntoHtml {
    let state = State::get();
    let steps = detail.steps;
    let open: RwSignal<Vec<String>> = RwSignal::new(Vec::new());
    let rows = memo(move || {
        let open = open.get();
        steps.with(|steps| {
            let mut rows = Vec::new();
            for step in steps.ready().into_iter().flatten() {
                rows.push(Row {
                    step: step.clone(),
                    attempt: None,
                });
                if open.contains(&step.key) {
                    rows.extend(step.attempts.iter().map(|attempt| Row {
                        step: step.clone(),
                        attempt: Some(attempt.clone()),
                    }));
                }
            }
            rows
        })
    });
    let standing = memo(move || {
        steps.with(|steps| match steps {
            Loaded::Loading => Some(("Reading the steps \u{2026}".to_string(), String::new())),
            Loaded::Failed(error) => {
                Some(("The steps could not be read".into(), error.to_string()))
            }
            Loaded::Ready(steps) if steps.is_empty() => Some((
                "No steps".into(),
                "The source names no steps of this run.".into(),
            )),
            Loaded::Ready(_) => None,
        })
    });
    let windowed = Windowed::new(32.0, 29.0);
    effect(move || windowed.set_rows(rows.with(Vec::len) as u64));
    let visible = memo(move || {
        let range = windowed.range();
        rows.with(|rows| {
            (range.start..range.end.min(rows.len() as u64))
                .filter_map(|at| Some((at, rows.get(at as usize)?.key())))
                .collect::<Vec<_>>()
        })
    });
    let current: RwSignal<u64> = RwSignal::new(0);
    let toggle = move |key: String| {
        open.update(|open| match open.iter().position(|other| *other == key) {
            Some(at) => {
                open.remove(at);
            }
            None => open.push(key),
        })
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let last = rows.with_untracked(Vec::len).saturating_sub(1) as u64;
        let at = current.get_untracked();
        let row = rows.with_untracked(|rows| rows.get(at as usize).cloned());
        let to = match event.key().as_str() {
            "ArrowDown" | "j" => (at + 1).min(last),
            "ArrowUp" | "k" => at.saturating_sub(1),
            "PageDown" => (at + windowed.page()).min(last),
            "PageUp" => at.saturating_sub(windowed.page()),
            "Home" => 0,
            "End" => last,
            "ArrowRight" | "ArrowLeft" => {
                if let Some(row) = row.filter(|row| row.attempt.is_none()) {
                    let is_open = open.with_untracked(|open| open.contains(&row.step.key));
                    if is_open != (event.key() == "ArrowRight") && !row.step.attempts.is_empty() {
                        toggle(row.step.key);
                    }
                }
                at
            }
            _ => return,
        };
        event.prevent_default();
        current.set(to);
        windowed.scroll_to(to, Align::Nearest);
        focus_row(windowed, to);
    };
    let detail = StoredValue::new_local(detail);
    view! {
        {move || standing.get().map(|(title, text)| panel(title, text, "", ()))}
        <div class="grid steps" hidden=move || standing.with(Option::is_some)>
            <div
                class="grid__scroll" node_ref=windowed.node role="treegrid" aria-label="Steps"
                aria-rowcount=move || (rows.with(Vec::len) + 1).to_string()
                on:scroll=move |_| { windowed.on_scroll(); }
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
            >
                <div class="grid__head" role="row" aria-rowindex="1">
                    {COLUMNS.into_iter().map(|(class, name)| view! {
                        <div role="columnheader" class=format!("grid__cell {class}") class=("grid__cell--number", class == "col-duration")>{name}</div>
                    }).collect::<Vec<_>>()}
                </div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    {each(move || visible.get(), |item| format!("{} {}", item.0, item.1.0), move |item| {
                            let at = item.0;
                            let row = memo(move || rows.with(|rows| rows.get(at as usize).cloned()));
                            view! {
                                <div
                                    class="grid__row" role="row" data-at=at.to_string()
                                    data-step-key=move || row.with(|row| row.as_ref().map(|row| row.step.key.clone()))
                                    data-phase=move || row.with(|row| row.as_ref().map(|row| row.attempt.as_ref().map_or(row.step.phase, |attempt| attempt.phase).word()))
                                    aria-level=move || row.with(|row| if row.as_ref().is_some_and(|row| row.attempt.is_some()) { "2" } else { "1" })
                                    aria-expanded=move || row.with(|row| row.as_ref().filter(|row| row.attempt.is_none() && !row.step.attempts.is_empty())
                                        .map(|row| open.with(|open| open.contains(&row.step.key)).to_string()))
                                    aria-rowindex=(at + 2).to_string()
                                    tabindex=move || if current.get() == at { "0" } else { "-1" }
                                    style:transform=move || windowed.top(at)
                                    on:focus=move |_| current.set(at)
                                    on:click=move |_| if let Some(row) = row.get_untracked().filter(|row| row.attempt.is_none() && row.step.attempts.len() > 1) { toggle(row.step.key) }
                                >
                                    {move || row.get().map(|row| cells(state, row, detail.get_value()))}
                                </div>
                            }
                        })}
                </div>
            </div>
        </div>
    }
}

fn focus_row(windowed: Windowed, at: u64) {
    use wasm_bindgen::JsCast as _;
    crate::state::task::spawn(async move {
        leptos::task::tick().await;
        let element = windowed
            .node
            .now()
            .and_then(|grid| {
                grid.query_selector(&format!("[data-at='{at}']"))
                    .ok()
                    .flatten()
            })
            .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(element) = element {
            // A row that went meanwhile cannot be focused.
            let _ = element.focus();
        }
    });
}

fn cells(state: State, row: Row, detail: RunDetail) -> impl IntoHtml {
    let Row { step, attempt } = row;
    let (phase, raw) = attempt
        .as_ref()
        .map_or((step.phase, step.raw_status.clone()), |attempt| {
            (attempt.phase, attempt.raw_status.clone())
        });
    let word = if phase == Phase::Unknown && !raw.is_empty() {
        raw.clone()
    } else {
        text::phase(phase).to_string()
    };
    let (started, ended) = attempt
        .as_ref()
        .map_or((step.started_at, step.ended_at), |attempt| {
            (attempt.started_at, attempt.ended_at)
        });
    let reason = attempt
        .as_ref()
        .map_or(step.reason.clone(), |attempt| attempt.reason.clone())
        .unwrap_or_default();
    let name = match &attempt {
        Some(attempt) => format!("attempt {}", attempt.number),
        None => step.key.clone(),
    };
    let title = name.clone();
    let attempts = match (&attempt, step.attempts.len()) {
        (Some(_), _) => String::new(),
        (None, 0) => "\u{2013}".into(),
        (None, count) => count.to_string(),
    };
    let mut route = Route::to_run(&detail.source.config.id, &detail.id, Tab::Logs);
    route.log.step = vec![step.key.clone()];
    let for_span = detail.clone();
    let is_ticking = phase.is_active();
    let span = move || {
        let end = ended.or_else(|| is_ticking.then(|| for_span.heard_now(state.now.get())))?;
        Some(end.since(started?))
    };
    let duration = if is_ticking {
        view! { <span>{move || span().map(text::ticking)}</span> }.into_html()
    } else {
        duration_cell(span()).into_html()
    };
    let run = detail.run;
    let for_bar = detail.clone();
    view! {
        <div role="gridcell" class="grid__cell col-status">{phase_badge(phase, word, false, raw)}</div>
        <div role="gridcell" class="grid__cell col-step" style:padding-inline-start=if attempt.is_some() { "24px" } else { "0" }>
            <a href=route.href() title=title tabindex="-1">{name}</a>
        </div>
        <div role="gridcell" class="grid__cell col-attempts">{attempts}</div>
        <div role="gridcell" class="grid__cell col-started">{time_cell(started, false, false)}</div>
        <div role="gridcell" class="grid__cell grid__cell--number col-duration">{duration}</div>
        <div role="gridcell" class="grid__cell col-bar">
            {move || {
                let now = for_bar.heard_now(if is_ticking { state.now.get() } else { state.now.get_untracked() });
                run.with(|run| run.ready().and_then(|run| bar(run, started?, ended.or(is_ticking.then_some(now))?, now)))
                    .map(|(x, width)| view! {
                        <svg class="steps__bar" data-phase=phase.word() viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                            <rect x=x y="2" height="8" width=width />
                        </svg>
                    })
            }}
        </div>
        <div role="gridcell" class="grid__cell col-error" class=("steps__error", phase.is_failure()) title=reason.clone()>{text::first_line(&reason).to_string()}</div>
    }
}

/// Where in the run a step stood, in hundredths of the run's length.
fn bar(run: &Run, started: Timestamp, ended: Timestamp, now: Timestamp) -> Option<(f64, f64)> {
    let begin = run.started_at.or(run.created_at)?;
    let whole = run
        .ended_at
        .or(run.last_seen_at)
        .unwrap_or(now)
        .since(begin)
        .0;
    if whole <= 0 {
        return None;
    }
    let part = |span: Span| (span.0 as f64 / whole as f64 * 100.0).max(0.0).min(100.0);
    let x = part(started.since(begin));
    Some((x, (part(ended.since(begin)) - x).max(0.8)))
}
