//! The steps of a run on a time axis: a lane for each step, a bar for each attempt; every lane says the same in words.

use crate::state::reactive::{Memo, effect, memo};
use crate::ui::html::{El, Html, IntoHtml, each, view};
use leptos::prelude::*;
use runboard_core::model::timeline::{Bar, Lane, Timeline, label};
use runboard_core::model::{Phase, Span, Step};
use runboard_core::store::download;

use super::save::save_button;
use super::steps;
use crate::browser::page;
use crate::state::run_detail::RunDetail;
use crate::ui::part::panel::panel;
use crate::ui::part::phase_badge::phase_glyph;
use crate::ui::part::windowed::Windowed;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Heights of `style/page/timeline.css`, in pixels.
const ROW: f64 = 28.0;
const HEAD: f64 = 29.0;
/// A mark on the axis about every so many pixels of the window.
const APART: f64 = 180.0;

pub fn timeline(detail: RunDetail) -> Html {
    let (run, steps, id) = (detail.run, detail.steps, detail.id.clone());
    let is_active = memo(move || {
        steps.with(|steps| {
            steps
                .ready()
                .is_some_and(|steps| steps.iter().any(|step| step.phase.is_active()))
        })
    });
    let for_now = detail.clone();
    let line = memo(move || {
        // Open ends grow only while the data are current: what is not heard of does not go on.
        let now = for_now.heard(is_active.get());
        let begin = run.with(|run| run.ready().and_then(|run| run.started_at));
        let ticks = (page::size().0 / APART).max(2.0).min(8.0) as usize;
        steps.with(|steps| Timeline::new(steps.ready()?, begin, now, ticks))
    });
    let for_noun = detail.clone();
    let standing = memo(move || {
        let none = || {
            let is_over = run.with(|run| run.ready().is_some_and(|run| run.phase.is_terminal()));
            let (title, words) = match is_over {
                true => (
                    "Nothing to draw",
                    "The source does not tell when the steps ran.",
                ),
                false => (
                    "Nothing to draw yet",
                    "Nothing has begun; lanes appear here when something does.",
                ),
            };
            Some((title.to_string(), words.to_string()))
        };
        let standing = steps.with(|steps| steps::standing(steps, &for_noun.noun_told()));
        standing.or_else(|| line.with(Option::is_none).then(none).flatten())
    });
    let words = move || {
        line.with(|line| {
            let line = line.as_ref()?;
            let span = text::duration(line.end.since(line.start));
            let from = text::time_full(line.start);
            Some(format!("The axis: {span} from {from}"))
        })
    };
    let json =
        move || steps.with(|steps| download::steps(&id, &mut steps.ready().into_iter().flatten()));
    view! {
        <div class="tools"><span class="muted">{words}</span>{save_button(&detail, Tab::Timeline, json)}</div>
        {move || standing.get().map(|(title, text)| panel(title, text, "", ()))}
        {lanes(detail, line, standing)}
    }
    .into_html()
}

