//! Waits between tries: never below the floor, never above the cap, and a flapping connection does not start anew.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::retry::{Backoff, CAP, FLOOR, RETRY_AFTER_CAP, retry_after};

proptest! {
    #[test]
    fn every_wait_keeps_its_bounds(steps in prop::collection::vec((any::<bool>(), -100_000_000_i64..100_000_000, any::<f64>(), prop::option::of(0_u64..2_000_000_000)), 1..60)) {
        let mut backoff = Backoff::new();
        let mut now = Timestamp(0);
        for (opens, passed, random, asked) in steps {
            if opens {
                backoff.opened(now);
            }
            now = now.plus(Span(passed));
            let asked = asked.map(Duration::from_secs);
            let wait = backoff.failed(now, asked, random);
            prop_assert!(wait >= FLOOR);
            match asked {
                Some(asked) => prop_assert_eq!(wait, asked.clamp(FLOOR, RETRY_AFTER_CAP)),
                None => prop_assert!(wait <= CAP),
            }
        }
    }

    #[test]
    fn the_ceiling_doubles_and_chance_spreads_below_it(tries in 1_u32..40, random in 0.0..1.0_f64) {
        let mut backoff = Backoff::new();
        let mut wait = Duration::ZERO;
        for _ in 0..tries {
            wait = backoff.failed(Timestamp(0), None, random);
        }
        prop_assert_eq!(backoff.failures(), tries);
        let ceiling = FLOOR.saturating_mul(1 << tries.min(16)).min(CAP);
        let expected = FLOOR + (ceiling - FLOOR).mul_f64(random);
        prop_assert_eq!(wait, expected);
    }

    #[test]
    fn a_connection_that_comes_and_goes_is_tried_ever_more_rarely(lives in prop::collection::vec(0_i64..9_999_999, 10..30)) {
        let mut backoff = Backoff::new();
        let mut now = Timestamp(0);
        let mut last = Duration::ZERO;
        for life in lives {
            backoff.opened(now);
            now = now.plus(Span(life));
            let wait = backoff.failed(now, None, 0.999);
            prop_assert!(wait >= last);
            last = wait;
        }
        prop_assert!(last > CAP / 2);
        backoff.opened(now);
        prop_assert!(backoff.failed(now.plus(Span::seconds(10)), None, 0.999) <= 2 * FLOOR);
    }

    #[test]
    fn no_text_makes_retry_after_leave_its_bounds(text in ".{0,40}", now in any::<i64>()) {
        if let Some(wait) = retry_after(&text, Timestamp(now)) {
            prop_assert!((FLOOR..=RETRY_AFTER_CAP).contains(&wait));
        }
    }
}

#[test]
fn a_storm_of_an_hour_stays_under_one_try_in_fifteen_seconds() {
    // Even the luckiest client keeps the floor; the mean one settles at half the cap.
    let mut backoff = Backoff::new();
    let (mut now, mut tries, mut state) = (Timestamp(0), 0, 1_u64);
    while now < Timestamp(3_600_000_000) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = (state >> 11) as f64 / (1_u64 << 53) as f64;
        let wait = backoff.failed(now, None, random);
        now = now.plus(Span(wait.as_micros() as i64));
        tries += 1;
    }
    println!("retry: {tries} tries in an hour of failures");
    assert!((200..300).contains(&tries), "{tries}");
}
