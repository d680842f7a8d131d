//! Files that are replaced while they are followed.

use futures_util::{FutureExt as _, StreamExt as _};
use runboard_core::backend::history::History;
use runboard_core::backend::{Backend as _, Topic, Update};
use runboard_core::model::Phase;
use runboard_core::store::run_table::RunTable;

use super::server::{got, line, source};
use super::{ids, list, news};

fn load(history: &History, table: &mut RunTable) {
    let epoch = table.begin_snapshot(0);
    for run in list(history, 100).0 {
        table.upsert(0, &run);
    }
    table.end_snapshot(0, epoch);
}

fn text(numbers: std::ops::Range<u32>, result: &str) -> Vec<u8> {
    let lines = numbers.map(|number| line(number, result) + "\n");
    lines.collect::<String>().into_bytes()
}

fn is_told_anew(history: &History) -> bool {
    let told = news(history);
    let is_gap = |update: &Update| matches!(update, Update::Gap { .. });
    let is_runs = |update: &Update| matches!(update, Update::Runs(_));
    told.iter().any(is_gap) && !told.iter().any(is_runs)
}

#[test]
fn what_stands_further_in_front_than_before_is_newer_all_the_same() {
    let (server, history) = source("https://x/runs.jsonl", true);
    let nameless = |result: &str, note: &str| -> Vec<u8> {
        let lines = (10..20).map(|number| {
            let line = line(number, result).replace(&format!("\"run_id\":\"run-{number}\","), "");
            line.replace("{}", &format!("{{\"note\":\"{note}\"}}")) + "\n"
        });
        lines.collect::<String>().into_bytes()
    };
    *server.file.borrow_mut() = nameless("success", "a longer note than later");
    let mut table = RunTable::new();
    load(&history, &mut table);
    let phase = |table: &RunTable| {
        let row = table.find(0, "line-9").unwrap();
        table.get(row).unwrap().phase
    };
    assert_eq!(phase(&table), Phase::Succeeded);
    *server.file.borrow_mut() = nameless("failed", "");
    assert!(is_told_anew(&history));
    load(&history, &mut table);
    assert_eq!((table.len(), phase(&table)), (10, Phase::Failed));
}

#[test]
fn another_file_with_lines_as_long_is_another_file() {
    for more in [0, 1, 10] {
        let (server, history) = source("https://x/runs.jsonl", true);
        *server.file.borrow_mut() = text(10..20, "success");
        list(&history, 100);
        *server.file.borrow_mut() = text(40..50 + more, "success");
        assert!(is_told_anew(&history), "{more} more lines");
        let (runs, _) = list(&history, 100);
        assert_eq!(
            (runs.len(), runs[0].id.as_str()),
            (10 + more as usize, "run-40")
        );
        assert!(!is_told_anew(&history));
    }
}

#[test]
fn an_answer_about_the_file_that_was_is_not_taken_for_the_new_one() {
    let (server, history) = source("https://x/runs.jsonl", true);
    *server.file.borrow_mut() = text(10..20, "success");
    list(&history, 100);
    server.file.borrow_mut().extend(text(20..21, "success"));
    server.waits.set(true);
    let mut late = history.watch(&[Topic::Runs], &[]);
    assert!((&mut late).now_or_never().is_none());
    *server.file.borrow_mut() = text(40..45, "failed");
    assert_eq!(list(&history, 100).0.len(), 5);
    server.waits.set(false);
    let told = got(late).unwrap().map(|one| one.unwrap().update);
    let told = told.collect::<Vec<_>>().now_or_never().unwrap();
    assert!(
        told.iter()
            .all(|update| matches!(update, Update::Live { .. })),
        "{told:?}"
    );
    // What comes behind the new one is followed.
    server.file.borrow_mut().extend(text(45..46, "failed"));
    let told = news(&history);
    let Some(Update::Runs(fresh)) = told.first() else {
        panic!("{told:?}");
    };
    assert_eq!(ids(fresh), ["run-45"]);
    assert_eq!(got(history.run("run-45")).unwrap().value.id, "run-45");
}
