//! [`RunFilter`]: which runs are asked for, as the query of a link or of the Runs API says it.
//!
//! Inside a list of values a match with any is enough (OR); different keys narrow (AND). So it is with tags: values of one tag's key widen, different
//! tags narrow.

use wildmatch::WildMatch;

use super::letter::lowered;
use super::status_term::StatusTerm;
pub use super::status_term::meaning;
use super::{Phase, Run, Span, Timestamp, time};

/// A typed query over runs. Texts are kept as the user wrote them, so that a link reads back the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Our phase words, `unfinished`, or a backend's own words, in any case.
    pub status: Vec<String>,
    /// Job names with `*` and `?`.
    pub job: Vec<String>,
    /// ISO time or a length before now (`1d`, `2h`).
    pub since: Option<String>,
    pub until: Option<String>,
    /// A length (`10m`): runs that took at least so long, or go on for so long.
    pub longer: Option<String>,
    /// A length: runs that took, or go on for, no longer.
    pub shorter: Option<String>,
    /// `key=value`, or `key` alone for any value.
    pub tag: Vec<String>,
    /// Free text, found in id, job, reason, user, host or a tag, in any case.
    pub q: Option<String>,
}

/// What is wrong with a filter: the field and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    pub field: &'static str,
    pub value: String,
    pub expected: &'static str,
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{}={} is not understood: it takes {}",
            self.field, self.value, self.expected
        )
    }
}

const MOMENT: &str = "an ISO time such as 2026-11-21T08:00 or a length such as 30m, 2h, 1d";

impl RunFilter {
    /// Reads the query pairs that belong to the filter and leaves the others alone.
    /// Keys may repeat, and a value may be a comma-separated list.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> RunFilter {
        let mut filter = RunFilter::default();
        for (key, value) in pairs {
            let many = |into: &mut Vec<String>| {
                into.extend(
                    value
                        .split(',')
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(String::from),
                );
            };
            let one = || Some(value.trim().to_string()).filter(|text| !text.is_empty());
            match key {
                "status" => many(&mut filter.status),
                "job" => many(&mut filter.job),
                "tag" => many(&mut filter.tag),
                "since" => filter.since = one(),
                "until" => filter.until = one(),
                "longer" => filter.longer = one(),
                "shorter" => filter.shorter = one(),
                "q" => filter.q = one(),
                _ => {}
            }
        }
        filter
    }

    /// The pairs that [`RunFilter::from_pairs`] reads back, in a fixed order.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let list = |key, values: &[String]| (!values.is_empty()).then(|| (key, values.join(",")));
        let one = |key, value: &Option<String>| value.clone().map(|text| (key, text));
        [
            list("status", &self.status),
            list("job", &self.job),
            one("since", &self.since),
            one("until", &self.until),
            one("longer", &self.longer),
            one("shorter", &self.shorter),
            list("tag", &self.tag),
            one("q", &self.q),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    pub fn is_empty(&self) -> bool {
        *self == RunFilter::default()
    }

    /// Makes the filter ready to be asked about many runs.
    ///
    /// # Errors
    /// When `since` or `until` is neither a time nor a length, or `longer` or `shorter` no length; `offset_minutes` (east of UTC) is for times without a zone.
    pub fn compile(&self, now: Timestamp, offset_minutes: i32) -> Result<Matcher, FilterError> {
        let moment = |field, text| moment(field, text, now, offset_minutes);
        Ok(Matcher {
            status: self
                .status
                .iter()
                .map(|word| StatusTerm::new(word))
                .collect(),
            job: self
                .job
                .iter()
                .map(|pattern| WildMatch::new(pattern))
                .collect(),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            longer: length("longer", &self.longer)?,
            shorter: length("shorter", &self.shorter)?,
            now: match self.longer.is_some() || self.shorter.is_some() {
                true => now,
                // Filters that ask the same are the same.
                false => Timestamp(0),
            },
            tag: self
                .tag
                .iter()
                .map(|term| match term.split_once('=') {
                    Some((key, value)) => (key.to_string(), Some(value.to_string())),
                    None => (term.clone(), None),
                })
                .collect(),
            q: self.q.as_deref().map(lowered),
        })
    }
}

/// Reads a field that takes a time or a length before `now`.
pub(super) fn moment(
    field: &'static str,
    text: &Option<String>,
    now: Timestamp,
    offset_minutes: i32,
) -> Result<Option<Timestamp>, FilterError> {
    match text {
        None => Ok(None),
        Some(text) => time::parse_moment(text, now, offset_minutes)
            .map(Some)
            .ok_or_else(|| FilterError {
                field,
                value: text.clone(),
                expected: MOMENT,
            }),
    }
}

fn length(field: &'static str, text: &Option<String>) -> Result<Option<Span>, FilterError> {
    let Some(text) = text else { return Ok(None) };
    let error = || FilterError {
        field,
        value: text.clone(),
        expected: "a length such as 30s, 10m, 2h, 1d",
    };
    time::parse_span(text).map(Some).ok_or_else(error)
}

