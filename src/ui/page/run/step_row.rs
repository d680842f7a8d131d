//! A row of the steps: status, name, attempts, times, where in the run it stood, and why it failed.

use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::step_tree::{Inside, TreeRow};
use runboard_core::model::{Attempt, Phase, Run, Span, Step, Timestamp, failure, step_view};

use crate::state::run_detail::RunDetail;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::time_cell::{duration_cell, time_cell};
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// A row: a step, one of its attempts when it is unfolded, or a folder of its parts.
#[derive(Clone, PartialEq)]
pub(super) struct Row {
    pub(super) step: Step,
    pub(super) attempt: Option<Attempt>,
    pub(super) row: TreeRow,
}

impl Row {
    /// As `aria-level` says it.
    pub(super) fn level(&self) -> u32 {
        self.row.level + u32::from(self.attempt.is_some())
    }

    /// How far its name stands to the right; deep ones stand no deeper than there is room for.
    fn indent(&self) -> String {
        let attempt = if self.attempt.is_some() { 24 } else { 0 };
        ((self.row.level.min(12) - 1) * 14 + attempt).to_string() + "px"
    }
}

/// What is below a row: `12 inside, 1 failed`.
fn inside(row: &TreeRow) -> (Option<El>, Option<El>) {
    let mark = row.is_open.map(|is_open| {
        view! { <svg class="steps__mark" data-open=is_open.to_string() viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l4 4-4 4" /></svg> }
    });
    let Inside { total, failed, .. } = row.inside;
    let failed = (failed > 0).then(|| view! { <span class="steps__error">{format!(" {} failed", text::count(u64::from(failed)))}</span> });
    let counts = (total > 0).then(|| view! { <span class="muted">{format!(" {}", text::count(u64::from(total)))}{failed}</span> });
    (mark, counts)
}

/// A folder: its name, and what is in it.
fn folder(row: &Row) -> Html {
    let (mark, counts) = inside(&row.row);
    let name = row.row.group.clone();
    view! { <div role="gridcell" class="grid__cell steps__folder" style:padding-inline-start=row.indent()>{mark}<b>{name}</b>{counts}</div> }.into_html()
}

pub(super) fn cells(row: Row, detail: RunDetail) -> Html {
    if row.row.group.is_some() {
        return folder(&row);
    }
    let (mark, counts) = inside(&row.row);
    let (indent, is_context) = (row.indent(), row.row.is_context);
    let Row { step, attempt, .. } = row;
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
    let (code, reason) = attempt
        .as_ref()
        .map_or((step.exit_code, &step.reason), |attempt| {
            (attempt.exit_code, &attempt.reason)
        });
    let reason = failure::with_exit_code(phase, code, reason.as_deref()).unwrap_or_default();
    let name = match &attempt {
        Some(attempt) => format!("attempt {}", attempt.number),
        None => step.name.clone().unwrap_or_else(|| step.key.clone()),
    };
    let kind = step
        .kind
        .clone()
        .filter(|kind| attempt.is_none() && kind != "task");
    let title = match &step.name {
        Some(name) => format!("{name} ({})", step.key),
        None => name.clone(),
    };
    let attempts = match (&attempt, step.attempts.len()) {
        (Some(_), _) => String::new(),
        (None, 0) => "\u{2013}".into(),
        (None, count) => count.to_string(),
    };
    // Where the source tells more of a step, that is a press away, else what it printed.
    let has_more = detail.tells_of_steps() && attempt.is_none();
    let tab = if has_more { Tab::Steps } else { Tab::Logs };
    let mut route = Route::to_run(&detail.source.config.id, &detail.id, tab);
    if has_more || attempt.is_some() {
        route.part.focus = Some(step.key.clone());
        route.part.attempt = attempt.as_ref().map(|attempt| attempt.number);
    } else {
        route.part.step = vec![step.key.clone()];
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
        <div role="gridcell" class="grid__cell col-step" class=("muted", is_context) style:padding-inline-start=indent>
            {mark}<a href=route.href() title=title tabindex="-1">{name}</a>
            {kind.map(|kind| view! { <span class="muted">" "{kind}</span> })}
            {counts}
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
    .into_html()
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
    // What ends in the second in which a run is told to end is no further to the right.
    let x = part(started.since(begin)).min(99.2);
    Some((x, (part(ended.since(begin)) - x).max(0.8)))
}
