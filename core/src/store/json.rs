//! [`JsonText`]: JSON is written here, for downloads and for requests, without a value in between.

use crate::model::{Span, Timestamp};

/// A JSON text under construction. Commas stand where they belong by themselves; opening and closing is the writer's.
#[derive(Clone, Debug, Default)]
pub struct JsonText {
    out: String,
}

impl JsonText {
    pub fn new() -> JsonText {
        JsonText::default()
    }

    /// The text so far.
    pub fn finish(self) -> String {
        self.out
    }

    /// The text but for its last letter, by which is known what may follow; the rest comes with the next call.
    pub fn take(&mut self) -> String {
        let last = self.out.pop();
        let taken = std::mem::take(&mut self.out);
        self.out.extend(last);
        taken
    }

    pub fn as_str(&self) -> &str {
        &self.out
    }

    /// `{` or `[` as an item of a list.
    pub fn open(&mut self, bracket: char) -> &mut JsonText {
        self.comma();
        self.out.push(bracket);
        self
    }

    /// `}` or `]`.
    pub fn close(&mut self, bracket: char) -> &mut JsonText {
        self.out.push(bracket);
        self
    }

    /// The next item of the list stands on a line of its own.
    pub fn item_line(&mut self) -> &mut JsonText {
        self.comma();
        self.out.push('\n');
        self
    }

    /// The text so far is a whole line; nothing at the beginning.
    pub fn line(&mut self) -> &mut JsonText {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self
    }

    /// The name of a field; its value follows.
    pub fn key(&mut self, name: &str) -> &mut JsonText {
        self.text(name);
        self.out.push(':');
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut JsonText {
        self.comma();
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                letter if letter < ' ' || letter == '\u{7f}' => {
                    let hex = |digit: u32| char::from_digit(digit & 15, 16).unwrap_or('0');
                    let code = u32::from(letter);
                    self.out.push_str("\\u00");
                    self.out.push(hex(code >> 4));
                    self.out.push(hex(code));
                }
                letter => self.out.push(letter),
            }
        }
        self.out.push('"');
        self
    }

    /// JSON that is written already: a number, a word, or a whole value.
    pub fn raw(&mut self, json: &str) -> &mut JsonText {
        self.comma();
        self.out.push_str(json);
        self
    }

    pub fn number(&mut self, number: i64) -> &mut JsonText {
        self.raw(&number.to_string())
    }

    /// A field with a text; none where there is no value.
    pub fn text_field(&mut self, name: &str, text: Option<&str>) -> &mut JsonText {
        match text {
            Some(text) => self.key(name).text(text),
            None => self,
        }
    }

    /// As [`JsonText::text_field`], with an instant in RFC 3339.
    pub fn time_field(&mut self, name: &str, at: Option<Timestamp>) -> &mut JsonText {
        match at {
            Some(at) => self.key(name).text(&at.to_string()),
            None => self,
        }
    }

    /// As [`JsonText::text_field`], with a whole number.
    pub fn number_field(&mut self, name: &str, number: Option<i64>) -> &mut JsonText {
        match number {
            Some(number) => self.key(name).number(number),
            None => self,
        }
    }

    /// A field with a list of texts; none where the list is empty.
    pub fn list_field(&mut self, name: &str, texts: &[String]) -> &mut JsonText {
        if texts.is_empty() {
            return self;
        }
        self.key(name).open('[');
        for text in texts {
            self.text(text);
        }
        self.close(']')
    }

    fn comma(&mut self) {
        let last = self.out.as_bytes().last();
        if last.is_some_and(|last| !matches!(last, b'{' | b'[' | b':' | b',' | b'\n')) {
            self.out.push(',');
        }
    }
}

/// A length in seconds with as many digits as it has: `-0.5`, `3`, `1.000001`.
pub fn seconds(span: Span) -> String {
    let micros = span.0.unsigned_abs();
    let mut text = String::new();
    if span.0 < 0 {
        text.push('-');
    }
    text.push_str(&(micros / 1_000_000).to_string());
    let rest = micros % 1_000_000;
    if rest > 0 {
        // The leading one keeps the zeros.
        let digits = (rest + 1_000_000).to_string();
        text.push('.');
        text.push_str(digits.get(1..).unwrap_or_default().trim_end_matches('0'));
    }
    text
}

/// The JSON text with every field and item on its own line, two spaces deep, for people. Only white space outside of texts changes; what is no
/// JSON comes out as readable as it went in.
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut letters = json.chars().peekable();
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        for _ in 0..depth.min(64) {
            out.push_str("  ");
        }
    };
    while let Some(letter) = letters.next() {
        if in_text {
            out.push(letter);
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match letter {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter => {
                in_text = letter == '"';
                out.push(letter);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let every: String = (0..0x300_u32).filter_map(char::from_u32).collect();
        let texts = ["a,b".to_string(), every.clone()];
        let mut json = JsonText::new();
        json.open('{')
            .text_field("a\"b", Some(&every))
            .text_field("none", None);
        json.number_field("n", Some(-7))
            .key("list")
            .open('[')
            .raw("1.50");
        json.open('{')
            .close('}')
            .open('[')
            .close(']')
            .close(']')
            .list_field("t", &texts)
            .close('}');
        let text = json.finish();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"a\"b": every, "n": -7, "list": [1.5, {}, []], "t": texts})
        );
        let again: serde_json::Value = serde_json::from_str(&pretty(&text)).unwrap();
        assert_eq!(again, value);
        assert_eq!(
            pretty(r#"{"a":[],"b":[1,{"c":"{,}"}]}"#),
            "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {\n      \"c\": \"{,}\"\n    }\n  ]\n}"
        );
    }

    #[test]
    fn lengths_keep_their_digits() {
        for (micros, text) in [
            (0, "0"),
            (-500_000, "-0.5"),
            (1_000_001, "1.000001"),
            (90_000_000, "90"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(seconds(Span(micros)), text);
        }
    }
}
