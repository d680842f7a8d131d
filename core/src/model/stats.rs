//! Statistics over runs: counts by outcome, by day and by job, and the lengths of those that ended.
//!
//! Percentiles are exact over all values, with linear interpolation between the two nearest ranks: what Python's
//! `statistics.quantiles(values, n=20, method="inclusive")` gives (p50 equals `statistics.median`).

use std::collections::BTreeMap;

use super::order::order;
use super::{Phase, Span, Timestamp};

/// Below this many values a percentile says more about luck than about the job.
pub const ENOUGH: usize = 5;

/// What statistics need of a run.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    pub job: &'a str,
    pub phase: Phase,
    /// The time by which the run is counted to a day.
    pub at: Option<Timestamp>,
    /// Start to end, of a run that ended.
    pub duration: Option<Span>,
}

/// Runs by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub succeeded: u64,
    /// Failed or timed out.
    pub failed: u64,
    /// Canceled, skipped, or kept from running.
    pub stopped: u64,
    /// Not over.
    pub open: u64,
    /// What its source says of its end, nobody knows to read.
    pub unknown: u64,
}

impl Outcomes {
    pub fn total(&self) -> u64 {
        self.succeeded + self.failed + self.stopped + self.open + self.unknown
    }

    /// Succeeded among those that succeeded or failed, 0.0 to 1.0; `None` when there are none of either.
    pub fn success_rate(&self) -> Option<f64> {
        let decided = self.succeeded + self.failed;
        (decided > 0).then(|| self.succeeded as f64 / decided as f64)
    }

    /// Counts one more run.
    pub fn count(&mut self, phase: Phase) {
        let slot = match phase {
            Phase::Succeeded | Phase::Recovered => &mut self.succeeded,
            Phase::Failed | Phase::TimedOut => &mut self.failed,
            Phase::Canceled | Phase::Skipped | Phase::UpstreamFailed => &mut self.stopped,
            Phase::Queued
            | Phase::Waiting
            | Phase::Starting
            | Phase::Running
            | Phase::Paused
            | Phase::Canceling => &mut self.open,
            Phase::Unknown => &mut self.unknown,
        };
        *slot += 1;
    }
}

/// The spread of lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many values there are.
    pub count: usize,
    pub p50: Span,
    pub p95: Span,
    pub max: Span,
}

/// One job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStats {
    pub job: String,
    pub outcomes: Outcomes,
    /// Over runs that ended well or badly; `None` when none has both times.
    pub spread: Option<Spread>,
    pub last_failure_at: Option<Timestamp>,
}

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01 of the clock that was asked for.
    pub number: i64,
    pub outcomes: Outcomes,
}

/// Statistics over many runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub outcomes: Outcomes,
    pub spread: Option<Spread>,
    /// Without gaps, oldest first.
    pub days: Vec<Day>,
    /// Most runs first.
    pub jobs: Vec<JobStats>,
    /// Runs without any time, which no day counts.
    pub undated: u64,
}

/// The value at `numerator / denominator` of the way through sorted values, interpolated.
fn quantile(sorted: &[i64], numerator: usize, denominator: usize) -> Option<Span> {
    let place = (sorted.len().checked_sub(1)?) * numerator;
    let (index, rest) = (place / denominator, place % denominator);
    let low = *sorted.get(index)?;
    let high = sorted.get(index + 1).copied().unwrap_or(low);
    let (rest, denominator) = (rest as i128, denominator as i128);
    let value = (i128::from(low) * (denominator - rest) + i128::from(high) * rest) / denominator;
    i64::try_from(value).ok().map(Span)
}

/// The spread of lengths, which are sorted on the way.
pub fn spread(mut values: Vec<i64>) -> Option<Spread> {
    values.sort_unstable();
    let max = Span(*values.last()?);
    Some(Spread {
        count: values.len(),
        p50: quantile(&values, 1, 2)?,
        p95: quantile(&values, 19, 20)?,
        max,
    })
}

#[derive(Debug, Default)]
struct Gathered {
    outcomes: Outcomes,
    durations: Vec<i64>,
    last_failure_at: Option<Timestamp>,
}

impl Gathered {
    fn take(&mut self, sample: &Sample<'_>) {
        self.outcomes.count(sample.phase);
        if (sample.phase.is_success() || sample.phase.is_failure())
            && let Some(duration) = sample.duration
            // An end before the begin is shown, and is no length.
            && duration.0 >= 0
        {
            self.durations.push(duration.0);
        }
        if sample.phase.is_failure() {
            self.last_failure_at = self.last_failure_at.max(sample.at);
        }
    }
}

/// At most this many days are listed; older ones are left out of `days`, not of anything else.
const DAYS: i64 = 366;

/// Statistics being gathered, run by run: a long list is gone through in slices that the caller sizes.
#[derive(Debug, Default)]
pub struct Tally {
    all: Gathered,
    jobs: BTreeMap<String, Gathered>,
    days: BTreeMap<i64, Outcomes>,
    undated: u64,
}

