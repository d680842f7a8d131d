//! What the app knows, as signals. No DOM: pages read from here, and every command to a backend goes through here.

pub mod actions;
pub mod beside;
pub mod bulk;
pub mod captured;
pub mod clock;
pub mod complete;
pub mod config;
pub mod deed;
pub mod event_tail;
pub mod export;
pub mod feed;
pub mod gather;
mod informed;
pub mod launch;
pub mod log_tail;
pub mod look_ahead;
pub mod notes;
pub mod opened;
pub mod prefs;
pub mod reactive;
mod read_list;
pub mod recall;
mod resuming;
mod run_age;
pub mod run_detail;
pub mod run_list;
mod run_news;
pub mod run_part;
pub mod run_rows;
pub mod session;
pub mod sources;
pub mod step_log;
pub mod step_look;
pub mod step_stats;
pub mod task;
pub mod tasks;
pub mod urgent;
pub mod version;

use std::cell::OnceCell;
use std::rc::Rc;

use crate::state::reactive::RwSignal;
use runboard_core::net::{Clock, Transport};

use crate::browser::clock::BrowserClock;
use crate::browser::transport::FetchTransport;

/// The whole state; one handle that is copied freely.
#[derive(Clone, Copy)]
pub struct State {
    pub now: RwSignal<runboard_core::model::Timestamp>,
    /// Nobody can see the tab.
    pub hidden: RwSignal<bool>,
    pub sources: sources::Sources,
    pub runs: run_list::RunList,
    pub rows: run_rows::RunRows,
    pub selection: bulk::Selection,
    pub prefs: prefs::Prefs,
    pub session: session::Session,
}

thread_local! {
    static STATE: OnceCell<State> = const { OnceCell::new() };
}

impl State {
    /// Starts the clock, reads the configuration and begins to follow every source.
    pub fn start() -> State {
        let now = clock::ticking();
        let hidden = clock::hidden();
        let runs = run_list::RunList::new(now);
        let state = State {
            now,
            hidden,
            sources: sources::Sources::new(),
            runs,
            rows: run_rows::RunRows::new(runs),
            selection: bulk::Selection::new(),
            prefs: prefs::Prefs::load(),
            session: session::Session::start(),
        };
        feed::start(state);
        // A second start would be a second app in one page.
        STATE.with(|first| {
            let _ = first.set(state);
        });
        state
    }

    /// The state that [`State::start`] made.
    pub fn get() -> State {
        #[expect(
            clippy::expect_used,
            reason = "the app starts it before any page is made"
        )]
        STATE.with(|state| state.get().copied().expect("State::start comes first"))
    }
}

/// The browser's clock as the core wants it.
pub fn host_clock() -> Rc<dyn Clock> {
    Rc::new(BrowserClock)
}

/// The browser's `fetch` as the core wants it.
pub fn host_transport() -> Rc<dyn Transport> {
    Rc::new(FetchTransport)
}
