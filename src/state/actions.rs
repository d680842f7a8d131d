//! What can be done to a run, and doing it: once for each confirmed wish, never again by itself.

mod plan;

use crate::state::reactive::{RwSignal, effect};
use leptos::prelude::*;
pub use runboard_core::backend::{Again, Turning};
pub use runboard_core::model::resume::planner::Profile;
pub use runboard_core::model::resume::{ByHand, PlanStep, PlanVerb, ResumeMode, ResumePlan};

use runboard_core::backend::{Acted, Action, BackendError, NewRun, Order};
use runboard_core::net::Clock as _;

use super::State;
pub use super::deed::{Deed, is_offered};
use super::resuming::Resuming;
use super::run_detail::{Loaded, RunDetail};
use super::sources::Source;
use super::task::{self, Task};
use crate::browser::clock::BrowserClock;

/// Whether the source ends runs for a reason that is told to it.
pub fn takes_reasons(source: &Source) -> bool {
    source.can_now(|can| can.abort_steps)
}

/// The end of a run, for a reason.
pub(super) fn abort(run: &str, reason: String) -> Order {
    Order::Abort {
        run: run.to_string(),
        step: None,
        reason,
    }
}

/// How a wish stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Standing {
    #[default]
    Asking,
    Busy,
    /// It was not done, and why.
    Refused(String),
    /// No answer came: nobody can tell whether it was done. Asking again is safe where the source looks at the key, which stays the same.
    Unclear(String),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The id of the new run.
    pub new_run: Option<String>,
    /// In the source's words.
    pub message: String,
}

/// One wish, from its dialog's opening to its closing.
#[derive(Clone, Copy)]
pub struct Wish {
    pub deed: Deed,
    about: StoredValue<(Source, String), LocalStorage>,
    /// Of a deletion: the run goes on, and is to be ended by it.
    force: bool,
    pub immediate: RwSignal<bool>,
    pub resuming: Resuming,
    /// By whose rules the plan is asked for; what is done is always what is actual.
    profile: StoredValue<Profile>,
    pub plan: RwSignal<Loaded<ResumePlan>>,
    /// The step that is meant, of a deed that is done to one.
    pub step: RwSignal<Option<String>>,
    /// What is to be different when it is run again.
    pub again: RwSignal<Again>,
    /// What is written that cannot be meant: nothing is asked before it is mended.
    pub wrong: RwSignal<Option<String>>,
    /// The new run in full, where something of it is to be different that only its own source knows.
    pub new: RwSignal<Option<NewRun>>,
    /// The step that was passed over or taken up last.
    pub touched: StoredValue<Option<String>>,
    /// Why a run is to end, where its source wants to know.
    pub reason: RwSignal<String>,
    pub standing: RwSignal<Standing>,
    /// There is another plan than the one that was agreed to and refused; whether it was looked at.
    pub renewed: RwSignal<Option<bool>>,
    /// The token of that one.
    refused: StoredValue<Option<String>>,
    /// The key of what was asked and not yet answered.
    key: StoredValue<Option<String>>,
    reading: StoredValue<Option<Task>, LocalStorage>,
}

impl Wish {
    /// Belongs to the current owner.
    pub fn new(detail: &RunDetail, deed: Deed, goes_on: bool) -> Wish {
        let (source, id, resuming) = (detail.source.clone(), detail.id.clone(), detail.resuming);
        let safe = Action::Terminate { immediate: false };
        let only_kill = source.can_now(|can| !can.allows(&safe));
        let wish = Wish {
            deed,
            about: StoredValue::new_local((source, id)),
            force: goes_on,
            immediate: RwSignal::new(only_kill),
            resuming,
            profile: StoredValue::new(Profile::default()),
            plan: RwSignal::new(Loaded::Loading),
            step: RwSignal::new(None),
            again: RwSignal::new(Again::default()),
            wrong: RwSignal::new(None),
            new: RwSignal::new(None),
            touched: StoredValue::new(None),
            reason: RwSignal::new(String::new()),
            standing: RwSignal::new(Standing::Asking),
            renewed: RwSignal::new(None),
            refused: StoredValue::new(None),
            key: StoredValue::new(None),
            reading: StoredValue::new_local(None),
        };
        if deed.needs_plan() {
            effect(move || {
                resuming.mode.track();
                resuming.turned.track();
                wish.changed();
                wish.refused.set_value(None);
                wish.renewed.set(None);
                wish.read_plan();
            });
        }
        wish
    }

    fn source(self) -> Source {
        self.about.with_value(|(source, _)| source.clone())
    }

    /// What a resume can be told of single steps. Tracked.
    pub fn turning(self) -> Turning {
        let able = self.source().able();
        able.map_or(Turning::Nothing, |able| able.turning)
    }

    /// The source does not do the same wish twice.
    pub fn is_keyed(self) -> bool {
        self.source().can_now(|can| can.keyed)
    }

