//! Above the grid: what the list is grouped by, which columns it has, and the list as a file.

use leptos::prelude::*;

use super::columns::{choice, exported, shown, toggle};
use super::launch::launch;
use crate::state::State;
use crate::state::beside::any_can;
use crate::state::export::{Format, export};
use crate::state::reactive::{Memo, memo};
use crate::state::run_rows::GroupBy;
use crate::ui::html::{El, each, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::menu::menu;
use crate::ui::text;

/// The tools; `matching` is how many runs the filters match.
pub(super) fn tools(matching: Memo<u64>) -> El {
    let state = State::get();
    let nav = Nav::get();
    let group = memo(move || nav.route.with(|route| route.group));
    let word = move || group.get().map_or("", GroupBy::word);
    let boxes = each(
        move || choice().into_iter().map(|(column, _)| column).collect(),
        |column| column.class.to_string(),
        move |column| {
            let is_shown = move || {
                let mut chosen = choice().into_iter();
                chosen
                    .any(|(one, is_shown)| is_shown && one.column == column.column)
                    .then_some("on")
            };
            view! {
                <label class="choice"><input type="checkbox" prop:checked=is_shown on:change=move |_| toggle(column.column) /><span>{column.name}</span></label>
            }
        },
    );
    let reset = move || {
        state.prefs.columns.with(Option::is_some).then(|| {
            view! { <button class="button button--small button--quiet" on:click=move |_| state.prefs.set_columns(None)>"the usual columns"</button> }
        })
    };
    let files: Vec<El> = Format::ALL
        .into_iter()
        .map(|format| {
            let name = match format {
                Format::Csv => "CSV",
                Format::Json => "JSON",
                Format::Jsonl => "JSONL",
            };
            view! { <button class="button button--small" on:click=move |_| export(state, format, &exported(&untrack(|| shown(false))))>{name}</button> }
        })
        .collect();
    let body = view! {
        <fieldset class="choices"><legend>"Columns"</legend>{boxes}</fieldset>
        {reset}
        <div class="menu__row" role="group" aria-label="Export">
            <span class="muted">{move || format!("Save {} as", text::counted(matching.get(), "run", "runs"))}</span>
            {files}
        </div>
    };
    view! {
        <span class="summary__tools">
            <label>"group by "
                <select class="field" prop:value=word on:change=move |event| {
                    let by = GroupBy::from_word(&value_of(&event));
                    nav.change(|route| route.group = by);
                }>
                    <option value="">"nothing"</option>
                    {move || GroupBy::ALL.into_iter().filter(|by| *by != GroupBy::Backfill || any_can(state, |can| can.backfills)).map(|by| {
                        let word = by.word();
                        view! { <option value=word selected=group.get() == Some(by)>{word}</option> }
                    }).collect::<Vec<_>>()}
                </select>
            </label>
            {launch()}
            {menu("list-menu", "Columns and export", body)}
        </span>
    }
}
