//! Connect's framer and errors: the client cases of its conformance suite (tests/fixture/connect: what connectrpc/conformance, Apache-2.0, expects of a
//! client, as JSON), every cut of a stream, and bytes of chance.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use proptest::prelude::*;
use runboard_core::net::connect::{
    Code, Ending, Envelopes, Frame, RpcError, check_type, ending, envelope, refusal,
};
use serde_json::Value;

const CAP: usize = 1 << 20;

/// All that a client of a stream gets to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    messages: Vec<Vec<u8>>,
    ending: Option<Ending>,
    error: Option<RpcError>,
}

impl Outcome {
    fn error(&self) -> Option<&RpcError> {
        let told = self.ending.as_ref().and_then(|end| end.error.as_ref());
        self.error.as_ref().or(told)
    }
}

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, cap: usize) -> Outcome {
    let mut envelopes = Envelopes::new(cap);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        let done = envelopes.push(chunk, &mut |frame| match frame {
            Frame::Message(bytes) => outcome.messages.push(bytes.to_vec()),
            Frame::End(bytes) => outcome.ending = Some(ending(bytes)),
        });
        if let Err(error) = done {
            outcome.error = Some(error);
            return outcome;
        }
    }
    outcome.error = envelopes.finish().err();
    outcome
}

fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![flags];
    bytes.extend((payload.len() as u32).to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn stream(frames: &[(u8, &[u8])]) -> Vec<u8> {
    frames
        .iter()
        .flat_map(|(flags, payload)| frame(*flags, payload))
        .collect()
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_default()
}

#[test]
fn the_conformance_suite() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/fixture/connect/cases.json")).unwrap();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for case in &cases {
        let name = text(case, "name");
        let (found, messages, trailers) = match text(case, "kind") {
            "unary" => {
                let status = case["status"].as_u64().unwrap() as u16;
                let found = match status {
                    200 => check_type(text(case, "type"), false).err(),
                    _ => Some(refusal(status, text(case, "body").as_bytes())),
                };
                (found, 0, Vec::new())
            }
            _ => {
                let kind = case["type"].as_str().unwrap_or("application/connect+json");
                let frames = case["frames"].as_array().unwrap();
                let bytes: Vec<u8> = frames
                    .iter()
                    .flat_map(|pair| {
                        let flags = pair[0].as_u64().unwrap() as u8;
                        frame(flags, pair[1].as_str().unwrap().as_bytes())
                    })
                    .collect();
                match check_type(kind, true) {
                    Err(error) => (Some(error), 0, Vec::new()),
                    Ok(()) => {
                        let outcome = read([bytes.as_slice()], CAP);
                        let trailers = outcome.ending.clone().unwrap_or_default().metadata;
                        (outcome.error().cloned(), outcome.messages.len(), trailers)
                    }
                }
            }
        };
        let code = found.as_ref().map(|error| error.code.word());
        assert_eq!(code, case["code"].as_str(), "{name}: {found:?}");
        if let Some(message) = case["message"].as_str() {
            let told = found.as_ref().map_or("", |error| error.message.as_str());
            assert_eq!(told, message, "{name}");
        }
        if let Some(expected) = case["messages"].as_u64() {
            assert_eq!(messages as u64, expected, "{name}");
        }
        if let Some(details) = case["details"].as_array() {
            let told = &found.as_ref().unwrap().details;
            let pairs: Vec<(String, String)> = details
                .iter()
                .map(|pair| {
                    let part = |at: usize| pair[at].as_str().unwrap().to_string();
                    (part(0), part(1))
                })
                .collect();
            assert_eq!(*told, pairs, "{name}");
        }
        if let Some(expected) = case["trailers"].as_object() {
            for (key, values) in expected {
                let values: Vec<&str> = values
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| v.as_str().unwrap())
                    .collect();
                let (_, told) = trailers.iter().find(|(name, _)| name == key).unwrap();
                assert_eq!(*told, values, "{name}");
            }
        }
    }
}

