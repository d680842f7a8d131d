//! What the Runs API tells of one run beside its row, steps and log: events, figures, family, records, plans, and what was done.

use super::decode::{self, decoded, one, phase, run};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::rows::Facts;
use crate::backend::slice;
use crate::backend::{Acted, BackendError, Decoded, EventBatch, Missing};
use crate::model::event::{EventLevel, RunEvent};
use crate::model::resume::{ByHand, Expected, PlanStep, PlanVerb, ResumePlan};
use crate::model::run_stats::{AssetCounts, CheckCounts, RunStats};
use crate::model::{Family, Run};

fn event(fields: &mut Fields<'_>, _: usize) -> RunEvent {
    let word = fields.text("level");
    let level = word.as_deref().and_then(EventLevel::from_word);
    RunEvent {
        // 0 until the place of the batch is known.
        n: fields.count("n").unwrap_or(0),
        time: fields.time("time"),
        kind: fields.word("type"),
        step: fields.text("step"),
        attempt: fields.small("attempt"),
        raw_level: word.filter(|_| level.is_none()),
        level,
        message: fields.word("message"),
        detail: fields.take("detail").map(|value| value.to_string()),
        error: None,
        facts: Vec::new(),
    }
}

/// The run that the events are of, the events, and the rest of the answer.
pub(super) fn event_batch(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<(String, Option<String>, EventBatch), BackendError> {
    let mut fields = Fields::parse(bytes, problems)?;
    let first = fields.count("first").unwrap_or(0).max(1);
    let mut batch = EventBatch {
        events: fields.rows("events", event),
        total: fields.count("total"),
        has_more: fields.text("next").is_some(),
    };
    let (run, cursor) = (fields.word("run"), fields.text("cursor"));
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let rows = slice::items(slice::member(text, "events").unwrap_or_default());
    let mut next = first;
    for (index, event) in batch.events.iter_mut().enumerate() {
        if event.n == 0 {
            event.n = next;
        }
        next = event.n.saturating_add(1);
        if event.detail.is_some()
            && let Some(own) = rows.get(index).and_then(|row| slice::member(row, "detail"))
        {
            event.detail = Some(own.to_string());
        }
    }
    Ok((run, cursor, batch))
}

/// `GET /runs/{id}/events`.
pub fn events(bytes: &[u8]) -> Result<Decoded<EventBatch>, BackendError> {
    let mut problems = Problems::new();
    let (_, cursor, batch) = event_batch(bytes, &mut problems)?;
    Ok(decoded(batch, cursor, problems))
}

/// `GET /runs/{id}/stats`.
pub fn stats(bytes: &[u8]) -> Result<Decoded<RunStats>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let cursor = fields.text("cursor");
    let mut stats = RunStats {
        duration: fields.seconds("duration_s"),
        queue: fields.seconds("queue_s"),
        start: fields.seconds("start_s"),
        execution: fields.seconds("execution_s"),
        steps: decode::counts(&mut fields),
        ..RunStats::default()
    };
    if let Some(mut assets) = fields.object("assets") {
        stats.assets = Some(AssetCounts {
            materialized: assets.count("materialized").unwrap_or(0),
            observed: assets.count("observed").unwrap_or(0),
            planned: assets.count("planned").unwrap_or(0),
        });
    }
    if let Some(mut checks) = fields.object("checks") {
        stats.checks = Some(CheckCounts {
            passed: checks.count("passed").unwrap_or(0),
            failed: checks.count("failed").unwrap_or(0),
        });
    }
    Ok(decoded(stats, cursor, problems))
}

/// `GET /runs/{id}/lineage`.
pub fn lineage(bytes: &[u8]) -> Result<Decoded<Family>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let cursor = fields.text("cursor");
    let family = Family {
        root: fields.word("root"),
        parent: fields.text("parent"),
        runs: fields.rows("runs", run),
        missing: fields.texts("missing"),
    };
    Ok(decoded(family, cursor, problems))
}

