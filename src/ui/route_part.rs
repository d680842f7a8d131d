//! [`PartFilter`]: what a tab of a run is asked to show, as `f.*` in the address.

use runboard_core::model::event::{EventFilter, EventLevel};
use runboard_core::model::step_view::{StepSort, StepView};

const PROMISED: &str = "promised";

/// The parameters of the tabs. Tabs share them where they mean the same, and each leaves the others' alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartFilter {
    /// The step that the link is about (`step=`): marked among the steps, and the only one in the log and among the events unless
    /// `f.step` says otherwise.
    pub focus: Option<String>,
    /// Which attempt of that step (`attempt=`), from 1: the log shows the lines of its time.
    pub attempt: Option<u32>,
    /// Step keys with `*` and `?`; several mean any.
    pub step: Vec<String>,
    /// In the log these levels, among the events the least grave one and what is graver.
    pub level: Vec<String>,
    pub stream: Vec<String>,
    /// Show the newest so many lines only.
    pub tail: Option<u64>,
    /// Parameters that could not be read, as they stand in the address.
    pub bad: Vec<String>,
    /// Types of events with `*` and `?`.
    pub kind: Vec<String>,
    /// ISO time, or a length before now.
    pub since: Option<String>,
    /// The number of the event that is open.
    pub event: Option<u64>,
    /// Found anywhere in an event.
    pub text: Option<String>,
    /// Phase words, ours or the source's.
    pub status: Vec<String>,
    /// Of a plan: what the source's design promises, instead of what it will do.
    pub promised: bool,
    /// The column that orders the steps, and whether the largest stand first.
    pub sort: Option<(StepSort, bool)>,
}

/// The parts of a list that is separated by commas; a comma inside of a part has a backslash before it.
pub fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_escape = letter == '\\' && matches!(letters.peek(), Some(',' | '\\'));
        let letter = is_escape
            .then(|| letters.next())
            .flatten()
            .unwrap_or(letter);
        match parts.last_mut() {
            Some(part) if is_escape || letter != ',' => part.push(letter),
            _ => parts.push(String::new()),
        }
    }
    let trimmed = parts.iter().map(|part| part.trim());
    trimmed
        .filter(|part| !part.is_empty())
        .map(String::from)
        .collect()
}

/// The list that [`parts`] reads.
pub fn joined(parts: &[String]) -> String {
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        for letter in part.chars() {
            if matches!(letter, ',' | '\\') {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
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
            "f.tail" => self.tail = self.number(key, value),
            "f.event" => self.event = self.number(key, value),
            "step" => self.focus = some_text(value),
            "attempt" => self.attempt = self.number(key, value),
            "f.type" => self.kind.extend(parts(value)),
            "f.since" => self.since = some_text(value),
            "f.q" => self.text = some_text(value),
            "f.status" => self.status.extend(parts(value)),
            "f.profile" => self.promised = value == PROMISED,
            "f.sort" => {
                let word = value.trim_start_matches('-');
                self.sort = StepSort::from_word(word).map(|sort| (sort, value != word));
            }
            _ => {}
        }
    }

    fn number<T: std::str::FromStr>(&mut self, key: &str, value: &str) -> Option<T> {
        let number = value.parse().ok();
        if number.is_none() {
            self.bad.push([key, "=", value].concat());
        }
        number
    }

    /// What a user chooses takes the place of what a link was about.
    pub fn choose_steps(&mut self, steps: Vec<String>) {
        (self.step, self.focus, self.attempt) = (steps, None, None);
    }

    /// The steps that the log and the events are narrowed to.
    pub fn only_steps(&self) -> Vec<String> {
        match (&self.focus, self.step.is_empty()) {
            (Some(step), true) => vec![step.clone()],
            _ => self.step.clone(),
        }
    }

    /// What [`PartFilter::take`] reads, in a fixed order.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let sort = self
            .sort
            .map(|(sort, descending)| [if descending { "-" } else { "" }, sort.word()].concat());
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        [
            ("step", self.focus.clone().unwrap_or_default()),
            (
                "attempt",
                number(self.attempt.map(u64::from)).unwrap_or_default(),
            ),
            ("f.type", joined(&self.kind)),
            ("f.step", joined(&self.step)),
            ("f.level", joined(&self.level)),
            ("f.stream", joined(&self.stream)),
            ("f.status", joined(&self.status)),
            ("f.event", number(self.event).unwrap_or_default()),
            ("f.since", self.since.clone().unwrap_or_default()),
            ("f.q", self.text.clone().unwrap_or_default()),
            ("f.sort", sort.unwrap_or_default()),
            (
                "f.profile",
                if self.promised { PROMISED } else { "" }.into(),
            ),
            ("f.tail", number(self.tail).unwrap_or_default()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// Everything is shown again, in the same order.
    pub fn clear(&mut self) {
        *self = PartFilter {
            sort: self.sort,
            promised: self.promised,
            ..PartFilter::default()
        };
    }

    /// The least grave of the levels, or one that is none, so that it is named.
    fn least_level(&self) -> Option<String> {
        let mut least: Option<(&String, EventLevel)> = None;
        for word in &self.level {
            match EventLevel::from_word(word) {
                None => return Some(word.clone()),
                Some(level) if least.is_none_or(|(_, old)| level < old) => {
                    least = Some((word, level))
                }
                Some(_) => {}
            }
        }
        least.map(|(word, _)| word.clone())
    }

    /// What is asked of the events.
    pub fn events(&self) -> EventFilter {
        EventFilter {
            kinds: self.kind.clone(),
            steps: self.only_steps(),
            level: self.least_level(),
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
