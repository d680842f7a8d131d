//! The shell: bar, truth line, the page, help; and the keys that work everywhere.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::nav::Nav;
use super::page;
use super::part::source_strip::SourceStrip;
use super::route::{Route, View};
use super::text;
use super::title;
use crate::browser::page::on_window;
use crate::state::State;
use crate::state::clock::offset_minutes;

/// Puts the app into the page's body.
pub fn mount() {
    leptos::mount::mount_to_body(App);
}

/// Short words for a moment, said to screen readers too.
#[derive(Clone, Copy)]
pub struct Toast(RwSignal<String>);

impl Toast {
    pub fn get() -> Toast {
        expect_context::<Toast>()
    }

    pub fn say(self, words: impl Into<String>) {
        let words = words.into();
        self.0.set(words.clone());
        let gone = crate::state::clock::pause(std::time::Duration::from_secs(4));
        leptos::task::spawn_local(async move {
            gone.await;
            if self.0.with_untracked(|said| *said == words) {
                self.0.set(String::new());
            }
        });
    }
}

#[component]
fn App() -> impl IntoView {
    let state = State::start();
    let nav = Nav::start();
    let toast = Toast(RwSignal::new(String::new()));
    let help = NodeRef::new();
    provide_context(state);
    provide_context(nav);
    provide_context(toast);
    title::keep(state, nav);
    let keys = on_window("keydown", move |event| {
        if let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() {
            on_key(event, nav, help);
        }
    });
    StoredValue::new_local(keys);
    let view = Memo::new(move |_| nav.route.with(|route| route.view));
    view! {
        <div class="app">
            {move || (view.get() != View::Wall).then(|| view! { <Bar help=help /><SourceStrip /> })}
            <main class="page" id="main" tabindex="-1">
                {move || match view.get() {
                    View::Runs => view! { <page::runs::RunsPage /> }.into_any(),
                    View::Run => view! { <page::run::RunPage /> }.into_any(),
                    View::Stats => view! { <page::stats::StatsPage /> }.into_any(),
                    View::Wall => view! { <page::wall::WallPage /> }.into_any(),
                    View::Sources => view! { <page::sources::SourcesPage /> }.into_any(),
                }}
            </main>
            <div class="toast" role="status" aria-live="polite">{move || toast.0.get()}</div>
            <Help node=help />
        </div>
    }
}

#[component]
fn Bar(help: NodeRef<leptos::html::Dialog>) -> impl IntoView {
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
    let theme = state.prefs.theme;
    view! {
        <header class="bar">
            <a class="bar__name" href=Route::default().href()>
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 0l8 8-8 8-8-8z" /></svg>
                {move || state.sources.title.get().unwrap_or_else(|| "Runboard".into())}
            </a>
            <nav class="bar__nav" aria-label="Pages">{link(View::Runs, "Runs")}{link(View::Stats, "Statistics")}{link(View::Wall, "Wall")}{link(View::Sources, "Sources")}</nav>
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
            <button class="button button--small button--quiet" aria-label="Keys and help" on:click=move |_| open(help)>"?"</button>
        </header>
    }
}

fn open(help: NodeRef<leptos::html::Dialog>) {
    if let Some(dialog) = help.get_untracked().filter(|dialog| !dialog.open()) {
        // Fails only on a dialog that is no longer in the page.
        let _ = dialog.show_modal();
    }
}

#[component]
fn Help(node: NodeRef<leptos::html::Dialog>) -> impl IntoView {
    const KEYS: [(&str, &str); 9] = [
        ("j k", "next and previous row (or the arrow keys)"),
        ("Enter", "open the row"),
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

fn on_key(event: &web_sys::KeyboardEvent, nav: Nav, help: NodeRef<leptos::html::Dialog>) {
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
        "?" => open(help),
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
