//! What the tabs of a run show, as JSON files: the same fields as in the Runs API (docs/runs-api.yaml), two spaces deep, times in UTC.
//!
//! Each function is given exactly what is shown, in its order.

use super::json::{JsonText, pretty, seconds};
use super::log_store::LogStore;
use crate::model::event::RunEvent;
use crate::model::resume::PlanVerb;
use crate::model::{Attempt, Family, Phase, ResumePlan, Run, RunStats, Span, Step, StepCounts};

fn head(run: &str) -> JsonText {
    let mut json = JsonText::new();
    json.open('{').text_field("run", Some(run));
    json
}

fn end(mut json: JsonText) -> String {
    json.close('}');
    let mut text = pretty(json.as_str());
    text.push('\n');
    text
}

/// Our word and, where it says more, the source's.
fn status(json: &mut JsonText, phase: Phase, raw: &str) {
    json.text_field("status", Some(phase.word()));
    let says_more = !raw.is_empty() && raw != phase.word();
    json.text_field("raw_status", Some(raw).filter(|_| says_more));
}

fn counts(json: &mut JsonText, steps: &StepCounts) {
    json.key("steps").open('{');
    json.number_field("total", steps.total.map(i64::from));
    for (name, count) in [
        ("succeeded", steps.succeeded),
        ("failed", steps.failed),
        ("running", steps.running),
        ("skipped", steps.skipped),
    ] {
        json.number_field(name, Some(i64::from(count)));
    }
    json.close('}');
}

fn attempt(json: &mut JsonText, attempt: &Attempt) {
    json.open('{')
        .number_field("attempt", Some(i64::from(attempt.number)));
    status(json, attempt.phase, &attempt.raw_status);
    json.time_field("started_at", attempt.started_at)
        .time_field("ended_at", attempt.ended_at)
        .number_field("exit_code", attempt.exit_code)
        .text_field("reason", attempt.reason.as_deref())
        .close('}');
}

/// The steps tab.
pub fn steps(run: &str, steps: &mut dyn Iterator<Item = &Step>) -> String {
    let mut json = head(run);
    json.key("steps").open('[');
    for step in steps {
        json.open('{').text_field("key", Some(&step.key));
        status(&mut json, step.phase, &step.raw_status);
        json.number_field("position", Some(i64::from(step.position)))
            .time_field("queued_at", step.queued_at)
            .time_field("started_at", step.started_at)
            .time_field("ended_at", step.ended_at)
            .number_field("exit_code", step.exit_code)
            .text_field("reason", step.reason.as_deref());
        json.key("attempts").open('[');
        for one in &step.attempts {
            attempt(&mut json, one);
        }
        json.close(']').list_field("needs", &step.needs).close('}');
    }
    json.close(']');
    end(json)
}

/// The events tab. A detail stands as the source sent it.
pub fn events(run: &str, events: &mut dyn Iterator<Item = &RunEvent>) -> String {
    let mut json = head(run);
    json.key("events").open('[');
    for event in events {
        let level = event.level.map(|level| level.word());
        json.open('{')
            .number_field("n", i64::try_from(event.n).ok())
            .time_field("time", event.time)
            .text_field("type", Some(&event.kind))
            .text_field("step", event.step.as_deref())
            .number_field("attempt", event.attempt.map(i64::from))
            .text_field("level", level.or(event.raw_level.as_deref()))
            .text_field("message", Some(&event.message));
        if let Some(detail) = &event.detail {
            json.key("detail").raw(detail);
        }
        json.close('}');
    }
    json.close(']');
    end(json)
}

/// The stats tab; what is not known is null.
pub fn stats(run: &str, stats: &RunStats) -> String {
    let mut json = head(run);
    let span = |json: &mut JsonText, name: &str, span: Option<Span>| {
        let text = span.map_or_else(|| "null".to_string(), seconds);
        json.key(name).raw(&text);
    };
    span(&mut json, "duration_s", stats.duration);
    span(&mut json, "queue_s", stats.queue);
    span(&mut json, "start_s", stats.start);
    span(&mut json, "execution_s", stats.execution);
    match &stats.steps {
        Some(steps) => counts(&mut json, steps),
        None => {
            json.key("steps").raw("null");
        }
    }
    let few = |json: &mut JsonText, name: &str, pairs: &[(&str, u64)]| {
        if pairs.is_empty() {
            json.key(name).raw("null");
            return;
        }
        json.key(name).open('{');
        for (name, count) in pairs {
            json.number_field(name, i64::try_from(*count).ok());
        }
        json.close('}');
    };
    let assets = stats.assets.map(|assets| {
        [
            ("materialized", assets.materialized),
            ("observed", assets.observed),
            ("planned", assets.planned),
        ]
    });
    few(
        &mut json,
        "assets",
        assets.as_ref().map_or(&[], |pairs| pairs),
    );
    let checks = stats
        .checks
        .map(|checks| [("passed", checks.passed), ("failed", checks.failed)]);
    few(
        &mut json,
        "checks",
        checks.as_ref().map_or(&[], |pairs| pairs),
    );
    end(json)
}

