//! The entries of a run's one log: as events, as lines, and as the reasons of what failed.

use crate::backend::lenient::Fields;
use crate::model::event::{EventLevel, RunEvent};
use crate::model::{Level, LogLine, LogStream, Run, Step, Timestamp};

/// Stands for a line break inside of a message: an entry of the log is one line, so that lines have the entries' numbers.
const BREAK: &str = " \u{23ce} ";

/// The types of a run's events (`DagsterEventType`, 1.13.27), without the names of old that say the same.
pub(super) const KINDS: &str = "STEP_OUTPUT STEP_INPUT STEP_FAILURE STEP_START STEP_SUCCESS STEP_SKIPPED STEP_WORKER_STARTING STEP_WORKER_STARTED STEP_UP_FOR_RETRY STEP_RESTARTED STEP_EXPECTATION_RESULT RESOURCE_INIT_STARTED RESOURCE_INIT_SUCCESS RESOURCE_INIT_FAILURE ASSET_MATERIALIZATION ASSET_MATERIALIZATION_PLANNED ASSET_OBSERVATION ASSET_CHECK_EVALUATION_PLANNED ASSET_CHECK_EVALUATION ASSET_FAILED_TO_MATERIALIZE ASSET_STORE_OPERATION RUN_ENQUEUED RUN_DEQUEUED RUN_STARTING RUN_START RUN_SUCCESS RUN_FAILURE RUN_CANCELING RUN_CANCELED RUN_SUSPENDED RUN_RESUMED OBJECT_STORE_OPERATION LOADED_INPUT HANDLED_OUTPUT ENGINE_EVENT HOOK_COMPLETED HOOK_ERRORED HOOK_SKIPPED ALERT_START ALERT_SUCCESS ALERT_FAILURE LOGS_CAPTURED LogMessageEvent";

/// A message of the user's own code, which has no event type.
const MESSAGE: &str = "LogMessageEvent";

/// What an entry is, in Dagster's own word: its event type, or for a message of the user's own code the name of the record.
fn kind(fields: &mut Fields<'_>) -> String {
    let record = fields.word("__typename");
    fields.text("eventType").unwrap_or(record)
}

/// Events tell milliseconds since 1970 as a text.
pub(super) fn time(fields: &mut Fields<'_>) -> Option<Timestamp> {
    let text = fields.text("timestamp")?;
    let millis: Option<i64> = text.parse().ok();
    if millis.is_none() {
        fields.missing("timestamp");
    }
    millis.map(|millis| Timestamp(millis.saturating_mul(1000)))
}

/// Where Dagster's own classes live, which is nothing to users.
const OWN: &str = "dagster._core.";
/// An error of these only passes on its cause.
const WRAPPERS: [&str; 2] = [
    "dagster._core.errors.DagsterExecutionStepExecutionError",
    "dagster._core.execution.plan.utils.RetryRequestedFromPolicy",
];

/// An error and what caused it, without their stacks.
fn error(fields: &mut Fields<'_>) -> Option<String> {
    let mut error = fields.object("error")?;
    let message = error.word("message");
    let causes = error.column("causes", "message");
    let is_wrapper = !causes.is_empty() && WRAPPERS.iter().any(|name| message.starts_with(name));
    let own = (!is_wrapper).then_some(message);
    let mut words = String::new();
    for message in own.iter().chain(&causes) {
        if !words.is_empty() {
            words.push_str("\ncaused by ");
        }
        words.push_str(plain(message.trim()));
    }
    Some(words)
}

/// An error and what caused it, in short and then each with its stack.
pub(super) fn trace(fields: &mut Fields<'_>) -> Option<String> {
    let mut error = fields.object("error")?;
    let one = |error: &mut Fields<'_>, _: usize| {
        let message = error.word("message");
        let stack = error.texts("stack").concat();
        (plain(message.trim()).to_string(), stack)
    };
    let mut all = error.rows("causes", one);
    all.insert(0, one(&mut error, 0));
    let (mut words, mut stacks) = (String::new(), String::new());
    for (message, stack) in &all {
        let head = if words.is_empty() { "" } else { "\ncaused by " };
        words.extend([head, message]);
        stacks.extend(["\n\n", message, "\n", stack.trim_end()]);
    }
    Some(words + &stacks)
}

/// `Failure: why` of `dagster._core.definitions.events.Failure: why`.
fn plain(message: &str) -> &str {
    let class = message.split([':', ' ']).next().unwrap_or_default();
    let name = class.rsplit('.').next().map_or(0, str::len);
    match message.starts_with(OWN) {
        true => message.get(class.len() - name..).unwrap_or(message),
        false => message,
    }
}

