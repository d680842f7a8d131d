//! What is asked of the server for a list: of a filter the phases, exact jobs, times, project, domain, owner, trigger, source and version, lengths of
//! what is over, and whether an action waits for an answer.

use super::proto::{is_terminal, numbers};
use super::request::Server;
use crate::backend::lenient::Problems;
use crate::model::{RunFilter, Span, Timestamp};
use crate::store::json::JsonText;

/// The tag of runs with an action that waits for an answer, as filter and on rows.
pub(super) const PAUSED: &str = "paused_action";

/// Tags that the server can look for, and the column in which it does.
const COLUMNS: [(&str, &str); 6] = [
    ("project", "project"),
    ("domain", "domain"),
    ("owner", "created_by_subject"),
    ("trigger", "trigger_name"),
    ("version", "task_version"),
    ("run_source", "run_source"),
];

/// Lengths that are asked for may be wrong by so much, in microseconds.
const SKEW: i64 = 1_000_000;

/// A question for runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    /// Function, field and values.
    pub(super) filters: Vec<(&'static str, &'static str, Vec<String>)>,
    pub(super) paused_only: bool,
}

impl Ask {
    /// One value is asked for by another function than several: the open service breaks at a list of one.
    pub(super) fn any(&mut self, field: &'static str, values: Vec<String>) {
        let function = match values.len() {
            1 => "EQUAL",
            _ => "VALUE_IN",
        };
        self.filters.push((function, field, values));
    }

