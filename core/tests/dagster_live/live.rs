//! A run is followed while it goes: over websockets, where they are blocked, and through the death of the webserver.

use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::{Backend, Topic, Update};
use runboard_core::model::{Phase, Run, Step, Timestamp};
use runboard_core::net::{Clock, Transport};
use serde_json::json;

use super::ask::{base, launch};
use super::wire::{NoSockets, Wire};

/// A clock whose waits are over when they are asked about.
pub(crate) struct Waiting;

impl Clock for Waiting {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp(since.as_micros() as i64)
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        future::lazy(move |_| std::thread::sleep(duration)).boxed_local()
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// What was told of a run that was followed to its end.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) lines: Vec<(u64, String)>,
    pub(crate) events: Vec<u64>,
    pub(crate) runs: Vec<Run>,
    pub(crate) steps: Vec<Step>,
    pub(crate) losses: usize,
    pub(crate) connections: usize,
    pub(crate) problems: Vec<String>,
    pub(crate) has_ended: bool,
}

/// Follows a run from its beginning to its end; `each` sees how far it came.
pub(crate) fn followed(backend: Rc<dyn Backend>, id: &str, mut each: impl FnMut(&Told)) -> Told {
    let all = std::cell::RefCell::new(Told::default());
    let sink = &mut |event| {
        let told = &mut *all.borrow_mut();
        match event {
            FollowEvent::Link(Link::Lost { .. }) => told.losses += 1,
            FollowEvent::Link(Link::Open) => told.connections += 1,
            FollowEvent::Link(Link::Stopped(error)) => panic!("{error}"),
            FollowEvent::Link(_) => {}
            FollowEvent::Update(news) => match news.update {
                Update::Log { batch, .. } => {
                    let lines = batch.lines.into_iter().map(|line| line.text);
                    told.lines.extend((batch.first..).zip(lines));
                }
                Update::Events { events, .. } => {
                    told.events.extend(events.iter().map(|event| event.n))
                }
                Update::Runs(runs) => told.runs.extend(runs),
                Update::Steps { steps, .. } => told.steps = steps,
                Update::Problem(words) => told.problems.push(words),
                Update::End { .. } => told.has_ended = true,
                _ => {}
            },
        }
        each(told);
    };
    let topics = vec![Topic::Run(id.into())];
    let work = follow(
        backend,
        Rc::new(Waiting),
        topics,
        Vec::new(),
        FollowOptions::default(),
        sink,
    );
    assert!(work.now_or_never().is_some(), "it waits for nothing");
    let told = all.take();
    assert!(told.has_ended);
    told
}

/// Each line and each event came once and in order, and the whole log is there.
fn is_whole(told: &Told, seconds: u64) {
    let numbers: Vec<u64> = told.lines.iter().map(|(n, _)| *n).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(told.events, numbers);
    for line in 0..seconds * 5 {
        let text = format!("slow line {line} ");
        let count = told
            .lines
            .iter()
            .filter(|(_, line)| line.starts_with(&text))
            .count();
        assert_eq!(count, 1, "{text}");
    }
    assert_eq!(
        told.runs.last().map(|run| run.phase),
        Some(Phase::Succeeded)
    );
    let phases: Vec<Phase> = told.steps.iter().map(|step| step.phase).collect();
    assert_eq!(phases, [Phase::Succeeded]);
    assert_eq!(told.problems, [""; 0]);
}

fn slow(seconds: u64) -> String {
    launch(
        "slow_job",
        json!({"ops": {"slow_log": {"config": {"seconds": seconds}}}}),
        json!([]),
    )
}

pub(crate) fn followed_by_socket() {
    let id = slow(4);
    let by = |transport: Rc<dyn Transport>| {
        followed(Rc::new(Dagster::new(&base(), transport)), &id, |_| {})
    };
    let told = by(Rc::new(Wire));
    is_whole(&told, 4);
    // All of it on one socket, from before the run began.
    assert_eq!((told.losses, told.connections), (0, 1));
    let told = by(Rc::new(NoSockets));
    is_whole(&told, 4);
}

/// A webserver of one test's own.
struct Webserver(Child);

impl Webserver {
    /// Over the home that has the runs, at a port that stays the same.
    fn start(port: u16) -> Webserver {
        let env = |name: &str| std::env::var(name).unwrap();
        let child = Command::new(env("RUNBOARD_DAGSTER_PYTHON"))
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../tests/dagster/serve.py"
            ))
            .arg(env("RUNBOARD_DAGSTER_HOME"))
            .args(["--no-daemon", "--tied", "--port", &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut webserver = Webserver(child);
        let out = webserver.0.stdout.take().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        assert!(line.starts_with("http"), "the webserver did not start");
        webserver
    }

    /// At once, with no word to anybody.
    fn kill(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

impl Drop for Webserver {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The webserver dies while a run is followed: that is told, and after its return each event stands there once.
pub(crate) fn followed_through_a_death() {
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let mut webserver = Some(Webserver::start(port));
    let id = slow(12);
    let base = format!("http://127.0.0.1:{port}");
    let mut deaths = 0;
    let told = followed(Rc::new(Dagster::new(&base, Rc::new(Wire))), &id, |told| {
        let has = |text: &str| told.lines.iter().any(|(_, line)| line.starts_with(text));
        if deaths == 0 && has("slow line 3 ") {
            deaths = 1;
            webserver.take();
        }
        if told.losses == 1 && webserver.is_none() {
            webserver = Some(Webserver::start(port));
        }
    });
    assert_eq!(deaths, 1, "it was over before");
    assert!(told.losses >= 1 && told.connections >= 2);
    is_whole(&told, 12);
}
