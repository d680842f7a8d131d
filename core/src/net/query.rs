//! Percent-encoding and query strings, for links and for requests.

/// Appends `text` with everything but RFC 3986's unreserved characters percent-encoded: one path segment or one query value.
pub fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// As [`encode`], but leaves the characters that a query value may hold and people like to read (RFC 3986 section 3.4):
/// `*`, `,`, `:`, `/`, `=`, `@` and `?` stay.
pub fn encode_readable(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~*,:/=@?".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Undoes percent-encoding; `+` is a space where `plus` says so (queries). A `%` without two hex digits stays as it is, and invalid
/// UTF-8 is replaced: links are typed by people.
pub fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', _, _) if plus => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The pairs of a query string without its `?`, in order, decoded.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let split = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(key, true), decode(value, true))
    };
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(split)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_reads_back() {
        for text in [
            "",
            "a/b?c#d%2F..",
            "käse & brot",
            "100%",
            "%zz",
            "a+b",
            "\u{0}\n",
        ] {
            for write in [encode, encode_readable] {
                let mut out = String::new();
                write(text, &mut out);
                assert_eq!(decode(&out, true), text, "{out}");
                assert!(!out.contains(['&', '#', ' ', '+']));
            }
        }
    }

    #[test]
    fn pairs_keep_their_order_and_take_odd_input() {
        let expected = [("view", "run"), ("run", "a b"), ("x", ""), ("y", "1=2")];
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        assert_eq!(pairs("view=run&run=a+b&x&&y=1=2"), expected);
        assert_eq!(decode("%e4%zz%", false), "\u{fffd}%zz%");
    }
}