/// A [`RunFilter`] with its times resolved and its patterns prepared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    status: Vec<StatusTerm>,
    job: Vec<WildMatch>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    longer: Option<Span>,
    shorter: Option<Span>,
    /// To which runs that go on have taken their time.
    now: Timestamp,
    tag: Vec<TagTerm>,
    q: Option<String>,
}

impl Matcher {
    /// Whether the run is one of those asked for. A run without any time is outside every time range.
    pub fn matches(&self, run: &Run) -> bool {
        self.takes_status(run.phase, &run.raw_status, run.is_unfinished())
            && self.takes_job(&run.job)
            && self.takes_time(run.ordered_at())
            && self.takes_length(
                run.started_at,
                run.ended_at,
                run.phase.is_active() && !run.is_unfinished(),
            )
            && self.takes_tags(&mut |_, term| {
                run.tags
                    .iter()
                    .any(|(key, value)| tag_matches(term, key, value))
            })
            && self
                .q
                .as_ref()
                .is_none_or(|needle| contains_text(run, needle))
    }

    /// Whether tags or other texts of a run decide.
    pub fn asks_texts(&self) -> bool {
        !self.tag.is_empty() || self.q.is_some()
    }

    pub fn takes_status(&self, phase: Phase, raw_status: &str, is_unfinished: bool) -> bool {
        self.status.is_empty()
            || self
                .status
                .iter()
                .any(|term| term.matches(phase, raw_status, is_unfinished))
    }

    pub fn takes_job(&self, job: &str) -> bool {
        self.job.is_empty() || self.job.iter().any(|pattern| pattern.matches(job))
    }

    /// The least and the most length.
    pub fn lengths(&self) -> (Option<Span>, Option<Span>) {
        (self.longer, self.shorter)
    }

    /// `at` is the time by which runs are ordered.
    pub fn takes_time(&self, at: Option<Timestamp>) -> bool {
        self.since
            .is_none_or(|since| at.is_some_and(|at| at >= since))
            && self
                .until
                .is_none_or(|until| at.is_some_and(|at| at <= until))
    }

    /// A run whose length is not known has none that is asked for.
    pub fn takes_length(
        &self,
        started: Option<Timestamp>,
        ended: Option<Timestamp>,
        goes_on: bool,
    ) -> bool {
        if self.longer.is_none() && self.shorter.is_none() {
            return true;
        }
        let ended = ended.or(goes_on.then_some(self.now));
        let length = started.zip(ended).map(|(start, end)| end.since(start).0);
        length.is_some_and(|length| {
            self.longer.is_none_or(|least| length >= least.0)
                && self.shorter.is_none_or(|most| length <= most.0)
        })
    }

    /// Whether a run has one of the values of each key that is asked for. `has` tells of the term with an index whether the run has it.
    pub fn takes_tags(&self, has: &mut dyn FnMut(usize, &TagTerm) -> bool) -> bool {
        let terms = &self.tag;
        terms.iter().enumerate().all(|(first, (key, _))| {
            let is_new = terms.iter().take(first).all(|(other, _)| other != key);
            let mut same = terms.iter().enumerate().skip(first);
            !is_new || same.any(|(index, term)| term.0 == *key && has(index, term))
        })
    }

    /// From when and until when.
    pub fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.since, self.until)
    }

    /// Of each key one must be met by one of the run's tags; see [`tag_matches`].
    pub fn tag_terms(&self) -> &[TagTerm] {
        &self.tag
    }

    /// What must stand in one of the run's texts, in lower case; see [`text_has`].
    pub fn text(&self) -> Option<&str> {
        self.q.as_deref()
    }
}

/// A tag's key, and its value unless any will do.
pub type TagTerm = (String, Option<String>);

pub fn tag_matches((wanted_key, wanted_value): &TagTerm, key: &str, value: &str) -> bool {
    wanted_key == key && wanted_value.as_ref().is_none_or(|wanted| wanted == value)
}

/// Whether `text` holds `lower` in any case. `lower` is in lower case already.
pub fn text_has(text: &str, lower: &str) -> bool {
    if !text.is_ascii() {
        return lowered(text).contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    lower.is_empty()
        || text
            .windows(lower.len())
            .any(|part| part.eq_ignore_ascii_case(lower))
}

/// The form in which a tag is searched by free text.
pub fn tag_text(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

fn contains_text(run: &Run, needle: &str) -> bool {
    let has = |text: &str| text_has(text, needle);
    has(&run.id)
        || has(&run.job)
        || [&run.reason, &run.user, &run.host]
            .into_iter()
            .flatten()
            .any(|text| has(text))
        || run
            .tags
            .iter()
            .any(|(key, value)| has(&tag_text(key, value)))
}
