//! Dagster's cursors behind stored events: JSON in Base64, as its SQLite storage writes them.

use serde_json::Value;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The cursor behind the event with this id.
pub(crate) fn written(id: u64) -> String {
    let text = format!("{{\"type\": \"STORAGE_ID\", \"value\": {id}}}");
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(*part.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= part.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}

/// The id in a cursor.
pub(crate) fn read(cursor: &str) -> u64 {
    let bits: Vec<u8> = cursor
        .trim_end_matches('=')
        .bytes()
        .flat_map(|letter| {
            let value = LETTERS.iter().position(|known| *known == letter).unwrap();
            (0..6).rev().map(move |bit| (value >> bit & 1) as u8)
        })
        .collect();
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit))
        .collect();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    value["value"].as_u64().unwrap()
}
