//! A table whose rows are drawn anew only where they have changed, so that a live table keeps the reader's place and focus.

use super::phase_badge::phase_badge;
use crate::ui::html::{El, Html, IntoHtml, each, view};
use runboard_core::model::Phase;

/// What stands in a cell.
pub enum Cell {
    Text(String),
    /// A text with a longer one on demand.
    Titled(String, String),
    /// A text that leads somewhere, by a query link.
    Link(String, String),
    /// A run in a tree of runs: how deep it stands, its id, and where that leads; without: it is the one at hand.
    Branch(usize, String, Option<String>),
    /// A phase, and the word that is read for it.
    Phase(Phase, String),
    /// Something else, and the text by which it is known.
    Drawn(String, Html),
    /// A bar within a bar, in per cent of the cell.
    Bars(f64, f64),
}

impl Cell {
    fn key(&self, out: &mut String) {
        match self {
            Cell::Text(text) | Cell::Drawn(text, _) => out.push_str(text),
            Cell::Titled(text, more) | Cell::Link(text, more) => {
                out.push_str(text);
                out.push('\u{1e}');
                out.push_str(more);
            }
            Cell::Branch(depth, text, href) => {
                out.push_str(&depth.to_string());
                out.push_str(text);
                out.push_str(href.as_deref().unwrap_or_default());
            }
            Cell::Phase(phase, word) => {
                out.push_str(phase.word());
                out.push_str(word);
            }
            Cell::Bars(inner, outer) => {
                out.push_str(&inner.to_bits().to_string());
                out.push('\u{1e}');
                out.push_str(&outer.to_bits().to_string());
            }
        }
        out.push('\u{1f}');
    }

    fn draw(self) -> Html {
        match self {
            Cell::Text(text) => text.into_html(),
            Cell::Titled(text, title) => view! { <span title=title>{text}</span> }.into_html(),
            Cell::Link(text, href) => view! { <a href=href>{text}</a> }.into_html(),
            Cell::Branch(depth, text, href) => {
                let inset = format!("{}px", depth * 20);
                let mark = (depth > 0).then_some("\u{2514} ");
                let name = match href {
                    Some(href) => view! { <a class="mono" href=href>{text}</a> }.into_html(),
                    None => view! { <b class="mono" aria-current="true">{text}</b><span class="muted">" this run"</span> },
                };
                view! { <span style:padding-inline-start=inset>{mark.map(|mark| view! { <span class="muted" aria-hidden="true">{mark}</span> })}{name}</span> }.into_html()
            }
            Cell::Phase(phase, word) => phase_badge(phase, word, false, String::new()).into_html(),
            Cell::Drawn(_, html) => html,
            Cell::Bars(inner, outer) => view! {
                <svg class="table__bars" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="outer" width=outer height="10" />
                    <rect class="inner" width=inner height="10" />
                </svg>
            }
            .into_html(),
        }
    }
}

/// A table with a name for screen readers. The first cell of a row is its head; the others are mostly numbers.
pub fn table(
    name: &'static str,
    columns: &'static [&'static str],
    rows: impl Fn() -> Vec<Vec<Cell>> + 'static,
) -> El {
    draw(name, "table", columns, Box::new(rows))
}

/// The same with words in its cells.
pub fn words_table(
    name: &'static str,
    columns: &'static [&'static str],
    rows: impl Fn() -> Vec<Vec<Cell>> + 'static,
) -> El {
    draw(name, "table table--words", columns, Box::new(rows))
}

fn draw(
    name: &'static str,
    class: &'static str,
    columns: &'static [&'static str],
    rows: Box<dyn Fn() -> Vec<Vec<Cell>>>,
) -> El {
    let head = columns
        .iter()
        .map(|column| view! { <th scope="col">{*column}</th> });
    headed(name, class, head.collect(), rows)
}

/// The same with heads of its own.
pub fn headed(
    name: &'static str,
    class: &'static str,
    head: Vec<El>,
    rows: Box<dyn Fn() -> Vec<Vec<Cell>>>,
) -> El {
    let body = El::new("tbody").child(each(
        rows,
        |row: &Vec<Cell>| {
            let mut key = String::new();
            row.iter().for_each(|cell| cell.key(&mut key));
            key
        },
        draw_row,
    ));
    view! {
        <div class="table__room" tabindex="0" role="region" aria-label=name>
            <table class=class><thead><tr>{head}</tr></thead>{body}</table>
        </div>
    }
}

fn draw_row(cells: Vec<Cell>) -> El {
    let mut row = El::new("tr");
    for (index, cell) in cells.into_iter().enumerate() {
        let element = if index == 0 {
            El::new("th").fixed("scope", "row")
        } else {
            El::new("td")
        };
        row = row.child(element.child(cell.draw()));
    }
    row
}
