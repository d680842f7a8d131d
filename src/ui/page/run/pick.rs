//! Steps that are chosen by hand among those of the plan, to be run again as a new run.

use leptos::prelude::SetValue as _;
use runboard_core::model::rerun;

use super::actions::ask;
use crate::state::actions::{Deed, is_offered};
use crate::state::reactive::{Memo, RwSignal, memo};
use crate::state::run_detail::RunDetail;
use crate::ui::html::{El, Html, IntoHtml, view};
use crate::ui::text;

/// What is chosen.
#[derive(Clone, Copy)]
pub(super) struct Pick {
    /// The source runs chosen steps, and it may be done from here.
    pub(super) is_there: Memo<bool>,
    picked: RwSignal<Vec<String>>,
    downstream: RwSignal<bool>,
    /// All that would run, in the run's order.
    keys: Memo<Vec<String>>,
}

impl Pick {
    pub(super) fn new(detail: &RunDetail) -> Pick {
        let source = detail.source.clone();
        let is_there = memo(move || {
            source.can(|can| can.reexecute_so) && is_offered(&source, Deed::Reexecute)
        });
        let steps = detail.steps;
        let picked: RwSignal<Vec<String>> = RwSignal::new(Vec::new());
        let downstream = RwSignal::new(false);
        let keys = memo(move || {
            let downstream = downstream.get();
            steps.with(|steps| {
                let steps = steps.ready().map_or(&[][..], Vec::as_slice);
                picked.with(|picked| rerun::chosen(steps, picked, downstream))
            })
        });
        Pick {
            is_there,
            picked,
            downstream,
            keys,
        }
    }

    /// The box of a step.
    pub(super) fn choice(self, key: &str) -> El {
        let (words, key) = (["choose ", key].concat(), key.to_string());
        let of_box = key.clone();
        let is_picked = move || {
            self.picked
                .with(|picked| picked.contains(&of_box).then_some("on"))
        };
        let toggle = move || {
            self.picked.update(|picked| {
                let before = picked.len();
                picked.retain(|other| *other != key);
                if picked.len() == before {
                    picked.push(key.clone());
                }
            })
        };
        view! { <input type="checkbox" aria-label=words prop:checked=is_picked on:change=move |_| toggle() /> }
    }

    /// What would run, and the button that asks for it.
    pub(super) fn tools(self, detail: RunDetail) -> Html {
        let open: RwSignal<Option<Deed>> = RwSignal::new(None);
        let (steps, noun) = (detail.steps, detail.noun());
        let keys = self.keys;
        let words = move || {
            let keys = keys.get();
            let all = steps.with(|steps| steps.ready().map_or(0, Vec::len)) as u64;
            let count = text::some_of(keys.len() as u64, all, &noun, &text::plural(&noun));
            match keys.is_empty() {
                true => "none chosen".to_string(),
                false => [&count, ": ", &keys.join(", ")].concat(),
            }
        };
        let is_none = move || keys.with(Vec::is_empty);
        let of_dialog = detail.clone();
        let asking = move || open.get().map(|deed| ask(&of_dialog, deed, open));
        let downstream = self.downstream;
        view! {
            <div class="pick" role="group" aria-label="Chosen by hand">
                <label class="choice"><input type="checkbox" on:change=move |_| downstream.update(|on| *on = !*on) /><span>"with all that need them"</span></label>
                <button class="button button--small" disabled=is_none on:click=move |_| {
                    detail.picked.set_value(keys.get_untracked());
                    open.set(Some(Deed::Reexecute));
                }>"Re-execute chosen \u{2026}"</button>
                <span class="muted" role="status">{words}</span>
                {asking}
            </div>
        }
        .into_html()
    }
}
