//! The list of runs: which filter the server can apply, and which is applied here over the pages that it sends.
//!
//! The server takes several statuses, one exact job, one value for each of several tags, and bounds of the creation time, all of them together. Several
//! jobs and several values of a tag are asked for side by side in one document (`lanes.rs`), jobs with wildcards by the names that are loaded. Tags
//! without a value and free text are looked for here, and how far was looked is said.

use super::decode::STATUSES;
use super::graphql::Server;
use super::{lanes, place};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, Cursor, Decoded, Page};
use crate::model::filter::{Matcher, meaning};
use crate::model::{Phase, Run, RunFilter, Span, Timestamp};
use crate::store::json::{JsonText, seconds};

/// Rows of one request; 1,000 take the server half a second. Never 0: that means all.
pub(super) const PAGE: u32 = 500;
/// So many rows are looked through for one answer.
const SCAN: usize = 2500;

/// Dagster's statuses for a filter's words, and what is to be said of them.
pub fn statuses(words: &[String], problems: &mut Vec<String>) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for word in words {
        let (phase, group) = (Phase::from_word(word), meaning(word));
        let before = found.len();
        for (status, of) in STATUSES {
            let is_in_group = group.is_some_and(|phases| phases.contains(&of));
            if phase == Some(of) || is_in_group || status.eq_ignore_ascii_case(word) {
                found.push(status);
            }
        }
        if let Some(statuses) = group.and(found.get(before..)) {
            problems.push(["status ", word, " is asked as ", &statuses.join(", ")].concat());
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

/// What the server is asked for: one filter for each combination of a job and of values of tags, in its own words, as it takes no alternatives.
pub(super) struct Asked {
    /// JSON of `RunsFilter`, without its closing bracket: a field with a comma before it may follow.
    pub(super) lanes: Vec<String>,
    /// That is all that is to be looked for; the rest is looked for here.
    pub(super) is_all: bool,
}

/// More alternatives than these are looked for here.
const LANES: usize = 12;

/// What of a filter the server applies. `jobs` are the names that the filter's patterns stand for; `None` where that is not known.
fn server_side(
    filter: &RunFilter,
    jobs: Option<&[String]>,
    statuses: &[&str],
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Asked {
    let mut json = JsonText::new();
    json.open('{');
    if !statuses.is_empty() {
        json.key("statuses").open('[');
        for status in statuses {
            json.text(status);
        }
        json.close(']');
    }
    // Bounds are open there and closed here, and it stores at most microseconds.
    let least = Span(1);
    for (name, at) in [
        ("createdAfter", since.map(|at| at.minus(least))),
        ("createdBefore", until.map(|at| at.plus(least))),
    ] {
        if let Some(at) = at {
            json.key(name).raw(&seconds(Span(at.0)));
        }
    }
    let mut is_all = filter.q.is_none();
    let jobs: Vec<Option<&str>> = match (jobs, filter.job.is_empty()) {
        (_, true) => vec![None],
        (Some(jobs), _) => jobs.iter().map(|job| Some(job.as_str())).collect(),
        (None, _) => {
            is_all = false;
            vec![None]
        }
    };
    let mut choices: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    let mut done: Vec<&str> = Vec::new();
    for term in &filter.tag {
        let Some((key, _)) = term.split_once('=') else {
            is_all = false;
            continue;
        };
        let same = || {
            let pairs = filter.tag.iter().filter_map(|term| term.split_once('='));
            pairs.filter(|(other, _)| *other == key)
        };
        // Any value does, so that the server cannot say which.
        let is_any = filter.tag.iter().any(|term| term == key);
        if done.contains(&key) || is_any {
            continue;
        }
        done.push(key);
        if choices.len() * same().count() * jobs.len() > LANES {
            is_all = false;
            continue;
        }
        let mut more = Vec::new();
        for choice in &choices {
            for pair in same() {
                let mut choice = choice.clone();
                choice.push(pair);
                more.push(choice);
            }
        }
        choices = more;
    }
    let mut lanes = Vec::new();
    for job in &jobs {
        for choice in &choices {
            let mut json = json.clone();
            json.text_field("pipelineName", *job);
            json.key("tags").open('[');
            for (key, value) in choice {
                json.open('{').text_field("key", Some(key));
                json.text_field("value", Some(value)).close('}');
            }
            lanes.push(json.close(']').as_str().to_string());
        }
    }
    Asked { lanes, is_all }
}

/// The filter with its words resolved.
pub(super) struct Resolved {
    pub(super) asked: Asked,
    /// What is to be looked for here; the status is the server's.
    matcher: Matcher,
    /// No run can have such a status.
    pub(super) is_none: bool,
}

/// Finds out what is asked of the server, and says what the words were taken for.
pub(super) async fn resolve(
    server: &Server,
    filter: &RunFilter,
    problems: &mut Problems,
) -> Result<Resolved, BackendError> {
    let refused =
        |error: crate::model::filter::FilterError| BackendError::Refused(error.to_string());
    let now = match filter.since.is_some() || filter.until.is_some() {
        true => server.now().await?,
        false => Timestamp::default(),
    };
    let statuses = statuses(&filter.status, problems);
    let mut here = filter.clone();
    here.status.clear();
    let matcher = here.compile(now, 0).map_err(refused)?;
    let (since, until) = matcher.times();
    let is_pattern = |job: &String| job.contains(['*', '?']);
    let mut jobs = Some(filter.job.clone());
    if filter.job.iter().any(is_pattern) {
        // The names of today; the server takes no patterns.
        jobs = place::jobs(server).await.ok().map(|all| {
            let mut names: Vec<String> = Vec::new();
            for (_, name) in all {
                if matcher.takes_job(&name) && !names.contains(&name) {
                    names.push(name);
                }
            }
            names
        });
        jobs = jobs.filter(|names| !names.is_empty());
    }
    jobs = jobs.filter(|names| names.len() <= LANES);
    if let Some(names) = jobs.as_ref().filter(|_| filter.job.iter().any(is_pattern)) {
        let words = [
            "jobs asked for, of those that are loaded now: ",
            &names.join(", "),
        ];
        problems.push(words.concat());
    }
    Ok(Resolved {
        asked: server_side(filter, jobs.as_deref(), &statuses, since, until),
        matcher,
        is_none: statuses.is_empty() && !filter.status.is_empty(),
    })
}

/// A page of the list. `after` is the id of the last run of the page before.
pub(super) async fn list(
    server: &Server,
    filter: RunFilter,
    limit: u32,
    after: Option<String>,
) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let limit = limit.clamp(1, PAGE);
    let mut page: Page<Run> = Page {
        items: Vec::new(),
        next: None,
        total: None,
    };
    let Resolved {
        asked,
        matcher,
        is_none,
    } = resolve(server, &filter, &mut problems).await?;
    let is_all = asked.is_all;
    let mut lanes = asked.lanes;
    if !is_all && lanes.len() > 1 {
        lanes = vec!["{".into()];
    }
    let is_first = after.is_none();
    let (mut after, mut scanned, mut newest) = (after, 0, Timestamp::default());
    loop {
        if is_none {
            break;
        }
        let size = if is_all { limit } else { PAGE };
        let part = lanes::page(server, &lanes, size, after.as_deref(), &mut problems).await?;
        scanned += part.items.len();
        after = part.next;
        page.next.clone_from(&after);
        page.total = part.total.filter(|_| is_all);
        for run in part.items {
            newest = newest.max(Timestamp(i64::try_from(run.version).unwrap_or_default()));
            if page.items.len() as u32 >= limit {
                // Rows behind the last one that was taken are looked through again.
                page.next = page.items.last().map(|run| run.id.clone());
                break;
            }
            if matcher.matches(&run) {
                page.items.push(run);
            }
        }
        let is_enough = page.items.len() as u32 >= limit || scanned >= SCAN;
        if is_all || after.is_none() || is_enough {
            break;
        }
    }
    if !is_all {
        let words = [
            "tags without a value, free text and many alternatives are looked for in the app: ",
            &scanned.to_string(),
            " runs were looked through for this page",
        ];
        problems.push(words.concat());
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
        let of = |pairs: &[(&str, &str)]| {
            let filter = RunFilter::from_pairs(pairs.iter().copied());
            let at = Some(Timestamp(1_500_000_000_250_000));
            server_side(&filter, Some(&filter.job), &["QUEUED"], at, None)
        };
        let asked = of(&[("job", "etl"), ("tag", "a=b,c=d=e")]);
        assert!(asked.is_all);
        assert_eq!(
            asked.lanes,
            [
                r#"{"statuses":["QUEUED"],"createdAfter":1500000000.249999,"pipelineName":"etl","tags":[{"key":"a","value":"b"},{"key":"c","value":"d=e"}]"#
            ]
        );
        for (pairs, lanes, is_all) in [
            (vec![("job", "a,b")], 2, true),
            (vec![("tag", "a=b,a=c")], 2, true),
            (vec![("job", "a,b"), ("tag", "a=b,c=d,a=c")], 4, true),
            (vec![("tag", "team")], 1, false),
            (vec![("tag", "team,team=x")], 1, false),
            (vec![("q", "x")], 1, false),
            (
                vec![("tag", "a=1,a=2,a=3,a=4"), ("job", "a,b,c,d")],
                4,
                false,
            ),
        ] {
            let asked = of(&pairs);
            assert_eq!(
                (asked.lanes.len(), asked.is_all),
                (lanes, is_all),
                "{pairs:?}"
            );
        }
        let unknown = RunFilter::from_pairs([("job", "a*")]);
        assert!(!server_side(&unknown, None, &[], None, None).is_all);
    }
}
