//! What a source tells of a run beyond what all sources tell, and what the run was to make and made: assets and their checks.

use leptos::prelude::*;
use runboard_core::model::{Asset, asset::Became};

use crate::state::deed::{Deed, is_offered};
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::run_part::{Answer, Part};
use crate::ui::html::{Html, IntoHtml, view};
use crate::ui::part::facts::facts;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::route::{Route, Tab};

type Asked = RwSignal<Loaded<Answer>>;

/// Further facts; nothing where the source tells none.
pub(super) fn further(detail: &RunDetail) -> Html {
    // Somebody who comes by a link is here before the source has said what it can do.
    let asked = detail.clone();
    let is_told = memo(move || asked.can(|can| can.facts));
    let detail = detail.clone();
    (move || is_told.get().then(|| told(&detail))).into_html()
}

fn told(detail: &RunDetail) -> Html {
    let answer = detail.ask(Part::Facts);
    let rows = move || facts_of(answer);
    let is_there = memo(move || !facts_of(answer).is_empty());
    (move || {
        is_there
            .get()
            .then(|| view! { <h2>"More"</h2><div class="facts-long">{facts(rows)}</div> })
    })
    .into_html()
}

pub(super) fn facts_of(answer: Asked) -> Vec<(String, String)> {
    answer.with(|answer| match answer.ready() {
        Some(Answer::Facts(facts)) => facts.clone(),
        _ => Vec::new(),
    })
}

fn assets_of(answer: Asked) -> Vec<Asset> {
    answer.with(|answer| match answer.ready() {
        Some(Answer::Assets(assets)) => assets.clone(),
        _ => Vec::new(),
    })
}

/// Planned beside made; nothing where there are no assets.
pub(super) fn assets(detail: &RunDetail) -> Html {
    let answer = detail.ask(Part::Assets);
    let is_there = memo(move || !assets_of(answer).is_empty());
    let (source, id) = (detail.source.config.id.clone(), detail.id.clone());
    let run = detail.run;
    let is_over =
        memo(move || run.with(|run| run.ready().is_some_and(|run| run.phase.is_terminal())));
    let asking = detail.clone();
    let is_asked = StoredValue::new(false);
    effect(move || {
        let is_success = run.with(|run| run.ready().is_some_and(|run| run.phase.is_success()));
        let is_bad = |one: &Asset| {
            one.is_missing() || matches!(one.became, Became::Warned | Became::NotPassed)
        };
        if is_success
            && assets_of(answer).iter().any(is_bad)
            && is_offered(&asking.source, Deed::Resume)
            && !is_asked.get_value()
        {
            is_asked.set_value(true);
            asking.look_for_left();
        }
    });
    let rows = {
        move || {
            let row = |asset: Asset| row(asset, &source, &id, is_over.get());
            assets_of(answer).into_iter().map(row).collect()
        }
    };
    let missing = move || {
        let count = assets_of(answer)
            .iter()
            .filter(|one| one.is_missing())
            .count();
        (is_over.get() && count > 0).then(|| {
            let words = crate::ui::text::counted(count as u64, "thing", "things");
            view! { <p class="notice">{format!("{words} planned and not made or evaluated.")}</p> }
        })
    };
    (move || {
        let rows = rows.clone();
        is_there.get().then(|| {
            view! {
                <section>
                    <h2>"Assets and checks"</h2>
                    {missing}
                    {words_table("Assets and checks", &["Asset", "Check", "Planned", "Became", "Step"], rows)}
                </section>
            }
        })
    })
    .into_html()
}

fn row(asset: Asset, source: &str, id: &str, is_over: bool) -> Vec<Cell> {
    let became = match asset.became {
        Became::Nothing if is_over => "not evaluated or made",
        Became::Nothing => "not yet",
        other => other.word(),
    };
    let became = match asset.words {
        Some(words) => Cell::Text([became, ": ", &words].concat()),
        None => Cell::Text(became.into()),
    };
    let name = match asset.partition {
        Some(partition) => [asset.key.as_str(), " [", &partition, "]"].concat(),
        None => asset.key,
    };
    let step = asset.step.map_or(Cell::Text(String::new()), |step| {
        let mut route = Route::to_run(source, id, Tab::Steps);
        route.part.focus = Some(step.clone());
        Cell::Link(step, route.href())
    });
    vec![
        Cell::Text(name),
        Cell::Text(asset.check.unwrap_or_default()),
        Cell::Text(if asset.was_planned { "planned" } else { "" }.into()),
        became,
        step,
    ]
}