/// One entry of a run's history.
pub(super) struct Entry {
    pub(super) event: RunEvent,
    pub(super) line: LogLine,
    /// Of an entry about a failure what failed, with its causes; else empty.
    pub(super) error: String,
}

/// An entry as an event, whose `detail` is its own record as it came, and as a line of the log.
///
/// Dagster's own entries are `sys` lines; where a message of the user's code came from it does not tell.
pub(super) fn entry(fields: &mut Fields<'_>, n: u64, detail: &str) -> Entry {
    let level = fields.text("level");
    let word = level.as_deref().unwrap_or_default();
    let (known, loud) = (EventLevel::from_word(word), Level::from_word(word));
    let at = time(fields);
    let kind = kind(fields);
    let step = fields.text("stepKey");
    let message = fields.word("message");
    // Some have no message, and their type is all that they say.
    let mut text = if message.is_empty() { &kind } else { &message }.clone();
    let error = error(fields).unwrap_or_default();
    if !error.is_empty() {
        text.extend(["\n", &error]);
    }
    let text = text
        .trim_end()
        .split('\n')
        .collect::<Vec<&str>>()
        .join(BREAK);
    let line = LogLine {
        at,
        step: step.clone().unwrap_or_default(),
        stream: match kind.as_str() {
            MESSAGE => LogStream::Unknown,
            _ => LogStream::System,
        },
        level: loud.unwrap_or(Level::Unset),
        text,
    };
    let event = RunEvent {
        n,
        time: at,
        kind,
        step,
        attempt: None,
        level: known,
        raw_level: level.filter(|_| known.is_none()),
        message,
        detail: (!detail.is_empty()).then(|| detail.to_string()),
        error: None,
        facts: Vec::new(),
    };
    Entry { event, line, error }
}

/// Why steps and runs failed, as far as their events tell.
#[derive(Default)]
pub(super) struct Reasons {
    found: Vec<Reason>,
    /// What Dagster itself said of the run, if that was the last event.
    said: Option<Reason>,
}

struct Reason {
    /// Number of the event that tells it.
    n: u64,
    /// `None`: the run itself.
    step: Option<String>,
    is_retry: bool,
    words: String,
}

impl Reasons {
    pub(super) fn take(&mut self, entry: &Entry) {
        let event = &entry.event;
        let kind = event.kind.as_str();
        let said = self.said.take();
        let is_retry = kind == "STEP_UP_FOR_RETRY";
        let of_step = is_retry || kind == "STEP_FAILURE";
        let of_run = matches!(kind, "RUN_FAILURE" | "PIPELINE_FAILURE");
        let is_said = kind == "ENGINE_EVENT" && event.step.is_none();
        if !of_step && !of_run && !is_said {
            return;
        }
        let words = match entry.error.is_empty() {
            true => &event.message,
            false => &entry.error,
        };
        let reason = Reason {
            n: event.n,
            step: event.step.clone().filter(|_| of_step),
            is_retry,
            words: words.clone(),
        };
        // A run that was not launched or whose process was lost is marked as failed without a word, right behind what happened.
        match said.filter(|_| of_run && entry.error.is_empty()) {
            Some(said) => self.found.push(said),
            None if is_said => self.said = Some(reason),
            None => self.found.push(reason),
        }
    }

    fn of(&self, step: Option<&str>) -> Option<&Reason> {
        let own = |reason: &&Reason| reason.step.as_deref() == step && !reason.is_retry;
        self.found.iter().find(own)
    }

    /// Tells failed steps and their attempts why.
    pub(super) fn explain(&self, steps: &mut [Step]) {
        for step in steps {
            let key = step.key.as_str();
            if step.phase.is_failure() {
                let reason = self.of(Some(key));
                step.reason = reason.map(|reason| reason.words.clone());
                step.reason_event = reason.map(|reason| reason.n);
            }
            let mut retries = self
                .found
                .iter()
                .filter(|reason| reason.is_retry && reason.step.as_deref() == Some(key));
            let last = step.attempts.len();
            for attempt in &mut step.attempts {
                attempt.reason = match attempt.number as usize == last {
                    true => step.reason.clone(),
                    false => retries.next().map(|reason| reason.words.clone()),
                };
            }
        }
    }

    /// Why the run failed: by its first failed step, else by its own words.
    pub(super) fn explain_run(&self, run: &mut Run) {
        let of_step = |one: &&Reason| one.step.is_some() && !one.is_retry;
        let Some(reason) = self.found.iter().find(of_step).or(self.of(None)) else {
            return;
        };
        let words = reason.words.clone();
        run.reason_event = Some(reason.n);
        run.reason = Some(match &reason.step {
            Some(key) => [key, ": ", &words].concat(),
            None => words,
        });
    }
}
