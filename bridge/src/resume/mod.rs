//! What a resume of a run would do, step by step, and doing it for recorded runs.

pub(crate) mod answer;
pub(crate) mod cmd;
mod facts;
pub(crate) mod recorded;

use runboard_core::model::resume::planner::Chosen;
use serde::{Deserialize, Serialize};

/// Which steps are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// All that have not succeeded.
    #[default]
    Incomplete,
    /// Only those that failed.
    Failed,
}

impl Mode {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Mode::Incomplete => "incomplete",
            Mode::Failed => "failed",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Mode> {
        [Mode::Incomplete, Mode::Failed]
            .into_iter()
            .find(|mode| mode.word() == word)
    }

    /// For the planner.
    pub(crate) fn chosen(self) -> Chosen<'static> {
        match self {
            Mode::Incomplete => Chosen::Incomplete,
            Mode::Failed => Chosen::Failed,
        }
    }
}
