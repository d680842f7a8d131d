//! One action in full, and a run with its options: what lists and the tree leave out.

use std::rc::Rc;

use futures_util::FutureExt as _;

use super::decode::{Act, CACHE, act, identity, related};
use super::id::Id;
use super::list::decoded;
use super::request::{Asked, RUNS, Server};
use super::{literal, proto};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, slice};
use crate::model::step_detail::{PhaseSpan, Question, StepLink, StepNote};
use crate::model::{Attempt, Phase, Run, StepDetail};

/// What an attempt tells beside itself.
struct Tried {
    attempt: Attempt,
    spans: Vec<PhaseSpan>,
    links: Vec<StepLink>,
    notes: Vec<StepNote>,
    facts: Vec<(String, String)>,
    /// It has logs, and does not tell where it runs.
    is_placeless: bool,
}

/// What is wrong, whose fault it is, and its code (which services newer than 2.0.53 send).
fn error(fields: &mut Fields<'_>) -> Option<(String, String, String)> {
    let mut info = fields.object("errorInfo")?;
    let kind = info.enumerated("kind", "KIND_", &["UNSPECIFIED", "USER", "SYSTEM"]);
    Some((info.word("message"), kind, info.word("code")))
}

/// Where the primary pod of a `LogContext` runs: what it is, and its name.
pub(super) fn place(context: &mut Fields<'_>) -> Vec<(&'static str, String)> {
    let primary = context.text("primaryPodName");
    let mut found = Vec::new();
    context.each("pods", &mut |pod, _| {
        let name = pod.text("podName");
        if name != primary {
            return;
        }
        let own = [
            ("pod", name),
            ("namespace", pod.text("namespace")),
            ("container", pod.text("primaryContainerName")),
        ];
        let own = own
            .into_iter()
            .filter_map(|(what, name)| Some((what, name?)));
        found.extend(own);
    });
    found
}

/// `own_cache`: the action's own word, which is not told again of an attempt.
fn tried(fields: &mut Fields<'_>, index: usize, own_cache: &str) -> Tried {
    let number = fields.small("attempt").unwrap_or(index as u32 + 1).max(1);
    let (phase, raw_status) = proto::phase(fields, "phase");
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push((
                ["attempt ", &number.to_string(), ": ", name].concat(),
                value,
            ));
        }
    };
    let failed = error(fields);
    if let Some((_, kind, code)) = &failed {
        fact(
            "error kind",
            Some(kind.clone()).filter(|kind| kind != "UNSPECIFIED"),
        );
        fact("error code", Some(code.clone()));
    }
    fact("cluster", fields.text("cluster"));
    let cache = fields.enumerated("cacheStatus", "", &CACHE);
    let is_news = |word: &String| word != CACHE[0] && word != own_cache;
    fact("cache", Some(cache).filter(is_news));
    if let Some(mut meta) = fields.object("cacheMetadata")
        && let Some(mut from) = meta.object("sourceActionAttempt")
    {
        let nth = from.text("attempt").map(|nth| [" attempt ", &nth].concat());
        let from = from.object("actionId").map(|mut id| related(&mut id));
        fact(
            "cached from",
            from.map(|from| from + nth.as_deref().unwrap_or_default()),
        );
    }
    let mut links = Vec::new();
    fields.each("logInfo", &mut |log, _| {
        if log.flag("HideOnceFinished") && phase.is_terminal() {
            return;
        }
        // The service says of dashboards and editors alone when they can be opened: other links are as they are, and their flag is never set.
        let kind = log.enumerated("linkType", "", &["EXTERNAL", "DASHBOARD", "IDE"]);
        links.push(StepLink {
            attempt: None,
            name: log.word("name"),
            url: log.word("uri"),
            is_ready: log.flag("ready") || kind == "EXTERNAL",
        });
    });
    if let Some(mut outputs) = fields.object("outputs") {
        for (name, field) in [("report", "reportUri"), ("outputs", "outputUri")] {
            if let Some(url) = outputs.text(field).filter(|url| !url.is_empty()) {
                links.push(StepLink {
                    attempt: None,
                    name: name.into(),
                    url,
                    is_ready: true,
                });
            }
        }
    }
    let place = match fields.object("logContext") {
        Some(mut context) => place(&mut context),
        None => Vec::new(),
    };
    let is_placeless = fields.flag("logsAvailable") && place.is_empty();
    for (name, value) in place {
        fact(name, Some(value));
    }
    let spans = fields.rows("phaseTransitions", |span, _| {
        let (phase, raw_status) = proto::phase(span, "phase");
        PhaseSpan {
            attempt: 0,
            phase,
            raw_status,
            from: span.time("startTime"),
            to: span.time("endTime"),
        }
    });
    let notes = fields.rows("clusterEvents", |event, _| StepNote {
        attempt: 0,
        time: event.time("occurredAt"),
        is_warning: event.enumerated("type", "TYPE_", &["UNSPECIFIED", "NORMAL", "WARNING"])
            == "WARNING",
        reason: event.word("reason"),
        message: {
            let times = event.small("count").filter(|count| *count > 1);
            let times = times.map(|count| [" (", &count.to_string(), " times)"].concat());
            let by = event.text("sourceComponent").filter(|by| !by.is_empty());
            let by = by.map(|by| [", by ", &by].concat());
            let ends = [times.unwrap_or_default(), by.unwrap_or_default()];
            [event.word("message"), ends.concat()].concat()
        },
    });
    if !notes.is_empty() {
        fact("cluster events", Some(notes.len().to_string()));
    }
    let mut tried = Tried {
        attempt: Attempt {
            number,
            phase,
            raw_status,
            started_at: fields.time("startTime"),
            ended_at: fields.time("endTime"),
            exit_code: None,
            reason: failed.map(|(message, ..)| message),
        },
        spans,
        links,
        notes,
        facts,
        is_placeless,
    };
    for span in &mut tried.spans {
        span.attempt = number;
    }
    for note in &mut tried.notes {
        note.attempt = number;
    }
    for link in &mut tried.links {
        link.attempt = Some(number);
    }
    tried
}