#[test]
fn every_cut_in_two_and_single_bytes_give_the_same() {
    let long = vec![b'x'; 300];
    let bytes = stream(&[
        (0, b"{}"),
        (0, b""),
        (0, &long),
        (0, "{\"a\":\"\u{1f600}\"}".as_bytes()),
        (2, b"{\"error\":{\"code\":\"aborted\"}}"),
    ]);
    let whole = read([bytes.as_slice()], CAP);
    assert_eq!(whole.messages.len(), 4);
    assert_eq!(whole.error().unwrap().code, Code::Aborted);
    for cut in 0..=bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(read([a, b], CAP), whole, "cut at {cut}");
        for second in [cut + 1, cut + 4, cut + 5, cut + 6] {
            if second <= bytes.len() {
                let (b, c) = b.split_at(second - cut);
                assert_eq!(read([a, b, c], CAP), whole, "cuts at {cut} and {second}");
            }
        }
        // Whatever ends here is not the whole, and says so.
        if cut < bytes.len() {
            let outcome = read([a], CAP);
            assert_eq!(outcome.error().unwrap().code, Code::Internal, "{cut}");
            assert!(outcome.messages.len() <= whole.messages.len());
        }
    }
    let single = bytes.chunks(1);
    assert_eq!(read(single, CAP), whole);
}

#[test]
fn what_cannot_be_read_is_refused_at_its_head() {
    for (bytes, code, words) in [
        (
            vec![0, 0xff, 0xff, 0xff, 0xff],
            Code::ResourceExhausted,
            "4294967295 bytes",
        ),
        (vec![2, 0x7f, 0, 0, 0], Code::ResourceExhausted, "too large"),
        (vec![1, 0, 0, 0, 2], Code::Internal, "compressed"),
        (vec![3, 0, 0, 0, 2], Code::Internal, "compressed"),
        (
            vec![0x80, 0, 0, 0, 2],
            Code::Internal,
            "unknown flags (128)",
        ),
        (
            stream(&[(2, b"{}"), (0, b"{}")]),
            Code::Internal,
            "behind the end",
        ),
    ] {
        let outcome = read(bytes.chunks(1), CAP);
        let error = outcome.error.expect("an error");
        assert_eq!(error.code, code, "{bytes:?}");
        assert!(error.message.contains(words), "{}", error.message);
        assert!(outcome.messages.is_empty());
    }
    let exact = stream(&[(0, &[b'x'; 16]), (2, b"{}")]);
    assert_eq!(read([exact.as_slice()], 16).error(), None);
    assert!(read([exact.as_slice()], 15).error().is_some());
    let ends: [&[u8]; 3] = [b"", b"[]", b"{\"error\":"];
    for end in ends {
        assert_eq!(ending(end).error.unwrap().code, Code::Internal);
    }
}

#[test]
fn a_login_page_is_no_answer() {
    for (kind, streaming) in [
        ("text/html; charset=utf-8", true),
        ("text/html", false),
        ("", true),
    ] {
        assert_eq!(check_type(kind, streaming).unwrap_err().code, Code::Unknown);
    }
    assert!(check_type("application/json; charset=utf-8", false).is_ok());
    assert!(check_type("Application/Connect+JSON", true).is_ok());
    let told = refusal(502, b"<html>bad gateway</html>");
    assert_eq!((told.code, told.message.as_str()), (Code::Unavailable, ""));
    let odd = refusal(500, b"{\"code\":\"EPIPE\",\"message\":3}");
    assert_eq!(odd.code, Code::Unknown);
    assert_eq!(odd.raw_code.as_deref(), Some("EPIPE"));
}

#[test]
fn a_question_is_one_envelope() {
    assert_eq!(envelope("{}"), b"\0\0\0\0\x02{}");
}

proptest! {
    #[test]
    fn any_frames_at_any_cuts(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        cuts in prop::collection::vec(0_usize..400, 0..12),
    ) {
        let mut frames: Vec<(u8, &[u8])> = payloads.iter().map(|p| (0, p.as_slice())).collect();
        frames.push((2, b"{}"));
        let bytes = stream(&frames);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.push(bytes.len());
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for cut in cuts {
            chunks.push(&bytes[from..cut]);
            from = cut;
        }
        let outcome = read(chunks, CAP);
        prop_assert_eq!(outcome.error(), None);
        prop_assert_eq!(outcome.messages, payloads);
    }

    /// Bytes of chance, cut by chance: never a panic, never more than the cap is kept, and the same outcome as in one piece.
    #[test]
    fn bytes_of_chance(
        bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(2), any::<u8>()], 0..200),
        size in 1_usize..20,
    ) {
        let whole = read([bytes.as_slice()], 64);
        prop_assert_eq!(&read(bytes.chunks(size), 64), &whole);
        prop_assert!(whole.messages.iter().all(|message| message.len() <= 64));
    }
}
