//! Histories that the user opens from disk, or drops on the page: sources for as long as the page lives.

use std::cell::OnceCell;
use std::rc::Rc;

use leptos::prelude::Owner;
use runboard_core::backend::registry;
use runboard_core::lazy_fn;
use runboard_core::net::Transport;

use super::State;
use super::config::SourceConfig;
use super::feed::feed;
use super::sources::{ConfigState, Source};
use super::{host_clock, task};
use crate::browser::disk::DiskFile;
pub use crate::browser::pick::{Picked, ask, dropped};

thread_local! {
    /// What sources belong to.
    static OWNER: OnceCell<Owner> = const { OnceCell::new() };
}

lazy_fn!(
    history,
    fn transport(file: Picked) -> Rc<dyn Transport> {
        Rc::new(DiskFile(file))
    }
);

/// Remembers what sources belong to: not to the page that opens them, which may be left.
pub(super) fn keep(owner: Owner) {
    OWNER.with(|first| {
        // A second start would be a second app in one page.
        let _ = first.set(owner);
    });
}

/// One more source; when the code for it does not load, the sources' page says so.
pub fn open_file(state: State, file: Picked) {
    let name = file.name();
    task::spawn(async move {
        let Ok(transport) = transport(file).await else {
            return state.sources.problems.update(|problems| {
                let words = [&name, ": the code that reads files did not load"].concat();
                problems.push(words);
            });
        };
        let count = state.sources.list.with_untracked(Vec::len);
        let id = match state.sources.find(&name) {
            Some(_) => [&name, " ", &(count + 1).to_string()].concat(),
            None => name,
        };
        let config = SourceConfig {
            name: id.clone(),
            kind: "history".into(),
            // Whatever it is called, it is a file of lines.
            url: ["blob:", &id].concat(),
            id,
            actions: false,
            settings: registry::Settings::default(),
        };
        let backend = registry::open(
            &config.kind,
            &config.url,
            &config.settings,
            transport,
            host_clock(),
        );
        let Some(owner) = OWNER.with(|owner| owner.get().cloned()) else {
            return;
        };
        owner.with(move || {
            let source = Source::new(count as u16, config, backend);
            state.sources.list.update(|list| list.push(source.clone()));
            state.sources.config.set(ConfigState::Ready);
            feed(state, source);
        });
    });
}
