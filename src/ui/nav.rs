//! [`Nav`]: the route as a signal, kept in step with the page's address and its history.

use std::cell::OnceCell;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::route::Route;
use crate::browser::page;

/// Where the user is, and how to go elsewhere.
#[derive(Clone, Copy)]
pub struct Nav {
    pub route: RwSignal<Route>,
    /// Short words for a moment.
    pub said: RwSignal<String>,
    /// What the open page tells the tab's title: on a run's page, its status and job.
    pub title: RwSignal<String>,
    /// Counts how often the open page was asked to begin anew.
    pub renewed: RwSignal<u64>,
}

thread_local! {
    static NAV: OnceCell<Nav> = const { OnceCell::new() };
}

impl Nav {
    /// Reads the address and hears Back, Forward and clicks on our own links.
    pub fn start() -> Nav {
        let nav = Nav {
            route: RwSignal::new(read()),
            said: RwSignal::new(String::new()),
            title: RwSignal::new(String::new()),
            renewed: RwSignal::new(0),
        };
        let back = page::on_window("popstate", move |_| nav.route.set(read()));
        let click = page::on_document("click", move |event| nav.on_click(&event));
        StoredValue::new_local((back, click));
        // A second start would be a second app in one page.
        NAV.with(|first| {
            let _ = first.set(nav);
        });
        nav
    }

    pub fn get() -> Nav {
        #[expect(
            clippy::expect_used,
            reason = "the app starts it before any page is made"
        )]
        NAV.with(|nav| nav.get().copied().expect("Nav::start comes first"))
    }

    /// Says something for a moment, to screen readers too.
    pub fn say(self, words: impl Into<String>) {
        let words = words.into();
        self.said.set(words.clone());
        let gone = crate::state::clock::pause(std::time::Duration::from_secs(4));
        crate::state::task::spawn(async move {
            gone.await;
            if self.said.with_untracked(|said| *said == words) {
                self.said.set(String::new());
            }
        });
    }

    /// Goes there, with a step in the history.
    pub fn go(self, route: Route) {
        page::go(&route.href(), false);
        self.route.set(route);
    }

    /// Makes the open page anew: what it has read and opened ends, and begins again.
    pub fn renew(self) {
        self.renewed.update(|count| *count += 1);
    }

    /// Changes the route in place: filters and switches leave no trail of half-typed words.
    pub fn change(self, change: impl FnOnce(&mut Route)) {
        let mut route = self.route.get_untracked();
        change(&mut route);
        if self.route.with_untracked(|old| *old != route) {
            page::go(&route.href(), true);
            self.route.set(route);
        }
    }

    /// A plain click on a link that begins with `?` stays in the page; every other click is the browser's.
    fn on_click(self, event: &web_sys::Event) {
        let Some(click) = event.dyn_ref::<web_sys::MouseEvent>() else {
            return;
        };
        if event.default_prevented()
            || click.button() != 0
            || click.ctrl_key()
            || click.meta_key()
            || click.shift_key()
            || click.alt_key()
        {
            return;
        }
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a[href^='?']").ok().flatten());
        if let Some(href) = link.and_then(|link| link.get_attribute("href")) {
            event.prevent_default();
            let (query, hash) = href
                .trim_start_matches('?')
                .split_once('#')
                .unwrap_or((href.trim_start_matches('?'), ""));
            self.go(Route::parse(query, hash));
        }
    }
}

fn read() -> Route {
    let (query, hash) = page::location();
    Route::parse(&query, &hash)
}
