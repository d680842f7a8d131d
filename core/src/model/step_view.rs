//! [`StepView`]: which steps of a run are shown, and in which order.

use std::cmp::Ordering;

use wildmatch::WildMatch;

use super::order::order;
use super::status_term::StatusTerm;
use super::{Phase, Span, Step, Timestamp};

/// The columns by which steps can be ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepSort {
    /// The source's own order.
    #[default]
    Position,
    Key,
    Status,
    Start,
    Duration,
    Attempts,
    Reason,
}

impl StepSort {
    pub const ALL: [StepSort; 7] = [
        StepSort::Position,
        StepSort::Key,
        StepSort::Status,
        StepSort::Start,
        StepSort::Duration,
        StepSort::Attempts,
        StepSort::Reason,
    ];

    /// The word of links.
    pub fn word(self) -> &'static str {
        match self {
            StepSort::Position => "position",
            StepSort::Key => "key",
            StepSort::Status => "status",
            StepSort::Start => "start",
            StepSort::Duration => "duration",
            StepSort::Attempts => "attempts",
            StepSort::Reason => "reason",
        }
    }

    pub fn from_word(word: &str) -> Option<StepSort> {
        StepSort::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// What is asked of a run's steps. An empty list does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepView {
    /// Our phase words or the source's own, in any case.
    pub status: Vec<String>,
    /// Keys, or what people call them, with `*` and `?`.
    pub keys: Vec<String>,
    pub sort: StepSort,
    pub descending: bool,
}

/// How long a step worked, or has worked by `now` while it goes on: all its attempts together, without what lay between them (a run may be
/// resumed days later). Where the source does not tell when each attempt was, from the first start to the end.
pub fn duration(step: &Step, now: Timestamp) -> Option<Span> {
    let until = |ended: Option<Timestamp>, phase: Phase| ended.or(phase.is_active().then_some(now));
    let whole = || Some(until(step.ended_at, step.phase)?.since(step.started_at?));
    let Some((last, earlier)) = step
        .attempts
        .split_last()
        .filter(|(_, earlier)| !earlier.is_empty())
    else {
        return whole();
    };
    let mut worked = 0i64;
    let ends = earlier.iter().map(|one| (one, one.ended_at));
    for (attempt, ended) in ends.chain([(last, until(last.ended_at, last.phase))]) {
        let (Some(started), Some(ended)) = (attempt.started_at, ended) else {
            return whole();
        };
        worked = worked.saturating_add(ended.since(started).0);
    }
    Some(Span(worked))
}

/// What a step is known by: its key, and what people call it.
fn names(step: &Step) -> impl Iterator<Item = &str> {
    std::iter::once(step.key.as_str()).chain(step.name.as_deref())
}

