//! `cargo xtask serve`: the app and the bridge, built and running.

use std::process::{Command, ExitCode};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::fail::{Done, Fail};
use crate::proc::{self, Group, Line};
use crate::stage::{Session, Stage, command_line, seconds};
use crate::tools::{self, Kit, Need};
use crate::{app, paths, port};

/// How long the bridge may take until it answers.
const START: Duration = Duration::from_secs(30);

pub(crate) fn serve(at: u16, watch: bool, verbose: bool) -> ExitCode {
    let needs = [Need::Wasm, Need::Bundle, Need::Optimiser];
    // The contributors' build is never optimised.
    let needs = if watch { &needs[..2] } else { &needs[..] };
    let mut plan = vec!["port"];
    plan.extend(tools::missing(needs));
    plan.extend(["fetch", "app", "bridge", "start"]);
    let session = Session::start("xtask serve", &plan, verbose);
    match start(&session, needs, at, watch) {
        Err(fail) => session.finish(Err(fail)),
        Ok(server) => {
            println!(
                "\n  Runboard is on http://{}  ({}; Ctrl-C stops it)\n",
                port::address(at),
                seconds(session.elapsed())
            );
            // The record ends here: what follows is the server's life, not the work of putting it up.
            session.finish(Ok(()));
            server.live()
        }
    }
}

fn start(session: &Session, needs: &[Need], at: u16, watch: bool) -> Done<Server> {
    session.stage("port", |_| port::check(at))?;
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    session.stage("app", |stage| {
        if watch {
            app::dev_bundle(stage, &kit)
        } else {
            app::bundle(stage, &kit)
        }
    })?;
    session.stage("bridge", |stage| app::bridge(stage, &kit, false))?;
    session.stage("start", |stage| {
        let bridge = bridge(stage, at, watch)?;
        let watcher = if watch {
            Some(spawn(watcher(&kit))?)
        } else {
            None
        };
        Ok(Server {
            children: std::iter::once(bridge).chain(watcher).collect(),
        })
    })
}

fn spawn(mut command: Command) -> Done<Running> {
    let (group, lines) = Group::spawn_heard(&mut command).map_err(|error| {
        Fail::new(
            format!("{} did not start: {error}", command_line(&command)),
            "run the command again with -v",
        )
    })?;
    Ok(Running {
        name: command_line(&command),
        group,
        lines,
    })
}

fn watcher(kit: &Kit) -> Command {
    let mut command = app::trunk(kit, "watch");
    command.arg("--dist").arg(app::dev_dist());
    command
}

/// Starts the bridge and waits until it answers.
fn bridge(stage: &mut Stage<'_>, at: u16, watch: bool) -> Done<Running> {
    let mut command = proc::command(paths::bridge());
    let dist = if watch { app::dev_dist() } else { app::dist() };
    command
        .args([
            "serve",
            "--listen",
            &port::address(at).to_string(),
            "--dist",
        ])
        .arg(dist);
    stage.say(&format!("$ {}", command_line(&command)));
    let mut running = spawn(command)?;
    let since = Instant::now();
    let mut said = Vec::new();
    loop {
        while let Ok((_, line)) = running.lines.try_recv() {
            let line = String::from_utf8_lossy(&line).into_owned();
            stage.say(&line);
            said.push(line);
        }
        if proc::stop_asked() {
            return Err(Fail::stopped());
        }
        let ended = running.group.ended().ok().flatten();
        if ended.is_some() || since.elapsed() > START {
            if said
                .iter()
                .any(|line| line.to_lowercase().contains("in use"))
            {
                return Err(port::taken(at));
            }
            let how = ended.map_or_else(
                || format!("gave no answer within {}", seconds(START)),
                |status| format!("ended: {status}"),
            );
            let fail = Fail::new(format!("the bridge {how}"), "the lines above say why");
            return Err(Fail { tail: said, ..fail });
        }
        if port::healthy(at) {
            return Ok(running);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

struct Running {
    name: String,
    group: Group,
    lines: Receiver<Line>,
}

/// The children that live until Ctrl-C.
struct Server {
    children: Vec<Running>,
}

impl Server {
    /// Passes on what the children print, until Ctrl-C or until one of them ends; no child is left behind.
    fn live(mut self) -> ExitCode {
        loop {
            for child in &mut self.children {
                match child.lines.recv_timeout(Duration::from_millis(100)) {
                    Ok((_, line)) => eprintln!("  {}", String::from_utf8_lossy(&line)),
                    Err(RecvTimeoutError::Timeout) => (),
                    Err(RecvTimeoutError::Disconnected) => {
                        thread::sleep(Duration::from_millis(100))
                    }
                }
                if let Ok(Some(status)) = child.group.ended()
                    && !proc::stop_asked()
                {
                    eprintln!(
                        "  error: {} ended: {status} -> run `cargo xtask serve` again",
                        child.name
                    );
                    return ExitCode::FAILURE;
                }
            }
            if proc::stop_asked() {
                self.children
                    .iter_mut()
                    .for_each(|child| child.group.stop());
                println!("  stopped");
                return ExitCode::from(130);
            }
        }
    }
}
