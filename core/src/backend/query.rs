//! Which lines and events of a run are asked for, and what comes.

use crate::model::event::RunEvent;
use crate::model::{EventFilter, Level, LogLine, LogStream};

/// Which lines of a run's one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// The last so many lines.
    pub tail: Option<u32>,
    /// Only lines with a number below.
    pub before: Option<u64>,
    /// Only lines with a number above.
    pub after: Option<u64>,
    pub limit: Option<u32>,
    pub step: Option<String>,
    /// 1-based; `None`: the last one. Only where logs belong to attempts.
    pub attempt: Option<u32>,
    pub stream: Option<LogStream>,
    pub level: Option<Level>,
}

/// Consecutive lines of a run's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// 1-based place of the first line in the run's one log.
    pub first: u64,
    pub lines: Vec<LogLine>,
    /// How many lines the log holds now, when the source knows.
    pub total: Option<u64>,
}

/// Which events of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    pub filter: EventFilter,
    /// Only events with a number above.
    pub after: Option<u64>,
    /// Only events with a number below.
    pub before: Option<u64>,
    /// The last so many.
    pub tail: Option<u32>,
    pub limit: Option<u32>,
}

/// Events of a run, by their numbers; consecutive ones where no filter was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventBatch {
    pub events: Vec<RunEvent>,
    /// How many events the run has in all, when the source knows.
    pub total: Option<u64>,
    /// There are more of those that were asked for.
    pub has_more: bool,
}
