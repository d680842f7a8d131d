//! Reads a source's whole list, page by page: from the beginning, or, where it is one long text, from where it was left.

use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::{Backend, BackendError, Cursor};
use runboard_core::model::{Run, RunFilter};
use runboard_core::net::Clock as _;
use runboard_core::store::run_table::Epoch;

use super::sources::Source;
use super::{State, urgent};
use crate::browser::clock::BrowserClock;

/// Rows of the first page, so that something is on screen soon, and of the following ones.
pub(super) const FIRST_PAGE: u32 = 100;
const PAGE: u32 = 2000;
/// How soon a reading that was stopped goes on when the user says so.
const STOPPED: Duration = Duration::from_millis(100);

/// Where the reading of a list was left that can be gone on with.
pub(super) type Reading = StoredValue<Option<(Option<Epoch>, String)>, LocalStorage>;

/// Reads the source's words about itself and its whole list. Rows that a complete list no longer holds go.
pub(super) async fn read_all(
    state: State,
    source: &Source,
    backend: &dyn Backend,
    cursors: StoredValue<Vec<Cursor>, LocalStorage>,
    reading: Reading,
) -> Result<(), BackendError> {
    // What is looked at is asked for first.
    urgent::seen().await;
    let left = reading.try_update_value(Option::take).flatten();
    let is_anew = left.is_none();
    let (epoch, mut page) = match left {
        Some((epoch, page)) => (epoch, Some(page)),
        None => (state.runs.begin_snapshot(source.index), None),
    };
    let leave = |page: &Option<String>| {
        let page = page.clone().filter(|_| backend.progress().is_some());
        reading.set_value(page.map(|page| (epoch, page)));
    };
    leave(&page);
    let filter = RunFilter::default();
    let mut limit = FIRST_PAGE;
    let mut first = None;
    if page.is_none() && !urgent::is_busy() {
        let answer = backend.list_runs(&filter, limit, None).await;
        if let Ok(answer) = &answer {
            state.runs.take(source.index, &answer.value.items);
        }
        first = Some(answer);
    }
    // Where both fail, this one knows better why.
    let info = backend.info().await?;
    source.link.update(|link| {
        link.contact(info.value.server_time);
        if is_anew {
            // What is still wrong is told again; places of a text that is no more are none.
            (link.problems, link.problems_more) = (Vec::new(), 0);
        }
        link.add_problems(info.problems);
        link.info = Some(info.value);
    });
    loop {
        let answer = match first.take() {
            Some(answer) => answer,
            None => {
                urgent::quiet().await;
                backend.list_runs(&filter, limit, page.as_deref()).await
            }
        };
        if let Err(BackendError::Malformed(_)) = &answer {
            // What was read is not of the same text as what follows.
            leave(&None);
        }
        let answer = answer?;
        // The first answer's position: whatever changes while the rest is read is sent once more, and taken in once.
        if page.is_none()
            && let Some(cursor) = answer.cursor
        {
            cursors.set_value(vec![cursor]);
        }
        state.runs.take(source.index, &answer.value.items);
        let oldest = answer.value.items.last().and_then(Run::ordered_at);
        source.link.update(|link| {
            link.read_to = oldest.or(link.read_to);
            link.progress = backend.progress();
            link.freshness.contact(BrowserClock.now(), None);
            link.add_problems(answer.problems);
        });
        limit = PAGE;
        match answer.value.next {
            Some(next) if Some(&next) != page.as_ref() => page = Some(next),
            _ => break,
        }
        leave(&page);
        // Lets the page breathe between slices; where nobody sees it, browsers let it wait for a second each time.
        if !state.hidden.get_untracked() {
            BrowserClock.sleep(Duration::ZERO).await;
        }
        while source.link.with_untracked(|link| link.is_stopped) {
            BrowserClock.sleep(STOPPED).await;
        }
    }
    leave(&None);
    if let Some(epoch) = epoch {
        state.runs.end_snapshot(source.index, epoch);
    }
    // What the source is, it may say differently now that all is known of it.
    let info = match backend.progress() {
        Some(_) => backend.info().await.ok(),
        None => None,
    };
    source.link.update(|link| {
        link.is_loaded = true;
        if let Some(info) = info {
            link.info = Some(info.value);
        }
    });
    Ok(())
}
