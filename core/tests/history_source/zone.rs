//! Times without a zone: as the clock showed them where somebody reads them, or where the configuration says.

use runboard_core::backend::Backend as _;
use runboard_core::backend::history::{History, Zone};
use runboard_core::model::Timestamp;
use runboard_core::model::event::RunEvent;

use super::list;
use super::server::{got, in_zone, line};

/// Minutes east of UTC at an instant.
type Clock = fn(Timestamp) -> i32;

/// Chicago's zone in 2026: summer time from 8 March, 08:00 UTC, to 1 November, 07:00 UTC.
fn chicago(at: Timestamp) -> i32 {
    let change = |text: &str| Timestamp::parse(text).unwrap();
    let summer = change("2026-03-08T08:00:00Z")..change("2026-11-01T07:00:00Z");
    if summer.contains(&at) { -300 } else { -360 }
}

/// Berlin's, for a zone on the other side.
fn berlin(at: Timestamp) -> i32 {
    let change = |text: &str| Timestamp::parse(text).unwrap();
    let summer = change("2026-03-29T01:00:00Z")..change("2026-10-25T01:00:00Z");
    if summer.contains(&at) { 120 } else { 60 }
}

/// The same clock time in digits, by a zone's own clock.
fn shown(at: Timestamp, zone: Clock) -> String {
    let (year, month, day, hour, minute, ..) = at.civil(zone(at));
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00")
}

fn written(zone: Zone, times: &[&str]) -> History {
    let (server, history) = in_zone("https://x/runs.jsonl", true, zone);
    let mut text = String::new();
    for (number, time) in times.iter().enumerate() {
        let own = format!("2025-01-15T10:00:{number:02}Z");
        let line = line(number as u32, "success").replace(&own, time);
        text.push_str(&line.replace("2025-01-15T11:00:00Z", time));
        text.push('\n');
    }
    *server.file.borrow_mut() = text.into_bytes();
    history
}

#[test]
fn a_time_without_a_zone_is_what_the_clock_of_its_zone_showed_also_around_summer_time() {
    let zones: [(Clock, [&str; 8]); 2] = [
        (
            chicago,
            [
                "2026-01-15T10:00:00",
                "2026-07-15T10:00:00",
                "2026-03-08T01:59:00",
                "2026-03-08T03:00:00",
                "2026-03-08T08:30:00",
                "2026-11-01T00:59:00",
                "2026-11-01T01:30:00",
                "2026-11-01T02:00:00",
            ],
        ),
        (
            berlin,
            [
                "2026-01-15T10:00:00",
                "2026-07-15T10:00:00",
                "2026-03-29T01:59:00",
                "2026-03-29T03:00:00",
                "2026-03-29T00:30:00",
                "2026-10-25T01:59:00",
                "2026-10-25T02:30:00",
                "2026-10-25T03:00:00",
            ],
        ),
    ];
    for (zone, times) in zones {
        let (runs, _) = list(&written(Zone::Local(zone), &times), 100);
        let all: Vec<String> = runs
            .iter()
            .map(|run| shown(run.started_at.unwrap(), zone))
            .collect();
        assert_eq!(all, times);
        assert!(
            runs.iter()
                .all(|run| run.zone_assumed && run.ended_at == run.started_at)
        );
    }
}

#[test]
fn a_fixed_zone_and_a_time_that_names_its_own() {
    let times = ["2026-07-15T10:00:00", "2026-07-15T10:00:00+05:00"];
    let history = written(Zone::Fixed(120), &times);
    let (runs, _) = list(&history, 100);
    let at = |place: usize| runs[place].started_at.unwrap().to_string();
    assert_eq!(at(0), "2026-07-15T08:00:00.000000Z");
    assert_eq!(at(1), "2026-07-15T05:00:00.000000Z");
    assert_eq!((runs[0].zone_assumed, runs[1].zone_assumed), (true, false));
    // A run that is looked at is the one of the list.
    let run = got(history.run("run-0")).unwrap().value;
    assert_eq!(run.started_at, runs[0].started_at);
    let events = got(history.events("run-0", &Default::default())).unwrap();
    let times = |event: &RunEvent| event.time == runs[0].started_at;
    assert!(events.value.events.iter().all(times));
}
