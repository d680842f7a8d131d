//! [`Expected`]: how long a step takes as a rule, from what it took before.

use std::cmp::Ordering;

use crate::model::order::order;
use crate::model::stats::{ENOUGH, spread};
use crate::model::{Phase, Span, Step};

/// How long a step takes as a rule: the median of its successes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// `None`: too few successes to say.
    pub p50: Option<Span>,
    /// Of how many.
    pub of: u32,
    /// What it took itself in this very run, where it succeeded and is to run again.
    pub took: Option<Span>,
}

impl Expected {
    /// From the lengths of its successes in microseconds.
    pub fn of(lengths: Vec<i64>) -> Expected {
        let of = lengths.len();
        let enough = Some(lengths).filter(|_| of >= ENOUGH);
        Expected {
            p50: enough.and_then(spread).map(|spread| spread.p50),
            of: u32::try_from(of).unwrap_or(u32::MAX),
            took: None,
        }
    }

    /// The best that is known.
    pub fn span(self) -> Option<Span> {
        self.p50.or(self.took)
    }
}

/// How long the successful attempt of a step took; `None`: it has not succeeded, or nobody tells.
pub fn success_took(step: &Step) -> Option<Span> {
    let (started, ended) = match step.attempts.last() {
        Some(last) if last.started_at.is_some() => (last.started_at, last.ended_at),
        // Several attempts whose times are not told: their sum is no length of one.
        Some(_) if step.attempts.len() > 1 => return None,
        _ => (step.started_at, step.ended_at),
    };
    let took = ended?.since(started?);
    (step.phase.is_success() && took.0 >= 0).then_some(took)
}

/// Steps of other runs of the job of a run that is to be resumed.
pub struct Earlier {
    /// The run that is to be resumed.
    pub of: String,
    /// Of how many runs they are.
    pub runs: usize,
    pub steps: Vec<Step>,
}

impl Earlier {
    /// So many of the newest runs that are over are looked at,
    pub const RUNS: usize = 10;
    /// and about so many of their steps.
    pub const STEPS: usize = 20_000;

    /// Behind words of what took so long in this run.
    pub fn words(earlier: Option<&Earlier>) -> String {
        match earlier.map_or(0, |earlier| earlier.runs) {
            0 => String::new(),
            1 => " and in another one of its job".into(),
            runs => [" and in ", &runs.to_string(), " others of its job"].concat(),
        }
    }
}

/// What steps of a run, and of earlier ones, took, by what they are one of.
pub struct Lengths<'a>(Vec<(&'a str, Expected)>);

impl<'a> Lengths<'a> {
    /// `kin` names what a step is one of: the op of a mapped step, the task of an action.
    pub fn of(
        steps: &'a [Step],
        earlier: Option<&'a Earlier>,
        kin: &dyn Fn(&'a Step) -> &'a str,
    ) -> Lengths<'a> {
        let mut all: Vec<(&str, i64)> = Vec::new();
        let earlier = earlier.map_or(&[] as &[Step], |earlier| &earlier.steps);
        for step in steps.iter().chain(earlier) {
            // What was taken over from another run took its time there.
            if step.phase == Phase::Succeeded
                && let Some(took) = success_took(step)
            {
                all.push((kin(step), took.0));
            }
        }
        let places = order(all.len(), &|a, b| match (all.get(a), all.get(b)) {
            (Some(a), Some(b)) => a.0.cmp(b.0),
            _ => Ordering::Equal,
        });
        let mut known: Vec<(&str, Expected)> = Vec::new();
        let mut lengths = Vec::new();
        let mut at = places.iter().filter_map(|place| all.get(*place)).peekable();
        while let Some((kin, length)) = at.next() {
            lengths.push(*length);
            if at.peek().is_none_or(|next| next.0 != *kin) {
                known.push((kin, Expected::of(std::mem::take(&mut lengths))));
            }
        }
        Lengths(known)
    }

    /// What is to be expected of a step, which may have succeeded itself; `None`: nothing of the kind has.
    pub fn expected(&self, kin: &str, own: Option<&Step>) -> Option<Expected> {
        let place = self.0.partition_point(|known| known.0 < kin);
        let (_, expected) = self.0.get(place).filter(|known| known.0 == kin)?;
        Some(Expected {
            took: own.and_then(success_took),
            ..*expected
        })
    }
}
