//! What resuming a run of executioner would do, and the command lines for it.

use std::collections::BTreeMap;

use runboard_core::model::resume::planner::{
    self, Answer, Profile, Question, StepNow, StepThen, differences,
};
use runboard_core::model::resume::reason::{PlanFault, PlanWarning, Reason};
use runboard_core::model::resume::{Expected, PlanVerb};
use sha2::{Digest, Sha256};

use super::Executioner;
use super::config::Config;
use super::rows::RunRows;
use super::steps::is_by_hand;
use crate::resume::Mode;
use crate::resume::answer::{PlanAnswer, PlanStep, totals};

/// For people. Where no job of the run has a row, one without says nothing.
fn sentence(rows: &RunRows, reason: Reason) -> &'static str {
    match reason {
        Reason::NoHistory | Reason::NotStarted if rows.jobs.is_empty() => {
            "nothing is recorded of it"
        }
        _ => reason.sentence(),
    }
}

/// What executioner makes of a run without rows.
fn starts_fresh(rows: &RunRows) -> String {
    let mut text =
        "no job has a row: executioner finds no job history and starts fresh".to_string();
    let last = rows.last();
    let completed = last.and_then(|row| row.completed).unwrap_or(0);
    if completed > 0 {
        let words = match completed {
            1 => ("job that is", "runs"),
            _ => ("jobs that are", "run"),
        };
        let of = last.and_then(|row| row.total);
        let of = of.map_or(String::new(), |total| format!(" (of {total})"));
        text.push_str(&format!(
            ", so the {completed} {} counted as completed{of} {} again too",
            words.0, words.1
        ));
    }
    text
}

/// Words for a step that the two profiles see differently.
fn verb_words(rows: &RunRows, verb: PlanVerb, reason: Reason) -> String {
    let word = match verb {
        PlanVerb::Skip => "skips it",
        PlanVerb::Retry => "retries it",
        PlanVerb::Run => "runs it",
        _ => "does not run it",
    };
    format!("{word} ({})", sentence(rows, reason))
}

/// What a plan is made from.
struct Material<'a> {
    rows: &'a RunRows,
    config: Option<&'a Config>,
    steps: Vec<StepNow>,
    then: Vec<StepThen>,
    before: Option<Vec<StepNow>>,
    skips: &'a [String],
}

