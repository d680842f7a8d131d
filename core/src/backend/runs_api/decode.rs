//! From the wire into the model. Total: any bytes give a value with problems, or an error; a row is never dropped silently.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient::{Problems, lenient, read, read_list};
use super::wire;
use crate::backend::{
    BackendError, Capabilities, Cursor, Decoded, Info, LogBatch, Logs, Page, Updates, Vocabulary,
};
use crate::model::{
    Attempt, Level, Lineage, LogLine, LogStream, Phase, Run, Step, StepCounts, Timestamp,
};

fn time(text: &Option<String>, what: &str, problems: &mut Problems) -> Option<Timestamp> {
    let text = text.as_deref()?;
    let at = Timestamp::parse(text);
    if at.is_none() {
        problems.push(format!("{what}: {text:?} is no RFC 3339 time"));
    }
    at
}

/// The phase for a wire status, and the word to show for it.
fn phase(status: String, raw: Option<String>) -> (Phase, String) {
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

/// One row of the list.
pub fn run(wire: wire::Run, problems: &mut Problems) -> Run {
    let (mut phase, raw_status) = phase(wire.status, wire.raw_status);
    let what = |field| format!("run {}.{field}", wire.id);
    let steps = wire.steps.unwrap_or_default();
    let last_seen_at = time(&wire.last_seen_at, &what("last_seen_at"), problems);
    if last_seen_at.is_some() && !phase.is_terminal() {
        // It claims to go on and shows no life: unfinished, and nobody knows its fate.
        phase = Phase::Unknown;
    }
    Run {
        created_at: time(&wire.created_at, &what("created_at"), problems),
        started_at: time(&wire.started_at, &what("started_at"), problems),
        ended_at: time(&wire.ended_at, &what("ended_at"), problems),
        last_seen_at,
        id: wire.id,
        job: wire.job,
        phase,
        raw_status,
        zone_assumed: wire.zone_assumed,
        attempt: wire.attempt.unwrap_or(1),
        steps: StepCounts {
            total: steps.total,
            succeeded: steps.succeeded,
            failed: steps.failed,
            running: steps.running,
            skipped: steps.skipped,
        },
        tags: tags(wire.tags),
        reason: wire.reason,
        user: wire.user,
        host: wire.host,
        command: wire.command,
        exit_code: wire.exit_code,
        lineage: Lineage {
            root: wire.root,
            parent: wire.parent,
        },
        version: wire.version.unwrap_or(0),
    }
}

fn attempt(wire: wire::Attempt, step: &str, problems: &mut Problems) -> Attempt {
    let (phase, raw_status) = phase(wire.status, wire.raw_status);
    Attempt {
        number: wire.attempt.max(1),
        phase,
        raw_status,
        started_at: time(
            &wire.started_at,
            &format!("step {step}.started_at"),
            problems,
        ),
        ended_at: time(&wire.ended_at, &format!("step {step}.ended_at"), problems),
        exit_code: wire.exit_code,
        reason: wire.reason,
    }
}

fn step(wire: wire::Step, index: usize, problems: &mut Problems) -> Step {
    let (phase, raw_status) = phase(wire.status, wire.raw_status);
    let what = |field| format!("step {}.{field}", wire.key);
    Step {
        phase,
        raw_status,
        position: wire.position.unwrap_or(index as u32),
        queued_at: time(&wire.queued_at, &what("queued_at"), problems),
        started_at: time(&wire.started_at, &what("started_at"), problems),
        ended_at: time(&wire.ended_at, &what("ended_at"), problems),
        exit_code: wire.exit_code,
        reason: wire.reason,
        attempts: wire
            .attempts
            .into_iter()
            .map(|wire_attempt| attempt(wire_attempt, &wire.key, problems))
            .collect(),
        needs: wire.needs,
        version: wire.version.unwrap_or(0),
        key: wire.key,
    }
}

fn line(wire: &wire::LogLine<'_>) -> LogLine {
    LogLine {
        at: Timestamp::parse(&wire.at),
        step: wire.step.to_string(),
        stream: LogStream::from_word(&wire.stream),
        level: Level::from_word(&wire.level).unwrap_or_else(|| Level::of_text(&wire.text)),
        text: wire.text.to_string(),
    }
}

fn decoded<T>(value: T, cursor: Option<String>, problems: Problems) -> Decoded<T> {
    Decoded {
        value,
        problems,
        cursor: cursor.map(Cursor),
    }
}

/// The words of an error body: `detail`, else `title`.
pub fn problem(bytes: &[u8]) -> Option<String> {
    let problem: wire::Problem = serde_json::from_slice(bytes).ok()?;
    [problem.detail, problem.title]
        .into_iter()
        .find(|text| !text.is_empty())
}

/// `GET /info`. An answer without a name or an API version is not from this API.
pub fn info(bytes: &[u8]) -> Result<Decoded<Info>, BackendError> {
    let mut problems = Problems::new();
    let wire: wire::Info = read(bytes, &mut problems)?;
    if wire.name.is_empty() && wire.api.is_empty() {
        return Err(BackendError::NotThisApi(
            "the answer to info has neither a name nor an API version".into(),
        ));
    }
    let defaults = Vocabulary::default();
    let info = Info {
        name: wire.name,
        version: wire.version,
        capabilities: Capabilities {
            updates: if wire.capabilities.updates == "stream" {
                Updates::Stream
            } else {
                Updates::Poll
            },
            logs: match wire.capabilities.logs.as_str() {
                "follow" => Logs::Follow,
                "snapshot" => Logs::Snapshot,
                _ => Logs::None,
            },
            log_file: wire.capabilities.log_file,
        },
        vocabulary: Vocabulary {
            job: wire.vocabulary.job.unwrap_or(defaults.job),
            step: wire.vocabulary.step.unwrap_or(defaults.step),
        },
        server_time: Timestamp::parse(&wire.server_time),
        heartbeat_s: wire.heartbeat_s,
        problems: wire.problems,
    };
    Ok(decoded(info, None, problems))
}

pub(super) fn runs(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<(wire::RunList, Vec<Run>), BackendError> {
    let mut list = read_list(bytes, "runs", problems, |list: &mut wire::RunList, rows| {
        list.runs = rows
    })?;
    let rows = std::mem::take(&mut list.runs);
    let mut runs = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        if row.id.is_empty() {
            problems.push(format!(
                "runs[{index}].id: missing, so the run cannot be opened or followed"
            ));
        }
        runs.push(run(row, problems));
    }
    Ok((list, runs))
}

/// `GET /runs`.
pub fn run_list(bytes: &[u8]) -> Result<Decoded<Page<Run>>, BackendError> {
    let mut problems = Problems::new();
    let (list, items) = runs(bytes, &mut problems)?;
    Ok(decoded(
        Page {
            items,
            next: list.next,
            total: list.total,
        },
        list.cursor,
        problems,
    ))
}

/// `GET /runs/{id}`.
pub fn one_run(bytes: &[u8]) -> Result<Decoded<Run>, BackendError> {
    let mut problems = Problems::new();
    let mut one: wire::OneRun = read(bytes, &mut problems)?;
    if one.run.id.is_empty()
        && let Ok(Value::Object(fields)) = serde_json::from_slice(bytes)
        && let Some(row) = fields.get("run")
    {
        problems.clear();
        one.run = lenient(row.clone(), "run", &mut problems);
    }
    if one.run.id.is_empty() {
        return Err(BackendError::Malformed(
            "the answer holds no run with an id".into(),
        ));
    }
    let cursor = one.cursor.take();
    Ok(decoded(run(one.run, &mut problems), cursor, problems))
}

pub(super) fn steps(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<(wire::StepList, Vec<Step>), BackendError> {
    let mut list = read_list(
        bytes,
        "steps",
        problems,
        |list: &mut wire::StepList, rows| list.steps = rows,
    )?;
    let rows = std::mem::take(&mut list.steps);
    let steps = rows
        .into_iter()
        .enumerate()
        .map(|(index, row)| step(row, index, problems))
        .collect();
    Ok((list, steps))
}

/// `GET /runs/{id}/steps`.
pub fn step_list(bytes: &[u8]) -> Result<Decoded<Vec<Step>>, BackendError> {
    let mut problems = Problems::new();
    let (list, steps) = steps(bytes, &mut problems)?;
    Ok(decoded(steps, list.cursor, problems))
}

pub(super) fn log(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<(String, Option<String>, LogBatch), BackendError> {
    if let Ok(list) = serde_json::from_slice::<wire::LogList<'_>>(bytes) {
        let lines = list.lines.iter().map(line).collect();
        return Ok((
            list.run.into_owned(),
            list.cursor,
            LogBatch {
                first: list.first.max(1),
                lines,
                total: list.total,
            },
        ));
    }
    // Owned and field by field: `Value` does not lend its texts.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Row {
        at: String,
        step: String,
        stream: String,
        level: String,
        text: String,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Envelope {
        run: String,
        first: u64,
        total: Option<u64>,
        lines: Vec<Row>,
        cursor: Option<String>,
    }
    let list = read_list(bytes, "lines", problems, |list: &mut Envelope, rows| {
        list.lines = rows
    })?;
    let lines = list
        .lines
        .iter()
        .map(|row| {
            line(&wire::LogLine {
                n: None,
                at: row.at.as_str().into(),
                step: row.step.as_str().into(),
                stream: row.stream.as_str().into(),
                level: row.level.as_str().into(),
                text: row.text.as_str().into(),
            })
        })
        .collect();
    Ok((
        list.run,
        list.cursor,
        LogBatch {
            first: list.first.max(1),
            lines,
            total: list.total,
        },
    ))
}

/// `GET /runs/{id}/logs`.
pub fn log_list(bytes: &[u8]) -> Result<Decoded<LogBatch>, BackendError> {
    let mut problems = Problems::new();
    let (_, cursor, batch) = log(bytes, &mut problems)?;
    Ok(decoded(batch, cursor, problems))
}
