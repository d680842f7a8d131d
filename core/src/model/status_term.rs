//! Words of a status filter, and what each stands for.

use super::Phase;

/// One word of a status filter: a phase, `unfinished`, or a source's own word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StatusTerm {
    Phase(Phase),
    Unfinished,
    Raw(String),
    /// A word that people know of several systems, and the phases that it stands for.
    Group(&'static [Phase], String),
}

/// Words of people that no status of a source need be.
const GROUPS: [(&str, &[Phase]); 2] = [
    (
        "IN_PROGRESS",
        &[Phase::Starting, Phase::Running, Phase::Canceling],
    ),
    ("CANCELLED", &[Phase::Canceled]),
];

/// What a word of a status filter stands for, where that is not plain from the word.
pub fn meaning(word: &str) -> Option<&'static [Phase]> {
    let group = GROUPS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word));
    group.map(|(_, phases)| *phases)
}

impl StatusTerm {
    pub(super) fn new(word: &str) -> StatusTerm {
        match Phase::from_word(word) {
            Some(phase) => StatusTerm::Phase(phase),
            None if word.eq_ignore_ascii_case("unfinished") => StatusTerm::Unfinished,
            None => match meaning(word) {
                Some(phases) => StatusTerm::Group(phases, word.to_string()),
                None => StatusTerm::Raw(word.to_string()),
            },
        }
    }

    pub(super) fn matches(&self, phase: Phase, raw_status: &str, is_unfinished: bool) -> bool {
        match self {
            // A run without a sign of life is not "running", whatever it claims.
            StatusTerm::Phase(wanted) => phase == *wanted && !(is_unfinished && phase.is_active()),
            StatusTerm::Unfinished => is_unfinished,
            StatusTerm::Raw(word) => raw_status.eq_ignore_ascii_case(word),
            StatusTerm::Group(phases, word) => {
                raw_status.eq_ignore_ascii_case(word)
                    || phases.contains(&phase) && !(is_unfinished && phase.is_active())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_people_stand_for_phases() {
        for (phase, raw, is_in_progress, is_cancelled) in [
            (Phase::Running, "STARTED", true, false),
            (Phase::Starting, "STARTING", true, false),
            (Phase::Canceling, "CANCELING", true, false),
            (Phase::Queued, "QUEUED", false, false),
            (Phase::Canceled, "CANCELED", false, true),
        ] {
            let matches = |word| StatusTerm::new(word).matches(phase, raw, false);
            assert_eq!(matches("In_Progress"), is_in_progress, "{raw}");
            assert_eq!(matches("cancelled"), is_cancelled, "{raw}");
        }
        let lost = StatusTerm::new("in_progress");
        assert!(
            !lost.matches(Phase::Running, "STARTED", true),
            "no sign of life"
        );
        assert!(
            lost.matches(Phase::Unknown, "IN_PROGRESS", false),
            "its own word"
        );
        assert_eq!(meaning("running"), None);
    }
}