impl StepView {
    /// The places in `steps` of those that are asked for, in order. Steps without a value stand last in both directions, and equal ones in the
    /// source's order.
    pub fn places(&self, steps: &[Step], now: Timestamp) -> Vec<usize> {
        let status: Vec<StatusTerm> = self.status.iter().map(|w| StatusTerm::new(w)).collect();
        let keys: Vec<WildMatch> = self.keys.iter().map(|key| WildMatch::new(key)).collect();
        let takes = |step: &Step| {
            let word = |term: &StatusTerm| term.matches(step.phase, &step.raw_status, false);
            (status.is_empty() || status.iter().any(word))
                && (keys.is_empty()
                    || keys
                        .iter()
                        .any(|key| names(step).any(|name| key.matches(name))))
        };
        let mut rows: Vec<(i64, usize, &Step)> = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            if takes(step) {
                rows.push((self.value(step, now), place, step));
            }
        }
        let sorted = order(rows.len(), &|a, b| {
            let (Some(a), Some(b)) = (rows.get(a), rows.get(b)) else {
                return Ordering::Equal;
            };
            let names = match self.sort {
                StepSort::Key => a.2.key.cmp(&b.2.key),
                StepSort::Reason => a.2.reason.cmp(&b.2.reason),
                _ => Ordering::Equal,
            };
            let names = if self.descending {
                names.reverse()
            } else {
                names
            };
            let position = a.2.position.cmp(&b.2.position);
            a.0.cmp(&b.0).then(names).then(position)
        });
        let place = |row: usize| rows.get(row).map(|(_, place, _)| *place);
        sorted.into_iter().filter_map(place).collect()
    }

    /// What a step is ordered by, ascending; the greatest number where there is nothing to compare.
    fn value(&self, step: &Step, now: Timestamp) -> i64 {
        let value = match self.sort {
            StepSort::Key => return 0,
            StepSort::Position => Some(i64::from(step.position)),
            StepSort::Status => Some(step.phase as i64),
            StepSort::Start => step.started_at.map(|at| at.0),
            StepSort::Duration => duration(step, now).map(|span| span.0),
            StepSort::Attempts => i64::try_from(step.attempts.len()).ok(),
            StepSort::Reason => step.reason.as_ref().map(|_| 0),
        };
        match value {
            None => i64::MAX,
            // The complement turns the order over without an overflow.
            Some(value) if self.descending => (!value).min(i64::MAX - 1),
            Some(value) => value.min(i64::MAX - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attempt, Phase};

    fn steps() -> Vec<Step> {
        let step = |place: u32, key: &str, phase: Phase, start: Option<i64>, end: Option<i64>| {
            let at = |seconds: i64| Timestamp(seconds * 1_000_000);
            let mut step = Step::queued(key, place);
            (step.phase, step.raw_status) = (phase, phase.word().into());
            (step.started_at, step.ended_at) = (start.map(at), end.map(at));
            step
        };
        let mut steps = vec![
            step(0, "load_users", Phase::Failed, Some(5), Some(9)),
            step(1, "extract", Phase::Succeeded, Some(0), Some(30)),
            step(2, "report", Phase::UpstreamFailed, None, None),
            step(3, "load_items", Phase::Running, Some(7), None),
        ];
        steps[0].raw_status = "CRASHED".into();
        steps[0].reason = Some("no space".into());
        steps[3].reason = Some("exit code 1".into());
        steps[0].attempts = vec![
            Attempt {
                number: 1,
                phase: Phase::Failed,
                raw_status: String::new(),
                started_at: None,
                ended_at: None,
                exit_code: None,
                reason: None,
            };
            2
        ];
        steps
    }

    fn places(view: &StepView) -> Vec<usize> {
        view.places(&steps(), Timestamp(20_000_000))
    }

    #[test]
    fn what_lies_between_attempts_is_no_work() {
        let at = |seconds: i64| Some(Timestamp(seconds * 1_000_000));
        let mut step = Step::queued("load", 0);
        (step.phase, step.started_at) = (Phase::Running, at(0));
        step.attempts = vec![steps()[0].attempts[0].clone(); 2];
        (step.attempts[0].started_at, step.attempts[0].ended_at) = (at(0), at(3));
        (step.attempts[1].started_at, step.attempts[1].phase) = (at(600), Phase::Running);
        let now = Timestamp(605_000_000);
        assert_eq!(duration(&step, now), Some(Span::seconds(8)));
        // An attempt without its times: the whole is all that is known.
        step.attempts[0].ended_at = None;
        assert_eq!(duration(&step, now), Some(Span::seconds(605)));
    }

    #[test]
    fn any_column_both_ways_and_nothing_last() {
        for (sort, up, down) in [
            (StepSort::Position, [0, 1, 2, 3], [3, 2, 1, 0]),
            (StepSort::Key, [1, 3, 0, 2], [2, 0, 3, 1]),
            (StepSort::Status, [3, 1, 0, 2], [2, 0, 1, 3]),
            (StepSort::Start, [1, 0, 3, 2], [3, 0, 1, 2]),
            (StepSort::Duration, [0, 3, 1, 2], [1, 3, 0, 2]),
            (StepSort::Attempts, [1, 2, 3, 0], [0, 1, 2, 3]),
            (StepSort::Reason, [3, 0, 1, 2], [0, 3, 1, 2]),
        ] {
            assert_eq!(StepSort::from_word(sort.word()), Some(sort));
            let view = |descending| StepView {
                sort,
                descending,
                ..StepView::default()
            };
            assert_eq!(places(&view(false)), up, "{sort:?}");
            assert_eq!(places(&view(true)), down, "{sort:?} descending");
        }
    }

    #[test]
    fn status_words_and_key_patterns() {
        for (status, keys, expected) in [
            ("", "", vec![0, 1, 2, 3]),
            ("failed", "", vec![0]),
            ("crashed", "", vec![0]),
            ("RUNNING,upstream_failed", "", vec![2, 3]),
            ("", "load_*", vec![0, 3]),
            ("", "load", vec![]),
            ("", "load*s,rep?rt", vec![0, 2, 3]),
            ("succeeded", "load*", vec![]),
        ] {
            let list = |text: &str| -> Vec<String> {
                text.split(',')
                    .filter(|w| !w.is_empty())
                    .map(String::from)
                    .collect()
            };
            let view = StepView {
                status: list(status),
                keys: list(keys),
                ..StepView::default()
            };
            assert_eq!(places(&view), expected, "{status} {keys}");
        }
    }
}
