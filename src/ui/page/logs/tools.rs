//! The tools over a log: filters with counts, search with next and previous, follow, copy, download.

use crate::state::reactive::memo;
use crate::ui::html::{IntoHtml, value_of, view};
use leptos::prelude::*;
use runboard_core::model::{Level, LogStream};

use super::LogPage;
use super::captured::downloads;
use super::save::save_json;
use crate::browser::page;
use crate::state::run_detail::RunDetail;
use crate::ui::nav::Nav;
use crate::ui::page::run::{copy, in_name};
use crate::ui::route_part::{joined, parts};
use crate::ui::text;

/// Goes to the next (or previous) match, from the one at hand or from where the window is.
pub(super) fn go_to_match(page: LogPage, forward: bool, from: u64) {
    let start = page.current.get_untracked().unwrap_or(if forward {
        from.saturating_sub(1)
    } else {
        from
    });
    let found = untrack(|| {
        page.log.with(|_, _, search| {
            search.and_then(|search| {
                if forward {
                    search.next_after(start)
                } else {
                    search.previous_before(start)
                }
            })
        })
    });
    if let Some(number) = found {
        page.current.set(Some(number));
        page.following.set(false);
        page.wanted.set(Some(number));
    }
}

pub fn tools(page: LogPage, detail: RunDetail) -> impl IntoHtml {
    let nav = Nav::get();
    let log = page.log;
    let step = memo(move || nav.route.with(|route| joined(&route.part.only_steps())));
    let level = memo(move || nav.route.with(|route| joined(&route.part.level)));
    let stream = memo(move || nav.route.with(|route| joined(&route.part.stream)));
    // Those that have lines here, and those that the source names: of a long log most are not here yet.
    let all = detail.steps;
    let steps = memo(move || {
        let mut names: Vec<String> = log.with(|store, _, _| {
            let names = store.steps().into_iter();
            names.map(String::from).collect()
        });
        if page.captured.is_none() {
            all.with(|all| {
                for step in all.ready().map_or(&[][..], Vec::as_slice) {
                    if !names.contains(&step.key) {
                        names.push(step.key.clone());
                    }
                }
            });
        }
        names
    });
    let of_detail = detail.clone();
    let noun = move || of_detail.noun_told();
    let for_streams = detail.clone();
    let has_streams = memo(move || !for_streams.tells(|can| can.captured));
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    let streams = [LogStream::Out, LogStream::Err, LogStream::System];
    view! {
        <div class="log__tools" role="toolbar" aria-label="Log tools">
            <label>{noun}
                <select class="field" prop:value=move || step.get() on:change=move |event| {
                    let word = value_of(&event);
                    nav.change(|route| route.part.choose_steps(parts(&word)));
                }>
                    <option value="">"all"</option>
                    {move || {
                        let chosen = step.get();
                        let name = |name: String| joined(&[name]);
                        let mut names: Vec<String> = steps.get().into_iter().map(name).collect();
                        if !chosen.is_empty() && !names.contains(&chosen) {
                            names.push(chosen.clone());
                        }
                        names.into_iter().filter(|name| !name.is_empty()).map(|name| {
                            let is_chosen = name == chosen;
                            view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
                        }).collect::<Vec<_>>()
                    }}
                </select>
            </label>
            <label>"level"
                <select class="field" prop:value=move || level.get() on:change=move |event| {
                    let word = value_of(&event);
                    nav.change(|route| route.part.level = parts(&word));
                }>
                    <option value="">"all"</option>
                    {levels.into_iter().map(|each| view! {
                        <option value=each.word() selected=move || level.get() == each.word()>
                            {move || format!("{} {}", each.word(), text::count(log.with(|store, _, _| store.level_count(each)) as u64))}
                        </option>
                    }).collect::<Vec<_>>()}
                </select>
            </label>
            {move || has_streams.get().then(|| view! { <label>"stream"
                <select class="field" prop:value=move || stream.get() on:change=move |event| {
                    let word = value_of(&event);
                    nav.change(|route| route.part.stream = parts(&word));
                }>
                    <option value="">"all"</option>
                    {streams.into_iter().map(|each| view! {
                        <option value=each.word() selected=move || stream.get() == each.word()>
                            {move || format!("{} {}", each.word(), text::count(log.with(|store, _, _| store.stream_count(each)) as u64))}
                        </option>
                    }).collect::<Vec<_>>()}
                </select>
            </label> })}
            {find(page)}
            <button
                class="button button--small" aria-pressed=move || page.following.get().to_string()
                on:click=move |_| page.following.update(|following| *following = !*following)
            >"Follow"</button>
            {copy_lines(page, detail.clone())}
            {save_json(page, &detail)}
            {page.captured.map(downloads)}
            {detail.source.backend().ok().and_then(|backend| backend.log_url(&detail.id)).map(|url| {
                let name = [&in_name(&detail.id), ".log"].concat();
                view! { <button class="button button--small" on:click=move |_| page::download_url(&url, &name)>"Download"</button> }
            })}
        </div>
    }
}

