//! The Runs API as the bridge writes it (docs/runs-api.yaml). The app reads it field by field (`decode.rs`, `lenient.rs`), which is a fraction of
//! the code that derived readers would be, and says what it could not use.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, Serialize)]
pub struct StepCounts {
    pub total: Option<u32>,
    pub succeeded: u32,
    pub failed: u32,
    pub running: u32,
    pub skipped: u32,
}

/// A row of the list and the head of a run. Times are RFC 3339.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Run {
    pub id: String,
    pub job: String,
    /// One of our phase words; any other word is shown as it is, with an unknown phase.
    pub status: String,
    /// The backend's own word, when it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Set when the run claims to go on but has shown no life since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zone_assumed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<StepCounts>,
    /// Values are texts, or lists of texts where a key has several.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Grows with every change of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Attempt {
    pub attempt: u32,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Step {
    pub key: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// One line of a log. Borrowed: a million of them pass here.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogLine<'a> {
    /// 1-based number; written when the lines of an answer are not consecutive (filtered ones).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Empty: unknown.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub at: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub step: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub stream: Cow<'a, str>,
    /// Left out where the text itself tells.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub level: Cow<'a, str>,
    pub text: Cow<'a, str>,
}

/// `GET /runs`, and the `runs` event of the stream (without `next` and `total`).
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunList {
    pub runs: Vec<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OneRun {
    pub run: Run,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}/steps`, and the `steps` event of the stream (with `run`).
#[derive(Clone, Debug, Default, Serialize)]
pub struct StepList {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    pub steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}/logs`, and the `log` event of the stream (with `run`).
#[derive(Clone, Debug, Default, Serialize)]
pub struct LogList<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub run: Cow<'a, str>,
    /// 1-based number of the first line here.
    pub first: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    pub lines: Vec<LogLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The `removed` event of the stream.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Removed {
    pub ids: Vec<String>,
}

/// The `live`, `gap` and `end` events of the stream.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Notice {
    /// `runs` or `run:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<String>,
}
