//! What a resume of a recorded run would do: the shared planner's answer in words, and the commands for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::{
    self, Profile, Question, Row, Start, StepNow, StepThen,
};
use runboard_core::model::resume::reason::Reason;
use runboard_core::model::{Phase, Run, Step};

use super::Mode;
use super::answer::PlanStep;
use super::facts::{Fact, Facts};

/// A command of the plan that we start ourselves; other steps of it begin inside of such a command.
#[derive(Debug)]
pub(crate) struct Todo {
    pub(crate) key: String,
    pub(crate) argv: Vec<String>,
    pub(crate) cwd: PathBuf,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<PlanStep>,
    pub(crate) warnings: Vec<String>,
    /// Stands for the history that the plan was made from.
    pub(crate) token: String,
    pub(crate) todo: Vec<Todo>,
}

impl Plan {
    /// The plan for the run in `folder`, whose state is `run` and `steps`. `going_on`: it has not ended.
    ///
    /// # Errors
    /// The run's files cannot be read.
    pub(crate) fn of(
        folder: &Path,
        run: &Run,
        steps: &[Step],
        mode: Mode,
        going_on: bool,
    ) -> std::io::Result<Plan> {
        let facts = Facts::read(folder)?;
        let told = Told {
            facts: Some(&facts),
            steps: by_key(steps),
        };
        let rows = told.rows(steps, mode, going_on);
        let again = |row: &&Row| matches!(row.verb, PlanVerb::Retry | PlanVerb::Run);
        let mut todo: Vec<Todo> = Vec::new();
        for row in rows.iter().filter(again).filter(|row| row.by.is_none()) {
            let fact = facts.of(&row.key);
            if let Some((argv, cwd)) = fact.and_then(|fact| fact.argv.clone().zip(fact.cwd.clone()))
            {
                todo.push(Todo {
                    key: row.key.clone(),
                    argv,
                    cwd: cwd.into(),
                });
            }
        }
        let mut warnings = Vec::new();
        if going_on {
            warnings.push(format!(
                "the run is {}: it can be resumed when it is over",
                run.phase.word()
            ));
        }
        for Todo { key, .. } in todo.iter().filter(|todo| facts.wraps(&todo.key)) {
            warnings.push(format!(
                "{key} begins anew and runs the other steps: of what is in it only recorded commands that have succeeded are passed over, and what they printed then does not come again"
            ));
        }
        let blocked = rows
            .iter()
            .filter(|row| row.verb == PlanVerb::Blocked)
            .count();
        if blocked > 0 && !todo.is_empty() {
            warnings.push(format!("{blocked} of the steps cannot be run again and stay as they are, so the run will not succeed"));
        }
        if todo.len() > 1 {
            warnings
                .push("the commands run one after the other, up to the first that fails".into());
        }
        Ok(Plan {
            steps: told.in_words(&rows),
            warnings,
            token: facts.token(mode),
            todo,
        })
    }

    /// The plan for a run of which only a line of a history is left: nothing of it can be run again.
    pub(crate) fn of_line(steps: &[Step], mode: Mode) -> Plan {
        let told = Told {
            facts: None,
            steps: by_key(steps),
        };
        Plan {
            steps: told.in_words(&told.rows(steps, mode, false)),
            warnings: Vec::new(),
            token: "none".into(),
            todo: Vec::new(),
        }
    }
}

/// Which mode fits a run, by what it would do in either one; `None`: neither does anything.
pub(crate) fn suggestion(incomplete: &Plan, failed: &Plan) -> Option<String> {
    let executed = |plan: &Plan| {
        let runs = |step: &&PlanStep| matches!(step.plan, PlanVerb::Run | PlanVerb::Retry);
        plan.steps.iter().filter(runs).count()
    };
    let words = match (executed(incomplete), executed(failed)) {
        (0, _) => return None,
        (_, 0) => {
            "incomplete fits: nothing has failed that could run again, and what is left did not come to its end"
        }
        (all, some) if all == some => "incomplete fits: both modes do the same here",
        _ => "incomplete fits: failed leaves out what did not come to its end without a failure",
    };
    Some(words.into())
}

