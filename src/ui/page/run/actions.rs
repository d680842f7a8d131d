//! What can be done to the run: a button for each, and a dialog that names what will happen before anything does.

use leptos::prelude::*;
use runboard_core::backend::{Action, Capabilities};
use runboard_core::model::Run;

use super::afresh::afresh;
use super::again::again;
use super::mark::{failed, mark};
use super::plan::plan;
use crate::state::State;
use crate::state::actions::{Again, Deed, Done, ResumeMode, Standing, Wish, is_offered};
use crate::state::reactive::{Memo, RwSignal, effect, memo};
use crate::state::run_detail::RunDetail;
use crate::ui::html::{El, ElRef, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::dialog;
use crate::ui::part::facts::facts;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// Whether the deed makes sense as the run stands.
fn fits(deed: Deed, run: &Run, has_failed: bool, has_left: bool) -> bool {
    match deed {
        Deed::MarkSuccess => has_failed && (run.is_unfinished() || run.phase.is_terminal()),
        Deed::Terminate => !run.phase.is_terminal(),
        Deed::Resume => {
            run.is_unfinished()
                || (run.phase.is_terminal() && (has_left || has_failed || !run.phase.is_success()))
        }
        Deed::Reexecute | Deed::Delete => true,
    }
}

/// Whether there is a button for the deed.
pub(super) fn is_there(detail: &RunDetail, deed: Deed) -> Memo<bool> {
    let (run, source, left) = (detail.run, detail.source.clone(), detail.resuming.has_left);
    let failed = failed(detail.steps);
    memo(move || {
        // A run can succeed although steps of it failed: what marks such a step takes it up too.
        let has_failed =
            is_offered(&source, Deed::MarkSuccess) && failed.with(|keys| !keys.is_empty());
        let has_left = left.get();
        is_offered(&source, deed)
            && run.with(|run| {
                run.ready()
                    .is_some_and(|run| fits(deed, run, has_failed, has_left))
            })
    })
}

/// The buttons, and the dialog of the one that was pressed.
pub(super) fn actions(detail: RunDetail) -> El {
    // The dialog stays as it is while the run changes under it.
    let open: RwSignal<Option<Deed>> = RwSignal::new(None);
    let resuming = detail.resuming;
    let (run, source) = (detail.run, detail.source.clone());
    // What failed is nothing to begin with where nothing has.
    let is_for_assets = memo(move || {
        let is_success = run.with(|run| run.ready().is_some_and(|run| run.phase.is_success()));
        is_success && source.can(|can| can.modes.contains(&ResumeMode::Assets))
    });
    effect(move || {
        if is_for_assets.get() {
            resuming.mode.set(ResumeMode::Assets);
        }
    });
    let button = |deed: Deed| {
        let is_there = is_there(&detail, deed);
        let detail = detail.clone();
        let why = memo(move || {
            run.with(|_| ());
            detail.objection(&hardest(deed))
        });
        let words = match deed {
            Deed::Resume => "Resume \u{2026}",
            Deed::MarkSuccess => "Mark success \u{2026}",
            Deed::Reexecute => "Re-execute \u{2026}",
            Deed::Terminate => "Terminate \u{2026}",
            Deed::Delete => "Delete \u{2026}",
        };
        move || {
            is_there.get().then(|| {
                view! { <button class="button button--small" disabled=move || why.get().is_some() title=move || why.get() on:click=move |_| open.set(Some(deed))>{words}</button> }
            })
        }
    };
    let buttons: Vec<_> = Deed::ALL.into_iter().map(button).collect();
    let asking = {
        let detail = detail.clone();
        move || open.get().map(|deed| ask(&detail, deed, open))
    };
    view! { <div class="actions" role="group" aria-label="Actions">{buttons}{asking}</div> }
}

/// The deed in the form that has the least against it: what speaks against that speaks against all.
fn hardest(deed: Deed) -> Action {
    match deed {
        Deed::Terminate => Action::Terminate { immediate: true },
        Deed::Delete => Action::Delete { force: true },
        Deed::Reexecute => Action::Reexecute(Again::default()),
        Deed::Resume => Action::Resume {
            mode: ResumeMode::default(),
            token: String::new(),
            with: Again::default(),
        },
        Deed::MarkSuccess => Action::MarkSuccess {
            step: String::new(),
            token: String::new(),
        },
    }
}

/// The dialog of one deed.
pub(super) fn ask(detail: &RunDetail, deed: Deed, open: RwSignal<Option<Deed>>) -> Option<El> {
    let run = detail.run.with_untracked(|run| run.ready().cloned())?;
    let goes_on = !run.phase.is_terminal() && !run.is_unfinished();
    let wish = Wish::new(detail, deed, goes_on);
    let safe = Action::Terminate { immediate: false };
    if deed == Deed::Terminate && detail.objection(&safe).is_some() {
        wish.set_immediate(true);
    }
    let node = ElRef::new();
    let noun = detail.noun();
    let source = detail.source.config.id.clone();
    let standing = wish.standing;
    let is_busy = memo(move || standing.get() == Standing::Busy);
    let to_execute: Memo<Option<usize>> = memo(move || {
        wish.plan
            .with(|plan| plan.ready().map(|plan| plan.to_execute()))
    });
    let for_button = noun.clone();
    let confirm_words = move || match (deed, to_execute.get()) {
        _ if is_busy.get() => "Asking \u{2026}".to_string(),
        (Deed::Resume, Some(count)) if count > 0 => {
            let steps = text::counted_noun(count as u64, &for_button);
            format!("Resume {steps}")
        }
        _ => deed.verb().to_string(),
    };
    // A run that goes on is deleted only by somebody who says so a second time.
    let is_sure = RwSignal::new(!goes_on || deed != Deed::Delete);
    let is_idle = move || {
        is_busy.get()
            || !is_sure.get()
            || wish.wrong.with(Option::is_some)
            || wish.renewed.get() == Some(false)
            || (deed == Deed::Resume && to_execute.get().is_none_or(|count| count == 0))
            || (deed == Deed::MarkSuccess
                && (to_execute.get().is_none() || wish.step.with(Option::is_none)))
    };
    let what = match deed {
        Deed::Terminate if run.is_unfinished() => view! { <p>"Nobody has been heard of this run for a while. If its process still goes on, it is ended; if not, the run is only marked as stopped."</p> }.into_html(),
        Deed::Terminate => ending(wish, detail),
        Deed::Delete => deleting(detail, goes_on, is_sure),
        Deed::Reexecute => {
            let words = match run.command.is_empty() {
                true => "The same job is run again, as a new run. This run stays as it is.",
                false => "The same command is run again in its folder, as a new run with the same tags. Its environment is that of the server, not of this run, which stays as it is.",
            };
            view! { <p>{words}</p>{again(wish, detail)}{afresh(wish, detail)} }
        }
        Deed::MarkSuccess => mark(wish, failed(detail.steps), noun),
        Deed::Resume => view! { {plan(wish, noun)}{again(wish, detail)} },
    };
    let about = about(detail, &run);
    let wrong = move || match standing.get() {
        Standing::Asking => wish.wrong.get(),
        Standing::Busy => None,
        Standing::Refused(words) => Some(format!("Not done: {words}")),
        Standing::Unclear(words) => Some(text::unclear(&words, wish.is_keyed())),
    };
    let is_renewed = memo(move || wish.renewed.with(Option::is_some));
    let verb_class = if matches!(deed, Deed::Terminate | Deed::Delete) {
        "button button--danger"
    } else {
        "button button--main"
    };
    let body = view! {
        {facts(move || about.clone())}
        {what}
        <div class="dialog__end">
            <p class="dialog__wrong" role="alert">{wrong}</p>
            {move || is_renewed.get().then(|| looked_at(wish))}
            <form method="dialog"><button class="button" autofocus="">"Cancel"</button></form>
            <button class=verb_class disabled=is_idle on:click=move |_| {
                let source = source.clone();
                wish.confirm(move |done| finish(deed, node, source, done));
            }>{confirm_words}</button>
        </div>
    };
    let title = match deed {
        Deed::MarkSuccess => "Mark as done by hand?".to_string(),
        _ => format!("{} this run?", deed.verb()),
    };
    Some(dialog::dialog(node, title, body, move || open.set(None)))
}

/// What was agreed to was refused, and what would be done now is something else: one more press shall not agree to that unseen.
fn looked_at(wish: Wish) -> El {
    let is_seen = move || (wish.renewed.get() == Some(true)).then_some("on");
    view! {
        <label class="choice">
            <input type="checkbox" prop:checked=is_seen on:change=move |_| wish.renewed.update(|seen| *seen = seen.map(|seen| !seen)) />
            <span>"The plan above is a new one. I have looked at it"</span>
        </label>
    }
}

/// What the dialog is about.
fn about(detail: &RunDetail, run: &Run) -> Vec<(String, String)> {
    let mut rows = vec![
        ("run".to_string(), detail.id.clone()),
        ("job".into(), run.job.clone()),
        ("source".into(), detail.source.config.name.clone()),
        ("status".into(), text::run_status(run)),
    ];
    if !run.command.is_empty() {
        rows.push(("command".into(), text::command(&run.command)));
    }
    rows
}

/// How a run is ended: asked, or killed.
fn ending(wish: Wish, detail: &RunDetail) -> Html {
    if wish.takes_reason() {
        return view! {
            <p>"The run and all that it still does are asked to end."</p>
            <label class="wish">"reason"<input class="field" type="text" autocomplete="off" on:input=move |event| wish.reason.set(value_of(&event)) /></label>
        };
    }
    let can = |what: fn(&Capabilities) -> bool| detail.source.can_now(what);
    let (safe, immediate) = (
        can(|can| can.terminate_safe),
        can(|can| can.terminate_immediate),
    );
    let only_marks = can(|can| can.only_marks);
    let why = detail.objection(&Action::Terminate { immediate: false });
    let safe = safe && why.is_none();
    let choice = |is_immediate: bool, word: &'static str, words: &'static str| {
        let is_chosen = move || (wish.immediate.get() == is_immediate).then_some("on");
        view! {
            <label class="choice">
                <input type="radio" name="policy" value=word prop:checked=is_chosen on:change=move |_| wish.set_immediate(is_immediate) />
                <span><b>{word}</b>" "{words}</span>
            </label>
        }
    };
    let safe = safe.then(|| choice(false, "safe", "it is asked to end, and can clean up after itself; what is left after a while is killed"));
    let immediate = immediate.then(|| {
        choice(
            true,
            "immediate",
            match only_marks {
                true => "it is marked as canceled at once, whatever its processes do",
                false => "it is killed at once, with all that it started",
            },
        )
    });
    let why = why.map(|words| view! { <p class="muted">{words}</p> });
    view! { <fieldset class="choices"><legend>"How"</legend>{safe}{immediate}{why}</fieldset> }
        .into_html()
}

/// What is lost, and of a run that goes on what becomes of it.
fn deleting(detail: &RunDetail, goes_on: bool, is_sure: RwSignal<bool>) -> Html {
    let lost = "All records of this run are removed: its steps, its events and its log. This cannot be undone.";
    let own = detail.objection(&Action::Delete { force: false });
    let first = own.unwrap_or("it is killed first, then its records are removed");
    let again = goes_on.then(|| {
        view! {
            <p class="notice">{["This run still goes on: ", first, "."].concat()}</p>
            <label class="choice">
                <input type="checkbox" on:change=move |_| is_sure.update(|sure| *sure = !*sure) />
                <span>"Yes, delete it although it still goes on"</span>
            </label>
        }
    });
    view! { <p>{lost}</p>{again} }
}

/// It was done: to the new run, back to the list, or on with this one.
fn finish(deed: Deed, node: ElRef, source: String, done: Done) {
    let (nav, state) = (Nav::get(), State::get());
    dialog::close(node);
    nav.say(done.message);
    match (deed, done.new_run) {
        (Deed::Delete, _) => {
            let list = state.runs.place.get_value().map(|place| place.list);
            let link = list.unwrap_or_default();
            nav.go(Route::parse(link.trim_start_matches('?'), ""));
        }
        // Some sources go on with the same run, others make a new one of it.
        (Deed::Reexecute | Deed::Resume, Some(run)) => {
            nav.go(Route::to_run(&source, &run, Tab::Overview));
        }
        // A run that was over is followed again.
        (Deed::Resume | Deed::MarkSuccess, _) => nav.renew(),
        (Deed::Terminate | Deed::Reexecute, _) => {}
    }
}
