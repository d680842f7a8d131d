//! The steps of a run as a treegrid: status, duration, attempts, and where in the run each stood.

use crate::state::reactive::{Memo, RwSignal, effect, memo};
use crate::ui::html::{El, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::model::Step;
use runboard_core::model::step_tree::{TreeRow, fold_key, is_tree, tree};
use runboard_core::model::step_view::StepSort;
use runboard_core::store::download;
use runboard_core::store::window::Align;
use std::collections::BTreeSet;
use wasm_bindgen::JsCast as _;

use super::save::save_button;
use super::step_panel::step_panel;
use super::step_row::{Row, cells};
use super::step_tools::step_tools;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::ui::nav::Nav;
use crate::ui::part::narrow::narrow;
use crate::ui::part::panel::panel;
use crate::ui::part::row_keys::{focus_row, target};
use crate::ui::part::sort_head::sort_head;
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Class, name, and what a press on the head orders by.
const COLUMNS: [(&str, &str, StepSort); 7] = [
    ("col-status", "Status", StepSort::Status),
    ("col-step", "Step", StepSort::Key),
    ("col-attempts", "Attempts", StepSort::Attempts),
    ("col-started", "Started", StepSort::Start),
    ("col-duration", "Duration", StepSort::Duration),
    ("col-bar", "In the run", StepSort::Position),
    ("col-error", "Error", StepSort::Reason),
];

/// What stands in place of the steps: still awaited, not to be had, none there.
pub(super) fn standing(steps: &Loaded<Vec<Step>>, noun: &str) -> Option<(String, String)> {
    let words = |before: &str, after: &str| [before, &text::plural(noun), after].concat();
    match steps {
        Loaded::Loading => Some((words("Reading the ", " \u{2026}"), String::new())),
        Loaded::Failed(error) => Some((words("The ", " could not be read"), error.to_string())),
        Loaded::Ready(steps) if steps.is_empty() => Some((
            words("No ", ""),
            words("The source names no ", " of this run."),
        )),
        Loaded::Ready(_) => None,
    }
}

pub fn steps(detail: RunDetail) -> impl IntoHtml {
    let nav = Nav::get();
    let (steps, id) = (detail.steps, detail.id.clone());
    let asked = memo(move || nav.route.with(|route| route.part.steps()));
    let for_now = detail.clone();
    // The places of the steps that are shown, in their order. Only an order by duration changes with the clock.
    let places = memo(move || {
        let asked = asked.get();
        let by_clock = asked.sort == StepSort::Duration;
        let now = for_now.heard(by_clock);
        steps.with(|steps| {
            steps
                .ready()
                .map_or(Vec::new(), |steps| asked.places(steps, now))
        })
    });
    let json = move || {
        steps.with(|steps| {
            let all = steps.ready().map_or(&[][..], Vec::as_slice);
            let places = places.get();
            let mut shown = places.iter().filter_map(|place| all.get(*place));
            download::steps(&id, &mut shown)
        })
    };
    // Somebody who comes by a link is here before the source has told its words.
    let of_detail = detail.clone();
    let noun = memo(move || of_detail.noun_told());
    let words = memo(move || {
        let noun = noun.get();
        let standing = steps.with(|steps| standing(steps, &noun));
        let none = || {
            let words = "The filters leave nothing over.".to_string();
            Some((["No ", &noun, " matches"].concat(), words))
        };
        standing.or_else(|| places.with(Vec::is_empty).then(none).flatten())
    });
    let clear = move || {
        let is_filtered = asked.with(|asked| !asked.status.is_empty() || !asked.keys.is_empty());
        is_filtered.then(|| view! {
            <button class="button" on:click=move |_| nav.change(|route| route.part.clear())>{move || ["Show all ", &text::plural(&noun.get())].concat()}</button>
        })
    };
    let save = save_button(&detail, Tab::Steps, json);
    view! {
        {step_tools(&detail, noun, places, save)}
        {move || words.get().map(|(title, text)| panel(title, text, "", clear()))}
        {grid(detail.clone(), noun, places, words)}
        {step_panel(&detail)}
    }
}

/// Where a row is found: a step, one of its attempts (by its number; 0: itself), or a folder.
#[derive(Clone, PartialEq)]
struct RowAt {
    row: TreeRow,
    attempt: u32,
}

/// Whether a press unfolds attempts; a single one tells nothing that the step does not.
fn row_has_attempts(steps: RwSignal<Loaded<Vec<Step>>>, at: &RowAt) -> bool {
    steps.with_untracked(|steps| {
        let step = steps.ready().and_then(|all| all.get(at.row.place));
        step.is_some_and(|step| step.attempts.len() > 1)
    })
}

/// Links in a row lead elsewhere.
fn on_link(event: &web_sys::MouseEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| element.closest("a, button").ok().flatten().is_some())
}

