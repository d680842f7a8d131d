//! Where a run's events end, which Dagster does not tell: it is asked whether there is an event behind some numbers.
//!
//! Each number costs the server as much as a round to it, so few are asked about. The events' times tell where to look: what share of the run's time had
//! passed at an event says about how many there are in all. Where events come in bursts that is wrong, and what is left is divided evenly.

use super::cursor::stored;
use super::graphql::{Server, wanted};
use super::journal::{MOST, PAGE, Range, walk};
use super::{event, open, query};
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::Timestamp;

/// So many numbers are asked about at once where nothing tells where to look.
const PROBES: u64 = 3;
/// Numbers that are asked about at first, as powers of 4 of pages, and at once when there are more.
const FIRST: u32 = 5;
/// A guess is taken to be wrong by one part in so many of what lies before it, either way.
const DOUBT: u64 = 16;

struct Search {
    /// There is an event behind this number, or it is 0.
    low: u64,
    /// There is none behind this one.
    high: u64,
    /// When the event behind `low` was, and when the one before that was which is known, with its number.
    at: Option<Timestamp>,
    before: (u64, Option<Timestamp>),
    /// When the run ended, or what time it is.
    end: Option<Timestamp>,
}

impl Search {
    /// What the last number would be if events came on as often as they did up to `low`.
    fn guess(&self) -> Option<u64> {
        let at = self.at?;
        let (passed, left) = (at.since(self.before.1?).0, self.end?.since(at).0);
        let more = (self.low - self.before.0) as f64 * left as f64 / passed as f64;
        (passed > 0 && left >= 0).then(|| self.low.saturating_add(more as u64))
    }

    /// Numbers on either side of the guess.
    fn about(&self, within: u64) -> Option<Vec<u64>> {
        let guess = self.guess()?.min(self.high);
        // Both sides of a right guess are near enough then.
        let doubt = ((guess - self.low) / DOUBT).max(within * 3 / 8);
        let points = [guess.saturating_sub(doubt), guess.saturating_add(doubt)];
        let inside = |point: &u64| self.low < *point && *point < self.high;
        let points: Vec<u64> = points.into_iter().filter(inside).collect();
        (!points.is_empty()).then_some(points)
    }

    fn even(&self) -> Vec<u64> {
        let step = (self.high - self.low).div_ceil(PROBES + 1).max(1);
        let points = (1..=PROBES).map(|count| self.low + count * step);
        points.filter(|point| *point < self.high).collect()
    }

    /// Asks whether there are events behind some numbers.
    async fn probe(
        &mut self,
        server: &Server,
        run: &str,
        points: &[u64],
    ) -> Result<(), BackendError> {
        let cursors: Vec<(u64, String)> = points
            .iter()
            .map(|point| (*point, stored(*point)))
            .collect();
        let document = query::probe(&cursors, self.low == 0);
        let answer = server.ask(&document, open::of_run(run)).await?;
        let mut problems = Problems::new();
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        if let Some(mut run) = fields.object("runOrError") {
            self.at = run.epoch("startTime");
            self.end = run.epoch("endTime").or(server.date.get());
        }
        for point in points {
            let name = ["p", &point.to_string()].concat();
            let mut page = wanted(&mut fields, &name, "EventConnection")?;
            let mut events = page.rows("events", |event, _| event::time(event));
            let cursor = page.word("cursor");
            let has = !events.is_empty();
            server.check(&cursor, *point, u64::from(has));
            match has {
                true if *point > self.low => {
                    self.before = (self.low, self.at);
                    (self.low, self.at) = (*point, events.pop().flatten());
                }
                true => {}
                false => self.high = self.high.min(*point),
            }
        }
        self.high = self.high.max(self.low);
        Ok(())
    }
}

/// A number that the run's last event has or that is less than so many before it, where places can be reckoned. It may be 0 where they cannot.
pub(super) async fn near(server: &Server, run: &str, within: u64) -> Result<u64, BackendError> {
    if let Some(n) = server.last_known(run) {
        // Nothing goes away, so only what came since is looked for.
        return Ok(n);
    }
    let mut search = Search {
        low: 0,
        high: MOST,
        at: None,
        before: (0, None),
        end: None,
    };
    let mut power: u32 = 0;
    let mut is_even = false;
    while server.is_dense.get() && search.high - search.low > within {
        let width = search.high - search.low;
        let points = if search.high == MOST {
            let at = |power: u32| (PAGE << (2 * power)).min(MOST - 1);
            power += FIRST;
            (power - FIRST..power).map(at).collect()
        } else {
            let about = search.about(within).filter(|_| !is_even);
            about.unwrap_or_else(|| search.even())
        };
        search.probe(server, run, &points).await?;
        // A guess that did no better than dividing would have is not trusted again at once.
        is_even = !is_even && search.high - search.low > width / (PROBES + 1);
    }
    Ok(search.low)
}

/// The number of a run's last event; 0 when there is none.
pub(super) async fn of(server: &Server, run: &str) -> Result<u64, BackendError> {
    let low = match server.is_dense.get() {
        true => near(server, run, PAGE).await?,
        false => 0,
    };
    loop {
        let was_dense = server.is_dense.get();
        let from = match was_dense {
            true => low,
            false => server.last_place(run),
        };
        let (range, mut nothing) = (Range::from(from), Problems::new());
        let all = &mut |_: &mut Fields<'_>, _, _: &str| true;
        let document = query::EVENTS_FILES;
        let walked = walk(server, run, document, range, &mut nothing, all).await?;
        // Where ids turned out not to be numbers, `low` is none.
        if server.is_dense.get() == was_dense {
            server.keep_last(run, walked.last);
            return Ok(walked.last);
        }
    }
}
