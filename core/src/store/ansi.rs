//! Log text with its colours: escapes into styled spans by allow-list (SGR, and OSC 8 links to http or https). Everything else an escape can
//! say is left out with its payload, and characters that turn text around are shown by their number.

use std::borrow::Cow;

use anstyle_parse::{Params, Parser, Perform};

use super::links::is_safe;

/// Bytes that an escape without an end may take; what follows is text again.
const MAX_ESCAPE: usize = 4096;

const ESCAPE: u8 = 0x1b;

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

/// The spans of a line, in order; none for an empty line. A carriage return overwrites what stands before it, one at the end does not.
pub fn spans(line: &str) -> Vec<StyledSpan<'_>> {
    if is_plain(line) {
        let whole = StyledSpan {
            text: Cow::Borrowed(line),
            style: Style::default(),
            link: None,
        };
        return if line.is_empty() {
            Vec::new()
        } else {
            vec![whole]
        };
    }
    let line = line.trim_end_matches('\r');
    let mut page = Page::default();
    let mut rest = line;
    while let Some(at) = memchr::memchr(ESCAPE, rest.as_bytes()) {
        let (text, tail) = rest.split_at(at);
        page.print_text(text);
        let len = escape(&mut page, tail);
        rest = tail.get(len..).unwrap_or_default();
    }
    page.print_text(rest);
    page.finish()
}

/// The line as it is read: without escapes, and with what turns text around spelled out. For search by people and for copying as text.
pub fn plain(line: &str) -> Cow<'_, str> {
    if is_plain(line) {
        return Cow::Borrowed(line);
    }
    Cow::Owned(spans(line).iter().map(|span| &*span.text).collect())
}

/// Nothing in the line needs a closer look.
fn is_plain(line: &str) -> bool {
    // Both the turning characters and C1 controls begin with one of two bytes; most lines have neither.
    let bytes = line.as_bytes();
    bytes
        .iter()
        .all(|byte| (*byte >= b' ' && *byte != 0x7f) || *byte == b'\t')
        && (memchr::memchr2(0xc2, 0xe2, bytes).is_none()
            || !line
                .chars()
                .any(|letter| letter.is_control() && letter != '\t' || turns(letter)))
}

/// Characters that change the direction of what follows: shown by number, else a line can read as something that it is not.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reads one escape from the beginning of `text`; how many bytes it takes.
fn escape(page: &mut Page, text: &str) -> usize {
    let mut parser: Parser = Parser::default();
    page.in_escape = true;
    for (at, byte) in text.bytes().enumerate() {
        if at >= MAX_ESCAPE {
            return text.ceil_char_boundary(at);
        }
        parser.advance(page, byte);
        let aborted = matches!(byte, 0x18 | 0x1a);
        if !page.in_escape || aborted {
            page.in_escape = false;
            return text.ceil_char_boundary(at + 1);
        }
    }
    text.len()
}

/// What has been read of a line: text that stands, and the pen.
#[derive(Default)]
struct Page {
    spans: Vec<StyledSpan<'static>>,
    text: String,
    style: Style,
    link: Option<String>,
    in_escape: bool,
}

impl Page {
    fn print_text(&mut self, text: &str) {
        let text = match text.rsplit_once('\r') {
            None => text,
            Some((_, after)) => {
                self.spans.clear();
                self.text.clear();
                after
            }
        };
        for letter in text.chars() {
            if turns(letter) {
                self.text.extend(letter.escape_unicode());
            } else if !letter.is_control() || letter == '\t' {
                self.text.push(letter);
            }
        }
    }

    /// Closes the span at hand, since the pen is about to change.
    fn lift(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        match self.spans.last_mut() {
            Some(last) if last.style == self.style && last.link == self.link => {
                last.text.to_mut().push_str(&text)
            }
            _ => self.spans.push(StyledSpan {
                text: Cow::Owned(text),
                style: self.style,
                link: self.link.clone(),
            }),
        }
    }

    fn finish(mut self) -> Vec<StyledSpan<'static>> {
        self.lift();
        self.spans
    }
}

impl Perform for Page {
    fn print(&mut self, _letter: char) {
        self.in_escape = false;
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: u8) {
        self.in_escape = false;
        if action == b'm' && intermediates.is_empty() && !ignore {
            self.lift();
            set_style(&mut self.style, params);
        }
    }

    fn esc_dispatch(&mut self, _intermediates: &[u8], _ignore: bool, _byte: u8) {
        self.in_escape = false;
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], bell_terminated: bool) {
        // Ended by ESC: its backslash comes next and closes the escape.
        self.in_escape = !bell_terminated;
        if let [b"8", _, address @ ..] = params {
            self.lift();
            // A semicolon in the address was taken for a separator.
            let address = String::from_utf8_lossy(&address.join(&b';')).into_owned();
            self.link = is_safe(&address).then_some(address);
        }
    }
}

/// Changes the pen (ECMA-48 SGR, and the 256-colour and RGB forms with `;` and with `:`). What is not known is left out.
fn set_style(style: &mut Style, params: &Params) {
    let mut groups = params.iter();
    while let Some(group) = groups.next() {
        let Some((code, sub)) = group.split_first() else {
            continue;
        };
        match code {
            0 => *style = Style::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            3 => style.italic = true,
            4 => style.underline = sub.first() != Some(&0),
            7 => style.inverse = true,
            21 => style.underline = true,
            22 => (style.bold, style.dim) = (false, false),
            23 => style.italic = false,
            24 => style.underline = false,
            27 => style.inverse = false,
            30..=37 => style.fg = Some(Color::Named((code - 30) as u8)),
            40..=47 => style.bg = Some(Color::Named((code - 40) as u8)),
            90..=97 => style.fg = Some(Color::Named((code - 90 + 8) as u8)),
            100..=107 => style.bg = Some(Color::Named((code - 100 + 8) as u8)),
            39 => style.fg = None,
            49 => style.bg = None,
            38 | 48 => {
                let color = if sub.is_empty() {
                    color_of(&mut groups.by_ref().flatten().copied())
                } else {
                    color_of_sub(sub)
                };
                match (color, code) {
                    (None, _) => {}
                    (color, 38) => style.fg = color,
                    (color, _) => style.bg = color,
                }
            }
            _ => {}
        }
    }
}

/// `5;n` or `2;r;g;b`; takes no more than that.
fn color_of(values: &mut dyn Iterator<Item = u16>) -> Option<Color> {
    let mut byte = || values.next().and_then(|value| u8::try_from(value).ok());
    match byte()? {
        5 => byte().map(|index| {
            if index < 16 {
                Color::Named(index)
            } else {
                Color::Indexed(index)
            }
        }),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

/// `5:n`, `2:r:g:b` or `2:colour space:r:g:b`.
fn color_of_sub(sub: &[u16]) -> Option<Color> {
    match sub {
        [2, _, r, g, b, ..] => color_of(&mut [2, *r, *g, *b].into_iter()),
        _ => color_of(&mut sub.iter().copied()),
    }
}
