//! What resuming a run would do, step by step, before anybody agrees.

use super::pick::Pick;
use crate::state::actions::{PlanStep, PlanVerb, ResumeMode, ResumePlan, Wish};
use crate::state::reactive::memo;
use crate::state::run_detail::Loaded;
use crate::ui::html::{El, Html, IntoHtml, view};
use crate::ui::text;

/// The choice of steps, and the plan that it gives.
pub(super) fn plan(wish: Wish, noun: String) -> Html {
    plan_to_pick(wish, noun, None)
}

/// The same with a box for each step, where steps can be chosen by hand.
pub(super) fn plan_to_pick(wish: Wish, noun: String, pick: Option<Pick>) -> Html {
    let choice = move |mode: ResumeMode, words: &'static str| {
        let is_chosen = move || (wish.mode.get() == mode).then_some("on");
        view! {
            <label class="choice">
                <input type="radio" name="mode" value=mode.word() prop:checked=is_chosen on:change=move |_| wish.set_mode(mode) />
                <span><b>{mode.word()}</b>" "{words}</span>
            </label>
        }
    };
    let shown = move || {
        wish.plan.with(|plan| match plan {
            Loaded::Loading => view! { <p class="muted">"Asking what would happen \u{2026}"</p> }.into_html(),
            Loaded::Failed(error) => view! {
                <p class="dialog__wrong">{format!("The plan could not be had: {error}")}</p>
                <button class="button button--small" on:click=move |_| wish.read_plan()>"Ask again"</button>
            },
            Loaded::Ready(plan) => ready(plan, &noun, pick.filter(|pick| pick.is_there.get())),
        })
    };
    // Somebody who comes by a link is here before the source has said what it can do.
    let modes = memo(move || wish.modes());
    let choices = move || {
        let each = |mode: &ResumeMode| choice(*mode, text::resume_mode(*mode));
        modes.get().iter().map(each).collect::<Vec<El>>()
    };
    view! {
        <fieldset class="choices"><legend>"Which"</legend>
            {choices}
        </fieldset>
        {shown}
    }
}

fn ready(plan: &ResumePlan, noun: &str, pick: Option<Pick>) -> Html {
    let totals: Vec<El> = PlanVerb::ALL
        .into_iter()
        .map(|verb| {
            let count = text::count(plan.total(verb) as u64);
            view! { <span>{verb.word()}" "<b data-plan-total=verb.word()>{count}</b></span> }
        })
        .collect();
    let rows: Vec<El> = plan.steps.iter().map(|step| row(step, pick)).collect();
    let warnings: Vec<El> = plan
        .warnings
        .iter()
        .map(|words| view! { <p class="notice">{words.as_str()}</p> })
        .collect();
    let by_hand = (!plan.command.is_empty()).then(|| {
        view! {
            <p class="muted">"The same by hand:"</p>
            <pre class="dialog__code" tabindex="0" role="group" aria-label="The same by hand">{text::command(&plan.command)}</pre>
        }
    });
    view! {
        <p class="plan__total" role="status">{text::plan_total(plan, noun)}</p>
        <p class="plan__totals muted">{totals}</p>
        {warnings}
        <div class="plan__room" tabindex="0" role="region" aria-label="Plan">
            <table class="table plan"><thead><tr><th scope="col">{text::heading(noun)}</th><th scope="col">"Plan"</th><th scope="col">"Why"</th></tr></thead><tbody>{rows}</tbody></table>
        </div>
        {by_hand}
    }
}

fn row(step: &PlanStep, pick: Option<Pick>) -> El {
    let choice = pick.map(|pick| pick.choice(&step.key));
    let word = if step.plan == PlanVerb::Unknown {
        step.raw_plan.as_str()
    } else {
        step.plan.word()
    };
    view! {
        <tr data-step-key=step.key.as_str() data-plan=step.plan.word()>
            <th scope="row">{choice}{step.key.as_str()}</th><td>{word}</td><td>{step.reason.as_str()}</td>
        </tr>
    }
}
