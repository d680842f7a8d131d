//! [`EventLog`]: the events of one run as they arrive, by their numbers, in bounded room.

use std::collections::VecDeque;

use super::event::RunEvent;

/// So many events are held; the lowest numbers go first. An event of an ordinary length is about half a kilobyte.
pub const MAX_EVENTS: usize = 120_000;

/// The events with the highest numbers, each once, in order.
///
/// Batches may come in any order and any number of times: what is held depends only on which events were ever taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLog {
    events: VecDeque<RunEvent>,
    capacity: usize,
    lost_to: u64,
    total: u64,
}

impl Default for EventLog {
    fn default() -> EventLog {
        EventLog::new(MAX_EVENTS)
    }
}

impl EventLog {
    /// Holds at most `capacity` events, and at least one.
    pub fn new(capacity: usize) -> EventLog {
        EventLog {
            events: VecDeque::new(),
            capacity: capacity.max(1),
            lost_to: 0,
            total: 0,
        }
    }

    /// Takes events in; how many were new and found room. The first of a number stays.
    pub fn take(&mut self, batch: Vec<RunEvent>) -> usize {
        let mut added = 0;
        let batch = match self.in_front(&batch) {
            // Put in one by one, each would move all that come after it in its batch.
            true => {
                for event in batch.into_iter().rev() {
                    self.events.push_front(event);
                    added += 1;
                }
                return added;
            }
            false => batch,
        };
        for event in batch {
            self.total = self.total.max(event.n);
            let at = match self.events.back() {
                Some(last) if last.n >= event.n => {
                    self.events.partition_point(|held| held.n < event.n)
                }
                _ => self.events.len(),
            };
            if event.n <= self.lost_to || self.events.get(at).is_some_and(|held| held.n == event.n)
            {
                continue;
            }
            if self.events.len() >= self.capacity {
                if at == 0 {
                    self.lost_to = self.lost_to.max(event.n);
                    continue;
                }
                if let Some(gone) = self.events.pop_front() {
                    self.lost_to = self.lost_to.max(gone.n);
                }
                self.events.insert(at - 1, event);
            } else {
                self.events.insert(at, event);
            }
            added += 1;
        }
        added
    }

    /// Whether a batch is in order, stands before all that is held and fits in whole.
    fn in_front(&self, batch: &[RunEvent]) -> bool {
        let (Some(first), Some(own)) = (self.first(), batch.first()) else {
            return false;
        };
        let is_sorted = batch.is_sorted_by(|one, next| one.n < next.n);
        let is_before = batch.last().is_some_and(|last| last.n < first);
        let has_room = self.events.len() + batch.len() <= self.capacity;
        is_sorted && is_before && has_room && own.n > self.lost_to
    }

    /// Tells how many events the run has, as its source says.
    pub fn set_total(&mut self, total: u64) {
        self.total = self.total.max(total);
    }

    /// Events of the run in all, as far as is known.
    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The event at a place, from 0.
    pub fn get(&self, place: usize) -> Option<&RunEvent> {
        self.events.get(place)
    }

    /// The place of the event with this number, or of the first one behind it.
    pub fn place_of(&self, number: u64) -> usize {
        self.events.partition_point(|held| held.n < number)
    }

    /// The event with this number, if it is held.
    pub fn find(&self, number: u64) -> Option<&RunEvent> {
        self.get(self.place_of(number))
            .filter(|event| event.n == number)
    }

    /// In order of their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RunEvent> {
        self.events.iter()
    }

    pub fn first(&self) -> Option<u64> {
        self.events.front().map(|event| event.n)
    }

    pub fn last(&self) -> Option<u64> {
        self.events.back().map(|event| event.n)
    }

    /// The highest number that was taken and given up for want of room; 0 when none was. To be shown: what is listed is not all.
    pub fn lost_to(&self) -> u64 {
        self.lost_to
    }

    /// The last hole between numbers that are held, both ends included: what is to be asked for when no filter explains it.
    pub fn hole(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.first()?, self.last()?);
        if last - first + 1 == self.events.len() as u64 {
            return None;
        }
        let mut next = last + 1;
        for event in self.events.iter().rev() {
            if event.n + 1 < next {
                return Some((event.n + 1, next - 1));
            }
            next = event.n;
        }
        None
    }
}
