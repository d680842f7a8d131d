//! The run table and its views against plain lists: whatever happens to the runs, in whatever slices and batches the views hear of it, they
//! show what a filter and a sort over whole runs would show.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use runboard_core::model::{Lineage, Phase, Run, RunFilter, StepCounts, Timestamp};
use runboard_core::store::run_table::{RowId, RunTable, Upsert};
use runboard_core::store::run_view::{RunView, SortKey, ViewQuery};

const NOW: Timestamp = Timestamp(1_795_000_000_000_000);

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::weighted(
        0.8,
        (-50_i64..50).prop_map(|hours| Timestamp(NOW.0 + hours * 3_600_000_000)),
    )
}

fn any_run() -> impl Strategy<Value = Run> {
    let word = || {
        prop::sample::select(vec![
            "",
            "core",
            "etl_daily",
            "etl_hourly",
            "Gr\u{fc}n",
            "long_name_of_a_job_1",
            "long_name_of_a_job_2",
        ])
    };
    let tags = prop::collection::vec(
        (prop::sample::select(vec!["team", "trigger", "a=b"]), word()),
        0..4,
    );
    let texts = (
        word(),
        word(),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
    );
    let steps = (
        prop::option::of(0_u32..9),
        0_u32..4,
        0_u32..4,
        0_u32..4,
        prop::option::of(0_u32..9),
    );
    let rest = (
        prop::option::of(any::<i64>()),
        prop::collection::vec(word(), 0..3),
        any::<bool>(),
        1_u32..4,
        0_u64..3,
    );
    (
        0_usize..14,
        texts,
        [time(), time(), time(), time()],
        tags,
        steps,
        rest,
        0_u8..30,
    )
        .prop_map(|(phase, texts, times, tags, steps, rest, id)| Run {
            phase: Phase::ALL[phase],
            raw_status: texts.0.into(),
            created_at: times[0],
            started_at: times[1],
            ended_at: times[2],
            last_seen_at: times[3],
            zone_assumed: rest.2,
            attempt: rest.3,
            assets: steps.4,
            steps: StepCounts {
                total: steps.0,
                succeeded: steps.1,
                failed: steps.2,
                running: 0,
                skipped: steps.3,
            },
            tags: tags
                .into_iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
            reason: texts.2.map(String::from),
            user: texts.3.map(String::from),
            host: texts.4.map(String::from),
            command: rest.1.into_iter().map(String::from).collect(),
            exit_code: rest.0,
            lineage: Lineage {
                root: texts.5.map(String::from),
                parent: texts.5.map(String::from),
            },
            version: rest.4,
            ..Run::new(format!("r{id}"), texts.1)
        })
}

#[derive(Clone, Debug)]
enum Op {
    Upsert(u16, Box<Run>),
    Remove(u16, u8),
    RemoveSource(u16),
    Snapshot(u16, Vec<Run>),
    Tell,
    Slice(usize),
    Hold(bool),
    Release,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (0_u16..3, any_run()).prop_map(|(source, run)| Op::Upsert(source, Box::new(run))),
        2 => (0_u16..3, 0_u8..30).prop_map(|(source, id)| Op::Remove(source, id)),
        1 => (0_u16..3).prop_map(Op::RemoveSource),
        1 => (0_u16..3, prop::collection::vec(any_run(), 0..6)).prop_map(|(source, runs)| Op::Snapshot(source, runs)),
        4 => Just(Op::Tell),
        2 => (1_usize..20).prop_map(Op::Slice),
        1 => any::<bool>().prop_map(Op::Hold),
        1 => Just(Op::Release),
    ]
}

fn filters() -> impl Strategy<Value = RunFilter> {
    prop::sample::select(vec![
        "",
        "status=failed,running",
        "status=core",
        "status=unfinished",
        "job=etl_*",
        "job=?ore",
        "since=1d",
        "longer=1h",
        "shorter=30m&longer=1s",
        "until=2h",
        "tag=team=core",
        "tag=env&tag=team",
        "tag=a=b=core",
        "q=ETL",
        "q=team=",
        "q=r1",
        "q=gr\u{fc}n",
        "q=b=c",
        "q=core&job=*y&status=failed,queued,succeeded",
    ])
    .prop_map(|query| {
        RunFilter::from_pairs(query.split('&').filter_map(|pair| pair.split_once('=')))
    })
}

