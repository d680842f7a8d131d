//! In which order runs stand, and which of them a span of time has.

use serde_json::{Value, json};

use super::honest::{V8, site};
use super::make::{ask, database, over};
use super::site::{Place, Site, ids};

/// The list, page by page.
fn pages(site: &Site, query: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut more = String::new();
    loop {
        let page = ask(site, &format!("runs?limit=1&{query}{more}"));
        all.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => more = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Times are told in whole seconds.
#[test]
fn of_runs_of_one_second_the_one_with_the_highest_number_is_the_newest() {
    let rows = [2, 3, 16, 100]
        .map(|id| format!("({id}, 1, '{}', 1, 1, 0, 0)", ["SUCCESS", "FAILED"][id % 2]));
    let site = site(&rows.join(", "), None);
    for (order, expected) in [
        ("newest", ["100", "16", "3", "2"]),
        ("oldest", ["2", "3", "16", "100"]),
        ("job", ["100", "16", "3", "2"]),
        ("status", ["3", "100", "16", "2"]),
    ] {
        let query = format!("order={order}");
        assert_eq!(ids(&ask(&site, &format!("runs?{query}"))), expected);
        assert_eq!(pages(&site, &query), expected, "{order}");
    }
    assert_eq!(ids(&ask(&site, "runs?latest")), ["100"]);
    assert_eq!(
        ids(&ask(&site, "runs?limit=2&until=2026-01-02")),
        ["100", "16"]
    );
}

#[test]
fn a_run_that_is_resumed_is_the_newest_and_of_the_time_of_its_last_attempt() {
    let place = Place::new();
    let rows = "(1, 1, 'FAILED', 1, 0, 1, 0), (2, 1, 'FAILED', 1, 0, 1, 0);
        UPDATE run_summary SET start_time = '2026-01-02 00:00:00', created_at = '2026-01-02 00:00:00' WHERE run_id = 2;";
    let path = database(&place, &format!("{V8}{rows}"));
    let site = over(place, &path, &[]);
    let of_third = "runs?since=2026-01-03T00:00:00Z";
    assert_eq!(ids(&ask(&site, "runs")), ["2", "1"]);
    assert_eq!(ids(&ask(&site, of_third)), [""; 0]);
    let mut stream = site.stream_with("/api/v1/ex/", "topic=runs", &[]);
    stream.until_named("live");
    let resumed = "INSERT INTO run_summary (run_id, attempt_id, status, total_jobs, start_time, end_time, created_at)
        VALUES (1, 2, 'SUCCESS', 1, '2026-01-03 01:00:00', '2026-01-03 01:00:09', '2026-01-03 00:00:00')";
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch(resumed).unwrap();
    let told = stream.until_named("runs").pop().unwrap().data;
    let is_now = |run: &Value| {
        let at = json!("2026-01-03T00:00:00.000000Z");
        assert_eq!(
            (&run["created_at"], &run["started_at"]),
            (&at, &at),
            "{run}"
        );
    };
    is_now(&told["runs"][0]);
    is_now(&ask(&site, "runs/1")["run"]);
    let list = ask(&site, "runs");
    is_now(&list["runs"][0]);
    assert_eq!(ids(&list), ["1", "2"]);
    assert_eq!(pages(&site, "order=newest"), ["1", "2"]);
    assert_eq!(pages(&site, "order=oldest"), ["2", "1"]);
    assert_eq!(ids(&ask(&site, of_third)), ["1"]);
    assert_eq!(ids(&ask(&site, "runs?until=2026-01-02T12:00:00Z")), ["2"]);
    // Every attempt is told with its times.
    let first = super::make::facts(&site, "1", "attempt 1");
    assert!(first[0].contains("2026-01-01 00:00:00"), "{first:?}");
}
