//! Values to type: what the list knows at once, and what sources that can complete add when typing rests.

use std::time::Duration;

use leptos::prelude::*;
pub use runboard_core::backend::Completing;
use runboard_core::net::Clock as _;

use super::State;
use super::reactive::RwSignal;
use super::task::Task;
use crate::browser::clock::BrowserClock;

/// How long typing must rest before sources are asked.
const REST: Duration = Duration::from_millis(250);
/// A shorter text stands for too many runs.
const ID_PREFIX: usize = 4;
/// Values that are offered.
const MOST: usize = 20;

/// The values for one field.
#[derive(Clone, Copy)]
pub struct Completion {
    pub values: RwSignal<Vec<String>>,
    asking: StoredValue<Option<Task>, LocalStorage>,
}

impl Completion {
    /// Belongs to the current owner.
    pub fn of_owner() -> Completion {
        Completion {
            values: RwSignal::new(Vec::new()),
            asking: StoredValue::new_local(None),
        }
    }

    /// Offers what begins with `typed`. `lead` stands in front of each value (the key of a tag). `only`: of this source alone.
    pub fn ask(self, what: Completing, typed: &str, lead: &str, only: Option<u16>) {
        let state = State::get();
        let mut values = match what {
            Completing::Job => state
                .runs
                .with_table_now(|table| begins(table.jobs(), typed)),
            Completing::TagKey => state
                .runs
                .with_table_now(|table| begins(table.tag_keys(), typed)),
            Completing::TagValue(ref key) => state
                .runs
                .with_table_now(|table| begins(table.tag_values(key), typed)),
            Completing::RunId if typed.len() < ID_PREFIX => {
                self.show(&[], lead);
                self.asking.set_value(None);
                return;
            }
            Completing::RunId => state.runs.with_table_now(|table| {
                let rows = table.find_prefix(only, typed, MOST).into_iter();
                rows.map(|row| table.id(row).to_string()).collect()
            }),
            _ => Vec::new(),
        };
        self.show(&values, lead);
        let sources = state.sources.list.get_untracked();
        let (typed, lead) = (typed.to_string(), lead.to_string());
        self.asking.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(REST).await;
            for source in sources {
                if only.is_some_and(|only| only != source.index) {
                    continue;
                }
                let Ok(backend) = source.backend() else {
                    continue;
                };
                // Who cannot, has nothing to add.
                let Ok(answer) = backend.complete(&what, &typed).await else {
                    continue;
                };
                for value in answer.value {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                self.show(&values, &lead);
            }
        })));
    }

    fn show(self, values: &[String], lead: &str) {
        let shown = values.iter().take(MOST).map(|value| [lead, value].concat());
        self.values.try_set(shown.collect());
    }
}

fn begins(all: Vec<&str>, typed: &str) -> Vec<String> {
    let begins = |one: &&str| {
        one.get(..typed.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(typed))
    };
    all.into_iter()
        .filter(begins)
        .take(MOST)
        .map(String::from)
        .collect()
}
