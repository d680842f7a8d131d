//! A text in Markdown, as elements.

use runboard_core::model::markdown::{Block, Piece, blocks};

use crate::ui::html::{El, Html, IntoHtml, view};

/// Longer texts are shown as they came, in bytes: looking for the other ends of marks takes the square of their length.
const MOST: usize = 10_000;

pub(super) fn markdown(text: &str) -> Html {
    if text.len() > MOST {
        return view! { <pre class="preview">{text}</pre> }.into_html();
    }
    let block = |block: Block| match block {
        Block::Paragraph(own) => view! { <p>{pieces(own)}</p> }.into_html(),
        Block::Code(lines) => view! { <pre class="preview">{lines}</pre> }.into_html(),
        Block::List { is_numbered, items } => {
            let mark = |number: u32| match is_numbered {
                true => [&number.to_string(), ". "].concat(),
                false => "\u{2022} ".to_string(),
            };
            let items: Vec<El> = items
                .into_iter()
                .zip(1..)
                .map(|(item, number)| view! { <li>{mark(number)}{pieces(item)}</li> })
                .collect();
            match is_numbered {
                true => view! { <ol>{items}</ol> }.into_html(),
                false => view! { <ul>{items}</ul> }.into_html(),
            }
        }
    };
    let found: Vec<Html> = blocks(text).into_iter().map(block).collect();
    view! { <div>{found}</div> }.into_html()
}

fn pieces(all: Vec<Piece>) -> Vec<Html> {
    let piece = |piece| {
        match piece {
        Piece::Text(words) => words.into_html(),
        Piece::Strong(words) => view! { <strong>{words}</strong> }.into_html(),
        Piece::Emphasis(words) => view! { <em>{words}</em> }.into_html(),
        Piece::Code(words) => view! { <code>{words}</code> }.into_html(),
        Piece::Break => view! { <br /> }.into_html(),
        Piece::Link { words, url } => view! { <a href=url.as_str() title=url.as_str() target="_blank" rel="noopener noreferrer">{words}</a> }.into_html(),
    }
    };
    all.into_iter().map(piece).collect()
}
