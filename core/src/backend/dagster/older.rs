//! Documents for servers that do not know all of them.

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
