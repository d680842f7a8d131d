//! [`Timeline`]: the steps of a run as bars on a time axis, in fractions of its width. Pure layout; times become numbers here and nowhere else.

use super::{Phase, Span, Step, Timestamp};

/// One attempt, or a step whose attempts are not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Of the axis' width, 0.0 to 1.0; `to` is not before `from`.
    pub from: f64,
    pub to: f64,
    pub phase: Phase,
    /// 1-based; 0 where attempts are not known.
    pub attempt: u32,
    /// It goes on: its end is now.
    pub is_open: bool,
    /// From its start to its end, or to now.
    pub span: Span,
}

/// The bars of one step; none when it never began.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Place of the step among those that were given.
    pub step: usize,
    pub bars: Vec<Bar>,
}

/// A mark on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Of the axis' width, 0.0 to 1.0.
    pub at: f64,
    /// Time since the axis' start, as `0`, `30 s`, `1 min 30 s` or `2 h`.
    pub label: String,
}

/// Steps on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub start: Timestamp,
    pub end: Timestamp,
    /// One for each step, in the order in which they were given.
    pub lanes: Vec<Lane>,
    /// From the start on, at round distances; at most about `ticks` of them.
    pub ticks: Vec<Tick>,
}

const MILLI: i64 = 1_000;
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances that people read easily; beyond them come multiples of 7 days.
const ROUND: [i64; 31] = [
    1,
    10,
    100,
    MILLI,
    2 * MILLI,
    5 * MILLI,
    10 * MILLI,
    20 * MILLI,
    50 * MILLI,
    100 * MILLI,
    200 * MILLI,
    500 * MILLI,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
];

impl Timeline {
    /// Lays `steps` out from `begin` (the run's start; else the first step's) to the last end, or to `now` while anything goes on, with about
    /// `ticks` marks. `None` when no step has begun. Times that contradict each other are moved into the axis.
    pub fn new(
        steps: &[Step],
        begin: Option<Timestamp>,
        now: Timestamp,
        ticks: usize,
    ) -> Option<Timeline> {
        let mut start: Option<Timestamp> = None;
        let mut end: Option<Timestamp> = None;
        for step in steps {
            for (from, to, ..) in pieces(step, now) {
                start = Some(start.map_or(from, |start| start.min(from)));
                end = Some(end.map_or(to, |end| end.max(to)));
            }
        }
        let (first, end) = (start?, end?);
        let start = begin.map_or(first, |begin| begin.min(first));
        let width = end.since(start).0.max(1);
        let place = |at: Timestamp| at.since(start).0.clamp(0, width) as f64 / width as f64;
        let lane = |(index, step): (usize, &Step)| Lane {
            step: index,
            bars: pieces(step, now)
                .into_iter()
                .map(|(from, to, phase, attempt, is_open)| Bar {
                    from: place(from),
                    to: place(to),
                    phase,
                    attempt,
                    is_open,
                    span: to.since(from),
                })
                .collect(),
        };
        Some(Timeline {
            start,
            end,
            lanes: steps.iter().enumerate().map(lane).collect(),
            ticks: marks(width, ticks),
        })
    }
}

/// What of a step is drawn: start, end, phase, number of the attempt, whether it goes on.
fn pieces(step: &Step, now: Timestamp) -> Vec<(Timestamp, Timestamp, Phase, u32, bool)> {
    let piece = |from: Option<Timestamp>, to: Option<Timestamp>, phase: Phase, attempt: u32| {
        let from = from?;
        let is_open = to.is_none() && phase.is_active();
        // Something that ended without a known time is drawn as a point: nobody knows how long it took.
        let to = to.unwrap_or(if is_open { now } else { from });
        Some((from, to.max(from), phase, attempt, is_open))
    };
    let attempts: Vec<_> = step
        .attempts
        .iter()
        .filter_map(|one| piece(one.started_at, one.ended_at, one.phase, one.number))
        .collect();
    if attempts.is_empty() {
        let whole = piece(step.started_at, step.ended_at, step.phase, 0);
        return whole.into_iter().collect();
    }
    attempts
}

fn marks(width: i64, wanted: usize) -> Vec<Tick> {
    let wanted = i64::try_from(wanted.max(1)).unwrap_or(i64::MAX);
    let week = 7 * DAY;
    let apart = ROUND
        .into_iter()
        .find(|apart| width / apart <= wanted)
        .unwrap_or_else(|| (width / wanted / week + 1).saturating_mul(week));
    (0..=width / apart)
        .map(|count| Tick {
            at: (count * apart) as f64 / width as f64,
            label: label(count * apart),
        })
        .collect()
}

