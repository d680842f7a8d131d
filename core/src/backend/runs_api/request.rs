//! Paths and queries of the Runs API. Builds texts, sends nothing.

use crate::backend::{Action, Cursor, EventQuery, LogQuery, Topic};
use crate::model::resume::planner::Profile;
use crate::model::{ResumeMode, RunFilter};
use crate::net::Request;
use crate::net::query::encode;
use crate::store::json::JsonText;

/// A path under construction with its query.
struct Path {
    text: String,
    separator: char,
}

impl Path {
    fn new(path: &str) -> Path {
        Path {
            text: path.to_string(),
            separator: '?',
        }
    }

    fn pair(&mut self, key: &str, value: &str) {
        self.text.push(self.separator);
        self.separator = '&';
        self.text.push_str(key);
        self.text.push('=');
        encode(value, &mut self.text);
    }

    fn numbers(&mut self, pairs: [(&str, Option<u64>); 4]) {
        for (key, value) in pairs {
            if let Some(value) = value {
                self.pair(key, &value.to_string());
            }
        }
    }
}

/// The path of a run, with `suffix` behind its id. An id of dots alone would be eaten as a relative path: its dots are encoded too.
pub(super) fn run(id: &str, suffix: &str) -> String {
    let mut text = String::from("runs/");
    segment(id, &mut text);
    text.push_str(suffix);
    text
}

fn segment(id: &str, text: &mut String) {
    if !id.is_empty() && id.bytes().all(|byte| byte == b'.') {
        text.push_str(&"%2E".repeat(id.len()));
    } else {
        encode(id, text);
    }
}

pub(super) fn runs(filter: &RunFilter, limit: u32, page: Option<&str>) -> String {
    let mut path = Path::new("runs");
    // By how long runs took the app filters by itself.
    for (key, value) in filter.to_pairs() {
        if !["longer", "shorter"].contains(&key) {
            path.pair(key, &value);
        }
    }
    path.pair("limit", &limit.to_string());
    if let Some(page) = page {
        path.pair("cursor", page);
    }
    path.text
}

pub(super) fn plan(id: &str, mode: ResumeMode, skips: &[String], profile: Profile) -> String {
    let mut path = Path::new(&run(id, "/resume"));
    path.pair("mode", mode.word());
    if profile != Profile::default() {
        path.pair("profile", profile.word());
    }
    for key in skips {
        path.pair("skip", key);
    }
    path.text
}

pub(super) fn logs(id: &str, query: &LogQuery) -> String {
    let mut path = Path::new(&run(id, "/logs"));
    path.numbers([
        ("tail", query.tail.map(u64::from)),
        ("before", query.before),
        ("after", query.after),
        ("limit", query.limit.map(u64::from)),
    ]);
    if let Some(step) = &query.step {
        path.pair("step", step);
    }
    if let Some(stream) = query.stream {
        path.pair("stream", stream.word());
    }
    if let Some(level) = query.level {
        path.pair("level", level.word());
    }
    path.text
}

pub(super) fn events(id: &str, query: &EventQuery) -> String {
    let mut path = Path::new(&run(id, "/events"));
    path.numbers([
        ("tail", query.tail.map(u64::from)),
        ("before", query.before),
        ("after", query.after),
        ("limit", query.limit.map(u64::from)),
    ]);
    for (key, value) in query.filter.to_pairs() {
        path.pair(key, &value);
    }
    path.text
}

/// The request that does something to a run. `X-Runboard` shows that no form of another site sent it, and `key` that it is sent once.
pub(super) fn act(base: &str, id: &str, action: &Action, key: &str) -> Request {
    let of_step;
    let (method, suffix, body) = match action {
        Action::Terminate { immediate: false } => ("POST", "/terminate?policy=safe", "{}".into()),
        Action::Terminate { immediate: true } => {
            ("POST", "/terminate?policy=immediate", "{}".into())
        }
        Action::Delete { force: false } => ("DELETE", "?force=false", String::new()),
        Action::Delete { force: true } => ("DELETE", "?force=true", String::new()),
        Action::Reexecute(_) => ("POST", "/reexecute", "{}".into()),
        Action::Resume { mode, token, with } => {
            let mut body = JsonText::new();
            body.open('{').text_field("token", Some(token));
            body.text_field("mode", Some(mode.word()));
            // Servers that know nothing of it take no such field.
            if !with.turned.is_empty() {
                body.key("skip").open('[');
                for key in &with.turned {
                    body.text(key);
                }
                body.close(']');
            }
            body.close('}');
            ("POST", "/resume", body.finish())
        }
        Action::MarkSuccess { step, token } => {
            let mut path = String::from("/steps/");
            segment(step, &mut path);
            path.push_str("/mark-success");
            of_step = path;
            let mut body = JsonText::new();
            body.open('{').text_field("token", Some(token)).close('}');
            ("POST", of_step.as_str(), body.finish())
        }
    };
    let mut request = Request::get([base, &run(id, suffix)].concat())
        .header("X-Runboard", "1")
        .header("Idempotency-Key", key);
    request.method = method;
    if !body.is_empty() {
        request = request.header("Content-Type", "application/json");
        request.body = Some(body.into_bytes());
    }
    request
}

pub(super) fn stream(topics: &[Topic], after: &[Cursor]) -> String {
    let mut path = Path::new("stream");
    for topic in topics {
        match topic {
            Topic::Runs => path.pair("topic", "runs"),
            Topic::Run(id) => path.pair("topic", &format!("run:{id}")),
            // The run's one log comes with the run.
            Topic::Log { .. } => {}
        }
    }
    for cursor in after {
        path.pair("after", &cursor.0);
    }
    path.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_one_segment() {
        assert_eq!(
            run("a/b?c#d%2F..", "/steps"),
            "runs/a%2Fb%3Fc%23d%252F../steps"
        );
        assert_eq!(run("..", ""), "runs/%2E%2E");
        assert_eq!(run("r7f2", "/log"), "runs/r7f2/log");
    }

    #[test]
    fn queries_carry_what_was_asked() {
        let query = LogQuery {
            before: Some(7),
            limit: Some(20),
            step: Some("a b".into()),
            ..LogQuery::default()
        };
        assert_eq!(
            logs("r", &query),
            "runs/r/logs?before=7&limit=20&step=a%20b"
        );
        let topics = [Topic::Runs, Topic::Run("x&y".into())];
        assert_eq!(
            stream(&topics, &[Cursor("r5".into())]),
            "stream?topic=runs&topic=run%3Ax%26y&after=r5"
        );
    }
}
