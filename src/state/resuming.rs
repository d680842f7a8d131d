//! What a run's resume is to do.

use runboard_core::model::ResumeMode;

use super::reactive::RwSignal;

/// What a run's resume is to do, as it was chosen on the run's page: its dialog asks about the same.
#[derive(Clone, Copy)]
pub struct Resuming {
    pub mode: RwSignal<ResumeMode>,
    /// Keys of steps with which it is to do otherwise than planned.
    pub turned: RwSignal<Vec<String>>,
}

impl Default for Resuming {
    /// Belongs to the current owner.
    fn default() -> Resuming {
        Resuming {
            mode: RwSignal::new(ResumeMode::default()),
            turned: RwSignal::new(Vec::new()),
        }
    }
}
