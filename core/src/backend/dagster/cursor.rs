//! The server's cursors over events: base64 of `{"type": "STORAGE_ID", "value": 1000}`.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The cursor behind the event with an id, as the server writes it.
pub(super) fn stored(id: u64) -> String {
    let text = [
        "{\"type\": \"STORAGE_ID\", \"value\": ",
        &id.to_string(),
        "}",
    ]
    .concat();
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * at)) as usize & 63);
            match letter.filter(|_| at <= part.len()) {
                Some(letter) => out.push(char::from(*letter)),
                None => out.push('='),
            }
        }
    }
    out
}

/// The id that a cursor names; `None` for every other cursor.
pub(super) fn id(cursor: &str) -> Option<u64> {
    let (mut bits, mut count) = (0_u32, 0);
    let mut text = String::new();
    for letter in cursor.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            text.push(char::from((bits >> count) as u8));
        }
    }
    let value = text.strip_prefix("{\"type\": \"STORAGE_ID\", \"value\": ")?;
    value.strip_suffix('}')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{id, stored};

    #[test]
    fn cursors_are_those_of_the_server() {
        assert_eq!(
            stored(1000),
            "eyJ0eXBlIjogIlNUT1JBR0VfSUQiLCAidmFsdWUiOiAxMDAwfQ=="
        );
        assert_eq!(
            stored(56),
            "eyJ0eXBlIjogIlNUT1JBR0VfSUQiLCAidmFsdWUiOiA1Nn0="
        );
        for number in [0, 1, 12, 123, 99_999, u64::MAX] {
            assert_eq!(id(&stored(number)), Some(number));
        }
        for other in ["", "=", "HEAD", "eyJ0eXBlIjogIlNUT1", "ä"] {
            assert_eq!(id(other), None);
        }
    }
}