/// Reads `ActionDetails`.
fn details(fields: &mut Fields<'_>, position: u32) -> (Act, StepDetail) {
    let mut act = act(fields);
    let mut detail = StepDetail {
        step: act.step(position),
        spans: Vec::new(),
        links: Vec::new(),
        notes: Vec::new(),
        facts: Vec::new(),
        question: None,
        spec: None,
    };
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            detail.facts.push((name.into(), value.into()));
        }
    };
    fact("kind", act.kind);
    if let Some((task, version)) = &act.task {
        fact("task", &task.text());
        fact("version", version);
    }
    for (name, value) in std::mem::take(&mut act.further) {
        fact(name, &value);
    }
    fact("trigger", &act.trigger);
    fact("environment", &act.environment);
    fact("cache", &act.cache);
    let step = &mut detail.step;
    if let Some((message, _, code)) = error(fields) {
        step.reason = Some(message);
        if !code.is_empty() {
            detail.facts.push(("error code".into(), code));
        }
    }
    for (info, name, by) in [
        ("abortInfo", "aborted by", "abortedBy"),
        ("signalInfo", "answered by", "signalledBy"),
    ] {
        let Some(mut info) = fields.object(info) else {
            continue;
        };
        let by = info.object(by).and_then(|mut who| identity(&mut who));
        detail.facts.extend(by.map(|(_, by)| (name.into(), by)));
        let answer = info
            .take("output")
            .map(|given| literal::typed(&given.to_string()));
        detail
            .facts
            .extend(answer.map(|answer| ("answer".into(), answer)));
        if name == "aborted by" {
            step.reason = info.text("reason").or(Some("aborted".into()));
        }
    }
    step.attempts.clear();
    let mut all = Vec::new();
    fields.each("attempts", &mut |fields, index| {
        all.push(tried(fields, index, &act.cache));
    });
    for tried in all {
        detail.spans.extend(tried.spans);
        detail.links.extend(tried.links);
        detail.notes.extend(tried.notes);
        detail.facts.extend(tried.facts);
        if tried.is_placeless {
            act.placeless.push(tried.attempt.number);
        }
        step.attempts.push(tried.attempt);
    }
    // Of an action that timed out only its last attempt tells why.
    if step.phase.is_failure() && step.reason.is_none() {
        step.reason = step.attempts.last().and_then(|last| last.reason.clone());
    }
    if let Some(span) = detail
        .spans
        .iter()
        .find(|span| span.phase == Phase::Running)
    {
        step.started_at = span.from.or(step.started_at);
    }
    if let Some(mut asked) = fields.object("condition") {
        let kind = asked
            .object("type")
            .and_then(|mut kind| proto::simple(kind.take("simple")?));
        let style = asked.enumerated(
            "promptType",
            "CONDITION_PROMPT_TYPE_",
            &["UNSPECIFIED", "TEXT", "MARKDOWN"],
        );
        let timeout = asked.text("timeout");
        let told = timeout.clone();
        detail
            .facts
            .extend(told.map(|told| ("waits at most".into(), told)));
        detail.question = Some(Question {
            kind: kind.or_else(|| act.awaits.clone()).unwrap_or_default(),
            prompt: asked.word("prompt"),
            description: asked.word("description"),
            is_markdown: style == "MARKDOWN",
            timeout: timeout.as_deref().and_then(proto::span),
        });
    }
    (act, detail)
}