    /// Which steps the source can take up. Tracked.
    pub fn modes(self) -> &'static [ResumeMode] {
        let able = self.source().able();
        able.map_or(&[], |able| able.modes)
    }

    /// Changes what is to be different.
    pub fn set_again(self, change: impl FnOnce(&mut Again)) {
        self.again.update(change);
        self.changed();
    }

    /// Whether steps, tags and config of the new run can be chosen.
    pub fn takes_wishes(self) -> bool {
        self.source().can_now(|can| can.reexecute_so)
    }

    /// Another run is to be made than the same.
    pub fn set_new(self, new: Option<NewRun>) {
        self.new.set(new);
        self.changed();
    }

    pub fn set_step(self, step: String) {
        self.step.set(Some(step));
        self.changed();
    }

    pub fn set_immediate(self, immediate: bool) {
        self.immediate.set(immediate);
        self.changed();
    }

    /// Whether the source takes a reason for this.
    pub fn takes_reason(self) -> bool {
        self.deed == Deed::Terminate && takes_reasons(&self.source())
    }

    /// Another wish needs another key.
    fn changed(self) {
        self.key.set_value(None);
        self.standing.set(Standing::Asking);
    }

    /// What is asked; `None` while there is no plan to agree to.
    fn action(self) -> Option<Action> {
        Some(match self.deed {
            Deed::Terminate => Action::Terminate {
                immediate: self.immediate.get_untracked(),
            },
            Deed::Delete => Action::Delete { force: self.force },
            Deed::Reexecute => Action::Reexecute(self.again.get_untracked()),
            Deed::Resume => Action::Resume {
                mode: self.resuming.mode.get_untracked(),
                token: self.token()?,
                with: Again {
                    turned: self.resuming.turned.get_untracked(),
                    ..self.again.get_untracked()
                },
            },
            Deed::MarkSuccess => Action::MarkSuccess {
                step: self.step.get_untracked()?,
                token: self.token()?,
            },
        })
    }

    /// The user agrees: asks once. `done` is told only while the dialog is there.
    pub fn confirm(self, done: impl FnOnce(Done) + 'static) {
        let (source, id) = self.about.get_value();
        let (Some(action), Ok(backend)) = (self.action(), source.backend()) else {
            return;
        };
        if self.standing.get_untracked() == Standing::Busy
            || self.wrong.with_untracked(Option::is_some)
        {
            return;
        }
        let key = self.key.get_value().unwrap_or_else(new_key);
        self.key.set_value(Some(key.clone()));
        self.standing.set(Standing::Busy);
        let done: Box<dyn FnOnce(Done)> = Box::new(done);
        // No task of the dialog's: closing it must not take back half of what was agreed to.
        task::spawn(async move {
            let answer = match self.new.get_untracked() {
                Some(new) => backend.order(&Order::Create(new)),
                None if self.takes_reason() => {
                    backend.order(&abort(&id, self.reason.get_untracked()))
                }
                None => backend.act(&id, &action, &key),
            };
            match answer.await {
                Ok(answer) => {
                    let problems = answer.problems;
                    source.link.update(|link| link.add_problems(problems));
                    let outcome = take(&source, &id, answer.value);
                    if self.standing.try_set(Standing::Asking) {
                        if self.deed == Deed::Resume {
                            self.resuming.turned.try_set(Vec::new());
                        }
                        done(outcome);
                    }
                }
                Err(error) => self.failed(error),
            }
        });
    }

    fn failed(self, error: BackendError) {
        // The dialog may be gone, and with it whoever wanted to know.
        if error.is_passing() {
            self.standing.set(Standing::Unclear(error.to_string()));
            return;
        }
        if error == BackendError::SignedOut {
            State::get().session.doubt();
        }
        let is_refused = matches!(error, BackendError::Refused(_));
        let words = match error {
            BackendError::Refused(words) => words,
            error => error.to_string(),
        };
        if self.standing.try_set(Standing::Refused(words)) {
            self.key.set_value(None);
            // What was agreed to is no longer what would happen.
            if is_refused && self.deed.needs_plan() {
                if self.deed == Deed::Resume {
                    self.refused.set_value(self.token());
                }
                self.read_plan();
            }
        }
    }
}

/// Lets the list know at once.
pub(super) fn take(source: &Source, id: &str, acted: Acted) -> Done {
    let runs = State::get().runs;
    if acted.deleted.is_some() {
        runs.remove(source.index, &[id.to_string()]);
    }
    let new_run = acted
        .run
        .as_ref()
        .map(|run| run.id.clone())
        .filter(|new| new != id);
    if let Some(run) = acted.run {
        runs.take(source.index, &[run]);
    }
    Done {
        new_run,
        message: acted.message,
    }
}

/// Two wishes never share a key; it need not be a secret.
pub(super) fn new_key() -> String {
    let part = || (BrowserClock.random() * (1_u64 << 53) as f64) as u64;
    format!("{:x}-{:x}-{:x}", BrowserClock.now().0, part(), part())
}
