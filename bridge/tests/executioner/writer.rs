//! The bridge reads; whoever writes never waits for it.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::make::{Checkout, ask, copied, over, steps};
use super::site::Place;

#[test]
fn a_writer_is_never_kept_waiting() {
    let place = Place::new();
    let database = copied(&place, "history_v8_attempts.db");
    let site = over(place, &database, &[]);
    // The first look at a file is whole only when nobody writes meanwhile.
    site.eventually("/api/v1/ex/runs/777", |answer| answer["run"].is_object());
    let writer = Connection::open(&database).unwrap();
    // It gives up at once instead of waiting for a reader's lock.
    writer.busy_timeout(Duration::ZERO).unwrap();
    let address = site.address;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let reader = std::thread::spawn(move || {
        let mut asked = 0;
        loop {
            let (status, _, body) = super::client::open(address, "GET", "/api/v1/ex/runs", &[]);
            assert_eq!(status, 200);
            body.whole();
            asked += 1;
            if stopped.try_recv().is_ok() {
                return asked;
            }
        }
    });
    for number in 0..300 {
        writer
            .execute(
                "UPDATE run_summary SET total_jobs = ?1 WHERE run_id = 777",
                [number],
            )
            .unwrap();
    }
    stop.send(()).unwrap();
    assert!(reader.join().unwrap() > 0);
    site.eventually("/api/v1/ex/runs/777", |answer| {
        answer["run"]["steps"]["total"] == 299
    });
    assert_eq!(ask(&site, "info").get("problems"), None);
}

#[test]
fn a_run_is_followed_while_it_goes_on() {
    let place = Place::new();
    let checkout = Checkout::new(&place);
    let config = std::fs::read_to_string(&checkout.config).unwrap();
    let wait = "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo gone";
    std::fs::write(&checkout.config, config.replace("echo validating", wait)).unwrap();
    std::fs::create_dir_all(checkout.database.parent().unwrap()).unwrap();
    let site = checkout.site(place, &[]);
    let script = checkout.script.clone();
    let arg = checkout.config.clone();
    let gate = checkout.home.join("last");
    let runner = std::thread::spawn(move || {
        std::process::Command::new("python3")
            .arg(script)
            .arg("-c")
            .arg(arg)
            .env("STAND_IN_GATE", gate)
            .output()
            .unwrap()
    });
    site.eventually("/api/v1/ex/runs", |list| list["total"] == 1);
    let mut stream = site.stream_with("/api/v1/ex/", "topic=run:1", &[]);
    stream.until_named("live");
    // What waits for it may be seen before what ended just before is.
    site.eventually("/api/v1/ex/runs/1/steps", |list| {
        let steps = &list["steps"];
        steps[0]["status"] == "succeeded" && steps[1]["status"] == "running"
    });
    assert_eq!(ask(&site, "runs/1")["run"].get("last_seen_at"), None);
    let plan = ask(&site, "runs/1/resume");
    assert!(
        plan["warnings"][0].as_str().unwrap().contains("goes on"),
        "{plan}"
    );
    std::fs::write(checkout.home.join("go"), "").unwrap();
    let mut told =
        stream.until(|event| event.name == "log" && event.data.to_string().contains("gone"));
    // What is written last, after the row says that the run is over, is told before its end is.
    let database = Connection::open(&checkout.database).unwrap();
    let is_over = || {
        let row = database.query_row("SELECT end_time IS NOT NULL FROM run_summary", [], |row| {
            row.get::<_, bool>(0)
        });
        row.unwrap_or(false)
    };
    let begun = Instant::now();
    while !is_over() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never ended");
        std::thread::yield_now();
    }
    ask(&site, "runs/1");
    std::fs::write(checkout.home.join("last"), "").unwrap();
    told.extend(stream.until_named("end"));
    let told: String = told.iter().map(|event| event.data.to_string()).collect();
    assert!(told.contains("Updated run summary for run ID: 1"), "{told}");
    runner.join().unwrap();
    site.eventually("/api/v1/ex/runs/1", |answer| {
        answer["run"]["status"] == "failed"
    });
    assert_eq!(steps(&site, "1")[3], "transform_part2 failed 1 1");
}
