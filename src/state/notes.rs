//! What could not be read of a run, for its page to say: every answer about the run may bring some.

use super::reactive::RwSignal;
use runboard_core::backend::Decoded;

/// Different notes that are kept of a run.
pub const KEPT: usize = 200;

/// The notes on one run, each once, oldest first; at most [`KEPT`].
#[derive(Clone, Copy)]
pub struct Notes(RwSignal<Vec<String>>, RwSignal<Option<String>>);

impl Notes {
    pub(super) fn new() -> Notes {
        Notes(RwSignal::new(Vec::new()), RwSignal::new(None))
    }

    /// Keeps what an answer says that it could not read, and gives the rest of it.
    pub(super) fn take<T>(self, answer: Decoded<T>) -> T {
        self.add(answer.problems);
        answer.value
    }

    pub(super) fn add(self, problems: Vec<String>) {
        for problem in problems {
            let is_news = |kept: &Vec<String>| kept.len() < KEPT && !kept.contains(&problem);
            // Nobody is told of what was said before.
            if self.0.with_untracked(is_news) {
                self.0.update(|kept| kept.push(problem));
            }
        }
    }

    /// Keeps how news come, while that is not as usual.
    pub(super) fn say(self, words: Option<String>) {
        if self.1.with_untracked(|old| *old != words) {
            self.1.set(words);
        }
    }

    /// Tracked.
    pub fn said(self) -> Option<String> {
        self.1.get()
    }

    /// Tracked.
    pub fn with<T>(self, read: impl FnOnce(&[String]) -> T) -> T {
        self.0.with(|kept| read(kept))
    }
}