impl Material<'_> {
    fn answer(&self, mode: Mode, profile: Profile) -> Answer {
        planner::plan(Question {
            steps: &self.steps,
            then: Some(&self.then),
            before: self.before.as_deref(),
            chosen: mode.chosen(),
            profile,
            skips: self.skips,
        })
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
                let reason = sentence(rows, one.reason).into();
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
                let words = |verb, reason| verb_words(rows, verb, reason);
                let (real, design) = (words(a.verb, a.reason), words(b.verb, b.reason));
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
        let mut by_hand = self.by_hand(rows, material.config);
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

    /// What is doubtful by the rules of either profile: most of it is found by those of the design, and holds for what really happens too. Which
    /// results may be stale depends on what is executed, and is told of the plan that is `shown`.
    fn warnings(
        &self,
        material: &Material<'_>,
        shown: &Answer,
        both: [&Answer; 2],
        (mode, profile): (Mode, Profile),
    ) -> Vec<String> {
        let rows = material.rows;
        let mut list: Vec<String> = Vec::new();
        if rows.is_running() {
            list.push(
                "the run says that it goes on: a resume while it does would run its jobs twice"
                    .into(),
            );
        } else if rows
            .last()
            .is_some_and(|row| row.status.as_deref() == Some("SUCCESS"))
        {
            list.push("the run has succeeded: resuming it skips what succeeded, and records another attempt".into());
        }
        if rows.jobs.is_empty() {
            list.push(starts_fresh(rows));
        }
        match both.iter().find_map(|one| one.fault) {
            Some(PlanFault::CircularDependency) => {
                list.push("the jobs of the configuration wait for each other in a circle".into())
            }
            Some(PlanFault::MissingDependency) => {
                for step in &material.steps {
                    for need in step
                        .needs
                        .iter()
                        .filter(|need| !material.steps.iter().any(|other| other.key == **need))
                    {
                        list.push(format!(
                            "{} needs {need}, which is not in the configuration",
                            step.key
                        ));
                    }
                }
            }
            _ => {}
        }
        let stale = shown.stale.iter();
        list.extend(stale.map(|key| format!("{key} {}", PlanWarning::UpstreamRerun.sentence())));
        let others = both.iter().flat_map(|one| &one.warnings);
        for (warning, key) in others.filter(|(one, _)| *one != PlanWarning::UpstreamRerun) {
            let text = format!("{key} {}", warning.sentence());
            if !list.contains(&text) {
                list.push(text);
            }
        }
        match material.config {
            None => list.push(format!(
                "{}: jobs that never began are not listed, nothing is known of what needs what, and it cannot be resumed from here",
                self.configs.missing(rows.app())
            )),
            Some(config) => {
                // What the bridge kept names them one by one.
                let names = material.before.is_none();
                list.extend(self.changed(rows, config, names));
            }
        }
        if !self.tables.has_attempts && self.tables.schema.is_some() {
            let version = self.tables.schema.unwrap_or(0);
            list.push(format!(
                "the database has schema v{version}: today's executioner does not migrate it, and ends with \u{201c}no such column: attempt_id\u{201d} when it begins a run"
            ));
        }
        let has_zone = rows.last().and_then(super::rows::offset).is_some();
        let naive = rows
            .last()
            .and_then(|row| super::rows::instant(row.start.as_deref(), 0));
        if naive.is_some_and(|(_, assumed)| assumed) {
            list.push(match has_zone {
                true => "times are by the runner's clock; its zone is inferred from when the row was made".into(),
                false => "times are by the runner's clock, and its zone is assumed".to_string(),
            });
        }
        if mode == Mode::Failed && profile == Profile::Actual && shown.total(PlanVerb::Run) > 0 {
            list.push("executioner's --resume-failed-only runs every job that has not succeeded, also those that never began".into());
        }
        list
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

/// Which mode fits: the command line passes over what was interrupted in one of them.
fn suggestion(material: &Material<'_>) -> Option<String> {
    let all = material.answer(Mode::Incomplete, Profile::Actual);
    let failed = material.answer(Mode::Failed, Profile::Actual);
    if all.fault.is_some() {
        return None;
    }
    let left: Vec<&str> = all
        .rows
        .iter()
        .filter(|row| row.reason == Reason::StatusNotFailed)
        .map(|row| row.key.as_str())
        .collect();
    let total = material.rows.last().and_then(|row| row.total).unwrap_or(0);
    let missing = total.saturating_sub(all.rows.len() as i64);
    let unplanned = match missing {
        1 => "1 job has no row and cannot be planned without the configuration".to_string(),
        _ => format!("{missing} jobs have no row and cannot be planned without the configuration"),
    };
    let is_unplanned = material.config.is_none() && missing > 0;
    let fits = if !left.is_empty() {
        let (they, them) = match left.len() {
            1 => ("it", "it"),
            _ => ("they", "them"),
        };
        format!(
            "failed fits better here: incomplete takes {} for done, although {they} did not succeed, and failed runs {them}",
            left.join(", ")
        )
    } else if is_unplanned {
        return Some(unplanned);
    } else if all.to_execute() == 0 {
        "there is nothing to resume".into()
    } else if all.to_execute() == failed.to_execute() {
        "incomplete fits: today's executioner does the same in both modes here".into()
    } else {
        "incomplete fits: it runs all that has not succeeded".into()
    };
    Some(match is_unplanned {
        true => format!("{fits}; {unplanned}"),
        false => fits,
    })
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
