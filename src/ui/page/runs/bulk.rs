//! What can be done to several runs at once: a bar below the list while runs are chosen, and a dialog with a result for each.

use runboard_core::backend::Action;
use runboard_core::model::Run;

use crate::state::State;
use crate::state::actions::{Deed, is_offered, takes_reasons};
use crate::state::bulk::{Bulk, Outcome};
use crate::state::reactive::{RwSignal, memo};
use crate::state::sources::Source;
use crate::ui::html::{El, ElRef, Html, IntoHtml, value_of, view};
use crate::ui::part::dialog;
use crate::ui::part::table::{Cell, words_table};
use crate::ui::text;

/// The bar; nothing while no run is chosen.
pub(super) fn bulk() -> Html {
    let state = State::get();
    let open: RwSignal<Option<Deed>> = RwSignal::new(None);
    let count = memo(move || state.selection.runs.with(Vec::len));
    let is_any = memo(move || count.get() > 0);
    // A source says something all the time, and the buttons keep their focus meanwhile.
    let deeds = memo(move || {
        state.selection.runs.track();
        [Deed::Terminate, Deed::Delete]
            .map(|deed| any_source(state, &|source| is_offered(source, deed)).then_some(deed))
    });
    let button = move |deed: Deed| view! { <button class="button button--small" on:click=move |_| open.set(Some(deed))>{[deed.verb(), " \u{2026}"].concat()}</button> };
    let buttons = move || {
        let deeds = deeds.get().into_iter().flatten();
        deeds.map(button).collect::<Vec<_>>()
    };
    let bar = move || {
        is_any.get().then(|| view! {
            <div class="bulk" role="group" aria-label="Chosen runs">
                <b>{move || text::counted(count.get() as u64, "run", "runs")}" chosen"</b>
                {buttons}
                <button class="button button--small button--quiet" on:click=move |_| state.selection.clear()>"Choose none"</button>
            </div>
        })
    };
    let asking = move || open.get().map(|deed| ask(state, deed, open));
    view! { {bar}{asking} }
}

/// Whether it is so with the source of any chosen run.
fn any_source(state: State, test: &dyn Fn(&Source) -> bool) -> bool {
    let chosen = state.selection.runs.get_untracked();
    let mut sources = chosen
        .into_iter()
        .filter_map(|(index, _)| state.sources.at(index));
    sources.any(|source| test(&source))
}

fn terminate(run: &Run, immediate: bool) -> Result<Action, &'static str> {
    match run.phase.is_terminal() {
        true => Err("it is over"),
        false => Ok(Action::Terminate { immediate }),
    }
}

fn delete(run: &Run, force: bool) -> Result<Action, &'static str> {
    let goes_on = !run.phase.is_terminal() && !run.is_unfinished();
    match goes_on && !force {
        true => Err("it still goes on"),
        false => Ok(Action::Delete { force: goes_on }),
    }
}

fn ask(state: State, deed: Deed, open: RwSignal<Option<Deed>>) -> El {
    let hardest: fn() -> Action = match deed {
        Deed::Delete => || Action::Delete { force: true },
        _ => || Action::Terminate { immediate: true },
    };
    let work = Bulk::new(state.selection.runs.get_untracked(), hardest);
    let is_hard = RwSignal::new(false);
    let node = ElRef::new();
    let rows = move || {
        let row = |((index, id), outcome): &((u16, String), Outcome)| {
            let run = state.runs.with_table_now(|table| {
                let row = table.find(*index, id)?;
                table.get(row)
            });
            let source = state.sources.at(*index);
            let words = match outcome {
                Outcome::Waiting => String::new(),
                Outcome::Busy => "asking \u{2026}".into(),
                Outcome::Done(words) => ["done: ", words].concat(),
                Outcome::Not(words) => ["not done: ", words].concat(),
            };
            vec![
                Cell::Text(id.clone()),
                Cell::Text(run.as_ref().map(|run| run.job.clone()).unwrap_or_default()),
                Cell::Text(source.map_or(String::new(), |source| source.config.name.clone())),
                Cell::Text(run.as_ref().map(text::run_status).unwrap_or_default()),
                Cell::Text(words),
            ]
        };
        work.rows.with(|rows| rows.iter().map(row).collect())
    };
    let waiting = memo(move || {
        work.rows.with(|rows| {
            rows.iter()
                .filter(|(_, outcome)| *outcome == Outcome::Waiting)
                .count()
        })
    });
    // Some sources change records only, and that is another thing to agree to.
    let only_marks = work.rows.with_untracked(|rows| {
        let marks = |((index, _), _): &((u16, String), Outcome)| {
            let source = state.sources.at(*index);
            source.is_some_and(|source| source.can_now(|can| can.only_marks))
        };
        rows.iter().any(marks)
    });
    let what = match deed {
        Deed::Delete => "All records of these runs are removed. This cannot be undone.",
        _ => "These runs are asked to end.",
    };
    let hard = match (deed, only_marks) {
        (Deed::Delete, false) => "also those that still go on: they are ended first",
        (Deed::Delete, true) => {
            "also those that still go on: their processes go on without a record"
        }
        (_, false) => "at once: they are killed, without being asked",
        (_, true) => "at once: they are marked as canceled, whatever their processes do",
    };
    let can_kill = |source: &Source| source.can_now(|can| can.terminate_immediate);
    let has_hard = deed == Deed::Delete || any_source(state, &can_kill);
    let has_reason = deed == Deed::Terminate && any_source(state, &takes_reasons);
    // Another wish: what was not done may be done now.
    let turn = move |_| {
        is_hard.update(|on| *on = !*on);
        work.again();
    };
    let confirm = move |_| match deed {
        Deed::Delete => work.confirm(delete, is_hard.get_untracked()),
        _ => work.confirm(terminate, is_hard.get_untracked()),
    };
    let words = move || match (work.is_busy.get(), waiting.get()) {
        (true, _) => "Asking \u{2026}".to_string(),
        (false, count) => [
            deed.verb(),
            " ",
            &text::counted(count as u64, "run", "runs"),
        ]
        .concat(),
    };
    let is_idle = move || work.is_busy.get() || waiting.get() == 0;
    let body = view! {
        <p>{what}</p>
        {has_hard.then(|| view! { <label class="choice"><input type="checkbox" on:change=turn /><span>{hard}</span></label> })}
        {has_reason.then(|| view! { <label class="wish">"reason"<input class="field" type="text" autocomplete="off" on:input=move |event| work.reason.set(value_of(&event)) /></label> })}
        {words_table("Chosen runs and what became of them", &["Run", "Job", "Source", "Status", "Result"], rows)}
        <div class="dialog__end">
            <form method="dialog"><button class="button" autofocus="">{move || if waiting.get() == 0 { "Close" } else { "Cancel" }}</button></form>
            <button class="button button--danger" disabled=is_idle on:click=confirm>{words}</button>
        </div>
    };
    let count = work.rows.with_untracked(Vec::len) as u64;
    let title = format!("{} {}?", deed.verb(), text::counted(count, "run", "runs"));
    let closed = move || {
        open.set(None);
        // What was done is chosen no longer.
        let done = |run: &(u16, String)| {
            work.rows.with_untracked(|rows| {
                let is_done = |(other, outcome): &((u16, String), Outcome)| {
                    other == run && matches!(outcome, Outcome::Done(_))
                };
                rows.iter().any(is_done)
            })
        };
        state
            .selection
            .runs
            .update(|runs| runs.retain(|run| !done(run)));
    };
    dialog::dialog(node, title, body.into_html(), closed)
}
