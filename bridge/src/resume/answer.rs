//! A plan as it goes over the wire, the same for all sources.

use std::collections::BTreeMap;

use runboard_core::model::resume::{Expected, PlanVerb};
use serde::{Serialize, Serializer};

use super::Mode;

/// A step of the plan.
#[derive(Debug, Serialize)]
pub(crate) struct PlanStep {
    pub(crate) key: String,
    #[serde(serialize_with = "word")]
    pub(crate) plan: PlanVerb,
    pub(crate) reason: String,
    /// The reason as a stable word.
    pub(crate) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Vec<String>>,
    /// The median of its successes in seconds, of how many; nothing when those are too few.
    expected_s: Option<f64>,
    expected_of: u32,
    /// The step that runs it, and whose time its own is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<String>,
}

impl PlanStep {
    pub(crate) fn new(key: &str, verb: PlanVerb, reason: String, code: &'static str) -> PlanStep {
        PlanStep {
            key: key.into(),
            plan: verb,
            reason,
            code,
            command: None,
            expected_s: None,
            expected_of: 0,
            within: None,
        }
    }

    pub(crate) fn expect(&mut self, expected: Option<&Expected>) {
        let p50 = expected.and_then(|expected| expected.p50);
        self.expected_s = p50.map(|span| span.as_seconds());
        self.expected_of = expected.map_or(0, |expected| expected.of);
    }
}

/// A command line to copy.
#[derive(Debug, Serialize)]
pub(crate) struct ByHand {
    pub(crate) what: String,
    pub(crate) command: Vec<String>,
}

/// The plan.
#[derive(Debug, Serialize)]
pub(crate) struct PlanAnswer {
    pub(crate) run: String,
    pub(crate) mode: Mode,
    pub(crate) profile: &'static str,
    pub(crate) token: String,
    pub(crate) error: Option<&'static str>,
    pub(crate) totals: BTreeMap<&'static str, usize>,
    pub(crate) steps: Vec<PlanStep>,
    pub(crate) warnings: Vec<String>,
    pub(crate) differences: Vec<String>,
    /// From what the lengths are that are expected.
    pub(crate) expected_by: &'static str,
    pub(crate) suggestion: Option<String>,
    pub(crate) command: Option<Vec<String>>,
    pub(crate) by_hand: Vec<ByHand>,
}

fn word<S: Serializer>(verb: &PlanVerb, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verb.word())
}

pub(crate) fn totals(steps: &[PlanStep]) -> BTreeMap<&'static str, usize> {
    let count = |verb: &PlanVerb| steps.iter().filter(|step| step.plan == *verb).count();
    PlanVerb::ALL
        .iter()
        .map(|verb| (verb.word(), count(verb)))
        .collect()
}
