//! The one fold: events in any order and any number of times give the same run and the same steps.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use runboard_core::model::fold::{
    EventKind, RunDetail, RunEvent, count, replace_steps, upsert_steps,
};
use runboard_core::model::{Phase, Run, Step, Timestamp};

fn kind() -> impl Strategy<Value = EventKind> {
    let phase = || prop::sample::select(Phase::ALL.to_vec());
    let key = || {
        prop::sample::select(vec!["extract", "transform", "load", "report"]).prop_map(String::from)
    };
    let reason = || prop::option::of(Just("because".to_string()));
    prop_oneof![
        (phase(), prop::option::of(0_i64..3), reason()).prop_map(|(phase, exit_code, reason)| {
            EventKind::Run {
                phase,
                raw_status: phase.word().into(),
                exit_code,
                reason,
            }
        }),
        prop::collection::vec(key(), 0..5).prop_map(|steps| EventKind::Plan { steps }),
        (
            key(),
            1_u32..4,
            phase(),
            prop::option::of(0_i64..3),
            reason()
        )
            .prop_map(|(key, attempt, phase, exit_code, reason)| {
                EventKind::Step {
                    key,
                    attempt,
                    phase,
                    raw_status: phase.word().to_uppercase(),
                    exit_code,
                    reason,
                }
            }),
    ]
}

/// Events of one run, each at its own place in the run's history.
fn history() -> impl Strategy<Value = Vec<RunEvent>> {
    prop::collection::vec(
        (
            kind(),
            1_u64..50,
            prop::option::weighted(0.9, 0_i64..1_000_000),
        ),
        0..40,
    )
    .prop_map(|events| {
        let mut position = 0;
        let place = |(kind, step, at): (EventKind, u64, Option<i64>)| {
            position += step;
            RunEvent {
                position,
                at: at.map(Timestamp),
                kind,
            }
        };
        events.into_iter().map(place).collect()
    })
}

fn fold(events: &[RunEvent]) -> (Run, Vec<Step>) {
    let mut detail = RunDetail::new(Run::new("r1", "job"));
    for event in events {
        detail.apply(event);
    }
    assert_eq!(detail.counts(), count(&detail.steps()));
    (detail.run.clone(), detail.steps())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn shuffled_and_doubled_events_give_the_same_run_and_steps(
        (events, twisted) in history().prop_flat_map(|events| {
            let doubled: Vec<RunEvent> = events.iter().chain(events.iter().step_by(2)).cloned().collect();
            (Just(events), Just(doubled).prop_shuffle())
        })
    ) {
        prop_assert_eq!(fold(&twisted), fold(&events));
    }

    #[test]
    fn steps_stand_in_one_order_and_once_each(events in history()) {
        let (run, steps) = fold(&events);
        for (place, step) in steps.iter().enumerate() {
            prop_assert_eq!(step.position as usize, place);
            prop_assert!(!run.phase.is_terminal() || !step.phase.is_active());
            prop_assert!(step.attempts.is_sorted_by_key(|attempt| attempt.number));
        }
        let mut keys: Vec<&str> = steps.iter().map(|step| step.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), steps.len());
    }

    #[test]
    fn snapshots_of_steps_may_come_late_and_twice(versions in prop::collection::vec((0_usize..4, 0_u64..6), 0..30).prop_shuffle()) {
        // A step's text is given by its version, so that the newest of each is what must stand.
        let step = |place: usize, version: u64| {
            let mut step = Step::queued(format!("step_{place}"), place as u32);
            step.version = version;
            step.reason = Some(format!("version {version}"));
            step
        };
        let mut steps = Vec::new();
        for (place, version) in versions.iter().chain(versions.iter().rev()) {
            upsert_steps(&mut steps, vec![step(*place, *version)]);
        }
        let newest = |place: usize| versions.iter().filter(|(at, _)| *at == place).map(|(_, version)| *version).max();
        let expected: Vec<Step> = (0..4).filter_map(|place| newest(place).map(|version| step(place, version))).collect();
        prop_assert_eq!(steps, expected);
    }

    /// Many at once give what one by one gives, also where steps change their places.
    #[test]
    fn news_of_steps_in_pieces_of_any_size(
        news in prop::collection::vec((0_u32..30, 0_u32..40, 0_u64..3), 0..120),
        size in 1_usize..40,
    ) {
        let made: Vec<Step> = news.iter().map(|(name, position, version)| {
            let mut step = Step::queued(format!("step_{name}"), *position);
            step.version = *version;
            step
        }).collect();
        let (mut singly, mut pieces) = (Vec::new(), Vec::new());
        for step in &made {
            upsert_steps(&mut singly, vec![step.clone()]);
        }
        for piece in made.chunks(size) {
            upsert_steps(&mut pieces, piece.to_vec());
        }
        prop_assert!(singly.is_sorted_by_key(|step| (step.position, step.key.clone())));
        prop_assert_eq!(singly, pieces);
    }
}

/// A dynamic step is one until it runs, and then it is its instances.
#[test]
fn all_steps_replace_those_that_were_known() {
    let of = |keys: &[&str], version| -> Vec<Step> {
        let steps = keys.iter().zip(0..).map(|(key, place)| {
            let mut step = Step::queued(*key, place);
            step.version = version;
            step
        });
        steps.collect()
    };
    let keys =
        |steps: &[Step]| -> Vec<String> { steps.iter().map(|step| step.key.clone()).collect() };
    let mut steps = of(&["fan_out", "work[?]", "fan_in"], 1);
    replace_steps(
        &mut steps,
        of(&["fan_out", "work[k0]", "work[k1]", "fan_in"], 2),
    );
    assert_eq!(keys(&steps), ["fan_out", "work[k0]", "work[k1]", "fan_in"]);
    // What comes late takes nothing away.
    replace_steps(&mut steps, of(&["fan_out"], 1));
    assert_eq!(steps.len(), 4);
    replace_steps(&mut steps, of(&["fan_out"], 2));
    assert_eq!(keys(&steps), ["fan_out"]);
}
