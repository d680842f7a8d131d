//! A long `runs.jsonl`: a million runs in few bytes each, of which the lines are read again when somebody looks at them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod long_file;

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use long_file::{line, source};
use runboard_core::backend::history::History;
use runboard_core::backend::{Backend, BackendError, Topic, Update};
use runboard_core::model::{Phase, Run, RunFilter, Timestamp};
use runboard_core::store::run_table::{RowId, RunTable};
use runboard_core::store::run_view::{RunView, SortKey, ViewQuery};

/// So long that a file of unknown length is long, as the adapter has it.
const UNKNOWN: usize = 10_000;

fn got<T>(answer: LocalBoxFuture<'static, T>) -> T {
    answer.now_or_never().unwrap()
}

/// What the page does with a source: reads it whole into the table, and lets the view know now and then.
fn load(history: &History, table: &mut RunTable, view: &mut RunView) -> Vec<String> {
    let (mut problems, mut page) = (Vec::new(), None);
    let epoch = table.begin_snapshot(0);
    loop {
        let answer = got(history.list_runs(&RunFilter::default(), 2000, page.as_deref())).unwrap();
        for run in &answer.value.items {
            table.upsert(0, run);
        }
        problems.extend(answer.problems);
        match answer.value.next {
            Some(next) => page = Some(next),
            None => break,
        }
    }
    table.end_snapshot(0, epoch);
    publish(table, view);
    problems
}

/// A part of the changes at a time, as the page does it.
fn publish(table: &mut RunTable, view: &mut RunView) {
    while table.has_changes() {
        let rows = table.take_some_changes(5000);
        view.changed(table, &rows);
    }
}

fn view(table: &RunTable, filter: &RunFilter, sort: SortKey, descending: bool) -> RunView {
    let now = Timestamp(4_000_000_000_000_000);
    let mut view = RunView::new(ViewQuery {
        matcher: filter.compile(now, 0).unwrap(),
        sources: None,
        sort,
        descending,
        now,
    });
    while !view.rebuild_slice(table, 50_000) {}
    view
}

fn newest_first(table: &RunTable) -> RunView {
    view(table, &RunFilter::default(), SortKey::Created, true)
}

/// The whole runs of some rows, as the page gets them for those on screen.
fn recall(history: &History, table: &mut RunTable, rows: &[RowId]) -> Vec<Run> {
    let wanted: Vec<u32> = rows
        .iter()
        .filter_map(|row| table.missing(*row).map(|(_, number)| number))
        .collect();
    for (number, run) in got(history.recall(&wanted)).unwrap().value {
        assert!(table.put_recalled(0, number, run));
    }
    rows.iter().map(|row| table.get(*row).unwrap()).collect()
}

