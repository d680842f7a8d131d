//! The history adapter against servers as they are in the wild: with ranges and without, files that grow, are cut and are replaced, and the pipelines' own API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod anew;
mod glued;
mod links;
mod own_text;
mod packed;
mod remarks;
mod same_ids;
mod server;
mod unread;
mod zone;

use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::history::History;
use runboard_core::backend::{Backend, BackendError, Topic, Update};
use runboard_core::model::{Run, RunFilter};

use server::{got, line, source};

/// The whole list, page by page, and its problems.
fn list(history: &History, limit: u32) -> (Vec<Run>, Vec<String>) {
    let (mut runs, mut problems, mut page) = (Vec::new(), Vec::new(), None);
    loop {
        let answer = got(history.list_runs(&RunFilter::default(), limit, page.as_deref())).unwrap();
        runs.extend(answer.value.items);
        problems.extend(answer.problems);
        match answer.value.next {
            Some(next) => page = Some(next),
            None => return (runs, problems),
        }
    }
}

fn news(history: &History) -> Vec<Update> {
    let stream = got(history.watch(&[Topic::Runs], &[])).unwrap();
    let all = stream.map(|one| one.unwrap().update).collect::<Vec<_>>();
    all.now_or_never().unwrap()
}

fn ids(runs: &[Run]) -> Vec<String> {
    runs.iter().map(|run| run.id.clone()).collect()
}

/// Name, standing and words of how the pipeline stands.
fn health(history: &History) -> String {
    let info = got(history.info()).unwrap().value;
    let part = &info.health[0];
    format!("{} {}: {}", part.name, part.standing.word(), part.words)
}

#[test]
fn how_a_pipeline_stands_is_no_verdict_before_its_file_was_read_to_the_end() {
    let (server, history) = source("https://x/runs.jsonl", true);
    let text: String = (0..500)
        .map(|number| line(number, "failed") + "\n")
        .collect();
    *server.file.borrow_mut() = text.into_bytes();
    assert_eq!(
        health(&history),
        "unknown unknown: no run has been read so far"
    );
    let first = got(history.list_runs(&RunFilter::default(), 100, None)).unwrap();
    assert!(first.value.next.is_some());
    let so_far = health(&history);
    assert!(
        so_far.starts_with("unstable unknown: 5 of the newest 5 runs failed; by the newest 5 of ")
            && so_far.ends_with(" runs that have been read so far"),
        "{so_far}"
    );
    list(&history, 100);
    assert_eq!(
        health(&history),
        "unstable ill: 5 of the newest 5 runs failed; by the newest 5 of 500 runs"
    );
}

#[test]
fn times_without_a_zone_are_one_problem_of_a_file() {
    let (server, history) = source("https://x/runs.jsonl", true);
    let naive = |number: u32| line(number, "success").replace("Z\"", "\"") + "\n";
    let odd = naive(1).replace("\"retry_count\":0", "\"retry_count\":\"0\"");
    let first = line(0, "success") + "\n";
    let mut text = [first.as_str(), &odd].concat();
    text.extend((2..300).map(naive));
    *server.file.borrow_mut() = text.clone().into_bytes();
    let (runs, problems) = list(&history, 100);
    assert_eq!(runs.len(), 300);
    let second = first.len();
    let third = second + odd.len();
    assert_eq!(
        problems,
        [
            format!("line 2 (byte {second}): wrong_type:retry_count"),
            format!("line 2 (byte {second}): naive_timestamp"),
            format!(
                "line 3 (byte {third}): naive_timestamp (further lines with nothing but that are not listed)"
            ),
        ]
    );
    server
        .file
        .borrow_mut()
        .extend_from_slice(naive(300).as_bytes());
    assert!(
        !news(&history)
            .iter()
            .any(|update| matches!(update, Update::Problem(_)))
    );
}

