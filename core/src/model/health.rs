//! [`Health`]: how the parts stand that a source is made of: daemons, code that it loads, files that it reads.

use super::Timestamp;

/// How a part stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    Good,
    /// It does not do what it is needed for.
    Ill,
    /// It is not there, and is not needed.
    Idle,
    #[default]
    Unknown,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Good => "good",
            Standing::Ill => "ill",
            Standing::Idle => "idle",
            Standing::Unknown => "unknown",
        }
    }

    /// Any other word is none that we know.
    pub fn from_word(word: &str) -> Standing {
        let all = [Standing::Good, Standing::Ill, Standing::Idle];
        let known = all.into_iter().find(|standing| standing.word() == word);
        known.unwrap_or_default()
    }
}

/// The kind of a history's one part: how its pipeline stands by its newest runs.
pub const RUN_HEALTH: &str = "run health";

/// One part of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What kind of part: `daemon`, `code location`, [`RUN_HEALTH`].
    pub kind: String,
    /// The source's own name of it.
    pub name: String,
    pub standing: Standing,
    /// Why, and what helps, for people; empty when there is nothing to say.
    pub words: String,
    /// When it last showed life, or was loaded.
    pub seen_at: Option<Timestamp>,
}
