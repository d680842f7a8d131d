//! The tab's title: what failed or runs, so that a glance at the tab is enough.

use crate::state::reactive::effect;
use runboard_core::model::Phase;

use super::nav::Nav;
use super::route::View;
use super::text;
use crate::browser::page;
use crate::state::State;

/// Keeps the title true.
pub fn keep(state: State, nav: Nav) {
    effect(move || {
        let name = state
            .sources
            .title
            .get()
            .unwrap_or_else(|| "Runboard".into());
        let is_run = nav.route.with(|route| route.view == View::Run);
        let words = if is_run {
            nav.title.get()
        } else {
            of_list(state)
        };
        page::set_title(&if words.is_empty() {
            name
        } else {
            format!("{words} \u{b7} {name}")
        });
    });
}

/// Failed and running runs among those shown.
fn of_list(state: State) -> String {
    let (failed, running) = state.runs.with_counts(|counts| {
        (
            counts.of(Phase::Failed) + counts.of(Phase::TimedOut),
            counts.of(Phase::Running) + counts.of(Phase::Starting),
        )
    });
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(format!("\u{2717} {} failed", text::count(failed as u64)));
    }
    if running > 0 {
        parts.push(format!("{} running", text::count(running as u64)));
    }
    parts.join(" \u{b7} ")
}
