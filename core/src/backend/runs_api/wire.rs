//! The Runs API as it stands on the wire (docs/runs-api.yaml). Writers (the bridge) and readers (the app) use the same types.
//!
//! Readers are lenient: every field has a default and unknown ones are ignored; `decode.rs` reports what it could not use. What is told of one run
//! beside its row, steps and log has no types here: `decode_run.rs` reads it field by field, which is a fraction of the code.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `GET /info`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    pub name: String,
    pub version: String,
    /// Version of the API, "1".
    pub api: String,
    pub server_time: String,
    pub heartbeat_s: Option<u32>,
    pub vocabulary: Vocabulary,
    pub capabilities: Capabilities,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Vocabulary {
    pub job: Option<String>,
    pub step: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// `poll` or `stream`.
    pub updates: String,
    /// `none`, `snapshot` or `follow`.
    pub logs: String,
    pub log_file: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepCounts {
    pub total: Option<u32>,
    pub succeeded: u32,
    pub failed: u32,
    pub running: u32,
    pub skipped: u32,
}

/// A row of the list and the head of a run. Times are RFC 3339.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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

/// One line of a log. Borrowed where the JSON has no escapes: a million of them pass here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLine<'a> {
    /// 1-based number; written when the lines of an answer are not consecutive (filtered ones).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Empty: unknown.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub at: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub step: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub stream: Cow<'a, str>,
    /// Left out where the text itself tells.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub level: Cow<'a, str>,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

/// `GET /runs`, and the `runs` event of the stream (without `next` and `total`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OneRun {
    pub run: Run,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}/steps`, and the `steps` event of the stream (with `run`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StepList {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    pub steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}/logs`, and the `log` event of the stream (with `run`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogList<'a> {
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub run: Cow<'a, str>,
    /// 1-based number of the first line here.
    pub first: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    #[serde(borrow)]
    pub lines: Vec<LogLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The `removed` event of the stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Removed {
    pub ids: Vec<String>,
}

/// The `live`, `gap` and `end` events of the stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// `runs` or `run:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<String>,
}

/// An error body (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
}