fn run_object(json: &mut JsonText, run: &Run) {
    json.open('{')
        .text_field("id", Some(&run.id))
        .text_field("job", Some(&run.job));
    status(json, run.phase, &run.raw_status);
    json.time_field("created_at", run.created_at)
        .time_field("started_at", run.started_at)
        .time_field("ended_at", run.ended_at)
        .time_field("last_seen_at", run.last_seen_at);
    if run.zone_assumed {
        json.key("zone_assumed").raw("true");
    }
    json.number_field("attempt", Some(i64::from(run.attempt)));
    if run.steps == StepCounts::default() {
        // Nothing is known of its steps, which is not the same as none.
        json.key("steps").raw("null");
    } else {
        counts(json, &run.steps);
    }
    json.number_field("assets", run.assets.map(i64::from));
    json.key("tags").open('{');
    for (at, (key, _)) in run.tags.iter().enumerate() {
        let same = |tags: &[(String, String)]| -> Vec<String> {
            let same = tags.iter().filter(|(other, _)| other == key);
            same.map(|(_, value)| value.clone()).collect()
        };
        // A key stands once, with all its values.
        if !same(run.tags.get(..at).unwrap_or_default()).is_empty() {
            continue;
        }
        match same(&run.tags).as_slice() {
            [one] => json.text_field(key, Some(one)),
            several => json.list_field(key, several),
        };
    }
    json.close('}')
        .text_field("reason", run.reason.as_deref())
        .text_field("user", run.user.as_deref())
        .text_field("host", run.host.as_deref())
        .list_field("command", &run.command)
        .number_field("exit_code", run.exit_code)
        .text_field("root", run.lineage.root.as_deref())
        .text_field("parent", run.lineage.parent.as_deref())
        .close('}');
}

/// The overview: the run, the steps that failed with the last lines of their logs, and the steps that took longest.
pub fn overview(run: &Run, failed: &[(Step, Vec<String>)], slowest: &[(String, Span)]) -> String {
    let mut json = JsonText::new();
    json.open('{').key("run");
    run_object(&mut json, run);
    json.key("failed").open('[');
    for (step, lines) in failed {
        json.open('{').text_field("key", Some(&step.key));
        status(&mut json, step.phase, &step.raw_status);
        json.text_field("reason", step.reason.as_deref())
            .list_field("last_lines", lines)
            .close('}');
    }
    json.close(']').key("slowest").open('[');
    for (key, span) in slowest {
        json.open('{').text_field("key", Some(key));
        json.key("duration_s").raw(&seconds(*span)).close('}');
    }
    json.close(']');
    end(json)
}

/// The normalised form of a run: the raw tab's first half.
pub fn run(run: &Run) -> String {
    let mut json = JsonText::new();
    json.open('{').key("run");
    run_object(&mut json, run);
    end(json)
}

/// The resume tab.
pub fn plan(run: &str, plan: &ResumePlan) -> String {
    let mut json = head(run);
    json.text_field("mode", Some(&plan.mode));
    for (name, text) in [
        ("profile", &plan.profile),
        ("expected_by", &plan.expected_by),
    ] {
        json.text_field(name, Some(text.as_str()).filter(|text| !text.is_empty()));
    }
    json.text_field("suggestion", plan.suggestion.as_deref())
        .list_field("warnings", &plan.warnings)
        .list_field("differences", &plan.differences)
        .list_field("command", &plan.command);
    json.key("steps").open('[');
    for step in &plan.steps {
        let word = match step.plan {
            PlanVerb::Unknown => step.raw_plan.as_str(),
            known => known.word(),
        };
        json.open('{')
            .text_field("key", Some(&step.key))
            .text_field("plan", Some(word))
            .text_field("reason", Some(&step.reason))
            .text_field("within", step.within.as_deref());
        if let Some(expected) = step.expected {
            if let Some(span) = expected.p50 {
                json.key("expected_s").raw(&seconds(span));
            }
            json.number_field("expected_of", Some(i64::from(expected.of)));
        }
        json.close('}');
    }
    json.close(']');
    end(json)
}

/// The lineage tab.
pub fn lineage(run: &str, family: &Family) -> String {
    let mut json = head(run);
    json.text_field("root", Some(&family.root))
        .text_field("parent", family.parent.as_deref());
    json.key("runs").open('[');
    for run in &family.runs {
        run_object(&mut json, run);
    }
    json.close(']').list_field("missing", &family.missing);
    end(json)
}

/// Lines of the log by their numbers, texts exactly as they were received; numbers that are not held are left out.
pub fn log_lines(run: &str, log: &LogStore, numbers: &mut dyn Iterator<Item = u64>) -> String {
    let mut json = head(run);
    json.key("lines").open('[');
    for number in numbers {
        let Some(line) = log.line(number) else {
            continue;
        };
        let word = |word: &'static str| Some(word).filter(|word| !word.is_empty());
        json.open('{')
            .number_field("n", i64::try_from(line.number).ok())
            .time_field("at", line.at)
            .text_field("step", Some(line.step).filter(|step| !step.is_empty()))
            .text_field("stream", word(line.stream.word()))
            .text_field("level", word(line.level.word()))
            .text_field("text", Some(line.text))
            .close('}');
    }
    json.close(']');
    end(json)
}

/// Makes one file, in parts, of files that were written of parts of one list, as a long log is.
pub fn joined(files: Vec<String>) -> Vec<String> {
    // Texts hold no bare line ends, so nothing else looks like the list's own beginning.
    const BEGIN: &str = "\": [\n";
    const END: &str = "\n  ]\n}\n";
    let begin = |text: &String| text.find(BEGIN).map(|at| at + BEGIN.len());
    let (mut lists, empty): (Vec<String>, Vec<String>) =
        files.into_iter().partition(|text| begin(text).is_some());
    let count = lists.len();
    for (at, text) in lists.iter_mut().enumerate() {
        if at + 1 < count {
            text.truncate(text.len().saturating_sub(END.len()));
            text.push_str(",\n");
        }
        if at > 0
            && let Some(begin) = begin(text)
        {
            text.drain(..begin);
        }
    }
    lists.extend(empty.into_iter().take(usize::from(count == 0)));
    lists
}
