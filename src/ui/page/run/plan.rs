//! What resuming a run would do, step by step, before anybody agrees.

use leptos::prelude::*;

use super::head::copy;
use super::pick::Pick;
use crate::state::actions::{
    ByHand, PlanStep, PlanVerb, Profile, ResumeMode, ResumePlan, Turning, Wish,
};
use crate::state::reactive::{Memo, effect, memo};
use crate::state::run_detail::Loaded;
use crate::ui::html::{El, ElRef, Html, IntoHtml, view};
use crate::ui::nav::Nav;
use crate::ui::part::row_keys::focus_soon;
use crate::ui::text;

/// The choice of steps, and the plan that it gives.
pub(super) fn plan(wish: Wish, noun: String) -> Html {
    plan_to_pick(wish, memo(move || noun.clone()), None)
}

/// The same with a box for each step, where steps can be chosen by hand.
pub(super) fn plan_to_pick(wish: Wish, noun: Memo<String>, pick: Option<Pick>) -> Html {
    // The page stays behind its dialogs, and the buttons of one name are one group.
    let group = if pick.is_some() { "mode" } else { "mode-asked" };
    let choice = move |mode: ResumeMode, words: &'static str| {
        let is_chosen = move || (wish.resuming.mode.get() == mode).then_some("on");
        view! {
            <label class="choice">
                <input type="radio" name=group value=mode.word() prop:checked=is_chosen on:change=move |_| wish.resuming.mode.set(mode) />
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
            Loaded::Ready(plan) => ready(wish, plan, &noun.get(), pick.filter(|pick| pick.is_there.get())),
        })
    };
    // Somebody who comes by a link is here before the source has said what it can do.
    let modes = memo(move || wish.modes());
    let nav = Nav::get();
    // In a dialog there is no switch: what is done is what is actual.
    let shown_rules = memo(move || {
        let is_promised = pick.is_some() && nav.route.with(|route| route.part.promised);
        let profile = match is_promised {
            true => Profile::Promised,
            false => Profile::Actual,
        };
        wish.takes_profiles().then_some(profile)
    });
    let choices = move || {
        let rules = shown_rules.get();
        let each = |mode: &ResumeMode| choice(*mode, text::resume_mode(*mode, rules));
        modes.get().iter().map(each).collect::<Vec<El>>()
    };
    let rules = pick.is_some().then(|| rules(wish));
    view! {
        <fieldset class="choices"><legend>"Which"</legend>
            {choices}
        </fieldset>
        {rules}
        {shown}
    }
}

/// The switch between what would really happen and what is promised, where the source tells both. It stands in the address.
fn rules(wish: Wish) -> impl IntoHtml {
    let nav = Nav::get();
    let is_there = memo(move || wish.takes_profiles());
    let profile = memo(move || {
        let is_promised = nav.route.with(|route| route.part.promised);
        match is_promised && is_there.get() {
            true => Profile::Promised,
            false => Profile::Actual,
        }
    });
    effect(move || wish.set_profile(profile.get()));
    let choice = move |own: Profile| {
        let is_chosen = move || (profile.get() == own).then_some("on");
        let choose = move |_| nav.change(|route| route.part.promised = own == Profile::Promised);
        view! {
            <label class="choice">
                <input type="radio" name="profile" value=own.word() prop:checked=is_chosen on:change=choose />
                <span><b>{own.word()}</b>" "{text::plan_profile(own)}</span>
            </label>
        }
    };
    let doubt = move || {
        (profile.get() == Profile::Promised).then(
            || view! { <p class="muted">"Shown for comparison: a resume does what is actual."</p> },
        )
    };
    move || {
        let choices = || [Profile::Actual, Profile::Promised].map(choice).into_iter();
        is_there.get().then(|| {
            view! {
                <fieldset class="choices"><legend>"By whose rules"</legend>
                    {choices().collect::<Vec<El>>()}
                    {doubt}
                </fieldset>
            }
        })
    }
}

