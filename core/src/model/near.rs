//! How near one id is to another, for "did you mean".

/// A common beginning shorter than this says nothing, and a longer one than the other always something.
const PREFIX: std::ops::RangeInclusive<usize> = 3..=6;
/// Letters that may be wrong, missing or too many, at most.
const EDITS: usize = 3;
/// Stands between the ranks of common beginnings and those of slips.
const SLIPS: u32 = u32::MAX / 2;

/// How near `other` is to the id that was asked for, lower being nearer; `None`: it is another one. Ids that begin the same are nearest, the longest
/// common beginning first; then come those with few letters changed, left out or put in.
pub fn rank(wanted: &str, other: &str) -> Option<u32> {
    let (wanted, other) = (wanted.as_bytes(), other.as_bytes());
    let same = wanted.iter().zip(other).take_while(|(a, b)| a == b).count();
    if same >= (wanted.len() / 2).clamp(*PREFIX.start(), *PREFIX.end()) {
        return Some(SLIPS.saturating_sub(same as u32));
    }
    let edits = distance(wanted, other, EDITS.min(wanted.len() / 3))?;
    Some(SLIPS + edits as u32)
}

/// How many letters must be changed, left out or put in to make one of the other (Levenshtein), if they are no more than `most`; swapped
/// neighbours are two.
pub fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut line: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = i;
        let mut before = i + 1;
        let mut least = before;
        if let Some(first) = line.first_mut() {
            *first = before;
        }
        for (cell, right) in line.iter_mut().skip(1).zip(b) {
            let here = (corner + usize::from(left != right))
                .min(before + 1)
                .min(*cell + 1);
            corner = std::mem::replace(cell, here);
            before = here;
            least = least.min(here);
        }
        if least > most {
            return None;
        }
    }
    line.last().copied().filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted_and_no_more_than_asked() {
        for (a, b, most, expected) in [
            ("", "", 0, Some(0)),
            ("abc", "abc", 0, Some(0)),
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("abc", "acb", 2, Some(2)),
            ("abc", "abcdef", 2, None),
            ("", "ab", 2, Some(2)),
        ] {
            assert_eq!(
                distance(a.as_bytes(), b.as_bytes(), most),
                expected,
                "{a} {b}"
            );
            assert_eq!(
                distance(b.as_bytes(), a.as_bytes(), most),
                expected,
                "{b} {a}"
            );
        }
    }

    #[test]
    fn a_common_beginning_is_nearer_than_a_slip() {
        let rank = |other| rank("r7f2c0ffee", other).unwrap();
        assert!(rank("r7f2c0ffee") < rank("r7f2c0ffe"));
        assert!(rank("r7f2c0ffe") < rank("r7f2c"));
        assert!(rank("r7f2c") < rank("x7f2c0ffee"));
        assert_eq!(super::rank("r7f2c0ffee", "r7f1111111"), None);
        assert_eq!(super::rank("", ""), Some(SLIPS));
    }
}
