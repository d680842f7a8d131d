//! The SSE parser against the cases of tests/fixture/sse (each agrees with the EventSource of Chromium 156), and against itself: whatever
//! the cuts, the items are the same. Cases of `$RUNBOARD_EXTRA_CASES/sse/*.json` are read as well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use runboard_core::net::sse::{SseItem, SseParser};
use serde_json::Value;

const CAP: usize = 16 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Event {
        event: String,
        data: String,
        id: String,
    },
    Comment,
    Oversized(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    seen: Vec<Seen>,
    last_event_id: String,
    retry_ms: Option<u64>,
}

fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, cap: usize) -> Outcome {
    let mut parser = SseParser::new(cap);
    let mut seen = Vec::new();
    for chunk in chunks {
        parser.push(chunk, &mut |item| {
            seen.push(match item {
                SseItem::Event {
                    event,
                    data,
                    last_event_id,
                } => Seen::Event {
                    event: event.into(),
                    data: data.into(),
                    id: last_event_id.into(),
                },
                SseItem::Comment => Seen::Comment,
                SseItem::Oversized { bytes } => Seen::Oversized(bytes),
            });
        });
    }
    parser.finish();
    Outcome {
        seen,
        last_event_id: parser.last_event_id().into(),
        retry_ms: parser.retry_ms(),
    }
}

struct Case {
    name: String,
    input: Vec<u8>,
    expected: Outcome,
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes().filter(|byte| *byte != b'=') {
        let value = DIGITS
            .iter()
            .position(|known| *known == digit)
            .expect("a base64 digit") as u32;
        bits = bits << 6 | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

impl Case {
    fn read(value: &Value) -> Case {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_string();
        let expected = &value["expected"];
        let events = expected["events"].as_array().expect("expected.events");
        let seen = events
            .iter()
            .map(|event| Seen::Event {
                event: text(event, "type"),
                data: text(event, "data"),
                id: text(event, "lastEventId"),
            })
            .collect();
        Case {
            name: text(value, "name"),
            input: base64(value["input_base64"].as_str().expect("input_base64")),
            expected: Outcome {
                seen,
                last_event_id: text(expected, "last_event_id"),
                retry_ms: expected["retry_ms"].as_u64(),
            },
        }
    }

    fn check(&self, how: &str, outcome: Outcome) {
        let seen: Vec<Seen> = outcome
            .seen
            .into_iter()
            .filter(|item| *item != Seen::Comment)
            .collect();
        assert_eq!(seen, self.expected.seen, "{} {how}", self.name);
        assert_eq!(
            outcome.last_event_id, self.expected.last_event_id,
            "{} {how}: last event id",
            self.name
        );
        assert_eq!(
            outcome.retry_ms, self.expected.retry_ms,
            "{} {how}: retry",
            self.name
        );
    }
}

fn read_folder(folder: &Path) -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let value: Value = serde_json::from_slice(&fs::read(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        match (&value, value["parse_cases"].as_array()) {
            (_, Some(many)) => cases.extend(many.iter().map(Case::read)),
            (Value::Array(many), None) => cases.extend(many.iter().map(Case::read)),
            (one, None) => cases.push(Case::read(one)),
        }
    }
    cases
}

fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(read_cases)
}

fn read_cases() -> Vec<Case> {
    let mut cases =
        read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixture/sse"));
    assert!(
        cases.len() >= 41,
        "only {} cases in tests/fixture/sse",
        cases.len()
    );
    if let Some(extra) = std::env::var_os("RUNBOARD_EXTRA_CASES") {
        let folder = Path::new(&extra).join("sse");
        if folder.is_dir() {
            cases.extend(read_folder(&folder));
        }
    }
    cases
}

/// Every place to cut in two; of a large input its first and last 300 and every 199th between, unless `RUNBOARD_FULL` is set.
fn splits(len: usize) -> impl Iterator<Item = usize> {
    let all = len <= 8000 || std::env::var_os("RUNBOARD_FULL").is_some();
    (0..=len).filter(move |at| all || *at < 300 || *at + 300 > len || at % 199 == 0)
}

#[test]
fn every_case_reads_the_same_whole_by_bytes_and_at_every_split() {
    let cases = cases();
    let mut cuts = 0;
    for case in cases {
        case.check("whole", parse([&case.input[..]], CAP));
        case.check("byte by byte", parse(case.input.chunks(1), CAP));
        for at in splits(case.input.len()) {
            let (head, tail) = case.input.split_at(at);
            case.check(&format!("cut at {at}"), parse([head, tail], CAP));
            cuts += 1;
        }
    }
    println!(
        "sse: {} cases read, each whole, byte by byte and at {cuts} splits in all",
        cases.len()
    );
}

fn cut<'a>(input: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = places
        .iter()
        .map(|place| place.index(input.len() + 1))
        .collect();
    at.extend([0, input.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect()
}

/// Texts made of what the format is made of, so that most of them mean something.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "data:",
            "data: ",
            "data",
            "id:",
            "id: 7",
            "event:",
            "event: log",
            "retry:",
            "retry: 10",
            ":",
            ": hi",
            "\0"
        ]),
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "\r",
            "\r\n",
            "\r\n\r\n",
            "\u{feff}",
            "x",
            " ",
            "text of a line",
            "\u{e9}\u{20ac}\u{1f600}"
        ]),
    ];
    let bytes = prop::collection::vec(
        prop_oneof![4 => piece.prop_map(|text| text.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..4)],
        0..40,
    );
    bytes.prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cases_do_not_depend_on_where_they_are_cut(which in any::<prop::sample::Index>(), places in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let cases = cases();
        let case = &cases[which.index(cases.len())];
        case.check("cut at random", parse(cut(&case.input, &places), CAP));
    }

    #[test]
    fn any_bytes_give_the_same_items_wherever_they_are_cut(
        input in streams(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        cap in prop_oneof![Just(CAP), 0_usize..40],
    ) {
        let whole = parse([&input[..]], cap);
        prop_assert_eq!(&parse(cut(&input, &places), cap), &whole);
        prop_assert_eq!(&parse(input.chunks(1), cap), &whole);
    }
}

