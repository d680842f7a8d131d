//! A row of the steps: status, name, attempts, times, where in the run it stood, and why it failed.

use crate::ui::html::{IntoHtml, view};
use runboard_core::model::{Attempt, Phase, Run, Span, Step, Timestamp, step_view};

use crate::state::run_detail::RunDetail;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::time_cell::{duration_cell, time_cell};
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// A row: a step, or one of its attempts when it is unfolded.
#[derive(Clone, PartialEq)]
pub(super) struct Row {
    pub(super) step: Step,
    pub(super) attempt: Option<Attempt>,
}

impl Row {
    pub(super) fn key(&self) -> (String, u32) {
        (
            self.step.key.clone(),
            self.attempt.as_ref().map_or(0, |attempt| attempt.number),
        )
    }
}

pub(super) fn cells(row: Row, detail: RunDetail) -> impl IntoHtml {
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
    route.part.step = vec![step.key.clone()];
    if let Some(attempt) = &attempt {
        route.part.focus = Some(step.key.clone());
        route.part.attempt = Some(attempt.number);
        route.part.step.clear();
    }
    let for_span = detail.clone();
    let is_ticking = phase.is_active();
    let is_attempt = attempt.is_some();
    let span = move || {
        let now = for_span.heard(is_ticking);
        if is_attempt {
            return Some(ended.or(is_ticking.then_some(now))?.since(started?));
        }
        step_view::duration(&step, now)
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
        <div role="gridcell" class="grid__cell col-step" style:padding-inline-start=if is_attempt { "24px" } else { "0" }>
            <a href=route.href() title=title tabindex="-1">{name}</a>
        </div>
        <div role="gridcell" class="grid__cell col-attempts">{attempts}</div>
        <div role="gridcell" class="grid__cell col-started">{time_cell(started, false, false)}</div>
        <div role="gridcell" class="grid__cell grid__cell--number col-duration">{duration}</div>
        <div role="gridcell" class="grid__cell col-bar">
            {move || {
                let now = for_bar.heard(is_ticking);
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
    // Of a run that was resumed, earlier attempts are in the picture too.
    let begin = match run.attempt {
        0 | 1 => run.started_at.or(run.created_at)?,
        _ => run.created_at.or(run.started_at)?,
    };
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
