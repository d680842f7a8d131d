//! [`Summary`]: what one line of a run history says, with its types mended and nothing dropped.

use serde_json::{Map, Value};

/// One recorded run, as its line says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub run_id: Option<String>,
    /// As written: with or without a zone, or no time at all.
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    /// The writer's own word.
    pub result: Option<String>,
    pub failure_reason: Option<String>,
    pub stages_executed: Vec<String>,
    pub stages_failed: Vec<String>,
    /// `None`: the line does not say.
    pub retry_count: Option<i64>,
    pub metadata: Map<String, Value>,
    /// Fields that the format does not know.
    pub extra: Map<String, Value>,
}
