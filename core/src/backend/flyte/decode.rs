//! Actions as Flyte tells them, made into runs and steps. A run is its root action, `a0`.

use super::id::Id;
use super::proto;
use crate::backend::lenient::Fields;
use crate::model::letter::lowered;
use crate::model::{Attempt, Lineage, Phase, Run, Step, StepCounts, Timestamp};

/// The root action of every run.
pub(super) const ROOT: &str = "a0";

/// So many attempts of an action are listed before its details are asked for.
const MOST_ATTEMPTS: u32 = 100;

const SOURCES: [&str; 6] = [
    "UNSPECIFIED",
    "WEB",
    "CLI",
    "SCHEDULE_TRIGGER",
    "TRACKED",
    "ARTIFACT_TRIGGER",
];
const RELATIONS: [&str; 6] = [
    "UNSPECIFIED",
    "RERUN",
    "RECOVER",
    "SPAWN",
    "TRIGGERED",
    "ON_ARTIFACT",
];
pub(super) const CACHE: [&str; 8] = [
    "CACHE_DISABLED",
    "CACHE_MISS",
    "CACHE_HIT",
    "CACHE_POPULATED",
    "CACHE_LOOKUP_FAILURE",
    "CACHE_PUT_FAILURE",
    "CACHE_SKIPPED",
    "CACHE_EVICTED",
];

/// An `Action` or the part of `ActionDetails` that it shares.
pub(super) struct Act {
    pub(super) run: Id,
    pub(super) name: String,
    pub(super) parent: String,
    pub(super) group: String,
    pub(super) kind: &'static str,
    /// What people call it.
    pub(super) label: String,
    pub(super) task: Option<(Id, String)>,
    pub(super) environment: String,
    pub(super) phase: Phase,
    pub(super) raw_status: String,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) attempts: u32,
    pub(super) cache: String,
    /// The type of the answer that a condition waits for.
    pub(super) awaits: Option<String>,
    /// Attempts that have logs and do not tell where they run.
    pub(super) placeless: Vec<u32>,
    owner: Option<(String, String)>,
    pub(super) trigger: String,
    source: String,
    relation: Option<(String, String)>,
    /// What details tell beside all that, for people.
    pub(super) further: Vec<(&'static str, String)>,
}

/// An action of another run, for people: `project/domain/run action`.
pub(super) fn related(fields: &mut Fields<'_>) -> String {
    let run = fields.object("run").map(|mut run| name(&mut run).text());
    [
        run.as_deref().unwrap_or_default(),
        " ",
        &fields.word("name"),
    ]
    .concat()
}

fn name(fields: &mut Fields<'_>) -> Id {
    let mut text = |name| fields.word(name);
    Id {
        project: text("project"),
        domain: text("domain"),
        name: text("name"),
    }
}

/// Who it was: the id by which the server filters, and a name for people.
pub(super) fn identity(fields: &mut Fields<'_>) -> Option<(String, String)> {
    for kind in ["user", "application"] {
        let Some(mut who) = fields.object(kind) else {
            continue;
        };
        let subject = who.object("id").and_then(|mut id| id.text("subject"));
        let mut words = None;
        if let Some(mut spec) = who.object("spec") {
            let full = [spec.text("firstName"), spec.text("lastName")];
            let full: Vec<String> = full.into_iter().flatten().collect();
            words = spec.text("email").or_else(|| spec.text("name"));
            words = words.or_else(|| Some(full.join(" ")).filter(|name| !name.is_empty()));
        }
        let subject = subject.or_else(|| words.clone())?;
        let words = words.unwrap_or_else(|| subject.clone());
        return Some((subject, words));
    }
    None
}

/// Reads `id`, `metadata` and `status`.
pub(super) fn act(fields: &mut Fields<'_>) -> Act {
    let mut act = Act {
        run: Id {
            project: String::new(),
            domain: String::new(),
            name: String::new(),
        },
        name: String::new(),
        parent: String::new(),
        group: String::new(),
        kind: "",
        label: String::new(),
        task: None,
        environment: String::new(),
        phase: Phase::Unknown,
        raw_status: String::new(),
        start: None,
        end: None,
        attempts: 0,
        cache: String::new(),
        awaits: None,
        placeless: Vec::new(),
        owner: None,
        trigger: String::new(),
        source: String::new(),
        relation: None,
        further: Vec::new(),
    };
    if let Some(mut id) = fields.object("id") {
        act.name = id.word("name");
        if let Some(mut run) = id.object("run") {
            act.run = name(&mut run);
        }
    }
    if act.name.is_empty() {
        fields.missing("id.name");
    }
    if let Some(mut meta) = fields.object("metadata") {
        metadata(&mut act, &mut meta);
    }
    if let Some(mut status) = fields.object("status") {
        (act.phase, act.raw_status) = proto::phase(&mut status, "phase");
        act.start = status.time("startTime");
        act.end = status.time("endTime");
        act.attempts = status.small("attempts").unwrap_or(0);
        act.cache = status.enumerated("cacheStatus", "", &CACHE);
        // Where only the length was sent.
        if let (None, Some(start), Some(length)) = (act.end, act.start, status.whole("durationMs"))
            && act.phase.is_terminal()
        {
            act.end = Some(start.plus(crate::model::Span(length.saturating_mul(1000))));
        }
    }
    act
}

