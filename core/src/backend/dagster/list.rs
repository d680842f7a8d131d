//! The list of runs: which filter the server can apply, and which is applied here over the pages that it sends.
//!
//! The server takes several statuses, one exact job, one value for each of several tags, and bounds of the creation time, all of them together. Jobs
//! with wildcards, tags without a value and free text are looked for here, and how far was looked is said.

use super::decode::{STATUSES, run};
use super::graphql::{Server, wanted};
use super::query;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Cursor, Decoded, Page};
use crate::model::{Phase, Run, RunFilter, Span, Timestamp};
use crate::store::json::{JsonText, seconds};

/// Rows of one request; 1,000 take the server half a second. Never 0: that means all.
pub(super) const PAGE: u32 = 500;
/// So many rows are looked through for one answer.
const SCAN: u32 = 2500;

/// Words that users of Dagster know and that are no statuses of it.
const GROUPS: [(&str, &[&str]); 2] = [
    ("IN_PROGRESS", &["STARTING", "STARTED", "CANCELING"]),
    ("CANCELLED", &["CANCELED"]),
];

/// Dagster's statuses for a filter's words, and what is to be said of them.
pub fn statuses(words: &[String], problems: &mut Vec<String>) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for word in words {
        let phase = Phase::from_word(word);
        let before = found.len();
        let group = GROUPS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.extend(
            group
                .iter()
                .flat_map(|(_, statuses)| statuses.iter().copied()),
        );
        if let Some((name, statuses)) = group {
            problems.push(["status ", name, " is asked as ", &statuses.join(", ")].concat());
        }
        for (status, of) in STATUSES {
            if phase == Some(of) || status.eq_ignore_ascii_case(word) {
                found.push(status);
            }
        }
        if found.len() == before {
            let all: Vec<&str> = STATUSES.iter().map(|(status, _)| *status).collect();
            let words = [
                "no run of Dagster has the status ",
                word,
                ": it knows ",
                &all.join(", "),
            ];
            problems.push(words.concat());
        }
    }
    found
}

/// What of a filter the server applies, as its `RunsFilter`, and whether that is all of it.
fn server_side(
    filter: &RunFilter,
    statuses: &[&str],
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> (String, bool) {
    let mut json = JsonText::new();
    let mut is_all = filter.q.is_none();
    json.open('{');
    if !statuses.is_empty() {
        json.key("statuses").open('[');
        for status in statuses {
            json.text(status);
        }
        json.close(']');
    }
    match filter.job.as_slice() {
        [] => {}
        [job] if !job.contains(['*', '?']) => {
            json.text_field("pipelineName", Some(job));
        }
        _ => is_all = false,
    }
    // Bounds are open there and closed here.
    let second = Span::seconds(1);
    for (name, at) in [
        ("createdAfter", since.map(|at| at.minus(second))),
        ("createdBefore", until.map(|at| at.plus(second))),
    ] {
        if let Some(at) = at {
            json.key(name).raw(&seconds(Span(at.0)));
        }
    }
    let mut sent: Vec<&str> = Vec::new();
    json.key("tags").open('[');
    for term in &filter.tag {
        match term.split_once('=') {
            // Of a key that stands twice the server takes the last value only.
            Some((key, value)) if !sent.contains(&key) => {
                sent.push(key);
                json.open('{').text_field("key", Some(key));
                json.text_field("value", Some(value)).close('}');
            }
            _ => is_all = false,
        }
    }
    json.close(']').close('}');
    (json.finish(), is_all)
}

/// A page of the list. `after` is the id of the last run of the page before.
pub(super) async fn list(
    server: &Server,
    filter: RunFilter,
    limit: u32,
    after: Option<String>,
) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let refused =
        |error: crate::model::filter::FilterError| BackendError::Refused(error.to_string());
    let now = match filter.since.is_some() || filter.until.is_some() {
        true => server.now().await?,
        false => Timestamp::default(),
    };
    let limit = limit.clamp(1, PAGE);
    let mut page = Page {
        items: Vec::new(),
        next: None,
        total: None,
    };
    let statuses = statuses(&filter.status, &mut problems);
    let mut here = filter.clone();
    here.status.clear();
    let matcher = here.compile(now, 0).map_err(refused)?;
    let (since, until) = matcher.times();
    let (asked, is_all) = server_side(&filter, &statuses, since, until);
    let is_none = statuses.is_empty() && !filter.status.is_empty();
    let (mut after, is_first) = (after.clone(), after.is_none());
    let (mut scanned, mut newest) = (0, Timestamp::default());
    loop {
        if is_none {
            break;
        }
        let size = if is_all { limit } else { PAGE };
        let variables = variables(&asked, size, after.as_deref());
        let answer = server.ask(query::RUNS, variables).await?;
        problems.extend(answer.problems);
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        let mut runs = wanted(&mut fields, "runsOrError", "Runs")?;
        if is_all {
            page.total = runs.count("count");
        }
        let rows = runs.rows("results", run);
        let came = rows.len() as u32;
        scanned += came;
        page.next = (came >= size).then(String::new);
        for run in rows {
            newest = newest.max(Timestamp(i64::try_from(run.version).unwrap_or_default()));
            after = Some(run.id.clone());
            if page.items.len() as u32 >= limit {
                page.next = Some(String::new());
                break;
            }
            if matcher.matches(&run) {
                page.items.push(run);
            }
        }
        if is_all || page.next.is_none() || page.items.len() as u32 >= limit || scanned >= SCAN {
            break;
        }
    }
    if !is_all {
        let words = [
            "job patterns, tags without a value and free text are looked for in the app: ",
            &scanned.to_string(),
            " runs were looked through for this page",
        ];
        problems.push(words.concat());
    }
    if page.next.is_some() {
        page.next = match is_all || (page.items.len() as u32) < limit {
            true => after,
            // Rows behind the last one that was taken are looked through again.
            false => page.items.last().map(|run| run.id.clone()),
        };
    }
    let cursor =
        (is_first && !is_none).then(|| position(newest, page.total.filter(|_| filter.is_empty())));
    Ok(Decoded {
        value: page,
        problems,
        cursor,
    })
}

