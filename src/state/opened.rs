//! Histories that the user opens from disk, or drops on the page: sources for as long as the page lives.

use std::cell::OnceCell;
use std::rc::Rc;

use leptos::prelude::{Owner, Set as _, Update as _, WithUntracked as _};
use runboard_core::backend::registry;
use runboard_core::net::Transport;

use super::State;
use super::config::SourceConfig;
use super::feed::feed;
use super::sources::{ConfigState, Source};
pub use crate::browser::disk::DiskFile;

thread_local! {
    /// What sources belong to.
    static OWNER: OnceCell<Owner> = const { OnceCell::new() };
}

/// Remembers what sources belong to: not to the page that opens them, which may be left.
pub(super) fn keep(owner: Owner) {
    OWNER.with(|first| {
        // A second start would be a second app in one page.
        let _ = first.set(owner);
    });
}

/// One more source.
pub fn open_file(state: State, file: DiskFile) {
    let name = file.name();
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
    };
    let transport: Rc<dyn Transport> = Rc::new(file);
    let backend = registry::open(&config.kind, &config.url, transport);
    let Some(owner) = OWNER.with(|owner| owner.get().cloned()) else {
        return;
    };
    owner.with(move || {
        let source = Source::new(count as u16, config, backend);
        state.sources.list.update(|list| list.push(source.clone()));
        state.sources.config.set(ConfigState::Ready);
        feed(state, source);
    });
}
