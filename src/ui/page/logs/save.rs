//! "Download JSON" of the log: the lines that are shown, written in slices, for they may be a million.

use std::time::Duration;

use crate::ui::html::{El, view};
use leptos::prelude::*;
use runboard_core::store::download;

use super::view::{number_at, rows_of};
use super::{LogPage, captured};
use crate::browser::page;
use crate::state::clock::pause;
use crate::state::run_detail::RunDetail;
use crate::state::task::Task;
use crate::ui::nav::Nav;
use crate::ui::page::run::{file_name, in_name};
use crate::ui::route::Tab;

/// Lines that are written in one go.
const SLICE: u64 = 5_000;

pub(super) fn save_json(log: LogPage, detail: &RunDetail) -> El {
    let nav = Nav::get();
    let id = detail.id.clone();
    let name = match log.captured {
        Some(captured) => [&in_name(&id), "-", captured::name(captured.stream), ".json"].concat(),
        None => file_name(&id, Tab::Logs),
    };
    let task: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let save = move || {
        let (name, id) = (name.clone(), id.clone());
        let tail = nav.route.with_untracked(|route| route.part.tail);
        // What comes while it is written is not in it.
        let (rows, skipped) = untrack(|| {
            log.log
                .with(|store, select, _| rows_of(store, select, tail))
        });
        task.set_value(Some(Task::spawn(async move {
            let mut parts = Vec::new();
            let mut at = 0;
            while at < rows || at == 0 {
                let end = (at + SLICE).min(rows);
                parts.push(untrack(|| {
                    log.log.with(|store, select, _| {
                        let mut numbers =
                            (at..end).filter_map(|row| number_at(select, row + skipped));
                        download::log_lines(&id, store, &mut numbers)
                    })
                }));
                at += SLICE;
                if at < rows {
                    pause(Duration::ZERO).await;
                }
            }
            page::download_parts(&download::joined(parts), "application/json", &name);
        })));
    };
    view! { <button class="button button--small" on:click=move |_| save()>"Download JSON"</button> }
}
