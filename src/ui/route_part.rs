//! [`PartFilter`]: what a tab of a run is asked to show, as `f.*` in the address.

use runboard_core::model::event::EventFilter;
use runboard_core::model::step_view::{StepSort, StepView};

/// The parameters of the tabs. Tabs share them where they mean the same, and each leaves the others' alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartFilter {
    /// Step keys with `*` and `?`; several mean any.
    pub step: Vec<String>,
    /// In the log these levels, among the events the first one and what is graver.
    pub level: Vec<String>,
    pub stream: Vec<String>,
    /// Show the newest so many lines only.
    pub tail: Option<u64>,
    /// Types of events with `*` and `?`.
    pub kind: Vec<String>,
    /// ISO time, or a length before now.
    pub since: Option<String>,
    /// Found anywhere in an event.
    pub text: Option<String>,
    /// Phase words, ours or the source's.
    pub status: Vec<String>,
    /// The column that orders the steps, and whether the largest stand first.
    pub sort: Option<(StepSort, bool)>,
}

/// The parts of a list that is separated by commas.
pub fn parts(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(String::from)
        .collect()
}

/// `None` for a text without anything in it.
pub fn some_text(text: &str) -> Option<String> {
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

impl PartFilter {
    /// Takes one pair of the address in; others are left alone.
    pub fn take(&mut self, key: &str, value: &str) {
        match key {
            "f.step" => self.step.extend(parts(value)),
            "f.level" => self.level.extend(parts(value)),
            "f.stream" => self.stream.extend(parts(value)),
            "f.tail" => self.tail = value.parse().ok(),
            "f.type" => self.kind.extend(parts(value)),
            "f.since" => self.since = some_text(value),
            "f.q" => self.text = some_text(value),
            "f.status" => self.status.extend(parts(value)),
            "f.sort" => {
                let word = value.trim_start_matches('-');
                self.sort = StepSort::from_word(word).map(|sort| (sort, value != word));
            }
            _ => {}
        }
    }

    /// What [`PartFilter::take`] reads, in a fixed order.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let sort = self
            .sort
            .map(|(sort, descending)| [if descending { "-" } else { "" }, sort.word()].concat());
        [
            ("f.type", self.kind.join(",")),
            ("f.step", self.step.join(",")),
            ("f.level", self.level.join(",")),
            ("f.stream", self.stream.join(",")),
            ("f.status", self.status.join(",")),
            ("f.since", self.since.clone().unwrap_or_default()),
            ("f.q", self.text.clone().unwrap_or_default()),
            ("f.sort", sort.unwrap_or_default()),
            (
                "f.tail",
                self.tail.map(|tail| tail.to_string()).unwrap_or_default(),
            ),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// Everything is shown again, in the same order.
    pub fn clear(&mut self) {
        *self = PartFilter {
            sort: self.sort,
            ..PartFilter::default()
        };
    }

    /// What is asked of the events.
    pub fn events(&self) -> EventFilter {
        EventFilter {
            kinds: self.kind.clone(),
            steps: self.step.clone(),
            level: self.level.first().cloned(),
            since: self.since.clone(),
            text: self.text.clone(),
        }
    }

    /// What is asked of the steps.
    pub fn steps(&self) -> StepView {
        let (sort, descending) = self.sort.unwrap_or_default();
        StepView {
            status: self.status.clone(),
            keys: self.step.clone(),
            sort,
            descending,
        }
    }
}