fn ready(wish: Wish, plan: &ResumePlan, noun: &str, pick: Option<Pick>) -> Html {
    let turning = wish.turning();
    let totals: Vec<El> = PlanVerb::ALL
        .into_iter()
        .map(|verb| {
            let count = text::count(plan.total(verb) as u64);
            view! { <span>{verb.word()}" "<b data-plan-total=verb.word()>{count}</b></span> }
        })
        .collect();
    let warnings: Vec<El> = plan
        .warnings
        .iter()
        .map(|words| view! { <p class="notice">{words.as_str()}</p> })
        .collect();
    let differences = (!plan.differences.is_empty()).then(|| {
        let each: Vec<El> = plan
            .differences
            .iter()
            .map(|words| view! { <li>{words.as_str()}</li> })
            .collect();
        view! {
            <div class="notice plan__differences" role="note" aria-label="Otherwise than designed">
                <p>"What will really happen is not what its design promises:"</p>
                <ul>{each}</ul>
            </div>
        }
    });
    let suggestion = plan
        .suggestion
        .as_ref()
        .map(|words| view! { <p class="plan__suggestion">{words.as_str()}</p> });
    // Who says by what it tells lengths, and tells none of a step, has seen none.
    let is_told = !plan.expected_by.is_empty();
    let is_expected = |step: &PlanStep| (is_told || step.expected.is_some()) && is_executed(step);
    let has_expected = plan.steps.iter().any(is_expected);
    let by = match plan.expected_by.as_str() {
        "" => "the medians of earlier runs",
        by => by,
    };
    let expected = has_expected.then(|| match plan.expected() {
        Some(span) => view! { <p class="muted">"Expected to take "<b>{text::duration(span)}</b>", one after the other, by "{by}"."</p> },
        None => view! { <p class="muted">"Expected lengths: "{by}"."</p> },
    });
    let rows: Vec<El> = plan
        .steps
        .iter()
        .map(|step| row(step, pick, has_expected.then_some(is_told), turning, wish))
        .collect();
    let head = (turning != Turning::Nothing)
        .then(|| view! { <th scope="col">{text::turning(turning)}</th> });
    let column = has_expected.then(|| view! { <th scope="col">"Expected"</th> });
    let same = ByHand {
        what: match wish.is_promised() {
            true => "by hand, which does what is actual and not this",
            false => "the same by hand",
        }
        .into(),
        command: plan.command.clone(),
    };
    let lines = std::iter::once(&same)
        .filter(|same| !same.command.is_empty())
        .chain(&plan.by_hand);
    let by_hand: Vec<El> = lines.map(line).collect();
    view! {
        <p class="plan__total" role="status">{text::plan_total(plan, noun)}</p>
        <p class="plan__totals muted">{totals}</p>
        {expected}
        {suggestion}
        {warnings}
        {differences}
        <div class="plan__room" tabindex="0" role="region" aria-label="Plan">
            <table class="table plan"><thead><tr><th scope="col">{text::heading(noun)}</th><th scope="col">"Plan"</th><th scope="col">"Why"</th>{column}{head}</tr></thead><tbody>{rows}</tbody></table>
        </div>
        {by_hand}
    }
}

/// A command line to copy.
fn line(hand: &ByHand) -> El {
    let text = text::command(&hand.command);
    let copied = text.clone();
    let what = text::heading(&hand.what);
    view! {
        <div class="by-hand">
            <p class="muted">{what.clone()}":" <button class="button button--small button--quiet" aria-label=["Copy: ", &what].concat() on:click=move |_| copy(copied.clone(), "Command copied")>"Copy"</button></p>
            <pre class="dialog__code" tabindex="0" role="group" aria-label=what>{text}</pre>
        </div>
    }
}

fn is_executed(step: &PlanStep) -> bool {
    matches!(step.plan, PlanVerb::Retry | PlanVerb::Run)
}

/// How long a step takes as a rule: `20s (p50 of 7)`. Nothing of one that is not executed, a dash where nobody knows.
fn expected(step: &PlanStep, is_told: bool) -> String {
    if !is_executed(step) {
        return String::new();
    }
    let Some(expected) = step.expected else {
        return if is_told {
            "n too small (0)"
        } else {
            "\u{2013}"
        }
        .into();
    };
    let of = text::count(u64::from(expected.of));
    match (expected.p50, expected.took) {
        (Some(span), _) => [&text::duration(span), " (p50 of ", &of, ")"].concat(),
        (None, Some(span)) => [&text::duration(span), " in this run"].concat(),
        (None, None) => ["n too small (", &of, ")"].concat(),
    }
}

fn row(
    step: &PlanStep,
    pick: Option<Pick>,
    // Whether the lengths that are told are all that are known.
    has_expected: Option<bool>,
    turning: Turning,
    wish: Wish,
) -> El {
    let choice = pick.map(|pick| pick.choice(&step.key));
    let word = if step.plan == PlanVerb::Unknown {
        step.raw_plan.as_str()
    } else {
        step.plan.word()
    };
    let length = has_expected.map(|is_told| view! { <td>{expected(step, is_told)}</td> });
    let turn = (turning != Turning::Nothing).then(|| {
        let node = ElRef::new();
        // The box that was pressed is drawn anew with the plan, and keeps the focus.
        if wish
            .touched
            .with_value(|touched| touched.as_ref() == Some(&step.key))
        {
            wish.touched.set_value(None);
            focus_soon(node, "input".into());
        }
        view! { <td node_ref=node>{turn_box(wish, turning, step)}</td> }
    });
    view! {
        <tr data-step-key=step.key.as_str() data-plan=step.plan.word()>
            <th scope="row">{choice}{step.key.as_str()}</th><td>{word}</td><td>{step.reason.as_str()}</td>{length}{turn}
        </tr>
    }
}

/// The box with which the user passes over a step that would be executed, or has one executed that would not be; none where that changes nothing.
fn turn_box(wish: Wish, turning: Turning, step: &PlanStep) -> Option<El> {
    let key = step.key.clone();
    let is_turned = wish
        .resuming
        .turned
        .with_untracked(|turned| turned.contains(&key));
    let is_free = match turning {
        Turning::PassOver => is_executed(step),
        Turning::RunAgain => step.plan == PlanVerb::Skip,
        Turning::Nothing => false,
    };
    (is_turned || is_free).then(|| view! {
        <input type="checkbox" aria-label=[text::turning(turning), " ", &key].concat() prop:checked=move || is_turned.then_some("on") on:change=move |_| wish.turn(&key) />
    })
}