fn find(page: LogPage) -> impl IntoHtml {
    let log = page.log;
    let hits = move || {
        if page.needle.with(String::is_empty) {
            return String::new();
        }
        let current = page.current.get();
        log.with(|_, _, search| match search {
            None => String::new(),
            Some(search) => {
                let rank = current.and_then(|number| search.rank_of(number));
                match rank {
                    Some(rank) => format!(
                        "{} of {}",
                        text::count(rank as u64),
                        text::count(search.count() as u64)
                    ),
                    None => text::counted(search.count() as u64, "line", "lines"),
                }
            }
        })
    };
    let from = move || log.with(|store, _, _| store.first().unwrap_or(1));
    view! {
        <span class="log__find" role="search">
            <input
                class="field" type="search" data-search="" aria-label="Find in log" placeholder="find   /"
                on:input=move |event| {
                    page.current.set(None);
                    page.needle.set(value_of(&event));
                }
                on:keydown=move |event: web_sys::KeyboardEvent| if event.key() == "Enter" {
                    event.prevent_default();
                    go_to_match(page, !event.shift_key(), untrack(from));
                }
            />
            <span class="log__hits" role="status">{hits}</span>
            <button class="button button--small" aria-label="Previous match" on:click=move |_| go_to_match(page, false, untrack(from))>"\u{2191}"</button>
            <button class="button button--small" aria-label="Next match" on:click=move |_| go_to_match(page, true, untrack(from))>"\u{2193}"</button>
            <button
                class="button button--small" title="upper and lower case differ" aria-label="Match case"
                aria-pressed=move || (!page.any_case.get()).to_string()
                on:click=move |_| page.any_case.update(|any| *any = !*any)
            >"Aa"</button>
            <button
                class="button button--small" aria-pressed=move || page.only_matches.get().to_string()
                on:click=move |_| page.only_matches.update(|only| *only = !*only)
            >"Only matches"</button>
        </span>
    }
}

/// The lines that the address points at, exactly as printed, without the page's own columns.
fn copy_lines(page: LogPage, detail: RunDetail) -> impl IntoHtml {
    let id = StoredValue::new(detail.id);
    // Of the lines between them those that are shown: a link to lines of a step means that step's.
    let take = move |from: u64, to: u64| {
        page.log.with(|store, select, _| {
            let last = store.last().unwrap_or(0).min(to);
            store.exact(&mut (from..=last).filter(|number| select.contains(*number)))
        })
    };
    move || {
        page.marked.get().map(|(from, to)| {
            let words = if from == to { format!("Copy line {from}") } else { format!("Copy lines {from}\u{2013}{to}") };
            view! {
                <button class="button button--small" on:click=move |_| copy(untrack(|| take(from, to)), "Lines copied")>{words}</button>
                <button class="button button--small" on:click=move |_| {
                    let name = format!("{}-L{}-L{}.txt", in_name(&id.get_value()), from, to);
                    page::download_text(&untrack(|| take(from, to)), "text/plain", &name);
                }>"Save lines"</button>
            }
        })
    }
}
