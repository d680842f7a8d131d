//! A run that is not there: what may have been meant, and the newest runs, as links.

use std::sync::Arc;

use crate::ui::html::{El, view};
use runboard_core::backend::Missing;
use runboard_core::model::Run;

use super::lineage::status;
use crate::state::State;
use crate::state::sources::Source;
use crate::ui::part::panel::panel;
use crate::ui::part::table::{Cell, table};
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Runs of each kind that are offered.
const OFFERED: usize = 5;

/// A run to offer: the index of its source, its id, and what is known of it.
type Offer = (u16, String, Option<Run>);

/// `wanted` is the id that was asked for; `source` the one that was asked, if only one was, and `told` what it answered.
pub fn unknown(
    (title, words): (&'static str, String),
    wanted: String,
    source: Option<Source>,
    told: Option<Arc<Missing>>,
) -> El {
    let index = source.as_ref().map(|source| source.index);
    let for_latest = told.clone();
    // Some head their latest runs, and say in a last line how to find others.
    let said = told
        .as_ref()
        .map_or("", |told| &told.detail)
        .lines()
        .skip(1);
    let heading = said.clone().find(|line| line.ends_with(':'));
    let heading = heading.unwrap_or("Latest runs").to_string();
    let hint = said.last().map(|hint| view! { <p>{hint.to_string()}</p> });
    let nearest = move || {
        let told = told.as_deref().zip(index);
        let told = told
            .into_iter()
            .flat_map(|(told, index)| told.nearest.iter().map(move |id| (index, id.clone(), None)));
        rows(
            told.collect(),
            |table| table.nearest(index, &wanted, OFFERED),
            index.is_none(),
        )
    };
    let latest = move || {
        let told = for_latest.as_deref().zip(index);
        let told = told.into_iter().flat_map(|(told, index)| {
            told.latest
                .iter()
                .map(move |run| (index, run.id.clone(), Some(run.clone())))
        });
        // What a source offers is chosen for the id that was asked for; the list knows runs of all kinds.
        let told: Vec<Offer> = told.collect();
        let count = if told.is_empty() { OFFERED } else { 0 };
        rows(told, |table| table.latest(index, count), index.is_none())
    };
    let has_nearest = crate::state::reactive::memo({
        let nearest = nearest.clone();
        move || !nearest().is_empty()
    });
    let has_latest = crate::state::reactive::memo({
        let latest = latest.clone();
        move || !latest().is_empty()
    });
    let offer = move || {
        let nearest = nearest.clone();
        has_nearest.get().then(|| view! { <h3>"Did you mean"</h3>{table("Runs with ids near to it", &COLUMNS, nearest)} })
    };
    let newest = move || {
        let latest = latest.clone();
        let heading = heading.clone();
        has_latest
            .get()
            .then(|| view! { <h3>{heading}</h3>{table("Latest runs", &COLUMNS, latest)} })
    };
    panel(
        title,
        words,
        "",
        view! { {offer}{newest}{hint}<a class="button" href=Route::default().href()>"All runs"</a> },
    )
}

const COLUMNS: [&str; 4] = ["Run", "Status", "Job", "Started"];

/// What the source told first, then what the list knows; each run once.
fn rows(
    mut offers: Vec<Offer>,
    more: impl Fn(
        &runboard_core::store::run_table::RunTable,
    ) -> Vec<runboard_core::store::run_table::RowId>,
    with_source: bool,
) -> Vec<Vec<Cell>> {
    let state = State::get();
    let now = state.now.get_untracked();
    state.runs.with_table(|table| {
        for row in more(table) {
            let (source, id) = (table.source(row), table.id(row));
            match offers
                .iter_mut()
                .find(|offer| (offer.0, offer.1.as_str()) == (source, id))
            {
                Some(offer) => offer.2 = table.get(row),
                None => offers.push((source, id.to_string(), table.get(row))),
            }
        }
        for offer in &mut offers {
            if offer.2.is_none() {
                offer.2 = table.find(offer.0, &offer.1).and_then(|row| table.get(row));
            }
        }
    });
    let cells = |(index, id, run): Offer| {
        let source = state.sources.at(index)?;
        let source = &source.config.id;
        let href = Route::to_run(source, &id, Tab::Overview).href();
        let started = run
            .as_ref()
            .and_then(|run| run.started_at.or(run.created_at));
        let job = run.as_ref().map_or(String::new(), |run| run.job.clone());
        let job = if with_source {
            format!("{job} ({source})")
        } else {
            job
        };
        Some(vec![
            Cell::Link(id, href),
            run.as_ref().map_or(Cell::Text(String::new()), status),
            Cell::Text(job),
            Cell::Text(started.map_or(String::new(), |at| text::time_short(at, now))),
        ])
    };
    offers.into_iter().take(OFFERED).filter_map(cells).collect()
}