/// The text of what an action runs.
fn spec(action: &str) -> Option<String> {
    let found = ["task", "trace", "condition"]
        .into_iter()
        .find_map(|kind| slice::member(action, kind));
    found.map(String::from)
}

/// Asks for one action. Where it stands among the others is not told, so its position is 0.
pub(super) fn action(
    server: &Rc<Server>,
    id: &Id,
    name: &str,
) -> Asked<(Act, Decoded<StepDetail>)> {
    let message = id.action(&server.scope, name, None);
    let answer = server.call(RUNS, "GetActionDetails", message);
    answer.map(|text| read_action(&text?)).boxed_local()
}

fn read_action(text: &str) -> Result<(Act, Decoded<StepDetail>), BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let (act, mut detail) = match fields.object("details") {
        Some(mut action) => details(&mut action, 0),
        None => return Err(empty("the action's details")),
    };
    detail.spec = spec(slice::member(text, "details").unwrap_or_default());
    Ok((act, decoded(detail, problems)))
}

fn empty(what: &str) -> BackendError {
    BackendError::Malformed(["the answer does not have ", what].concat())
}

/// A run with its options.
pub(super) struct Whole {
    pub(super) run: Run,
    pub(super) act: Act,
    /// What its root tells for people.
    pub(super) facts: Vec<(String, String)>,
    /// `RunDetails` as sent.
    pub(super) text: String,
    pub(super) problems: Problems,
}

pub(super) fn run(server: &Rc<Server>, id: &Id) -> Asked<Whole> {
    let answer = server.call(RUNS, "GetRunDetails", id.run(&server.scope));
    let (server, id) = (server.clone(), id.text());
    answer
        .map(move |text| read_run(&server, &id, &text?))
        .boxed_local()
}

fn read_run(server: &Server, id: &str, text: &str) -> Result<Whole, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let mut fields = fields
        .object("details")
        .ok_or_else(|| empty("the run's details"))?;
    let mut labels = Vec::new();
    if let Some(mut spec) = fields.object("runSpec")
        && let Some(mut own) = spec.object("labels")
    {
        labels = own.map("values").into_iter().collect();
    }
    let mut action = fields
        .object("action")
        .ok_or_else(|| empty("the run's root"))?;
    let (act, detail) = details(&mut action, 0);
    let mut run = act.run();
    run.reason = detail.step.reason;
    for (key, value) in labels {
        if let serde_json::Value::String(value) = value {
            run.tags.push((key, value));
        }
    }
    super::list::mark(
        &mut run,
        server.paused.borrow().iter().any(|known| known == id),
    );
    let own = slice::member(text, "details")
        .unwrap_or_default()
        .to_string();
    Ok(Whole {
        run,
        act,
        facts: detail.facts,
        text: own,
        problems,
    })
}