/// A length in its two greatest units, the second one only where there is something to say: `1 min 30 s`, `2 h`, `250 ms`.
pub fn label(micros: i64) -> String {
    const UNITS: [(i64, &str); 6] = [
        (DAY, " d"),
        (HOUR, " h"),
        (MINUTE, " min"),
        (SECOND, " s"),
        (MILLI, " ms"),
        (1, " \u{b5}s"),
    ];
    let mut text = String::new();
    let mut left = micros.max(0);
    let mut parts = 0;
    for (unit, word) in UNITS {
        let count = left / unit;
        left %= unit;
        if count > 0 {
            if parts > 0 {
                text.push(' ');
            }
            text.push_str(&count.to_string());
            text.push_str(word);
        }
        if count > 0 || parts > 0 {
            parts += 1;
        }
        if parts == 2 {
            break;
        }
    }
    if text.is_empty() {
        text.push('0');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Attempt;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_000_000_000 + seconds * SECOND)
    }

    fn attempt(number: u32, phase: Phase, from: i64, to: Option<i64>) -> Attempt {
        Attempt {
            number,
            phase,
            raw_status: String::new(),
            started_at: Some(at(from)),
            ended_at: to.map(at),
            exit_code: None,
            reason: None,
        }
    }

    #[test]
    fn attempts_are_bars_and_what_goes_on_ends_now() {
        let mut again = Step::queued("again", 0);
        again.attempts = vec![
            attempt(1, Phase::Failed, 10, Some(20)),
            attempt(2, Phase::Running, 30, None),
        ];
        let mut whole = Step::queued("whole", 1);
        (whole.phase, whole.started_at, whole.ended_at) =
            (Phase::Succeeded, Some(at(0)), Some(at(50)));
        let never = Step::queued("never", 2);
        let line = Timeline::new(&[again, whole, never], Some(at(0)), at(100), 5).unwrap();
        assert_eq!((line.start, line.end), (at(0), at(100)));
        let bars = &line.lanes[0].bars;
        assert_eq!(
            (bars[0].from, bars[0].to, bars[0].is_open),
            (0.1, 0.2, false)
        );
        assert_eq!(
            (bars[1].from, bars[1].to, bars[1].is_open),
            (0.3, 1.0, true)
        );
        assert_eq!((bars[1].attempt, bars[1].span), (2, Span::seconds(70)));
        assert_eq!(
            (line.lanes[1].bars[0].to, line.lanes[1].bars[0].attempt),
            (0.5, 0)
        );
        assert!(line.lanes[2].bars.is_empty());
        let labels: Vec<&str> = line.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0", "30 s", "1 min", "1 min 30 s"]);
        assert!((line.ticks[3].at - 0.9).abs() < 1e-9);
    }

    #[test]
    fn odd_times_stay_on_the_axis() {
        let mut turned = Step::queued("turned", 0);
        turned.attempts = vec![attempt(1, Phase::Failed, 50, Some(10))];
        let mut lost = Step::queued("lost", 1);
        lost.attempts = vec![attempt(1, Phase::Unknown, 60, None)];
        let line = Timeline::new(&[turned, lost], Some(at(55)), at(1000), 8).unwrap();
        assert_eq!((line.start, line.end), (at(50), at(60)));
        for bar in line.lanes.iter().flat_map(|lane| &lane.bars) {
            assert!((0.0..=1.0).contains(&bar.from) && bar.from <= bar.to && bar.to <= 1.0);
            assert!(!bar.is_open);
        }
        assert_eq!(Timeline::new(&[Step::queued("a", 0)], None, at(0), 5), None);
        let mut point = Step::queued("point", 0);
        (point.started_at, point.ended_at) = (Some(at(3)), Some(at(3)));
        assert_eq!(
            Timeline::new(&[point], None, at(9), 5).unwrap().ticks.len(),
            2
        );
    }

    #[test]
    fn marks_are_round_and_few_at_every_width() {
        let mut width = 1;
        while width < i64::MAX / 100 {
            let ticks = marks(width, 6);
            assert!(
                !ticks.is_empty() && ticks.len() <= 11,
                "{width}: {}",
                ticks.len()
            );
            assert!(ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.at)));
            width = width * 3 / 2 + 7;
        }
        for (micros, words) in [
            (0, "0"),
            (250, "250 \u{b5}s"),
            (1_500, "1 ms 500 \u{b5}s"),
            (90 * SECOND, "1 min 30 s"),
            (2 * HOUR, "2 h"),
            (DAY + 12 * HOUR, "1 d 12 h"),
            (DAY + 5 * MINUTE, "1 d"),
        ] {
            assert_eq!(label(micros), words);
        }
    }
}