    pub(super) fn message(&self, server: &Server, limit: u32, token: Option<&str>) -> String {
        let mut json = JsonText::new();
        json.open('{').key("request").open('{');
        json.number_field("limit", Some(i64::from(limit)));
        json.text_field("token", token);
        // Unsorted, a list begins with the phases.
        json.key("sortByFields").raw(r#"[{"key":"created_at"}]"#);
        let scope = &server.scope;
        // A project without a domain is no scope that the service knows.
        let own = (!scope.project.is_empty() && !scope.is_one_project())
            .then(|| ("EQUAL", "project", vec![scope.project.clone()]));
        if own.is_some() || !self.filters.is_empty() {
            json.key("filters").open('[');
            for (function, field, values) in own.iter().chain(&self.filters) {
                json.open('{').text_field("function", Some(function));
                json.text_field("field", Some(field));
                json.list_field("values", values).close('}');
            }
            json.close(']');
        }
        json.close('}');
        match scope.is_one_project() {
            true => scope.project(&mut json, &scope.project, &scope.domain),
            false => drop(json.text_field("org", Some(scope.org()))),
        }
        if self.paused_only {
            json.key("pausedActionsOnly").raw("true");
        }
        json.close('}');
        json.finish()
    }
}

/// What of a filter the server applies, and whether that is all of it.
pub(super) fn server_side(
    filter: &RunFilter,
    times: (Option<Timestamp>, Option<Timestamp>),
    lengths: (Option<Span>, Option<Span>),
    problems: &mut Problems,
) -> (Ask, bool) {
    let is_here = filter.q.is_some() || filter.longer.is_some() || filter.shorter.is_some();
    let (mut asked, mut is_all) = (Ask::default(), !is_here);
    // Several values of one key: any of them.
    let mut values: Vec<(&'static str, Vec<String>)> = Vec::new();
    let mut phases: Vec<String> = Vec::new();
    for word in &filter.status {
        let found = numbers(word);
        if found.is_empty() {
            problems.push(["no action of Flyte has the phase ", word].concat());
        }
        phases.extend(found.iter().map(usize::to_string));
    }
    // The service knows how long a run took when it is over; of others it says 0. The app looks again, for clocks differ.
    let is_over = |word: &String| numbers(word).iter().all(|number| is_terminal(*number));
    if !phases.is_empty() && filter.status.iter().all(is_over) {
        let (longer, shorter) = (
            lengths.0.map(|of| of.0 - SKEW),
            lengths.1.map(|of| of.0 + SKEW),
        );
        for (function, length) in [
            ("GREATER_THAN_OR_EQUAL", longer),
            ("LESS_THAN_OR_EQUAL", shorter),
        ] {
            let ms = length.map(|micros| (micros / 1000).max(0).to_string());
            asked
                .filters
                .extend(ms.map(|ms| (function, "duration_ms", vec![ms])));
        }
    }
    if !phases.is_empty() {
        asked.any("phase", phases);
    }
    match filter.job.as_slice() {
        [] => {}
        jobs if jobs.iter().all(|job| !job.contains(['*', '?'])) => {
            asked.any("task_name", jobs.to_vec());
        }
        _ => is_all = false,
    }
    for (function, at) in [
        ("GREATER_THAN_OR_EQUAL", times.0),
        ("LESS_THAN_OR_EQUAL", times.1),
    ] {
        if let Some(at) = at {
            asked
                .filters
                .push((function, "created_at", vec![at.to_string()]));
        }
    }
    for term in &filter.tag {
        if term.split('=').next() == Some(PAUSED) {
            asked.paused_only = true;
            continue;
        }
        let pair = term.split_once('=');
        let column = pair.and_then(|(key, value)| {
            let of = |(name, _): &&(&str, &'static str)| *name == key;
            COLUMNS.iter().find(of).map(|(_, column)| (*column, value))
        });
        let Some((column, value)) = column else {
            is_all = false;
            continue;
        };
        let value = match column {
            "run_source" => ["RUN_SOURCE_", &value.to_ascii_uppercase()].concat(),
            _ => value.to_string(),
        };
        match values.iter_mut().find(|(known, _)| *known == column) {
            Some((_, known)) => known.push(value),
            None => values.push((column, vec![value])),
        }
    }
    for (column, values) in values {
        asked.any(column, values);
    }
    (asked, is_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked for: function, field, values.
    fn asked(pairs: &[(&str, &str)]) -> (Vec<String>, bool) {
        let filter = RunFilter::from_pairs(pairs.iter().copied());
        let matcher = filter.compile(Timestamp(0), 0).unwrap();
        let (times, lengths) = (matcher.times(), matcher.lengths());
        let (ask, is_all) = server_side(&filter, times, lengths, &mut Problems::new());
        let words = |(function, field, values): (&str, &str, Vec<String>)| {
            format!("{field} {function} {}", values.join(","))
        };
        (ask.filters.into_iter().map(words).collect(), is_all)
    }

    #[test]
    fn what_the_service_can_look_for_is_asked_of_it() {
        let (filters, is_all) = asked(&[
            ("status", "failed,timed_out"),
            ("job", "etl.main"),
            (
                "tag",
                "owner=ada,trigger=nightly,run_source=web,run_source=cli",
            ),
            ("since", "2026-11-21T00:00:00Z"),
        ]);
        assert_eq!(
            filters,
            [
                "phase VALUE_IN 6,8",
                "task_name EQUAL etl.main",
                "created_at GREATER_THAN_OR_EQUAL 2026-11-21T00:00:00.000000Z",
                "created_by_subject EQUAL ada",
                "trigger_name EQUAL nightly",
                "run_source VALUE_IN RUN_SOURCE_WEB,RUN_SOURCE_CLI",
            ]
        );
        assert!(is_all);
    }

    #[test]
    fn lengths_are_asked_of_the_service_for_runs_that_are_over() {
        let lengths = [("longer", "10m"), ("shorter", "1h")];
        let over = [("status", "failed"), lengths[0], lengths[1]];
        let expected = [
            "duration_ms GREATER_THAN_OR_EQUAL 599000",
            "duration_ms LESS_THAN_OR_EQUAL 3601000",
            "phase EQUAL 6",
        ];
        assert_eq!(asked(&over), (expected.map(String::from).to_vec(), false));
        let some = [("status", "failed,running"), lengths[0]];
        assert_eq!(asked(&some).0, ["phase VALUE_IN 6,4"].map(String::from));
        assert!(asked(&lengths).0.is_empty());
    }
}
