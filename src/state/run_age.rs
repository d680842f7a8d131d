//! Of which moment the data of a run speak.

use leptos::prelude::untrack;
use runboard_core::model::{Run, Timestamp};

use super::State;
use super::run_detail::RunDetail;

impl RunDetail {
    /// The last moment of which the data speak: what runs is as long as this. An unfinished run stands still since it was last seen.
    pub fn heard_now(&self, now: Timestamp) -> Timestamp {
        let seen = self.run.with(|run| {
            run.ready().and_then(|run| {
                if run.is_unfinished() {
                    run.last_seen_at
                } else {
                    None
                }
            })
        });
        seen.unwrap_or_else(|| self.source.heard_now(now))
    }

    /// The same of this moment; tracked only while something `ticks`.
    pub fn heard(&self, ticks: bool) -> Timestamp {
        let now = State::get().now;
        let at = || self.heard_now(now.get());
        if ticks { at() } else { untrack(at) }
    }

    /// Nothing that the page shows of this run moves: its source is silent, or the run itself shows no life.
    pub fn is_still(&self, now: Timestamp) -> bool {
        self.source.is_stale(now)
            || self
                .run
                .with(|run| run.ready().is_some_and(Run::is_unfinished))
    }
}
