//! Making a run of a job: once for each confirmed wish.

use leptos::prelude::*;
use runboard_core::backend::BackendError;
pub use runboard_core::backend::Launch;

use super::State;
use super::actions::{Standing, new_key};
use super::reactive::RwSignal;
use super::sources::Source;
use super::task;

/// The sources that runs can be made at from here. Tracked.
pub fn launchers(state: State) -> Vec<Source> {
    let can = |source: &&Source| source.config.actions && source.can(|can| can.launch);
    state
        .sources
        .list
        .with(|list| list.iter().filter(can).cloned().collect())
}

/// One wish, from its dialog's opening to its closing.
#[derive(Clone, Copy)]
pub struct Making {
    pub launch: RwSignal<Launch>,
    /// The number of its source.
    pub source: RwSignal<u16>,
    pub standing: RwSignal<Standing>,
    key: StoredValue<Option<String>>,
}

impl Making {
    /// Belongs to the current owner.
    pub fn new(source: u16) -> Making {
        Making {
            launch: RwSignal::new(Launch::default()),
            source: RwSignal::new(source),
            standing: RwSignal::new(Standing::Asking),
            key: StoredValue::new(None),
        }
    }

    /// Another wish needs another key.
    pub fn change(self, change: impl FnOnce(&mut Launch)) {
        self.launch.update(change);
        self.key.set_value(None);
        self.standing.set(Standing::Asking);
    }

    /// The source does not do the same wish twice.
    pub fn is_keyed(self) -> bool {
        let source = State::get().sources.at(self.source.get_untracked());
        source.is_some_and(|source| source.can_now(|can| can.keyed))
    }

    /// The user agrees: asks once. `done` is told the source, the new run and the source's words, while the dialog is there.
    pub fn confirm(self, done: impl FnOnce(&Source, Option<String>, String) + 'static) {
        let state = State::get();
        let source = state.sources.at(self.source.get_untracked());
        let Some((source, backend)) = source.and_then(|source| {
            let backend = source.backend().ok()?;
            Some((source, backend))
        }) else {
            return;
        };
        if self.standing.get_untracked() == Standing::Busy {
            return;
        }
        let launch = self.launch.get_untracked();
        let key = self.key.get_value().unwrap_or_else(new_key);
        self.key.set_value(Some(key.clone()));
        self.standing.set(Standing::Busy);
        task::spawn(async move {
            match backend.launch(&launch, &key).await {
                Ok(answer) => {
                    let acted = answer.value;
                    let id = acted.run.as_ref().map(|run| run.id.clone());
                    if let Some(run) = acted.run {
                        state.runs.take(source.index, &[run]);
                    }
                    if self.standing.try_set(Standing::Asking) {
                        done(&source, id, acted.message);
                    }
                }
                Err(error) if error.is_passing() => {
                    self.standing.try_set(Standing::Unclear(error.to_string()));
                }
                Err(error) => {
                    let words = match error {
                        BackendError::Refused(words) => words,
                        error => error.to_string(),
                    };
                    if self.standing.try_set(Standing::Refused(words)) {
                        self.key.set_value(None);
                    }
                }
            }
        });
    }
}
