//! From the wire into the model. Total: any bytes give a value with problems, or an error; a row is never dropped silently.
//!
//! Lists of runs and of log lines are long, so they are read by derived code first; only when that fails, or for everything else, field by field.

use serde_json::{Map, Value};

use super::lines;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{
    BackendError, Capabilities, Cursor, Decoded, Info, LogBatch, Logs, Page, Turning, Updates,
    Vocabulary,
};
use crate::model::{
    Attempt, Health, Level, Lineage, LogLine, LogStream, Phase, ResumeMode, Run, Standing, Step,
    StepCounts, Timestamp,
};

/// The phase for a wire status, and the word to show for it.
pub(super) fn phase(status: String, raw: Option<String>) -> (Phase, String) {
    let phase = Phase::from_word(&status).unwrap_or(Phase::Unknown);
    (phase, raw.unwrap_or(status))
}

fn tags(map: Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut tags = Vec::new();
    for (key, value) in map {
        match value {
            Value::Array(values) => {
                tags.extend(values.into_iter().map(|value| (key.clone(), text(value))))
            }
            value => tags.push((key, text(value))),
        }
    }
    tags
}

/// The field `steps` of a run or of its figures.
pub(super) fn counts(fields: &mut Fields<'_>) -> Option<StepCounts> {
    fields.object("steps").map(|mut steps| StepCounts {
        total: steps.small("total"),
        succeeded: steps.small("succeeded").unwrap_or(0),
        failed: steps.small("failed").unwrap_or(0),
        running: steps.small("running").unwrap_or(0),
        skipped: steps.small("skipped").unwrap_or(0),
    })
}

/// A run; its problems are told with it.
pub(super) fn run(fields: &mut Fields<'_>, _: usize) -> Run {
    let id = fields.word("id");
    if id.is_empty() {
        fields.missing("id");
    }
    let (mut phase, raw_status) = phase(fields.word("status"), fields.text("raw_status"));
    let last_seen_at = fields.time("last_seen_at");
    if last_seen_at.is_some() && !phase.is_terminal() {
        // It claims to go on and shows no life: unfinished, and nobody knows its fate.
        phase = Phase::Unknown;
    }
    Run {
        id,
        phase,
        raw_status,
        last_seen_at,
        job: fields.word("job"),
        created_at: fields.time("created_at"),
        started_at: fields.time("started_at"),
        ended_at: fields.time("ended_at"),
        zone_assumed: fields.flag("zone_assumed"),
        attempt: fields.small("attempt").unwrap_or(1),
        steps: counts(fields).unwrap_or_default(),
        assets: fields.small("assets"),
        tags: tags(fields.map("tags")),
        reason: fields.text("reason"),
        reason_event: None,
        user: fields.text("user"),
        host: fields.text("host"),
        command: fields.texts("command"),
        exit_code: fields.number("exit_code"),
        lineage: Lineage {
            root: fields.text("root"),
            parent: fields.text("parent"),
        },
        version: fields.count("version").unwrap_or(0),
        brief: None,
    }
}

/// The run in a field, if it has an id.
pub(super) fn one(fields: &mut Fields<'_>, name: &str) -> Option<Run> {
    let run = run(&mut fields.object(name)?, 0);
    (!run.id.is_empty()).then_some(run)
}

fn attempt(fields: &mut Fields<'_>, index: usize) -> Attempt {
    let (phase, raw_status) = phase(fields.word("status"), fields.text("raw_status"));
    Attempt {
        number: fields.small("attempt").unwrap_or(index as u32 + 1).max(1),
        phase,
        raw_status,
        started_at: fields.time("started_at"),
        ended_at: fields.time("ended_at"),
        exit_code: fields.number("exit_code"),
        reason: fields.text("reason"),
    }
}

fn step(fields: &mut Fields<'_>, index: usize) -> Step {
    let (phase, raw_status) = phase(fields.word("status"), fields.text("raw_status"));
    Step {
        key: fields.word("key"),
        phase,
        raw_status,
        position: fields.small("position").unwrap_or(index as u32),
        queued_at: fields.time("queued_at"),
        started_at: fields.time("started_at"),
        ended_at: fields.time("ended_at"),
        exit_code: fields.number("exit_code"),
        reason: fields.text("reason"),
        reason_event: None,
        attempts: fields.rows("attempts", attempt),
        needs: fields.texts("needs"),
        name: None,
        kind: None,
        parent: None,
        group: None,
        version: fields.count("version").unwrap_or(0),
    }
}

pub(super) fn line(at: &str, step: String, stream: &str, level: &str, text: String) -> LogLine {
    LogLine {
        at: Timestamp::parse(at),
        step,
        stream: LogStream::from_word(stream),
        level: Level::from_word(level).unwrap_or_else(|| Level::of_text(&text)),
        text,
    }
}

pub(super) fn decoded<T>(value: T, cursor: Option<String>, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: cursor.map(Cursor),
    }
}

