//! Many events in one answer: several of the server's pages side by side in one document, where places can be reckoned.
//!
//! To read and to check a document costs the server a good part of what a page does, and every question a round to it.

use super::cursor::stored;
use super::graphql::Server;
use super::journal::{self, PAGE, Range, Take, Walked};
use super::{open, query};
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};

/// Pages of one document. More would keep the page busy for too long at once when they are decoded.
const PAGES: u64 = 4;

/// Hands the events of a range to `take`, in order. `None`: nothing was handed over, and the range is to be walked: it is short, has no end, is not
/// there in whole, its places cannot be reckoned, or the server breaks at an event of it.
pub(super) async fn read(
    server: &Server,
    run: &str,
    range: Range,
    problems: &mut Problems,
    take: Take<'_>,
) -> Result<Option<Walked>, BackendError> {
    let count = range.to.saturating_sub(range.from);
    if !server.is_dense.get() || count <= PAGE || count > PAGES * PAGE {
        return Ok(None);
    }
    let mut places: Vec<(u64, u64)> = Vec::new();
    let mut at = range.from;
    while at < range.to {
        let limit = (range.to - at).min(PAGE);
        places.push((at, limit));
        at += limit;
    }
    let points: Vec<(String, u64)> = places
        .iter()
        .map(|(at, limit)| {
            let cursor = (*at > 0).then(|| stored(*at));
            (cursor.unwrap_or_default(), *limit)
        })
        .collect();
    let document = query::pages(&points);
    let answer = server.ask_in_turn(&document, open::of_run(run)).await;
    let answer = match answer {
        Err(error) if journal::is_broken(&error) => return Ok(None),
        other => other?,
    };
    let mut own_problems = answer.problems;
    let mut fields = Fields::new(answer.data, "answer".into(), &mut own_problems);
    let mut pages = Vec::new();
    for (place, (at, limit)) in places.iter().enumerate() {
        let Ok(page) = journal::page_in(&mut fields, &query::name(place)) else {
            return Ok(None);
        };
        let came = page.nodes.len() as u64;
        if !server.check(&page.cursor, *at, came) || came != *limit {
            return Ok(None);
        }
        pages.push(page);
    }
    problems.extend(own_problems);
    let data = journal::member(&answer.text, "data");
    let (mut last, mut cursor) = (range.from, None);
    for (place, page) in pages.into_iter().enumerate() {
        let own = journal::own_texts_in(data, &query::name(place));
        for (index, node) in page.nodes.into_iter().enumerate() {
            last += 1;
            let text = own.get(index).copied().unwrap_or_default();
            let mut fields = Fields::new(node, ["event ", &last.to_string()].concat(), problems);
            if !take(&mut fields, last, text) {
                return Ok(Some(Walked {
                    last,
                    cursor: None,
                    is_end: false,
                }));
            }
        }
        cursor = Some(page.cursor);
    }
    Ok(Some(Walked {
        last,
        cursor,
        is_end: false,
    }))
}
