//! A log that is followed over a line which breaks again and again, and a bridge that is killed meanwhile.

use serde_json::json;

use super::client::Stream;
use super::files::Run;
use super::site::{Place, Site};

const LINES: u64 = 100_000;
const CUTS: u64 = 200;

/// A small generator, so that every run of the test cuts at the same bytes.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn every_line_arrives_once_and_in_order() {
    let place = Place::new();
    let run = Run::begin(
        &place.join("rec"),
        "r1",
        "j",
        "2026-11-21T10:00:00Z",
        json!({}),
    );
    let mut site = Site::start(place, &[]);
    let writer = std::thread::spawn(move || {
        let mut first = 1;
        while first <= LINES {
            let count = 777.min(LINES - first + 1);
            run.lines(first, count);
            first += count;
        }
        run.step("a", "succeeded");
        run.end("succeeded");
    });
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut next, mut cursor, mut sent, mut cuts, mut restarts) =
        (1, String::from("l:r1:0.0.0~e:r1:0.0"), 0, 0, 0);
    let told = |site: &Site| site.json("/healthz")["log_lines_sent"].as_u64().unwrap();
    loop {
        let mut stream = site.stream_with(
            "/api/v1/",
            "topic=runs&topic=run:r1",
            &[("Last-Event-ID", &cursor)],
        );
        stream.cut = (cuts < CUTS).then(|| dice.throw(100_000) as usize);
        let over = follow(&mut stream, &mut next, &mut cursor);
        if over {
            break;
        }
        cuts += 1;
        if cuts % 25 == 0 {
            sent += told(&site);
            site.restart();
            restarts += 1;
        }
    }
    writer.join().unwrap();
    assert_eq!(next, LINES + 1);
    sent += told(&site);
    // What was on its way at a cut is sent again; none of it was taken in before.
    println!(
        "{LINES} lines over {cuts} cuts and {restarts} restarts: the bridge sent {} lines again",
        sent - LINES
    );
    assert_eq!(cuts, CUTS);
}

/// Reads until the end or the cut. A line that was taken in must not come again, and none may be left out.
fn follow(stream: &mut Stream, next: &mut u64, cursor: &mut String) -> bool {
    while let Some(event) = stream.next() {
        match event.name.as_str() {
            "log" => {
                assert_eq!(event.data["first"].as_u64(), Some(*next));
                for line in event.data["lines"].as_array().unwrap() {
                    assert_eq!(line["text"], format!("line {next}"));
                    *next += 1;
                }
            }
            "gap" => panic!("a gap: {}", event.data),
            "end" => return true,
            _ => {}
        }
        *cursor = event.id;
    }
    false
}