/// What orders a run, as a number or a text; `None` stands last.
fn value(sort: SortKey, source: u16, run: &Run) -> Option<(i64, String)> {
    let time = |at: Option<Timestamp>| at.map(|at| (at.0, String::new()));
    match sort {
        SortKey::Status => Some((
            run.phase as i64 * 2 + i64::from(run.is_unfinished()),
            String::new(),
        )),
        SortKey::Run => Some((0, run.id.clone())),
        SortKey::Job => Some((0, run.job.clone())),
        SortKey::Source => Some((i64::from(source), String::new())),
        SortKey::Started => time(run.started_at),
        SortKey::Created => time(run.ordered_at()),
        SortKey::Duration => {
            let end = run
                .ended_at
                .or((run.phase.is_active() && run.last_seen_at.is_none()).then_some(NOW))?;
            run.started_at.map(|start| (end.0 - start.0, String::new()))
        }
        SortKey::Steps => {
            let done = i64::from(run.steps.done());
            (run.steps.total.is_some() || done > 0).then(|| {
                (
                    done << 24 | i64::from(run.steps.total.unwrap_or(0)),
                    String::new(),
                )
            })
        }
        SortKey::Attempt => Some((i64::from(run.attempt), String::new())),
        SortKey::ExitCode => run.exit_code.map(|code| (code, String::new())),
        SortKey::User => run
            .user
            .clone()
            .filter(|user| !user.is_empty())
            .map(|user| (0, user)),
        SortKey::Host => run
            .host
            .clone()
            .filter(|host| !host.is_empty())
            .map(|host| (0, host)),
        SortKey::Reason => run.reason.clone().map(|reason| (0, reason)),
        SortKey::Tag(key) => run
            .tag(key)
            .filter(|value| !value.is_empty())
            .map(|value| (0, value.to_string())),
    }
}

