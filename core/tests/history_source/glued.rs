//! Lines that hold several records, as somebody left out a newline.

use runboard_core::backend::Backend as _;
use runboard_core::backend::Update;
use runboard_core::backend::history::{Item, Line, Reader};

use super::server::{got, line, source};
use super::{ids, list, news};

/// Line, offset, length, and what it holds.
fn told(items: &[Item]) -> Vec<(u64, u64, u64, String)> {
    let told = items.iter().map(|item| {
        let words = match &item.content {
            Line::Record { summary, warnings } => {
                let warnings = warnings.iter().map(|one| format!(" {one}"));
                summary.id(item.line) + &warnings.collect::<String>()
            }
            Line::Fault(fault) => fault.code().into(),
            Line::Blank => "blank".into(),
        };
        (item.line, item.offset, item.len, words)
    });
    told.collect()
}

fn read(text: &str, piece: usize) -> Vec<(u64, u64, u64, String)> {
    let (mut reader, mut items) = (Reader::new(), Vec::new());
    for piece in text.as_bytes().chunks(piece) {
        reader.push(piece, &mut |item| items.push(item));
    }
    items.extend(reader.rest());
    told(&items)
}

#[test]
fn two_records_in_one_line_are_two() {
    let (a, b, c) = (line(1, "success"), line(2, "success"), line(3, "success"));
    let len = a.len() as u64;
    let torn = &a[..60];
    let shared = |number: u32| format!("run-{number} shared_line");
    let last = |number: u32| format!("run-{number} salvaged_after_torn_write");
    let alone = |number: u32| format!("run-{number}");
    let odd = c.replace("{}", r#"{"note":"{}{\"run_id\":1}","score":NaN}"#);
    for (text, expected) in [
        (
            format!("{a}{b}\n{c}\n"),
            vec![
                (1, 0, len, shared(1)),
                (1, len, len + 1, last(2)),
                (2, 2 * len + 1, len + 1, alone(3)),
            ],
        ),
        (
            format!("{a} {b}{c}"),
            vec![
                (1, 0, len + 1, shared(1)),
                (1, len + 1, len, shared(2)),
                (1, 2 * len + 1, len, last(3)),
            ],
        ),
        (
            format!("{torn}{a}{b}\n"),
            vec![
                (
                    1,
                    0,
                    len + 60,
                    "run-1 salvaged_after_torn_write shared_line".into(),
                ),
                (1, len + 60, len + 1, last(2)),
            ],
        ),
        (
            format!("{a}{torn}\n{b}\n"),
            vec![
                (1, 0, len, shared(1)),
                (1, len, 61, "bad_json".into()),
                (2, len + 61, len + 1, alone(2)),
            ],
        ),
        (
            format!("{a}{torn}{b}\n"),
            vec![(1, 0, len, shared(1)), (1, len, len + 61, last(2))],
        ),
        (
            format!("{a}{torn}"),
            vec![
                (1, 0, len, shared(1)),
                (1, len, 60, "truncated_last_line".into()),
            ],
        ),
        // Texts may hold what looks like it.
        (
            odd.clone(),
            vec![(1, 0, odd.len() as u64, "run-3 non_json_number".into())],
        ),
    ] {
        for piece in [1, 7, 100, 4096] {
            assert_eq!(read(&text, piece), expected, "{text}");
        }
    }
}

#[test]
fn very_many_in_one_line_cost_no_more_than_their_bytes() {
    let many = 20_000;
    let whole = "{\"run_id\":\"\"}".repeat(many);
    assert_eq!(read(&whole, 4096).len(), many);
    let ruined = "{\"run_id\":,}".repeat(many);
    assert_eq!(read(&(ruined + "\n"), 4096).len(), 1);
}

#[test]
fn each_record_of_a_line_is_opened_and_told_of() {
    let nameless = |number: u32| line(number, "success").replace(&format!("run-{number}"), "");
    let (server, history) = source("runs.jsonl", true);
    let (a, b) = (line(1, "success"), line(2, "failed"));
    let three: String = (3..6).map(nameless).collect();
    *server.file.borrow_mut() = format!("{a}{b}\n{three}\n{}\n", nameless(6)).into_bytes();
    let (runs, problems) = list(&history, 100);
    assert_eq!(
        ids(&runs),
        ["run-1", "run-2", "line-2", "line-2#2", "line-2#3", "line-3"]
    );
    assert_eq!(problems[0], "line 1 (byte 0): shared_line");
    assert_eq!(
        problems[1],
        format!("line 1 (byte {}): salvaged_after_torn_write", a.len())
    );
    for run in &runs {
        let again = got(history.run(&run.id)).unwrap().value;
        assert_eq!((&again.id, again.started_at), (&run.id, run.started_at));
    }
    assert_eq!(got(history.raw("run-1")).unwrap().value, a);
    assert_eq!(got(history.raw("run-2")).unwrap().value, b);
    // One more behind a record without a newline, in two writes.
    let fresh = |text: &str| -> Vec<String> {
        server.file.borrow_mut().extend_from_slice(text.as_bytes());
        let runs = news(&history).into_iter().find_map(|update| match update {
            Update::Runs(runs) => Some(ids(&runs)),
            _ => None,
        });
        runs.unwrap_or_default()
    };
    let (c, d) = (line(7, "success"), line(8, "success"));
    assert_eq!(fresh(&(c + &d[..80])), ["run-7"]);
    assert_eq!(fresh(&(d[80..].to_string() + "\n")), ["run-8"]);
    assert_eq!(got(history.run("run-8")).unwrap().value.id, "run-8");
}
