//! [`Nav`]: the route as a signal, kept in step with the page's address and its history.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::route::Route;
use crate::browser::page;

/// Where the user is, and how to go elsewhere.
#[derive(Clone, Copy)]
pub struct Nav {
    pub route: RwSignal<Route>,
}

impl Nav {
    /// Reads the address and hears Back, Forward and clicks on our own links.
    pub fn start() -> Nav {
        let nav = Nav {
            route: RwSignal::new(read()),
        };
        let back = page::on_window("popstate", move |_| nav.route.set(read()));
        let click = page::on_document("click", move |event| nav.on_click(&event));
        StoredValue::new_local((back, click));
        nav
    }

    pub fn get() -> Nav {
        expect_context::<Nav>()
    }

    /// Goes there, with a step in the history.
    pub fn go(self, route: Route) {
        page::go(&route.href(), false);
        self.route.set(route);
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
