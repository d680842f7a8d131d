//! Log text with its colours: escapes into styled spans by allow-list (SGR, and OSC 8 links to http or https). Everything else an escape can
//! say is left out with its payload, and characters that turn text around are shown by their number.

use std::borrow::Cow;

/// A colour, as the text names it; the page maps the first 16 to its own palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// 0 to 15: the named ones and their bright forms.
    Named(u8),
    /// 16 to 255 of the xterm palette.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How a span looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    pub fg: Option<Color>,
    pub bg: Option<Color>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
}

/// A piece of text of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyledSpan<'a> {
    pub text: Cow<'a, str>,
    pub style: Style,
    /// An http or https address that the text's author linked.
    pub link: Option<String>,
}

/// The spans of a line, in order; none for an empty line. Neighbours differ in look.
pub fn spans(line: &str) -> Vec<StyledSpan<'_>> {
    let _ = line;
    todo!()
}

/// The line without escapes: what is searched by people and copied.
pub fn plain(line: &str) -> Cow<'_, str> {
    let _ = line;
    todo!()
}
