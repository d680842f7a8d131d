//! `cargo xtask build` and the stages that `test` shares with it.

use std::process::ExitCode;

use crate::fail::Done;
use crate::stage::{Session, Stage};
use crate::tools::{self, Kit, Need};
use crate::{app, paths, sizes, wasm};

pub(crate) fn build(verbose: bool) -> ExitCode {
    let needs = [Need::Wasm, Need::Bundle, Need::Optimiser];
    let mut plan = tools::missing(&needs);
    plan.extend(["fetch", "app", "sizes", "bridge"]);
    let session = Session::start("xtask build", &plan, verbose);
    let result = all(&session, &needs);
    session.finish(result)
}

fn all(session: &Session, needs: &[Need]) -> Done {
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    session.stage("app", |stage| release(stage, &kit))?;
    if kit.node_modules.is_some() {
        session.stage("sizes", |stage| sizes::check(stage, &kit))?;
    } else {
        println!(
            "  sizes are not held against the budget: that needs Node.js, and an optimised app"
        );
    }
    session.stage("bridge", |stage| app::bridge(stage, &kit, true))?;
    println!(
        "  dist/ is the app; {} carries it inside",
        paths::bridge().display()
    );
    Ok(())
}

/// The app as users get it, with a look at what the compiler was told.
pub(crate) fn release(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    app::bundle(stage, kit)?;
    let features = wasm::check_simd()?;
    stage.say(&format!("wasm features: {features}"));
    Ok(())
}
