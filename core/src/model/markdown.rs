//! The little of Markdown (CommonMark) that people write in a question: paragraphs and line breaks, bold, code, lists, links to http and https.
//! Whatever else stands there, HTML too, is text.

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Strong(String),
    Code(String),
    Link { words: String, url: String },
    Break,
}

/// A paragraph, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub is_item: bool,
    pub pieces: Vec<Piece>,
}

/// Reads a text. Every text is one: there are no errors.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        let bare = line.trim();
        let item = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* "));
        if bare.is_empty() {
            is_open = false;
            continue;
        }
        let own = pieces(item.unwrap_or(bare).trim_end_matches('\\'));
        let is_break = line.ends_with("  ") || bare.ends_with('\\');
        match found.last_mut() {
            Some(last) if is_open && item.is_none() => {
                if last.pieces.last() != Some(&Piece::Break) {
                    last.pieces.push(Piece::Text(" ".into()));
                }
                last.pieces.extend(own);
            }
            _ => found.push(Block {
                is_item: item.is_some(),
                pieces: own,
            }),
        }
        is_open = true;
        if is_break && let Some(last) = found.last_mut() {
            last.pieces.push(Piece::Break);
        }
    }
    found
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let (mut plain, mut at) = (text, 0);
    while let Some(rest) = plain.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((piece, after)) = marked(rest) else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if at > 0 {
            found.push(Piece::Text(plain.get(..at).unwrap_or_default().into()));
        }
        found.push(piece);
        (plain, at) = (after, 0);
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain.into()));
    }
    found
}

/// The piece that a text begins with, and what stands behind it.
fn marked(text: &str) -> Option<(Piece, &str)> {
    let between = |mark: &str| {
        let (words, after) = text.strip_prefix(mark)?.split_once(mark)?;
        (!words.trim().is_empty()).then(|| (words.to_string(), after))
    };
    if let Some((words, after)) = between("`") {
        return Some((Piece::Code(words), after));
    }
    if let Some((words, after)) = between("**") {
        return Some((Piece::Strong(words), after));
    }
    let (words, after) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = after.split_once(')')?;
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    let is_plain = is_web && !words.is_empty() && !words.contains(['[', ']']);
    let (words, url) = (words.into(), url.into());
    is_plain.then_some((Piece::Link { words, url }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Piece {
        Piece::Text(words.into())
    }

    /// The pieces of a text that is one paragraph.
    fn line(markdown: &str) -> Vec<Piece> {
        match blocks(markdown).as_slice() {
            [block] if !block.is_item => block.pieces.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_stands_in_a_line() {
        let (strong, code) = (Piece::Strong("b c".into()), Piece::Code("x_y *".into()));
        assert_eq!(
            line("a **b c** and `x_y *`"),
            [text("a "), strong, text(" and "), code]
        );
        for plain in [
            "etl_main_2 and 2 * 3 * 4",
            "open **and `left",
            "<b>x</b> <script>",
            "[x] y (z) [a](b",
            "[x](javascript:alert(1))",
            "[x](//elsewhere.example)",
            "** **",
            "-- \u{e9}\u{1f600} -",
        ] {
            assert_eq!(line(plain), [text(plain)]);
        }
        let (words, url) = ("plot".into(), "https://a.example/p.png".into());
        let link = Piece::Link { words, url };
        assert_eq!(
            line("\u{e9}[plot](https://a.example/p.png)."),
            [text("\u{e9}"), link, text(".")]
        );
        // A line goes on unless its end says otherwise.
        let all = ["a", " ", "b", "", "c", "", "d"];
        let all = all.map(|words| {
            if words.is_empty() {
                Piece::Break
            } else {
                text(words)
            }
        });
        assert_eq!(line("a\nb  \nc\\\nd"), all);
    }

    #[test]
    fn what_a_text_is_made_of() {
        let found = blocks("it is so\n\n- one\n  still\n* **two**\n\nend");
        let block = |is_item, pieces: &[Piece]| Block {
            is_item,
            pieces: pieces.to_vec(),
        };
        let expected = [
            block(false, &[text("it is so")]),
            block(true, &[text("one"), text(" "), text("still")]),
            block(true, &[Piece::Strong("two".into())]),
            block(false, &[text("end")]),
        ];
        assert_eq!(found, expected);
        assert!(blocks(" \n\n").is_empty());
    }
}