fn by_key(steps: &[Step]) -> HashMap<&str, &Step> {
    steps.iter().map(|step| (step.key.as_str(), step)).collect()
}

/// What is known of a run.
struct Told<'a> {
    /// `None`: its folder is gone.
    facts: Option<&'a Facts>,
    steps: HashMap<&'a str, &'a Step>,
}

impl Told<'_> {
    fn fact(&self, key: &str) -> Option<&Fact> {
        self.facts?.of(key)
    }

    fn rows(&self, steps: &[Step], mode: Mode, going_on: bool) -> Vec<Row> {
        let now: Vec<StepNow> = steps
            .iter()
            .map(|step| StepNow {
                key: step.key.clone(),
                within: self.fact(&step.key).and_then(|fact| fact.within.clone()),
                start: match going_on {
                    true => Start::RunGoesOn,
                    false => start(self.fact(&step.key)),
                },
                ..StepNow::default()
            })
            .collect();
        let begun = steps.iter().filter(|step| !step.attempts.is_empty());
        let then: Vec<StepThen> = begun
            .map(|step| StepThen::of_phase(&step.key, step.phase, true))
            .collect();
        let answer = planner::plan(Question {
            steps: &now,
            then: Some(&then),
            before: None,
            chosen: mode.chosen(),
            profile: Profile::Recorded,
            skips: &[],
        });
        answer.rows
    }

    fn in_words(&self, rows: &[Row]) -> Vec<PlanStep> {
        let one = |row: &Row| {
            let mut step = PlanStep::new(&row.key, row.verb, self.reason(row), row.reason.word());
            step.within = row.by.clone();
            step.command = self.fact(&row.key).and_then(|fact| fact.argv.clone());
            step
        };
        rows.iter().map(one).collect()
    }

    /// The reason with what is known beyond it: how the step ended, which one is around it.
    fn reason(&self, row: &Row) -> String {
        let state = self
            .steps
            .get(row.key.as_str())
            .map_or(String::new(), |step| state(step));
        let by = row.by.as_deref().unwrap_or_default();
        match row.reason {
            Reason::PreviousFailure | Reason::Interrupted => state,
            Reason::AroundAgain => format!("{state}; {by} begins anew and runs it"),
            Reason::PassedOver => format!("it succeeded; {by} begins anew and passes over it"),
            Reason::NotPassedOver => format!(
                "it succeeded, but {by} begins anew, and only commands that are recorded with their arguments are passed over"
            ),
            Reason::MayCome => format!("{state}; {by} begins anew and may come to it"),
            Reason::NotSelected => format!("{state}; only steps that failed are asked for"),
            Reason::NoCommand if self.facts.is_none() => {
                "only the run's line in a history is left, which holds no commands".into()
            }
            Reason::NoCommand => format!(
                "{state}, and its events hold no argument vector (argv), which `runboard-bridge record` writes"
            ),
            Reason::Inexact => {
                "it cannot be run again: an argument is no UTF-8 text, so it was not recorded exactly".into()
            }
            Reason::NoFolder => {
                let cwd = self.fact(&row.key).and_then(|fact| fact.cwd.as_deref());
                format!("its folder {} is not there", cwd.unwrap_or_default())
            }
            reason => reason.sentence().into(),
        }
    }
}

/// Whether a step can be begun again by itself.
fn start(fact: Option<&Fact>) -> Start {
    match fact {
        Some(fact) if fact.argv.is_some() => {
            let cwd = Path::new(fact.cwd.as_deref().unwrap_or_default());
            if !fact.exact() {
                Start::Inexact
            } else if cwd.is_absolute() && cwd.is_dir() {
                Start::Free
            } else {
                Start::NoFolder
            }
        }
        _ => Start::NoCommand,
    }
}

/// What became of a step, in words.
fn state(step: &Step) -> String {
    let Some(last) = step.attempts.last() else {
        return "it has not begun".into();
    };
    let reason = step
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let word = match step.phase {
        Phase::Running => "did not end",
        other => other.word(),
    };
    format!("attempt {} {word}{reason}", last.number)
}
