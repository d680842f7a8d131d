//! Parts of a run that are asked for when their tab is open, and again when the run has moved on: figures, family, the source's own records.

use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::{Action, Backend, BackendError, Capabilities, Logs};
use runboard_core::model::event::RunEvent;
use runboard_core::model::{Asset, Family, RunStats};
use runboard_core::net::Clock as _;
use runboard_core::net::retry::Backoff;

use super::State;
use super::feed::wait_after;
use super::notes::Notes;
use super::reactive::{RwSignal, effect};
use super::run_detail::{Loaded, RunDetail};
use super::task::Task;
use crate::browser::clock::BrowserClock;

/// A run that moves is asked about at most this often.
const PAUSE: Duration = Duration::from_secs(1);

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Stats,
    Lineage,
    Raw,
    Facts,
    Assets,
}

/// One type for all answers, so that what asks exists once.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Stats(RunStats),
    Lineage(Family),
    /// JSON as it came.
    Raw(String),
    /// What else the source tells, as names and values.
    Facts(Vec<(String, String)>),
    Assets(Vec<Asset>),
}

async fn once(
    backend: &dyn Backend,
    run: &str,
    part: Part,
    notes: Notes,
) -> Result<Answer, BackendError> {
    Ok(match part {
        Part::Stats => Answer::Stats(notes.take(backend.stats(run).await?)),
        Part::Lineage => Answer::Lineage(notes.take(backend.lineage(run).await?)),
        Part::Raw => Answer::Raw(notes.take(backend.raw(run).await?)),
        Part::Facts => Answer::Facts(notes.take(backend.facts(run).await?)),
        Part::Assets => Answer::Assets(notes.take(backend.assets(run).await?)),
    })
}

impl RunDetail {
    /// The source can do something, or has not said that it cannot.
    pub fn can(&self, what: fn(&Capabilities) -> bool) -> bool {
        let able = untrack(|| self.source.able());
        able.as_ref().is_none_or(what)
    }

    /// Its log is the run's one, and not one of each attempt of a step.
    pub(super) fn has_own_log(&self) -> bool {
        self.has_logs() && !self.tells_of_steps()
    }

    pub fn has_logs(&self) -> bool {
        self.can(|can| can.logs != Logs::None)
    }

    /// The source has said that it can do something. Tracked.
    pub fn tells(&self, what: fn(&Capabilities) -> bool) -> bool {
        self.source.can(what)
    }

    /// Why something makes no sense as the run stands, where the source says so without being asked.
    pub fn objection(&self, action: &Action) -> Option<&'static str> {
        let backend = self.source.backend().ok()?;
        self.run
            .with_untracked(|run| backend.objection(run.ready()?, action))
    }

    /// What the source tells more of the event that is open, where it does so. Belongs to the current owner.
    pub fn event_in_full(&self, open: RwSignal<Option<u64>>) -> RwSignal<Loaded<RunEvent>> {
        let full = RwSignal::new(Loaded::Loading);
        let reading: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
        let detail = self.clone();
        effect(move || {
            let wanted = open.get().filter(|_| detail.can(|can| can.event));
            let (Some(n), Ok(backend)) = (wanted, detail.source.backend()) else {
                return;
            };
            full.set(Loaded::Loading);
            let (id, notes) = (detail.id.clone(), detail.notes);
            reading.set_value(Some(Task::spawn(async move {
                full.set(match backend.event(&id, n).await {
                    Ok(event) => Loaded::Ready(notes.take(event)),
                    Err(error) => Loaded::Failed(error),
                });
            })));
        });
        full
    }

    /// Asks for a part, and again while the owner lives whenever the run, its steps or (for the family) the source's list have changed.
    /// An answer stays while the next one is awaited or cannot be had.
    pub fn ask(&self, part: Part) -> RwSignal<Loaded<Answer>> {
        let answer = RwSignal::new(Loaded::Loading);
        let Ok(backend) = self.source.backend() else {
            return answer;
        };
        let news = StoredValue::new(0_u64);
        let (run, steps, source) = (self.run, self.steps, self.source.index);
        let runs = State::get().runs;
        effect(move || {
            run.track();
            steps.track();
            if part == Part::Lineage {
                runs.changed.track();
            }
            news.update_value(|news| *news += 1);
        });
        let (id, notes) = (self.id.clone(), self.notes);
        let task = Task::spawn(async move {
            let mut backoff = Backoff::new();
            let size = || untrack(|| runs.with_table(|table| table.source_len(source)));
            loop {
                let (asked, had) = (news.get_value(), size());
                match once(backend.as_ref(), &id, part, notes).await {
                    Ok(value) => answer.set(Loaded::Ready(value)),
                    Err(error) => {
                        let again = error.is_passing() || error.is_denied();
                        let wait = wait_after(&error, &mut backoff);
                        if answer.with_untracked(|answer| answer.ready().is_none()) {
                            answer.set(Loaded::Failed(error));
                        }
                        if !again {
                            return;
                        }
                        BrowserClock.sleep(wait).await;
                        continue;
                    }
                }
                // A list that merely changes its rows brings no relatives.
                while news.get_value() == asked || part == Part::Lineage && size() == had {
                    BrowserClock.sleep(PAUSE).await;
                }
                BrowserClock.sleep(PAUSE).await;
            }
        });
        StoredValue::new_local(task);
        answer
    }
}
