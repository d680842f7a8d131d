//! How long a million log lines take on their way from bytes to a search. Prints and asserts only counts: times belong to the benchmark.
//! For `cargo bench -p runboard-core --bench logs`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Instant;

use runboard_core::model::{Level, LogStream, Timestamp};
use runboard_core::net::sse::{SseItem, SseParser};
use runboard_core::store::log_select::{LogFilter, LogSelect};
use runboard_core::store::log_store::LogStore;
use runboard_core::store::needle::Needle;
use runboard_core::store::search::LogSearch;

const LINES: u64 = 1_000_000;

fn text(number: u64) -> String {
    let word = if number.is_multiple_of(1000) {
        "ERROR"
    } else {
        "INFO"
    };
    format!(
        "2026-11-21 12:00:00,000 - {word} - processed chunk {number} of {LINES} in 0.0123 seconds."
    )
}

fn main() {
    let mut bytes = Vec::new();
    for number in 1..=LINES {
        bytes.extend_from_slice(
            format!("id:{number}\nevent:log\ndata:{}\n\n", text(number)).as_bytes(),
        );
    }
    let megabytes = bytes.len() as f64 / 1e6;
    let (start, mut events, mut length) = (Instant::now(), 0_u64, 0);
    let mut parser = SseParser::new(16 << 20);
    for chunk in bytes.chunks(64 << 10) {
        parser.push(chunk, &mut |item| {
            if let SseItem::Event { data, .. } = item {
                events += 1;
                length += data.len();
            }
        });
    }
    let took = start.elapsed();
    println!(
        "sse: {events} events, {megabytes:.0} MB in {took:?}, {:.0} MB/s ({length} bytes of data)",
        megabytes / took.as_secs_f64()
    );
    assert_eq!(events, LINES);

    let lines: Vec<String> = (1..=LINES).map(text).collect();
    let (start, mut store) = (Instant::now(), LogStore::new(usize::MAX));
    let mut batch = store.batch(1);
    for (number, line) in lines.iter().enumerate() {
        let at = Timestamp(1_795_000_000_000_000 + number as i64 * 20_000);
        let level = if number % 1000 == 999 {
            Level::Error
        } else {
            Level::Info
        };
        batch.push_line(Some(at), "transform", LogStream::Out, level, line);
    }
    assert_eq!(batch.finish().added as u64, LINES);
    println!("store: {LINES} lines in {:?}", start.elapsed());

    for (word, any_case, expected) in [
        ("ERROR", false, 1000),
        ("error", true, 1000),
        ("chunk 77777 ", false, 1),
        ("gr\u{fc}n", true, 0),
    ] {
        let (start, mut slices) = (Instant::now(), 1);
        let mut search = LogSearch::new(Needle::new(word, any_case).unwrap());
        while !search.advance(&store, 4 << 20) {
            slices += 1;
        }
        println!(
            "search {word:?} (any case: {any_case}): {} lines in {:?}, {slices} slices",
            search.count(),
            start.elapsed()
        );
        assert_eq!(search.count(), expected);
    }
    let start = Instant::now();
    let mut select = LogSelect::new(LogFilter {
        levels: vec![Level::Error],
        ..LogFilter::default()
    });
    while !select.advance(&store, 100_000) {}
    println!("select: {} lines in {:?}", select.len(), start.elapsed());
    assert_eq!(select.len(), 1000);
}
