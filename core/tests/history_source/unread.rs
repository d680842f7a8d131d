//! Files in which nothing is a run: nothing is claimed of their pipeline.

use super::server::{line, source};
use super::{health, list};

const NOTHING: &str = "unknown unknown: nothing in it could be read as a run";

#[test]
fn a_file_of_which_nothing_could_be_read_is_no_healthy_pipeline() {
    for bytes in [
        &b"[\n  {\n    \"run_id\": \"a\"\n  }\n]\n"[..],
        b"\x1f\x8b\x08\x00\x00\n\x00\x01",
        b"<!doctype html>\n<title>no</title>\n",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"SQLite format 3\0",
    ] {
        let (server, history) = source("https://x/runs.jsonl", true);
        *server.file.borrow_mut() = bytes.to_vec();
        assert_eq!(list(&history, 100).0.len(), 0);
        assert_eq!(health(&history), NOTHING, "{bytes:?}");
    }
    // Where there is nothing, nothing is wrong; one run among much else is one.
    for (bytes, expected) in [
        (String::new(), "healthy good: there are no runs"),
        ("\n \n".into(), "healthy good: there are no runs"),
        (
            ["no json\n", &line(1, "success"), "\n"].concat(),
            "healthy good: by the newest run",
        ),
    ] {
        let (server, history) = source("https://x/runs.jsonl", true);
        *server.file.borrow_mut() = bytes.into_bytes();
        list(&history, 100);
        assert_eq!(health(&history), expected);
    }
}

#[test]
fn nor_is_an_api_whose_rows_are_no_runs() {
    for many in [1, 5, 20] {
        let (server, history) = source("https://x/api/pipeline/", false);
        *server.rows.borrow_mut() = vec!["7".into(); many];
        assert_eq!(health(&history), NOTHING, "{many}");
    }
    let (_, history) = source("https://x/api/pipeline/", false);
    assert_eq!(health(&history), "healthy good: there are no runs");
}
