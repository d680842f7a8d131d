//! A text in Markdown, as elements.

use runboard_core::model::markdown::{Block, Piece, blocks};

use crate::ui::html::{El, Html, IntoHtml, view};

/// Longer texts are shown as they came, in bytes: looking for the other ends of marks takes the square of their length.
const MOST: usize = 10_000;

pub(super) fn markdown(text: &str) -> Html {
    if text.len() > MOST {
        return view! { <pre class="preview">{text}</pre> }.into_html();
    }
    let block = |block: Block| {
        let pieces: Vec<Html> = block.pieces.into_iter().map(piece).collect();
        match block.is_item {
            true => view! { <ul><li>"\u{2022} "{pieces}</li></ul> },
            false => view! { <p>{pieces}</p> },
        }
    };
    let found: Vec<El> = blocks(text).into_iter().map(block).collect();
    view! { <div>{found}</div> }.into_html()
}

fn piece(piece: Piece) -> Html {
    match piece {
        Piece::Text(words) => words.into_html(),
        Piece::Strong(words) => view! { <strong>{words}</strong> }.into_html(),
        Piece::Code(words) => view! { <code>{words}</code> }.into_html(),
        Piece::Break => view! { <br /> }.into_html(),
        Piece::Link { words, url } => {
            view! { <a href=url.as_str() target="_blank" rel="noopener noreferrer">{words}</a> }
                .into_html()
        }
    }
}
