//! The family of a run: what it was made from, and what was made from it, as a tree of links.

use crate::state::reactive::{RwSignal, memo};
use crate::ui::html::{Html, IntoHtml, view};
use leptos::prelude::*;
use runboard_core::backend::BackendError;
use runboard_core::model::{Family, Phase, Run, Timestamp};
use runboard_core::store::download;

use super::save::save_button;
use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::run_part::{Answer, Part};
use crate::ui::part::panel::panel;
use crate::ui::part::table::{Cell, table};
use crate::ui::route::{Route, Tab};
use crate::ui::text;

pub fn lineage(detail: RunDetail, is_told: bool) -> Html {
    let (now, id) = (State::get().now, detail.id.clone());
    let answer = if is_told {
        detail.ask(Part::Lineage)
    } else {
        RwSignal::new(Loaded::Failed(BackendError::no("lineage")))
    };
    let for_family = detail.clone();
    // Relatives go on living while they are looked at: the list knows how they stand.
    let family = memo(move || {
        let mut family = answer.with(|answer| match answer.ready() {
            Some(Answer::Lineage(family)) => Some(family.clone()),
            _ => None,
        })?;
        let source = for_family.source.index;
        State::get().runs.with_table(|table| {
            for run in &mut family.runs {
                let row = table.find(source, &run.id).and_then(|row| table.get(row));
                if let Some(newer) = row.filter(|newer| newer.version >= run.version) {
                    *run = newer;
                }
            }
        });
        Some(family)
    });
    let parent = memo({
        let run = detail.run;
        move || run.with(|run| run.ready().and_then(|run| run.lineage.parent.clone()))
    });
    let standing = memo(move || match answer.get() {
        Loaded::Ready(_) => None,
        Loaded::Loading => Some(("Reading the family \u{2026}".to_string(), String::new())),
        Loaded::Failed(BackendError::Unsupported(_)) => {
            let words = match parent.get() {
                Some(parent) => format!(
                    "It names {parent} as the run that this one was made from, and no more."
                ),
                None => "It names no run that this one was made from.".into(),
            };
            Some(("This source does not tell of families".to_string(), words))
        }
        Loaded::Failed(error) => Some(("The family could not be read".into(), error.to_string())),
    });
    let for_json = id.clone();
    let json = move || {
        family.with(|family| {
            family
                .as_ref()
                .map(|family| download::lineage(&for_json, family))
                .unwrap_or_default()
        })
    };
    let attempt = memo({
        let run = detail.run;
        move || run.with(|run| run.ready().map_or(1, |run| run.attempt))
    });
    // A link in it is held on to while relatives change.
    let told = memo(move || {
        let many = family.with(|family| family.as_ref().map(|family| family.runs.len()));
        many.map(|many| (many, attempt.get()))
    });
    let attempts = Route::to_run(&detail.source.config.id, &detail.id, Tab::Steps).href();
    let words = move || {
        told.get()
            .map(|(many, attempt)| in_words(many, attempt, &attempts))
    };
    let missing =
        move || {
            family.with(|family| {
                let missing = family.as_ref().map(|family| family.missing.join(", "));
                missing.filter(|missing| !missing.is_empty()).map(|missing| view! {
            <p class="notice">{format!("Named, but not there any more: {missing}")}</p>
        })
            })
        };
    let source = StoredValue::new(detail.source.config.id.clone());
    let heard = detail.clone();
    let rows = move || {
        // Only a family in which something runs changes with the clock.
        let is_live = family.with(|family| {
            family
                .as_ref()
                .is_some_and(|family| family.runs.iter().any(|run| run.phase.is_active()))
        });
        let now = if is_live {
            now.get()
        } else {
            now.get_untracked()
        };
        let now = (now, heard.source.heard_now(now));
        family.with(|family| {
            family
                .as_ref()
                .map(|family| self::rows(family, &source.get_value(), &id, now))
                .unwrap_or_default()
        })
    };
    let save = save_button(&detail, Tab::Lineage, json);
    view! {
        <div class="tools"><span class="muted" role="status">{words}</span>{save}</div>
        {move || standing.get().map(|(title, text)| panel(title, text, "", ()))}
        <div class="lineage" hidden=move || standing.with(Option::is_some)>
            {missing}
            {table("Family of the run", &["Run", "Status", "Job", "Started", "Duration", "Made from"], rows)}
        </div>
    }
    .into_html()
}

fn in_words(many: usize, attempt: u32, attempts: &str) -> Html {
    match many {
        0 | 1 if attempt > 1 => view! {
            {format!("Attempt {attempt} of this run: resumed in place, see ")}
            <a href=attempts>"its attempts"</a>
            "."
        },
        0 | 1 => "Made from no other run, and no other was made from it.".into_html(),
        many => {
            let runs = text::counted(many as u64, "run", "runs");
            [&runs, " of one root, oldest first"].concat().into_html()
        }
    }
}

fn rows(
    family: &Family,
    source: &str,
    own: &str,
    (now, heard): (Timestamp, Timestamp),
) -> Vec<Vec<Cell>> {
    let row = |(depth, place): (usize, usize)| {
        let run = family.runs.get(place)?;
        let length = text::run_span(run, heard).map(|span| match run.phase.is_active() {
            true => text::ticking(span),
            false => text::duration(span),
        });
        let started = run.started_at.or(run.created_at);
        let href = Route::to_run(source, &run.id, Tab::Lineage).href();
        Some(vec![
            Cell::Branch(depth, run.id.clone(), Some(href).filter(|_| run.id != own)),
            status(run),
            Cell::Text(run.job.clone()),
            started.map_or(Cell::Text("\u{2013}".into()), |at| {
                Cell::Titled(text::time_short(at, now), text::time_full(at))
            }),
            Cell::Text(length.unwrap_or_else(|| "\u{2013}".into())),
            Cell::Text(
                run.lineage
                    .parent
                    .as_deref()
                    .map_or("\u{2013}".into(), |parent| {
                        text::short_id(parent) + inferred(run)
                    }),
            ),
        ])
    };
    family.tree().into_iter().filter_map(row).collect()
}

/// What stands after the id of a run's parent where nothing names it and it is a guess.
pub(super) fn inferred(run: &Run) -> &'static str {
    let is_told = |(key, value): &(String, String)| key == "lineage" && value == "inferred";
    if run.tags.iter().any(is_told) {
        " (inferred)"
    } else {
        ""
    }
}

/// A run's status as a cell.
pub(super) fn status(run: &Run) -> Cell {
    let phase = if run.is_unfinished() {
        Phase::Unknown
    } else {
        run.phase
    };
    Cell::Phase(phase, text::run_status(run))
}
