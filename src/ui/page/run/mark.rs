//! Saying of a failed step that its work was done by hand: which one, and what that changes.

use runboard_core::model::Step;

use crate::state::actions::Wish;
use crate::state::reactive::{Memo, RwSignal, memo};
use crate::state::run_detail::Loaded;
use crate::ui::html::{El, Html, IntoHtml, view};

/// Keys of the steps that failed.
pub(super) fn failed(steps: RwSignal<Loaded<Vec<Step>>>) -> Memo<Vec<String>> {
    memo(move || {
        steps.with(|steps| {
            let all = steps.ready().map_or(&[][..], Vec::as_slice);
            let failed = all.iter().filter(|step| step.phase.is_failure());
            failed.map(|step| step.key.clone()).collect()
        })
    })
}

/// The choice of a step. The only one that failed is chosen.
pub(super) fn mark(wish: Wish, failed: Memo<Vec<String>>, noun: String) -> Html {
    let keys = failed.get_untracked();
    if let [only] = keys.as_slice() {
        wish.step.set(Some(only.clone()));
    }
    let choice = |key: &String| {
        let (own, of_box) = (key.clone(), key.clone());
        let is_chosen = move || {
            wish.step
                .with(|step| (step.as_ref() == Some(&of_box)).then_some("on"))
        };
        view! {
            <label class="choice">
                <input type="radio" name="marked" value=key.as_str() prop:checked=is_chosen on:change=move |_| wish.set_step(own.clone()) />
                <span class="mono">{key.as_str()}</span>
            </label>
        }
    };
    let choices: Vec<El> = keys.iter().map(choice).collect();
    let legend = ["Which failed ", &noun].concat();
    let words = [
        "Somebody did its work by hand: the records of this ", &noun,
        " are changed to a success, in every attempt of this run. Nothing is executed, and the run itself stays as it is. A resume then leaves the ", &noun,
        " alone and runs what waits for it. This cannot be taken back from here.",
    ]
    .concat();
    // What is agreed to is the run as it was looked at.
    let waiting = move || {
        wish.plan.with(|plan| match plan {
            Loaded::Failed(error) => Some(format!("How the run stands could not be had: {error}")),
            Loaded::Loading | Loaded::Ready(_) => None,
        })
    };
    view! {
        <fieldset class="choices"><legend>{legend}</legend>{choices}</fieldset>
        <p>{words}</p>
        <p class="dialog__wrong">{waiting}</p>
    }
    .into_html()
}
