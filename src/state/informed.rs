//! Keeps what a source tells of itself current: how its parts stand, and what it allows.

use std::rc::Rc;

use leptos::prelude::*;
use runboard_core::backend::Backend;
use runboard_core::model::Span;

use super::State;
use super::reactive::{effect, memo};
use super::sources::{Link, Source};
use super::task::Task;

/// How often a source is asked how its parts stand, and what it allows.
const INFO: Span = Span::seconds(30);

/// Asks sources that are made of parts how those stand, and sources that tell of problems whether these last, as long as somebody can see the page.
pub(super) fn keep_informed(state: State, source: &Source, backend: &Rc<dyn Backend>) {
    let (link, backend) = (source.link, backend.clone());
    let asking: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let beats = memo(move || match state.hidden.get() {
        true => 0,
        false => state.now.get().0 / INFO.0,
    });
    effect(move || {
        beats.get();
        let has_news = |link: &Link| {
            link.info
                .as_ref()
                .is_some_and(|info| !info.health.is_empty() || !info.problems.is_empty())
        };
        if !link.with_untracked(has_news) {
            return;
        }
        let backend = backend.clone();
        asking.set_value(Some(Task::spawn(async move {
            // That it does not answer is noticed where its runs are asked for.
            if let Ok(info) = backend.info().await {
                link.update(|link| link.info = Some(info.value));
            }
        })));
    });
}
