//! The log store against a plain list of lines: what is held, counted, selected and found is the same, at any order of arrival and size of
//! slice; and the memory that it accounts for stays near the text.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use runboard_core::model::{Level, LogLine, LogStream, Timestamp};
use runboard_core::store::log_select::{LogFilter, LogSelect};
use runboard_core::store::log_store::{Appended, LogStore};
use runboard_core::store::needle::Needle;
use runboard_core::store::search::LogSearch;

/// The line of a number, the same whenever it comes.
fn line(number: u64) -> LogLine {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    LogLine {
        at: (!mixed.is_multiple_of(7)).then(|| {
            Timestamp(
                1_795_000_000_000_000
                    + number as i64 * 1000
                    + if mixed.is_multiple_of(31) {
                        -9_000_000_000
                    } else {
                        0
                    },
            )
        }),
        step: ["", "extract", "transform_1", "transform_2"][(mixed % 4) as usize].into(),
        stream: LogStream::ALL[(mixed / 4 % 4) as usize],
        level: Level::ALL[(mixed / 16 % 5) as usize],
        text: match mixed % 6 {
            0 => String::new(),
            1 => format!("ERROR in line {number}: gr\u{fc}n \u{1f600}"),
            2 => "needle NEEDLE Needle".into(),
            3 => format!("step {} of {number}", mixed % 10),
            _ => "x".repeat((mixed % 50) as usize),
        },
    }
}

fn lines(range: std::ops::Range<u64>) -> Vec<LogLine> {
    range.map(line).collect()
}

fn assert_holds(store: &LogStore, range: std::ops::Range<u64>) {
    assert_eq!(store.len() as u64, range.end - range.start);
    assert_eq!(store.first(), (!range.is_empty()).then_some(range.start));
    assert_eq!(store.last(), (!range.is_empty()).then(|| range.end - 1));
    let mut levels = [0; 5];
    for number in range.clone() {
        let (held, expected) = (store.line(number).unwrap(), line(number));
        let held = LogLine {
            at: held.at,
            step: held.step.into(),
            stream: held.stream,
            level: held.level,
            text: held.text.into(),
        };
        assert_eq!(held, expected, "line {number}");
        levels[expected.level as usize] += 1;
    }
    for level in Level::ALL {
        assert_eq!(
            store.level_count(level),
            levels[level as usize],
            "{level:?}"
        );
    }
    assert_eq!(
        LogStream::ALL
            .map(|stream| store.stream_count(stream))
            .iter()
            .sum::<usize>(),
        store.len()
    );
    assert_eq!(
        (0..store.steps().len() as u32)
            .map(|step| store.step_count(step))
            .sum::<usize>(),
        store.len()
    );
    assert!(store.line(range.start.wrapping_sub(1)).is_none() && store.line(range.end).is_none());
}

#[test]
fn lines_that_come_again_are_left_out_and_a_hole_is_reported() {
    let mut store = LogStore::new(usize::MAX);
    assert_eq!(
        store.append(11, &lines(11..21)),
        Appended {
            added: 10,
            ..Appended::default()
        }
    );
    assert_eq!(
        store.append(15, &lines(15..26)),
        Appended {
            added: 5,
            duplicates: 6,
            gap: None
        }
    );
    assert_eq!(
        store.append(30, &lines(30..33)),
        Appended {
            added: 0,
            duplicates: 0,
            gap: Some((26, 29))
        }
    );
    assert_eq!(
        store.prepend(1, &lines(1..6)),
        Appended {
            added: 0,
            duplicates: 0,
            gap: Some((6, 10))
        }
    );
    assert_eq!(
        store.prepend(6, &lines(6..13)),
        Appended {
            added: 5,
            duplicates: 2,
            gap: None
        }
    );
    assert_eq!(
        store.prepend(7, &lines(7..9)),
        Appended {
            added: 0,
            duplicates: 2,
            gap: None
        }
    );
    assert_holds(&store, 6..26);
    assert_eq!((store.known_total(), store.dropped()), (25, 0));
    store.set_known_total(90);
    assert_eq!(store.known_total(), 90);
    store.clear();
    assert_holds(&store, 0..0);
    assert_eq!(store.append(0, &lines(1..3)).added, 2);
    assert_holds(&store, 1..3);
}

