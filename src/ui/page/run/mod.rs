//! One run: header with the answer to "why", and the tabs.

mod actions;
mod afresh;
mod again;
mod event_detail;
mod event_tools;
mod events;
mod head;
mod lineage;
mod made;
mod mark;
mod markdown;
mod notes;
mod overview;
mod pick;
mod plan;
mod raw;
mod resolve;
mod resume;
mod save;
mod stats;
mod step_panel;
mod step_row;
mod step_tools;
mod steps;
mod timeline;
mod unknown;

use crate::state::reactive::{Memo, effect, memo};
use crate::ui::html::{El, ElRef, IntoHtml, view};
use leptos::prelude::*;
use runboard_core::backend::{BackendError, Capabilities, Logs};

pub(in crate::ui) use self::again::{no_tag, tags};
use self::events::events;
pub(in crate::ui) use self::head::copy;
use self::head::head;
use self::lineage::lineage;
use self::overview::overview;
use self::raw::raw;
use self::resolve::{Resolved, resolve};
use self::resume::resume;
pub(in crate::ui) use self::save::{file_name, in_name};
use self::stats::stats;
use self::steps::steps;
use self::timeline::timeline;
use self::unknown::unknown;
use crate::state::State;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::sources::Source;
use crate::ui::nav::Nav;
use crate::ui::page::logs::logs;
use crate::ui::part::narrow::narrow;
use crate::ui::part::panel::panel;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

pub fn run_page() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let asked = memo(move || {
        nav.route.with(|route| {
            (
                route.source.clone(),
                route.run.clone().unwrap_or_default(),
                route.filter.clone(),
            )
        })
    });
    let resolved =
        memo(move || asked.with(|(source, run, filter)| resolve(state, source, run, filter)));
    // A page has a heading also while there is no run to name.
    let in_place = |part: El| view! { <h1 class="visually-hidden">"Run"</h1>{part} };
    view! {
        {move || match resolved.get() {
            Resolved::Waiting => in_place(panel("Looking for the run \u{2026}", "", "", ())),
            Resolved::One { source, id } => match state.sources.at(source) {
                Some(source) => one_run(source, id).into_html(),
                None => ().into_html(),
            },
            Resolved::Several(choices) => in_place(several(choices)),
            Resolved::Unknown(words) => in_place(unknown((NONE, words), asked.with_untracked(|asked| asked.1.clone()), None, None)),
        }}
    }
}

/// A prefix that fits several runs: all of them, to choose from.
fn several(choices: Vec<(u16, String)>) -> El {
    let state = State::get();
    let links: Vec<_> = choices
        .into_iter()
        .filter_map(|(source, id)| Some((state.sources.at(source)?.config.id.clone(), id)))
        .map(|(source, id)| {
            let href = Route::to_run(&source, &id, Tab::Overview).href();
            view! { <li><a class="mono" href=href>{id}</a>" "<span class="muted">{source}</span></li> }
        })
        .collect();
    panel(
        "Several runs begin like this".to_string(),
        "",
        "",
        view! { <ul>{links}</ul> },
    )
}

fn one_run(source: Source, id: String) -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let detail = StoredValue::new_local(RunDetail::open(state.runs, source.clone(), id.clone()));
    let detail = move || detail.get_value();
    let run = detail().run;
    effect(move || {
        let words = run.with(|run| {
            run.ready()
                .map(|run| format!("{} {}", text::run_status(run), run.job))
        });
        nav.title.set(words.unwrap_or_default());
    });
    let tab = memo(move || nav.route.with(|route| route.tab));
    let is_still = move || detail().is_still(state.now.get());
    let failed = memo(move || {
        run.with(|run| match run {
            Loaded::Failed(error) => Some(error.clone()),
            Loaded::Loading | Loaded::Ready(_) => None,
        })
    });
    let lost = detail().lost;
    // Somebody who comes by a link is here before the source has said what it does not tell.
    let shown = memo(move || (tab.get(), is_told(&detail(), tab.get())));
    view! {
        <article class="page run" data-source=source.config.id.clone() data-run-id=id.clone() data-stale=move || is_still().to_string()>
            {move || match failed.get() {
                Some(error) => view! {
                    <h1 class="visually-hidden">"Run"</h1>
                    {no_run(error, detail())}
                },
                None => view! {
                    {move || lost.get().map(|error| view! {
                        <p class="notice" role="status">{format!("Not current: the source is {error}. What is shown is what was last heard; trying again.")}</p>
                    })}
                    {head(detail())}
                    {notes::notes(detail().notes)}
                    {tabs(tab)}
                    <div class="panel" role="tabpanel" id="tabpanel" aria-label=move || tab.get().word()>
                        {move || match shown.get() {
                            (Tab::Overview, _) => overview(detail()).into_html(),
                            (Tab::Steps, _) => steps(detail()).into_html(),
                            (Tab::Timeline, _) => timeline(detail()),
                            (Tab::Events, is_told) => events(detail(), is_told),
                            (Tab::Logs, is_told) => {
                                detail().open_log();
                                logs(detail(), is_told)
                            }
                            (Tab::Stats, is_told) => stats(detail(), is_told),
                            (Tab::Resume, is_told) => resume(detail(), is_told),
                            (Tab::Lineage, is_told) => lineage(detail(), is_told),
                            (Tab::Raw, is_told) => raw(detail(), is_told),
                        }}
                    </div>
                }
                .into_html(),
            }}
        </article>
    }
}