#[test]
fn an_event_above_the_cap_is_left_out_and_the_stream_goes_on() {
    let long = "y".repeat(50);
    let input = format!(
        "id:1\ndata:{long}\nid:2\n\ndata:a\n\nevent:{long}\ndata:b\n\n:{long}\ndata:c\n\ndata:{}\ndata:{}\n\n",
        &long[..10],
        &long[..10]
    );
    for chunk in [1, 7, 1000] {
        let outcome = parse(input.as_bytes().chunks(chunk), 20);
        let event = |data: &str| Seen::Event {
            event: "message".into(),
            data: data.into(),
            id: "2".into(),
        };
        assert_eq!(
            outcome.seen,
            [
                Seen::Oversized(4 + 55 + 4),
                event("a"),
                Seen::Oversized(56 + 6),
                Seen::Comment,
                event("c"),
                Seen::Oversized(30)
            ],
            "chunks of {chunk}"
        );
    }
}

#[test]
fn a_parser_reads_the_next_connection_with_the_id_of_the_last() {
    let mut parser = SseParser::new(CAP);
    let mut ids = Vec::new();
    let mut take = |parser: &mut SseParser, bytes: &[u8]| {
        parser.push(bytes, &mut |item| {
            if let SseItem::Event { last_event_id, .. } = item {
                ids.push(last_event_id.to_string());
            }
        });
    };
    take(&mut parser, b"id:7\ndata:x\n\nid:8\ndata:torn");
    assert!(parser.finish());
    assert!(!parser.finish());
    take(&mut parser, b"\xef\xbb\xbfdata:y\n\n");
    assert_eq!(ids, ["7", "7"]);
}
