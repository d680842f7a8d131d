//! [`RunEvent`]: one entry of a run's history as its source tells it, and [`EventFilter`]: which of them are asked for.
//!
//! These are for reading. What changes a run's state are the facts of [`super::fold`].

use wildmatch::WildMatch;

use super::Timestamp;
use super::event_names::names;
use super::filter::{FilterError, moment, text_has};
use super::letter::lowered;

/// How grave an event is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventLevel {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl EventLevel {
    pub const ALL: [EventLevel; 5] = [
        EventLevel::Debug,
        EventLevel::Info,
        EventLevel::Warning,
        EventLevel::Error,
        EventLevel::Critical,
    ];

    /// The word of links and of the Runs API.
    pub fn word(self) -> &'static str {
        match self {
            EventLevel::Debug => "debug",
            EventLevel::Info => "info",
            EventLevel::Warning => "warning",
            EventLevel::Error => "error",
            EventLevel::Critical => "critical",
        }
    }

    /// Reads our word in any case, and `warn`; `None` for every other word.
    pub fn from_word(word: &str) -> Option<EventLevel> {
        if word.eq_ignore_ascii_case("warn") {
            return Some(EventLevel::Warning);
        }
        EventLevel::ALL
            .into_iter()
            .find(|level| level.word().eq_ignore_ascii_case(word))
    }
}

/// One entry of a run's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunEvent {
    /// 1-based place among the run's events; the same event always has the same.
    pub n: u64,
    pub time: Option<Timestamp>,
    /// What happened, in the source's own word: `STEP_FAILURE`.
    pub kind: String,
    /// Key of the step that it is about; `None`: the run itself.
    pub step: Option<String>,
    /// 1-based.
    pub attempt: Option<u32>,
    /// `None`: the source names none, or one that is not known.
    pub level: Option<EventLevel>,
    /// The source's word for the level, when it is none of ours.
    pub raw_level: Option<String>,
    pub message: String,
    /// The source's own record as JSON text, as it was sent.
    pub detail: Option<String>,
    /// What failed, as text for people with its stack and its causes; of an event that was asked for by itself.
    pub error: Option<String>,
}

/// Which events are asked for. Texts are kept as the user wrote them. Values of one key widen, different keys narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Types with `*` and `?`, in any case.
    pub kinds: Vec<String>,
    /// Step keys with `*` and `?`.
    pub steps: Vec<String>,
    /// The least level that is shown.
    pub level: Option<String>,
    /// ISO time, or a length before now (`2h`).
    pub since: Option<String>,
    /// Found in type, step, message or detail, in any case.
    pub text: Option<String>,
}

impl EventFilter {
    pub fn is_empty(&self) -> bool {
        *self == EventFilter::default()
    }

    /// Reads the pairs that [`EventFilter::to_pairs`] writes and leaves others alone. Keys may repeat, and lists are separated by commas.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> EventFilter {
        let mut filter = EventFilter::default();
        for (key, value) in pairs {
            let mut texts = value
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty());
            let one = Some(value.trim().to_string()).filter(|text| !text.is_empty());
            match key {
                "type" => filter.kinds.extend(texts.map(String::from)),
                "step" => filter.steps.extend(texts.map(String::from)),
                "level" => filter.level = texts.next().map(String::from),
                "since" => filter.since = one,
                "q" => filter.text = one,
                _ => {}
            }
        }
        filter
    }

    /// The pairs by which the Runs API is asked, in a fixed order.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        for (key, values) in [("type", &self.kinds), ("step", &self.steps)] {
            if !values.is_empty() {
                // A comma would separate two values; `?` is any letter, and so a comma too.
                let value = |value: &String| value.replace(',', "?");
                let values: Vec<String> = values.iter().map(value).collect();
                pairs.push((key, values.join(",")));
            }
        }
        for (key, value) in [
            ("level", &self.level),
            ("since", &self.since),
            ("q", &self.text),
        ] {
            if let Some(value) = value {
                pairs.push((key, value.clone()));
            }
        }
        pairs
    }

    /// Makes the filter ready to be asked about many events; `offset_minutes` (east of UTC) is for a time without a zone.
    ///
    /// # Errors
    /// When `since` is neither a time nor a length, or `level` is no level.
    pub fn compile(
        &self,
        now: Timestamp,
        offset_minutes: i32,
    ) -> Result<EventMatcher, FilterError> {
        let level = match &self.level {
            None => None,
            Some(word) => Some(EventLevel::from_word(word).ok_or_else(|| FilterError {
                field: "level",
                value: word.clone(),
                expected: "debug, info, warning, error or critical",
            })?),
        };
        Ok(EventMatcher {
            kinds: self
                .kinds
                .iter()
                .flat_map(|word| names(word))
                .map(|word| WildMatch::new(&lowered(&word)))
                .collect(),
            steps: self.steps.iter().map(|key| WildMatch::new(key)).collect(),
            level,
            since: moment("since", &self.since, now, offset_minutes)?,
            text: self.text.as_deref().map(lowered),
        })
    }
}

