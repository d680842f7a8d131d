//! Records with the id of another one.

use runboard_core::backend::history::History;
use runboard_core::backend::history::reader::MAX_LINE;
use runboard_core::backend::{Backend as _, BackendError};

use super::server::{got, line, source};
use super::{ids, list, news};

/// A record with that id, told from others by its second.
fn record(id: &str, second: u32) -> String {
    line(second, "success").replace(&format!("run-{second}"), id)
}

fn second(history: &History, id: &str) -> u32 {
    let run = got(history.run(id)).unwrap().value;
    assert_eq!(run.id, id);
    run.started_at.unwrap().to_string()[17..19].parse().unwrap()
}

#[test]
fn the_pipelines_own_api_opens_the_record_that_its_list_has() {
    let (server, history) = source("https://x/api/pipeline/", false);
    let mut rows: Vec<String> = (20..50).map(|number| line(number, "success")).collect();
    // The newest stand in front.
    for (at, id, second) in [
        (0, "X", 9),
        (3, "X#2", 8),
        (4, "X", 7),
        (20, "X", 6),
        (21, "a/b", 5),
    ] {
        rows.insert(at, record(id, second));
    }
    *server.rows.borrow_mut() = rows;
    let (runs, problems) = list(&history, 10);
    assert_eq!(runs.len(), 35);
    assert_eq!(
        problems
            .iter()
            .filter(|one| one.ends_with("duplicate_run_id"))
            .count(),
        2,
        "each once, however often the list came: {problems:?}"
    );
    let all = ["X", "X#2", "X#3", "X#4", "a/b", "run-49"];
    for (id, expected) in all.into_iter().zip([9, 8, 7, 6, 5, 49]) {
        assert!(ids(&runs).contains(&id.to_string()), "{id}");
        assert_eq!(second(&history, id), expected, "{id}");
    }
    // A run of its own is asked for by its id, as is one that nobody knows.
    server.asked.borrow_mut().clear();
    second(&history, "run-40");
    assert!(matches!(
        got(history.run("Y#2")),
        Err(BackendError::NotFound(_))
    ));
    assert_eq!(
        *server.asked.borrow(),
        [
            "https://x/api/pipeline/runs/run-40 ",
            "https://x/api/pipeline/runs/Y%232 "
        ]
    );
    // Many rows came since, and the newest has that id again.
    second(&history, "X");
    let newer = (0..300).map(|number| line(1000 + number, "success"));
    server.rows.borrow_mut().splice(0..0, newer);
    server.rows.borrow_mut().insert(0, record("X", 10));
    news(&history);
    for (id, expected) in [("X", 10), ("X#2", 8), ("X#3", 7)] {
        assert_eq!(second(&history, id), expected, "{id}");
    }
}

#[test]
fn a_name_that_another_record_of_the_file_has_is_passed_over() {
    for (order, names, twice) in [
        (["X", "X", "X#2"], ["X", "X#2", "X#2#2"], 2),
        (["X#2", "X", "X"], ["X#2", "X", "X#3"], 1),
        (["X", "X#2", "X"], ["X", "X#2", "X#3"], 1),
    ] {
        let (server, history) = source("runs.jsonl", true);
        let lines = order
            .iter()
            .zip(1..)
            .map(|(id, number)| record(id, number) + "\n");
        *server.file.borrow_mut() = lines.collect::<String>().into_bytes();
        let (runs, problems) = list(&history, 100);
        assert_eq!(ids(&runs), names);
        assert_eq!(problems.len(), twice, "{problems:?}");
        for (id, expected) in names.into_iter().zip(1..) {
            assert_eq!(second(&history, id), expected, "{order:?}: {id}");
        }
    }
}

#[test]
fn the_longest_line_that_is_a_record_can_be_opened() {
    for longer in [0, 1] {
        let (server, history) = source("runs.jsonl", true);
        let bare = line(1, "success");
        let most = MAX_LINE + longer;
        let note = "x".repeat(most - bare.len() - "\"note\":\"\"".len());
        let long = bare.replace("{}", &format!("{{\"note\":\"{note}\"}}"));
        assert_eq!(long.len(), most);
        *server.file.borrow_mut() = (long + "\n" + &line(2, "success") + "\n").into_bytes();
        let (runs, problems) = list(&history, 100);
        let told: Vec<bool> = problems
            .iter()
            .map(|one| one.ends_with("line_too_long"))
            .collect();
        assert_eq!(
            (runs.len(), told),
            match longer {
                0 => (2, vec![]),
                _ => (1, vec![true]),
            }
        );
        for run in &runs {
            assert_eq!(got(history.run(&run.id)).unwrap().value.id, run.id);
        }
    }
}
