//! [`lower`]: letters without regard to case, in the scripts whose capitals stand in rows: Latin, Greek, Cyrillic, Armenian.
//!
//! The standard library's table knows every script and is 14 kB of the wasm. Capitals of other scripts (Georgian, Cherokee, Adlam and some that
//! nobody writes any more) are found in their own case only. Tests hold every character to the table: the same, or left as it is.

/// The small letter, where the character is a capital that has one of its own; else the character.
pub fn lower(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let code = u32::from(letter);
    let is_even = code.is_multiple_of(2);
    let small = match code {
        0xc0..=0xde if code != 0xd7 => code + 32,
        0x100..=0x12f | 0x132..=0x137 | 0x14a..=0x177 if is_even => code + 1,
        0x139..=0x148 | 0x179..=0x17e if !is_even => code + 1,
        0x178 => 0xff,
        0x386 => 0x3ac,
        0x388..=0x38a => code + 37,
        0x38c => 0x3cc,
        0x38e | 0x38f => code + 63,
        0x391..=0x3ab if code != 0x3a2 => code + 32,
        0x400..=0x40f => code + 80,
        0x410..=0x42f => code + 32,
        0x460..=0x481 | 0x48a..=0x4bf | 0x4d0..=0x52f if is_even => code + 1,
        0x4c0 => 0x4cf,
        0x4c1..=0x4ce if !is_even => code + 1,
        0x531..=0x556 => code + 48,
        0x1e00..=0x1e95 | 0x1ea0..=0x1eff if is_even => code + 1,
        0x1e9e => 0xdf,
        // The signs for kelvin and angstrom are letters.
        0x212a => 0x6b,
        0x212b => 0xe5,
        0xff21..=0xff3a => code + 32,
        _ => code,
    };
    char::from_u32(small).unwrap_or(letter)
}

/// The text in small letters, as [`lower`] has them.
pub fn lowered(text: &str) -> String {
    text.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_lowered_as_unicode_does_or_left_as_it_is() {
        let mut known = 0;
        for letter in (0..=0x10_ffff).filter_map(char::from_u32) {
            let unicode: String = letter.to_lowercase().collect();
            let ours = lower(letter);
            if ours != letter {
                assert_eq!(ours.to_string(), unicode, "{letter:?}");
                known += 1;
            }
            let is_ours = matches!(u32::from(letter), 0..=0x17f | 0x370..=0x3ff | 0x400..=0x556 | 0x1e00..=0x1eff | 0xff00..=0xffef)
                // One that becomes two letters, and archaic letters of Greek and Coptic.
                && !matches!(u32::from(letter), 0x130 | 0x370..=0x37f | 0x3cf..=0x3ff);
            if is_ours {
                assert_eq!(ours.to_string(), unicode, "{letter:?}");
            }
        }
        assert!(known > 450, "{known}");
    }
}
