//! Logs: ranges, filters, odd rows, and the bytes themselves.

use serde_json::{Value, json};

use super::files::Run;
use super::site::{Place, Site};

const AT: &str = "2026-11-21T10:00:00Z";

fn site(fill: impl Fn(&Run)) -> (Site, Run) {
    let place = Place::new();
    let run = Run::begin(&place.join("rec"), "r1", "j", AT, json!({}));
    fill(&run);
    (Site::start(place, &[]), run)
}

fn numbers(answer: &Value) -> Vec<u64> {
    let first = answer["first"].as_u64().unwrap();
    let lines = answer["lines"].as_array().unwrap();
    let numbers: Vec<u64> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| line["n"].as_u64().unwrap_or(first + index as u64))
        .collect();
    for (line, number) in lines.iter().zip(&numbers) {
        assert_eq!(line["text"], format!("line {number}"));
    }
    numbers
}

#[test]
fn ranges_are_exact() {
    let (site, _) = site(|run| run.lines(1, 5000));
    for (query, first, last, len) in [
        ("", 1, 1000, 1000),
        ("limit=10", 1, 10, 10),
        ("tail=10", 4991, 5000, 10),
        ("tail=10&limit=3", 4998, 5000, 3),
        ("tail=20000", 1, 5000, 5000),
        ("after=1023&limit=3", 1024, 1026, 3),
        ("after=1024&limit=2", 1025, 1026, 2),
        ("after=4998", 4999, 5000, 2),
        ("before=1026&limit=3", 1023, 1025, 3),
        ("before=4", 1, 3, 3),
        ("after=10&before=15", 11, 14, 4),
        ("after=10&before=15&tail=2", 13, 14, 2),
        ("after=2047&before=2050&limit=1", 2048, 2048, 1),
    ] {
        let answer = site.json(&format!("/api/v1/runs/r1/logs?{query}"));
        let found = numbers(&answer);
        assert_eq!(
            (found.first(), found.last(), found.len()),
            (Some(&first), Some(&last), len),
            "{query}"
        );
        assert_eq!(
            (answer["total"].as_u64(), answer["first"].as_u64()),
            (Some(5000), Some(first)),
            "{query}"
        );
        assert!(
            answer["lines"][0]["n"].is_null(),
            "consecutive lines need no numbers"
        );
    }
    for (query, first) in [
        ("after=5000", 5001),
        ("after=999999", 1_000_000),
        ("before=1", 1),
        ("tail=0", 5001),
        ("after=9&before=9", 10),
    ] {
        let answer = site.json(&format!("/api/v1/runs/r1/logs?{query}"));
        assert_eq!(
            (
                answer["lines"].as_array().unwrap().len(),
                answer["first"].as_u64()
            ),
            (0, Some(first)),
            "{query}"
        );
    }
    for query in [
        "limit=0",
        "limit=20001",
        "tail=-1",
        "after=x",
        "stream=loud",
        "level=blue",
        "tale=3",
    ] {
        assert_eq!(
            site.get(&format!("/api/v1/runs/r1/logs?{query}")).status,
            400,
            "{query}"
        );
    }
}

