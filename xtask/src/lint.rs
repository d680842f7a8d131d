//! `cargo xtask lint` and `fmt`.

use std::process::ExitCode;

use crate::fail::Done;
use crate::stage::Session;
use crate::tools::{self, Need};
use crate::{app, checks, proc};

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