impl Tally {
    /// Takes one more run in; its day is that of the clock `offset_minutes` east of UTC.
    pub fn take(&mut self, sample: &Sample<'_>, offset_minutes: i32) {
        self.all.take(sample);
        match self.jobs.get_mut(sample.job) {
            Some(job) => job.take(sample),
            None => {
                let mut job = Gathered::default();
                job.take(sample);
                self.jobs.insert(sample.job.to_string(), job);
            }
        }
        match sample.at {
            Some(at) => {
                let local = at.0.saturating_add(i64::from(offset_minutes) * 60_000_000);
                let day = self.days.entry(local.div_euclid(86_400_000_000));
                day.or_default().count(sample.phase);
            }
            None => self.undated += 1,
        }
    }

    /// What was gathered.
    pub fn finish(self) -> Stats {
        // They stand by name already, which decides among equals.
        let mut jobs: Vec<(String, Gathered)> = self.jobs.into_iter().collect();
        let runs: Vec<u64> = jobs.iter().map(|(_, job)| job.outcomes.total()).collect();
        let most_first = order(jobs.len(), &|a, b| runs.get(b).cmp(&runs.get(a)));
        let mut sorted = Vec::with_capacity(jobs.len());
        for place in most_first {
            if let Some((job, gathered)) = jobs.get_mut(place) {
                sorted.push(JobStats {
                    job: std::mem::take(job),
                    outcomes: gathered.outcomes,
                    spread: spread(std::mem::take(&mut gathered.durations)),
                    last_failure_at: gathered.last_failure_at,
                });
            }
        }
        Stats {
            outcomes: self.all.outcomes,
            spread: spread(self.all.durations),
            days: without_gaps(&self.days),
            jobs: sorted,
            undated: self.undated,
        }
    }
}

/// Statistics over `samples` in one go; days are those of the clock `offset_minutes(at)` east of UTC.
pub fn stats<'a>(
    samples: impl IntoIterator<Item = Sample<'a>>,
    offset_minutes: impl Fn(Timestamp) -> i32,
) -> Stats {
    let mut tally = Tally::default();
    for sample in samples {
        tally.take(&sample, sample.at.map_or(0, &offset_minutes));
    }
    tally.finish()
}

fn without_gaps(days: &BTreeMap<i64, Outcomes>) -> Vec<Day> {
    let (Some((&first, _)), Some((&last, _))) = (days.first_key_value(), days.last_key_value())
    else {
        return Vec::new();
    };
    let first = first.max(last - DAYS + 1);
    (first..=last)
        .map(|number| Day {
            number,
            outcomes: days.get(&number).copied().unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(job: &str, phase: Phase, day: i64, seconds: i64) -> Sample<'_> {
        Sample {
            job,
            phase,
            at: Some(Timestamp(day * 86_400_000_000)),
            duration: Some(Span::seconds(seconds)),
        }
    }

    #[test]
    fn percentiles_are_those_of_python_inclusive() {
        // statistics.quantiles([1,2,4,8,16,32], n=20, method="inclusive")[18] == 28.0, median == 6.0
        let values: Vec<i64> = [32, 1, 16, 2, 8, 4]
            .map(|seconds| seconds * 1_000_000)
            .into();
        let spread = spread(values).unwrap();
        assert_eq!(
            (spread.p50, spread.p95, spread.max),
            (Span::seconds(6), Span::seconds(28), Span::seconds(32))
        );
        assert_eq!(super::spread(vec![7]).unwrap().p95, Span(7));
        assert_eq!(super::spread(Vec::new()), None);
    }

    #[test]
    fn outcomes_are_counted_by_job_and_by_day_without_gaps() {
        let samples = [
            sample("a", Phase::Succeeded, 10, 5),
            sample("a", Phase::Failed, 12, 7),
            sample("b", Phase::Running, 12, 9),
            sample("b", Phase::Canceled, 12, 1),
            Sample {
                at: None,
                ..sample("a", Phase::Unknown, 0, 1)
            },
        ];
        let stats = stats(samples, |_| 0);
        assert_eq!(
            stats.outcomes,
            Outcomes {
                succeeded: 1,
                failed: 1,
                stopped: 1,
                open: 1,
                unknown: 1
            }
        );
        assert_eq!(stats.outcomes.success_rate(), Some(0.5));
        assert_eq!(
            stats
                .days
                .iter()
                .map(|day| (day.number, day.outcomes.total()))
                .collect::<Vec<_>>(),
            [(10, 1), (11, 0), (12, 3)]
        );
        assert_eq!(
            (stats.undated, stats.jobs.len(), stats.jobs[0].job.as_str()),
            (1, 2, "a")
        );
        // What was canceled or goes on has no length that says anything about the job.
        assert_eq!(stats.jobs[0].spread.unwrap().count, 2);
        assert_eq!(stats.jobs[1].spread, None);
        assert_eq!(
            stats.jobs[0].last_failure_at,
            Some(Timestamp(12 * 86_400_000_000))
        );
    }
}
