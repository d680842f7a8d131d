//! [`RunStats`]: where the time of one run went, and what it made. A figure that the source does not know is `None`, never 0.

use super::{Run, Span, Step, StepCounts, Timestamp, fold};

/// What became of a run's assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetCounts {
    pub materialized: u64,
    pub observed: u64,
    pub planned: u64,
}

/// What became of a run's checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckCounts {
    pub passed: u64,
    pub failed: u64,
}

/// Figures of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// From start to end, or to now while it goes on.
    pub duration: Option<Span>,
    /// From being asked for to being picked up.
    pub queue: Option<Span>,
    /// From being picked up to the first step.
    pub start: Option<Span>,
    /// From the first step to the end, or to now while it goes on.
    pub execution: Option<Span>,
    pub steps: Option<StepCounts>,
    pub assets: Option<AssetCounts>,
    pub checks: Option<CheckCounts>,
}

impl RunStats {
    /// What a run and its steps tell by themselves, for sources that keep no statistics. `now` is by the source's clock.
    pub fn of(run: &Run, steps: &[Step], now: Timestamp) -> RunStats {
        let end = run.ended_at.or(run
            .phase
            .is_active()
            .then(|| run.last_seen_at.unwrap_or(now)));
        // Of a run that was resumed, the times are those of the attempt that began last.
        let is_first = run.attempt <= 1;
        let first = steps
            .iter()
            .flat_map(|step| {
                let begun = step.attempts.iter().map(|attempt| attempt.started_at);
                begun.chain([step.started_at]).flatten()
            })
            .filter(|at| is_first || run.started_at.is_none_or(|started| *at >= started))
            .min();
        let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
            Some(to?.since(from?)).filter(|span| span.0 >= 0)
        };
        RunStats {
            duration: between(run.started_at, end),
            queue: between(run.created_at, run.started_at).filter(|_| is_first),
            start: between(run.started_at, first),
            execution: between(first, end),
            steps: (!steps.is_empty()).then(|| fold::count(steps)),
            assets: None,
            checks: None,
        }
    }

    /// Queue, start and execution as shares of their sum, 0.0 to 1.0 each, for a bar; `None` when none of them is known.
    pub fn shares(&self) -> Option<[f64; 3]> {
        let parts = [self.queue, self.start, self.execution]
            .map(|span| span.map_or(0, |span| span.0.max(0)));
        let all: i64 = parts.iter().fold(0, |sum, part| sum.saturating_add(*part));
        (all > 0).then(|| parts.map(|part| part as f64 / all as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;

    #[test]
    fn the_parts_add_up_and_what_is_not_known_is_none() {
        let at = |seconds: i64| Some(Timestamp(seconds * 1_000_000));
        let mut run = Run::new("r", "job");
        assert_eq!(RunStats::of(&run, &[], Timestamp(0)), RunStats::default());
        (run.created_at, run.started_at) = (at(10), at(14));
        run.phase = Phase::Running;
        let mut step = Step::queued("a", 0);
        step.started_at = at(15);
        let stats = RunStats::of(&run, &[step], Timestamp(25_000_000));
        assert_eq!(
            (stats.queue, stats.start, stats.execution, stats.duration),
            (
                Some(Span::seconds(4)),
                Some(Span::seconds(1)),
                Some(Span::seconds(10)),
                Some(Span::seconds(11))
            )
        );
        let shares = stats.shares().unwrap();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(RunStats::default().shares(), None);
    }
}