#[test]
fn a_million_runs_take_sixty_bytes_each_and_every_one_can_be_had() {
    let many = 1_000_000;
    let (server, history) = source(many, line);
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    let problems = load(&history, &mut table, &mut shown);

    let bytes = table.memory_bytes() + shown.memory_bytes() + history.memory_bytes();
    println!(
        "{many} runs: table {}, view {}, adapter {}",
        table.memory_bytes(),
        shown.memory_bytes(),
        history.memory_bytes()
    );
    assert!(bytes <= 60 * many, "{} bytes a run", bytes / many);
    // One reading of the file, in one piece.
    assert_eq!(server.asked.borrow().len(), 1);

    assert_eq!((table.len(), shown.len()), (many, many));
    let count = |phase: Phase| table.phase_counts(Some(0))[phase as usize];
    assert_eq!(count(Phase::Succeeded), many / 2);
    assert_eq!(
        (count(Phase::Failed), count(Phase::Canceled)),
        (many / 4, many / 4)
    );

    // The second record of an id is told of, and found.
    let twice: Vec<&String> = problems
        .iter()
        .filter(|one| one.ends_with("duplicate_run_id"))
        .collect();
    assert_eq!(twice.len(), 3);
    assert!(twice[0].starts_with("line 250001 "), "{}", twice[0]);
    for (id, at) in [("run-0249999", 249_999), ("run-0249999#2", 250_000)] {
        let run = got(history.run(id)).unwrap().value;
        assert_eq!(
            (run.id.as_str(), run.reason.clone()),
            (id, Some(format!("reason-{at:07}")))
        );
    }
    assert!(matches!(
        got(history.run("run-0250000")),
        Err(BackendError::NotFound(_))
    ));

    // On screen: the newest, some in the middle, the oldest; a screen is one request.
    for (from, ids) in [
        (0, ["run-0999999", "run-0999998"]),
        (500_001, ["run-0499998", "run-0499997"]),
        (many - 2, ["run-0000001", "run-0000000"]),
    ] {
        server.asked.borrow_mut().clear();
        let rows = shown.rows(from..(from + 40).min(many));
        assert!(rows.iter().all(|row| table.id(*row).is_empty()));
        let runs = recall(&history, &mut table, &rows);
        assert_eq!([&runs[0].id, &runs[1].id], ids);
        assert_eq!(runs[0].reason, Some(format!("reason-{}", &ids[0][4..])));
        assert!(
            runs.iter()
                .all(|run| run.brief.is_none() && run.tag("note").is_some())
        );
        assert_eq!(table.find(0, ids[0]), Some(rows[0]));
        assert_eq!(server.asked.borrow().len(), 1);
    }

    // Filters and orders over what a brief row holds.
    let failed = RunFilter::from_pairs([("status", "failed"), ("until", "2020-01-01T00:59:59Z")]);
    let first = view(&table, &failed, SortKey::Started, false);
    let rows: Vec<RowId> = first.iter().collect();
    assert_eq!(rows.len(), 15);
    assert_eq!(recall(&history, &mut table, &rows)[0].id, "run-0000002");
    let longest = view(&table, &RunFilter::default(), SortKey::Duration, true);
    let row = longest.rows(0..1);
    assert_eq!(recall(&history, &mut table, &row)[0].id, "run-0000000");

    // A text is looked for in the file.
    let filter = RunFilter::from_pairs([("q", "reason-0123456")]);
    let matcher = filter.compile(Timestamp(0), 0).unwrap();
    let mut found = view(&table, &filter, SortKey::Created, true);
    assert!(found.is_empty());
    table.ask_texts();
    let mut from = Some(123_000);
    while let Some(next) = from.filter(|next| *next < 124_000) {
        let (wanted, behind) = table.unanswered(0, next, 500, &matcher);
        for (number, run) in got(history.recall(&wanted)).unwrap().value {
            table.answer(0, number, &run, &matcher);
        }
        from = behind;
    }
    publish(&mut table, &mut found);
    let rows: Vec<RowId> = found.iter().collect();
    assert_eq!(recall(&history, &mut table, &rows)[0].id, "run-0123456");
    assert_eq!(rows.len(), 1);
}

#[test]
fn a_file_of_unknown_length_is_told_in_full_first_and_in_brief_then_and_grows() {
    let many = UNKNOWN + 500;
    let (server, history) = source(many, line);
    server.length.set(None);
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    load(&history, &mut table, &mut shown);
    assert_eq!(shown.len(), many);
    let brief = shown.iter().filter(|row| table.is_brief(*row)).count();
    assert_eq!(brief, 500);
    let last = table.find(0, "run-0009999").unwrap();
    assert!(!table.is_brief(last));
    assert!(shown.place_of(&table, last) == Some(500));

    // What is appended comes in brief as well.
    server.lines.set(many + 3);
    let news = got(history.watch(&[Topic::Runs], &[])).unwrap();
    let news: Vec<_> = news.collect::<Vec<_>>().now_or_never().unwrap();
    for one in news {
        if let Update::Runs(runs) = one.unwrap().update {
            for run in &runs {
                table.upsert(0, run);
            }
        }
    }
    publish(&mut table, &mut shown);
    assert_eq!(shown.len(), many + 3);
    let first = shown.rows(0..1);
    assert_eq!(recall(&history, &mut table, &first)[0].id, "run-0010502");
}

#[test]
fn a_short_file_is_told_in_full() {
    let (_, history) = source(3000, line);
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    load(&history, &mut table, &mut shown);
    assert_eq!(shown.len(), 3000);
    assert!(
        shown
            .iter()
            .all(|row| !table.is_brief(row) && !table.id(row).is_empty())
    );
}

/// Long lines, so that few of them are a long file.
fn long_line(at: usize) -> String {
    let line = line(at);
    line.replace(
        "\"note\"",
        &format!("\"x\":\"{}\",\"note\"", "y".repeat(20_000)),
    )
}

