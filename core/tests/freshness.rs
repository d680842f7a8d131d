//! What is said about a source is true to time: with an injected clock, clocks that are set, and sleep.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::freshness::{Freshness, Mode, SourceState};

const STREAM: Mode = Mode::Stream {
    heartbeat: Duration::from_secs(5),
};
const POLL: Mode = Mode::Poll {
    every: Duration::from_secs(10),
};
const DAY: f64 = 86_400.0;

fn at(seconds: f64) -> Timestamp {
    Timestamp(1_795_000_000_000_000 + (seconds * 1e6) as i64)
}

fn word(freshness: &Freshness, seconds: f64) -> &'static str {
    freshness.state(at(seconds)).word()
}

#[test]
fn a_stream_is_live_until_it_was_silent_for_two_and_a_half_heartbeats() {
    let mut source = Freshness::new(STREAM, at(0.0));
    assert_eq!(word(&source, 1.0), "polling");
    source.contact(at(1.0), None);
    assert_eq!(
        (word(&source, 13.5), word(&source, 13.6)),
        ("live", "stale")
    );
    assert_eq!(
        source.state(at(20.0)),
        SourceState::Stale {
            since: at(1.0),
            why: "silent for 19 s".into()
        }
    );
    source.contact(at(21.0), None);
    assert_eq!(word(&source, 21.0), "live");
}

#[test]
fn a_polled_source_may_miss_one_poll() {
    let mut source = Freshness::new(POLL, at(0.0));
    source.contact(at(0.0), None);
    assert_eq!(
        (word(&source, 20.0), word(&source, 20.1)),
        ("polling", "stale")
    );
}

#[test]
fn a_closed_connection_is_said_at_once_and_a_source_without_data_is_down() {
    let mut source = Freshness::new(STREAM, at(0.0));
    source.closed(at(2.0), "refused");
    assert_eq!(
        source.state(at(2.0)),
        SourceState::Down {
            since: at(0.0),
            why: "refused".into()
        }
    );
    assert_eq!(source.age(at(2.0)), None);
    source.contact(at(5.0), None);
    source.closed(at(9.0), "reset");
    assert_eq!(
        source.state(at(9.0)),
        SourceState::Stale {
            since: at(5.0),
            why: "reset".into()
        }
    );
    source.denied(at(10.0));
    assert_eq!(
        (word(&source, 500.0), source.age(at(10.0))),
        ("denied", Some(Span::seconds(5)))
    );
}

#[test]
fn before_the_first_answer_a_source_is_connecting_and_after_silence_down() {
    let source = Freshness::new(STREAM, at(0.0));
    assert_eq!(
        source.state(at(3.0)),
        SourceState::Connecting { since: at(0.0) }
    );
    let state = source.state(at(3.0));
    assert_eq!((state.word(), state.words()), ("polling", "connecting"));
    assert!(!state.is_current());
    assert_eq!(
        source.state(at(15.0)),
        SourceState::Down {
            since: at(0.0),
            why: "silent for 15 s".into()
        }
    );
}

#[test]
fn times_are_on_the_servers_clock_once_it_told() {
    let mut source = Freshness::new(STREAM, at(0.0));
    source.contact(at(0.0), None);
    assert_eq!(source.clock_note(), Some("this browser's clock"));
    assert_eq!((source.server_now(at(3.0)), source.skew()), (at(3.0), None));
    source.contact(at(4.0), Some(at(4.0 + 7200.0)));
    assert_eq!(
        (source.clock_note(), source.skew()),
        (None, Some(Span::seconds(7200)))
    );
    assert_eq!(source.server_now(at(6.0)), at(7206.0));
    source.closed(at(8.0), "closed");
    assert_eq!(
        source.state(at(9.0)),
        SourceState::Stale {
            since: at(7204.0),
            why: "closed".into()
        }
    );
    // A message that was on its way for a second does not set the clock back, one that is far behind does.
    source.contact(at(10.0), Some(at(7209.0)));
    assert_eq!(source.server_now(at(10.0)), at(7210.0));
    source.contact(at(11.0), Some(at(7151.0)));
    assert_eq!(source.server_now(at(11.0)), at(7151.0));
}

#[test]
fn a_clock_set_back_by_a_day_keeps_no_dead_source_alive() {
    let mut source = Freshness::new(STREAM, at(0.0));
    source.contact(at(1.0), Some(at(1.0)));
    for second in 0..30 {
        let now = f64::from(second) - DAY;
        source.tick(at(now));
        assert_eq!(
            word(&source, now),
            if second <= 12 { "live" } else { "stale" },
            "{second} s after the jump"
        );
        assert_eq!(source.age(at(now)), Some(Span::seconds(i64::from(second))));
    }
    source.contact(at(40.0 - DAY), Some(at(41.0)));
    assert_eq!(word(&source, 40.0 - DAY), "live");
    assert_eq!(source.skew(), Some(Span::seconds(86_401)));
}

#[test]
fn a_clock_set_forward_by_a_day_may_have_been_sleep_until_the_next_sign_of_life() {
    let mut source = Freshness::new(STREAM, at(0.0));
    source.contact(at(1.0), Some(at(1.0)));
    source.tick(at(2.0));
    assert_eq!(word(&source, 2.0 + DAY), "stale");
    source.contact(at(3.0 + DAY), Some(at(3.0)));
    assert_eq!(word(&source, 3.0 + DAY), "live");
    assert_eq!(source.server_now(at(4.0 + DAY)), at(4.0));
}

proptest! {
    #[test]
    fn no_age_is_negative_and_data_are_never_called_live_after_the_limit(steps in prop::collection::vec((0_u8..6, prop_oneof![4 => 0.0..4.0_f64, 1 => Just(DAY), 1 => Just(-DAY), 1 => -90.0..90.0_f64]), 1..80)) {
        let mut source = Freshness::new(STREAM, at(0.0));
        let (mut host, mut silence, mut open) = (0.0, 0.0, false);
        for (what, step) in steps {
            host += step;
            silence += step.max(0.0);
            match what {
                0 => { source.contact(at(host), None); silence = 0.0; open = true; }
                1 => { source.contact(at(host), Some(at(host + 5.0))); silence = 0.0; open = true; }
                2 => { source.closed(at(host), "closed"); open = false; }
                3 => { source.denied(at(host)); open = false; }
                _ => source.tick(at(host)),
            }
            prop_assert!(source.age(at(host)).is_none_or(|age| age.0 >= 0));
            prop_assert!(source.age(at(host - DAY)).is_none_or(|age| age.0 >= 0));
            let live = source.state(at(host)).is_current();
            prop_assert!(!live || (open && silence < 12.6));
            prop_assert!(live || !open || silence > 12.4);
        }
    }
}
