//! What resuming a run of executioner would do, and the command lines for it.

use std::collections::BTreeMap;

use runboard_core::model::resume::planner::{
    self, Answer, Profile, Question, Row, StepNow, StepThen, differences,
};
use runboard_core::model::resume::reason::{PlanFault, Reason};
use runboard_core::model::resume::{Expected, PlanVerb};
use sha2::{Digest, Sha256};

use super::Executioner;
use super::config::Config;
use super::odd::is_by_hand;
use super::rows::RunRows;
use super::suggest::suggestion;
use crate::resume::Mode;
use crate::resume::answer::{PlanAnswer, PlanStep, totals};

/// Words for a step that the two profiles see differently.
fn verb_words(verb: PlanVerb) -> &'static str {
    match verb {
        PlanVerb::Skip => "skips it",
        PlanVerb::Retry => "retries it",
        PlanVerb::Run => "runs it",
        _ => "does not run it",
    }
}

/// What a plan is made from.
pub(super) struct Material<'a> {
    pub(super) rows: &'a RunRows,
    pub(super) config: Option<&'a Config>,
    pub(super) steps: Vec<StepNow>,
    then: Vec<StepThen>,
    pub(super) before: Option<Vec<StepNow>>,
    /// Jobs that the run carried over, each with the run in which it succeeded.
    pub(super) carried: BTreeMap<String, i64>,
    skips: &'a [String],
}

impl Material<'_> {
    pub(super) fn answer(&self, mode: Mode, profile: Profile) -> Answer {
        planner::plan(Question {
            steps: &self.steps,
            then: Some(&self.then),
            before: self.before.as_deref(),
            chosen: mode.chosen(),
            profile,
            skips: self.skips,
        })
    }

    /// Why a step is planned so, for people.
    fn sentence(&self, row: &Row) -> String {
        let is_without = matches!(row.reason, Reason::NoHistory | Reason::NotStarted);
        match self.carried.get(&row.key).filter(|_| is_without) {
            Some(run) => format!("it succeeded in run {run}, and has no row in this one"),
            // Where no job of the run has a row, one without says nothing.
            None if is_without && self.rows.jobs.is_empty() => "nothing is recorded of it".into(),
            None => row.reason.sentence().into(),
        }
    }
}

