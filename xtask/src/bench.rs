//! `cargo xtask bench NAME`: measures the release build against what users have today, on this machine, side by side.

use std::process::ExitCode;

use crate::fail::{Done, Fail};
use crate::stage::Session;
use crate::tools::{self, Need};
use crate::{app, build, dagster, flyte, paths};

/// What can be measured: the names that tests/bench/run.mjs knows.
pub(crate) const NAMES: [&str; 2] = ["dagster", "flyte"];

/// What the measurements need.
fn needs(names: &[String]) -> Vec<Need> {
    let mut needs = vec![Need::Wasm, Need::Bundle, Need::Node, Need::Browser];
    for (name, need) in [("dagster", Need::Dagster), ("flyte", Need::Flyte)] {
        if names.iter().any(|asked| asked == name) {
            needs.push(need);
        }
    }
    needs
}

pub(crate) fn bench(names: &[String], verbose: bool) -> ExitCode {
    let needs = needs(names);
    let mut plan = tools::missing(&needs);
    plan.extend(["fetch", "app", "bridge"]);
    plan.extend(names.iter().map(String::as_str));
    let session = Session::start("xtask bench", &plan, verbose);
    let result = all(&session, names, &needs);
    session.finish(result)
}

fn all(session: &Session, names: &[String], needs: &[Need]) -> Done {
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    session.stage("app", |stage| build::release(stage, &kit))?;
    session.stage("bridge", |stage| app::bridge(stage, &kit, true))?;
    let browser = kit
        .browser
        .as_ref()
        .ok_or_else(|| Fail::new("no Chromium was found", "cargo xtask doctor"))?;
    for name in names {
        let mut command = kit.command("node");
        command
            .arg(paths::root().join("tests/bench/run.mjs"))
            .arg(name)
            .env("DIST", app::dist())
            .env("BRIDGE", paths::bridge())
            .env("CHROME", &browser.chrome)
            .env("RUNBOARD_DAGSTER_PYTHON", dagster::VENV.program("python"))
            .env("RUNBOARD_FLYTE_PYTHON", flyte::VENV.program("python"))
            .env("RUNBOARD_BENCH_CACHE", paths::cache().join("bench"));
        let mut shown = Vec::new();
        let result = session.stage(name, |stage| {
            stage.run_with(&mut command, |line| shown.push(line.to_owned()))
        });
        if !session.verbose() {
            shown.iter().for_each(|line| println!("{line}"));
        }
        // A bound that was missed is told above, in the table.
        result?;
    }
    Ok(())
}
