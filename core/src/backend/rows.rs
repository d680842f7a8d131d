//! What is asked beside runs, steps, events and logs: figures of rows on screen, groups, values to type, facts, files.

use crate::model::{LogStream, Phase, StepCounts, Timestamp};

/// What else is told of something, as names and values for people.
pub type Facts = Vec<(String, String)>;

/// How many have each of a source's own words.
pub type Counts = Vec<(String, u64)>;

/// What can be completed while it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completing {
    Job,
    /// Keys of tags.
    TagKey,
    /// Values of a tag's key.
    TagValue(String),
    RunId,
    EventType,
    /// Keys of a run's steps.
    StepKey(String),
    /// Partitions of a job.
    Partition(String),
}

/// Figures of a run that a list leaves out because they cost the source too much there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFigures {
    pub run: String,
    pub steps: StepCounts,
    /// How many assets it materialized.
    pub assets: Option<u64>,
}

/// Runs that were asked for together: in Dagster a backfill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    pub id: String,
    /// What it is about, in the source's words.
    pub title: String,
    pub phase: Phase,
    pub raw_status: String,
    pub created_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// How many partitions it has; the run of each stands in `counts`.
    pub total: Option<u64>,
    /// How many partitions stand where, by the source's own words for the status of a run.
    pub counts: Vec<(String, u64)>,
    pub reason: Option<String>,
}

/// A file of a run that can be downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFile {
    /// What it holds, and of which process.
    pub name: String,
    pub stream: LogStream,
    /// The steps that wrote it.
    pub steps: Vec<String>,
    pub url: String,
}
