//! The plan of a wish: what resuming would do, read anew whenever another one is meant.

use leptos::prelude::*;

use super::{Loaded, Profile, Task, Wish};

impl Wish {
    /// Shows the plan by these rules.
    pub fn set_profile(self, profile: Profile) {
        if self.profile.get_value() != profile {
            self.profile.set_value(profile);
            self.read_plan();
        }
    }

    /// The plan that is shown is one that is promised, and not what would be done.
    pub fn is_promised(self) -> bool {
        self.profile.get_value() == Profile::Promised
    }

    /// Whether the source tells what its design promises, besides what it does. Tracked.
    pub fn takes_profiles(self) -> bool {
        self.source().can(|can| can.resume_profiles)
    }

    /// Turns a step round against the plan, or back, and shows what that would do.
    pub fn turn(self, key: &str) {
        self.touched.set_value(Some(key.to_string()));
        self.resuming.turned.update(|turned| {
            let before = turned.len();
            turned.retain(|other| other != key);
            if turned.len() == before {
                turned.push(key.to_string());
            }
        });
    }

    /// Asks what resuming would do.
    pub fn read_plan(self) {
        self.plan.set(Loaded::Loading);
        self.read_plan_anew();
    }

    /// The same, while the plan that is known stays.
    pub fn read_plan_anew(self) {
        let (source, id) = self.about.get_value();
        let Ok(backend) = source.backend() else {
            return;
        };
        let mode = self.resuming.mode.get_untracked();
        let turned = self.resuming.turned.get_untracked();
        let profile = self.profile.get_value();
        self.reading.set_value(Some(Task::spawn(async move {
            let answer = backend.resume_plan(&id, mode, &turned, profile).await;
            let is_to_learn;
            let plan = match answer {
                // What could not be read belongs to what is agreed to, and a dialog hides the page.
                Ok(plan) => {
                    let mut shown = plan.value;
                    shown.warnings.extend(plan.problems);
                    self.resuming.found(mode, &shown);
                    is_to_learn = shown.to_execute() > 0 && !self.resuming.has_learnt.get_value();
                    let is_other =
                        |old: &Option<String>| old.as_ref().is_some_and(|old| *old != shown.token);
                    if self.refused.with_value(is_other) {
                        self.refused.set_value(None);
                        self.renewed.set(Some(false));
                    }
                    Loaded::Ready(shown)
                }
                // One that is there stays in sight, as one that may be old.
                Err(error) => {
                    return self.plan.update(|plan| match plan {
                        Loaded::Ready(shown) => {
                            let mut words = error.to_string();
                            words.insert_str(
                                0,
                                "This plan may be old, as it cannot be read again: ",
                            );
                            if !shown.warnings.contains(&words) {
                                shown.warnings.push(words);
                            }
                        }
                        plan => *plan = Loaded::Failed(error),
                    });
                }
            };
            self.plan.set(plan);
            // Nobody waits with the plan for how long it may take.
            if is_to_learn {
                let found = backend.learn_lengths(&id).await;
                self.resuming.has_learnt.set_value(true);
                if found.is_ok_and(|found| found.value) {
                    self.read_plan_anew();
                }
            }
        })));
    }

    /// Of the plan that is shown.
    pub(super) fn token(self) -> Option<String> {
        let plan = self.plan;
        plan.with_untracked(|plan| plan.ready().map(|plan| plan.token.clone()))
    }
}
