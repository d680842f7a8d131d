//! Runs per day by outcome, as stacked bars and as a table.

use crate::state::reactive::RwSignal;
use runboard_core::model::Timestamp;
use runboard_core::model::stats::{Day, Stats};

use crate::ui::html::{El, each, view};
use crate::ui::nav::Nav;
use crate::ui::page::runs::list_link;
use crate::ui::part::table::{Cell, table};
use crate::ui::text;

const HEIGHT: f64 = 120.0;
const BAR: f64 = 14.0;
/// Days that a chart shows; the table has all.
const DAYS: usize = 60;

/// `2026-11-21`.
fn day_words(day: i64) -> String {
    let (year, month, date, ..) = Timestamp(day.saturating_mul(86_400_000_000)).civil(0);
    format!("{year:04}-{month:02}-{date:02}")
}

/// The list of that day's runs.
fn day_link(nav: Nav, day: i64) -> String {
    list_link(nav, |filter| {
        filter.since = Some(format!("{}T00:00", day_words(day)));
        filter.until = Some(format!("{}T00:00", day_words(day + 1)));
    })
}

fn parts(day: &Day) -> [(&'static str, u64); 5] {
    let outcomes = day.outcomes;
    [
        ("succeeded", outcomes.succeeded),
        ("failed", outcomes.failed),
        ("stopped", outcomes.stopped),
        ("open", outcomes.open),
        ("unknown", outcomes.unknown),
    ]
}

/// One day as a stack that leads to its runs; `most` runs fill the height.
fn stack(nav: Nav, day: Day, most: u64) -> El {
    let mut y = HEIGHT;
    let mut words = format!("{}:", day_words(day.number));
    let mut rects = Vec::new();
    for (index, (class, count)) in parts(&day).into_iter().enumerate() {
        if count > 0 || class != "unknown" {
            let comma = if index == 0 { "" } else { "," };
            words.push_str(&format!("{comma} {count} {class}"));
        }
        if count > 0 {
            let height = count as f64 / most as f64 * HEIGHT;
            y -= height;
            rects.push(view! { <rect class=class y=y width=BAR height=height /> });
        }
    }
    view! {
        <a href=day_link(nav, day.number) aria-label=words.as_str() title=words.as_str()>
            <svg viewBox="0 0 14 120" width=BAR height=HEIGHT preserveAspectRatio="none" aria-hidden="true">
                <rect class="room" width=BAR height=HEIGHT />
                {rects}
            </svg>
        </a>
    }
}

/// What the colours stand for, from the bottom of a stack to its top.
fn legend() -> Vec<El> {
    ["succeeded", "failed", "stopped", "open", "unknown"]
        .into_iter()
        .map(|word| view! { <span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=word width="10" height="10" /></svg>{word}</span> })
        .collect()
}

pub fn days_chart(stats: RwSignal<Option<Stats>>) -> El {
    let nav = Nav::get();
    let days = move || {
        stats.with(|stats| {
            stats
                .as_ref()
                .map(|stats| stats.days.clone())
                .unwrap_or_default()
        })
    };
    let shown = move || {
        let mut days = days();
        days.drain(..days.len().saturating_sub(DAYS));
        days
    };
    let bars = each(
        move || {
            let days = shown();
            let most = days
                .iter()
                .map(|day| day.outcomes.total())
                .max()
                .unwrap_or(0)
                .max(1);
            days.into_iter().map(|day| (day, most)).collect()
        },
        |(day, most)| {
            let mut key = format!("{} {most}", day.number);
            for (_, count) in parts(day) {
                key.push_str(&format!(" {count}"));
            }
            key
        },
        move |(day, most)| stack(nav, day, most),
    );
    let ends = move || {
        let days = shown();
        let (first, last) = (
            day_words(days.first()?.number),
            day_words(days.last()?.number),
        );
        Some(if first == last {
            first
        } else {
            format!("{first} \u{2192} {last}")
        })
    };
    let undated = move || {
        let undated = stats.with(|stats| stats.as_ref().map_or(0, |stats| stats.undated));
        (undated > 0).then(|| {
            let words = text::counted(undated, "run", "runs");
            view! { <p class="muted">{format!("{words} without a time are on no day")}</p> }
        })
    };
    let rows = move || {
        let days = days()
            .into_iter()
            .rev()
            .filter(|day| day.outcomes.total() > 0);
        let row = |day: Day| {
            let mut cells = vec![
                Cell::Link(day_words(day.number), day_link(nav, day.number)),
                Cell::Text(text::count(day.outcomes.total())),
            ];
            cells.extend(parts(&day).map(|(_, count)| Cell::Text(text::count(count))));
            cells
        };
        days.map(row).collect()
    };
    const COLUMNS: [&str; 7] = [
        "Day",
        "Runs",
        "Succeeded",
        "Failed",
        "Stopped",
        "Open",
        "Unknown",
    ];
    view! {
        <section>
            <h2>"Runs per day"</h2>
            <div class="stats__chart">
                <div class="stats__days" role="group" aria-label="Runs per day by outcome">{bars}</div>
                <p class="stats__legend"><span>{ends}</span>{legend()}</p>
            </div>
            {undated}
            <details><summary>"as a table"</summary>{table("Runs per day", &COLUMNS, rows)}</details>
        </section>
    }
}
