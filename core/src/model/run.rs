//! [`Run`]: one execution of a job, as a list row and as the head of a run page.

use super::{Phase, Timestamp};

/// How many steps of a run stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepCounts {
    /// All steps, when the source knows it beforehand.
    pub total: Option<u32>,
    /// Succeeded or recovered.
    pub succeeded: u32,
    /// Failed or timed out.
    pub failed: u32,
    pub running: u32,
    /// Skipped, canceled or kept from running by a failure upstream.
    pub skipped: u32,
}

impl StepCounts {
    /// Steps that will not change any more.
    pub fn done(&self) -> u32 {
        self.succeeded + self.failed + self.skipped
    }
}

/// Where a run comes from: a re-execution has a parent, and a family has one root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    pub root: Option<String>,
    pub parent: Option<String>,
}

/// The tags by which Dagster says of which partition a run is, and of which backfill (`dagster/_core/storage/tags.py`).
pub const PARTITION: &str = "dagster/partition";
pub const BACKFILL: &str = "dagster/backfill";

/// One execution of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The source's own id, unique inside its source.
    pub id: String,
    /// What was executed: job, pipeline, task or application.
    pub job: String,
    pub phase: Phase,
    /// The source's own word for the status.
    pub raw_status: String,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Set when the run claims to be going on and has shown no sign of life since: it is "unfinished", not live.
    pub last_seen_at: Option<Timestamp>,
    /// The source's times had no zone; the source's configured one was assumed.
    pub zone_assumed: bool,
    /// RunAttempt, 1-based: how often the same run was resumed, plus one.
    pub attempt: u32,
    pub steps: StepCounts,
    /// How many assets it materialized, where the source counts them.
    pub assets: Option<u32>,
    /// In the source's order; a key may stand several times.
    pub tags: Vec<(String, String)>,
    /// Why it failed or stopped, in the source's words.
    pub reason: Option<String>,
    /// As [`super::Step::reason_event`].
    pub reason_event: Option<u64>,
    pub user: Option<String>,
    pub host: Option<String>,
    /// The command line, one argument an item.
    pub command: Vec<String>,
    pub exit_code: Option<i64>,
    pub lineage: Lineage,
    /// The source's version of this row: a row with a lower one is older news. 0 where the source has none.
    pub version: u64,
    /// Only what lists order and filter by is told here, without even the id; the source tells the rest of the run with this number
    /// (`Backend::recall`). `None`: the run is whole.
    pub brief: Option<u32>,
}

impl Run {
    /// A run about which nothing but its id and job is known.
    pub fn new(id: impl Into<String>, job: impl Into<String>) -> Run {
        Run {
            id: id.into(),
            job: job.into(),
            phase: Phase::Unknown,
            raw_status: String::new(),
            created_at: None,
            started_at: None,
            ended_at: None,
            last_seen_at: None,
            zone_assumed: false,
            attempt: 1,
            steps: StepCounts::default(),
            assets: None,
            tags: Vec::new(),
            reason: None,
            reason_event: None,
            user: None,
            host: None,
            command: Vec::new(),
            exit_code: None,
            lineage: Lineage::default(),
            version: 0,
            brief: None,
        }
    }

    /// The run claims to go on, but was last seen a while ago.
    pub fn is_unfinished(&self) -> bool {
        self.last_seen_at.is_some() && !self.phase.is_terminal()
    }

    /// The first value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let mut pairs = self.tags.iter();
        pairs
            .find(|(other, _)| other == key)
            .map(|(_, value)| value.as_str())
    }

    /// The time by which lists are ordered: creation, else start, else the last sign of life.
    pub fn ordered_at(&self) -> Option<Timestamp> {
        self.created_at.or(self.started_at).or(self.last_seen_at)
    }
}

/// What orders ids that are numbers by their value, however long they are: how many digits stand behind leading zeros, and those. `None`: it is no number.
pub fn number(id: &[u8]) -> Option<(usize, &[u8])> {
    let is_number = !id.is_empty() && id.iter().all(u8::is_ascii_digit);
    let zeros = id.iter().take_while(|digit| **digit == b'0').count();
    let digits = id.get(zeros..).filter(|_| is_number)?;
    Some((digits.len(), digits))
}
