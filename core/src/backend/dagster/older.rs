//! Documents for servers that do not know all of them.

/// What a server said that it does not know.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    /// A field, or a type.
    pub(super) name: String,
    /// The type that lacks the field; empty: it is left out wherever it stands.
    pub(super) of: String,
}

impl Unknown {
    /// What the words of a refusal say is not known.
    pub(super) fn all(words: &str) -> Vec<Unknown> {
        let mut all = Vec::new();
        for (start, is_field) in [("Cannot query field '", true), ("Unknown type '", false)] {
            for part in words.split(start).skip(1) {
                let mut parts = part.split('\'');
                let name = parts.next().unwrap_or_default().to_string();
                let of = match (is_field, parts.next()) {
                    (true, Some(" on type ")) => parts.next().unwrap_or_default().to_string(),
                    _ => String::new(),
                };
                all.push(Unknown { name, of });
            }
        }
        all
    }

    /// The document without it. Another type may have a field of the same name: where the document says what is selected of the type, it is left out there alone.
    pub(super) fn left_out(&self, document: &str) -> String {
        if self.of.is_empty() {
            return without_nothing(without(document, &self.name));
        }
        let start = ["on ", &self.of, "{"].concat();
        let mut out = String::with_capacity(document.len());
        let mut rest = document;
        while let Some((head, tail)) = rest.split_once(start.as_str()) {
            let behind = behind_block(tail);
            let inner = tail.get(..tail.len() - behind.len()).unwrap_or_default();
            out.extend([head, &start, &without(inner, &self.name)]);
            rest = behind;
        }
        out.push_str(rest);
        if out == document {
            out = without(document, &self.name);
        }
        without_nothing(out)
    }
}

/// The document without parts of which nothing is left to ask for, which would be no GraphQL.
fn without_nothing(mut document: String) -> String {
    let mut from = 0;
    while let Some(at) = document.get(from..).and_then(|rest| rest.find('{')) {
        let at = from + at;
        let (head, tail) = document.split_at(at);
        let Some(behind) = tail
            .get(1..)
            .unwrap_or_default()
            .trim_start()
            .strip_prefix('}')
        else {
            from = at + 1;
            continue;
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':');
        let own = head.trim_end().trim_end_matches(is_name);
        let own = own.strip_suffix("...on ").unwrap_or(own);
        document = [own, " ", behind].concat();
        // What it stood in may have nothing else.
        from = 0;
    }
    document
}

/// What stands behind the bracket that closes a block, whose opening one is already read.
fn behind_block(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(at..).unwrap_or_default();
        }
    }
    ""
}

/// The document without a field, with all that is selected of it, or without the fragments on a type.
pub(super) fn without(document: &str, name: &str) -> String {
    let is_name = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    while let Some((head, tail)) = rest.split_once(name) {
        if is_name(head.as_bytes().last()) || is_name(tail.as_bytes().first()) {
            out.push_str(head);
            out.push_str(name);
        } else {
            out.push_str(head.strip_suffix("...on ").unwrap_or(head));
            // Spaces keep the names before and behind apart.
            out.push(' ');
            rest = behind(tail);
            continue;
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What stands behind arguments and selections at the beginning.
fn behind(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            ' ' => {}
            _ if depth == 0 => return text.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::{Unknown, without};

    #[test]
    fn what_one_type_lacks_is_left_out_of_that_type() {
        let said = "Cannot query field 'p' on type 'T'. Did you mean 'q'?; Unknown type 'U'.";
        let all = Unknown::all(said);
        let words: Vec<(&str, &str)> = all
            .iter()
            .map(|one| (one.name.as_str(), one.of.as_str()))
            .collect();
        assert_eq!(words, [("p", "T"), ("U", "")]);
        let leave = |document: &str| {
            let words = all[0].left_out(document);
            let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
            words.join(" ")
        };
        for (document, expected) in [
            (
                "{p a{...on T{x p{y}z}p}...on S{p}}",
                "{p a{...on T{x z}p}...on S{p}}",
            ),
            (
                "{...F}fragment F on T{p x}fragment G on TT{p}",
                "{...F}fragment F on T{ x}fragment G on TT{p}",
            ),
            // Of what nothing is left is not asked for.
            ("{a ...on T{p}b{...on T{p{x}}}c}", "{a c}"),
            // Nothing says where the type stands.
            ("{a{p x}p}", "{a{ x} }"),
        ] {
            assert_eq!(leave(document), expected);
        }
    }

    #[test]
    fn what_a_server_does_not_know_is_left_out_with_its_selection() {
        for (document, name, expected) in [
            ("{a b c}", "b", "{a c}"),
            ("{a b{x{y}}c}", "b", "{a c}"),
            ("{a b(l:1){x}}", "b", "{a }"),
            ("{a ...on T{x}b}", "T", "{a b}"),
            ("{ab bc $b}", "b", "{ab bc $b}"),
        ] {
            let words = without(document, name);
            let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(words.join(" "), expected);
        }
    }
}