fn grid(
    detail: RunDetail,
    noun: Memo<String>,
    places: Memo<Vec<usize>>,
    words: Memo<Option<(String, String)>>,
) -> El {
    let steps = detail.steps;
    let open: RwSignal<Vec<String>> = RwSignal::new(Vec::new());
    let folded: RwSignal<BTreeSet<String>> = RwSignal::new(BTreeSet::new());
    let rows = memo(move || {
        let (open, places) = (open.get(), places.get());
        let mut rows = Vec::new();
        steps.with(|steps| {
            let all = steps.ready().map_or(&[][..], Vec::as_slice);
            let found = match is_tree(all) {
                true => folded.with(|folded| tree(all, &places, folded)),
                false => places.into_iter().map(TreeRow::alone).collect(),
            };
            for row in found {
                let step = all.get(row.place);
                let is_open = |step: &&Step| row.is_open.is_none() && open.contains(&step.key);
                let attempts = step.filter(is_open).map_or(&[][..], |step| &step.attempts);
                rows.push(RowAt {
                    row: row.clone(),
                    attempt: 0,
                });
                rows.extend(attempts.iter().map(|attempt| RowAt {
                    row: row.clone(),
                    attempt: attempt.number,
                }));
            }
        });
        rows
    });
    let key_of = move |row: &RowAt| {
        steps.with(|steps| {
            let step = steps.ready().and_then(|all| all.get(row.row.place));
            let key = step.map_or("", |step| step.key.as_str());
            (fold_key(key, row.row.group.as_deref()), row.attempt)
        })
    };
    let windowed = Windowed::new(32.0, 29.0);
    let narrow = narrow();
    // With a second line for the start and the error.
    effect(move || windowed.set_row_height(if narrow.get() { 48.0 } else { 32.0 }));
    effect(move || windowed.set_rows(rows.with(Vec::len) as u64));
    // The row that keys act on. It is known by its step, so that it stays the same while the order changes, and stays in the page.
    let current: RwSignal<Option<(String, u32)>> = RwSignal::new(None);
    let kept = memo(move || {
        let current = current.get()?;
        rows.with(|rows| rows.iter().position(|row| key_of(row) == current))
    });
    let visible = memo(move || {
        let range = windowed.range();
        rows.with(|rows| {
            let row = |at: usize| Some((at as u64, key_of(rows.get(at)?)));
            let mut visible: Vec<_> = (range.start as usize..range.end as usize)
                .filter_map(row)
                .collect();
            if let Some(place) = kept.get().filter(|place| !range.contains(&(*place as u64))) {
                visible.extend(row(place));
            }
            visible
        })
    });
    // The step that the link is about comes into view, unfolded if it is one of its attempts, once it is there.
    let focus = memo(move || {
        let part = |route: &Route| Some((route.part.focus.clone()?, route.part.attempt));
        Nav::get().route.with(part)
    });
    let is_shown = StoredValue::new(None);
    effect(move || {
        let Some((key, attempt)) = focus.get() else {
            return;
        };
        if attempt.is_some() && open.with_untracked(|open| !open.contains(&key)) {
            open.update(|open| open.push(key.clone()));
        }
        let wanted = (key, attempt.unwrap_or(0));
        let place = rows.with(|rows| rows.iter().position(|row| key_of(row) == wanted));
        if let Some(place) = place.filter(|_| is_shown.get_value().as_ref() != Some(&wanted)) {
            current.set(Some(wanted.clone()));
            is_shown.set_value(Some(wanted));
            windowed.scroll_to(place as u64, Align::Center);
        }
    });
    let is_linked = move |key: &(String, u32)| {
        focus.with(|focus| {
            let focus = focus.as_ref();
            focus.is_some_and(|(step, attempt)| (step, attempt.unwrap_or(0)) == (&key.0, key.1))
        })
    };
    let stop = memo(move || {
        let place = visible.with(|visible| {
            let is_current = |item: &&(u64, (String, u32))| {
                current.with(|current| current.as_ref() == Some(&item.1))
            };
            visible
                .iter()
                .find(is_current)
                .or(visible.first())
                .map(|item| item.0)
        });
        place.unwrap_or(0)
    });
    // What is below a row: its parts, or else its attempts.
    let toggle = move |row: &RowAt| {
        let key = key_of(row).0;
        if row.row.is_open.is_some() {
            folded.update(|folded| {
                if !folded.remove(&key) {
                    folded.insert(key);
                }
            });
            return;
        }
        open.update(|open| match open.iter().position(|other| *other == key) {
            Some(at) => {
                open.remove(at);
            }
            None => open.push(key),
        })
    };
    let is_open = move |row: &RowAt| {
        let attempts = || {
            let (key, attempt) = key_of(row);
            let count = steps.with(|steps| Some(steps.ready()?.get(row.row.place)?.attempts.len()));
            (attempt == 0 && count > Some(0)).then(|| open.with(|open| open.contains(&key)))
        };
        row.row.is_open.or_else(attempts)
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let at = stop.get_untracked();
        let last = rows.with_untracked(Vec::len).saturating_sub(1) as u64;
        if let Some(to) = target(&event, at, last, windowed.page()) {
            event.prevent_default();
            current.set(untrack(|| {
                rows.with(|rows| rows.get(to as usize).map(key_of))
            }));
            focus_row(windowed, to);
            return;
        }
        let unfold = match event.key().as_str() {
            "ArrowRight" => true,
            "ArrowLeft" => false,
            _ => return,
        };
        event.prevent_default();
        let row = rows.with_untracked(|rows| rows.get(at as usize).cloned());
        if let Some(row) = row.filter(|row| untrack(|| is_open(row)) == Some(!unfold)) {
            untrack(|| toggle(&row));
        }
    };
    let sort = memo(move || {
        Nav::get()
            .route
            .with(|route| route.part.sort.unwrap_or_default())
    });
    let head = move |(class, name, key): (&'static str, &'static str, StepSort)| {
        let order = move || {
            Some(sort.get())
                .filter(|(sort, _)| *sort == key)
                .map(|(_, down)| down)
        };
        let press = move || {
            let down = untrack(order) == Some(false);
            Nav::get().change(|route| {
                route.part.sort = Some((key, down)).filter(|sort| *sort != Default::default())
            });
        };
        let name = move || match key {
            StepSort::Key => text::heading(&noun.get()),
            _ => name.into(),
        };
        sort_head(class, name.into_html(), order, press)
    };
    let detail = StoredValue::new_local(detail);
    view! {
        <div class="grid steps" hidden=move || words.with(Option::is_some)>
            <div
                class="grid__scroll" node_ref=windowed.node role="treegrid" aria-label=move || text::heading(&text::plural(&noun.get()))
                aria-rowcount=move || (rows.with(Vec::len) + 1).to_string()
                on:scroll=move |_| { windowed.on_scroll(); }
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
            >
                <div class="grid__head" role="row" aria-rowindex="1">{COLUMNS.into_iter().map(head).collect::<Vec<_>>()}</div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    {each(move || visible.get(), |item| format!("{} {}", item.1.1, item.1.0), move |(_, key)| {
                            let (for_place, for_link) = (key.clone(), key.clone());
                            // It stands elsewhere when the rows have changed, and not when they were scrolled.
                            let at = memo(move || {
                                rows.with(|_| ());
                                visible.with_untracked(|visible| visible.iter().find(|item| item.1 == for_place).map_or(0, |item| item.0))
                            });
                            let place = memo(move || rows.with(|rows| rows.get(at.get() as usize).cloned()));
                            let row = memo(move || {
                                let RowAt { row, attempt } = place.get()?;
                                let step = steps.with(|steps| Some(steps.ready()?.get(row.place)?.shown()))?;
                                let attempt = step.attempts.iter().find(|one| one.number == attempt).cloned();
                                Some(Row { step, attempt, row })
                            });
                            let press = move |event: web_sys::MouseEvent| {
                                let row = place.get_untracked().filter(|row| row.attempt == 0);
                                let is_many = row.as_ref().is_some_and(|at| at.row.is_open.is_some() || row_has_attempts(steps, at));
                                if let Some(row) = row.filter(|_| is_many && !on_link(&event)) {
                                    untrack(|| toggle(&row));
                                }
                            };
                            let attrs = move || {
                                let at = at.get();
                                let is_open = place.with(|row| row.as_ref().and_then(is_open).map(|is_open| is_open.to_string()));
                                row.with(|row| {
                                    let row = row.as_ref();
                                    let group = row.and_then(|row| row.row.group.clone());
                                    let phase = row.map(|row| row.attempt.as_ref().map_or(row.step.phase, |attempt| attempt.phase).word());
                                    vec![
                                        ("data-at", Some(at.to_string())),
                                        ("aria-rowindex", Some((at + 2).to_string())),
                                        ("data-step-key", row.filter(|_| group.is_none()).map(|row| row.step.key.clone())),
                                        ("data-group", group),
                                        ("data-phase", phase.map(String::from)),
                                        ("aria-level", Some(row.map_or(1, Row::level).to_string())),
                                        ("aria-expanded", is_open),
                                    ]
                                })
                            };
                            view! {
                                <div
                                    class="grid__row" role="row" attrs=attrs data-linked=move || is_linked(&for_link).then_some("true")
                                    tabindex=move || if stop.get() == at.get() { "0" } else { "-1" }
                                    style:transform=move || windowed.top(at.get())
                                    on:focus=move |_| current.set(Some(key.clone()))
                                    on:click=press
                                >
                                    {move || row.get().map(|row| cells(row, detail.get_value()))}
                                </div>
                            }
                        })}
                </div>
            </div>
        </div>
    }
}