fn expected(runs: &BTreeMap<(u16, String), Run>, query: &ViewQuery) -> Vec<(u16, String)> {
    let mut shown: Vec<(&(u16, String), &Run)> = runs
        .iter()
        .filter(|((source, _), run)| {
            query
                .sources
                .as_ref()
                .is_none_or(|sources| sources.contains(source))
                && query.matcher.matches(run)
        })
        .collect();
    shown.sort_by(|(a, a_run), (b, b_run)| {
        let order = match (value(query.sort, a.0, a_run), value(query.sort, b.0, b_run)) {
            (Some(a), Some(b)) if query.descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        order.then_with(|| a.1.cmp(&b.1)).then(a.0.cmp(&b.0))
    });
    shown.into_iter().map(|(key, _)| key.clone()).collect()
}

fn shown(table: &RunTable, view: &RunView) -> Vec<(u16, String)> {
    view.iter()
        .map(|row| (table.source(row), table.id(row).to_string()))
        .collect()
}

fn finish(table: &RunTable, view: &mut RunView, budget: usize) {
    let mut slices = 0;
    while !view.rebuild_slice(table, budget) {
        slices += 1;
        assert!(slices < 10_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("RUNBOARD_FULL").is_some() { 8000 } else { 400 }, ..ProptestConfig::default() })]
    #[test]
    fn views_show_what_a_filter_and_a_sort_over_whole_runs_would(
        ops in prop::collection::vec(op(), 1..80),
        filter in filters(),
        sources in prop::option::of(prop::collection::vec(0_u16..3, 0..3)),
        sort in prop::sample::select(SortKey::ALL.to_vec()),
        descending in any::<bool>(),
        budget in 1_usize..50,
    ) {
        let query = ViewQuery { matcher: filter.compile(NOW, 0).unwrap(), sources, sort, descending, now: NOW };
        let mut table = RunTable::new();
        let mut runs: BTreeMap<(u16, String), Run> = BTreeMap::new();
        let mut view = RunView::new(query.clone());
        let upsert = |table: &mut RunTable, runs: &mut BTreeMap<(u16, String), Run>, source: u16, run: &Run| {
            let key = (source, run.id.clone());
            let known = table.find(source, &run.id);
            let outcome = table.upsert(source, run);
            let mut run = run.clone();
            // A row without figures leaves those that are known.
            if let Some(old) = runs.get(&key)
                && run.steps == StepCounts::default()
                && run.assets.is_none()
            {
                (run.steps, run.assets) = (old.steps, old.assets);
            }
            match runs.get(&key) {
                None => assert!(matches!(outcome, Upsert::Inserted(_)) && known.is_none()),
                Some(old) if old.version > run.version => assert_eq!(outcome, Upsert::Stale(known.unwrap())),
                Some(old) if *old == run => assert_eq!(outcome, Upsert::Unchanged(known.unwrap())),
                Some(_) => assert_eq!(outcome, Upsert::Updated(known.unwrap())),
            }
            if !matches!(outcome, Upsert::Stale(_)) {
                runs.insert(key, run);
            }
            outcome.row()
        };
        for op in ops {
            match op {
                Op::Upsert(source, run) => {
                    let row = upsert(&mut table, &mut runs, source, &run);
                    prop_assert_eq!(table.get(row), runs.get(&(source, run.id)).cloned());
                }
                Op::Remove(source, id) => {
                    let id = format!("r{id}");
                    prop_assert_eq!(table.remove(source, &id).is_some(), runs.remove(&(source, id)).is_some());
                }
                Op::RemoveSource(source) => {
                    let before = runs.len();
                    runs.retain(|key, _| key.0 != source);
                    prop_assert_eq!(table.remove_source(source), before - runs.len());
                }
                Op::Snapshot(source, news) => {
                    let old = table.begin_snapshot(source);
                    let other = table.begin_snapshot((source + 1) % 3);
                    let epoch = table.begin_snapshot(source);
                    prop_assert_eq!(table.end_snapshot(source, old), 0);
                    for run in &news {
                        upsert(&mut table, &mut runs, source, run);
                    }
                    let before = runs.len();
                    runs.retain(|key, _| key.0 != source || news.iter().any(|run| run.id == key.1));
                    prop_assert_eq!(table.end_snapshot(source, epoch), before - runs.len());
                    let _ = other;
                }
                Op::Tell => {
                    let rows = table.take_changes();
                    let places: Vec<RowId> = view.iter().filter(|row| table.is_alive(*row)).collect();
                    let was_held = view.is_holding() && !view.is_building();
                    view.changed(&table, &rows);
                    if was_held {
                        prop_assert_eq!(view.iter().collect::<Vec<_>>(), places, "a row moved while the view was held");
                    }
                }
                Op::Slice(budget) => { view.rebuild_slice(&table, budget); }
                Op::Hold(hold) => view.set_hold(hold),
                Op::Release => view.release(&table),
            }
        }
        let rows = table.take_changes();
        view.changed(&table, &rows);
        finish(&table, &mut view, budget);
        let expected = expected(&runs, &query);
        let in_view = view.iter().collect::<Vec<_>>();
        let waiting = expected.iter().filter(|(source, id)| !in_view.contains(&table.find(*source, id).unwrap())).count();
        prop_assert_eq!(view.held(), waiting);
        view.release(&table);
        prop_assert_eq!(&shown(&table, &view), &expected);
        prop_assert_eq!(view.held(), 0);
        prop_assert_eq!(view.len(), expected.len());
        for (place, (source, id)) in expected.iter().enumerate() {
            let row = table.find(*source, id).unwrap();
            prop_assert_eq!(view.place_of(&table, row), Some(place));
            prop_assert_eq!(view.get(place), Some(row));
            prop_assert_eq!(table.get(row), runs.get(&(*source, id.clone())).cloned());
        }
        let all: Vec<RowId> = view.iter().collect();
        prop_assert_eq!(view.rows(1..4), all.iter().skip(1).take(3).copied().collect::<Vec<_>>());
        prop_assert_eq!(table.len(), runs.len());
        for phase in Phase::ALL {
            prop_assert_eq!(table.phase_counts(None)[phase as usize], runs.values().filter(|run| run.phase == phase).count());
        }
        for source in 0..3 {
            prop_assert_eq!(table.source_len(source), runs.keys().filter(|key| key.0 == source).count());
        }
        let mut jobs: Vec<&str> = runs.values().map(|run| run.job.as_str()).collect();
        jobs.sort_unstable();
        jobs.dedup();
        prop_assert_eq!(table.jobs(), jobs);
        // And the same from the beginning, in slices.
        let mut anew = RunView::new(query);
        finish(&table, &mut anew, budget);
        prop_assert_eq!(&shown(&table, &anew), &expected);
    }
}

#[test]
fn figures_that_were_told_apart_stay_until_others_come() {
    let mut table = RunTable::new();
    let mut run = Run::new("r1", "etl");
    run.phase = Phase::Running;
    let row = table.upsert(0, &run).row();
    let steps = StepCounts {
        total: Some(4),
        succeeded: 2,
        ..StepCounts::default()
    };
    table.set_figures(0, "r1", steps, Some(3));
    table.set_figures(1, "r1", steps, Some(3));
    run.phase = Phase::Succeeded;
    table.upsert(0, &run);
    let told = table.get(row).unwrap();
    assert_eq!(
        (told.phase, told.steps, told.assets),
        (Phase::Succeeded, steps, Some(3))
    );
    run.steps.succeeded = 4;
    table.upsert(0, &run);
    assert_eq!(table.get(row).unwrap().steps.succeeded, 4);
    assert_eq!(table.sources(), [0], "figures make no run");
}
