//! One step looked at by itself: what its source tells of it alone, and what can be asked of it.

use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::{BackendError, Order};
use runboard_core::model::Timestamp;
pub use runboard_core::model::step_detail::{PhaseSpan, Question, StepData, StepDetail};
use runboard_core::net::Clock as _;

use super::actions::Standing;
use super::reactive::{Memo, RwSignal, effect};
use super::run_detail::{Loaded, RunDetail};
use super::task::{self, Task};
use super::tasks::{TaskInput, tasks_of};
use crate::browser::clock::BrowserClock;

/// How often a step that goes on is asked for again.
const AGAIN: Duration = Duration::from_secs(4);

/// What is known of the step that is looked at.
#[derive(Clone, Copy)]
pub struct StepLook {
    pub detail: RwSignal<Loaded<StepDetail>>,
    pub data: RwSignal<Loaded<StepData>>,
    /// The report that was asked for: of which attempt, and where a browser gets it.
    pub report: RwSignal<Option<(u32, Loaded<String>)>>,
    /// How the last order stands.
    pub standing: RwSignal<Standing>,
    /// When an order was answered last.
    again: RwSignal<Timestamp>,
}

impl StepLook {
    /// Looks at the step with `key` as long as the current owner is there.
    pub fn at(run: &RunDetail, key: Memo<Option<String>>) -> StepLook {
        let look = StepLook {
            detail: RwSignal::new(Loaded::Loading),
            data: RwSignal::new(Loaded::Loading),
            report: RwSignal::new(None),
            standing: RwSignal::new(Standing::Asking),
            again: RwSignal::new(Timestamp::default()),
        };
        let (source, id, whole) = (run.source.clone(), run.id.clone(), run.run);
        let asking: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
        let last = StoredValue::new(None);
        effect(move || {
            look.again.get();
            let key = key.get();
            let is_other = last.get_value() != Some(key.clone());
            if is_other {
                last.set_value(Some(key.clone()));
                look.detail.set(Loaded::Loading);
                look.data.set(Loaded::Loading);
                look.report.set(None);
                look.standing.set(Standing::Asking);
            }
            asking.set_value(None);
            let (Some(key), Ok(backend), id) = (key, source.backend(), id.clone()) else {
                return;
            };
            asking.set_value(Some(Task::spawn(async move {
                loop {
                    let answer = backend.step(&id, &key).await;
                    // While the run goes on, and for all that is known before it is read, what failed may be tried once more.
                    let goes_on = whole.with_untracked(|run| {
                        run.ready().is_none_or(|run| !run.phase.is_terminal())
                    });
                    let is_over = answer.as_ref().is_ok_and(|answer| {
                        let phase = answer.value.step.phase;
                        phase.is_terminal() && !(goes_on && phase.is_failure())
                    });
                    // What was heard stays while the source does not answer.
                    let is_shown = look.detail.with_untracked(|old| old.ready().is_some());
                    match answer {
                        Ok(answer) => {
                            // What has not changed is not drawn anew: somebody may be reading it.
                            let new = Loaded::Ready(answer.value);
                            if look.detail.with_untracked(|old| *old != new) {
                                look.detail.try_set(new);
                            }
                        }
                        Err(error) if is_shown && error.is_passing() => {}
                        Err(error) => drop(look.detail.try_set(Loaded::Failed(error))),
                    }
                    let has_data = look.data.with_untracked(|data| data.ready().is_some());
                    if !has_data || is_over {
                        let data = backend.step_data(&id, &key).await;
                        look.data.try_set(match data {
                            Ok(answer) => Loaded::Ready(answer.value),
                            Err(error) => Loaded::Failed(error),
                        });
                    }
                    if is_over {
                        break;
                    }
                    BrowserClock.sleep(AGAIN).await;
                }
            })));
        });
        look
    }

    /// Asks where a browser gets the report of an attempt.
    pub fn read_report(self, run: &RunDetail, step: &str, attempt: u32) {
        let Ok(backend) = run.source.backend() else {
            return;
        };
        self.report.set(Some((attempt, Loaded::Loading)));
        let (run, step) = (run.id.clone(), step.to_string());
        task::spawn(async move {
            let answer = match backend.report(&run, &step, attempt).await {
                Ok(answer) => Loaded::Ready(answer.value),
                Err(error) => Loaded::Failed(error),
            };
            // Meanwhile another one may have been asked for, or the panel closed.
            if self.report.try_get_untracked() == Some(Some((attempt, Loaded::Loading))) {
                self.report.try_set(Some((attempt, answer)));
            }
        });
    }

    /// Sends an order, once, and looks again.
    pub fn order(self, run: &RunDetail, order: Order) {
        let Ok(backend) = run.source.backend() else {
            return;
        };
        if self.standing.get_untracked() == Standing::Busy {
            return;
        }
        self.standing.set(Standing::Busy);
        // No task of the panel's: closing it must not take back half of what was agreed to.
        task::spawn(async move {
            let standing = match backend.order(&order).await {
                Ok(_) => Standing::Asking,
                Err(error) if is_unclear(&error) => Standing::Unclear(error.to_string()),
                Err(error) => Standing::Refused(error.to_string()),
            };
            self.standing.try_set(standing);
            self.again.try_set(BrowserClock.now());
        });
    }
}

/// What the root of a run took, with values as people would type them; `None` where the source does not tell.
pub type Taken = Option<Vec<(TaskInput, String)>>;

/// Asks what a run took, so that another one can be given something else.
pub fn read_taken(run: &RunDetail) -> RwSignal<Loaded<Taken>> {
    let into = RwSignal::new(Loaded::Loading);
    let (Ok(backend), Some(tasks)) = (run.source.backend(), tasks_of(&run.source)) else {
        into.set(Loaded::Ready(None));
        return into;
    };
    let run = run.id.clone();
    task::spawn(async move {
        let read = async {
            let spec = backend.step(&run, "").await?.value.spec;
            let given = backend.step_data(&run, "").await?.value.inputs;
            let (Some(spec), Some(given)) = (spec, given) else {
                return Ok(None);
            };
            let given = tasks.values(&given);
            let with_value = |input: TaskInput| {
                let own = given.iter().find(|(name, _)| *name == input.name);
                let value = own.map(|(_, value)| value.clone()).unwrap_or_default();
                (input, value)
            };
            Ok(Some(
                tasks.interface(&spec).into_iter().map(with_value).collect(),
            ))
        };
        into.try_set(match read.await {
            Ok(taken) => Loaded::Ready(taken),
            Err(error) => Loaded::Failed(error),
        });
    });
    into
}

/// No answer came, so nobody can tell whether it was done.
fn is_unclear(error: &BackendError) -> bool {
    error.is_passing() && !matches!(error, BackendError::Refused(_))
}