/// `GET /runs/{id}/raw`: the text of `raw` as it stands in the answer.
pub fn raw(bytes: &[u8]) -> Result<Decoded<String>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let cursor = fields.text("cursor");
    let read = fields.take("raw");
    let own = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| slice::member(text, "raw"));
    let raw = match (read, own) {
        (None, _) => return Err(BackendError::no("records of this run")),
        (Some(_), Some(own)) => own.to_string(),
        (Some(value), None) => value.to_string(),
    };
    Ok(decoded(raw, cursor, problems))
}

fn plan_step(fields: &mut Fields<'_>, _: usize) -> PlanStep {
    let word = fields.word("plan");
    PlanStep {
        key: fields.word("key"),
        plan: PlanVerb::from_word(&word),
        raw_plan: word,
        reason: fields.word("reason"),
        command: fields.texts("command"),
        expected: fields
            .small("expected_of")
            .filter(|of| *of > 0)
            .map(|of| Expected {
                p50: fields.seconds("expected_s"),
                of,
                took: None,
            }),
        within: fields.text("within"),
    }
}

fn fact(fields: &mut Fields<'_>, _: usize) -> (String, String) {
    (fields.word("name"), fields.word("value"))
}

/// `GET /runs/{id}/facts`.
pub fn facts(bytes: &[u8]) -> Result<Decoded<Facts>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let facts = fields.rows("facts", fact);
    Ok(decoded(facts, None, problems))
}

fn by_hand(fields: &mut Fields<'_>, _: usize) -> ByHand {
    ByHand {
        what: fields.word("what"),
        command: fields.texts("command"),
    }
}

/// `GET /runs/{id}/resume`. The totals are counted from the steps; where the source's own differ, that is a problem.
pub fn resume_plan(bytes: &[u8]) -> Result<Decoded<ResumePlan>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let cursor = fields.text("cursor");
    let plan = ResumePlan {
        run: fields.word("run"),
        mode: fields.word("mode"),
        profile: fields.text("profile").unwrap_or_default(),
        token: fields.word("token"),
        steps: fields.rows("steps", plan_step),
        warnings: fields.texts("warnings"),
        differences: fields.texts("differences"),
        expected_by: fields.text("expected_by").unwrap_or_default(),
        suggestion: fields.text("suggestion"),
        command: fields.texts("command"),
        by_hand: fields.rows("by_hand", by_hand),
    };
    let mut differs = false;
    if let Some(mut totals) = fields.object("totals") {
        for verb in PlanVerb::ALL {
            let told = totals.count(verb.word());
            differs |= told.is_some_and(|told| told != plan.total(verb) as u64);
        }
    }
    if differs {
        problems.push("totals: they are not those of the steps listed".into());
    }
    Ok(decoded(plan, cursor, problems))
}

/// The answer to an action.
pub fn acted(bytes: &[u8]) -> Result<Decoded<Acted>, BackendError> {
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    let acted = Acted {
        run: one(&mut fields, "run"),
        deleted: fields.text("deleted"),
        message: fields.word("message"),
    };
    let cursor = fields.text("cursor");
    Ok(decoded(acted, cursor, problems))
}

fn latest(fields: &mut Fields<'_>, _: usize) -> Run {
    let mut run = Run::new(fields.word("id"), fields.word("job"));
    (run.phase, run.raw_status) = phase(fields.word("phase"), None);
    run.started_at = fields.time("started");
    run
}

/// The words of an error body (`detail`, else `title`), and of an unknown run what may have been meant.
pub fn problem(bytes: &[u8]) -> Missing {
    let mut ignored = Problems::new();
    let Ok(mut fields) = Fields::parse(bytes, &mut ignored) else {
        return Missing::default();
    };
    let words = [fields.text("detail"), fields.text("title")];
    Missing {
        detail: words
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        nearest: fields.texts("nearest"),
        latest: fields.rows("latest", latest),
    }
}
