//! Files that a server keeps packed (`Content-Encoding: gzip`), as browsers tell of them: a range of one breaks, or does not begin.

use std::rc::Rc;

use runboard_core::backend::history::History;
use runboard_core::backend::{Backend as _, BackendError, Update};
use runboard_core::model::RunFilter;

use super::server::{Packed, Server, got, line, source};
use super::{ids, list, news};

const BOTH: [Packed; 2] = [Packed::Ranges, Packed::Always];

fn text(numbers: std::ops::Range<u32>) -> Vec<u8> {
    let lines = numbers.map(|number| line(number, "success") + "\n");
    lines.collect::<String>().into_bytes()
}

fn opened(packed: Packed) -> (Rc<Server>, History) {
    let (server, history) = source("https://x/runs.jsonl", true);
    *server.file.borrow_mut() = text(0..50);
    server.packed.set(packed);
    assert_eq!(list(&history, 100).0.len(), 50);
    (server, history)
}

fn fresh(history: &History) -> Vec<String> {
    let runs = news(history).into_iter().filter_map(|update| match update {
        Update::Runs(runs) => Some(ids(&runs)),
        Update::Live { .. } => None,
        other => panic!("{other:?}"),
    });
    runs.flatten().collect()
}

#[test]
fn a_packed_file_is_followed_and_each_of_its_runs_opens() {
    for packed in BOTH {
        let (server, history) = opened(packed);
        for number in 50..60 {
            server.file.borrow_mut().extend(text(number..number + 1));
            assert_eq!(fresh(&history), [format!("run-{number}")], "{packed:?}");
            assert_eq!(fresh(&history), [""; 0]);
            let opened = ["run-3".to_string(), format!("run-{number}")];
            for id in opened {
                assert_eq!(got(history.run(&id)).unwrap().value.id, id, "{packed:?}");
            }
        }
        // By now nobody asks for what does not work.
        server.asked.take();
        fresh(&history);
        got(history.run("run-4")).unwrap();
        assert_eq!(server.asked.take(), ["https://x/runs.jsonl "; 2]);
    }
}

#[test]
fn a_packed_file_that_was_cut_or_replaced_is_read_anew() {
    for packed in BOTH {
        for other in [text(0..5), text(100..160)] {
            let (server, history) = opened(packed);
            *server.file.borrow_mut() = other.clone();
            let told = news(&history);
            let is_gap = |update: &Update| matches!(update, Update::Gap { .. });
            assert!(told.iter().any(is_gap), "{packed:?}: {told:?}");
            let (runs, _) = list(&history, 100);
            assert_eq!(got(history.run(&runs[1].id)).unwrap().value.id, runs[1].id);
            assert_eq!(fresh(&history), [""; 0]);
        }
    }
}

#[test]
fn a_connection_that_breaks_once_costs_no_ranges() {
    let (server, history) = opened(Packed::No);
    for round in 0..5 {
        server.packed.set(Packed::Always);
        assert_eq!(fresh(&history), [""; 0]);
        server.packed.set(Packed::No);
        server.asked.take();
        assert_eq!(fresh(&history), [""; 0]);
        let asked = server.asked.take();
        assert!(
            asked.len() == 1 && asked[0].contains(" bytes="),
            "{round}: {asked:?}"
        );
    }
}

#[test]
fn where_nothing_answers_that_is_said_and_is_no_word_on_ranges() {
    let (server, history) = opened(Packed::No);
    server.packed.set(Packed::Down);
    for _ in 0..5 {
        let is_down = |answer: Result<(), BackendError>| {
            assert!(
                matches!(answer, Err(BackendError::Unreachable(_))),
                "{answer:?}"
            );
        };
        let watch = history.watch(&[runboard_core::backend::Topic::Runs], &[]);
        is_down(got(watch).map(|_| ()));
        is_down(got(history.run("run-3")).map(|_| ()));
    }
    server.packed.set(Packed::No);
    server.asked.take();
    fresh(&history);
    got(history.run("run-4")).unwrap();
    let asked = server.asked.take();
    assert!(
        asked.len() == 2 && asked.iter().all(|one| one.contains(" bytes=")),
        "{asked:?}"
    );
}

/// Seventeen lines of a megabyte: so much is not read over and over.
fn long(packed: Packed) -> (Rc<Server>, History) {
    let (server, history) = source("https://x/runs.jsonl", true);
    let note = ["{\"note\":\"", &"x".repeat(1_000_000), "\"}"].concat();
    let lines = (0..17).map(|number| line(number, "success").replace("{}", &note) + "\n");
    *server.file.borrow_mut() = lines.collect::<String>().into_bytes();
    server.packed.set(packed);
    assert_eq!(list(&history, 100).0.len(), 17);
    (server, history)
}

fn problems(history: &History) -> Vec<String> {
    let told = news(history).into_iter().filter_map(|update| match update {
        Update::Problem(words) => Some(words),
        _ => None,
    });
    told.collect()
}

#[test]
fn of_a_long_packed_file_it_is_said_that_nothing_is_followed_and_runs_open_once_that_is_sure() {
    for packed in BOTH {
        let (server, history) = long(packed);
        for _ in 0..3 {
            server.sent.set(0);
            assert_eq!(problems(&history), [""; 0]);
            assert_eq!(server.sent.get(), 0);
        }
        let told = problems(&history);
        assert!(
            told.len() == 1 && told[0].starts_with("the server knows no ranges"),
            "{told:?}"
        );
        assert_eq!(problems(&history), [""; 0]);
        assert_eq!(got(history.run("run-9")).unwrap().value.id, "run-9");

        let (_, history) = long(packed);
        assert!(got(history.run("run-3")).is_err());
        assert!(got(history.run("run-3")).is_err());
        assert_eq!(got(history.run("run-3")).unwrap().value.id, "run-3");
    }
}

#[test]
fn a_long_file_is_followed_behind_a_connection_that_broke_and_when_it_was_cut() {
    let (server, history) = long(Packed::No);
    for number in 50..55 {
        server.packed.set(Packed::Always);
        assert_eq!(problems(&history), [""; 0]);
        server.packed.set(Packed::No);
        server.file.borrow_mut().extend(text(number..number + 1));
        assert_eq!(fresh(&history), [format!("run-{number}")]);
    }
    server.tells_length.set(true);
    server.file.borrow_mut().truncate(1_500_000);
    let told = news(&history);
    let is_gap = |update: &Update| matches!(update, Update::Gap { .. });
    assert!(told.iter().any(is_gap), "{told:?}");
}

#[test]
fn a_first_reading_that_broke_goes_on_in_a_packed_file() {
    for packed in BOTH {
        let (server, history) = source("https://x/runs.jsonl", true);
        *server.file.borrow_mut() = text(0..50);
        server.packed.set(packed);
        server.breaks_at.set(Some(5_000));
        let filter = RunFilter::default();
        let first = got(history.list_runs(&filter, 1000, None));
        assert!(
            matches!(first, Err(BackendError::Unreachable(_))),
            "{packed:?}"
        );
        server.breaks_at.set(None);
        // A range may break only while it is read: then that is said, a few times at most.
        let more = (0..4).find_map(|_| got(history.list_runs(&filter, 1000, Some("1"))).ok());
        assert_eq!(more.unwrap().value.items.len(), 50, "{packed:?}");
    }
}
