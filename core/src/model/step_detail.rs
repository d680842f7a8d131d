//! [`StepDetail`]: what a source tells of one step when it is asked about that one alone.

use super::{Phase, Span, Step, Timestamp};

/// A stretch of an attempt in one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseSpan {
    /// 1-based.
    pub attempt: u32,
    pub phase: Phase,
    pub raw_status: String,
    pub from: Option<Timestamp>,
    /// `None`: it goes on.
    pub to: Option<Timestamp>,
}

/// Somewhere else to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLink {
    /// 1-based; `None`: of the whole step.
    pub attempt: Option<u32>,
    pub name: String,
    /// As the source gave it: http(s), or an address in a store that no browser opens.
    pub url: String,
    pub is_ready: bool,
}

/// What happened around an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepNote {
    /// 1-based.
    pub attempt: u32,
    pub time: Option<Timestamp>,
    pub is_warning: bool,
    pub reason: String,
    pub message: String,
}

/// A question that a paused step asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The source's word for the type of the answer: `BOOLEAN`, `INTEGER`, `FLOAT`, `STRING`.
    pub kind: String,
    pub prompt: String,
    pub description: String,
    /// The prompt is Markdown.
    pub is_markdown: bool,
    /// How long an answer is waited for.
    pub timeout: Option<Span>,
}

/// One step in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDetail {
    /// With its attempts.
    pub step: Step,
    /// In the order of attempts and time.
    pub spans: Vec<PhaseSpan>,
    pub links: Vec<StepLink>,
    pub notes: Vec<StepNote>,
    /// What else is known, for people: name and value.
    pub facts: Vec<(String, String)>,
    pub question: Option<Question>,
    /// What it runs, as the source's JSON.
    pub spec: Option<String>,
}

/// The values that a step took and gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepData {
    /// The source's JSON; `None`: the source has none.
    pub inputs: Option<String>,
    pub outputs: Option<String>,
    /// Where they are stored.
    pub inputs_uri: Option<String>,
    pub outputs_uri: Option<String>,
    /// Why there is less than was asked for, for people.
    pub lacking: Option<String>,
}
