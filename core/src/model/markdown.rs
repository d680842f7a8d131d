//! The little of Markdown (CommonMark) that people write in a question: paragraphs and line breaks, bold, italics, code, lists, headings (as bold), links
//! to http and https. Whatever else stands there, HTML too, is text.

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Strong(String),
    Emphasis(String),
    Code(String),
    Link { words: String, url: String },
    Break,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Piece>),
    List {
        is_numbered: bool,
        items: Vec<Vec<Piece>>,
    },
    Code(String),
}

/// What lines are added to.
enum Open {
    Paragraph,
    Item { is_numbered: bool },
}

/// Reads a text. Every text is one: there are no errors.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Open, String)> = None;
    let mut code: Option<String> = None;
    for line in text.lines() {
        let bare = line.trim();
        let is_fence = bare.starts_with("```");
        if let Some(mut lines) = code.take() {
            if is_fence {
                found.push(Block::Code(lines));
            } else {
                lines.push_str(line);
                lines.push('\n');
                code = Some(lines);
            }
            continue;
        }
        let heading = bare.trim_start_matches('#').strip_prefix(' ');
        let heading = heading.filter(|_| bare.starts_with('#'));
        if is_fence || bare.is_empty() || heading.is_some() {
            close(&mut found, open.take());
            code = is_fence.then(String::new);
            let strong = |words: &str| Block::Paragraph(vec![Piece::Strong(words.trim().into())]);
            found.extend(heading.map(strong));
            continue;
        }
        let is_break = line.ends_with("  ") || bare.ends_with('\\');
        let (begins, bare) = match item(bare) {
            Some((is_numbered, words)) => (Some(Open::Item { is_numbered }), words),
            None if open.is_none() => (Some(Open::Paragraph), bare),
            None => (None, bare),
        };
        if let Some(begins) = begins {
            close(&mut found, open.replace((begins, String::new())));
        }
        if let Some((_, words)) = &mut open {
            words.push_str(bare.strip_suffix('\\').unwrap_or(bare));
            words.push(if is_break { '\n' } else { ' ' });
        }
    }
    found.extend(code.map(Block::Code));
    close(&mut found, open);
    found
}

/// Whether a line begins an item of a list: a numbered one, and what stands behind the mark.
fn item(line: &str) -> Option<(bool, &str)> {
    let (mark, words) = line.split_once(' ')?;
    let number = mark.strip_suffix(['.', ')']).unwrap_or_default();
    let is_numbered = !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
    (is_numbered || matches!(mark, "-" | "*" | "+")).then_some((is_numbered, words))
}

