//! [`EventPick`]: which of the held events a filter takes, kept up to date in slices while events come at both ends.

use std::collections::VecDeque;

use super::event::EventMatcher;
use super::event_log::EventLog;

/// The numbers of the events that a filter takes, in order.
#[derive(Clone, Debug, Default)]
pub struct EventPick {
    matcher: EventMatcher,
    numbers: VecDeque<u64>,
    /// The first and the last number that were looked at.
    seen: Option<(u64, u64)>,
    before: i64,
}

impl EventPick {
    pub fn new(matcher: EventMatcher) -> EventPick {
        EventPick {
            matcher,
            ..EventPick::default()
        }
    }

    /// Looks at all events anew, after some came between those that were looked at.
    pub fn reset(&mut self) {
        self.numbers.clear();
        self.seen = None;
    }

    /// Looks at up to `budget` events that were not looked at yet, the newest first; `true` when none is left.
    pub fn advance(&mut self, log: &EventLog, budget: usize) -> bool {
        let (Some(first), Some(last)) = (log.first(), log.last()) else {
            self.reset();
            return true;
        };
        while self.numbers.front().is_some_and(|number| *number < first) {
            self.numbers.pop_front();
            self.before -= 1;
        }
        // What was looked at and is gone leaves nothing to build on.
        let (mut low, mut high) = match self.seen {
            Some((low, high)) if high >= first => (low.max(first), high),
            _ => (last + 1, last),
        };
        let mut left = budget;
        let mut place = log.place_of(high + 1);
        while left > 0
            && let Some(event) = log.get(place)
        {
            if self.matcher.matches(event) {
                self.numbers.push_back(event.n);
            }
            (high, place, left) = (event.n, place + 1, left - 1);
        }
        let mut place = log.place_of(low);
        while left > 0
            && let Some(event) = place.checked_sub(1).and_then(|place| log.get(place))
        {
            if self.matcher.matches(event) {
                self.numbers.push_front(event.n);
                self.before += 1;
            }
            (low, place, left) = (event.n, place - 1, left - 1);
        }
        self.seen = Some((low, high));
        low <= first && high >= last
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number of the event in a row.
    pub fn get(&self, row: usize) -> Option<u64> {
        self.numbers.get(row).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.numbers.iter().copied()
    }

    /// The row of an event, or of the first one behind it.
    pub fn row_of(&self, number: u64) -> usize {
        self.numbers.partition_point(|other| *other < number)
    }

    /// How many rows came at the beginning, less those that went there: what stood in a row moved on by the difference.
    pub fn before(&self) -> i64 {
        self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::event::{EventFilter, RunEvent};

    fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<RunEvent> {
        let event = |n: u64| RunEvent {
            n,
            kind: if n.is_multiple_of(3) {
                "STEP_START"
            } else {
                "LOSS"
            }
            .into(),
            ..RunEvent::default()
        };
        numbers.map(event).collect()
    }

    fn steps() -> EventPick {
        let filter = EventFilter {
            kinds: vec!["step_*".into()],
            ..EventFilter::default()
        };
        EventPick::new(filter.compile(Timestamp(0), 0).unwrap())
    }

    #[test]
    fn both_ends_grow_and_the_beginning_goes() {
        let mut log = EventLog::new(30);
        let mut pick = steps();
        assert!(pick.advance(&log, 5) && pick.is_empty());
        log.take(events(41..=50));
        while !pick.advance(&log, 3) {}
        assert_eq!(pick.iter().collect::<Vec<_>>(), [42, 45, 48]);
        let before = pick.before();
        log.take(events(31..=40));
        assert!(pick.advance(&log, 100));
        assert_eq!((pick.get(0), pick.before() - before), (Some(33), 3));
        log.take(events(51..=70));
        while !pick.advance(&log, 4) {}
        assert_eq!(
            pick.iter().collect::<Vec<_>>(),
            [42, 45, 48, 51, 54, 57, 60, 63, 66, 69]
        );
        assert_eq!((pick.row_of(50), pick.before() - before), (3, 0));
        // Everything that was looked at goes at once.
        log.take(events(171..=200));
        while !pick.advance(&log, 7) {}
        assert_eq!((pick.len(), pick.get(0)), (10, Some(171)));
    }

    #[test]
    fn a_hole_that_is_filled_is_looked_at_after_a_reset() {
        let mut log = EventLog::default();
        let mut pick = steps();
        log.take(events(1..=3));
        log.take(events(9..=9));
        assert!(pick.advance(&log, 100));
        log.take(events(4..=8));
        pick.reset();
        assert!(pick.advance(&log, 100));
        assert_eq!(pick.iter().collect::<Vec<_>>(), [3, 6, 9]);
    }
}
