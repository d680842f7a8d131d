//! Pieces of a JSON text, unchanged: what a source calls its own record is shown with its order of keys and its digits.
//!
//! For texts that a JSON parser took. Of any other text the answer is `None` or some piece of it, never a panic.

/// The text of a field of the object that `text` is; the last one, as parsers have it, when it stands several times.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    let mut walk = Walk::into(text, '{')?;
    while let Some(key) = walk.value() {
        walk.skip(':');
        let value = walk.value()?;
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        if bare == Some(name) {
            found = Some(value);
        }
        walk.skip(',');
    }
    found
}

/// The names (as they stand, in quotes) and texts of all fields of the object that `text` is.
pub(super) fn members(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    if let Some(mut walk) = Walk::into(text, '{') {
        while let Some(key) = walk.value() {
            walk.skip(':');
            let Some(value) = walk.value() else {
                break;
            };
            found.push((key, value));
            walk.skip(',');
        }
    }
    found
}

/// The texts of the items of the list that `text` is.
pub(super) fn items(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if let Some(mut walk) = Walk::into(text, '[') {
        while let Some(item) = walk.value() {
            found.push(item);
            walk.skip(',');
        }
    }
    found
}

struct Walk<'a>(&'a str);

impl<'a> Walk<'a> {
    fn into(text: &'a str, open: char) -> Option<Walk<'a>> {
        text.trim_start().strip_prefix(open).map(Walk)
    }

    fn skip(&mut self, letter: char) {
        self.0 = self.0.trim_start();
        self.0 = self.0.strip_prefix(letter).unwrap_or(self.0);
    }

    /// The next value, without the space around it; `None` at the end of the list or object.
    fn value(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        let mut end = text.len();
        for (at, byte) in text.bytes().enumerate() {
            if in_text {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => in_text = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' | b':' if depth == 0 => {
                    end = at;
                    break;
                }
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        let value = text.get(..end)?.trim_end();
        self.0 = text.get(end..)?;
        (!value.is_empty()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_as_they_stand() {
        let text = r#" { "a" : 1.50 , "raw":{"z":[1,{"y":"}]\",:"}],"a":18446744073709551617e-1} ,"a": "last","list":[ {"n":1}, [2,3] ,"x,y", null ]} "#;
        assert_eq!(
            member(text, "raw"),
            Some(r#"{"z":[1,{"y":"}]\",:"}],"a":18446744073709551617e-1}"#)
        );
        assert_eq!(member(text, "a"), Some("\"last\""));
        assert_eq!(member(text, "z"), None);
        let list = member(text, "list").unwrap();
        assert_eq!(items(list), [r#"{"n":1}"#, "[2,3]", "\"x,y\"", "null"]);
        assert_eq!(items("[]"), [""; 0]);
        let pairs = members(r#"{"a":1, "b" : {"c":[2]}}"#);
        assert_eq!(pairs, [("\"a\"", "1"), ("\"b\"", r#"{"c":[2]}"#)]);
    }

    #[test]
    fn no_text_makes_a_panic() {
        let text = r#"{"a":[1,{"b":"\\\"é"}],"c":{}}"#;
        for (from, _) in text.char_indices() {
            for (to, _) in text.char_indices() {
                let piece = text.get(from..to).unwrap_or_default();
                let _ = (member(piece, "a"), items(piece), members(piece));
            }
        }
    }
}
