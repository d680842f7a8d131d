//! Just enough of Rust's grammar: code without comments and texts, and the module paths that it names.

/// A module path in absolute form (`["runboard_core", "model"]`, `["crate", "state"]`) and the line that names it.
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) path: Vec<String>,
}

/// The code with comments and the insides of texts blanked; lines stay lines.
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, shown) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), "")
        } else if rest.starts_with("/*") {
            (comment(rest), "")
        } else if let Some(end) = raw_text(rest).filter(|_| !ends_in_word(&out)) {
            (end, "\"\"")
        } else if first == '"' {
            (text_end(rest), "\"\"")
        } else if first == '\'' {
            (letter(rest), "")
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.push_str(shown);
        out.extend(rest[..taken].chars().filter(|c| *c == '\n'));
        rest = &rest[taken..];
    }
    out
}

fn ends_in_word(text: &str) -> bool {
    text.chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

fn text_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of `r"..."`, `br#"..."#` and the like.
fn raw_text(text: &str) -> Option<usize> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len() + hashes + 1;
    Some(
        text[start..]
            .find(&end)
            .map_or(text.len(), |at| start + at + end.len()),
    )
}

/// A character literal; a lifetime is only its quote.
fn letter(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3.min(text.len())..].find('\'').map_or(1, |at| at + 4),
        Some((at, c)) if text[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => 1,
    }
}

/// All paths that begin with `crate`, `self`, `super` or one of `roots`, groups opened, `super` resolved.
/// `module` is where the code stands: `["backend", "history"]` for core/src/backend/history/decode.rs's parent.
pub(crate) fn paths(code: &str, module: &[String], roots: &[&str]) -> Vec<Named> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (_, word) = tokens[at];
        let inside = at > 0 && tokens[at - 1].1 == "::";
        let starts = matches!(word, "crate" | "self" | "super") || roots.contains(&word);
        if starts && !inside && tokens.get(at + 1).is_some_and(|(_, next)| *next == "::") {
            let mut here = Vec::new();
            at = tree(&tokens, at, &mut here, &mut found);
        } else {
            at += 1;
        }
    }
    for named in &mut found {
        resolve(&mut named.path, module);
    }
    found
}

fn resolve(path: &mut Vec<String>, module: &[String]) {
    let supers = path.iter().take_while(|word| *word == "super").count();
    let own = path.first().is_some_and(|word| word == "self");
    if supers > 0 || own {
        let kept = module.len().saturating_sub(supers);
        let rest = path.split_off(supers + usize::from(own));
        *path = std::iter::once(String::from("crate"))
            .chain(module[..kept].iter().cloned())
            .chain(rest)
            .collect();
    }
}

/// Reads a path from `at`, and every branch of its group; gives the place behind it.
fn tree(
    tokens: &[(usize, &str)],
    mut at: usize,
    here: &mut Vec<String>,
    found: &mut Vec<Named>,
) -> usize {
    let depth = here.len();
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    while let Some((_, word)) = tokens.get(at) {
        if *word == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|(_, word)| *word != "}") {
                let before = at;
                at = tree(tokens, at, here, found);
                // A comma, `as name`, a generic: whatever it is, it is stepped over.
                if at == before || tokens.get(at).is_some_and(|(_, word)| *word == ",") {
                    at += 1;
                }
            }
            here.truncate(depth);
            return at + 1;
        }
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            break;
        }
        here.push((*word).to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|(_, word)| *word != "::") {
            break;
        }
        at += 1;
    }
    if here.len() > depth {
        found.push(Named {
            line,
            path: here.clone(),
        });
    }
    here.truncate(depth);
    at
}

/// Words, `::`, and single signs, each with its line.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, text) in super::files::lines(code) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let size = if word > 0 {
                word
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            found.push((line, &rest[..size]));
            rest = rest[size..].trim_start();
        }
    }
    found
}