impl Executioner {
    fn material<'a>(&'a self, rows: &'a RunRows, skips: &'a [String]) -> Material<'a> {
        let config = self.config(rows);
        let then: Vec<StepThen> = rows
            .jobs
            .iter()
            .map(|job| {
                let attempt = u32::try_from(job.attempt).unwrap_or(0);
                StepThen::of_word(&job.id, attempt, job.status.as_deref(), job.command.clone())
            })
            .collect();
        let of_rows = || {
            let step = |job: &&super::rows::JobRow| StepNow {
                key: job.id.clone(),
                command: job.command.clone(),
                ..StepNow::default()
            };
            rows.latest().iter().map(step).collect()
        };
        let kept = self.kept.of(rows.id).last();
        Material {
            rows,
            config,
            steps: config.map_or_else(of_rows, Config::steps),
            then,
            before: kept
                .filter(|kept| !kept.steps.is_empty())
                .map(|kept| kept.steps.clone()),
            carried: self.carried(rows),
            skips,
        }
    }

    /// The plan of a run, and how many steps its command line would execute; `None`: there is no such run.
    pub(crate) fn plan(
        &self,
        id: &str,
        mode: Mode,
        profile: Profile,
        skips: &[String],
    ) -> Option<(PlanAnswer, usize)> {
        let rows = self.runs.get(&id.parse().ok()?)?;
        let material = self.material(rows, skips);
        let actual = material.answer(mode, Profile::Actual);
        let promised = material.answer(mode, Profile::Promised);
        let shown = match profile {
            Profile::Promised => &promised,
            _ => &actual,
        };
        let expected = self.expected(rows.app());
        let mut steps: Vec<PlanStep> = shown
            .rows
            .iter()
            .map(|one| {
                let reason = material.sentence(one);
                PlanStep::new(&one.key, one.verb, reason, one.reason.word())
            })
            .collect();
        if let Some(fault) = shown.fault.filter(|_| steps.is_empty()) {
            let why = "the command line ends with an error before it does anything";
            let blocked = |step: &StepNow| {
                PlanStep::new(&step.key, PlanVerb::Blocked, why.into(), fault.word())
            };
            steps = material.steps.iter().map(blocked).collect();
        }
        for step in &mut steps {
            step.expect(expected.get(&step.key));
        }
        let found = differences(&actual, &promised);
        let mut different: Vec<String> = found
            .into_iter()
            .map(|(a, b)| {
                let words = |row: &Row| {
                    let why = material.sentence(row);
                    format!("{} ({why})", verb_words(row.verb))
                };
                let (real, design) = (words(a), words(b));
                format!("{}: executioner {real}; its design {design}", a.key)
            })
            .collect();
        if actual.fault.is_some() && !promised.rows.is_empty() {
            different.push(format!(
                "executioner ends with an error before it does anything; its design executes {} of the jobs, skips {} and blocks {}",
                promised.to_execute(),
                promised.total(PlanVerb::Skip),
                promised.total(PlanVerb::Blocked)
            ));
        }
        different.extend(otherwise_stale(&material.steps, &actual, &promised));
        let to_execute = actual.to_execute();
        let can_run = material.config.is_some() && actual.fault.is_none();
        let command = Some(self.resume_command(rows, material.config, mode, skips))
            .filter(|_| to_execute > 0);
        let mut by_hand = self.by_hand(rows, material.config, mode, !skips.is_empty());
        // It stands in front of them.
        by_hand.retain(|hand| Some(&hand.command) != command.as_ref());
        let answer = PlanAnswer {
            run: id.into(),
            mode,
            profile: profile.word(),
            token: token(&material, mode),
            error: shown.fault.map(PlanFault::word),
            totals: totals(&steps),
            steps,
            warnings: self.warnings(&material, shown, [&actual, &promised], (mode, profile)),
            differences: different,
            expected_by: "the median of each job's successes in this application's runs",
            suggestion: suggestion(&material),
            command,
            by_hand,
        };
        Some((answer, if can_run { to_execute } else { 0 }))
    }

    /// How long each job of an application takes as a rule.
    fn expected(&self, app: &str) -> BTreeMap<String, Expected> {
        let mut lengths: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let rows = self.runs.values().filter(|rows| rows.app() == app);
        for job in rows.flat_map(|rows| &rows.jobs) {
            // What was marked by hand has the length of its failure.
            let is_success = job.status.as_deref() == Some("SUCCESS") && !is_by_hand(job);
            if let Some(seconds) = job.duration.filter(|_| is_success) {
                lengths
                    .entry(&job.id)
                    .or_default()
                    .push((seconds * 1e6).round() as i64);
            }
        }
        lengths
            .into_iter()
            .map(|(key, lengths)| (key.to_string(), Expected::of(lengths)))
            .collect()
    }
}

/// Results that may be stale by one profile's plan, of steps that the other one skips too without running anything that they need: what only one
/// skips is told among the steps that differ.
fn otherwise_stale(steps: &[StepNow], actual: &Answer, promised: &Answer) -> Vec<String> {
    let only = |these: &Answer, others: &Answer, words: &str| -> Vec<String> {
        let does = |key: &str, verbs: &[PlanVerb]| {
            let row = others.rows.iter().find(|row| row.key == key);
            row.is_some_and(|row| verbs.contains(&row.verb))
        };
        let runs_a_need = |step: &StepNow| {
            let mut needs = step.needs.iter();
            needs.any(|need| does(need, &[PlanVerb::Retry, PlanVerb::Run]))
        };
        let only = these.stale.iter().filter(|key| {
            let step = steps.iter().find(|step| step.key == **key);
            does(key, &[PlanVerb::Skip]) && !step.is_some_and(runs_a_need)
        });
        only.map(|key| format!("{key}: {words}")).collect()
    };
    let words = "executioner skips it although something that it needs runs again, so its result may be stale; by its design nothing that it needs does";
    let mut told = only(actual, promised, words);
    let words = "its design skips it although something that it needs runs again, so its result may be stale; executioner runs nothing that it needs";
    // Of one that does not even begin it is told elsewhere.
    if actual.fault.is_none() {
        told.extend(only(promised, actual, words));
    }
    told
}

/// Another one as soon as the history, the configuration or the wish is another.
fn token(material: &Material<'_>, mode: Mode) -> String {
    let mut state = Sha256::new();
    state.update(serde_json::to_vec(material.rows).unwrap_or_default());
    state.update(material.config.map_or("", |config| config.hash.as_str()));
    state.update(mode.word());
    state.update(serde_json::to_vec(material.skips).unwrap_or_default());
    let hash = state.finalize();
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
