//! The shell: bar, truth line, the page, help; and the keys that work everywhere.

use crate::state::reactive::memo;
use crate::ui::html::{El, ElRef, IntoHtml, press, view};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::later::Pages;
use super::nav::Nav;
use super::page;
use super::part::dialog;
use super::part::sign_in::{sign_in, sign_out};
use super::part::source_strip::source_strip;
use super::route::{Route, Tab, View};
use super::text;
use super::title;
use crate::browser::page::on_window;
use crate::state::State;
use crate::state::beside::any_can;
use crate::state::clock::offset_minutes;
use crate::state::opened;
use crate::state::urgent;

/// Puts the app into the page's body.
pub fn mount() {
    leptos::mount::mount_to_body(|| {
        let body = web_sys::window().and_then(|window| window.document()?.body());
        if let Some(body) = body {
            // Fails only where the body would become its own child.
            let _ = body.append_child(app().element());
        }
        // What follows the app in Leptos' eyes: nothing.
    });
}

fn app() -> El {
    let state = State::start();
    let nav = Nav::start();
    press::start();
    let later = Pages::start();
    // A run that is known by its id; which one is the latest is asked of the list.
    let is_run = |id: &Option<String>| id.as_ref().is_some_and(|id| id != "latest");
    if nav.route.with_untracked(|route| {
        route.view == View::Run && route.tab == Tab::Events && is_run(&route.run)
    }) {
        urgent::promise();
    }
    let help_node = ElRef::new();
    title::keep(state, nav);
    let keys = on_window("keydown", move |event| {
        if let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() {
            on_key(event, nav, help_node);
        }
    });
    StoredValue::new_local(keys);
    // Without this the browser leaves the page for the file.
    let hovered = on_window("dragover", |event| event.prevent_default());
    let dropped = on_window("drop", |event| {
        event.prevent_default();
        page::sources::open_files(opened::dropped(&event));
    });
    StoredValue::new_local((hovered, dropped));
    let view = memo(move || nav.route.with(|route| route.view));
    let fresh = memo(move || {
        let times = nav.renewed.get() + state.session.renewed.get();
        (view.get(), times)
    });
    view! {
        <div class="app">
            {move || (view.get() != View::Wall).then(|| view! { {bar(help_node)}{source_strip()} })}
            {sign_in()}
            <main class="page" id="main" tabindex="-1">
                {move || match fresh.get().0 {
                    View::Runs => page::runs::runs_page().into_html(),
                    View::Run => later.run.page(),
                    View::Stats => later.stats.page(),
                    View::Wall => later.wall.page(),
                    View::Tasks => later.tasks.page(),
                    View::Sources => page::sources::sources_page().into_html(),
                }}
            </main>
            <div class="toast" role="status" aria-live="polite">{move || nav.said.get()}</div>
            {help(help_node)}
        </div>
    }
}

fn bar(help: ElRef) -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    let link = move |view: View, name: &'static str| {
        let href = Route {
            view,
            ..Route::default()
        }
        .href();
        let current = move || {
            nav.route
                .with(|route| route.view == view || (view == View::Runs && route.view == View::Run))
        };
        view! { <a href=href aria-current=move || current().then_some("page")>{name}</a> }
    };
    // Only where there are any.
    let has_tasks = memo(move || any_can(state, |can| can.create));
    let theme = state.prefs.theme;
    view! {
        <header class="bar">
            <a class="bar__name" href=Route::default().href()>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 0l8 8-8 8-8-8z" /></svg>
                {move || state.sources.title.get().unwrap_or_else(|| "Runboard".into())}
            </a>
            <nav class="bar__nav" aria-label="Pages">{link(View::Runs, "Runs")}{link(View::Stats, "Statistics")}{link(View::Wall, "Wall")}{move || has_tasks.get().then(|| link(View::Tasks, "Tasks"))}{link(View::Sources, "Sources")}</nav>
            <span class="bar__space"></span>
            <span class="bar__zone" title="the zone of the times on this page: this browser's">
                {move || text::zone(offset_minutes(state.now.get()))}
            </span>
            <button
                class="button button--small button--quiet"
                title="theme: system, light, dark"
                on:click=move |_| state.prefs.set_theme(theme.get_untracked().next())
            >
                {move || format!("Theme: {}", theme.get().word())}
            </button>
            {sign_out()}
            <button class="button button--small button--quiet" aria-label="Keys and help" on:click=move |_| dialog::open(help)>"?"</button>
        </header>
    }
}

fn help(node: ElRef) -> impl IntoHtml {
    const KEYS: [(&str, &str); 10] = [
        ("j k", "next and previous row (or the arrow keys)"),
        ("Enter", "open the row"),
        (
            "x",
            "in the list: choose the run, where something can be done to several",
        ),
        (
            "Home End PgUp PgDn",
            "first and last row, a page up and down",
        ),
        ("/", "to the search field"),
        ("n N", "in a log: next and previous match"),
        ("f", "in a log: follow its end"),
        ("g r", "to the runs"),
        ("g s", "to the sources"),
        ("?", "this help"),
    ];
    view! {
        <dialog class="help" node_ref=node aria-labelledby="help-title">
            <h2 id="help-title">"Keys"</h2>
            <dl>
                {KEYS
                    .into_iter()
                    .map(|(keys, what)| {
                        let keys: Vec<_> = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> " " }).collect();
                        view! { <dt>{keys}</dt><dd>{what}</dd> }
                    })
                    .collect::<Vec<_>>()}
            </dl>
            <form method="dialog"><button class="button">"Close"</button></form>
        </dialog>
    }
}

/// Whether keys belong to a field that is being typed in.
fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| {
            element
                .closest("input, select, textarea, dialog[open]")
                .ok()
                .flatten()
                .is_some()
        })
}

fn on_key(event: &web_sys::KeyboardEvent, nav: Nav, help: ElRef) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
        return;
    }
    let go = |view| {
        nav.go(Route {
            view,
            ..Route::default()
        })
    };
    match event.key().as_str() {
        "?" => dialog::open(help),
        "/" => focus_search(event),
        "r" if event_follows_g(false) => go(View::Runs),
        "s" if event_follows_g(false) => go(View::Sources),
        "g" => {
            event_follows_g(true);
            return;
        }
        _ => return,
    }
    event.prevent_default();
}

/// Remembers `g` for the key that follows it within a second; asked with `false`, tells whether it was just pressed.
fn event_follows_g(is_g: bool) -> bool {
    thread_local! { static PRESSED: std::cell::Cell<f64> = const { std::cell::Cell::new(f64::NEG_INFINITY) }; }
    let now = crate::state::clock::monotonic_ms();
    let last = PRESSED.replace(if is_g { now } else { f64::NEG_INFINITY });
    now - last < 1000.0
}

fn focus_search(event: &web_sys::KeyboardEvent) {
    let field = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector("[data-search]").ok().flatten())
        .and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok());
    if let Some(field) = field {
        event.prevent_default();
        // A field that cannot take the focus is not on the screen.
        let _ = field.focus();
        field.select();
    }
}
