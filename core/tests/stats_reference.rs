//! Statistics of ten thousand recorded runs, read through the adapter and the store, equal those of Python's `statistics` over the same file.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "virtual_time/chance.rs"]
mod chance;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use chance::Chance;
use runboard_core::backend::history::{Item, Line, Naming, Reader};
use runboard_core::model::stats::{Outcomes, Spread, Stats, stats};
use runboard_core::model::step_stats::{StepTally, Worst, worst};
use runboard_core::model::{Phase, Timestamp};
use runboard_core::store::run_table::RunTable;
use runboard_core::store::run_view::{RunView, ViewQuery};
use serde_json::{Value, json};

const RUNS: u64 = 10_000;
const START: i64 = 1_790_000_000_000_000;

/// One record, by chance. Some runs have no end, some no stages, some a stage that is tried again.
fn record(number: u64, chance: &Chance) -> Value {
    let below = |limit: u64| chance.next() % limit;
    let at = |micros: i64| Timestamp(micros).to_string();
    // Skewed lengths, as runs have them: most are short, and few are very long.
    let length = |scale: u64| (1 + below(scale) * below(scale) % (scale * 40)) as i64;
    let begin = START + below(120 * 86_400) as i64 * 1_000_000 + below(1_000_000) as i64;
    let result = match below(20) {
        0..=13 => "success",
        14..=17 => "failed",
        18 => "stopped",
        _ => "unheard_of",
    };
    let (mut clock, mut stages) = (begin, Vec::new());
    for place in 0..below(6) {
        let key = format!("step_{}", (number % 7) * 3 + place);
        let is_last_try_bad = result == "failed" && below(3) == 0;
        for attempt in 1..=1 + u64::from(below(9) == 0) {
            let end = clock + length(2_000_000);
            let is_bad = is_last_try_bad || attempt == 1 && below(8) == 0;
            let open = result == "stopped" && below(4) == 0;
            stages.push(json!({"stage": key, "attempt": attempt, "started_at": at(clock),
                "ended_at": (!open).then(|| at(end)), "result": if open { "running" } else if is_bad { "failed" } else { "success" }}));
            clock = end;
        }
    }
    let end = clock + length(3_000_000);
    json!({"run_id": format!("r{number:05}"), "started_at": at(begin), "ended_at": (below(50) != 0).then(|| at(end)), "result": result,
        "failure_reason": null, "stages_executed": [], "stages_failed": [], "retry_count": 0,
        "metadata": {"job": format!("job_{}", below(below(40) + 1)), "stages": stages}})
}

fn write(seed: u64) -> PathBuf {
    let chance = Chance::new(seed);
    let mut text = String::new();
    for number in 0..RUNS {
        writeln!(text, "{}", record(number, &chance)).unwrap();
    }
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stats-{}.jsonl", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

/// As the app does it: bytes in pieces, records, rows of the store, a view on them, statistics over the view.
fn ours(path: &Path) -> (Stats, StepTally) {
    let bytes = std::fs::read(path).unwrap();
    let (mut table, mut steps, naming) = (RunTable::new(), StepTally::default(), Naming::default());
    let mut take = |item: Item| {
        let Line::Record { summary, .. } = item.content else {
            panic!("line {} is no record", item.line)
        };
        table.upsert(0, &summary.run(summary.id(item.line), &naming));
        steps.take(&summary.steps(&naming));
    };
    let mut reader = Reader::new();
    for piece in bytes.chunks(65_536) {
        reader.push(piece, &mut take);
    }
    assert!(reader.rest().is_empty());
    let mut view = RunView::new(ViewQuery::default());
    while !view.rebuild_slice(&table, 3000) {}
    let samples = view.iter().map(|row| table.sample(row));
    (stats(samples, |_| 0), steps)
}

fn same_outcomes(ours: &Outcomes, python: &Value) {
    for (name, count) in [
        ("succeeded", ours.succeeded),
        ("failed", ours.failed),
        ("stopped", ours.stopped),
        ("open", ours.open),
        ("unknown", ours.unknown),
    ] {
        assert_eq!(
            python[name].as_u64().unwrap_or(0),
            count,
            "{name} of {python}"
        );
    }
}

/// Lengths are whole microseconds: an interpolated one is cut, where Python keeps the fraction.
fn same_spread(ours: Option<Spread>, python: &Value) {
    let Some(ours) = ours else {
        return assert_eq!(*python, Value::Null);
    };
    assert_eq!(python["count"], json!(ours.count));
    assert_eq!(python["max"], json!(ours.max.0));
    for (name, span) in [("p50", ours.p50), ("p95", ours.p95)] {
        let exact = python[name].as_f64().unwrap();
        assert!(
            (0.0..1.0).contains(&(exact - span.0 as f64)),
            "{name}: {} and {exact}",
            span.0
        );
    }
}

#[test]
fn every_number_equals_pythons_over_the_same_file() {
    let path = write(20_261_121);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stats_reference.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let python: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (stats, tally) = ours(&path);
    std::fs::remove_file(&path).unwrap();

    assert_eq!(stats.outcomes.total(), RUNS);
    let rate = stats.outcomes.success_rate().unwrap();
    assert!((rate - python["success_rate"].as_f64().unwrap()).abs() < 1e-12);
    same_outcomes(&stats.outcomes, &python["outcomes"]);
    same_spread(stats.spread, &python["spread"]);

    let days = python["days"].as_object().unwrap();
    assert_eq!(
        stats
            .days
            .iter()
            .filter(|day| day.outcomes.total() > 0)
            .count(),
        days.len()
    );
    for day in &stats.days {
        same_outcomes(&day.outcomes, &python["days"][day.number.to_string()]);
    }
    let jobs = python["jobs"].as_object().unwrap();
    assert_eq!((stats.jobs.len(), jobs.len()), (40, 40));
    for job in &stats.jobs {
        same_outcomes(&job.outcomes, &jobs[&job.job]["outcomes"]);
        same_spread(job.spread, &jobs[&job.job]["spread"]);
    }

    let table = tally.table();
    let reference = python["steps"].as_array().unwrap();
    assert_eq!(table.len(), reference.len());
    for (ours, python) in table.iter().zip(reference) {
        let counts = json!([ours.key, ours.runs, ours.failed, ours.flaky]);
        assert_eq!(
            counts,
            json!([
                python["key"],
                python["runs"],
                python["failed"],
                python["flaky"]
            ])
        );
        same_spread(ours.spread, &python["spread"]);
    }
    for (by, name) in [
        (Worst::Slowest, "slowest"),
        (Worst::MostFailing, "most_failing"),
    ] {
        let keys: Vec<&str> = worst(&table, by, 10)
            .iter()
            .map(|step| step.key.as_str())
            .collect();
        assert_eq!(json!(keys), python[name], "{name}");
    }
    // The file is one that can tell right from wrong.
    assert!(table.len() > 15 && table.iter().any(|step| step.flaky > 20));
    assert_eq!(Phase::from_word("unheard_of"), None);
    assert!(stats.outcomes.unknown > 100 && stats.outcomes.stopped > 100);
}
