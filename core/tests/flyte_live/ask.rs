//! A service of tests/flyte/server.py as a test sees it, and what follows of a run or a list.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{self, Either};
use runboard_core::backend::flyte::{Flyte, Scope};
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::{BackendError, Decoded, Topic, Update};
use runboard_core::model::{Run, Step, fold};
use runboard_core::net::{Request, Transport as _};
use serde_json::Value;

use crate::wire::{Fast, Wire};

/// What the adapter does within this long may take; only what never comes takes it.
const PATIENCE: Duration = Duration::from_secs(240);

/// Between two looks at what the service knows.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits are this much shorter.
pub(crate) const SPEED: u32 = 4;

/// One of the services that `cargo xtask test flyte` starts: `LAX`, `STRICT` or `BARE` (without a DataProxy).
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) backend: Rc<Flyte>,
}

fn address(name: &str) -> String {
    std::env::var(["RUNBOARD_FLYTE_", name].concat()).unwrap()
}

/// Runs a test on a runtime of one thread.
pub(crate) fn on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

impl Service {
    /// All projects of the organisation.
    pub(crate) fn of(name: &'static str) -> Service {
        Service::scoped(name, "", "")
    }

    /// Asked as of another origin: itself, and not through the bridge.
    pub(crate) fn elsewhere(name: &'static str) -> Service {
        let scope = Scope {
            org: "testorg".into(),
            ..Scope::default()
        };
        let base = address(&[name, "_CONTROL"].concat());
        let backend = Flyte::new(&base, scope, Rc::new(Wire), Rc::new(Fast(SPEED)));
        Service {
            name,
            backend: Rc::new(backend),
        }
    }

    pub(crate) fn scoped(name: &'static str, project: &str, domain: &str) -> Service {
        let scope = Scope {
            org: "testorg".into(),
            project: project.into(),
            domain: domain.into(),
        };
        let backend = Flyte::new(&address(name), scope, Rc::new(Wire), Rc::new(Fast(SPEED)));
        Service {
            name,
            backend: Rc::new(backend),
        }
    }

    /// Asks the service itself, not through the bridge.
    pub(crate) async fn control(&self, what: &str) -> Value {
        let url = [
            &address(&[self.name, "_CONTROL"].concat()),
            "control/",
            what,
        ]
        .concat();
        let answer = Wire.send(Request::get(url), usize::MAX).await.unwrap();
        assert_eq!(
            answer.head.status,
            200,
            "{what}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Whether somebody has such a stream open.
    async fn is_told(&self, what: &str) -> bool {
        let told = self.control("streams").await;
        let listening = told["listening"].as_array().unwrap();
        listening.iter().any(|name| name == what)
    }

    /// Until somebody hears what the service tells of `runs`, `actions` or `logs`, and at once.
    pub(crate) async fn heard(&self, what: &str) {
        while !self.is_told(what).await {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Until the streams of earlier tests are closed at the service too.
    pub(crate) async fn quiet(&self, what: &str) {
        while self.is_told(what).await {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows topics until `is_enough`, or until there is nothing more to come.
    pub(crate) async fn follow(
        &self,
        topics: Vec<Topic>,
        mut is_enough: impl FnMut(&Seen) -> bool,
    ) -> Seen {
        let mut seen = Seen::default();
        let enough = Rc::new(Cell::new(false));
        let notify = Rc::new(tokio::sync::Notify::new());
        {
            let (flag, bell) = (enough.clone(), notify.clone());
            let seen = &mut seen;
            let mut sink = |event| {
                seen.take(event);
                if !flag.get() && is_enough(seen) {
                    flag.set(true);
                    bell.notify_one();
                }
            };
            let options = FollowOptions::default();
            let work = follow(
                self.backend.clone(),
                Rc::new(Fast(SPEED)),
                topics,
                Vec::new(),
                options,
                &mut sink,
            );
            let stop = async {
                let rung = tokio::time::timeout(PATIENCE, notify.notified()).await;
                rung.is_ok()
            };
            match future::select(std::pin::pin!(work), std::pin::pin!(stop)).await {
                Either::Left(_) | Either::Right((true, _)) => {}
                Either::Right((false, _)) => panic!("nothing of what was waited for came"),
            }
        }
        seen
    }
}

/// What was told.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) runs: Vec<Run>,
    pub(crate) steps: Vec<Step>,
    pub(crate) lines: Vec<String>,
    pub(crate) problems: Vec<String>,
    pub(crate) ended: Vec<Topic>,
    pub(crate) gaps: usize,
    pub(crate) lost: Vec<BackendError>,
    pub(crate) is_live: bool,
    /// Pieces of news with steps, and how many steps were known before the source was live.
    pub(crate) frames: usize,
}

impl Seen {
    fn take(&mut self, event: FollowEvent) {
        let update = match event {
            FollowEvent::Link(Link::Lost { error, .. } | Link::Stopped(error)) => {
                self.lost.push(error);
                return;
            }
            FollowEvent::Link(_) => return,
            FollowEvent::Update(news) => news.update,
        };
        match update {
            Update::Runs(runs) => {
                for run in runs {
                    match self.runs.iter_mut().find(|old| old.id == run.id) {
                        Some(old) => *old = run,
                        None => self.runs.push(run),
                    }
                }
            }
            Update::Steps { steps, .. } => {
                self.frames += 1;
                fold::upsert_steps(&mut self.steps, steps);
            }
            Update::Log { batch, .. } => {
                // Without a hole; what comes again after a lost connection is what was there.
                let first = usize::try_from(batch.first).unwrap() - 1;
                assert!(first <= self.lines.len(), "{first} {}", self.lines.len());
                for (line, place) in batch.lines.into_iter().zip(first..) {
                    match self.lines.get(place) {
                        Some(old) => assert_eq!(*old, line.text),
                        None => self.lines.push(line.text),
                    }
                }
            }
            Update::Live { .. } => self.is_live = true,
            Update::End { topic } => self.ended.push(topic),
            Update::Problem(problem) | Update::Note(Some(problem)) => self.problems.push(problem),
            Update::Gap { .. } => {
                self.gaps += 1;
                self.lines.clear();
            }
            Update::Note(None) | Update::Removed(_) | Update::Events { .. } | Update::Beat => {}
        }
    }

    pub(crate) fn run(&self, name: &str) -> Option<&Run> {
        self.runs
            .iter()
            .find(|run| run.id.ends_with(&["/", name].concat()))
    }

    pub(crate) fn step(&self, key: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == key)
    }
}

/// The value of an answer in which nothing was odd.
pub(crate) async fn got<T>(answer: impl Future<Output = Result<Decoded<T>, BackendError>>) -> T {
    let decoded = answer.await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(decoded.problems, [""; 0]);
    decoded.value
}

pub(crate) async fn refused<T>(
    answer: impl Future<Output = Result<Decoded<T>, BackendError>>,
) -> BackendError {
    match answer.await {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error,
    }
}

/// Whole id of a run of the home project.
pub(crate) fn home(name: &str) -> String {
    ["flytesnacks/development/", name].concat()
}

pub(crate) fn whole(run: &str) -> Topic {
    Topic::Run(home(run))
}

pub(crate) fn log(run: &str, step: &str, attempt: Option<u32>) -> Topic {
    Topic::Log {
        run: home(run),
        step: step.into(),
        attempt,
    }
}