fn metadata(act: &mut Act, meta: &mut Fields<'_>) {
    let mut text = |name| meta.word(name);
    act.parent = text("parent");
    act.group = text("group");
    act.environment = text("environmentName");
    act.trigger = text("triggerName");
    // The field's name is misspelt in the API.
    let function = text("funtionName");
    act.source = lowered(&meta.enumerated("source", "RUN_SOURCE_", &SOURCES));
    if let Some(mut who) = meta.object("executedBy") {
        act.owner = identity(&mut who);
    }
    // Which of the three is there tells the kind; the field for it is often empty.
    if let Some(mut task) = meta.object("task") {
        act.kind = "task";
        act.label = task.word("shortName");
        act.further.push(("task type", task.word("taskType")));
        act.further.push(("queue", task.word("queue")));
        if let Some(mut id) = task.object("id") {
            let version = id.word("version");
            act.task = Some((name(&mut id), version));
        }
    }
    for kind in ["trace", "condition"] {
        if let Some(mut other) = meta.object(kind) {
            act.kind = kind;
            act.label = other.word("name");
            if let Some(mut wanted) = other.object("type") {
                act.awaits = wanted.take("simple").and_then(proto::simple);
            }
        }
    }
    if act.label.is_empty() {
        act.label = function;
    }
    if let Some(mut id) = meta.object("triggerId") {
        act.further.push(("trigger revision", id.word("revision")));
        if let Some(mut id) = id.object("name")
            && act.trigger.is_empty()
        {
            act.trigger = id.word("name");
        }
    }
    act.further.extend(super::options::further(meta));
    if let Some(mut relation) = meta.object("relation") {
        let kind = relation.enumerated("relationType", "RELATION_TYPE_", &RELATIONS);
        if let Some(mut to) = relation.object("relatedTo") {
            act.relation = Some((lowered(&kind), name(&mut to).text()));
        }
    }
}

impl Act {
    /// The run that this is the root of.
    pub(super) fn run(&self) -> Run {
        let job = match &self.task {
            Some((id, _)) if !id.name.is_empty() => id.name.as_str(),
            _ => self.label.as_str(),
        };
        let mut run = Run::new(self.run.text(), job);
        (run.phase, run.raw_status) = (self.phase, self.raw_status.clone());
        run.created_at = self.start;
        // Queue time included: the service tells no other start.
        run.started_at = self.start.filter(|_| self.phase != Phase::Queued);
        run.ended_at = self.end;
        run.attempt = self.attempts.max(1);
        run.user = self.owner.as_ref().map(|(_, words)| words.clone());
        let mut tag = |key: &str, value: &str| {
            if !value.is_empty() {
                run.tags.push((key.into(), value.into()));
            }
        };
        tag("project", &self.run.project);
        tag("domain", &self.run.domain);
        if let Some((_, version)) = &self.task {
            tag("version", version);
        }
        tag("environment", &self.environment);
        if let Some((subject, _)) = &self.owner {
            tag("owner", subject);
        }
        tag("trigger", &self.trigger);
        if self.source != "unspecified" {
            tag("run_source", &self.source);
        }
        if let Some((kind, related)) = &self.relation {
            tag(kind, related);
            run.lineage = Lineage {
                root: None,
                parent: Some(related.clone()),
            };
        }
        run
    }

    /// The step that this is.
    pub(super) fn step(&self, position: u32) -> Step {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let mut step = Step::queued(self.name.as_str(), position);
        (step.phase, step.raw_status) = (self.phase, self.raw_status.clone());
        let has_begun = !matches!(self.phase, Phase::Queued | Phase::Waiting);
        step.queued_at = self.start;
        step.started_at = self.start.filter(|_| has_begun);
        step.ended_at = self.end;
        step.name = some(&self.label);
        step.kind = Some(self.kind.into()).filter(|kind: &String| !kind.is_empty());
        step.parent = some(&self.parent);
        step.group = some(&self.group);
        // One attempt tells nothing that the action does not. How earlier ones ended is in the action's details only.
        if self.attempts > 1 {
            for number in 1..=self.attempts.min(MOST_ATTEMPTS) {
                let is_last = number == self.attempts;
                step.attempts.push(Attempt {
                    number,
                    phase: if is_last { self.phase } else { Phase::Unknown },
                    raw_status: match is_last {
                        true => self.raw_status.clone(),
                        false => "retried".into(),
                    },
                    started_at: None,
                    ended_at: None,
                    exit_code: None,
                    reason: None,
                });
            }
        }
        step
    }
}

/// One row of a list of runs.
pub(super) fn row(fields: &mut Fields<'_>, _: usize) -> Run {
    let mut run = match fields.object("action") {
        Some(mut action) => act(&mut action).run(),
        None => Run::new("", ""),
    };
    for (key, value) in fields.map("labels") {
        if let serde_json::Value::String(value) = value {
            run.tags.push((key, value));
        }
    }
    run
}

/// The counts of `childrenPhaseCounts`, which are of all descendants; the root itself is counted too.
pub(super) fn counts(
    by_phase: &serde_json::Map<String, serde_json::Value>,
    root: Phase,
) -> StepCounts {
    let mut counts = StepCounts::default();
    let mut all: u32 = 0;
    let mut take = |phase: Phase, number: u32| {
        all = all.saturating_add(number);
        match phase {
            Phase::Succeeded | Phase::Recovered => counts.succeeded += number,
            Phase::Failed | Phase::TimedOut => counts.failed += number,
            Phase::Canceled | Phase::Skipped | Phase::UpstreamFailed => counts.skipped += number,
            phase if phase.is_active() => counts.running += number,
            _ => {}
        }
    };
    take(root, 1);
    for (number, count) in by_phase {
        let count = count.as_u64().and_then(|count| u32::try_from(count).ok());
        take(proto::numbered(number), count.unwrap_or(0));
    }
    counts.total = Some(all);
    counts
}
