//! The server in docs/serve-your-own-backend.md, taken out of the document and run.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::client::{Stream, open};
use super::site::{Place, Site};

struct Server {
    child: Child,
    address: SocketAddr,
    _place: Place,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start() -> Server {
    let doc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/serve-your-own-backend.md");
    let doc = std::fs::read_to_string(doc).unwrap();
    let (_, rest) = doc.split_once("```python\n").unwrap();
    let (code, _) = rest.split_once("\n```").unwrap();
    let place = Place::new();
    let file = place.join("mine.py");
    std::fs::write(&file, code).unwrap();
    let mut child = Command::new("python3")
        .arg(&file)
        .arg("0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python3 runs the document's server");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .trim()
        .strip_prefix("http://")
        .unwrap()
        .trim_end_matches('/')
        .parse()
        .unwrap();
    Server {
        child,
        address,
        _place: place,
    }
}

fn get(server: &Server, path: &str) -> (u16, Value) {
    let (status, headers, body) = open(server.address, "GET", path, &[]);
    let kind = if status == 200 {
        "application/json"
    } else {
        "application/problem+json"
    };
    assert!(
        headers.contains(&("content-type".into(), kind.into())),
        "{path}"
    );
    (status, serde_json::from_slice(&body.whole()).unwrap())
}

#[test]
fn the_smallest_server_answers_and_its_log_is_live() {
    let server = start();
    let ok = |path: &str| {
        let (status, answer) = get(&server, path);
        assert_eq!(status, 200, "{path}");
        assert!(answer["cursor"].is_string(), "{path}");
        answer
    };
    let info = ok("/info");
    assert_eq!(
        (&info["api"], &info["capabilities"]["logs"]),
        (&json!("1"), &json!("follow"))
    );
    assert_eq!(ok("/runs?limit=5")["runs"][0]["id"], "demo-1");
    assert_eq!(ok("/runs/demo-1")["run"]["status"], "running");
    assert_eq!(ok("/runs/demo%2d1/steps")["steps"][0]["key"], "count");
    let logs = ok("/runs/demo-1/logs?limit=1");
    assert_eq!(
        (&logs["first"], &logs["lines"][0]["text"]),
        (&json!(1), &json!("line 1"))
    );
    assert_eq!(ok("/runs/demo-1/logs?tail=0")["lines"], json!([]));
    assert_eq!(get(&server, "/runs/nobody").0, 404);

    let after = logs["cursor"].as_str().unwrap();
    let path = format!("/stream?topic=run%3Ademo-1&after={after}&after=99");
    let (status, _, body) = open(server.address, "GET", &path, &[]);
    assert_eq!(status, 200);
    let mut stream = Stream::new(body);
    let mut next: u64 = after.parse::<u64>().unwrap() + 1;
    for _ in 0..2 {
        let event = stream.until_named("log").pop().unwrap();
        assert_eq!(event.data["first"], next);
        next += event.data["lines"].as_array().unwrap().len() as u64;
        assert_eq!(event.id, (next - 1).to_string());
    }
    // Under the app's own origin, as the document has it.
    let upstream = format!("mine=http://{}", server.address);
    let site = Site::start(Place::new(), &["--proxy", &upstream]);
    assert_eq!(site.json("/proxy/mine/info")["name"], "mine");
    let mut stream = site.stream_with("/proxy/mine/", "topic=run:demo-1", &[]);
    assert_eq!(
        stream.until_named("log").pop().unwrap().data["run"],
        "demo-1"
    );
}
