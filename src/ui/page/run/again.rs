//! What is to be different when a run is run again: chosen steps, tags, config. Shown only where the source takes such wishes.

use leptos::prelude::{UpdateValue as _, untrack};
use runboard_core::model::Step;
use runboard_core::model::rerun;
use runboard_core::model::step_view::StepView;

use super::made::facts_of;
use crate::state::State;
use crate::state::actions::{Deed, Wish};
use crate::state::reactive::{RwSignal, memo};
use crate::state::run_detail::RunDetail;
use crate::state::run_part::Part;
use crate::ui::html::{Html, IntoHtml, value_of, view};
use crate::ui::route_part::{joined, parts};
use crate::ui::text;

/// The keys that patterns choose, in the run's order; with `downstream` also all that need them.
fn chosen(steps: &[Step], patterns: &[String], downstream: bool) -> Vec<String> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let view = StepView {
        keys: patterns.to_vec(),
        ..StepView::default()
    };
    let now = State::get().now;
    let places = view.places(steps, now.get_untracked());
    let key = |place: usize| steps.get(place).map(|step| step.key.clone());
    let picked: Vec<String> = places.into_iter().filter_map(key).collect();
    rerun::chosen(steps, &picked, downstream)
}

/// Tags as they are typed: `key=value`, one a line or separated by commas.
pub(in crate::ui) fn tags(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().flat_map(|line| parts(line).into_iter());
    lines
        .filter_map(|tag| {
            let (key, value) = tag.split_once('=')?;
            Some((key.trim().to_string(), value.trim().to_string()))
        })
        .collect()
}

/// What is no tag of what is typed as tags.
pub(in crate::ui) fn no_tag(text: &str) -> Option<String> {
    let all = text.lines().flat_map(|line| parts(line).into_iter());
    let bad: Vec<String> = all.filter(|tag| !tag.contains('=')).collect();
    (!bad.is_empty()).then(|| [&bad.join(", "), " is no tag: write key=value."].concat())
}

/// The fields; nothing where the source takes no wishes.
pub(super) fn again(wish: Wish, detail: &RunDetail) -> Html {
    if !wish.takes_wishes() {
        return ().into_html();
    }
    let steps = detail.steps;
    // What was chosen on the page before the dialog was asked for.
    let filled = match wish.deed {
        Deed::Reexecute => detail.picked.try_update_value(std::mem::take),
        _ => None,
    };
    let filled = joined(&filled.unwrap_or_default());
    let patterns: RwSignal<String> = RwSignal::new(filled.clone());
    let downstream = RwSignal::new(false);
    let keys = memo(move || {
        let patterns = parts(&patterns.get());
        steps.with(|steps| {
            let steps = steps.ready().map_or(&[][..], Vec::as_slice);
            chosen(steps, &patterns, downstream.get())
        })
    });
    let tags_typed: RwSignal<String> = RwSignal::new(String::new());
    // A pattern without a step would otherwise be no choice, and that is all of them.
    let check = move || {
        let is_none = !patterns.with_untracked(|text| parts(text).is_empty())
            && keys.with_untracked(Vec::is_empty);
        let no_step = is_none.then(|| "No step matches, so nothing would be chosen.".to_string());
        wish.wrong
            .set(no_step.or_else(|| no_tag(&tags_typed.get_untracked())));
    };
    let renew = move || {
        wish.set_again(|again| again.steps = keys.get_untracked());
        check();
    };
    if !filled.is_empty() {
        renew();
    }
    let of_all = move || {
        let all = steps.with(|steps| steps.ready().map_or(0, Vec::len)) as u64;
        let keys = keys.get();
        match (patterns.with(String::is_empty), keys.len()) {
            (true, _) => "all steps".to_string(),
            (false, 0) => "no step matches".into(),
            (false, count) => {
                let count = text::some_of(count as u64, all, "step", "steps");
                [&count, ": ", &keys.join(", ")].concat()
            }
        }
    };
    let choose = (wish.deed == Deed::Reexecute).then(|| {
        // The run's own, to be changed; as it is, nothing is sent of it.
        let facts = detail.ask(Part::Facts);
        let own = memo(move || {
            let mut facts = facts_of(facts).into_iter();
            let config = facts.find(|(name, _)| name == "config");
            config.map(|(_, config)| config).unwrap_or_default()
        });
        view! {
            <label class="wish">"steps"
                <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder="all, or load_*, report" value=filled on:input=move |event| {
                    patterns.set(value_of(&event));
                    renew();
                } />
            </label>
            <label class="choice"><input type="checkbox" on:change=move |_| {
                downstream.update(|on| *on = !*on);
                renew();
            } /><span>"with all that need them"</span></label>
            <p class="muted" role="status">{of_all}</p>
            <label class="wish">"config"
                <textarea class="field" rows="3" spellcheck="false" placeholder="as in this run" prop:value=move || own.get() on:input=move |event| {
                    let config = value_of(&event);
                    let is_other = |config: &String| !config.trim().is_empty() && untrack(|| own.get()) != *config;
                    wish.set_again(|again| again.config = Some(config).filter(is_other));
                }></textarea>
            </label>
        }
    });
    let drops = move || wish.again.with(|again| (!again.drops_tags).then_some("on"));
    view! {
        <fieldset class="choices wishes"><legend>"The new run"</legend>
            {choose}
            <label class="wish">"tags"
                <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder="key=value, key=value" on:input=move |event| {
                    let text = value_of(&event);
                    let tags = tags(&text);
                    tags_typed.set(text);
                    wish.set_again(|again| again.tags = tags);
                    check();
                } />
            </label>
            <label class="choice"><input type="checkbox" prop:checked=drops on:change=move |_| wish.set_again(|again| again.drops_tags = !again.drops_tags) /><span>"and the tags of this run"</span></label>
        </fieldset>
    }
    .into_html()
}