/// A place in the changes of the list: the time of the last one, and how many runs there were.
pub(super) fn position(newest: Timestamp, total: Option<u64>) -> Cursor {
    let mut text = ["runs ", &newest.0.to_string()].concat();
    if let Some(total) = total {
        text.extend([" ", &total.to_string()]);
    }
    Cursor(text)
}

pub(super) fn variables(filter: &str, limit: u32, after: Option<&str>) -> String {
    let mut json = JsonText::new();
    json.open('{').key("f").raw(filter);
    json.number_field("l", Some(i64::from(limit)));
    json.text_field("c", after).close('}');
    json.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ours_and_of_dagster_are_statuses() {
        for (word, expected) in [
            ("queued", "QUEUED,NOT_STARTED"),
            ("running", "STARTED"),
            ("Failure", "FAILURE"),
            ("failed", "FAILURE"),
            ("in_progress", "STARTING,STARTED,CANCELING"),
            ("unknown", "MANAGED"),
            ("paused", "SUSPENDED"),
            ("canceled", "CANCELED"),
            ("cancelled", "CANCELED"),
            ("waiting", ""),
        ] {
            let mut said = Vec::new();
            let mut found = statuses(&[word.to_string()], &mut said);
            found.dedup();
            assert_eq!(found.join(","), expected, "{word}");
            assert_eq!(
                said.is_empty(),
                !matches!(word, "waiting" | "in_progress" | "cancelled")
            );
        }
    }

    #[test]
    fn the_server_is_asked_for_what_it_can_do() {
        let filter = RunFilter::from_pairs([("job", "etl"), ("tag", "a=b,c=d=e")]);
        let at = Some(Timestamp(1_500_000_000_250_000));
        assert_eq!(
            server_side(&filter, &["QUEUED"], at, None),
            (
                r#"{"statuses":["QUEUED"],"pipelineName":"etl","createdAfter":1499999999.25,"tags":[{"key":"a","value":"b"},{"key":"c","value":"d=e"}]}"#.into(),
                true
            )
        );
        for pairs in [
            ("job", "etl_*"),
            ("job", "a,b"),
            ("tag", "team"),
            ("tag", "a=b,a=c"),
            ("q", "x"),
        ] {
            assert!(
                !server_side(&RunFilter::from_pairs([pairs]), &[], None, None).1,
                "{pairs:?}"
            );
        }
    }
}
