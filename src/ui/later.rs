//! Pages whose code comes when they are first opened (docs/adr/0007). Until it is there the page says so; when it does not load, it says why.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::{GetValue as _, LocalStorage, SetValue as _, StoredValue};
use runboard_core::lazy::NotLoaded;
use runboard_core::lazy_fn;

use super::html::{El, Html, IntoHtml, view};
use super::nav::Nav;
use super::page;
use super::part::panel::panel;
use super::route::View;
use crate::browser::page::idle;
use crate::state::State;
use crate::state::clock::pause;
use crate::state::reactive::{RwSignal, effect, memo};
use crate::state::task::{self, Task};
use crate::state::version::{self, Absence};

/// Draws a page.
type Draw = fn() -> Html;
type Load = fn() -> LocalBoxFuture<'static, Result<Draw, NotLoaded>>;

/// How long until a file that did not load is asked for again by itself: a display on a wall heals with nobody near.
const AGAIN: Duration = Duration::from_secs(10);

lazy_fn!(
    run,
    fn run() -> Draw {
        || page::run::run_page().into_html()
    }
);
lazy_fn!(
    stats,
    fn stats() -> Draw {
        || page::stats::stats_page().into_html()
    }
);
lazy_fn!(
    wall,
    fn wall() -> Draw {
        || page::wall::wall_page().into_html()
    }
);

lazy_fn!(
    tasks,
    fn tasks() -> Draw {
        page::tasks::tasks_page
    }
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unasked,
    Coming,
    Here,
    Absent(Absence),
}

/// A page whose code may not be here yet.
#[derive(Clone, Copy)]
pub struct Later {
    load: Load,
    stage: RwSignal<Stage>,
    draw: StoredValue<Option<Draw>, LocalStorage>,
}

/// All of them.
#[derive(Clone, Copy)]
pub struct Pages {
    pub run: Later,
    pub stats: Later,
    pub wall: Later,
    pub tasks: Later,
}

impl Pages {
    /// Fetches nothing at once.
    pub fn start() -> Pages {
        let pages = Pages {
            run: Later::new(|| run().boxed_local()),
            stats: Later::new(|| stats().boxed_local()),
            wall: Later::new(|| wall().boxed_local()),
            tasks: Later::new(|| tasks().boxed_local()),
        };
        pages.run.fetch_when_idle();
        pages
    }
}

impl Later {
    fn new(load: Load) -> Later {
        Later {
            load,
            stage: RwSignal::new(Stage::Unasked),
            draw: StoredValue::new_local(None),
        }
    }

    /// Once the list of a source stands and the browser has nothing to do, so that the click that comes next opens at once.
    fn fetch_when_idle(self) {
        let (state, nav) = (State::get(), Nav::get());
        let is_listed = memo(move || {
            let is_open = nav.route.with(|route| route.view == View::Runs);
            let sources = state.sources.list.get();
            is_open
                && sources
                    .iter()
                    .any(|source| source.link.with(|link| link.is_loaded))
        });
        effect(move || {
            if is_listed.get() && self.stage.get_untracked() == Stage::Unasked {
                task::spawn(async move {
                    idle().await;
                    // What nobody has asked for yet may fail in silence, and is asked for again when it is needed.
                    if self.stage.get_untracked() == Stage::Unasked && !self.load().await {
                        self.stage.set(Stage::Unasked);
                    }
                });
            }
        });
    }

    /// Whether the code is here now.
    async fn load(self) -> bool {
        if self.stage.get_untracked() == Stage::Unasked {
            self.stage.set(Stage::Coming);
        }
        let draw = (self.load)().await;
        if let Ok(draw) = draw {
            self.draw.set_value(Some(draw));
            self.stage.set(Stage::Here);
        }
        draw.is_ok()
    }

    /// Loads it, or finds out why it does not load.
    async fn need(self) {
        if !self.load().await {
            let absence = version::why_absent().await;
            self.stage.set(Stage::Absent(absence));
            if absence == Absence::NewerBuild {
                // The address is all there is to this page's state, so the newer build shows the same.
                version::reload_once();
            }
        }
    }

    /// The page, or what stands for it while its code is not here.
    pub fn page(self) -> Html {
        if let Some(draw) = self.draw.get_value() {
            return draw();
        }
        // Goes with the page: whoever has left does not wait for it any more.
        StoredValue::new_local(Task::spawn(async move {
            self.need().await;
            while self.stage.get_untracked() != Stage::Here {
                pause(AGAIN).await;
                self.need().await;
            }
        }));
        // Drawn anew only when it differs: the button keeps its focus while the file is asked for again and again.
        let stage = memo(move || self.stage.get());
        (move || match (stage.get(), self.draw.get_value()) {
            (Stage::Here, Some(draw)) => draw(),
            (Stage::Absent(absence), _) => self.absent(absence),
            _ => headed(panel("Loading this page \u{2026}", "", "", ())),
        })
        .into_html()
    }

    fn absent(self, absence: Absence) -> Html {
        let (title, text, next) = match absence {
            Absence::NewerBuild => (
                "A newer build is served",
                "This page is of an older one, whose files are gone. Loaded anew, it shows the same place in the newer one.",
                "Reload",
            ),
            Absence::NoAnswer => (
                "This page did not load",
                "Its code comes when it is first opened, and the server cannot be reached. It is asked for again every 10 seconds.",
                "Try again",
            ),
            Absence::Unknown => (
                "This page did not load",
                "Its code comes when it is first opened, and the server does not give the file, though it serves this build. Are all files of the build there? It is asked for again every 10 seconds.",
                "Try again",
            ),
        };
        let press = move |_| match absence {
            Absence::NewerBuild => version::reload(),
            _ => task::spawn(self.need()),
        };
        headed(panel(
            title,
            text,
            "",
            view! { <button class="button" on:click=press>{next}</button> },
        ))
    }
}

/// Every page has a heading, one that is not here too.
fn headed(panel: El) -> Html {
    view! { <h1 class="visually-hidden">"Runboard"</h1>{panel} }.into_html()
}
