//! The words of a document or of a schema.

pub(crate) struct Tokens {
    words: Vec<String>,
    at: usize,
}

impl Tokens {
    pub(crate) fn of(text: &str) -> Tokens {
        let mut words: Vec<String> = Vec::new();
        let mut rest = text.trim_start_matches([' ', '\n', ',']);
        while let Some(first) = rest.chars().next() {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let size = if rest.starts_with("...") {
                3
            } else if first == '"' {
                rest[1..].find('"').unwrap() + 2
            } else if is_word(first) {
                rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
            } else {
                1
            };
            words.push(rest[..size].to_string());
            rest = rest[size..].trim_start_matches([' ', '\n', ',']);
        }
        Tokens { words, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<String> {
        self.words.get(self.at).cloned()
    }

    pub(crate) fn next(&mut self) -> String {
        self.at += 1;
        self.words[self.at - 1].clone()
    }

    pub(crate) fn expect(&mut self, word: &str) {
        let next = self.next();
        assert_eq!(
            next,
            word,
            "{}",
            self.words[self.at.saturating_sub(8)..self.at].join(" ")
        );
    }

    /// A type as it is written.
    pub(crate) fn kind(&mut self) -> String {
        let mut kind = self.next();
        if kind == "[" {
            kind = format!("[{}]", self.kind());
            self.expect("]");
        }
        if self.peek().as_deref() == Some("!") {
            self.next();
            kind.push('!');
        }
        kind
    }

    /// Passes a value, and gives the variable's name if it is one.
    pub(crate) fn value(&mut self) -> Option<String> {
        let word = self.next();
        match word.as_str() {
            "$" => return Some(self.next()),
            "[" | "{" => {
                let mut depth = 1;
                while depth > 0 {
                    match self.next().as_str() {
                        "[" | "{" => depth += 1,
                        "]" | "}" => depth -= 1,
                        _ => {}
                    }
                }
            }
            "-" => {
                self.next();
            }
            _ => {}
        }
        None
    }
}
