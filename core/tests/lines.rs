//! The line splitter: whatever the cuts, the lines are the same, and their offsets are true.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use runboard_core::net::lines::{LineItem, LineSplitter};

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Line(u64, Vec<u8>),
    Oversized(u64, u64, Vec<u8>),
}

fn split<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, cap: usize) -> (Vec<Seen>, u64) {
    let mut splitter = LineSplitter::new(cap);
    let mut seen = Vec::new();
    let mut sink = |item: LineItem<'_>| {
        seen.push(match item {
            LineItem::Line { offset, bytes } => Seen::Line(offset, bytes.to_vec()),
            LineItem::Oversized {
                offset,
                bytes,
                head,
            } => Seen::Oversized(offset, bytes, head.to_vec()),
        });
    };
    for chunk in chunks {
        splitter.push(chunk, &mut sink);
    }
    splitter.finish(&mut sink);
    (seen, splitter.offset())
}

#[test]
fn lines_end_at_lf_and_lose_one_cr() {
    for chunk in [1, 2, 3, 100] {
        let (seen, end) = split(b"a\r\n\nb\r\r\nc\rd\ntorn\r".chunks(chunk), 100);
        let line = |offset, text: &str| Seen::Line(offset, text.as_bytes().to_vec());
        assert_eq!(
            seen,
            [
                line(0, "a"),
                line(3, ""),
                line(4, "b\r"),
                line(8, "c\rd"),
                line(12, "torn")
            ],
            "chunks of {chunk}"
        );
        assert_eq!(end, 17);
    }
}

#[test]
fn a_line_above_the_cap_keeps_its_head_and_the_next_one_is_whole() {
    for chunk in [1, 4, 100] {
        let (seen, _) = split(b"12345\r\n123456\n\n123456789012".chunks(chunk), 5);
        assert_eq!(
            seen,
            [
                Seen::Line(0, b"12345".to_vec()),
                Seen::Oversized(7, 6, b"12345".to_vec()),
                Seen::Line(14, Vec::new()),
                Seen::Oversized(15, 12, b"12345".to_vec())
            ],
            "chunks of {chunk}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_give_the_same_lines_wherever_they_are_cut(
        input in prop::collection::vec(prop_oneof![3 => prop::sample::select(b"\n\rab".to_vec()), 1 => any::<u8>()], 0..80),
        chunk in 1_usize..9,
        cap in 0_usize..12,
    ) {
        let whole = split([&input[..]], cap);
        prop_assert_eq!(&split(input.chunks(chunk), cap), &whole);
        prop_assert_eq!(whole.1, input.len() as u64);
        let expected = input.split(|byte| *byte == b'\n').count() - usize::from(input.is_empty() || input.ends_with(b"\n"));
        prop_assert_eq!(whole.0.len(), expected);
    }
}