#[test]
fn filtered_lines_carry_their_numbers() {
    // Step s0 has the lines 3, 6, 9, …; every 100th line is an error.
    let (site, _) = site(|run| {
        let mut text = String::new();
        for number in 1..=9000 {
            let (stream, word) = if number % 100 == 0 {
                ("err", "ERROR: ")
            } else {
                ("out", "")
            };
            text.push_str(&format!(
                "{AT}\ts{}\t{stream}\t{word}line {number}\n",
                number % 3
            ));
        }
        run.log(text.as_bytes());
    });
    let found = |query: &str| -> Vec<u64> {
        let answer = site.json(&format!("/api/v1/runs/r1/logs?{query}"));
        answer["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["n"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(found("step=s0&limit=3"), [3, 6, 9]);
    assert_eq!(found("step=s0&step=s1&limit=3"), [1, 3, 4]);
    assert_eq!(found("stream=err&limit=2"), [100, 200]);
    assert_eq!(found("level=error&tail=2"), [8900, 9000]);
    assert_eq!(found("level=warn,error&stream=err&before=101"), [100]);
    assert_eq!(found("level=ERROR&before=8900&limit=2"), [8700, 8800]);
    assert_eq!(found("level=error&step=s0&tail=3"), [8400, 8700, 9000]);
    assert_eq!(found("level=error&after=8850"), [8900, 9000]);
    assert_eq!(found("level=error&tail=200").len(), 90);
    assert_eq!(found("step=none"), [0; 0]);
}

#[test]
fn rows_of_any_form_are_lines() {
    let (site, run) = site(|run| {
        run.log(b"2026-11-21T10:00:00.5Z\ta\tout\tplain\twith a tab\n");
        run.log(b"2026-11-21T11:00:00+01:00\t\tsys\t\n");
        run.log(
            b"2026-11-21T10:00:00Z\ta\tout+\tfirst half \n2026-11-21T10:00:00Z\ta\terr\tsecond\n",
        );
        run.log(
            b"no tabs at all\nnot a time\ta\tout\ttext\n2026-11-21T10:00:00Z\ta\tloud\ttext\n\n",
        );
        run.log(b"2026-11-21T10:00:00Z\tb\xff\tout\tcaf\xe9\n");
        run.log(b"2026-11-21T10:00:00Z\ta\tout\ttorn");
    });
    let answer = site.json("/api/v1/runs/r1/logs");
    assert_eq!(
        answer["lines"],
        json!([
            {"at": "2026-11-21T10:00:00.5Z", "step": "a", "stream": "out", "text": "plain\twith a tab"},
            {"at": "2026-11-21T10:00:00.000000Z", "stream": "sys", "text": ""},
            {"at": AT, "step": "a", "stream": "out", "text": "first half "},
            {"at": AT, "step": "a", "stream": "err", "text": "second"},
            {"text": "no tabs at all"},
            {"text": "not a time\ta\tout\ttext"},
            {"text": "2026-11-21T10:00:00Z\ta\tloud\ttext"},
            {"text": ""},
            {"at": AT, "step": "b\u{fffd}", "stream": "out", "text": "caf\u{fffd}"},
        ])
    );
    run.log(b" no more\n");
    let answer = site.json("/api/v1/runs/r1/logs?tail=1");
    assert_eq!(
        (
            answer["lines"][0]["text"].as_str(),
            answer["total"].as_u64()
        ),
        (Some("torn no more"), Some(10))
    );
}

#[test]
fn answers_are_bounded_from_the_end_that_was_asked_for() {
    let (site, _) = site(|run| {
        for number in 0..200 {
            let mut row = format!("{AT}\ta\tout\t{number} ").into_bytes();
            row.resize(60_000, b'x');
            row.push(b'\n');
            run.log(&row);
        }
        run.log(&[vec![b'y'; 3_000_000], b"\n".to_vec()].concat());
    });
    let head = site.get("/api/v1/runs/r1/logs");
    assert!(
        head.body.len() < 4_200_000
            && head.json()["first"] == 1
            && head.json()["lines"].as_array().unwrap().len() > 60
    );
    let tail = site.get("/api/v1/runs/r1/logs?tail=200");
    let lines = tail.json()["lines"].as_array().unwrap().len() as u64;
    assert!(tail.body.len() < 4_200_000 && lines > 60);
    assert_eq!(tail.json()["first"].as_u64(), Some(201 - lines + 1));
    // One enormous row is cut with words, and costs no more.
    let last = site.json("/api/v1/runs/r1/logs?tail=1");
    let text = last["lines"][0]["text"].as_str().unwrap();
    assert!(
        text.len() < 300_000 && text.ends_with("more bytes of this line are in the whole log]")
    );
    assert_eq!(
        site.get("/api/v1/runs/r1/log").body.len(),
        200 * 60_001 + 3_000_001
    );
}

#[test]
fn the_whole_log_is_its_bytes() {
    let bytes: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    let (site, run) = site(|run| run.log(&bytes));
    let whole = site.get("/api/v1/runs/r1/log");
    assert!(whole.status == 200 && whole.body == bytes);
    assert_eq!(
        whole.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        (
            whole.header("accept-ranges"),
            whole.header("content-length")
        ),
        (Some("bytes"), Some("700000"))
    );
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=299990-300010", 299_990, 300_011),
        ("bytes=699999-", 699_999, 700_000),
        ("bytes=-5", 699_995, 700_000),
    ] {
        let part = site.ask("GET", "/api/v1/runs/r1/log", &[("Range", range)]);
        assert_eq!(
            (part.status, part.body.as_slice()),
            (206, &bytes[from..to]),
            "{range}"
        );
        assert_eq!(
            part.header("content-range"),
            Some(format!("bytes {from}-{}/700000", to - 1).as_str())
        );
    }
    let behind = site.ask("GET", "/api/v1/runs/r1/log", &[("Range", "bytes=700000-")]);
    assert_eq!(
        (behind.status, behind.header("content-range")),
        (416, Some("bytes */700000"))
    );
    let head = site.ask("HEAD", "/api/v1/runs/r1/log", &[]);
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some("700000"), 0)
    );
    std::fs::remove_file(run.path.join("log.tsv")).unwrap();
    assert_eq!(site.get("/api/v1/runs/r1/log").status, 404);
    assert_eq!(site.json("/api/v1/runs/r1/logs")["total"], 0);
}