#[test]
fn a_reading_that_breaks_goes_on_where_it_was() {
    let many = 1200;
    let (server, history) = source(many, long_line);
    server.breaks_after.set(Some(9_000_000));
    let mut ids = 0;
    let mut page: Option<String> = None;
    let mut broke = 0;
    // Of what has not been read nobody says that it is not there.
    let last = || got(history.run("run-0001199"));
    assert!(matches!(last(), Err(BackendError::Busy { .. })));
    loop {
        match got(history.list_runs(&RunFilter::default(), 100, page.as_deref())) {
            Ok(answer) => {
                let numbers: Vec<_> = answer
                    .value
                    .items
                    .iter()
                    .map(|run| run.brief.unwrap())
                    .collect();
                let expected: Vec<_> = (ids..ids + numbers.len() as u32).collect();
                assert_eq!(numbers, expected);
                ids += numbers.len() as u32;
                match answer.value.next {
                    Some(next) => page = Some(next),
                    None => break,
                }
            }
            Err(BackendError::Unreachable(_)) => broke += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((ids as usize, broke), (many, 1));
    assert!(server.asked.borrow()[1].as_ref().unwrap().ends_with("-"));
    assert_eq!(last().unwrap().value.id, "run-0001199");
    let progress = history.progress().unwrap();
    assert_eq!(Some(progress.read), progress.of);
}

#[test]
fn a_file_that_became_another_is_not_taken_for_the_one_that_was_read() {
    let other = Rc::new(Cell::new(false));
    let is_other = other.clone();
    let (server, history) = source(1200, move |at| {
        let line = long_line(at);
        match is_other.get() {
            true => line.replace("run-", "RUN-"),
            false => line,
        }
    });
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    load(&history, &mut table, &mut shown);
    let rows = shown.rows(0..3);
    assert_eq!(recall(&history, &mut table, &rows)[0].id, "run-0001199");
    other.set(true);
    let number = table.missing(shown.rows(5..6)[0]).unwrap().1;
    assert!(matches!(
        got(history.recall(&[number])),
        Err(BackendError::Malformed(_))
    ));

    // Read anew, nothing of what was is left.
    load(&history, &mut table, &mut shown);
    assert_eq!((table.len(), shown.len()), (1200, 1200));
    assert_eq!(table.find(0, "run-0001199"), None);
    let rows = shown.rows(0..3);
    assert!(rows.iter().all(|row| table.id(*row).is_empty()));
    assert_eq!(recall(&history, &mut table, &rows)[0].id, "RUN-0001199");
    drop(server);
}

#[test]
fn what_was_told_of_another_run_is_not_shown() {
    let (_, history) = source(1200, long_line);
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    load(&history, &mut table, &mut shown);
    let row = shown.rows(0..1)[0];
    let (source, number) = table.missing(row).unwrap();
    let (_, mut run) = got(history.recall(&[number])).unwrap().value.remove(0);
    run.started_at = Some(Timestamp(1));
    assert!(!table.put_recalled(source, number, run));
    assert_eq!(table.get(row).unwrap().brief, Some(number));
}

#[test]
fn a_long_file_whose_server_knows_no_ranges_is_not_read_again_and_again() {
    let (server, history) = source(1200, long_line);
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    load(&history, &mut table, &mut shown);
    server.knows_no_ranges.set(true);
    let mut told = Vec::new();
    for _ in 0..2 {
        let news = got(history.watch(&[Topic::Runs], &[])).unwrap();
        for one in news.collect::<Vec<_>>().now_or_never().unwrap() {
            match one.unwrap().update {
                Update::Problem(words) => told.push(words),
                other => assert!(matches!(other, Update::Live { .. }), "{other:?}"),
            }
        }
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("knows no ranges"));
    // A line is had all the same.
    let run = got(history.run("run-0000600")).unwrap().value;
    assert_eq!(run.reason.as_deref(), Some("reason-0000600"));
}

#[test]
fn very_many_rows_that_waited_are_let_in_at_once() {
    let many = 12_000;
    let (server, history) = source(many, line);
    // It will be as long as that.
    server.length.set(Some(20_000_000));
    let mut table = RunTable::new();
    let mut shown = newest_first(&table);
    shown.set_hold(true);
    load(&history, &mut table, &mut shown);
    assert_eq!((shown.len(), shown.held()), (0, many));
    shown.release(&table);
    while !shown.rebuild_slice(&table, 1000) {}
    assert_eq!((shown.len(), shown.held()), (many, 0));
    assert!(shown.is_holding());
    let rows = shown.rows(0..2);
    assert_eq!(recall(&history, &mut table, &rows)[1].id, "run-0011998");
    assert_eq!(shown.place_of(&table, rows[1]), Some(1));
    // Of the whole, each row stands once, the newest first.
    let times: Vec<_> = shown.iter().map(|row| table.ordered_at(row)).collect();
    assert!(times.is_sorted_by(|a, b| a > b));
}
