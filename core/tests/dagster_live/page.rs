//! A run's page: with how few questions it is shown, and what it tells beyond steps and lines.

use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::LocalBoxFuture;
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::{Action, Again, Backend, LogQuery};
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{Became, Phase, ResumeMode};
use runboard_core::net::{Request, Response, StreamResponse, Transport, TransportError};
use serde_json::json;

use super::ask::{backend, base, got, launch, over};
use super::wire::Wire;

/// Counts what is asked.
struct Counting(Rc<Cell<usize>>);

impl Transport for Counting {
    fn send(
        &self,
        request: Request,
        most: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        self.0.set(self.0.get() + 1);
        Wire.send(request, most)
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        Wire.stream(request)
    }
}

/// All that the page of a run asks for when it is opened.
fn open(backend: &dyn Backend, id: &str) {
    let run = got(backend.run(id));
    let steps = got(backend.steps(id));
    let tail = LogQuery {
        tail: Some(500),
        ..LogQuery::default()
    };
    let log = got(backend.logs(id, &tail));
    assert_eq!(log.total, Some(log.lines.len() as u64));
    let stats = got(backend.stats(id));
    assert_eq!(stats.steps.unwrap().total, Some(steps.len() as u32));
    assert_eq!(got(backend.lineage(id)).root, run.id);
    assert!(!got(backend.facts(id)).is_empty());
    got(backend.assets(id));
    if run.phase == Phase::Failed {
        assert!(run.reason.is_some());
        got(backend.resume_plan(id, ResumeMode::Incomplete, &[], Profile::Actual));
    }
}

pub(crate) fn requests() {
    for job in ["fail_job", "asset_job"] {
        let id = launch(job, json!({}), json!([]));
        over(&id);
        let asked = Rc::new(Cell::new(0));
        let backend = Dagster::new(&base(), Rc::new(Counting(asked.clone())));
        open(&backend, &id);
        assert_eq!(asked.get(), 1, "{job}");
        // Once its last words are over, by the server's own clock, nothing of it is asked again.
        let is_asked = || {
            let before = asked.get();
            got(backend.run(&id));
            asked.get() > before
        };
        let begun = Instant::now();
        while is_asked() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
            std::thread::sleep(Duration::from_millis(500));
        }
        open(&backend, &id);
        let before = asked.get();
        got(backend.run(&id));
        got(backend.steps(&id));
        got(backend.stats(&id));
        got(backend.assets(&id));
        got(backend.facts(&id));
        assert_eq!(asked.get(), before, "{job}");
        // But its family, which may have grown.
        let child = got(backend.act(&id, &Action::Reexecute(Again::default()), "k"));
        let child = child.run.unwrap().id;
        let family = got(backend.lineage(&id));
        assert!(family.runs.iter().any(|run| run.id == child));
        over(&child);
    }
}

pub(crate) fn managed() {
    let output = Command::new(std::env::var("RUNBOARD_DAGSTER_PYTHON").unwrap())
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/dagster/managed.py"
        ))
        .env(
            "DAGSTER_HOME",
            std::env::var("RUNBOARD_DAGSTER_HOME").unwrap(),
        )
        .output()
        .unwrap();
    let id = String::from_utf8(output.stdout).unwrap().trim().to_string();
    assert!(
        !id.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let run = got(backend().run(&id));
    assert_eq!(
        (run.phase, run.raw_status.as_str()),
        (Phase::Unknown, "MANAGED")
    );
    assert!(
        run.reason
            .as_deref()
            .unwrap()
            .contains("another system runs it")
    );
    // Dagster could not ask it to stop, which is known before a button is shown.
    let stop = |immediate| backend().objection(&run, &Action::Terminate { immediate });
    assert!(stop(false).is_some() && stop(true).is_none());
}

pub(crate) fn planned() {
    let id = launch("blocked_job", json!({}), json!([]));
    over(&id);
    let assets = got(backend().assets(&id));
    let of = |key: &str, check: Option<&str>| {
        let found = assets
            .iter()
            .find(|one| one.key == key && one.check.as_deref() == check);
        let found = found.unwrap_or_else(|| panic!("{key} {check:?}"));
        (found.was_planned, found.became, found.is_missing())
    };
    assert_eq!(of("b_up", None), (true, Became::Materialized, false));
    assert_eq!(of("b_down", None), (true, Became::Nothing, true));
    assert_eq!(of("b_up", Some("b_hard")), (true, Became::NotPassed, false));
    assert_eq!(of("b_up", Some("b_fine")), (true, Became::Passed, false));
    assert_eq!(of("b_down", Some("b_late")), (true, Became::Nothing, true));
    let id = launch("asset_job", json!({}), json!([]));
    over(&id);
    let assets = got(backend().assets(&id));
    let feed = assets
        .iter()
        .find(|one| one.key == "external_feed")
        .unwrap();
    assert_eq!((feed.was_planned, feed.became), (false, Became::Observed));
    let late = assets
        .iter()
        .find(|one| one.check.as_deref() == Some("daily_fresh"))
        .unwrap();
    assert_eq!(
        (late.became, late.words.as_deref()),
        (Became::Warned, Some("late by 2h"))
    );
}

pub(crate) fn lost() {
    let id = launch("lost_job", json!({}), json!([]));
    let run = over(&id);
    assert_eq!(run.phase, Phase::Failed);
    let why = run.reason.unwrap();
    assert!(why.contains("the resource is lost"), "{why}");
    let event = got(backend().event(&id, run.reason_event.unwrap()));
    assert_eq!(event.kind, "RUN_FAILURE");
}
