//! What resuming the run would do, to be read before anybody presses anything. Looking changes nothing.

use runboard_core::store::download;

use super::actions::is_there;
use super::pick::Pick;
use super::plan::plan_to_pick;
use super::save::save_button;
use crate::state::State;
use crate::state::actions::{Deed, Wish, is_offered};
use crate::state::reactive::{effect, memo};
use crate::state::run_detail::RunDetail;
use crate::ui::html::{Html, IntoHtml, view};
use crate::ui::part::panel::panel;
use crate::ui::route::Tab;

pub fn resume(detail: RunDetail, is_told: bool) -> Html {
    if !is_told {
        let words = "It does not tell what it would do to go on with a run.";
        return panel("This source resumes no runs", words, "", ()).into_html();
    }
    let wish = Wish::new(&detail, Deed::Resume, false);
    let run = detail.run;
    // `None`: nobody knows yet.
    let standing = memo(move || {
        run.with(|run| {
            let run = run.ready()?;
            Some(run.phase.is_terminal() || run.is_unfinished())
        })
    });
    let is_over = memo(move || standing.get() == Some(true));
    // A run that is over changes when its plan does: by a mark, another attempt, another configuration.
    let (runs, index, id) = (State::get().runs, detail.source.index, detail.id.clone());
    let version =
        memo(move || runs.with_table(|table| table.find(index, &id).map(|row| table.version(row))));
    let (mut of_row, mut of_run) = (None, None);
    effect(move || {
        let old = std::mem::replace(&mut of_row, version.get());
        let is_other = old.is_some() && old != of_row;
        let has_ended = std::mem::replace(&mut of_run, standing.get()) == Some(false);
        // The list and the run's page may hear of the end one after the other.
        if of_run == Some(true) && (is_other || has_ended) {
            wish.read_plan_anew();
        }
    });
    let source = detail.source.clone();
    let has_button = is_there(&detail, Deed::Resume);
    let next = move || match (
        is_over.get(),
        has_button.get(),
        is_offered(&source, Deed::Resume),
    ) {
        (false, ..) => "The run goes on: this is what would be left to do if it ended now.",
        (true, true, _) => {
            "Nothing happens by looking. \u{201c}Resume \u{2026}\u{201d} above asks once more, and does it."
        }
        (true, false, true) => "Nothing happens by looking, and nothing is left to do.",
        (true, false, false) => {
            "Nothing happens by looking, and nothing can be done from here: actions are off for this source, or nobody has told it how to resume."
        }
    };
    let id = detail.id.clone();
    let json = move || {
        wish.plan.with(|plan| {
            plan.ready()
                .map(|plan| download::plan(&id, plan))
                .unwrap_or_default()
        })
    };
    let pick = Pick::new(&detail);
    let tools = {
        let detail = detail.clone();
        move || pick.is_there.get().then(|| pick.tools(detail.clone()))
    };
    // Somebody who comes by a link is here before the source has told its words.
    let for_noun = detail.clone();
    let noun = memo(move || for_noun.noun_told());
    view! {
        <div class="tools"><span class="muted">{next}</span>{save_button(&detail, Tab::Resume, json)}</div>
        <div class="resume" tabindex="0" role="region" aria-label="Resume">{plan_to_pick(wish, noun, Some(pick))}{tools}</div>
    }
    .into_html()
}
