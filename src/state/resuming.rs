//! What a run's resume is to do.

use leptos::prelude::StoredValue;
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{ResumeMode, ResumePlan};

use super::reactive::RwSignal;
use super::run_detail::RunDetail;
use super::task;

/// What a run's resume is to do, as it was chosen on the run's page: its dialog asks about the same.
#[derive(Clone, Copy)]
pub struct Resuming {
    pub mode: RwSignal<ResumeMode>,
    /// Something is left to be made of a run that succeeded, as a plan has shown.
    pub has_left: RwSignal<bool>,
    /// Keys of steps with which it is to do otherwise than planned.
    pub turned: RwSignal<Vec<String>>,
    /// The source was asked what steps of earlier runs took.
    pub(super) has_learnt: StoredValue<bool>,
}

impl Default for Resuming {
    /// Belongs to the current owner.
    fn default() -> Resuming {
        Resuming {
            mode: RwSignal::new(ResumeMode::default()),
            has_left: RwSignal::new(false),
            turned: RwSignal::new(Vec::new()),
            has_learnt: StoredValue::new(false),
        }
    }
}

impl Resuming {
    /// A plan was shown.
    pub(super) fn found(self, mode: ResumeMode, plan: &ResumePlan) {
        // Where the plan is computed here, a run that succeeded may have steps that always run again.
        let is_told = mode == ResumeMode::Assets || !plan.profile.is_empty();
        if is_told && plan.to_execute() > 0 {
            self.has_left.try_set(true);
        }
    }
}

impl RunDetail {
    /// A run that succeeded may have left something to be made: only its source knows, which is asked here.
    pub fn look_for_left(&self) {
        let Ok(backend) = self.source.backend() else {
            return;
        };
        let (id, resuming) = (self.id.clone(), self.resuming);
        task::spawn(async move {
            let mode = ResumeMode::Assets;
            let plan = backend.resume_plan(&id, mode, &[], Profile::Actual).await;
            // Where nothing is left, that is what it says.
            if let Ok(plan) = plan {
                resuming.found(mode, &plan.value);
            }
        });
    }
}
