//! The events of a run: batches in any order and any number of times give the same list, in bounded room, and what is lost is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use runboard_core::model::EventLog;
use runboard_core::model::event::RunEvent;

fn event(n: u64) -> RunEvent {
    RunEvent {
        n,
        message: format!("event {n}"),
        ..RunEvent::default()
    }
}

fn numbers(log: &EventLog) -> Vec<u64> {
    log.iter().map(|event| event.n).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn shuffled_and_doubled_batches_give_the_same(
        capacity in 1_usize..30,
        (sorted, twisted) in prop::collection::btree_set(1_u64..60, 0..50).prop_flat_map(|numbers| {
            let sorted: Vec<u64> = numbers.into_iter().collect();
            let doubled: Vec<u64> = sorted.iter().chain(sorted.iter().step_by(2)).copied().collect();
            (Just(sorted), Just(doubled).prop_shuffle())
        }),
        batch in 1_usize..9,
    ) {
        let mut straight = EventLog::new(capacity);
        straight.take(sorted.iter().map(|n| event(*n)).collect());
        let mut shuffled = EventLog::new(capacity);
        for some in twisted.chunks(batch) {
            shuffled.take(some.iter().map(|n| event(*n)).collect());
        }
        prop_assert_eq!(&shuffled, &straight);
        // It is the newest that are held, and the newest of the others that is told.
        let kept = sorted.len().saturating_sub(capacity);
        prop_assert_eq!(numbers(&shuffled), &sorted[kept..]);
        prop_assert_eq!(shuffled.lost_to(), sorted[..kept].last().copied().unwrap_or(0));
        let whole = shuffled.iter().all(|held| *held == event(held.n));
        prop_assert!(whole);
    }
}

#[test]
fn holes_are_told_newest_first() {
    let mut log = EventLog::default();
    assert_eq!((log.hole(), log.first(), log.total()), (None, None, 0));
    assert_eq!(log.take([5, 6, 9, 12].map(event).to_vec()), 4);
    assert_eq!(log.hole(), Some((10, 11)));
    assert_eq!(log.take([10, 11, 9].map(event).to_vec()), 2);
    assert_eq!(log.hole(), Some((7, 8)));
    log.take(vec![event(7), event(8)]);
    log.set_total(40);
    assert_eq!(
        (log.hole(), log.first(), log.last(), log.total()),
        (None, Some(5), Some(12), 40)
    );
}

#[test]
fn pages_from_the_end_backwards_are_taken_fast() {
    let mut log = EventLog::default();
    for page in (0..120).rev() {
        let page: Vec<RunEvent> = (1..=1000).map(|n| event(page * 1000 + n)).collect();
        assert_eq!(log.take(page), 1000);
    }
    assert_eq!((log.len(), log.hole(), log.lost_to()), (120_000, None, 0));
    assert_eq!(log.take(vec![event(120_001)]), 1);
    assert_eq!((log.first(), log.lost_to()), (Some(2), 1));
}
