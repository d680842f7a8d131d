//! What the news of a run change of it.

use leptos::prelude::*;
use runboard_core::backend::follow::{FollowEvent, Link as FollowLink};
use runboard_core::backend::{LogBatch, Update};
use runboard_core::model::{Run, Step, fold};
use runboard_core::net::Clock as _;

use super::log_tail::Loading;
use super::run_detail::{Loaded, RunDetail};
use crate::browser::clock::BrowserClock;

impl RunDetail {
    /// Takes one piece of news in; `again`: the run is to be read anew.
    pub(super) fn take(&self, event: FollowEvent, again: StoredValue<bool, LocalStorage>) {
        let positioned = match event {
            FollowEvent::Link(FollowLink::Lost { error, .. } | FollowLink::Stopped(error)) => {
                self.lost.set(Some(error));
                return;
            }
            FollowEvent::Link(_) => return,
            FollowEvent::Update(positioned) => positioned,
        };
        self.contact();
        match positioned.update {
            Update::Runs(runs) => {
                if let Some(run) = runs.into_iter().find(|run| run.id == self.id) {
                    self.take_run(run);
                }
            }
            Update::Steps { run, steps, is_all } if run == self.id => {
                // Who is asked again and again tells all of them each time.
                if is_all && self.steps.with_untracked(|old| is_shown(old, &steps)) {
                    return;
                }
                // Without the steps that the changes belong to, the changes alone would pass for all of them.
                let is_first = is_all || self.tells_all_steps();
                self.steps.update(|loaded| match loaded {
                    Loaded::Ready(old) if is_all => fold::replace_steps(old, steps),
                    Loaded::Ready(old) => fold::upsert_steps(old, steps),
                    _ if is_first => *loaded = Loaded::Ready(steps),
                    _ => {}
                })
            }
            Update::Log { run, batch } if run == self.id => self.take_lines(&batch, again),
            Update::Events { run, events } if run == self.id => {
                self.events.take(events);
            }
            Update::Gap { .. } => again.set_value(true),
            Update::Problem(problem) => {
                self.notes.add(vec![problem.clone()]);
                self.source.link.update(|link| link.add_problems([problem]))
            }
            Update::Note(words) => self.notes.say(words),
            Update::Removed(_)
            | Update::Steps { .. }
            | Update::Log { .. }
            | Update::Events { .. }
            | Update::Live { .. }
            | Update::End { .. }
            | Update::Beat => {}
        }
    }

    fn contact(&self) {
        if self.lost.with_untracked(Option::is_some) {
            self.lost.set(None);
        }
        self.source
            .link
            .update(|link| link.freshness.contact(BrowserClock.now(), None));
    }

    /// An older version never replaces a newer one.
    fn take_run(&self, run: Run) {
        let is_news = self.run.with_untracked(|old| {
            old.ready()
                .is_none_or(|old| run.version >= old.version && *old != run)
        });
        if is_news {
            self.run.set(Loaded::Ready(run));
        }
    }

    fn take_lines(&self, batch: &LogBatch, again: StoredValue<bool, LocalStorage>) {
        let has_failed = self
            .log
            .loading
            .with_untracked(|loading| matches!(loading, Loading::Failed(_)));
        // Lines that come while the log could not be read would pass for its beginning.
        if has_failed && untrack(|| self.log.with(|store, _, _| store.last().is_none())) {
            return;
        }
        if self.log.append(batch).is_some() {
            // The source skipped lines that it should have sent: read the log anew rather than show a hole as whole.
            again.set_value(true);
        }
    }
}

/// The steps are those on the page, whatever version an answer has.
fn is_shown(old: &Loaded<Vec<Step>>, new: &[Step]) -> bool {
    let same = |old: &Vec<Step>| {
        let mut pairs = old.iter().zip(new);
        old.len() == new.len() && pairs.all(|(old, new)| old.shown() == new.shown())
    };
    old.ready().is_some_and(same)
}
