//! Runs that were chosen in the list, and one thing done to all of them: one after the other, each with its own result.

use runboard_core::backend::{Action, BackendError};
use runboard_core::model::Run;

use super::State;
use super::actions::{Deed, abort, is_offered, new_key, take, takes_reasons};
use super::reactive::RwSignal;
use super::sources::Source;
use super::task;

/// A run by the number of its source and its id.
pub type Chosen = (u16, String);

/// The chosen runs, in the order in which they were chosen.
#[derive(Clone, Copy)]
pub struct Selection {
    pub runs: RwSignal<Vec<Chosen>>,
}

impl Selection {
    pub(super) fn new() -> Selection {
        Selection {
            runs: RwSignal::new(Vec::new()),
        }
    }

    /// Tracked.
    pub fn holds(self, source: u16, id: &str) -> bool {
        self.runs.with(|runs| {
            runs.iter()
                .any(|(other, run)| *other == source && run == id)
        })
    }

    pub fn toggle(self, source: u16, id: &str) {
        self.runs.update(|runs| {
            let old = runs.len();
            runs.retain(|(other, run)| *other != source || run != id);
            if runs.len() == old {
                runs.push((source, id.to_string()));
            }
        });
    }

    pub fn clear(self) {
        self.runs.set(Vec::new());
    }
}

/// Whether something can be done to runs of any source from here. Tracked.
pub fn is_any_offered(state: State) -> bool {
    let offered =
        |source: &Source| is_offered(source, Deed::Terminate) || is_offered(source, Deed::Delete);
    state.sources.list.with(|list| list.iter().any(offered))
}

/// What became of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Waiting,
    Busy,
    /// In the source's words.
    Done(String),
    /// It was not done, and why.
    Not(String),
}

/// The deed, run by run.
#[derive(Clone, Copy)]
pub struct Bulk {
    pub rows: RwSignal<Vec<(Chosen, Outcome)>>,
    pub is_busy: RwSignal<bool>,
    /// Why runs are to end, for sources that want to know.
    pub reason: RwSignal<String>,
    /// The deed in the form that has the least against it.
    hardest: fn() -> Action,
}

/// What is known of a run before anybody asks for it: what speaks against the deed in any form.
fn outlook((index, id): &Chosen, hardest: &Action) -> Outcome {
    let words = || {
        let state = State::get();
        let run = found(state, *index, id)?;
        let backend = state.sources.at(*index)?.backend().ok()?;
        backend.objection(&run, hardest)
    };
    words().map_or(Outcome::Waiting, |words| Outcome::Not(words.into()))
}

/// The run, if it is still in the list.
fn found(state: State, index: u16, id: &str) -> Option<Run> {
    state.runs.with_table_now(|table| {
        let row = table.find(index, id)?;
        table.get(row)
    })
}

impl Bulk {
    /// Belongs to the current owner.
    pub fn new(runs: Vec<Chosen>, hardest: fn() -> Action) -> Bulk {
        let rows = runs.into_iter().map(|run| {
            let outlook = outlook(&run, &hardest());
            (run, outlook)
        });
        Bulk {
            rows: RwSignal::new(rows.collect()),
            is_busy: RwSignal::new(false),
            reason: RwSignal::new(String::new()),
            hardest,
        }
    }

    /// What was not done waits again, if it can be done at all.
    pub fn again(self) {
        let hardest = (self.hardest)();
        self.rows.update(|rows| {
            for (run, outcome) in rows {
                if matches!(outcome, Outcome::Not(_)) {
                    *outcome = outlook(run, &hardest);
                }
            }
        });
    }

    fn put(self, place: usize, outcome: Outcome) {
        self.rows.update(|rows| {
            if let Some(row) = rows.get_mut(place) {
                row.1 = outcome;
            }
        });
    }

    /// Does it to all that wait, each once. `action` says what is to be done to a run, or why not.
    pub fn confirm(self, action: fn(&Run, bool) -> Result<Action, &'static str>, is_hard: bool) {
        let state = State::get();
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        let reason = self.reason.get_untracked();
        task::spawn(async move {
            let rows = self.rows.get_untracked();
            for (place, ((index, id), outcome)) in rows.into_iter().enumerate() {
                if outcome != Outcome::Waiting {
                    continue;
                }
                self.put(place, Outcome::Busy);
                let outcome = one(state, index, &id, action, is_hard, reason.clone()).await;
                self.put(place, outcome);
            }
            self.is_busy.try_set(false);
        });
    }
}

async fn one(
    state: State,
    index: u16,
    id: &str,
    action: fn(&Run, bool) -> Result<Action, &'static str>,
    is_hard: bool,
    reason: String,
) -> Outcome {
    let run = found(state, index, id);
    let Some((run, source)) = run.zip(state.sources.at(index)) else {
        return Outcome::Not("it is no longer in the list".into());
    };
    let action = match action(&run, is_hard) {
        Ok(action) => action,
        Err(words) => return Outcome::Not(words.into()),
    };
    let backend = match source.backend() {
        Ok(backend) => backend,
        Err(error) => return Outcome::Not(error),
    };
    if let Some(words) = backend.objection(&run, &action) {
        return Outcome::Not(words.into());
    }
    let answer = match action {
        Action::Terminate { immediate: false } if takes_reasons(&source) => {
            backend.order(&abort(id, reason))
        }
        action => backend.act(id, &action, &new_key()),
    };
    match answer.await {
        Ok(answer) => Outcome::Done(take(&source, id, answer.value).message),
        Err(BackendError::Refused(words)) => Outcome::Not(words),
        Err(error) if error.is_passing() => {
            Outcome::Not(format!("no answer, so nobody can tell: {error}"))
        }
        Err(error) => Outcome::Not(error.to_string()),
    }
}