/// The source tells what a tab shows, or has not said that it does not. Tracked.
fn is_told(detail: &RunDetail, tab: Tab) -> bool {
    let tells = |able: Capabilities| match tab {
        Tab::Events => able.events,
        Tab::Logs => able.logs != Logs::None,
        Tab::Stats => able.stats,
        Tab::Resume => able.resume || able.resume_plan,
        Tab::Lineage => able.lineage,
        Tab::Raw => able.raw,
        Tab::Overview | Tab::Steps | Tab::Timeline => true,
    };
    detail.source.able().is_none_or(tells)
}

const NONE: &str = "There is no such run";

/// Instead of a run that the source did not give.
fn no_run(error: BackendError, detail: RunDetail) -> El {
    if let BackendError::NotFound(missing) = &error {
        let end = ["/", &detail.id].concat();
        let named = missing.nearest.iter().filter(|id| id.ends_with(&end));
        let source = &detail.source.config.name;
        let words = match named.count() {
            // Some say more than that, on several lines, which stand around the table of the runs that they offer.
            0 | 1 => {
                let said = text::first_line(&missing.detail);
                let words = format!("{source} has no run {}. It says: {said}", detail.id);
                (NONE, words)
            }
            _ => ("Which run?", format!("{source}: {}", missing.detail)),
        };
        return unknown(words, detail.id, Some(detail.source), Some(missing.clone()));
    }
    let all = view! { <a class="button" href=Route::default().href()>"All runs"</a> };
    panel("This run could not be read", error.to_string(), "", all)
}

/// So much of its neighbours is seen beside the open tab, in pixels.
const EDGE: f64 = 24.0;

fn tabs(tab: Memo<Tab>) -> impl IntoHtml {
    let nav = Nav::get();
    let href = move |to: Tab| {
        nav.route.with(|route| {
            let run = route.run.clone();
            Route {
                view: route.view,
                source: route.source.clone(),
                run,
                tab: to,
                filter: route.filter.clone(),
                ..Route::default()
            }
            .href()
        })
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => Tab::ALL.len() - 1,
            _ => return,
        };
        event.prevent_default();
        let at = Tab::ALL
            .iter()
            .position(|other| *other == tab.get_untracked())
            .unwrap_or(0);
        if let Some(next) = Tab::ALL.get((at + step) % Tab::ALL.len()) {
            nav.change(|route| route.tab = *next);
            focus_tab(*next);
        }
    };
    // On a narrow page the bar scrolls sideways: the tab that is open is in sight, also of a window that has become narrow.
    let bar = ElRef::new();
    let narrow = narrow();
    effect(move || {
        tab.get();
        narrow.get();
        let chosen = bar
            .get()
            .and_then(|bar| Some((bar.query_selector("[aria-selected=true]").ok()??, bar)));
        if let Some((chosen, bar)) = chosen {
            let (box_of, room) = (
                chosen.get_bounding_client_rect(),
                bar.get_bounding_client_rect(),
            );
            let beyond = (box_of.right() - room.right() + EDGE).max(0.0)
                + (box_of.left() - room.left() - EDGE).min(0.0);
            bar.set_scroll_left(bar.scroll_left() + beyond as i32);
        }
    });
    view! {
        <div class="tabs" role="tablist" aria-label="Parts of the run" node_ref=bar on:keydown=on_key>
            {Tab::ALL.into_iter().map(|to| view! {
                <a
                    role="tab" id=format!("tab-{}", to.word()) href=move || href(to) aria-controls="tabpanel"
                    aria-selected=move || (tab.get() == to).to_string()
                    tabindex=move || if tab.get() == to { "0" } else { "-1" }
                >{to.word()}</a>
            }).collect::<Vec<_>>()}
        </div>
    }
}

fn focus_tab(tab: Tab) {
    use wasm_bindgen::JsCast as _;
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(&format!("tab-{}", tab.word())))
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // A tab that is not in the page cannot be focused.
        let _ = element.focus();
    }
}
