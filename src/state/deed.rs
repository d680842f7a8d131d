//! [`Deed`]: what users can wish for, and whether it is offered.

use runboard_core::backend::{Action, Again};
use runboard_core::model::ResumeMode;

use super::sources::Source;

/// What users can wish for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Resume,
    /// Of one of its steps: its work was done by hand.
    MarkSuccess,
    Reexecute,
    Terminate,
    Delete,
}

impl Deed {
    pub const ALL: [Deed; 5] = [
        Deed::Resume,
        Deed::MarkSuccess,
        Deed::Reexecute,
        Deed::Terminate,
        Deed::Delete,
    ];

    /// Whether what would become of the run is told before.
    pub fn needs_plan(self) -> bool {
        matches!(self, Deed::Resume | Deed::MarkSuccess)
    }

    /// The verb of its buttons.
    pub fn verb(self) -> &'static str {
        match self {
            Deed::Resume => "Resume",
            Deed::MarkSuccess => "Mark success",
            Deed::Reexecute => "Re-execute",
            Deed::Terminate => "Terminate",
            Deed::Delete => "Delete",
        }
    }
}

/// Whether it is offered: config.json says that this source's runs may be changed from here, and the source says that it would do it. Tracked.
pub fn is_offered(source: &Source, deed: Deed) -> bool {
    source.config.actions
        && source.can(|able| {
            let can = |action: &Action| able.allows(action);
            match deed {
                Deed::Resume => can(&Action::Resume {
                    mode: ResumeMode::default(),
                    token: String::new(),
                    with: Again::default(),
                }),
                Deed::MarkSuccess => can(&Action::MarkSuccess {
                    step: String::new(),
                    token: String::new(),
                }),
                Deed::Reexecute => can(&Action::Reexecute(Again::default())),
                Deed::Terminate => can_end(&can, false) || can_end(&can, true),
                Deed::Delete => can(&Action::Delete { force: false }),
            }
        })
}

fn can_end(can: &dyn Fn(&Action) -> bool, immediate: bool) -> bool {
    can(&Action::Terminate { immediate })
}