fn lanes(
    detail: RunDetail,
    line: Memo<Option<Timeline>>,
    standing: Memo<Option<(String, String)>>,
) -> El {
    let steps = detail.steps;
    let windowed = Windowed::new(ROW, HEAD);
    let count = memo(move || line.with(|line| line.as_ref().map_or(0, |line| line.lanes.len())));
    effect(move || windowed.set_rows(count.get() as u64));
    let visible = memo(move || {
        let range = windowed.range();
        (range.start..range.end.min(count.get() as u64)).collect::<Vec<u64>>()
    });
    let ticks = memo(move || {
        line.with(|line| {
            line.as_ref()
                .map(|line| line.ticks.clone())
                .unwrap_or_default()
        })
    });
    let labels = move || {
        let ticks = ticks.get().into_iter();
        ticks
            .map(|tick| view! { <span class="lane__tick" data-late={tick.at > 0.85} style:left=percent(tick.at)>{tick.label}</span> })
            .collect::<Vec<_>>()
    };
    let lines = move || {
        let ticks = ticks.get().into_iter();
        ticks
            .map(|tick| view! { <span class="lane__line" style:left=percent(tick.at)></span> })
            .collect::<Vec<_>>()
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let page = windowed.page() as i64;
        let rows = match event.key().as_str() {
            "ArrowDown" | "j" => 1,
            "ArrowUp" | "k" => -1,
            "PageDown" => page,
            "PageUp" => -page,
            "Home" => i64::MIN / 2,
            "End" => i64::MAX / 2,
            _ => return,
        };
        event.prevent_default();
        windowed.scroll_by_rows(rows);
    };
    let (source, id) = (detail.source.config.id.clone(), detail.id.clone());
    let href = StoredValue::new(Route::to_run(&source, &id, Tab::Logs));
    view! {
        <div class="grid lanes" hidden=move || standing.with(Option::is_some)>
            <div
                class="grid__scroll" node_ref=windowed.node role="table" aria-label="Timeline" tabindex="0"
                aria-rowcount=move || (count.get() + 1).to_string()
                on:scroll=move |_| { windowed.on_scroll(); }
                on:wheel=move |event| { windowed.on_wheel(&event); }
                on:keydown=on_key
            >
                <div class="grid__head" role="row" aria-rowindex="1">
                    <div role="columnheader" class="grid__cell">"Step"</div>
                    <div role="columnheader" class="lane__track" aria-label="Attempts, from the run's start">{labels}</div>
                    <div role="columnheader" class="grid__cell grid__cell--number">"Duration"</div>
                </div>
                <div class="grid__body" role="rowgroup" style:height=move || windowed.spacer()>
                    <div class="lanes__lines" aria-hidden="true"><div></div><div class="lane__track">{lines}</div><div></div></div>
                    {each(move || visible.get(), |place| place.to_string(), move |place| {
                        let of = move |steps: &[Step]| steps.get(place as usize).map(|step| (step.key.clone(), step.phase));
                        let step = memo(move || steps.with(|steps| of(steps.ready().map_or(&[][..], Vec::as_slice))).unwrap_or((String::new(), Phase::Unknown)));
                        let key = memo(move || step.with(|(key, _)| key.clone()));
                        let lane = memo(move || line.with(|line| {
                            let line = line.as_ref()?;
                            let length = line.end.since(line.start);
                            Some((line.lanes.get(place as usize)?.clone(), length))
                        }));
                        let link = move || {
                            let mut route = href.get_value();
                            route.part.step = vec![key.get()];
                            route.href()
                        };
                        view! {
                            <div
                                class="grid__row" role="row" aria-rowindex=(place + 2).to_string()
                                data-step-key=move || key.get() data-phase=move || step.with(|(_, phase)| phase.word())
                                style:transform=move || windowed.top(place)
                            >
                                <div role="rowheader" class="grid__cell lane__name"><a href=link title=move || key.get()>{move || key.get()}</a></div>
                                <div role="cell" class="lane__track">
                                    {move || lane.get().map(|(lane, length)| track(lane, length, step.with(|(_, phase)| *phase)))}
                                </div>
                                <div role="cell" class="grid__cell grid__cell--number">{move || lane.with(|lane| lane.as_ref().and_then(|(lane, length)| span(lane, *length)))}</div>
                            </div>
                        }
                    })}
                </div>
            </div>
        </div>
    }
}

fn percent(share: f64) -> String {
    format!("{}%", text::decimal(share * 100.0, 3))
}

/// From the first attempt's start to the last one's end, as among the steps.
fn span(lane: &Lane, length: Span) -> Option<String> {
    let (first, last) = (lane.bars.first()?, lane.bars.last()?);
    let words = if last.is_open {
        text::ticking
    } else {
        text::duration
    };
    Some(words(Span(
        ((last.to - first.from) * length.0 as f64).round() as i64,
    )))
}

/// The bars of a lane, and the same in words. The glyph behind a bar tells its phase without colour.
fn track(lane: Lane, length: Span, phase: Phase) -> Html {
    let mut parts = Vec::new();
    let mut words = Vec::new();
    for bar in &lane.bars {
        words.push(in_words(bar, length));
        let open = bar.is_open.to_string();
        let width = percent(bar.to - bar.from);
        parts.push(view! {
            <span class="lane__bar" data-phase=bar.phase.word() data-open=open style:left=percent(bar.from) style:width=width></span>
            <span class="lane__glyph phase" data-phase=bar.phase.word() style:left=percent(bar.to)>{phase_glyph(bar.phase, false)}</span>
        });
    }
    if parts.is_empty() {
        return view! { <span class="lane__none">{text::phase(phase)}</span> }.into_html();
    }
    view! {
        <span class="visually-hidden">{words.join("; ")}</span>
        <div class="lane__bars" aria-hidden="true">{parts}</div>
    }
}

/// `attempt 2: failed, began at 30 s, took 10s`.
fn in_words(bar: &Bar, length: Span) -> String {
    let number = match bar.attempt {
        0 => String::new(),
        number => format!("attempt {number}: "),
    };
    let began = label((bar.from * length.0 as f64).round() as i64);
    let took = if bar.is_open {
        format!("for {} so far", text::ticking(bar.span))
    } else {
        format!("took {}", text::duration(bar.span))
    };
    format!(
        "{number}{}, began at {began}, {took}",
        text::phase(bar.phase)
    )
}
