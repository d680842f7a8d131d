//! A page of the list by another order than time. All that matches is looked at for it.

use std::cmp::Reverse;

use runboard_core::model::Run;

use super::State;
use super::by_id::ById;
use super::list::{Entry, ListPage, ListQuery, Order, PageKey};

/// A run's place: what it is ordered by, and behind that the newest first.
type Place = (String, Reverse<(i64, ById<String>)>);

impl State {
    pub(super) fn sorted(&self, query: &ListQuery, deep: bool) -> ListPage {
        // Durations stand in the lines of a history, not in its columns.
        let deep = deep || query.order == Order::Duration;
        let mut scratch = Run::new("", "");
        let mut all: Vec<(Place, Entry<'_>)> = Vec::new();
        for ((at, ById(id)), entry) in self.ordered(Order::NewestFirst, None) {
            let key = match entry {
                Entry::Folder(run) => query.matcher.matches(run).then(|| key(run, query.order)),
                Entry::Line(number) => self.lines.row(number).and_then(|row| {
                    let run = if deep {
                        scratch = self.lines.run(row).0;
                        &scratch
                    } else {
                        self.lines.columns(row, &mut scratch);
                        &scratch
                    };
                    query.matcher.matches(run).then(|| key(run, query.order))
                }),
            };
            if let Some(key) = key {
                all.push(((key, Reverse((at, ById(id.to_string())))), entry));
            }
        }
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let total = all.len() as u64;
        let from = query.behind.as_ref().map(|key| {
            let word = key.word.clone().unwrap_or_default();
            (word, Reverse((key.at, ById(key.id.clone()))))
        });
        let mut rest = all
            .into_iter()
            .filter(|(place, _)| from.as_ref().is_none_or(|from| place > from));
        let (mut runs, mut last) = (Vec::new(), None);
        for (place, entry) in rest.by_ref().take(query.limit) {
            runs.extend(self.run_of(entry));
            last = Some(place);
        }
        let more = rest.next().is_some();
        let next = last
            .filter(|_| more)
            .map(|(word, Reverse((at, ById(id))))| PageKey {
                at,
                id,
                word: Some(word),
            });
        ListPage {
            runs,
            next,
            total: Some(total),
        }
    }
}

/// The text by which a run is ordered.
fn key(run: &Run, order: Order) -> String {
    match order {
        Order::Job => run.job.clone(),
        Order::Status => run.phase.word().to_string(),
        _ => {
            // The longest first; what has no end yet behind all others.
            let ended = run.ended_at.zip(run.started_at.or(run.created_at));
            let length = ended.map_or(0, |(end, start)| end.0.saturating_sub(start.0).max(0));
            format!("{:020}", i64::MAX - length)
        }
    }
}