#[test]
fn a_file_is_read_in_pages_and_its_tail_is_followed_with_and_without_ranges() {
    for knows_ranges in [true, false] {
        let (server, history) = source("https://x/runs.jsonl", knows_ranges);
        let text: String = (0..500)
            .map(|number| line(number, "success") + "\n")
            .collect();
        *server.file.borrow_mut() = text.clone().into_bytes();
        let (runs, problems) = list(&history, 100);
        assert_eq!((runs.len(), problems.len()), (500, 0));
        assert_eq!((runs[7].id.as_str(), runs[7].steps.succeeded), ("run-7", 2));
        // Nothing new: of the file no more than its last bytes is asked for where ranges are known.
        server.sent.set(0);
        assert!(
            !news(&history)
                .iter()
                .any(|update| matches!(update, Update::Runs(_) | Update::Gap { .. }))
        );
        assert!(
            !knows_ranges || server.sent.get() <= 256,
            "{}",
            server.sent.get()
        );
        // A line in two writes, and a torn one behind it.
        let more = line(500, "failed") + "\n";
        server
            .file
            .borrow_mut()
            .extend_from_slice(&more.as_bytes()[..40]);
        assert!(
            !news(&history)
                .iter()
                .any(|update| matches!(update, Update::Runs(_)))
        );
        server
            .file
            .borrow_mut()
            .extend_from_slice(&more.as_bytes()[40..]);
        server
            .file
            .borrow_mut()
            .extend_from_slice(b"{\"run_id\":\"torn");
        let fresh = news(&history);
        let Some(Update::Runs(fresh)) = fresh
            .into_iter()
            .find(|update| matches!(update, Update::Runs(_)))
        else {
            panic!("the new line was not told");
        };
        assert_eq!(ids(&fresh), ["run-500"]);
        // A run is read again from its place, not with all others.
        server.sent.set(0);
        let run = got(history.run("run-321")).unwrap().value;
        assert_eq!(
            run.started_at.unwrap().to_string(),
            "2025-01-15T10:05:21.000000Z"
        );
        assert!(
            !knows_ranges || server.sent.get() < 400,
            "{}",
            server.sent.get()
        );
        assert_eq!(got(history.steps("run-321")).unwrap().value.len(), 2);
        assert!(matches!(
            got(history.run("nothing")),
            Err(BackendError::NotFound(_))
        ));
        // Cut, and replaced: the list is to be read anew.
        for other in [&text[..2000], &text.replace("run-", "new-")] {
            *server.file.borrow_mut() = other.as_bytes().to_vec();
            let told = news(&history);
            assert!(
                told.iter()
                    .any(|update| matches!(update, Update::Gap { .. })),
                "{told:?}"
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_line_is_told_with_its_place() {
    let (server, history) = source("runs.jsonl", true);
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixture/jsonl/edge.jsonl"
    );
    *server.file.borrow_mut() = std::fs::read(path).unwrap();
    let (runs, problems) = list(&history, 1000);
    assert_eq!(runs.len(), 18);
    assert!(
        problems
            .iter()
            .any(|problem| problem.starts_with("line 15 (byte ")
                && problem.ends_with("not_an_object")),
        "{problems:?}"
    );
    for code in [
        "invalid_utf8",
        "duplicate_run_id",
        "salvaged_after_torn_write",
        "non_json_number",
    ] {
        assert!(
            problems.iter().any(|problem| problem.ends_with(code)),
            "{code}: {problems:?}"
        );
    }
    // Somebody might have been writing the last line; who looks again and finds it as it was says so, once.
    let told = |news: Vec<Update>| {
        let told = news.into_iter().filter_map(|update| match update {
            Update::Problem(words) => Some(words),
            _ => None,
        });
        told.collect::<Vec<String>>()
    };
    let torn = told(news(&history));
    assert!(
        torn.len() == 1
            && torn[0].starts_with("line 21 (byte ")
            && torn[0].ends_with("truncated_last_line"),
        "{torn:?}"
    );
    assert_eq!(told(news(&history)), [""; 0]);
    // Every run, also the second of an id, is found by the id that the list gives.
    for run in &runs {
        assert_eq!(
            got(history.run(&run.id)).unwrap().value.reason,
            run.reason,
            "{}",
            run.id
        );
    }
}

#[test]
fn the_pipelines_own_api_gives_more_by_a_larger_limit() {
    let (server, history) = source("https://x/api/pipeline/", false);
    *server.rows.borrow_mut() = (0..250)
        .rev()
        .map(|number| line(number, if number > 246 { "failed" } else { "success" }))
        .collect();
    let (runs, _) = list(&history, 100);
    assert_eq!(
        (runs.len(), runs[0].id.as_str(), runs[249].id.as_str()),
        (250, "run-249", "run-0")
    );
    let asked = server.asked.borrow().clone();
    assert_eq!(
        asked,
        [
            "https://x/api/pipeline/runs?limit=100 ",
            "https://x/api/pipeline/runs?limit=200 ",
            "https://x/api/pipeline/runs?limit=300 "
        ]
    );
    // Three of the newest five failed.
    let info = got(history.info()).unwrap().value;
    assert_eq!(
        (info.health[0].name.as_str(), info.vocabulary.step.as_str()),
        ("unstable", "stage")
    );
    let Err(BackendError::NotFound(missing)) = got(history.run("nothing")) else {
        panic!("there is no such run");
    };
    assert_eq!(missing.detail, "Run nothing not found");
    server.rows.borrow_mut().insert(0, line(250, "stopped"));
    let told = news(&history);
    let Some(Update::Runs(fresh)) = told.first() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (
            fresh[0].id.as_str(),
            fresh[0].raw_status.as_str(),
            fresh[0].phase.word()
        ),
        ("run-250", "stopped", "canceled")
    );
    // More than one look shows: the list is read anew.
    let newer = (1000..1150).map(|number| line(number, "success"));
    server.rows.borrow_mut().splice(0..0, newer);
    assert!(matches!(news(&history)[0], Update::Gap { .. }));
    assert!(
        !news(&history)
            .iter()
            .any(|one| matches!(one, Update::Gap { .. }))
    );
    // While its pipeline is not up it has no runs, not even a total: that is no empty history.
    server.is_down.set(true);
    for answer in [
        got(history.list_runs(&RunFilter::default(), 10, None)).map(|_| ()),
        got(history.run("run-1")).map(|_| ()),
    ] {
        assert!(
            matches!(answer, Err(BackendError::Busy { .. })),
            "{answer:?}"
        );
    }
    // With a total it is one.
    let (_, other) = source("https://x/", false);
    assert!(
        got(other.list_runs(&RunFilter::default(), 10, None))
            .unwrap()
            .value
            .items
            .is_empty()
    );
}

/// Whoever writes a file by hand may leave out the last newline.
#[test]
fn a_last_line_without_its_newline_is_a_run() {
    let (server, history) = source("runs.jsonl", true);
    let text = [line(1, "success"), line(2, "failed")].join("\n");
    *server.file.borrow_mut() = text.into_bytes();
    let (runs, problems) = list(&history, 100);
    assert_eq!(
        (ids(&runs), problems.len()),
        (vec!["run-1".into(), "run-2".into()], 0)
    );
    let more = ["", &line(3, "success"), &line(4, "failed")].join("\n");
    server.file.borrow_mut().extend_from_slice(more.as_bytes());
    let fresh = news(&history).into_iter().find_map(|update| match update {
        Update::Runs(runs) => Some(ids(&runs)),
        _ => None,
    });
    assert_eq!(fresh.unwrap(), ["run-3", "run-4"]);
    for run in ["run-2", "run-4"] {
        assert_eq!(got(history.run(run)).unwrap().value.id, run);
    }
}
