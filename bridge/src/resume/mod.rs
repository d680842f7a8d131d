//! What a resume of a recorded run would do, step by step, and doing it.

pub(crate) mod cmd;
mod facts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use runboard_core::model::{Phase, Run, Step};
use serde::{Deserialize, Serialize};

use facts::Facts;

/// Which steps are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// All that have not succeeded.
    #[default]
    Incomplete,
    /// Only those that failed.
    Failed,
}

impl Mode {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Mode::Incomplete => "incomplete",
            Mode::Failed => "failed",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Mode> {
        [Mode::Incomplete, Mode::Failed]
            .into_iter()
            .find(|mode| mode.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Skip,
    /// It began before and is tried again.
    Retry,
    Run,
    Blocked,
}

#[derive(Debug, Serialize)]
pub(crate) struct PlanStep {
    pub(crate) key: String,
    pub(crate) plan: Word,
    pub(crate) reason: String,
    pub(crate) command: Option<Vec<String>>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Totals {
    skip: usize,
    retry: usize,
    run: usize,
    blocked: usize,
}

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
        let mut planner = Planner {
            facts: &facts,
            steps: steps.iter().map(|step| (step.key.as_str(), step)).collect(),
            mode,
            going_on,
            known: HashMap::new(),
        };
        let (mut plan, mut todo, mut inside) = (Vec::new(), Vec::new(), Vec::new());
        for step in steps {
            let (word, reason) = planner.word(&step.key, 0);
            let fact = facts.of(&step.key);
            let command = fact.and_then(|fact| fact.argv.clone());
            if matches!(word, Word::Retry | Word::Run)
                && planner.around(&step.key, 0).is_none()
                && let Some((argv, cwd)) =
                    command.clone().zip(fact.and_then(|fact| fact.cwd.clone()))
            {
                if facts.wraps(&step.key) {
                    inside.push(step.key.clone());
                }
                todo.push(Todo {
                    key: step.key.clone(),
                    argv,
                    cwd: cwd.into(),
                });
            }
            plan.push(PlanStep {
                key: step.key.clone(),
                plan: word,
                reason,
                command,
            });
        }
        let mut warnings = Vec::new();
        if going_on {
            warnings.push(format!(
                "the run is {}: it can be resumed when it is over",
                run.phase.word()
            ));
        }
        for key in inside {
            warnings.push(format!(
                "{key} begins anew and runs the other steps: of what is in it only recorded commands that have succeeded are passed over, and what they printed then does not come again"
            ));
        }
        let blocked = plan
            .iter()
            .filter(|step| step.plan == Word::Blocked)
            .count();
        if blocked > 0 && !todo.is_empty() {
            warnings.push(format!("{blocked} of the steps cannot be run again and stay as they are, so the run will not succeed"));
        }
        if todo.len() > 1 {
            warnings
                .push("the commands run one after the other, up to the first that fails".into());
        }
        if going_on {
            todo.clear();
        }
        Ok(Plan {
            steps: plan,
            warnings,
            token: facts.token(mode),
            todo,
        })
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for step in &self.steps {
            *match step.plan {
                Word::Skip => &mut totals.skip,
                Word::Retry => &mut totals.retry,
                Word::Run => &mut totals.run,
                Word::Blocked => &mut totals.blocked,
            } += 1;
        }
        totals
    }
}

/// Steps may stand inside of steps; deeper ones than this are taken as standing alone.
const DEEP: usize = 16;

struct Planner<'a> {
    facts: &'a Facts,
    steps: HashMap<&'a str, &'a Step>,
    mode: Mode,
    going_on: bool,
    known: HashMap<String, (Word, String)>,
}

impl Planner<'_> {
    /// The step that begins anew and has this one inside.
    fn around(&mut self, key: &str, depth: usize) -> Option<String> {
        let within = self.facts.of(key)?.within.clone()?;
        let again = depth < DEEP
            && within != key
            && self.steps.contains_key(within.as_str())
            && matches!(self.word(&within, depth + 1).0, Word::Retry | Word::Run);
        again.then_some(within)
    }

    fn word(&mut self, key: &str, depth: usize) -> (Word, String) {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        let told = match self.around(key, depth) {
            Some(within) => self.inside(key, &within),
            None => self.alone(key, depth),
        };
        self.known.insert(key.to_string(), told.clone());
        told
    }

    fn inside(&self, key: &str, within: &str) -> (Word, String) {
        let Some(step) = self.steps.get(key) else {
            return (Word::Blocked, "it is no step of this run".into());
        };
        let passed_over = self.facts.of(key).is_some_and(|fact| fact.exact());
        match step.phase.is_success() {
            true if passed_over => (
                Word::Skip,
                format!("it has succeeded; {within} begins anew and passes over it"),
            ),
            true => (
                Word::Run,
                format!(
                    "it has succeeded, but {within} begins anew, and only commands that are recorded with their arguments are passed over"
                ),
            ),
            false => (
                Word::Retry,
                format!("{}; {within} begins anew and runs it", state(step)),
            ),
        }
    }

    fn alone(&mut self, key: &str, depth: usize) -> (Word, String) {
        let Some(step) = self.steps.get(key).copied() else {
            return (Word::Blocked, "it is no step of this run".into());
        };
        if step.phase.is_success() {
            return (Word::Skip, "it has succeeded".into());
        }
        if step.phase == Phase::Skipped && !step.attempts.is_empty() {
            return (Word::Skip, "it was not needed".into());
        }
        if self.mode == Mode::Failed && !step.phase.is_failure() {
            let word = if step.attempts.is_empty() {
                "it has not begun".into()
            } else {
                state(step)
            };
            return (
                Word::Skip,
                format!("{word}; only steps that failed are asked for"),
            );
        }
        if self.going_on {
            return (Word::Blocked, "the run is still going on".into());
        }
        let fact = self.facts.of(key);
        if fact.is_none_or(|fact| fact.argv.is_none()) {
            if step.attempts.is_empty()
                && depth == 0
                && let Some(first) = self.comes_from()
            {
                return (
                    Word::Run,
                    format!("it has not begun; {first} begins anew and may come to it"),
                );
            }
            let why =
                "its events hold no argument vector (argv), which `runboard-bridge record` writes";
            return (Word::Blocked, format!("{}, and {why}", state(step)));
        }
        let Some(fact) = fact.filter(|fact| fact.exact()) else {
            let why = "it cannot be run again: an argument is no UTF-8 text, so it was not recorded exactly";
            return (Word::Blocked, why.into());
        };
        let cwd = fact.cwd.as_deref().unwrap_or_default();
        if !Path::new(cwd).is_dir() || !Path::new(cwd).is_absolute() {
            return (Word::Blocked, format!("its folder {cwd} is not there"));
        }
        (Word::Retry, state(step))
    }

    /// The step from which those come that were planned and have not begun: the one that has others inside, or the only one.
    fn comes_from(&mut self) -> Option<String> {
        let begun: Vec<String> = self
            .steps
            .values()
            .filter(|step| !step.attempts.is_empty())
            .map(|step| step.key.clone())
            .filter(|key| self.facts.of(key).is_some_and(|fact| fact.within.is_none()))
            .collect();
        let only = begun.len() == 1;
        begun.into_iter().find(|key| {
            (only || self.facts.wraps(key))
                && matches!(self.word(key, 1).0, Word::Retry | Word::Run)
        })
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