#[test]
fn beyond_the_cap_lines_go_from_the_front_and_are_counted() {
    let cap = 64 << 10;
    let mut store = LogStore::new(cap);
    for first in (1..40_000).step_by(100) {
        store.append(first, &lines(first..first + 100));
        assert!(
            store.memory_bytes() <= cap + (8 << 10),
            "{} at {first}",
            store.memory_bytes()
        );
    }
    let first = store.first().unwrap();
    assert_eq!(store.dropped(), first - 1);
    assert!(store.len() > 500, "{}", store.len());
    assert_holds(&store, first..store.last().unwrap() + 1);
    assert_eq!(
        store
            .prepend(first - 3000, &lines(first - 3000..first))
            .added,
        0
    );
}

proptest! {
    #[test]
    fn any_batches_give_the_lines_between_them(
        start in 1_u64..400,
        batches in prop::collection::vec((any::<bool>(), 0_u64..40, 0_u64..120), 1..25),
        level in prop::option::of(0_usize..5),
        pattern in prop::sample::select(vec!["", "*", "transform_?", "extract"]),
        word in prop::sample::select(vec!["needle", "ER", "step 1", "\u{fc}N", "x", "zzz"]),
        any_case in any::<bool>(),
        only_matches in any::<bool>(),
        during in prop::option::of((1_u64..600, 1_u64..600)),
        budget in 1_usize..200,
    ) {
        let mut store = LogStore::new(usize::MAX);
        let needle = Needle::new(word, any_case).unwrap();
        let time = |number: u64| Timestamp(1_795_000_000_000_000 + number as i64 * 1000);
        let during = during.map(|(from, to)| (time(from), time(to)));
        let filter = LogFilter {
            levels: level.map(|level| Level::ALL[level]).into_iter().collect(),
            steps: (!pattern.is_empty()).then(|| pattern.to_string()).into_iter().collect(),
            text: only_matches.then(|| needle.clone()),
            streams: Vec::new(),
            during,
        };
        let mut select = LogSelect::new(filter);
        let mut search = LogSearch::new(needle.clone());
        let (mut low, mut high) = (0, 0);
        for (front, overlap, len) in batches {
            if low == high {
                (low, high) = (start, start + len);
                store.append(start, &lines(start..high));
            } else if front {
                let first = low.saturating_sub(len).max(1);
                store.prepend(first, &lines(first..low + overlap.min(high - low)));
                low = first;
            } else {
                let first = high.saturating_sub(overlap).max(low);
                store.append(first, &lines(first..high + len));
                high += len;
            }
            // One slice between batches: what is selected so far is never wrong, only incomplete.
            select.advance(&store, budget);
            search.advance(&store, budget * 20);
        }
        assert_holds(&store, low..high);
        let mut slices = 0;
        while !select.advance(&store, budget) || !search.advance(&store, budget * 20) {
            slices += 1;
            prop_assert!(slices < 10_000);
        }
        let expected: Vec<u64> = (low..high).filter(|number| {
            let line = line(*number);
            level.is_none_or(|level| line.level == Level::ALL[level])
                && match pattern { "transform_?" => line.step.starts_with("transform"), "extract" => line.step == "extract", _ => true }
                && (!only_matches || needle.is_in(&line.text))
                && during.is_none_or(|(from, to)| line.at.is_some_and(|at| from <= at && at <= to))
        }).collect();
        let selected: Vec<u64> = (0..select.len()).map(|place| select.get(place).unwrap()).collect();
        prop_assert_eq!(&selected, &expected);
        for (place, number) in expected.iter().enumerate() {
            prop_assert_eq!(select.place_of(*number), place);
            prop_assert!(select.contains(*number));
        }
        prop_assert_eq!(select.place_of(high + 5), expected.len());
        let folded = |text: &str| if any_case { text.to_lowercase() } else { text.to_string() };
        let hits: Vec<u64> = (low..high).filter(|number| folded(&line(*number).text).contains(&folded(word))).collect();
        prop_assert_eq!(search.count(), hits.len());
        prop_assert_eq!((0..hits.len()).map(|index| search.get(index).unwrap()).collect::<Vec<_>>(), hits.clone());
        for number in low..high {
            prop_assert_eq!(search.next_after(number), hits.iter().find(|hit| **hit > number).or(hits.first()).copied());
            prop_assert_eq!(search.previous_before(number), hits.iter().rev().find(|hit| **hit < number).or(hits.last()).copied());
            prop_assert_eq!(search.rank_of(number), hits.iter().position(|hit| *hit == number).map(|place| place + 1));
        }
    }
}