/// An [`EventFilter`] with its time resolved and its patterns prepared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventMatcher {
    kinds: Vec<WildMatch>,
    steps: Vec<WildMatch>,
    level: Option<EventLevel>,
    since: Option<Timestamp>,
    text: Option<String>,
}

impl EventMatcher {
    /// Whether the event is one of those asked for. One without a level is below every least level, one without a time before every time,
    /// and one about the run itself belongs to no step.
    pub fn matches(&self, event: &RunEvent) -> bool {
        let any = |patterns: &[WildMatch], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(text))
        };
        self.level.is_none_or(|least| event.level >= Some(least))
            && self.since.is_none_or(|since| event.time >= Some(since))
            && (self.kinds.is_empty() || any(&self.kinds, &lowered(&event.kind)))
            && (self.steps.is_empty()
                || event.step.as_ref().is_some_and(|key| any(&self.steps, key)))
            && self.text.as_ref().is_none_or(|lower| {
                let has = |text: &str| text_has(text, lower);
                has(&event.message)
                    || has(&event.kind)
                    || event.step.as_deref().is_some_and(has)
                    || event.detail.as_deref().is_some_and(has)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> RunEvent {
        RunEvent {
            n: 7,
            time: Timestamp::parse("2026-11-21T10:00:00Z"),
            kind: "STEP_FAILURE".into(),
            step: Some("load_users".into()),
            level: Some(EventLevel::Error),
            message: "exit code 2".into(),
            detail: Some(r#"{"pid":41}"#.into()),
            ..RunEvent::default()
        }
    }

    fn takes(filter: EventFilter, event: &RunEvent) -> bool {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        filter.compile(now, 0).unwrap().matches(event)
    }

    #[test]
    fn each_key_narrows_and_its_values_widen() {
        let list = |text: &str| -> Vec<String> { text.split(',').map(String::from).collect() };
        let kinds = |text| EventFilter {
            kinds: list(text),
            ..EventFilter::default()
        };
        let steps = |text| EventFilter {
            steps: list(text),
            ..EventFilter::default()
        };
        let level = |text: &str| EventFilter {
            level: Some(text.into()),
            ..EventFilter::default()
        };
        let since = |text: &str| EventFilter {
            since: Some(text.into()),
            ..EventFilter::default()
        };
        let text = |text: &str| EventFilter {
            text: Some(text.into()),
            ..EventFilter::default()
        };
        for (filter, expected) in [
            (EventFilter::default(), true),
            (kinds("step_*"), true),
            (kinds("RUN_*,*_FAILURE"), true),
            (kinds("RUN_*"), false),
            (steps("load_*"), true),
            (steps("load"), false),
            (level("warning"), true),
            (level("critical"), false),
            (since("3h"), true),
            (since("1h"), false),
            (text("EXIT"), true),
            (text("pid"), true),
            (text("nothing"), false),
        ] {
            assert_eq!(takes(filter.clone(), &event()), expected, "{filter:?}");
        }
        let bare = RunEvent {
            n: 1,
            ..RunEvent::default()
        };
        assert!(
            !takes(level("debug"), &bare)
                && !takes(since("9w"), &bare)
                && !takes(steps("*"), &bare)
        );
    }

    #[test]
    fn pairs_read_back() {
        let filter = EventFilter::from_pairs([
            ("type", "STEP_*, LOSS"),
            ("type", ""),
            ("step", "load_*"),
            ("level", "error"),
            ("since", "2h"),
            ("q", "a, b"),
            ("tab", "events"),
        ]);
        assert_eq!(
            (filter.kinds.len(), filter.text.as_deref()),
            (2, Some("a, b"))
        );
        let pairs = filter.to_pairs();
        let pairs = pairs.iter().map(|(key, value)| (*key, value.as_str()));
        assert_eq!(EventFilter::from_pairs(pairs), filter);
    }

    #[test]
    fn a_word_that_is_none_names_the_field() {
        let wrong = |level: Option<&str>, since: Option<&str>| {
            let filter = EventFilter {
                level: level.map(String::from),
                since: since.map(String::from),
                ..EventFilter::default()
            };
            filter.compile(Timestamp(0), 0).unwrap_err().field
        };
        assert_eq!(wrong(Some("loud"), None), "level");
        assert_eq!(wrong(None, Some("soon")), "since");
    }
}
