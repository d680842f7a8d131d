//! [`Needle`]: a text to be found in lines, in any case or in exactly this one.
//!
//! Both run on vector search: the exact one by substring search, the other by its rarest letter in both cases. Only a text with letters
//! beyond ASCII is compared character by character.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::model::letter;

/// A prepared text.
#[derive(Clone, Debug)]
pub struct Needle {
    text: String,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Exact(Box<Finder<'static>>),
    /// Lower-case bytes, and the place of the one that is expected to be rarest.
    Ascii {
        lower: Vec<u8>,
        rare: usize,
    },
    /// Lower-case characters, and the place of the first beyond ASCII.
    Unicode {
        lower: Vec<char>,
        wide: usize,
    },
}

impl How {
    fn ascii(lower: Vec<u8>) -> How {
        let rarest = lower
            .iter()
            .enumerate()
            .max_by_key(|(_, byte)| rarity(**byte));
        let rare = rarest.map_or(0, |(at, _)| at);
        How::Ascii { lower, rare }
    }
}

impl Needle {
    /// `None` for a text that no line can be searched for: an empty one, or one with a line end.
    pub fn new(text: &str, any_case: bool) -> Option<Needle> {
        if text.is_empty() || text.contains('\n') {
            return None;
        }
        let how = if !any_case {
            How::Exact(Box::new(Finder::new(text).into_owned()))
        } else if text.is_ascii() {
            How::ascii(text.to_ascii_lowercase().into_bytes())
        } else {
            let lower: Vec<char> = text.chars().map(letter::lower).collect();
            match lower.iter().position(|letter| !letter.is_ascii()) {
                Some(wide) => How::Unicode { lower, wide },
                // Some capitals beyond ASCII fold into it (the Kelvin sign).
                None => How::ascii(
                    lower
                        .iter()
                        .filter_map(|letter| u8::try_from(*letter).ok())
                        .collect(),
                ),
            }
        };
        Some(Needle {
            text: text.to_string(),
            how,
        })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn any_case(&self) -> bool {
        !matches!(self.how, How::Exact(_))
    }

    /// About how many times longer than the fastest a search takes, at worst: for budgets.
    pub(super) fn cost(&self) -> usize {
        match self.how {
            How::Exact(_) | How::Ascii { .. } => 1,
            How::Unicode { .. } => 4,
        }
    }

    /// Whether the text stands in `line`.
    pub fn is_in(&self, line: &str) -> bool {
        self.find(line, 0).is_some()
    }

    /// Every place, without overlaps, in bytes of `line`.
    pub fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        while let Some(range) = self.find(line, from) {
            from = range.end;
            ranges.push(range);
        }
        ranges
    }

    /// The first place at or behind byte `from`.
    pub fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let rest = text.get(from..)?;
        let found = match &self.how {
            How::Exact(finder) => finder
                .find(rest.as_bytes())
                .map(|at| at..at + self.text.len()),
            How::Ascii { lower, rare } => find_ascii(rest.as_bytes(), lower, *rare),
            How::Unicode { lower, wide } => find_unicode(rest, lower, *wide),
        }?;
        Some(found.start + from..found.end + from)
    }
}

/// A guess at how seldom a byte stands in logs; higher is rarer.
fn rarity(byte: u8) -> usize {
    const COMMON_FIRST: &[u8] = b" etaoinsr01l.d-c2:hump3f_g5/4b687y9vwk=,xjqz";
    COMMON_FIRST
        .iter()
        .position(|common| *common == byte)
        .unwrap_or(COMMON_FIRST.len())
}

fn find_ascii(text: &[u8], lower: &[u8], rare: usize) -> Option<Range<usize>> {
    let letter = lower.get(rare).copied()?;
    let mut from = rare;
    loop {
        let rest = text.get(from..)?;
        let upper = letter.to_ascii_uppercase();
        let at = if upper == letter {
            memchr::memchr(letter, rest)
        } else {
            memchr::memchr2(letter, upper, rest)
        }? + from;
        let start = at - rare;
        let end = start + lower.len();
        if text.get(start..end)?.eq_ignore_ascii_case(lower) {
            return Some(start..end);
        }
        from = at + 1;
    }
}

/// The text looked for has a letter beyond ASCII at `wide`, and only such a letter folds to one: so only the places shortly before one are
/// tried, and the ASCII between is skipped.
fn find_unicode(text: &str, lower: &[char], wide: usize) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let next = from + first_beyond_ascii(text.as_bytes().get(from..)?)?;
        for start in next.saturating_sub(wide).max(from)..=next {
            if let Some(len) = matches_at(text.get(start..)?, lower) {
                return Some(start..start + len);
            }
        }
        from = next + text.get(next..)?.chars().next()?.len_utf8();
    }
}

fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    const STRIDE: usize = 64;
    let stride = bytes.chunks(STRIDE).position(|part| !part.is_ascii())?;
    let rest = bytes.get(stride * STRIDE..)?;
    rest.iter()
        .position(|byte| !byte.is_ascii())
        .map(|at| stride * STRIDE + at)
}

/// How many bytes of `text` fold to the wanted characters.
fn matches_at(text: &str, lower: &[char]) -> Option<usize> {
    let mut wanted = lower.iter();
    for (at, letter) in text.char_indices() {
        if wanted.next() != Some(&letter::lower(letter)) {
            return None;
        }
        if wanted.len() == 0 {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(needle: &str, any_case: bool, line: &str) -> Vec<Range<usize>> {
        Needle::new(needle, any_case)
            .map(|needle| needle.ranges(line))
            .unwrap_or_default()
    }

    #[test]
    fn places_are_found_in_the_case_asked_for() {
        assert_eq!(at("Err", false, "err Err ERR Err"), [4..7, 12..15]);
        assert_eq!(at("Err", true, "err Err ERR"), [0..3, 4..7, 8..11]);
        assert_eq!(at("aa", true, "aAaAa"), [0..2, 2..4]);
        assert_eq!(at("x=1", true, "éX=1é x=1"), [2..5, 8..11]);
        assert_eq!(
            at("stra\u{df}e", true, "STRA\u{df}E Stra\u{df}e"),
            [0..7, 8..15]
        );
        assert_eq!(
            at("\u{e9}t\u{e9}", true, "\u{c9}T\u{c9} d'\u{e9}t\u{e9}"),
            [0..5, 8..13]
        );
        assert_eq!(at("", true, "x"), []);
        assert_eq!(at("a\nb", true, "a\nb"), []);
        assert_eq!(at("longer than the line", true, "short"), []);
    }
}
