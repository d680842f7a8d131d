//! Run histories with bytes that nobody meant: no panic, every line accounted for, and nothing wrong passes without a word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::Path;

use runboard_core::backend::history::{Item, Line, Naming, Reader, health};

/// How many mutants; `cargo xtask test --full` asks for 10,000.
fn count() -> u64 {
    let asked = std::env::var("RUNBOARD_FUZZ").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(500)
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn mutate(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..=chance.below(12) {
        let at = chance.below(mutant.len());
        let odd = [
            b'"', b'{', b'}', b'[', b']', b',', b'\\', b'\n', b'\r', 0, 0xff, 0xc3, b'9', b'-',
            b' ',
        ];
        match chance.below(5) {
            0 => mutant[at] = odd[chance.below(odd.len())],
            1 => mutant[at] ^= 1 << chance.below(8),
            2 => mutant.insert(at, odd[chance.below(odd.len())]),
            3 => {
                let end = (at + chance.below(40)).min(mutant.len());
                mutant.drain(at..end);
            }
            _ => {
                let from = chance.below(mutant.len());
                let piece = mutant[from..(from + chance.below(60)).min(mutant.len())].to_vec();
                mutant.splice(at..at, piece);
            }
        }
        if mutant.is_empty() {
            mutant.push(b'{');
        }
    }
    mutant
}

fn read(bytes: &[u8], piece: usize) -> Vec<Item> {
    let mut reader = Reader::new();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.push(piece, &mut |item| items.push(item));
    }
    items.extend(reader.rest());
    items
}

#[test]
fn every_problem_of_a_mutant_is_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixture/jsonl/edge.jsonl");
    let bytes = std::fs::read(path).unwrap();
    let mut chance = Chance(7);
    for number in 0..count() {
        let mutant = mutate(&bytes, &mut chance);
        let items = read(&mutant, 1 + chance.below(5000));
        let lines: Vec<&[u8]> = mutant.split(|byte| *byte == b'\n').collect();
        // The last one has no newline; when it is empty, it is none.
        let whole = lines.len() - usize::from(lines.last().is_some_and(|line| line.is_empty()));
        // Several records in one line are an item each.
        let told: std::collections::BTreeSet<u64> = items.iter().map(|item| item.line).collect();
        assert!(told.into_iter().eq(1..=whole as u64), "mutant {number}");
        let mut offset = 0;
        for item in &items {
            let line = lines[item.line as usize - 1];
            assert_eq!(item.offset, offset, "mutant {number}");
            offset += item.len;
            let text = std::str::from_utf8(line);
            let is_json =
                text.is_ok_and(|text| serde_json::from_str::<serde_json::Value>(text).is_ok());
            if let Line::Record { summary, warnings } = &item.content {
                assert!(
                    is_json || !warnings.is_empty() || item.offset == 0,
                    "mutant {number}: {line:?} passes for a record"
                );
                let naming = Naming::default();
                let run = summary.run(summary.id(item.line), &naming);
                assert!(!run.id.is_empty());
                let _ = summary.steps(&naming);
                assert_eq!(summary.facts()[0].0, "retry_count");
                let _ = health::part(&[summary], None, true, None);
            } else if let Line::Blank = item.content {
                assert!(
                    line.trim_ascii().is_empty() || item.offset == 0,
                    "mutant {number}: {line:?} passes for a blank"
                );
            }
        }
        assert_eq!(offset, mutant.len() as u64, "mutant {number}");
    }
}