#[test]
fn selections_and_searches_follow_a_log_that_loses_its_front() {
    let mut store = LogStore::new(64 << 10);
    let mut select = LogSelect::new(LogFilter {
        levels: vec![Level::Error],
        ..LogFilter::default()
    });
    let mut all = LogSelect::new(LogFilter::default());
    let mut search = LogSearch::new(Needle::new("needle", true).unwrap());
    for first in (1..20_000).step_by(500) {
        store.append(first, &lines(first..first + 500));
        assert!(
            select.advance(&store, 10_000)
                && search.advance(&store, 1 << 20)
                && all.advance(&store, 1)
        );
    }
    let held = store.first().unwrap()..store.last().unwrap() + 1;
    let errors: Vec<u64> = held
        .clone()
        .filter(|number| line(*number).level == Level::Error)
        .collect();
    assert_eq!(
        (0..select.len())
            .map(|place| select.get(place).unwrap())
            .collect::<Vec<_>>(),
        errors
    );
    assert_eq!(
        search.count(),
        held.clone()
            .filter(|number| line(*number).text.contains("needle"))
            .count()
    );
    assert_eq!(
        (all.len(), all.get(0), all.place_of(held.end)),
        (store.len(), Some(held.start), store.len())
    );
    store.clear();
    assert!(select.advance(&store, 1) && search.advance(&store, 1) && all.advance(&store, 1));
    assert_eq!((select.len(), search.count(), all.len()), (0, 0, 0));
}

#[test]
fn a_million_lines_take_their_text_and_at_most_24_bytes_each() {
    for (count, with_times) in [
        (1_000_000_u64, true),
        (1_000_000, false),
        (100_000, true),
        (70_000, true),
    ] {
        let mut store = LogStore::new(usize::MAX);
        let mut batch = store.batch(1);
        let text =
            "2026-11-21 12:00:00,000 - INFO - processed chunk 12345 of 99999 in 0.0123 seconds.";
        for number in 0..count {
            let at = with_times.then(|| Timestamp(1_795_000_000_000_000 + number as i64 * 20_000));
            batch.push_line(at, "transform", LogStream::Out, Level::Info, text);
        }
        assert_eq!(batch.finish().added as u64, count);
        let per_line = (store.memory_bytes() - store.text_bytes()) as f64 / count as f64;
        println!(
            "log store: {count} lines of {} bytes take their text and {per_line:.1} bytes each",
            text.len()
        );
        assert!(per_line <= 24.0, "{per_line}");
    }
}

proptest! {
    /// Letters whose cases have other lengths (\u{130}, \u{212a}) are left out: what they fold to is a matter of taste.
    #[test]
    fn a_text_is_found_in_any_case_where_lower_case_finds_it(line in "[a-cA-C \u{e9}\u{c9}\u{4e2d}\u{1f600}\u{df}]{0,30}", word in "[a-cA-C\u{e9}\u{c9}\u{4e2d}\u{df}]{1,4}") {
        let needle = Needle::new(&word, true).unwrap();
        let (lower_line, lower_word) = (line.to_lowercase(), word.to_lowercase());
        let expected: Vec<std::ops::Range<usize>> = lower_line.match_indices(&lower_word).map(|(at, found)| at..at + found.len()).collect();
        prop_assert_eq!(needle.ranges(&line), expected);
        let exact = Needle::new(&word, false).unwrap();
        let expected: Vec<std::ops::Range<usize>> = line.match_indices(&word).map(|(at, found)| at..at + found.len()).collect();
        prop_assert_eq!(exact.ranges(&line), expected);
    }
}

#[test]
fn lines_are_given_out_exactly_as_they_came() {
    let texts = [
        "\u{1b}[31merror\u{1b}[0m",
        "10%\r50%\r100%\r",
        "user\u{202e}txt.exe \u{2066}x\u{2069}",
        "",
        "\u{9b}31m c1, tab\t, bell\u{7}, nul\u{0}, \u{feff}bom",
    ];
    let line = |text: &str| LogLine {
        at: None,
        step: String::new(),
        stream: LogStream::Out,
        level: Level::Unset,
        text: text.into(),
    };
    let mut store = LogStore::new(usize::MAX);
    store.append(5, &texts.map(line));
    let all: String = texts.iter().map(|text| format!("{text}\n")).collect();
    assert_eq!(store.exact(&mut (1..100)), all);
    assert_eq!(
        store.exact(&mut [7, 5].into_iter()),
        format!("{}\n{}\n", texts[2], texts[0])
    );
}
