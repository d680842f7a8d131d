//! What is told of odd lines when there are very many of them.

use runboard_core::backend::Backend as _;
use runboard_core::backend::history::History;

use super::server::{got, line, source};
use super::{list, news};

fn told(history: &History) -> Vec<String> {
    got(history.info()).unwrap().value.problems
}

#[test]
fn a_line_that_is_no_record_is_told_before_any_number_of_odd_ones() {
    let (server, history) = source("https://x/runs.jsonl", true);
    let odd = |number: u32| line(number, "success").replace("{\"run_id", "{\"more\":1,\"run_id");
    let mut text = String::new();
    for number in 0..1000 {
        text.push_str(&(odd(number) + "\n"));
    }
    text.push_str("no json\n");
    *server.file.borrow_mut() = text.clone().into_bytes();
    let (runs, _) = list(&history, 100);
    assert_eq!(runs.len(), 1000);
    let all = told(&history);
    assert_eq!(
        all[0],
        "1001 remarks, of which the first are listed: 1000 extra_fields, 1 bad_json"
    );
    assert!(
        all[1].starts_with("line 1001 (byte ") && all[1].ends_with("): bad_json"),
        "{}",
        all[1]
    );
    assert_eq!(all[2], "line 1 (byte 0): extra_fields");
    assert_eq!(all.len(), 42);
    // What is appended is counted, and a line that cannot be read is listed.
    text.push_str(&[&odd(1000), "[]", ""].join("\n"));
    *server.file.borrow_mut() = text.into_bytes();
    news(&history);
    let more = told(&history);
    assert_eq!(
        more[0],
        "1003 remarks, of which the first are listed: 1001 extra_fields, 1 bad_json, 1 not_an_object"
    );
    assert!(more[2].ends_with("): not_an_object"), "{}", more[2]);
    // Another file in its place: nothing of the old one is told.
    *server.file.borrow_mut() = ["{}\n", &line(7, "failed"), "\n"].concat().into_bytes();
    news(&history);
    list(&history, 100);
    let last = told(&history);
    let is_new = |one: &String| one.starts_with("line 1 (byte 0): ") && !one.contains("extra");
    assert!(!last.is_empty() && last.iter().all(is_new), "{last:?}");
}

#[test]
fn no_more_is_told_than_there_is() {
    let (server, history) = source("https://x/runs.jsonl", true);
    let text = ["no json\n", &line(1, "success"), "\n"].concat();
    *server.file.borrow_mut() = text.into_bytes();
    list(&history, 100);
    assert_eq!(told(&history), ["line 1 (byte 0): bad_json"]);
}

#[test]
fn what_is_wrong_with_rows_of_an_api_is_told_once_and_what_is_none_first() {
    let (server, history) = source("https://x/api/pipeline/", false);
    let odd = |number: u32| line(number, "success").replace("{\"run_id", "{\"more\":1,\"run_id");
    let mut rows: Vec<String> = (0..250).map(odd).collect();
    rows.insert(20, "7".into());
    *server.rows.borrow_mut() = rows;
    let (runs, problems) = list(&history, 100);
    // What is no row takes none from a page.
    assert_eq!((runs.len(), problems.len()), (250, 251));
    assert_eq!(problems[0], "runs[20]: not_an_object");
}