fn part(fields: &mut Fields<'_>, _: usize) -> Health {
    Health {
        kind: fields.word("kind"),
        name: fields.word("name"),
        standing: Standing::from_word(&fields.word("standing")),
        words: fields.word("words"),
        seen_at: fields.time("seen_at"),
    }
}

/// `GET /info`. An answer without a name or an API version is not from this API.
pub fn info(bytes: &[u8]) -> Result<Decoded<Info>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let name = fields.word("name");
    if name.is_empty() && fields.text("api").is_none() {
        return Err(BackendError::NotThisApi(
            "the answer to info has neither a name nor an API version".into(),
        ));
    }
    let mut info = Info {
        name,
        version: fields.word("version"),
        server_time: fields.time("server_time"),
        heartbeat_s: fields.small("heartbeat_s"),
        problems: fields.texts("problems"),
        ..Info::default()
    };
    info.health = fields.rows("health", part);
    if let Some(mut can) = fields.object("capabilities") {
        let ends = can.texts("terminate");
        info.capabilities = Capabilities {
            updates: if can.text("updates").as_deref() == Some("stream") {
                Updates::Stream
            } else {
                Updates::Poll
            },
            logs: match can.text("logs").as_deref() {
                Some("follow") => Logs::Follow,
                Some("snapshot") => Logs::Snapshot,
                _ => Logs::None,
            },
            log_file: can.flag("log_file"),
            events: can.flag("events"),
            stats: can.flag("stats"),
            lineage: can.flag("lineage"),
            raw: can.flag("raw"),
            resume: can.flag("resume"),
            resume_plan: can.flag("resume_plan"),
            keyed: true,
            turning: match can.flag("resume_skips") {
                true => Turning::PassOver,
                false => Turning::Nothing,
            },
            resume_profiles: can.flag("resume_profiles"),
            mark_success: can.flag("mark_success"),
            facts: can.flag("facts"),
            reexecute: can.flag("reexecute"),
            delete: can.flag("delete"),
            terminate_safe: ends.iter().any(|word| word == "safe"),
            terminate_immediate: ends.iter().any(|word| word == "immediate"),
            modes: &[ResumeMode::Incomplete, ResumeMode::Failed],
            ..Capabilities::default()
        };
    }
    if let Some(mut words) = fields.object("vocabulary") {
        let Vocabulary { job, step } = Vocabulary::default();
        info.vocabulary = Vocabulary {
            job: words.text("job").unwrap_or(job),
            step: words.text("step").unwrap_or(step),
        };
    }
    Ok(decoded(info, None, problems))
}

/// `GET /runs`, and the `runs` event of the stream.
pub fn run_list(bytes: &[u8]) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let page = Page {
        items: fields.rows("runs", run),
        next: fields.text("next"),
        total: fields.count("total"),
    };
    let cursor = fields.text("cursor");
    Ok(decoded(page, cursor, problems))
}

/// `GET /runs/{id}`.
pub fn one_run(bytes: &[u8]) -> Result<Decoded<Run>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let cursor = fields.text("cursor");
    let run = one(&mut fields, "run")
        .ok_or_else(|| BackendError::Malformed("the answer holds no run with an id".into()))?;
    Ok(decoded(run, cursor, problems))
}

/// Steps with the run that they belong to, where the answer says it, and the position.
pub(super) struct Steps {
    pub(super) run: String,
    pub(super) steps: Vec<Step>,
    cursor: Option<String>,
}

pub(super) fn steps(bytes: &[u8], problems: &mut Problems) -> Result<Steps, BackendError> {
    let mut fields = Fields::parse(bytes, problems)?;
    Ok(Steps {
        run: fields.word("run"),
        cursor: fields.text("cursor"),
        steps: fields.rows("steps", step),
    })
}

/// `GET /runs/{id}/steps`.
pub fn step_list(bytes: &[u8]) -> Result<Decoded<Vec<Step>>, BackendError> {
    let mut problems = Problems::new();
    let list = steps(bytes, &mut problems)?;
    Ok(decoded(list.steps, list.cursor, problems))
}

pub(super) fn log(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<(String, Option<String>, LogBatch), BackendError> {
    if let Some(lines) = lines::read(bytes) {
        return Ok((lines.run, lines.cursor, lines.batch));
    }
    let mut fields = Fields::parse(bytes, problems)?;
    let row = |row: &mut Fields<'_>, _: usize| {
        let mut text = |name| row.word(name);
        line(
            &text("at"),
            text("step"),
            &text("stream"),
            &text("level"),
            text("text"),
        )
    };
    let batch = LogBatch {
        first: fields.count("first").unwrap_or(1).max(1),
        total: fields.count("total"),
        lines: fields.rows("lines", row),
    };
    Ok((fields.word("run"), fields.text("cursor"), batch))
}

/// `GET /runs/{id}/logs`.
pub fn log_list(bytes: &[u8]) -> Result<Decoded<LogBatch>, BackendError> {
    let mut problems = Problems::new();
    let (_, cursor, batch) = log(bytes, &mut problems)?;
    Ok(decoded(batch, cursor, problems))
}
