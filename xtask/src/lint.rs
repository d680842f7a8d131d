//! `cargo xtask lint`, `fmt` and `bench`.

use std::process::ExitCode;

use crate::fail::{Done, Fail};
use crate::stage::Session;
use crate::tools::{self, Need};
use crate::{app, build, checks, paths, proc};

pub(crate) fn lint(verbose: bool) -> ExitCode {
    let needs = [Need::Lints, Need::Wasm];
    let mut plan = tools::missing(&needs);
    plan.extend(["fetch", "fmt", "architecture", "clippy", "clippy-wasm"]);
    let session = Session::start("xtask lint", &plan, verbose);
    let result = checks(&session, &needs);
    session.finish(result)
}

/// All of them run, so that one round shows all there is to mend.
fn checks(session: &Session, needs: &[Need]) -> Done {
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    let results = [
        session.stage("fmt", |stage| checks::fmt(stage, &kit)),
        session.stage("architecture", |stage| {
            stage.run(&mut kit.cargo(&[
                "test",
                "--locked",
                "-p",
                "runboard",
                "--test",
                "architecture",
            ]))
        }),
        session.stage("clippy", |stage| checks::clippy(stage, &kit)),
        session.stage("clippy-wasm", |stage| checks::clippy_wasm(stage, &kit)),
    ];
    // The first failure names the run's end; each has told its own.
    results.into_iter().collect()
}

pub(crate) fn fmt() -> ExitCode {
    match proc::command("cargo").args(["fmt", "--all"]).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => {
            eprintln!("error: cargo fmt failed -> rustup component add rustfmt");
            ExitCode::FAILURE
        }
    }
}

pub(crate) fn bench(names: &[String], verbose: bool) -> ExitCode {
    let script = paths::root().join("tests/bench/run.mjs");
    if !script.is_file() {
        let there = std::fs::read_dir(paths::root().join("tests")).map_or_else(
            |_| String::from("nothing"),
            |entries| {
                let mut names: Vec<String> = entries
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .collect();
                names.sort();
                names.join(", ")
            },
        );
        eprintln!(
            "error: there is nothing to measure with: tests/bench/run.mjs is missing -> tests/ has {there}"
        );
        return ExitCode::FAILURE;
    }
    let needs = [Need::Wasm, Need::Bundle, Need::Node, Need::Browser];
    let mut plan = tools::missing(&needs);
    plan.extend(["fetch", "app", "bridge", "bench"]);
    let session = Session::start("xtask bench", &plan, verbose);
    let result = measure(&session, &needs, &script, names);
    session.finish(result)
}

fn measure(session: &Session, needs: &[Need], script: &std::path::Path, names: &[String]) -> Done {
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    session.stage("app", |stage| build::release(stage, &kit))?;
    session.stage("bridge", |stage| app::bridge(stage, &kit, true))?;
    let browser = kit
        .browser
        .as_ref()
        .ok_or_else(|| Fail::new("no Chromium was found", "cargo xtask doctor"))?;
    let mut command = kit.command("node");
    command
        .arg(script)
        .args(names)
        .env("DIST", app::dist())
        .env("BRIDGE", paths::bridge())
        .env("CHROME", &browser.chrome);
    let mut shown = Vec::new();
    let result = session.stage("bench", |stage| {
        stage.run_with(&mut command, |line| shown.push(line.to_owned()))
    });
    if !session.verbose() {
        shown.iter().for_each(|line| println!("{line}"));
    }
    result
}
