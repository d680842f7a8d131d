//! One line of a log: number, time, step, and the text with its colours, links and matches. Text nodes only.

use std::ops::Range;

use crate::ui::html::{Html, IntoHtml, view};
use runboard_core::model::order::order;
use runboard_core::model::{Level, LogStream, Timestamp};
use runboard_core::store::ansi::{self, Color, Style};
use runboard_core::store::links;
use runboard_core::store::log_store::LineView;
use runboard_core::store::needle::Needle;

use crate::ui::text;

/// A line as it is shown; equal lines are not drawn again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) number: u64,
    at: Option<Timestamp>,
    step: String,
    pub(super) level: Level,
    pub(super) stream: LogStream,
    pieces: Vec<Piece>,
    /// Bytes of the text that are not shown, for a line too long to draw.
    hidden: usize,
}

/// A stretch of text of one look.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    text: String,
    class: String,
    link: Option<String>,
    is_match: bool,
}

/// Text drawn of one line; longer lines are cut on the screen, not in the log.
const MAX_DRAWN: usize = 4096;

/// So much of a text as is drawn.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_DRAWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

impl Shown {
    pub(super) fn new(line: &LineView<'_>, needle: Option<&Needle>) -> Shown {
        let drawn = cut(line.text);
        Shown {
            number: line.number,
            at: line.at,
            step: line.step.to_string(),
            level: line.level,
            stream: line.stream,
            pieces: pieces(drawn, needle),
            hidden: line.text.len() - drawn.len(),
        }
    }
}

fn class(style: Style) -> String {
    let mut classes = Vec::new();
    let (fg, bg) = if style.inverse {
        (style.bg, style.fg)
    } else {
        (style.fg, style.bg)
    };
    // Colours beyond the sixteen are not drawn: the policy of the page allows no inline style, and contrast could not be promised.
    if let Some(Color::Named(number)) = fg {
        classes.push(format!("ansi-fg-{number}"));
    }
    if let Some(Color::Named(number)) = bg {
        classes.push(format!("ansi-bg-{number}"));
    }
    let flags = [
        (style.bold, "ansi-bold"),
        (style.dim, "ansi-dim"),
        (style.italic, "ansi-italic"),
        (style.underline, "ansi-underline"),
    ];
    classes.extend(
        flags
            .into_iter()
            .filter(|(is_on, _)| *is_on)
            .map(|(_, name)| name.to_string()),
    );
    classes.join(" ")
}

/// Cuts the spans where links and matches begin and end. Matches are found in the text without colours.
fn pieces(line: &str, needle: Option<&Needle>) -> Vec<Piece> {
    let spans = ansi::spans(line);
    let plain: String = spans.iter().map(|span| span.text.as_ref()).collect();
    let matches = needle
        .map(|needle| needle.ranges(&plain))
        .unwrap_or_default();
    let links = links::links(&plain);
    let mut pieces = Vec::new();
    let mut at = 0;
    for span in &spans {
        let (start, end) = (at, at + span.text.len());
        at = end;
        let inside = |edge: &usize| *edge > start && *edge < end;
        let ranges = matches
            .iter()
            .cloned()
            .chain(links.iter().map(|link| link.range.clone()));
        let mut edges: Vec<usize> = ranges
            .flat_map(|range: Range<usize>| [range.start, range.end])
            .filter(inside)
            .collect();
        edges.push(start);
        edges.push(end);
        let edge = |place: usize| edges.get(place).copied().unwrap_or(end);
        let places = order(edges.len(), &|a, b| edge(a).cmp(&edge(b)));
        for pair in places.windows(2) {
            let &[from, to] = pair else { continue };
            let (from, to) = (edge(from), edge(to));
            if from == to {
                continue;
            }
            let holds = |range: &Range<usize>| range.start <= from && to <= range.end;
            let Some(text) = plain.get(from..to) else {
                continue;
            };
            let found = links
                .iter()
                .find(|link| holds(&link.range))
                .and_then(|link| plain.get(link.range.clone()));
            pieces.push(Piece {
                text: text.to_string(),
                class: class(span.style),
                link: span.link.clone().or_else(|| found.map(String::from)),
                is_match: matches.iter().any(holds),
            });
        }
    }
    pieces
}

fn piece_view(piece: Piece) -> Html {
    let Piece {
        text,
        class,
        link,
        is_match,
    } = piece;
    let inner = if is_match {
        view! { <mark>{text}</mark> }.into_html()
    } else {
        text.into_html()
    };
    match link {
        Some(href) => {
            view! { <a class=class href=href target="_blank" rel="noopener noreferrer">{inner}</a> }
                .into_html()
        }
        None if class.is_empty() => inner,
        None => view! { <span class=class>{inner}</span> }.into_html(),
    }
}

/// The text of a line with its colours and links, and a mark where it is cut.
pub(in crate::ui::page) fn colored(line: &str) -> Vec<Html> {
    let drawn = cut(line);
    let mark = (drawn.len() < line.len()).then(|| " \u{2026}".into_html());
    let pieces = pieces(drawn, None).into_iter().map(piece_view);
    pieces.chain(mark).collect()
}

/// The cells of a line. `href` links to it.
/// `href` links to the line, where its number stays its own.
pub(super) fn cells(line: Shown, href: Option<String>) -> impl IntoHtml {
    let time = line.at.map(text::time_of_line).unwrap_or_default();
    let full = line.at.map(text::time_full);
    let hidden = line.hidden;
    let number = line.number.to_string();
    let number = match href {
        Some(href) => {
            view! { <a class="log__number" href=href data-number=number.clone()>{number}</a> }
        }
        None => view! { <span class="log__number">{number}</span> },
    };
    view! {
        {number}
        <span class="log__time" title=full>{time}</span>
        <span class="log__step" title=line.step.clone()>{line.step.clone()}</span>
        <bdi class="log__text">
            {line.pieces.into_iter().map(piece_view).collect::<Vec<_>>()}
            {(hidden > 0).then(|| view! { <span class="muted">{format!(" \u{2026} {} more bytes on this line: see the download", text::count(hidden as u64))}</span> })}
        </bdi>
    }
}