fn close(found: &mut Vec<Block>, open: Option<(Open, String)>) {
    let Some((open, words)) = open else {
        return;
    };
    let words = pieces(words.trim());
    let Open::Item { is_numbered } = open else {
        found.push(Block::Paragraph(words));
        return;
    };
    match found.last_mut() {
        Some(Block::List {
            is_numbered: known,
            items,
        }) if *known == is_numbered => items.push(words),
        _ => found.push(Block::List {
            is_numbered,
            items: vec![words],
        }),
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let (mut found, mut plain) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
        let is_inside = plain.ends_with(char::is_alphanumeric);
        let (piece, after) = match letter {
            '\n' => (Some(Piece::Break), behind),
            _ => marked(rest, is_inside)
                .map_or((None, behind), |(piece, after)| (Some(piece), after)),
        };
        rest = after;
        let Some(piece) = piece else {
            let escaped = behind.chars().next().filter(char::is_ascii_punctuation);
            let escaped = escaped.filter(|_| letter == '\\');
            plain.push(escaped.unwrap_or(letter));
            rest = escaped.map_or(rest, |one| rest.strip_prefix(one).unwrap_or_default());
            continue;
        };
        if !plain.is_empty() {
            found.push(Piece::Text(std::mem::take(&mut plain)));
        }
        found.push(piece);
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    found
}

/// The piece that a text begins with, and what stands behind it. `is_inside`: a letter stands before it.
fn marked(text: &str, is_inside: bool) -> Option<(Piece, &str)> {
    type Make = fn(String) -> Piece;
    let marks: [(&str, Make); 5] = [
        ("`", Piece::Code),
        ("**", Piece::Strong),
        ("__", Piece::Strong),
        ("*", Piece::Emphasis),
        ("_", Piece::Emphasis),
    ];
    for (mark, make) in marks {
        let Some((words, after)) = text
            .strip_prefix(mark)
            .and_then(|text| text.split_once(mark))
        else {
            continue;
        };
        // What people call things has underscores.
        let is_name =
            mark.starts_with('_') && (is_inside || after.starts_with(char::is_alphanumeric));
        let is_bare = words.trim() == words || mark == "`";
        if !words.is_empty() && is_bare && !is_name {
            return Some((make(words.into()), after));
        }
    }
    let is_web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    if let Some((url, after)) = text.strip_prefix('<').and_then(|text| text.split_once('>'))
        && is_web(url)
        && !url.contains(' ')
    {
        let words = url.into();
        return Some((
            Piece::Link {
                words,
                url: url.into(),
            },
            after,
        ));
    }
    // Of a picture there is its name: nothing is loaded that somebody else chose.
    let text = text.strip_prefix('!').unwrap_or(text);
    let (words, after) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = after.split_once(')')?;
    // Behind a space stands a title.
    let url = url.split(' ').next().filter(|url| is_web(url))?;
    let is_plain = !words.is_empty() && !words.contains(['[', ']']);
    let (words, url) = (words.into(), url.into());
    is_plain.then_some((Piece::Link { words, url }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Piece {
        Piece::Text(words.into())
    }

    fn link(words: &str, url: &str) -> Piece {
        let (words, url) = (words.into(), url.into());
        Piece::Link { words, url }
    }

    /// The pieces of a text that is one paragraph.
    fn line(markdown: &str) -> Vec<Piece> {
        match blocks(markdown).as_slice() {
            [Block::Paragraph(pieces)] => pieces.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_stands_in_a_line() {
        let (strong, code) = (Piece::Strong("b c".into()), Piece::Code("x_y *".into()));
        assert_eq!(
            line("a **b c** and `x_y *`, _d_"),
            [
                text("a "),
                strong,
                text(" and "),
                code,
                text(", "),
                Piece::Emphasis("d".into())
            ]
        );
        for (markdown, plain) in [
            ("etl_main_2 and 2 * 3 * 4", "etl_main_2 and 2 * 3 * 4"),
            ("open **and `left", "open **and `left"),
            (r"\*no\* \a", r"*no* \a"),
            ("<b>x</b> <script>", "<b>x</b> <script>"),
            ("[x] y (z) [a](b", "[x] y (z) [a](b"),
            ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
            ("[x](//elsewhere.example)", "[x](//elsewhere.example)"),
            ("** **", "** **"),
        ] {
            assert_eq!(line(markdown), [text(plain)], "{markdown}");
        }
        assert_eq!(
            line("![plot](https://a.example/p.png \"big\") <http://b.example/?q=1>"),
            [
                link("plot", "https://a.example/p.png"),
                text(" "),
                link("http://b.example/?q=1", "http://b.example/?q=1")
            ]
        );
        // A line goes on unless its end says otherwise.
        assert_eq!(
            line("a\nb  \nc\\\nd"),
            [
                text("a b"),
                Piece::Break,
                text("c"),
                Piece::Break,
                text("d")
            ]
        );
    }

    #[test]
    fn what_a_text_is_made_of() {
        let found = blocks(
            "# Why\nit is so\n\n- one\n  still\n- **two**\n1. first\n2) second\n```py\na *b*\n\n```\nend",
        );
        let list = |is_numbered, items: [Vec<Piece>; 2]| Block::List {
            is_numbered,
            items: items.to_vec(),
        };
        let expected = [
            Block::Paragraph(vec![Piece::Strong("Why".into())]),
            Block::Paragraph(vec![text("it is so")]),
            list(
                false,
                [vec![text("one still")], vec![Piece::Strong("two".into())]],
            ),
            list(true, [vec![text("first")], vec![text("second")]]),
            Block::Code("a *b*\n\n".into()),
            Block::Paragraph(vec![text("end")]),
        ];
        assert_eq!(found, expected);
        assert!(blocks(" \n\n").is_empty());
        assert_eq!(blocks("```\nopen"), [Block::Code("open\n".into())]);
        assert_eq!(
            blocks("-- \u{e9}\u{1f600} -"),
            [Block::Paragraph(vec![text("-- \u{e9}\u{1f600} -")])]
        );
    }
}
